"""Approval on a server as operators run it: Prefect's server, a worker, the deployments of prefect.yaml, events."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import report_example as examples
from command_line import environment
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from flows import artifacts
from flows.approval import Amount, exceeds, markdown
from flows.leaderboard import Leaderboard, read_leaderboard
from flows.nightly import NightlyRequest

ROOT = Path(__file__).parents[2]
PREFECT = str(Path(sys.executable).with_name("prefect"))
PATIENCE_SECONDS = 600.0

AMOUNTS = (Amount("time", 3.25, 2.0, "h"), Amount("shots", 10_000, 1_000_000, ""))


def test_a_person_sees_what_is_above_its_limit() -> None:
    assert exceeds(AMOUNTS)
    assert not exceeds(AMOUNTS[1:])
    assert not exceeds([Amount("time", 2.0, 2.0, "h")])
    html = MarkdownIt("commonmark").enable("table").render(markdown("A <run> of [everything](x)", AMOUNTS))
    assert "A &lt;run&gt; of [everything](x)" in html
    assert html.count("<strong>above</strong>") == 1
    assert "3.25 h" in html
    assert "10,000" in html


@dataclass(frozen=True)
class Served:
    """A Prefect server with the deployments and a worker."""

    api: str

    def ask(self, path: str, **body: Any) -> Any:
        """Post; again while the server is busy, as Prefect's own client does."""
        answered = until(lambda: unless_busy(httpx.post(f"{self.api}/{path}", json=body, timeout=30.0)))
        assert answered.is_success, answered.text
        return answered.json()

    def read(self, path: str) -> Any:
        return until(lambda: unless_busy(httpx.get(f"{self.api}/{path}", timeout=30.0))).json()

    def start(self, deployment: str, **parameters: Any) -> str:
        found = self.read(f"deployments/name/{deployment}")
        return str(self.ask(f"deployments/{found['id']}/create_flow_run", parameters=parameters)["id"])

    def reaches(self, run: str, *states: str) -> dict[str, Any]:
        """The state of a run, once its name is among `states`."""

        def state() -> dict[str, Any] | None:
            found: dict[str, Any] = self.read(f"flow_runs/{run}")["state"]
            assert found["name"] in states or found["type"] not in ("FAILED", "CRASHED", "COMPLETED"), found
            return found if found["name"] in states else None

        return until(state)

    def runs_of(self, deployment: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("flow_runs/filter", deployments={"name": {"any_": [deployment]}})
        return found


def unless_busy(answer: httpx.Response) -> httpx.Response | None:
    return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(1.0)
    return result


@contextmanager
def running(env: dict[str, str], log: Path, *command: str) -> Iterator[None]:
    with log.open("w") as out:
        process = subprocess.Popen([PREFECT, *command], env=env, cwd=ROOT, stdout=out, stderr=out)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:  # a worker may go on waiting for what it watches
                process.kill()
                process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5.0).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("approval")


@pytest.fixture(scope="module")
def served(place: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    api = f"http://127.0.0.1:{port}/api"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # the runs' python is this one
    env = environment(
        place / "prefect",
        PREFECT_API_URL=api,
        PYTHONPATH=str(ROOT),
        OMP_NUM_THREADS="1",
        PATH=path,
        PREFECT_SERVER_UI_API_URL=api,
    )
    with running(env, place / "server.log", "server", "start", "--host", "127.0.0.1", "--port", port):
        until(lambda: answers(f"{api}/health"))
        for command in (["work-pool", "create", "eigenlead", "--type", "process"], ["--no-prompt", "deploy", "--all"]):
            done = subprocess.run([PREFECT, *command], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        server = Served(api)
        server.ask("variables/", name="eigenlead_limits", value={"candidates": 2})
        with running(env, place / "worker.log", "worker", "start", "--pool", "eigenlead"):
            yield server


@pytest.fixture(scope="module")
def asked(place: Path, tiny_llama: Path) -> dict[str, Any]:
    """Three molecules in a watched folder, where two may be screened without approval."""
    (place / "inbox").mkdir()
    (place / "inbox" / "new.smi").write_text("C methane\nC#N hydrogen cyanide\nC=O formaldehyde\n")
    request = NightlyRequest(
        folder=str(place / "inbox"),
        leaderboards=str(place / "boards"),
        objective="solubility",
        llama=str(tiny_llama),
        workers=1,
        top=1,
        store=f"sqlite:///{place / 'store.sqlite'}",
    )
    return request.model_dump(mode="json")


def board(place: Path) -> Leaderboard:
    (folder,) = (place / "boards").iterdir()
    return read_leaderboard(folder)


@pytest.mark.slow
def test_a_nightly_screen_above_the_limits_runs_when_it_is_approved(
    served: Served, asked: dict[str, Any], place: Path
) -> None:
    night = served.reaches(served.start("screen/nightly", request=asked), "WaitsForApproval")
    assert night["type"] == "COMPLETED"
    assert night["message"].startswith("Screening what is new in")
    key = re.search(r"[0-9a-f]{32}$", night["message"])
    assert key
    (artifact,) = served.ask("artifacts/filter", artifacts={"key": {"any_": [f"approval-{key[0][:8]}"]}})
    assert "| candidates | 3 | 2 | **above** |" in artifact["data"]
    assert key[0] in artifact["data"]
    assert [one.name for one in board(place).entries] == []
    assert len(board(place).unranked) == 3

    again = served.reaches(served.start("screen/nightly", request=asked), "Completed")
    assert again["message"] == "Nothing new"  # it does not ask twice

    decision = {"request": key[0], "approve": True, "approved_by": "Ann"}
    served.reaches(served.start("approve/nightly", decision=decision), "Approved")
    (run,) = until(lambda: served.runs_of("approved"))
    served.reaches(run["id"], "Completed")
    assert {one.name for one in board(place).entries} == {"methane", "hydrogen cyanide", "formaldehyde"}
    assert board(place).unranked == ()
    wanted = {"event": {"name": ["eigenlead.leaderboard.new-leader"]}}
    (event,) = until(lambda: served.ask("events/filter", filter=wanted)["events"])
    assert event["payload"]["name"] == board(place).entries[0].name
    logs = served.ask("logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}})
    assert "Approved by Ann" in [one["message"] for one in logs]


@pytest.mark.slow
def test_a_screen_above_the_limits_waits_for_a_form(served: Served, asked: dict[str, Any], place: Path) -> None:
    choices = {name: asked[name] for name in ("objective", "llama", "workers", "top", "store")}
    request = {"library": str(place / "inbox" / "new.smi"), "out": str(place / "by hand"), **choices}
    run = served.start("screen/approved", request=request)  # nobody has approved this one
    state = served.reaches(run, "Suspended")
    assert not (place / "by hand").exists()
    keyset = state["state_details"]["run_input_keyset"]
    assert "new.smi" in str(served.read(f"flow_runs/{run}/input/{keyset['description']}"))
    answer = served.ask(f"flow_runs/{run}/resume", run_input={"approve": True})
    assert answer["status"] == "REJECT"  # it must say who
    answer = served.ask(f"flow_runs/{run}/resume", run_input={"approve": True, "approved_by": "Ann"})
    assert answer["status"] == "ACCEPT"
    served.reaches(run, "Completed")
    assert (place / "by hand" / "report.html").is_file()

    declined = served.start("screen/approved", request=request | {"seed": 1})
    served.reaches(declined, "Suspended")
    served.ask(f"flow_runs/{declined}/resume", run_input={"approve": False, "approved_by": "Bob"})
    assert "Bob declined this run." in served.reaches(declined, "Failed")["message"]


@pytest.mark.slow
@pytest.mark.parametrize("ui", ["", "/v2"])
def test_both_uis_of_prefect_show_the_report_and_its_table(served: Served, ui: str) -> None:
    report = examples.example()
    steric = "C[C@H](N)C(=O)C=C"
    rows = [artifacts.row(report, report.candidates[0].model_copy(update={"smiles": steric}))]
    text = artifacts.markdown(report, Path("report.html"))
    served.ask("artifacts/", key=f"report{ui[1:]}", type="markdown", data=text)
    served.ask("artifacts/", key=f"ranking{ui[1:]}", type="table", data=json.dumps(rows))
    newest = {one["key"]: one["id"] for one in served.ask("artifacts/filter", sort="CREATED_DESC", limit=2)}
    origin = served.api.removesuffix("/api")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{origin}{ui}/artifacts/artifact/{newest[f'report{ui[1:]}']}")
        drawings = page.locator("img[src^='data:image/svg+xml']")
        drawings.nth(len(report.candidates) - 1).wait_for()
        assert drawings.evaluate_all("all => all.every(one => one.complete && one.naturalWidth > 0)")
        if ui:  # the other one shows the diagram as its text
            page.locator("svg[id^=mermaid]").wait_for()
        else:
            page.get_by_text("library --> species --> states --> ranking --> explanation").wait_for()
        page.goto(f"{origin}{ui}/artifacts/artifact/{newest[f'ranking{ui[1:]}']}")
        page.get_by_text(steric.replace("](", "]\u2060("), exact=True).wait_for()
        browser.close()
