"""Server: a temporary Prefect API for single runs, and the waiting for one."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.context import refresh_global_settings_context
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, PREFECT_HOME

from pipeline.errors import TransientError

_HOST = "127.0.0.1"
_PATIENCE_SECONDS = 180.0
"""The first start on a machine creates Prefect's database, which takes half a minute on a slow one."""
_LAST_SECONDS = 60.0
"""For the server to end by itself."""


@contextmanager
def prefect_api() -> Iterator[None]:
    """Make sure that flows find an API: the configured one, or a temporary server that ends with this process.

    Worker processes inherit its address, so that one run has one server and none of them starts its own. Runs are kept
    in Prefect's own database and show in the UI of a later ``prefect server start``.

    Raises:
        TransientError: the temporary server does not start.
    """
    if PREFECT_API_URL.value():
        yield
        return
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = probe.getsockname()[1]
    url = f"http://{_HOST}:{port}/api"
    command = [sys.executable, "-m", "flows.child", "flows.server", str(port)]
    with _one_at_a_time():
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until_healthy(url, server)
    try:
        set_api_url(url)
        yield
    finally:
        APILogHandler().flush()
        set_api_url(None)
        server.terminate()
        try:
            server.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:  # nothing is lost: its database is written at every request
            server.kill()
            server.wait()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait for other processes in here: two servers that create Prefect's database at once spoil it for each other."""
    home = PREFECT_HOME.value()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "eigenlead.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed, also by kill -9
        yield


def set_api_url(url: str | None) -> None:
    """Set Prefect's address for every thread of this process and for the processes that it starts."""
    if url is None:
        os.environ.pop(PREFECT_API_URL.name, None)
    else:
        os.environ[PREFECT_API_URL.name] = url
    refresh_global_settings_context()


def wait_until_healthy(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait for a server's API.

    Raises:
        TransientError: the server ends or stays silent.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    server.kill()
    raise TransientError(
        f"Prefect's server does not answer at {url}.",
        "Start one with `prefect server start`, set PREFECT_API_URL to its address, and run the same command again.",
    )


def _serve(port: int) -> None:
    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(create_app(ephemeral=True), host=_HOST, port=port, log_level="error")


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
