"""Two screens of one request, started at once on one store, as by two people or by an impatient one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import COMMAND, environment, report

from flows.leaderboard import read_leaderboard
from pipeline.store import Store

pytestmark = pytest.mark.slow

LIBRARY = "C=O formaldehyde\nC#N hydrogen cyanide\nC#C acetylene\nC methane\n"


def test_one_screen_started_twice_gives_equal_reports_and_loses_nothing(tmp_path: Path, tiny_llama: Path) -> None:
    (tmp_path / "library.smi").write_text(LIBRARY)
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    command = [
        *(COMMAND, "screen", str(tmp_path / "library.smi"), "--objective", "solubility", "--llama", str(tiny_llama)),
        *("--workers", "1", "--top", "2", "--store", store.url, "--leaderboards", str(tmp_path / "boards")),
    ]
    both = [
        subprocess.Popen(
            [*command, "--out", str(tmp_path / out)], env=environment(tmp_path / "prefect"), stderr=subprocess.PIPE
        )
        for out in ("first", "second")
    ]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], "\n".join(text.decode() for text in said)
    first, second = [report(tmp_path / out) for out in ("first", "second")]
    assert first == second
    assert len(first["candidates"]) == 4
    assert store.present(one["hash"] for one in first["species"]) == {one["hash"] for one in first["species"]}
    assert store.count("ground_state") == len(first["species"])
    (board,) = (tmp_path / "boards").iterdir()
    entries = read_leaderboard(board).entries
    assert [entry.name for entry in entries] == [one["name"] for one in first["candidates"]]
