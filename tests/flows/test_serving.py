"""`eigenlead serve`: Prefect's server, a worker and the reports as chemists meet them, in a real browser."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from command_line import eigenlead, environment
from playwright.sync_api import expect, sync_playwright
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelling
from serving import service, wait_for
from test_screen import report_of, without_times

from pipeline.store import Store

pytestmark = pytest.mark.slow

SECRET = "a-secret-password"

PASTED = "C=CC#N acrylonitrile\nC=CC=O <b>acrolein</b> ![x](http://evil.invalid/x.png)\nC=CC(=O open"
MINUTES = 60_000.0


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with service(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="module")
def served_on_postgres(tmp_path_factory, postgres):
    """Prefect's database and the store on PostgreSQL; the store's address is in a Secret block."""
    store = f"postgresql+psycopg:{postgres.database()}".replace("chemist@", f"chemist:{SECRET}@")
    database = f"postgresql+asyncpg:{postgres.database()}"
    with service(tmp_path_factory.mktemp("postgres"), PREFECT_API_DATABASE_CONNECTION_URL=database) as running:
        with running.client_settings(), get_client(sync_client=True) as client:
            Secret(value=store).save("eigenlead-store", _sync=True)  # playwright keeps an event loop here
            template = client.read_work_pool("eigenlead").base_job_template
            environment = {"EIGENLEAD_STORE": "{{ prefect.blocks.secret.eigenlead-store }}"}
            template["variables"]["properties"]["env"]["default"] = environment
            client.update_work_pool("eigenlead", WorkPoolUpdate(base_job_template=template))
        yield replace(running, store=store)


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(MINUTES)
        yield page
        browser.close()


def picture(page, name, tmp_path, height=1000):
    """A screenshot, kept where `EIGENLEAD_SCREENSHOTS` says."""
    folder = Path(os.environ.get("EIGENLEAD_SCREENSHOTS", tmp_path))
    clip = {"x": 0, "y": 0, "width": 1280, "height": height}
    page.screenshot(path=folder / f"serve-{name}.png", clip=clip)


@pytest.mark.parametrize("place", ["served", "served_on_postgres"])
def test_a_chemist_pastes_molecules_and_reads_the_report(place, request, page, tmp_path):
    served = request.getfixturevalue(place)
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
    page.get_by_label("Molecules").fill("C=CC#N acrylonitrile\nC=CC=O acrolein")
    page.get_by_label("Explain").fill("2")
    picture(page, "form", tmp_path)
    page.get_by_label("Molecules").fill(PASTED)
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="View run").click()
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible(timeout=20 * MINUTES)
    expect(page.get_by_text("screen-pasted-covalent").first).to_be_visible()

    page.get_by_role("tab", name="Artifacts").click()
    page.locator("a[href*='/artifacts/key/ranking']").click()
    page.locator("main a[href*='/artifacts/artifact/']").first.click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="acrylonitrile")).to_be_visible()
    expect(rows.filter(has_text="acrolein")).to_be_visible()
    assert page.locator("[href*=evil], img").count() == 0
    page.goto(f"{served.address}/v2/artifacts/key/report")
    page.locator("main a[href*='/artifacts/artifact/']").first.click()
    drawings = page.locator("img[src^='data:image/svg+xml;base64,']")
    expect(drawings).to_have_count(2)
    for drawing in drawings.all():
        assert drawing.evaluate("one => one.complete && one.naturalWidth > 50")
    assert page.locator("main b, [src*=evil]").count() == 0
    for link in page.locator("[href*=evil]").all():  # the UI makes links of addresses in any text
        assert link.inner_text() in ("http://evil.invalid/x.png", "http://evil.invalid/x.png)")
    picture(page, "report", tmp_path, height=830)
    assert elsewhere == []

    assert Store(served.store).count("ground_state") > 0
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
    store = Store(served.store)
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


def test_a_screen_outlives_a_restart_of_postgresql(served_on_postgres, postgres):
    """The same report as without, though neither Prefect's server nor the store answered for a while."""
    folder, store = served_on_postgres.folder, Store(served_on_postgres.store)
    library = folder / "out" / "library.smi"
    library.write_text("C=CC=O acrolein\nCCO ethanol\nC=CC#N acrylonitrile\n")
    known = store.count("ground_state")
    with served_on_postgres.client_settings():
        run = start(
            library="library.smi", out=str(folder / "out" / "restarted"), objective="solubility", top=1, workers=1
        )
        wait_for(lambda: store.count("ground_state") > known or state_of(run).is_final(), "no chemistry", 1200)
        assert state_of(run).is_running()
        before = store.newest("ground_state", 99)
        postgres.kill()
        time.sleep(15.0)
        postgres.start()
        wait_for(lambda: state_of(run).is_final(), "the run does not end", 1200)
        assert state_of(run).is_completed(), served_on_postgres.log.read_text()[-5000:]
    assert all(result in store.newest("ground_state", 99) for result in before)
    undisturbed = eigenlead(
        *("screen", library, "--out", folder / "undisturbed", "--objective", "solubility", "--top", "1"),
        *("--workers", "1", "--store", f"sqlite:///{folder / 'store.sqlite'}"),
        env=environment(folder / "undisturbed prefect"),
    )
    assert undisturbed.returncode == 0, undisturbed.stderr
    found, wanted = (report_of(place) for place in (folder / "out" / "restarted", folder / "undisturbed"))
    assert without_times(found["candidates"]) == without_times(wanted["candidates"])
    assert without_times(found["species"]) == without_times(wanted["species"])


def test_the_address_of_the_store_is_told_to_runs_only(served_on_postgres):
    with served_on_postgres.client_settings(), get_client(sync_client=True) as client:
        template = client.read_work_pool("eigenlead").base_job_template
        told = [client.read_flow_runs(), client.read_deployments(), client.read_logs()]
    assert "eigenlead-store" in str(template)
    assert SECRET not in f"{template}{told}{served_on_postgres.log.read_text()}"


def test_a_second_start_says_what_to_do(served, tmp_path):
    run = eigenlead("serve", "--port", str(served.port), env=environment(tmp_path))
    assert run.returncode == 2
    assert f"Open http://127.0.0.1:{served.port}" in run.stderr
    assert "--port" in run.stderr


def test_beyond_this_machine_everything_asks_for_the_password_and_a_kill_ends_all(tmp_path):
    with service(tmp_path, "--host", "0.0.0.0", EIGENLEAD_REPORTS="https://reports.example") as running:
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
    assert "screen/on-demand. Reports are served under https://reports.example." in running.log.read_text()
