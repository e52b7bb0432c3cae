"""Faults in the middle of a screen: what they cost, what the user is told, and the same report in the end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from command_line import COMMAND, eigenlead, environment, report
from prefect_processes import running, until

from pipeline.store import Store

pytestmark = pytest.mark.slow

SMALL = "C=O formaldehyde\nC#N hydrogen cyanide\nC#C acetylene\n"
LARGE = f"{'C' * 30} triacontane\n"


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Callable[..., list[str]]:
    """The command of a screen into a folder of a given name, with a store of its own unless one is given."""
    folder = tmp_path_factory.mktemp("faults")

    def command(out: Path, library: str = SMALL, store: str = "", *more: str) -> list[str]:
        (folder / "library.smi").write_text(library)
        return [
            *("screen", str(folder / "library.smi"), "--objective", "solubility", "--llama", str(tiny_llama)),
            *("--workers", "2", "--top", "1", "--out", str(out), "--store", store or f"sqlite:///{out}.sqlite", *more),
        ]

    return command


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("prefect"))


@pytest.fixture(scope="module")
def calm(
    screen: Callable[..., list[str]], env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The report of a screen to which nothing happens."""
    out = tmp_path_factory.mktemp("calm") / "calm"
    run = eigenlead(*screen(out), env=env)
    assert run.returncode == 0, run.stderr
    return report(out)


def test_processes_that_are_killed_in_the_middle_cost_nothing(
    screen: Callable[..., list[str]], env: dict[str, str], calm: dict[str, Any], tmp_path: Path
) -> None:
    out, log = tmp_path / "killed", tmp_path / "log"
    store = Store(f"sqlite:///{out}.sqlite")
    with running(COMMAND, *screen(out), env=env, log=log) as process:
        until(lambda: store.count("ground_state") > 0, process, log)
        computing = _computing(process)
        for one in computing:
            one.kill()
        assert process.wait(timeout=600) == 0, log.read_text()
    assert len(computing) == 2
    assert report(out) == calm


def test_a_species_that_takes_too_long_is_a_record_and_the_others_go_on(
    screen: Callable[..., list[str]], env: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "long"
    run = eigenlead(*screen(out, LARGE + SMALL, "", "--time-limit", "0.4"), env=env)
    assert run.returncode == 3, run.stderr
    made = json.loads((out / "report.json").read_text())
    assert {one["name"] for one in made["candidates"]} == {"formaldehyde", "hydrogen cyanide", "acetylene"}
    assert {one["name"] for one in made["failed"]} == {"triacontane"}
    assert all("longer than the 24 seconds" in one["reason"] for one in made["failed"])
    assert all("Allow more time" in one["remedy"] for one in made["failed"])


def _computing(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that compute for a screen."""
    family = psutil.Process(process.pid).children(recursive=True)
    return [one for one in family if "flows.bounded_process" in one.cmdline()]
