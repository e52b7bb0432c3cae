"""Leaderboards: screens ranked together, whatever order and process they come from."""

from __future__ import annotations

import csv
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
import report_example as examples

from flows.artifacts import leaderboard_row
from flows.leaderboard import Change, Entry, enter, leaderboard_name, read_leaderboard, set_aside
from flows.report.document import Failure, ReportDocument
from molecules.candidate import Candidate
from pipeline.errors import InputError
from pipeline.level import PROFILES
from pipeline.objective import objective
from pipeline.ranks import places

ROOT = Path(__file__).parents[2]
REPORT = examples.example()
IN_ANOTHER_INTERPRETER = """
from flows.leaderboard import leaderboard_name
from flows.request import ScreenRequest
from pipeline.level import PROFILES
from pipeline.objective import objective
print(leaderboard_name(objective("covalent"), "quick", PROFILES["quick"], 0))
print(ScreenRequest(library="a.smi", out="out", workers=2).key)
"""


def part(first: int, last: int, day: int = 1) -> ReportDocument:
    """Some of the candidates, screened on a day in March."""
    finished = datetime(2026, 3, day, 3, 0, tzinfo=UTC)
    provenance = REPORT.provenance.model_copy(update={"finished": finished})
    return REPORT.model_copy(update={"candidates": REPORT.candidates[first:last], "provenance": provenance})


def entered(folder: Path, report: ReportDocument, candidates: tuple[Candidate, ...] = ()) -> Change:
    return enter(folder, report, folder / "screens" / "x" / "report.html", candidates)


def enter_one(folder: Path, place: int) -> None:
    entered(folder, part(place, place + 1))


def test_screens_are_ranked_together(tmp_path: Path) -> None:
    worse = entered(tmp_path, part(6, 12))
    assert worse.n_added == 6
    assert worse.new_leader
    both = entered(tmp_path, part(0, 6, day=2))
    assert [entry.name for entry in both.after.entries] == [one.name for one in REPORT.candidates]
    assert [entry.rank for entry in both.after.entries] == list(range(1, 13))
    assert {entry.first_seen for entry in both.after.entries[:6]} == {date(2026, 3, 2)}
    assert {entry.report for entry in both.after.entries} == {"screens/x/report.html"}
    assert both.new_leader == both.after.leader
    assert read_leaderboard(tmp_path) == both.after
    with (tmp_path / "leaderboard.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [one.name for one in REPORT.candidates]
    assert rows[0]["first_seen"] == "2026-03-02"


def test_entering_a_screen_again_changes_no_more_than_its_reports(tmp_path: Path) -> None:
    once = entered(tmp_path, part(0, 4)).after
    again = entered(tmp_path, part(0, 4, day=9))
    assert again.after == once  # the day on which a molecule was first seen is kept
    assert (again.n_added, again.new_leader) == (0, None)


def test_of_equal_scores_the_one_seen_first_leads(tmp_path: Path) -> None:
    entered(tmp_path, part(1, 2))
    best = part(0, 1, day=2)
    tied = best.candidates[0].model_copy(update={"score_physics": REPORT.candidates[1].score_physics + 1e-9})
    change = entered(tmp_path, best.model_copy(update={"candidates": (tied,)}))
    assert change.new_leader is None
    assert [entry.name for entry in change.after.entries] == [REPORT.candidates[1].name, tied.name]


def test_scores_that_are_shown_alike_share_a_rank_and_make_no_new_leader(tmp_path: Path) -> None:
    scores = (0.871, 0.874, 0.866, 0.864, 0.5)  # shown as 0.87, 0.87, 0.87, 0.86 and 0.50
    rows = [
        one.model_copy(update={"score_physics": score}) for one, score in zip(REPORT.candidates, scores, strict=False)
    ]
    entered(tmp_path, REPORT.model_copy(update={"candidates": (rows[0], rows[4])}))
    change = entered(tmp_path, part(0, 4, day=2).model_copy(update={"candidates": tuple(rows[1:4])}))
    assert change.new_leader is None  # 0.874 is shown no better than 0.871
    assert [entry.rank for entry in change.after.entries] == [1, 1, 1, 4, 5]
    with (tmp_path / "leaderboard.csv").open() as file:
        assert [row["rank"] for row in csv.DictReader(file)] == ["1", "1", "1", "4", "5"]
    shown = [leaderboard_row(tmp_path, entry, place) for entry, place in zip(*placed(change), strict=True)]
    assert [row["rank"] for row in shown] == ["1–3, tied"] * 3 + ["4", "5"]
    assert [row["score"] for row in shown] == [0.87, 0.87, 0.87, 0.86, 0.5]


def placed(change: Change) -> tuple[tuple[Entry, ...], list[str]]:
    return change.after.entries, places([entry.rank for entry in change.after.entries])


def test_what_fails_is_kept_with_its_reason_until_it_is_ranked(tmp_path: Path) -> None:
    ranked = REPORT.candidates[0]
    one = Candidate(ranked.id, 1, ranked.name, ranked.smiles, ranked.inchikey, ranked.smiles)
    failure = Failure(id=one.id, name=one.name, species="s", stage="vqe", reason="It failed.", remedy="Try again.")
    set_aside(tmp_path, [one], date(2026, 3, 1), "It waits.", "Approve it.")
    assert [(u.name, u.reason) for u in read_leaderboard(tmp_path).unranked] == [(one.name, "It waits.")]
    failed = REPORT.model_copy(update={"candidates": (), "failed": (failure,)})
    after = entered(tmp_path, failed, (one,)).after
    assert [(u.identity, u.reason, u.remedy) for u in after.unranked] == [(one.identity, "It failed.", "Try again.")]
    after = entered(tmp_path, part(0, 1), (one,)).after
    assert after.unranked == ()
    set_aside(tmp_path, [one], date(2026, 3, 1), "It waits.", "Approve it.")
    assert read_leaderboard(tmp_path) == after  # what has a rank waits for nothing


@pytest.mark.slow
def test_processes_that_enter_at_once_lose_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, get_context("spawn")) as pool:
        for job in [pool.submit(enter_one, tmp_path, place) for place in range(12)]:
            job.result()
    assert [entry.name for entry in read_leaderboard(tmp_path).entries] == [one.name for one in REPORT.candidates]


def test_a_damaged_leaderboard_is_refused_and_left_alone(tmp_path: Path) -> None:
    entered(tmp_path, part(0, 2))
    file = tmp_path / "leaderboard.json"
    damaged = file.read_text()[:-20]
    file.write_text(damaged)
    with pytest.raises(InputError, match="no leaderboard of schema version 1"):
        entered(tmp_path, part(2, 4))
    assert file.read_text() == damaged


def test_scores_that_cannot_be_compared_have_leaderboards_of_their_own() -> None:
    quick, standard = PROFILES["quick"], PROFILES["standard"]
    names = [
        leaderboard_name(objective("covalent"), "quick", quick, 0),
        leaderboard_name(objective("covalent"), "quick", quick, 1),
        leaderboard_name(objective("covalent"), "quick", standard, 0),
        leaderboard_name(objective("oxidative_stability"), "quick", quick, 0),
    ]
    assert len(set(names)) == 4
    assert names[3].startswith("oxidative-stability-quick-0-")


@pytest.mark.slow
def test_names_and_requests_hash_alike_in_another_interpreter() -> None:
    run = [
        subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_INTERPRETER],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "4242")
    ]
    assert run[0] == run[1]
    assert run[0].split()[0] == leaderboard_name(objective("covalent"), "quick", PROFILES["quick"], 0)
