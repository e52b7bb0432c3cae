"""Faults in the middle of a screen: what they cost, what the user is told, and the same report in the end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
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


def test_a_species_that_needs_too_much_memory_is_a_record(
    screen: Callable[..., list[str]], env: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "tight"
    run = eigenlead(*screen(out, "C#N hydrogen cyanide\n", "", "--memory-limit", "0.28"), env=env)
    assert run.returncode == 2, run.stderr  # nothing is ranked
    failed = json.loads((out / "report.json").read_text())["failed"]
    assert {one["name"] for one in failed} == {"hydrogen cyanide"}
    assert all("memory" in one["remedy"] for one in failed)  # it may not be enough to start, even


def test_a_full_disk_ends_the_screen_and_the_same_command_goes_on(
    screen: Callable[..., list[str]], env: dict[str, str], calm: dict[str, Any], small_disk: Path, tmp_path: Path
) -> None:
    out, log, url = tmp_path / "full", tmp_path / "log", f"sqlite:///{small_disk / 'store.sqlite'}"
    store = Store(url)
    with running(COMMAND, *screen(out, SMALL, url), env=env, log=log) as process:
        until(lambda: store.count("geometry") > 0, process, log)
        fill(small_disk / "ballast")
        assert process.wait(timeout=600) == 1, log.read_text()
    assert "cannot be written" in log.read_text()
    assert "disk has room" in log.read_text()
    assert not (out / "report.json").exists()
    (small_disk / "ballast").unlink()
    run = eigenlead(*screen(out, SMALL, url), "--resume", env=env)
    assert run.returncode == 0, run.stderr
    assert report(out) == calm


def fill(file: Path) -> None:
    """Write until the disk is full, without a buffer that could fail later."""
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(512))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _computing(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that compute for a screen."""
    family = psutil.Process(process.pid).children(recursive=True)
    return [one for one in family if "flows.bounded_process" in one.cmdline()]
