"""Server: a temporary Prefect API for single runs, and the lasting one of `eigenlead serve`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from prefect.context import refresh_global_settings_context
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL

_HOST = "127.0.0.1"
_PATIENCE_SECONDS = 180.0
"""The first start on a machine creates Prefect's database, which takes half a minute on a slow one."""


@contextmanager
def prefect_api() -> Iterator[None]:
    """Make sure that flows find an API: the configured one, or a temporary server that ends with this process.

    Worker processes inherit its address, so that one run has one server and none of them starts its own. Runs are kept
    in Prefect's own database and show in the UI of a later ``prefect server start``.

    Raises:
        RuntimeError: the temporary server does not start; the message says why.
    """
    if PREFECT_API_URL.value():
        yield
        return
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = probe.getsockname()[1]
    with _running([sys.executable, "-m", "flows.server", str(port)], f"http://{_HOST}:{port}/api"):
        yield


@contextmanager
def prefect_server(host: str, port: int) -> Iterator[str]:
    """Prefect's server with its UI and its scheduler, for as long as the context lasts; or the configured one.

    Yields:
        The address of its UI.

    Raises:
        RuntimeError: the server does not start; the message says why.
    """
    if configured := PREFECT_API_URL.value():
        yield configured.removesuffix("/api")
        return
    prefect = Path(sys.executable).with_name("prefect")
    with _running([str(prefect), "server", "start", "--host", host, "--port", str(port)], f"http://{host}:{port}/api"):
        yield f"http://{host}:{port}"


@contextmanager
def _running(command: list[str], url: str) -> Iterator[None]:
    """A server process, and its address in force, for as long as the context lasts."""
    own_address = {"PREFECT_SERVER_UI_API_URL": url}  # where its pages look for it, whatever the port
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | own_address)
    try:
        _wait_until_healthy(url, server)
        _set_api_url(url)
        yield
        APILogHandler().flush()
    finally:
        _set_api_url(None)
        server.terminate()
        server.wait()


def _set_api_url(url: str | None) -> None:
    """Set Prefect's address for every thread of this process and for the processes that it starts."""
    if url is None:
        os.environ.pop(PREFECT_API_URL.name, None)
    else:
        os.environ[PREFECT_API_URL.name] = url
    refresh_global_settings_context()


def end_with_parent() -> None:
    """End this process when its parent is gone, even by kill -9."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/health", timeout=5.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    server.kill()
    raise RuntimeError(
        f"Prefect's server does not answer at {url}; is that port taken? Or start one with `prefect server start`, "
        "set PREFECT_API_URL to its address, and run the same command again."
    )


def _serve(port: int) -> None:
    import uvicorn
    from prefect.server.api.server import create_app

    end_with_parent()
    uvicorn.run(create_app(ephemeral=True), host=_HOST, port=port, log_level="error")


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
