"""A PostgreSQL server of the tests' own: Debian's programs, a temporary folder, a free port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_DEBIAN = Path("/usr/lib/postgresql")
_PATIENCE_SECONDS = 120.0


def programs() -> Path | None:
    """Folder of PostgreSQL's programs, the newest version; None where it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(_DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parent.name), default=None)


class Postgres:
    """One server; `start`, `stop` and `kill` as often as a test likes."""

    def __init__(self, programs: Path, folder: Path) -> None:
        # PostgreSQL refuses to run as root
        self._user = {"user": "postgres", "group": "postgres", "extra_groups": ()} if os.geteuid() == 0 else {}
        self._programs, self._folder, self.port = programs, folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(folder, "postgres", "postgres")
        # the collation of a user's country, as installations have, and not that of SQLite
        collation = ("--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8", "--encoding=UTF8")
        self._run("initdb", "--pgdata", str(folder / "data"), "--username=chemist", "--auth=trust", *collation)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *(str(self._programs / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}"),
                *("-c", "fsync=off"),  # processes die in the tests, and not the machine
            ],
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "log").open("ab"),
            cwd=self._folder,
            **self._user,
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._run("pg_isready", "--host=127.0.0.1", f"--port={self.port}", check=False):
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            assert self._process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        """End it as an administrator does who waits for nobody: what runs is broken off, what is committed stays."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as a lost machine does: it finds its own way back at the next start."""
        self._end(signal.SIGQUIT)

    def database(self) -> str:
        """Create an empty database; its address without a driver, ``//chemist@127.0.0.1:port/name``."""
        name = f"test_{uuid4().hex}"
        self._run("createdb", "--host=127.0.0.1", f"--port={self.port}", "--username=chemist", name)
        return f"//chemist@127.0.0.1:{self.port}/{name}"

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait()

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        command = [str(self._programs / program), *arguments]
        run = subprocess.run(command, capture_output=True, text=True, cwd=self._folder, check=False, **self._user)
        assert not check or run.returncode == 0, run.stderr
        return run.returncode


@contextmanager
def server() -> Iterator[Postgres | None]:
    """A server for as long as the context lasts; None where PostgreSQL is not installed."""
    if (found := programs()) is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="eigenlead-postgres-"))  # pytest's own folders are closed to other users
    try:
        running = Postgres(found, folder)
        try:
            yield running
        finally:
            running.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
