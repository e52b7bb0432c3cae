"""The main job as users run it: the command, Prefect's servers, worker processes, a tiny Llama, all the chemistry."""

import csv
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import jsonschema
import psutil
import pytest
from command_line import COMMAND, eigenlead, environment
from rdkit import Chem

from flows.request import ScreenRequest
from flows.screen import NothingRankedError, screen
from flows.server import prefect_api
from pipeline.inventory import inventory
from pipeline.store import Store

pytestmark = pytest.mark.slow

LIBRARY = """smiles,name,measured
C=CC#N,acrylonitrile,1.5
C=CC=O,acrolein,7
C=CC(=O,open,0
"""
OBJECTIVE = """name: as acrylonitrile
question: which adds a thiol about as readily as acrylonitrile
terms:
  - {value: thiol_addition, relative_to: C=CC#N, zero_below: -20, one_from: -2, one_to: 2, zero_above: 20, weight: 2}
  - {value: mw, one_to: 500, zero_above: 900}
beside: [ionisation]
"""
TIMES = ("started", "finished", "wall_s")


@pytest.fixture(scope="module")
def place(tmp_path_factory, tiny_llama):
    """A folder with a library, a store and Prefect's database; and the environment to run in."""
    folder = tmp_path_factory.mktemp("screens")
    (folder / "library.csv").write_text(LIBRARY)
    (folder / "objective.yaml").write_text(OBJECTIVE)
    return folder, environment(folder / "prefect"), tiny_llama


def arguments(place, out, store="store", library="library.csv"):
    folder, _, llama = place
    return [
        *("screen", folder / library, "--out", folder / out, "--llama", llama, "--workers", "2"),
        *("--store", f"sqlite:///{folder / store}.sqlite", "--objective", folder / "objective.yaml"),
    ]


@pytest.fixture(scope="module")
def first(place):
    run = eigenlead(*arguments(place, "first"), env=place[1])
    return run, place[0] / "first"


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def without_times(report, ignored=("out", "store")):
    """A report without what differs between two runs of one request."""
    if isinstance(report, dict):
        return {k: without_times(v, ignored) for k, v in report.items() if k not in (*TIMES, *ignored)}
    return [without_times(one, ignored) for one in report] if isinstance(report, list) else report


def test_a_screen_ends_with_a_report_and_says_what_it_left_out(first):
    run, folder = first
    assert run.returncode == 3, run.stderr
    assert f"Report: {folder / 'report.html'}" in run.stdout
    lines = run.stdout.strip().splitlines()
    assert lines[-2].startswith("1. ")
    assert lines[-1].startswith("2. ")
    assert "1 rows were rejected" in run.stderr
    assert "Chemistry: about" in run.stderr  # the estimate comes first
    assert {path.name for path in folder.iterdir()} == {
        *("report.html", "report.json", "ranking.csv", "candidates.sdf", "rejected.csv", "request.json")
    }
    report = report_of(folder)
    jsonschema.validate(report, json.loads(Path("docs/report.schema.json").read_text()))
    with (folder / "rejected.csv").open() as file:
        (rejected,) = csv.DictReader(file)
    assert rejected["row"] == "4"
    assert "C=CC(=O" in rejected["input"]
    assert rejected["reason"]
    assert rejected["remedy"]
    assert len([mol for mol in Chem.SDMolSupplier(str(folder / "candidates.sdf"), removeHs=False) if mol]) == 2


def test_the_physics_of_a_screen(first):
    report = report_of(first[1])
    best, second = report["candidates"]
    values = [one["descriptors"]["thiol_addition"]["value"] for one in (best, second)]
    assert values[1] < values[0] < 0  # exergonic both; the aldehyde is farther from the nitrile that is asked for
    assert [(one["rank"], one["name"]) for one in (best, second)] == [(1, "acrylonitrile"), (2, "acrolein")]
    by_hand = (1 - (values[0] - values[1] - 2) / 18) ** (2 / 3)
    assert [one["score"] for one in (best, second)] == pytest.approx([1.0, by_hand])
    assert second["desirabilities"][0]["value"] == pytest.approx(values[1] - values[0])
    assert [term["title"] for term in report["objective"]["terms"]] == ["thiol addition energy", "Molecular weight"]
    assert {one["columns"]["measured"] for one in (best, second)} == {"1.5", "7"}
    energies = {"acrylonitrile": 10.91, "acrolein": 10.11}  # vertical, He(I) photoelectron spectra; eV
    for one in (best, second):
        assert one["descriptors"]["ionisation.ie_vertical"]["value"] == pytest.approx(energies[one["name"]], abs=0.5)
        assert one["descriptors"]["thiol_addition"]["flags"] == []
    assert len(report["species"]) == 17  # CH3S- is shared; the others are two candidates times eight
    for species in report["species"]:
        on_the_way = "…" in species["label"]  # where GFN2-xTB may find no barrier
        assert species["converged"] or (on_the_way and "no barrier" in species["flags"][0]), species["label"]
        assert species["gradient_norm"] < 1e-5
        assert species["energy_hartree"]["vqe"] > species["energy_hartree"]["casci"] - 1e-9
    assert all(claim["holds"] for one in (best, second) for claim in one["explanation"]["claims"])


def test_a_second_screen_takes_all_from_the_store_and_says_the_same(place, first):
    store = Store(f"sqlite:///{place[0] / 'store.sqlite'}")
    before = inventory(store)
    again = eigenlead(*arguments(place, "again"), env=place[1])
    assert again.returncode == 3, again.stderr
    assert inventory(store) == before
    ours, theirs = report_of(place[0] / "again"), report_of(first[1])
    assert without_times(ours) == without_times(theirs)


def test_a_killed_screen_resumes_without_computing_anything_twice(place, first):
    folder, env, _ = place
    command = [COMMAND, *map(str, arguments(place, "killed", "killed"))]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store = Store(f"sqlite:///{folder / 'killed.sqlite'}")
    while store.count("ground_state") < 3:
        assert process.poll() is None, "the screen ended before it could be killed"
        time.sleep(0.1)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not psutil.wait_procs(family, timeout=30)[1], "worker or server processes outlived the screen"
    finished = {stage: store.newest(stage, 100) for stage in ("geometry", "ground_state")}
    assert 3 <= len(finished["ground_state"]) < 11
    resumed = eigenlead(*arguments(place, "killed", "killed"), "--resume", env=env)
    assert resumed.returncode == 3, resumed.stderr
    for stage, records in finished.items():
        assert all(record in store.newest(stage, 100) for record in records)  # seconds included: not computed again
    assert f"{len(finished['ground_state'])} of them in the store already" in resumed.stderr
    assert without_times(report_of(folder / "killed")) == without_times(report_of(first[1]))


@pytest.mark.usefixtures("first")
def test_resume_asks_for_the_same_request(place):
    other = eigenlead(*arguments(place, "first"), "--seed", "1", "--resume", env=place[1])
    assert other.returncode == 2
    assert "differs in: seed" in other.stderr
    nothing = eigenlead(*arguments(place, "nowhere"), "--resume", env=place[1])
    assert nothing.returncode == 2
    assert "no screen" in nothing.stderr


@pytest.mark.usefixtures("first")
def test_a_screen_on_a_prefect_server_shows_there(place):
    """`prefect server start`, as operators run it: the run's name, its progress, its ranking, its report."""
    folder, env, _ = place
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    prefect = str(Path(sys.executable).with_name("prefect"))
    server = subprocess.Popen(
        [prefect, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
        env=environment(folder / "server"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    api = f"http://127.0.0.1:{port}/api"
    try:
        deadline = time.monotonic() + 120
        while not _answers(f"{api}/health"):
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.5)
        run = eigenlead(*arguments(place, "served"), env=env | {"PREFECT_API_URL": api})
        assert run.returncode == 3, run.stderr
        (flow_run,) = httpx.post(f"{api}/flow_runs/filter", json={}).json()
        artifacts = {one["key"] or one["type"]: one for one in httpx.post(f"{api}/artifacts/filter", json={}).json()}
    finally:
        server.terminate()
        server.wait()
    assert flow_run["name"] == "screen-library-objective"
    assert flow_run["state_type"] == "COMPLETED"
    rows = json.loads(artifacts["ranking"]["data"])
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert rows[0]["name"] in artifacts["report"]["data"]
    assert artifacts["report"]["data"].count("data:image/svg+xml;base64,") == 2
    assert artifacts["progress"]["data"] == 100.0


def test_every_bad_row_of_the_messy_example_is_named(place):
    (place[0] / "messy.csv").write_bytes(Path("molecules/examples/messy.csv").read_bytes())
    run = eigenlead(*arguments(place, "messy", library="messy.csv"), env=place[1])
    assert run.returncode == 3, run.stderr
    report = report_of(place[0] / "messy")
    with (place[0] / "messy" / "rejected.csv").open() as file:
        rejected = list(csv.DictReader(file))
    assert len(rejected) == len(report["rejected"]) == 21
    assert all(row["row"] and row["reason"] and row["remedy"] for row in rejected)
    assert [one["name"] for one in report["failed"]] == ["benzamide"]  # it has no Michael site
    assert {one["name"] for one in report["candidates"]} >= {"acrylonitrile", "methyl acrylate"}
    assert len(report["candidates"]) == 4


@pytest.mark.parametrize(
    ("library", "counts", "reason"),
    [
        (
            "C methane\nCCO ethanol\nCC( open\n",
            "rejected rows 1, failed calculations 2",
            "in 2 of 2: methane has no C=C",
        ),
        ("CC( open\nC1CC ring\n[Na+] sodium\nCC(C open too\n", "rejected rows 4, failed calculations 0", "in 1 of 4"),
        ("[O] oxygen\n*C=CC=O attached\n", "rejected rows 2, failed calculations 0", "in 1 of 2"),
    ],
)
def test_a_screen_that_ranks_nothing_fails_and_says_why(place, library, counts, reason):
    """The report is there all the same."""
    folder, env, _ = place
    (folder / "nothing.smi").write_text(library)
    out = folder / f"nothing {len(library)}"
    run = eigenlead(*arguments(place, out.name, library="nothing.smi"), env=env)
    assert run.returncode == 2, run.stderr
    assert "No candidate could be ranked" in run.stderr
    assert counts in run.stderr
    assert reason in run.stderr
    assert str(out / "report.html") in run.stderr
    assert "Traceback" not in run.stderr
    assert "Error logging" not in run.stderr
    assert report_of(out)["candidates"] == []
    assert (out / "report.html").is_file()


def test_the_state_of_a_screen_that_ranks_nothing_is_failed(place, tmp_path, monkeypatch):
    folder, _, llama = place
    (tmp_path / "alkane.smi").write_text("CC ethane\n")
    monkeypatch.setenv("PREFECT_HOME", str(folder / "prefect"))
    request = ScreenRequest(
        library=str(tmp_path / "alkane.smi"),
        out=str(tmp_path / "out"),
        llama=str(llama),
        workers=1,
        store=f"sqlite:///{folder / 'store.sqlite'}",
    )
    with prefect_api():
        state = screen(request, return_state=True)
    assert state.is_failed()
    assert "ethane has no C=C" in state.message
    with pytest.raises(NothingRankedError, match="ethane"):
        state.result()


def _answers(url):
    try:
        return httpx.get(url, timeout=5.0).is_success
    except httpx.TransportError:
        return False
