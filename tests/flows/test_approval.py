"""Approval under `eigenlead serve` and its password: a worker, the deployments of prefect.yaml, events."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import report_example as examples
from ionq_server import KEY, Ionq
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright
from prefect.client.orchestration import get_client
from serving import Service, service

from flows import artifacts
from flows.approval import Amount, exceeds, markdown
from flows.leaderboard import Leaderboard, read_leaderboard
from flows.nightly import NightlyRequest

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
    """A service, and what the tests ask of its server with the password that it has printed."""

    service: Service

    def ask(self, path: str, **body: Any) -> Any:
        """Post."""
        return self._request("POST", path, json=body)

    def read(self, path: str) -> Any:
        return self._request("GET", path)

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

    def _request(self, method: Literal["GET", "POST"], path: str, **how: Any) -> Any:
        with self.service.client_settings(), get_client(sync_client=True) as client:
            return client.request(method, f"/{path}", **how).json()


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(1.0)
    return result


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("approval")


@pytest.fixture(scope="module")
def ionq() -> Iterator[Ionq]:
    server = Ionq(waiting_looks=0)
    yield server
    server.server.shutdown()


@pytest.fixture(scope="module")
def served(place: Path, tiny_llama: Path, ionq: Ionq) -> Iterator[Served]:
    """A service that others can reach, so that it asks everyone for a password."""
    (place / "inbox").mkdir()
    machine = {"IONQ_API_KEY": KEY, "IONQ_REMOTE_HOST": ionq.address.removesuffix("/v0.4")}
    arguments = ("--host", "0.0.0.0", "--folder", "inbox", "--folder", str(tiny_llama))
    with service(place, *arguments, **machine) as running:
        assert httpx.get(f"{running.address}/api/admin/version").status_code == 401
        server = Served(running)
        server.ask("variables/", name="eigenlead_limits", value={"candidates": 2})
        yield server


@pytest.fixture(scope="module")
def asked(place: Path, tiny_llama: Path) -> dict[str, Any]:
    """Three molecules in a watched folder, where two may be screened without approval."""
    (place / "inbox" / "new.smi").write_text("C methane\nC#N hydrogen cyanide\nC=O formaldehyde\n")
    request = NightlyRequest(
        folder=str(place / "inbox"),
        leaderboards=str(place / "out" / "boards"),
        objective="solubility",
        llama=str(tiny_llama),
        workers=1,
        top=1,
    )
    return request.model_dump(mode="json")


def board(place: Path) -> Leaderboard:
    (folder,) = (place / "out" / "boards").iterdir()
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
    choices = {name: asked[name] for name in ("objective", "llama", "workers", "top")}
    request = {"library": str(place / "inbox" / "new.smi"), "out": str(place / "out" / "by hand"), **choices}
    run = served.start("screen/approved", request=request)  # nobody has approved this one
    state = served.reaches(run, "Suspended")
    assert not (place / "out" / "by hand").exists()
    keyset = state["state_details"]["run_input_keyset"]
    assert "new.smi" in str(served.read(f"flow_runs/{run}/input/{keyset['description']}"))
    answer = served.ask(f"flow_runs/{run}/resume", run_input={"approve": True})
    assert answer["status"] == "REJECT"  # it must say who
    answer = served.ask(f"flow_runs/{run}/resume", run_input={"approve": True, "approved_by": "Ann"})
    assert answer["status"] == "ACCEPT"
    served.reaches(run, "Completed")
    assert (place / "out" / "by hand" / "report.html").is_file()

    declined = served.start("screen/approved", request=request | {"seed": 1})
    served.reaches(declined, "Suspended")
    served.ask(f"flow_runs/{declined}/resume", run_input={"approve": False, "approved_by": "Bob"})
    assert "Bob declined this run." in served.reaches(declined, "Failed")["message"]


@pytest.mark.slow
def test_nothing_is_submitted_to_a_machine_that_costs_money_before_a_person_approves(
    served: Served, asked: dict[str, Any], place: Path, ionq: Ionq
) -> None:
    choices = {name: asked[name] for name in ("objective", "llama", "workers", "top")}
    out = place / "out" / "measured"
    request = {"molecules": "C#N hydrogen cyanide", "out": str(out), "quantum": "ionq:qpu.forte-1", "shots": 20_000}
    refused = served.start("screen/on-demand", request=request | choices)
    assert "costs money" in served.reaches(refused, "Failed")["message"]
    run = served.start("screen/on-demand", request=request | choices | {"pays": True})
    state = served.reaches(run, "Suspended")
    assert (out / "report.html").is_file()  # all but what the machine reads
    keyset = state["state_details"]["run_input_keyset"]
    assert "USD" in str(served.read(f"flow_runs/{run}/input/{keyset['description']}"))
    assert ionq.posts() == []
    served.ask(f"flow_runs/{run}/resume", run_input={"approve": True, "approved_by": "Ann"})
    served.reaches(run, "Completed")
    assert ionq.posts()
    assert json.loads((out / "report.json").read_text())["quantum_step"]["candidates"]


@pytest.mark.slow
@pytest.mark.parametrize("ui", ["", "/v2"])
def test_both_uis_of_prefect_show_the_report_and_its_table(served: Served, ui: str) -> None:
    report = examples.example()
    steric = "C[C@H](N)C(=O)C=C"
    rows = [artifacts.row(report, report.candidates[0].model_copy(update={"smiles": steric}), "1")]
    text = artifacts.markdown(report, Path("report.html"))
    served.ask("artifacts/", key=f"report{ui[1:]}", type="markdown", data=text)
    served.ask("artifacts/", key=f"ranking{ui[1:]}", type="table", data=json.dumps(rows))
    newest = {one["key"]: one["id"] for one in served.ask("artifacts/filter", sort="CREATED_DESC", limit=2)}
    origin = served.service.address
    login = base64.b64encode((served.service.password or "").encode()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.add_init_script(f"localStorage.setItem('prefect-password', '{login}')")  # as its page for logging in does
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
