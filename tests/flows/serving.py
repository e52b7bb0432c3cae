"""`eigenlead serve` as its users start it, for the tests of flows."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from command_line import COMMAND, environment
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs."""

    port: int
    folder: Path
    """Where it was started; reports go into its folder ``out``."""
    process: subprocess.Popen[bytes]
    log: Path
    store: str
    """URL of the result store."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def reports(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def password(self) -> str | None:
        found = re.search(r"shown once: (\S+)", self.log.read_text())
        return found[1] if found else None

    @contextmanager
    def client_settings(self) -> Iterator[None]:
        """Prefect's clients talk to it, for as long as the context lasts."""
        settings = {PREFECT_API_URL: f"{self.address}/api", PREFECT_API_AUTH_STRING: self.password}
        with temporary_settings(settings):
            yield

    def family(self) -> list[psutil.Process]:
        """Every process below its own."""
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def service(folder: Path, *arguments: str, **variables: str) -> Iterator[Service]:
    """A service in a folder, with Prefect's database and a store of its own.

    Args:
        folder: empty.
        arguments: of the command.
        variables: more of its environment, such as PREFECT_API_DATABASE_CONNECTION_URL.
    """
    port = free_ports()
    store = f"sqlite:///{folder / 'store.sqlite'}"
    env = environment(folder / "prefect", EIGENLEAD_STORE=store) | variables
    log = folder / "serve.log"
    command = [COMMAND, "serve", "--port", str(port), "--out", "out", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT)
    started = Service(port, folder, process, log, store)
    try:
        wait_for(lambda: "Open http" in log.read_text() or process.poll() is not None, "the service does not start")
        assert process.poll() is None, log.read_text()
        yield started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def free_ports() -> int:
    """A port that is free, and so is the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def wait_for(done, complaint, seconds=PATIENCE_SECONDS):
    """Wait until `done()`."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.5)
