"""`eigenlead serve --notify` tells what went wrong, and who leads, to a webhook: real runs and a local receiver."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from command_line import environment
from postgres import free_port
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect_processes import prefect_server, running, until
from serving import Service, service

from flows.serving.automations import install
from pipeline.errors import InputError

pytestmark = pytest.mark.slow

TOKEN = "a-secret-token"
SLEEPING = """
import time
from prefect import flow
@flow(flow_run_name="screen-asleep")
def screen():
    print("asleep", flush=True)
    time.sleep(3600)
screen()
"""
LEADING = """
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
emit_event(
    "eigenlead.leaderboard.new-leader",
    resource={"prefect.resource.id": "eigenlead.leaderboard.warheads"},
    payload={"smiles": "C=CC#N"},
)
EventsWorker.instance().drain()
"""


@dataclass
class Receiver:
    """What a webhook has been told, and with which token."""

    address: str = ""
    messages: list[dict[str, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)

    def about(self, subject: str) -> set[str]:
        """Bodies of its messages; Prefect promises each at least once."""
        return {one["body"] for one in self.messages if one["subject"] == f"Eigenlead: {subject}"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            told.tokens.add(self.headers["Authorization"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Service]:
    """A service whose server has had a webhook's block before."""
    folder, port = tmp_path_factory.mktemp("automations"), free_port()
    with (
        prefect_server(port, env=environment(folder / "prefect"), log=folder / "before.log"),
        temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{port}/api"}),
    ):
        CustomWebhookNotificationBlock(
            name="team",
            url=receiver.address,
            json_data={"subject": "{{subject}}", "body": "{{body}}"},
            headers={"Authorization": "Bearer {{token}}"},
            secrets={"token": TOKEN},
        ).save("team")
    with (
        service(folder, "--notify", "custom-webhook/team", PREFECT_FLOWS_HEARTBEAT_FREQUENCY="30") as running,
        running.client_settings(),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30}),
    ):
        yield running


def elsewhere(served: Service) -> dict[str, str]:
    """The environment of a program that this server's worker has not started."""
    api = {"PREFECT_API_URL": f"{served.address}/api", "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
    return environment(served.folder / "prefect", **api)


@pytest.mark.usefixtures("served")
def test_installing_again_changes_what_is_there_and_leaves_off_what_was_switched_off() -> None:
    with get_client(sync_client=True) as client:
        before = {one.name: one for one in client.read_automations()}
        leader = before["Eigenlead: a new leader"]
        client.pause_automation(leader.id)
        install("custom-webhook/team")
        after = {one.name: one for one in client.read_automations()}
        client.resume_automation(leader.id)
    assert len([name for name in before if name.startswith("Eigenlead: ")]) == 4
    assert {name: one.id for name, one in before.items()} == {name: one.id for name, one in after.items()}
    assert [name for name, one in after.items() if not one.enabled] == [leader.name]


@pytest.mark.usefixtures("served")
def test_a_block_that_does_not_serve_is_refused() -> None:
    with pytest.raises(InputError, match="has no block 'slack-webhook/none'") as caught:
        install("slack-webhook/none")
    assert "TYPE/NAME" in caught.value.remedy
    Secret(value="x").save("word")
    with pytest.raises(InputError, match="not for notifications"):
        install("secret/word")


def test_a_new_leader_is_told(served: Service, receiver: Receiver) -> None:
    subprocess.run([sys.executable, "-c", LEADING], env=elsewhere(served), capture_output=True, check=True)
    until(lambda: bool(receiver.about("A new leader")), log=served.log)
    (body,) = receiver.about("A new leader")
    assert "leaderboard warheads" in body
    assert "C=CC#N" not in body


def test_a_failed_nightly_run_is_told_without_its_reason(served: Service, receiver: Receiver) -> None:
    parameters = {"request": {"folder": "confidential"}}
    run_deployment("screen/nightly", parameters=parameters, timeout=0)
    until(lambda: bool(receiver.about("The nightly screen failed")), log=served.log)
    (body,) = receiver.about("The nightly screen failed")
    assert re.match(r"nightly-\d{4}-\d\d-\d\d failed", body)
    assert f"{served.address}/" in body
    assert "confidential" not in body


def test_a_run_whose_process_is_gone_is_told_and_ends(served: Service, receiver: Receiver) -> None:
    """Three heartbeats, 30 seconds each, are waited for in vain. What has ended before is not taken for silent."""
    output = served.folder / "sleeper.log"
    with running(sys.executable, "-c", SLEEPING, env=elsewhere(served), log=output) as sleeper:
        until(lambda: "asleep" in output.read_text(), sleeper, output)
        sleeper.kill()
    until(lambda: bool(receiver.about("A run crashed")), log=served.log)
    (body,) = receiver.about("A run crashed")
    assert "screen-asleep" in body
    assert f"{served.address}/" in body
    with get_client(sync_client=True) as client:
        states = {one.name.partition("-")[0]: one.state.name for one in client.read_flow_runs()}
    assert states == {"screen": "Crashed", "nightly": "Failed"}


def test_the_webhooks_secret_reaches_nobody_else(served: Service, receiver: Receiver) -> None:
    assert receiver.messages
    assert receiver.tokens == {f"Bearer {TOKEN}"}
    assert TOKEN not in served.log.read_text()
    assert all(TOKEN not in json.dumps(one) for one in receiver.messages)
