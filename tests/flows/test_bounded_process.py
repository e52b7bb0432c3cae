"""A bounded process: results, errors, and every way to die."""

from __future__ import annotations

import operator
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import threadpoolctl
from pyscf import lib

from flows.bounded_process import BoundedProcess, ClosedError, Limits
from flows.chemistry import each
from pipeline.errors import ResourceError, TransientError

GENEROUS = Limits(seconds=60.0, gigabytes=2.0)


@pytest.fixture
def process():
    one = BoundedProcess(GENEROUS)
    yield one
    one.close()


def test_calls_share_a_process_that_uses_one_thread(process: BoundedProcess) -> None:
    first = process.call(os.getpid)
    assert first != os.getpid()
    assert process.call(os.getpid) == first
    assert process.call(operator.add, 1, 2) == 3
    assert process.call(lib.num_threads) == 1
    assert {pool["num_threads"] for pool in process.call(threadpoolctl.threadpool_info)} == {1}


def test_errors_come_back_as_they_were(process: BoundedProcess) -> None:
    with pytest.raises(ZeroDivisionError):
        process.call(operator.truediv, 1, 0)
    with pytest.raises(RuntimeError, match="cannot be sent back"):
        process.call(threading.Lock)
    error = TransientError("The store cannot be read.", "Try again.")
    error.stage = "geometry"
    with pytest.raises(TransientError) as caught:
        process.call(_raise, error)
    assert (caught.value.reason, caught.value.remedy, caught.value.stage) == (error.reason, error.remedy, "geometry")


def test_what_hangs_is_stopped_and_the_next_call_works() -> None:
    process = BoundedProcess(Limits(seconds=0.5, gigabytes=2.0))
    stuck = process.call(os.getpid)
    with pytest.raises(ResourceError, match=r"longer than the 0\.5 seconds"):
        process.call(time.sleep, 600)
    assert not psutil.pid_exists(stuck)
    assert process.call(os.getpid) != stuck
    process.close()


def test_what_takes_too_much_memory_is_refused_and_the_next_call_works(process: BoundedProcess) -> None:
    with pytest.raises(ResourceError, match=r"more than the 2\.0 GB"):
        process.call(np.ones, 3 * 2**27)  # 3 GB
    assert process.call(np.ones, 2).tolist() == [1.0, 1.0]


_KEPT: list[np.ndarray] = []


def _fill() -> None:
    while True:
        _KEPT.append(np.ones(2**24))


def test_what_filled_the_memory_leaves_room_for_the_next_call(process: BoundedProcess) -> None:
    with pytest.raises(ResourceError, match=r"more than the 2\.0 GB"):
        process.call(_fill)
    assert process.call(np.ones, 2**26).sum() == 2**26  # half a GB


def test_a_call_whose_process_was_killed_is_tried_again(process: BoundedProcess, tmp_path: Path) -> None:
    first = process.call(os.getpid)
    assert process.call(_die_once, tmp_path / "died") != first


def test_a_call_that_kills_its_process_again_is_given_up(process: BoundedProcess) -> None:
    with pytest.raises(ResourceError, match=r"died twice \(SIGSEGV\)"):
        process.call(_die, signal.SIGSEGV)
    with pytest.raises(ResourceError, match=r"died twice \(exit code 7\)"):
        process.call(os._exit, 7)
    assert process.call(operator.add, 1, 2) == 3


def test_of_a_batch_only_the_one_that_kills_its_process_fails(process: BoundedProcess) -> None:
    failed = each(
        ["first", "poison", "last"],
        lambda name: process.call(_die_of_poison, name),
        lambda name: (name, name, "ground state"),
    )
    assert [(one.label, one.stage) for one in failed] == [("poison", "ground state")]
    assert "died twice (SIGKILL)" in failed[0].reason
    assert "fewer workers" in failed[0].remedy


def test_closing_ends_a_call_of_another_thread(process: BoundedProcess) -> None:
    running = psutil.Process(process.call(os.getpid))
    caught: list[BaseException] = []

    def compute() -> None:
        try:
            process.call(time.sleep, 600)
        except ClosedError as error:
            caught.append(error)

    thread = threading.Thread(target=compute)
    thread.start()
    time.sleep(0.5)
    process.close()
    thread.join(timeout=10)
    assert caught
    assert not running.is_running()
    with pytest.raises(ClosedError):
        process.call(os.getpid)


def _raise(error: Exception) -> None:
    raise error


def _die(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)


def _die_of_poison(name: str) -> None:
    if name == "poison":
        _die(signal.SIGKILL)


def _die_once(marker: Path) -> int:
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions of this file, in the process."""
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
