"""A team's server: the processes and settings of compose.yaml on this machine, PostgreSQL and Redis among them."""

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from command_line import eigenlead, environment
from compose_file import environment_of
from postgres import Postgres, free_port
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect_processes import PREFECT, prefect_server, running, until
from test_screen import report_of, without_times

from pipeline.store import Store

pytestmark = pytest.mark.slow

LOGIN = "chemist:a-secret-login"
VARIABLES = {"POSTGRES_PASSWORD": "any", "EIGENLEAD_LOGIN": LOGIN, "EIGENLEAD_HOST": "localhost"}
MOLECULES = {"nitrile": "C=CC#N acrylonitrile\n", "aldehyde": "C=CC=O acrolein\nCCO ethanol\n"}


@dataclass
class Team:
    """Where everything is."""

    folder: Path
    port: int
    server_env: dict[str, str]
    worker_env: dict[str, str]
    store: str
    llama: Path

    def server(self) -> Any:
        return prefect_server(self.port, "--no-services", env=self.server_env, log=self.folder / "server.log")

    def worker(self, name: str) -> Any:
        command = (PREFECT, "worker", "start", "--pool", "team", "--type", "process", "--name", name)
        return running(*command, env=self.worker_env, log=self.folder / f"{name}.log")

    def request(self, library: str, out: str) -> dict[str, Any]:
        paths = {"library": str(self.folder / f"{library}.smi"), "out": str(self.folder / out)}
        return paths | {"objective": "solubility", "top": 1, "workers": 1, "llama": str(self.llama)}

    def start(self, library: str, out: str) -> UUID:
        """Start a screen as the form does."""
        return run_deployment("screen/team", parameters={"request": self.request(library, out)}, timeout=0).id

    def on_sqlite(self, library: str) -> Any:
        """The report of the same screen on a laptop."""
        request = self.request(library, f"laptop-{library}")
        run = eigenlead(
            *("screen", request["library"], "--out", request["out"], "--objective", "solubility", "--top", "1"),
            *("--workers", "1", "--llama", self.llama, "--store", f"sqlite:///{self.folder / library}.sqlite"),
            env=environment(self.folder / "laptop"),
        )
        assert run.returncode == 0, run.stderr
        return report_of(self.folder / f"laptop-{library}")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis server."""
    pytest.importorskip("prefect_redis")
    if shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed: apt-get install redis-server")
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    command = ("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "")
    with running(*command, env=environment(folder), log=folder / "log") as process:
        until(lambda: "Ready to accept" in (folder / "log").read_text(), process, folder / "log")
        yield port


@pytest.fixture
def team(tmp_path: Path, postgres: Postgres, redis: int, tiny_llama: Path) -> Iterator[Team]:
    """Settings of a server that is not started yet."""
    port, database, store = free_port(), postgres.database(), postgres.database()
    places = {
        "//eigenlead:any@postgres:5432/prefect": database,
        "//eigenlead:any@postgres:5432/eigenlead": store,
        "redis:6379": f"127.0.0.1:{redis}",
        "server:4200": f"127.0.0.1:{port}",
    }
    server_env = environment(tmp_path / "server", **environment_of("server", VARIABLES, places))
    assert {**environment_of("services", VARIABLES, places), **server_env} == server_env
    worker_env = environment(tmp_path / "worker", **environment_of("worker", VARIABLES, places))
    worker_env |= {"PREFECT_WORKER_QUERY_SECONDS": "2"}
    for name, rows in MOLECULES.items():
        (tmp_path / f"{name}.smi").write_text(rows)
    settings = {PREFECT_API_URL: f"http://127.0.0.1:{port}/api", PREFECT_API_AUTH_STRING: LOGIN}
    with temporary_settings(settings):
        yield Team(tmp_path, port, server_env, worker_env, f"postgresql+psycopg:{store}", tiny_llama)


@contextmanager
def services(team: Team) -> Iterator[None]:
    command = (PREFECT, "server", "services", "start")
    with running(*command, env=team.server_env, log=team.folder / "services.log"):
        yield


def deploy(team: Team) -> None:
    """Make a work pool of processes, and the deployment screen/team."""
    file = team.folder / "prefect.yaml"
    pool = {"name": "team", "job_variables": {"env": {"OMP_NUM_THREADS": "1"}}}
    deployment = {"name": "team", "entrypoint": "flows.screen.screen", "work_pool": pool}
    file.write_text(yaml.safe_dump({"name": "team", "deployments": [deployment]}))
    for command in (
        ("work-pool", "create", "team", "--type", "process"),
        ("--no-prompt", "deploy", "--all", "--prefect-file", file),
    ):
        log = team.folder / "deploy.log"
        with running(PREFECT, *command, env=team.worker_env, log=log) as process:
            assert process.wait() == 0, log.read_text()


def state(run: UUID) -> str:
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(run).state
    return found.name if found else ""


def ended(run: UUID) -> bool:
    return state(run) in ("Completed", "Failed", "Crashed", "Cancelled")


def test_two_workers_run_two_screens_at_once_as_a_laptop_does(team: Team) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(team.server())
        stack.enter_context(services(team))
        deploy(team)
        for name in ("one", "two"):
            stack.enter_context(team.worker(name))
        runs = {library: team.start(library, library) for library in MOLECULES}
        log = team.folder / "one.log"
        until(lambda: all(state(run) == "Running" for run in runs.values()), server, log)
        until(lambda: all(ended(run) for run in runs.values()), server, log)
        assert [state(run) for run in runs.values()] == ["Completed"] * 2
        with get_client(sync_client=True) as client:
            infrastructure = {client.read_flow_run(run).infrastructure_pid for run in runs.values()}
        assert len(infrastructure) == 2
    for library in MOLECULES:
        assert without_times(report_of(team.folder / library)) == without_times(team.on_sqlite(library))
    logs = "".join(file.read_text() for file in team.folder.glob("*.log"))
    assert "a-secret-login" not in logs
    assert "Unknown task" not in logs  # the services' work, which the server would drop


def test_a_server_that_is_killed_in_the_middle_of_a_screen_costs_no_result(team: Team) -> None:
    store = Store(team.store)
    with ExitStack() as stack:
        with team.server() as server:
            deploy(team)
            stack.enter_context(team.worker("one"))
            run = team.start("aldehyde", "killed")
            until(lambda: store.count("ground_state") > 0, server, team.folder / "one.log")
            server.send_signal(signal.SIGKILL)
            server.wait()
        before = store.newest("ground_state", 99)
        server = stack.enter_context(team.server())
        stack.enter_context(services(team))
        until(lambda: ended(run) or quiet(store), server, team.folder / "one.log")
        again = team.start("aldehyde", "killed")
        until(lambda: ended(again), server, team.folder / "one.log")
        assert state(again) == "Completed", (team.folder / "one.log").read_text()[-3000:]
    assert all(result in store.newest("ground_state", 99) for result in before)
    assert without_times(report_of(team.folder / "killed")) == without_times(team.on_sqlite("aldehyde"))


def quiet(store: Store, seconds: float = 30.0) -> bool:
    """Whether nothing has been added for a while: the screen has ended with its server."""
    before = store.count("ground_state"), store.count("geometry")
    time.sleep(seconds)
    return before == (store.count("ground_state"), store.count("geometry"))
