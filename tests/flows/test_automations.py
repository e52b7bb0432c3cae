"""The server tells what went wrong, and who leads, to a webhook: Prefect's server, real runs, a local receiver."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from command_line import environment
from postgres import free_port
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect_processes import prefect_server, running, until

from flows.serving.automations import install
from pipeline.errors import InputError

pytestmark = pytest.mark.slow

TOKEN = "a-secret-token"
FAILING = """
from prefect import flow
@flow(name="nightly", flow_run_name="nightly-secret-target")
def nightly():
    raise ValueError("C=CC#N is confidential")
nightly()
"""
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


@dataclass
class Place:
    folder: Path
    environment: dict[str, str]
    log: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Place]:
    """A server with a webhook's block and the automations."""
    folder, port = tmp_path_factory.mktemp("automations"), free_port()
    api, log = f"http://127.0.0.1:{port}/api", folder / "server.log"
    env = environment(folder / "prefect", PREFECT_UI_URL=f"http://eigenlead.example:{port}")
    with (
        prefect_server(port, env=env, log=log),
        temporary_settings({PREFECT_API_URL: api, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30}),
    ):
        CustomWebhookNotificationBlock(
            name="team",
            url=receiver.address,
            json_data={"subject": "{{subject}}", "body": "{{body}}"},
            headers={"Authorization": "Bearer {{token}}"},
            secrets={"token": TOKEN},
        ).save("team")
        install("custom-webhook/team")
        yield Place(folder, env | {"PREFECT_API_URL": api, "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}, log)


def run(program: str, place: Place) -> None:
    subprocess.run([sys.executable, "-c", program], env=place.environment, capture_output=True, check=False)


@pytest.mark.usefixtures("place")
def test_installing_again_changes_what_is_there_and_leaves_off_what_was_switched_off() -> None:
    with get_client(sync_client=True) as client:
        before = {one.name: one for one in client.read_automations()}
        leader = before["Eigenlead: a new leader"]
        client.pause_automation(leader.id)
        install("custom-webhook/team")
        after = {one.name: one for one in client.read_automations()}
        client.resume_automation(leader.id)
    assert len(before) == 4
    assert {name: one.id for name, one in before.items()} == {name: one.id for name, one in after.items()}
    assert [name for name, one in after.items() if not one.enabled] == [leader.name]


@pytest.mark.usefixtures("place")
def test_a_block_that_does_not_serve_is_refused() -> None:
    with pytest.raises(InputError, match="has no block 'slack-webhook/none'") as caught:
        install("slack-webhook/none")
    assert "TYPE/NAME" in caught.value.remedy
    Secret(value="x").save("word")
    with pytest.raises(InputError, match="not for notifications"):
        install("secret/word")


def test_a_new_leader_is_told(place: Place, receiver: Receiver) -> None:
    run(LEADING, place)
    until(lambda: bool(receiver.about("A new leader")), log=place.log)
    (body,) = receiver.about("A new leader")
    assert "leaderboard warheads" in body
    assert "C=CC#N" not in body


def test_a_failed_nightly_run_is_told_without_its_reason(place: Place, receiver: Receiver) -> None:
    run(FAILING, place)
    until(lambda: bool(receiver.about("The nightly screen failed")), log=place.log)
    (body,) = receiver.about("The nightly screen failed")
    assert "http://eigenlead.example" in body
    assert "confidential" not in body


def test_a_run_whose_process_is_gone_is_told_and_ends(place: Place, receiver: Receiver) -> None:
    """Three heartbeats, 30 seconds each, are waited for in vain. What has ended before is not taken for silent."""
    output = place.folder / "sleeper.log"
    with running(sys.executable, "-c", SLEEPING, env=place.environment, log=output) as sleeper:
        until(lambda: "asleep" in output.read_text(), sleeper, output)
        sleeper.kill()
    until(lambda: bool(receiver.about("A run crashed")), log=place.log)
    (body,) = receiver.about("A run crashed")
    assert "screen-asleep" in body
    assert "http://eigenlead.example" in body
    with get_client(sync_client=True) as client:
        states = {one.name: one.state.name for one in client.read_flow_runs()}
    assert states == {"screen-asleep": "Crashed", "nightly-secret-target": "Failed"}


def test_the_webhooks_secret_reaches_nobody_else(place: Place, receiver: Receiver) -> None:
    assert receiver.messages
    assert receiver.tokens == {f"Bearer {TOKEN}"}
    assert TOKEN not in place.log.read_text()
    assert all(TOKEN not in json.dumps(one) for one in receiver.messages)
