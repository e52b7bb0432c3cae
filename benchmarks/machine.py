"""What the benchmarks share: a page of results that ends with the machine they were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
_CPU_INFO = Path("/proc/cpuinfo")


def described(packages: Sequence[str], command: str, threads: int | None = None) -> str:
    """This machine, the threads used, the versions of the packages, the date and the command, as a Markdown list."""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return "\n".join(
        (
            f"- Machine: {_cpu()}, {os.cpu_count()} cores, {platform.system()}",
            *([] if threads is None else [f"- Threads: {threads}"]),
            f"- Versions: Python {platform.python_version()}, {versions}",
            f"- Date: {datetime.now(UTC):%Y-%m-%d}",
            f"- Command: `{command}`",
        )
    )


def publish(name: str, *paragraphs: str) -> None:
    """Print a page and write it to `benchmarks/results`."""
    page = "\n\n".join(filter(None, paragraphs)) + "\n"
    print(page)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")


def _cpu() -> str:
    """The processor's name; with its family, since virtual machines often hide the rest of the name."""
    if not _CPU_INFO.exists():
        return platform.processor() or platform.machine()
    lines = (line.partition(":") for line in _CPU_INFO.read_text(encoding="utf-8").splitlines())
    facts = {key.strip(): value.strip() for key, _, value in lines}
    name = facts.get("model name", platform.machine())
    return f"{name} (family {facts['cpu family']})" if "cpu family" in facts else name
