"""The chemistry of a screen on Dask: real schedulers and workers, as operators start them, and the jobs for SLURM."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import dask
import pytest
from command_line import COMMAND, eigenlead, environment, report
from prefect_processes import kill, running, until

from flows.cluster import cluster, slurm_cluster
from flows.request import ScreenRequest
from pipeline.errors import InputError
from pipeline.store import Store

DASK = str(Path(sys.executable).with_name("dask"))
JOB = {
    "cores": 16,
    "processes": 16,
    "memory": "64GB",
    "walltime": "08:00:00",
    "queue": "compute",
    "account": "chemistry",
}


@pytest.fixture
def place(tmp_path: Path, tiny_llama: Path) -> tuple[Path, dict[str, str], list[str]]:
    """A folder, the environment and the command of a screen without store and folder of its report."""
    (tmp_path / "library.smi").write_text("C=O formaldehyde\nC#N hydrogen cyanide\nC#C acetylene\n")
    command = ["screen", str(tmp_path / "library.smi"), "--objective", "solubility", "--llama", str(tiny_llama)]
    return tmp_path, environment(tmp_path / "prefect"), [*command, "--workers", "2", "--top", "1"]


def into(folder: Path, name: str) -> list[str]:
    return ["--out", str(folder / name), "--store", f"sqlite:///{folder / name}.sqlite"]


@pytest.mark.slow
def test_a_scheduler_and_two_workers_give_the_same_report_also_when_one_is_killed(place) -> None:
    folder, env, command = place
    here = eigenlead(*command, *into(folder, "here"), env=env)
    assert here.returncode == 0, here.stderr
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    log = folder / "log"
    start = ("scheduler", "--host", address, "--dashboard-address", "127.0.0.1:0")
    with ExitStack() as stack:
        scheduler = stack.enter_context(running(DASK, *start, env=env, log=folder / "scheduler"))
        until(lambda: "Scheduler at" in (folder / "scheduler").read_text(), scheduler)
        workers = [
            stack.enter_context(running(DASK, "worker", address, "--nthreads", "1", env=env, log=folder / name))
            for name in ("worker1", "worker2")
        ]
        until(lambda: (folder / "scheduler").read_text().count("Register worker") == 2, scheduler)

        there = eigenlead(*command, *into(folder, "there"), "--cluster", address, env=env)
        assert there.returncode == 0, there.stderr
        assert report(folder / "there") == report(folder / "here")

        store = Store(f"sqlite:///{folder / 'killed.sqlite'}")
        with running(COMMAND, *command, *into(folder, "killed"), "--cluster", address, env=env, log=log) as screen:
            until(lambda: store.count("ground_state") > 0, screen, log)
            kill(workers[0])
            assert screen.wait(timeout=600) == 0, log.read_text()
        assert report(folder / "killed") == report(folder / "here")


def test_a_job_of_slurm_is_what_the_configuration_says() -> None:
    settings = {"jobqueue.slurm": dask.config.get("jobqueue.slurm", {}) | JOB}
    with dask.config.set(settings), slurm_cluster(cores=0) as jobs:
        script = jobs.job_script()
    for line in ("-p compute", "-A chemistry", "--cpus-per-task=16", "--mem=60G", "-t 08:00:00"):
        assert f"#SBATCH {line}" in script
    assert "--nworkers 16" in script
    assert "--nthreads 1" in script


def test_workers_elsewhere_need_a_store_that_they_reach(tmp_path: Path) -> None:
    request = ScreenRequest(molecules="C#N", cluster="tcp://another:8786")
    with (
        pytest.raises(InputError, match=r"cannot share .* SQLite is for one machine"),
        cluster(request, Store(f"sqlite:///{tmp_path}/store.sqlite")),
    ):
        pass
