"""Service: Prefect's server, its deployments, a worker and the finished reports, for as long as one process lives."""

from __future__ import annotations

import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_SERVER_API_AUTH_STRING
from prefect.workers.process import ProcessWorker
from rich.console import Console

from flows.folders import FOLDERS, LLAMAS, REPORT_FOLDER, REPORTS
from flows.server import set_api_url, wait_until_healthy
from flows.serving.automations import install
from flows.serving.reports import reports_app
from pipeline.errors import InputError, TransientError

POOL = "eigenlead"
EXAMPLES = Path(__file__).parents[2] / "molecules" / "examples"
_DEPLOYMENTS = Path(__file__).parents[2] / "prefect.yaml"
_LAST_WORDS = ("--timeout-graceful-shutdown", "3")
"""Seconds for browsers that are still connected when the server ends."""
_LAST_SECONDS = 20.0
"""For a run to say that it was ended; after that it is killed."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is served, and where."""

    host: str
    """To listen on."""
    port: int
    """Of Prefect's server; reports are on the next one."""
    folders: tuple[Path, ...]
    """That runs may read, besides the reports."""
    reports: Path
    """Folder of the reports, which runs write into."""
    llamas: tuple[str, ...] = ()
    """That runs may use besides the embedded one."""
    notify: str = ""
    """Notification block that takes the server's messages, as ``TYPE/NAME``; empty: none are sent."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_everywhere(self) -> bool:
        """Whether it listens at all addresses of the machine."""
        return self.host in ("0.0.0.0", "::")

    def address(self, port: int) -> str:
        """For a browser."""
        host = socket.gethostname() if self.is_everywhere else self.host
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def reports_port(self) -> int:
        """Of the reports."""
        return self.port + 1


def serve(service: Service, console: Console) -> None:
    """Serve until a signal ends it, or a child process does.

    With PREFECT_API_URL set, that server gets the deployments and the worker, and none is started here.

    Raises:
        InputError: a port is taken, a folder or the notification block is missing, or the deployments are wrong.
        TransientError: a child process ended.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # children end with us then, as by Ctrl-C
    configured = PREFECT_API_URL.value()
    _check(service, [service.reports_port] if configured else [service.port, service.reports_port])
    password = _password(service, console)
    os.environ |= _environment(service)
    if not configured and password is not None:
        os.environ |= {PREFECT_SERVER_API_AUTH_STRING.name: password, PREFECT_API_AUTH_STRING.name: password}
    address = service.address(service.port)
    with ExitStack() as stack:
        children = []
        if configured:
            address = configured.removesuffix("/api")
            set_api_url(configured)
        else:
            os.environ.setdefault("PREFECT_UI_URL", address)  # of the links in messages
            server = stack.enter_context(_child("uvicorn", *_server_arguments(service)))
            url = f"http://{'127.0.0.1' if service.is_everywhere else service.host}:{service.port}/api"
            wait_until_healthy(url, server)
            set_api_url(url)
            children.append(server)
        _make_pool()
        _deploy()
        if service.notify:
            install(service.notify)
        children.append(
            stack.enter_context(_child("prefect", "worker", "start", "--pool", POOL, "--name", socket.gethostname()))
        )
        console.print(
            f"Open {address}/v2/deployments and choose screen/on-demand. Reports are served under "
            f"{os.environ[REPORTS]}. Stop with Ctrl-C.",
        )
        _serve_reports(service, password, children)
    raise TransientError("Prefect's server or worker has ended.", "See its messages above, and start again.")


def _check(service: Service, ports: Sequence[int]) -> None:
    for folder in service.folders:
        if not folder.is_dir():
            raise InputError(f"There is no folder {folder}.", "Make it, or leave it out.")
    if not _DEPLOYMENTS.is_file():
        raise InputError(f"{_DEPLOYMENTS} is missing.", "Serve from a checkout of the project: `make serve`.")
    service.reports.mkdir(parents=True, exist_ok=True)
    for port in ports:
        with socket.socket(socket.AF_INET6 if ":" in service.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((service.host, port))
            except OSError as error:
                raise InputError(
                    f"{service.host} port {port} cannot be listened on ({error.strerror}): "
                    "perhaps Eigenlead is being served there already.",
                    f"Open {service.address(service.port)}, or stop what listens there, or choose another: --port.",
                ) from error


def _password(service: Service, console: Console) -> str | None:
    """The configured ``user:password``, or a new one where others can connect. It goes to children by environment."""
    for setting in (PREFECT_SERVER_API_AUTH_STRING, PREFECT_API_AUTH_STRING):
        if configured := setting.value():
            return str(configured.get_secret_value())
    if service.is_local:
        return None
    password = f"eigenlead:{secrets.token_urlsafe(16)}"
    console.print(f"The password, shown once: {password}")
    return password


def _environment(service: Service) -> Mapping[str, str]:
    """Of the child processes."""
    bin_folder = str(Path(sys.executable).parent)
    return {
        "PWD": str(Path.cwd()),
        "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",  # the runs' python is this one
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_WORKER_QUERY_SECONDS": "3",
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",  # what the server says while its database restarts
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_UI_API_URL": "/api",  # under whatever name a browser found the page
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": service.address(service.port),
        FOLDERS: os.pathsep.join(str(folder.resolve()) for folder in (*service.folders, service.reports)),
        LLAMAS: " ".join(service.llamas),
        REPORT_FOLDER: str(service.reports.resolve()),
        REPORTS: os.environ.get(REPORTS) or service.address(service.reports_port),  # a proxy may have another
    }


def _server_arguments(service: Service) -> tuple[str, ...]:
    """As `prefect server start` runs it, in one process."""
    where = ("--host", service.host, "--port", str(service.port))
    return ("--factory", "flows.serving.ui:create_app", *where, "--log-level", "error", *_LAST_WORDS)


@contextmanager
def _child(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A module that runs in a process group of its own; at the end the whole group ends."""
    child = subprocess.Popen([sys.executable, "-m", "flows.child", *command], start_new_session=True)
    try:
        yield child
    finally:
        _signal_group(child, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_LAST_SECONDS)
        _signal_group(child, signal.SIGKILL)
        child.wait()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # all of it has ended
        os.killpg(child.pid, number)


def _make_pool() -> None:
    template = ProcessWorker.get_default_base_job_template()
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))


def _deploy() -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(_DEPLOYMENTS)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise InputError(f"{_DEPLOYMENTS} cannot be deployed: {run.stderr or run.stdout}", "Correct that file.")


def _serve_reports(service: Service, password: str | None, children: Sequence[subprocess.Popen[bytes]]) -> None:
    """Serve reports until a signal comes, or a child process has ended."""
    app = reports_app(service.reports, password)
    server = uvicorn.Server(
        uvicorn.Config(app, host=service.host, port=service.reports_port, log_level="error", server_header=False)
    )
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            if any(child.poll() is not None for child in children):
                server.should_exit = True

    threading.Thread(target=watch, daemon=True).start()
    try:
        server.run()
    finally:
        ended.set()
