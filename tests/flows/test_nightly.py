"""The nightly screen as it runs: a watched folder or table, a tiny Llama, molecules of few atoms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.settings import PREFECT_API_URL
from sqlalchemy import create_engine, text

from flows.leaderboard import Leaderboard, read_leaderboard
from flows.nightly import NightlyRequest, nightly
from flows.request import ObjectiveName
from flows.server import prefect_api
from pipeline.store import Store

pytestmark = pytest.mark.slow

FIRST = {"C": "methane", "C#N": "hydrogen cyanide", "C=O": "formaldehyde"}
FIVE = {"C#C": "acetylene", "C=C": "ethene", "CO": "methanol", "C=N": "methanimine", "CC": "ethane"}

Night = Callable[..., Leaderboard]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nights")


@pytest.fixture(scope="module")
def night(place: Path, tiny_llama: Path) -> Iterator[Night]:
    """Run one night; the leaderboard after it."""

    def run(**how: Any) -> Leaderboard:
        asked = {
            "leaderboards": str(place / "boards"),
            "objective": ObjectiveName.solubility,
            "llama": str(tiny_llama),
            "workers": 1,
            "top": 1,
            "store": f"sqlite:///{place / 'store.sqlite'}",
        }
        return read_leaderboard(Path(nightly(NightlyRequest(**(asked | how)))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(place / "prefect"))
        with prefect_api():
            yield run


def write(file: Path, names: dict[str, str]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{smiles} {name}\n" for smiles, name in names.items()))


def artifacts(**wanted: Any) -> list[dict[str, Any]]:
    query = {"artifacts": {name: {"any_": [value]} for name, value in wanted.items()}, "sort": "CREATED_DESC"}
    found: list[dict[str, Any]] = httpx.post(f"{PREFECT_API_URL.value()}/artifacts/filter", json=query).json()
    return found


@pytest.fixture(scope="module")
def nights(place: Path, night: Night) -> tuple[Leaderboard, Leaderboard, list[Any]]:
    """Three molecules; then five more, beside one that is there and one that is wrong; and what the first computed."""
    inbox = place / "inbox"
    write(inbox / "monday.smi", FIRST)
    first = night(folder=str(inbox))
    done = Store(f"sqlite:///{place / 'store.sqlite'}").newest("ground_state", 1000)
    write(inbox / "tuesday.smi", FIVE | {"[CH4]": "methane again", "C=CC(=O": "open"})
    return first, night(folder=str(inbox)), done


def counted(board: Leaderboard) -> list[int]:
    """The ranks that its scores have as they are shown, best first."""
    shown = sorted((round(entry.score, 2) for entry in board.entries), reverse=True)
    return [1 + sum(other > score for other in shown) for score in shown]


def test_the_first_night_ranks_what_is_there(nights: tuple[Leaderboard, Leaderboard, list[Any]], place: Path) -> None:
    first, *_ = nights
    assert {entry.name for entry in first.entries} == set(FIRST.values())
    assert [entry.rank for entry in first.entries] == counted(first)
    assert [entry.explained for entry in first.entries] == [True, False, False]
    assert all((place / "boards" / first.name / entry.report).is_file() for entry in first.entries)


def test_five_new_molecules_are_all_that_the_next_night_computes(
    nights: tuple[Leaderboard, Leaderboard, list[Any]], place: Path
) -> None:
    first, second, done = nights
    store = Store(f"sqlite:///{place / 'store.sqlite'}")
    results = store.newest("ground_state", 1000)
    assert all(result in results for result in done)  # seconds included: not computed again
    computed = [payload["calculation"]["species"]["smiles"] for payload, _ in results[: len(results) - len(done)]]
    assert set(computed) == set(FIVE)
    (new,) = {entry.report for entry in second.entries} - {entry.report for entry in first.entries}
    report = json.loads((place / "boards" / second.name / new).with_suffix(".json").read_text())
    assert {one["name"] for one in report["candidates"]} == set(FIVE.values())
    assert {one["columns"]["source"] for one in report["candidates"]} == {"tuesday.smi"}
    assert {entry.name for entry in second.entries} == {*FIRST.values(), *FIVE.values()}
    assert [entry.rank for entry in second.entries] == counted(second)
    before = {entry.identity: (entry.score, entry.report) for entry in first.entries}
    assert {
        entry.identity: (entry.score, entry.report) for entry in second.entries if entry.identity in before
    } == before


@pytest.mark.usefixtures("nights")
def test_progress_says_how_many_species_are_done() -> None:
    said = [one["description"] for one in artifacts(type="progress")]
    assert sum(bool(re.fullmatch(r"Ground states: (\d+) of \1", words)) for words in said) == 2


def test_a_night_without_anything_new_screens_nothing(
    nights: tuple[Leaderboard, Leaderboard, list[Any]], night: Night, place: Path
) -> None:
    reports = len(artifacts(key="report"))
    assert night(folder=str(place / "inbox")) == nights[1]
    assert len(artifacts(key="report")) == reports == 2


@pytest.mark.usefixtures("nights")
def test_the_leaderboard_has_a_history_in_the_ui(nights: tuple[Leaderboard, Leaderboard, list[Any]]) -> None:
    second = nights[1]
    versions = artifacts(key=f"leaderboard-{second.name}")
    assert len(versions) >= 2
    sizes = [len(json.loads(one["data"])) for one in versions]
    assert sizes[-1] == 3
    assert sizes[0] == 8
    assert json.loads(versions[0]["data"])[0]["name"] == second.entries[0].name


@pytest.mark.usefixtures("night")
def test_a_night_that_can_rank_nothing_new_fails_and_the_leaderboard_says_why(place: Path, tiny_llama: Path) -> None:
    write(place / "alkanes" / "monday.smi", {"CC": "ethane"})
    asked = NightlyRequest(
        folder=str(place / "alkanes"),
        leaderboards=str(place / "boards of alkanes"),
        llama=str(tiny_llama),
        workers=1,
        store=f"sqlite:///{place / 'store.sqlite'}",
    )
    state = nightly(asked, return_state=True)
    assert state.is_failed()
    assert "ethane has no C=C" in (state.message or "")
    (board,) = (place / "boards of alkanes").iterdir()
    (unranked,) = read_leaderboard(board).unranked
    assert "ethane has no C=C" in unranked.reason


def test_a_table_is_watched_too(night: Night, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{place / 'compounds.sqlite'}"
    monkeypatch.setenv("COMPOUNDS", url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE compounds (smiles TEXT, name TEXT)"))
        rows = [{"s": smiles, "n": name} for smiles, name in FIRST.items()]
        connection.execute(text("INSERT INTO compounds VALUES (:s, :n)"), rows)
    boards = str(place / "boards of tables")
    board = night(database="COMPOUNDS", leaderboards=boards)
    assert {entry.name for entry in board.entries} == set(FIRST.values())
    parameters = httpx.post(f"{PREFECT_API_URL.value()}/flow_runs/filter", json={}).text
    assert "compounds.sqlite" not in parameters
