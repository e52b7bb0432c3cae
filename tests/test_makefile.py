"""Makefile: what is installed without internet is what was packed with it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pip_calls(folder: Path, *arguments: str) -> list[list[str]]:
    """Arguments of every call of pip that a target would make in a fresh checkout."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    run = subprocess.run(["make", "-n", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return [shlex.split(line.split(" -m pip ")[1]) for line in run.stdout.splitlines() if " -m pip " in line]


def requirements(calls: list[list[str]]) -> set[str]:
    """What the calls ask for: no options and not their values."""
    text = " ".join(word for call in calls for word in call[1:])
    return set(re.sub(r"--(find-links|wheel-dir|constraint) \S+|--\S+", "", text).split())


@pytest.mark.parametrize("wheels", ["wheels", "/media/stick/wheels"])
def test_an_install_from_wheels_looks_nowhere_else(wheels: str, tmp_path: Path) -> None:
    calls = pip_calls(tmp_path, "setup", f"WHEELS={wheels}")
    assert [call[0] for call in calls] == ["install"] * len(calls)
    for call in calls:
        assert "--no-index" in call
        assert call[call.index("--find-links") + 1] == wheels
    packed = pip_calls(tmp_path, "wheels", f"WHEELS={wheels}")
    assert {call[call.index("--wheel-dir") + 1] for call in packed} == {wheels}
    assert requirements(packed) == requirements(calls) | {"setuptools"}  # which the project is built with


def test_an_ordinary_install_and_the_packing_use_the_index(tmp_path: Path) -> None:
    for target in ("setup", "wheels"):
        calls = pip_calls(tmp_path, target)
        assert not any("--no-index" in call for call in calls)
        constrained = [call for call in calls if "torch" in call or ".[dev]" in call]
        assert all(call[call.index("--constraint") + 1] == "constraints.txt" for call in constrained)
        assert len(constrained) == 2
