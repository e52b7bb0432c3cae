"""`eigenlead serve`: Prefect's server, a worker and the reports as chemists meet them, in a real browser."""

import os
import re
import signal
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from command_line import eigenlead, environment
from playwright.sync_api import expect, sync_playwright
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelling
from serving import service, wait_for

from pipeline.store import Store

pytestmark = pytest.mark.slow

PASTED = "C=CC#N acrylonitrile\nC=CC=O <b>acrolein</b> ![x](http://evil.invalid/x.png)\nC=CC(=O open"
MINUTES = 60_000.0


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with service(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(MINUTES)
        yield page
        browser.close()


def picture(page, name, tmp_path):
    """A screenshot, kept where `EIGENLEAD_SCREENSHOTS` says."""
    folder = Path(os.environ.get("EIGENLEAD_SCREENSHOTS", tmp_path))
    page.screenshot(path=folder / f"serve-{name}.png")


def test_a_chemist_pastes_molecules_and_reads_the_report(served, page, tmp_path):
    elsewhere = []
    page.on("response", lambda one: elsewhere.append(one.url) if "127.0.0.1" not in one.url else None)
    page.goto(f"{served.address}/v2/deployments")
    page.get_by_role("row").filter(has_text="screen").get_by_role("link", name="on-demand").click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()
    form = page.locator("form")
    titles = [form.get_by_text(title, exact=False).first for title in ("Molecules", "Library", "Objective", "Profile")]
    heights = [one.bounding_box()["y"] for one in titles]
    assert heights == sorted(heights)
    page.get_by_label("Molecules").fill(PASTED)
    page.get_by_label("Explain").fill("2")
    picture(page, "form", tmp_path)
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="View run").click()
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible(timeout=20 * MINUTES)
    expect(page.get_by_text("screen-pasted-covalent").first).to_be_visible()
    picture(page, "run", tmp_path)

    page.get_by_role("tab", name="Artifacts").click()
    page.locator("a[href*='/artifacts/key/ranking']").click()
    page.locator("main a[href*='/artifacts/artifact/']").first.click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="acrylonitrile")).to_be_visible()
    expect(rows.filter(has_text="acrolein")).to_be_visible()
    assert page.locator("[href*=evil], img").count() == 0
    picture(page, "ranking", tmp_path)
    page.goto(f"{served.address}/v2/artifacts/key/report")
    page.locator("main a[href*='/artifacts/artifact/']").first.click()
    drawings = page.locator("img[src^='data:image/svg+xml;base64,']")
    expect(drawings).to_have_count(2)
    for drawing in drawings.all():
        assert drawing.evaluate("one => one.complete && one.naturalWidth > 50")
    assert page.locator("main b, [src*=evil]").count() == 0
    for link in page.locator("[href*=evil]").all():  # the UI makes links of addresses in any text
        assert link.inner_text() in ("http://evil.invalid/x.png", "http://evil.invalid/x.png)")
    picture(page, "report", tmp_path)
    assert elsewhere == []

    (folder,) = (served.folder / "out").iterdir()
    assert folder.name.startswith("screen-pasted-covalent-")
    for name in ("report.html", "report.json", "ranking.csv", "rejected.csv", "candidates.sdf"):
        assert httpx.get(f"{served.reports}/{folder.name}/{name}").is_success
    page.goto(f"{served.reports}/{folder.name}/report.html")
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.locator("svg").count() > 2


def start(**request):
    """A run of screen/on-demand with these fields; its id."""
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("screen/on-demand")
        return client.create_flow_run_from_deployment(deployment.id, parameters={"request": request}).id


def state_of(run: UUID):
    with get_client(sync_client=True) as client:
        return client.read_flow_run(run).state


def test_a_file_elsewhere_is_refused_with_what_to_do(served):
    (served.folder / "secret.smi").write_text("C=CC#N secret\n")
    with served.client_settings():
        runs = {
            "folders that this server reads": {"library": str(served.folder / "secret.smi")},
            "leave one of them empty": {"library": "warheads.smi", "molecules": "C"},
            "does not offer the Llama": {"molecules": "C", "llama": "http://127.0.0.1:9/v1"},
            "server's own result store": {"molecules": "C", "store": "sqlite:////tmp/x.sqlite"},
        }
        found = {words: start(**one) for words, one in runs.items()}
        wait_for(lambda: all(state_of(run).is_final() for run in found.values()), "runs do not end", 1200)
        for words, run in found.items():
            state = state_of(run)
            assert state.type == StateType.FAILED
            assert words in state.message


def test_a_cancelled_screen_ends_its_processes_and_writes_no_report(served):
    store = Store(f"sqlite:///{served.folder / 'store.sqlite'}")
    before = {path.name for path in (served.folder / "out").iterdir()}
    known = store.count("geometry")
    family = served.family()
    with served.client_settings():
        run = start(library="warheads.smi")
        wait_for(lambda: store.count("geometry") > known or state_of(run).is_final(), "no chemistry", 1200)
        assert state_of(run).is_running()
        chemistry = [one for one in served.family() if one not in family]
        assert len(chemistry) > 1
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run, Cancelling())
        wait_for(lambda: state_of(run).is_cancelled(), "the run is not cancelled", 120)
    assert not psutil.wait_procs(chemistry, timeout=30)[1]
    assert {path.name for path in (served.folder / "out").iterdir()} == before


def test_a_second_start_says_what_to_do(served, tmp_path):
    run = eigenlead("serve", "--port", str(served.port), env=environment(tmp_path))
    assert run.returncode == 2
    assert f"Open http://127.0.0.1:{served.port}" in run.stderr
    assert "--port" in run.stderr


def test_beyond_this_machine_everything_asks_for_the_password_and_a_kill_ends_all(tmp_path):
    with service(tmp_path, "--host", "0.0.0.0") as running:
        password = running.password
        assert password
        command_lines = [" ".join(one.cmdline()) for one in running.family()]
        assert command_lines
        assert not any(password in line for line in command_lines)
        user, _, secret = password.partition(":")
        for address in (f"{running.address}/api/admin/version", f"{running.reports}/x/report.html"):
            assert httpx.get(address).status_code == 401
            assert httpx.get(address, auth=(user, secret[:-1])).status_code == 401
            assert httpx.get(address, auth=(user, secret)).status_code in (200, 404)
        family = running.family()
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        assert not psutil.wait_procs(family, timeout=60)[1]
    assert re.search(r"screen/on-demand", running.log.read_text())
