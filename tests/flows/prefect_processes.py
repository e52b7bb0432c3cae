"""Prefect's own processes, as operators start them: servers, services, workers."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

PREFECT = str(Path(sys.executable).with_name("prefect"))
PATIENCE_SECONDS = 300.0


@contextmanager
def running(*command: object, env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to a file; it ends with the context, and what it has started with it."""
    with log.open("ab") as output:
        process = subprocess.Popen([str(one) for one in command], env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        kill(process)


@contextmanager
def prefect_server(port: int, *options: str, env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers on a port of this machine."""
    command = (PREFECT, "server", "start", "--host", "127.0.0.1", "--port", port, *options)
    with running(*command, env=env, log=log) as process:
        until(lambda: _answers(f"http://127.0.0.1:{port}/api/health"), process, log)
        yield process


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started, at once."""
    family = [process]
    if process.poll() is None:
        family += psutil.Process(process.pid).children(recursive=True)
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()


def until(true: Callable[[], bool], process: subprocess.Popen[bytes] | None = None, log: Path | None = None) -> None:
    """Wait for something that needs time, and for the process that brings it about to live."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        said = log.read_text()[-3000:] if log else ""
        assert time.monotonic() < deadline, f"It does not come about. {said}"
        assert process is None or process.poll() is None, f"The process ended. {said}"
        time.sleep(0.5)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5.0).is_success
    except httpx.TransportError:
        return False
