"""Other processes, and the limits of this one, for the tests of the store."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pipeline.store import Store
url, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store(url)
print("open", flush=True)
sys.stdin.readline()  # all start at once
for i in range(count):
    store.put(f"{writer}-{i}", "geometry", {"writer": writer, "i": i}, 0.5)
    store.put(f"shared-{i}", "ground_state", {"writer": writer}, 0.5)
    print(i, flush=True)
"""
"""Puts two results a step, one of its own and one that others put too, and says when each step is done."""


def python(program: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A second interpreter."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes: a full disk, also for root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def line(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    """Start what waits for a line."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
