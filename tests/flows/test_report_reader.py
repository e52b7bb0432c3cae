"""Explanations and reports, read by one who knows nothing but report.json: no false sentence."""

from __future__ import annotations

import ast
import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from command_line import eigenlead, environment
from explanation_reader import OPENERS, Reader, Report
from report_reader import count, problems

from models.claim import Claim
from models.claims import claims_of
from models.evidence import Evidence, EvidenceTable
from models.explainer import explanation_parts
from models.explanation_trial import trial_tables
from models.lessons import chemists_note

SEED = 20261130


def as_report(table: EvidenceTable, who: str, claims: list[Claim]) -> Report:
    """What report.json would have of these candidates, and of an explanation of one of them."""
    explanation = {"text": " ".join(one.text for one in claims), "claims": [asdict(one) for one in claims]}
    objective = {
        "ranking_descriptor": table.ranking_descriptor,
        "lower_is_better": table.lower_is_better,
        "sorted_by": table.sorted_by,
    }
    rows = [_row(one, table) | {"explanation": explanation if one.id == who else None} for one in table.candidates]
    plain: Report = json.loads(json.dumps({"objective": objective, "candidates": rows}))
    return plain


def _row(one: Evidence, table: EvidenceTable) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "score": one.score_llama if table.sorted_by == "llama" else one.score_physics,
        "properties": dict(one.properties),
        "alerts": one.alerts,
        "descriptors": {key: asdict(value) for key, value in one.descriptors.items()},
    }


def read_notes(n: int, seed: int) -> tuple[int, list[str]]:
    """Made-up explanations, composed by lot as lessons are: how many sentences were read, and what was wrong."""
    generator, sentences, found = random.Random(seed), 0, []
    for table, who in trial_tables(n, seed):
        if parts := explanation_parts(table, who):
            note = chemists_note(table, who, parts, generator)
            sentences += len(note)
            found += list(Reader(as_report(table, who, note), who).read())
    return sentences, found


def test_explanations_of_hostile_evidence_hold() -> None:
    sentences, found = read_notes(60, SEED)
    assert sentences > 200
    assert found == []


@pytest.mark.slow
def test_a_thousand_explanations_hold() -> None:
    sentences, found = read_notes(1000, SEED + 1)
    assert sentences > 4000
    assert found == []


def test_every_sentence_that_is_offered_holds() -> None:
    """Not only those that a note happens to take: each wording of each claim, with each opening."""
    read = 0
    for table, who in trial_tables(12, SEED + 2):
        for part in explanation_parts(table, who):
            for claim in part:
                if claim.text.split(", ")[0] not in OPENERS:
                    read += 1
                    assert list(Reader(as_report(table, who, [claim]), who).read()) == [], claim.text
    assert read > 400


@pytest.mark.parametrize("name", ["explanation_reader", "report_reader"])
def test_the_reader_shares_no_code_with_what_it_reads(name: str) -> None:
    tree = ast.parse((Path(__file__).parents[1] / f"{name}.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(
        module and module.split(".")[0] in ("models", "flows", "pipeline", "molecules") for module in imported
    )


def test_the_reader_notices_every_digit_that_is_turned() -> None:
    generator, noticed = random.Random(SEED), 0
    for table, who in trial_tables(25, SEED + 3):
        claims = [one for part in explanation_parts(table, who)[:2] for one in part if one.descriptor != "alerts"]
        known = {one.text for one in claims_of(table, who)}
        for claim in generator.sample(claims, min(3, len(claims))):
            names = [one.name for one in table.candidates if one.name in claim.text]
            digits = [i for i, char in enumerate(claim.text) if char in "0123456789"]
            if not digits or any(any(map(str.isdigit, name)) for name in names):
                continue
            at = generator.choice(digits)
            turned = claim.text[:at] + str((int(claim.text[at]) + 3) % 10) + claim.text[at + 1 :]
            if turned not in known:
                lie = Claim(turned, claim.descriptor, claim.relation, claim.value, claim.compared_with, holds=True)
                assert list(Reader(as_report(table, who, [lie]), who).read()), turned
                noticed += 1
    assert noticed > 20


LIBRARY = {
    "tied": "C#N hydrogen cyanide\nC=O formaldehyde\nC#C acetylene\n",
    "alone": "C=O formaldehyde\n",
    "two": "C=O formaldehyde\nC#C acetylene\n",
    "left-out": "C#N hydrogen cyanide\nC1CC broken\nC=O formaldehyde\n",
}
TIED = """
name: all alike
question: which is a molecule
terms:
  - {value: solvation.water, one_to: 90, zero_above: 99}
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", LIBRARY)
def test_real_screens_hold(kind: str, tmp_path: Path, tiny_llama: Path) -> None:
    """From the command line to every file: report.json, ranking.csv, the page and the last lines of the console."""
    (tmp_path / "library.smi").write_text(LIBRARY[kind])
    (tmp_path / "tied.yaml").write_text(TIED)
    objective = str(tmp_path / "tied.yaml") if kind == "tied" else "solubility"
    out = tmp_path / "out"
    store = f"sqlite:///{tmp_path / 'store.sqlite'}"
    run = eigenlead(
        *("screen", tmp_path / "library.smi", "--objective", objective, "--llama", tiny_llama, "--workers", "2"),
        *("--store", store, "--out", out),
        env=environment(tmp_path / "prefect"),
    )
    assert run.returncode == (3 if kind == "left-out" else 0), run.stderr
    report = json.loads((out / "report.json").read_text())
    assert count(report) >= 3 * len(report["candidates"])
    assert problems(report, (out / "ranking.csv").read_text(), (out / "report.html").read_text()) == []
    if kind == "tied":
        assert [one["rank"] for one in report["candidates"]] == [1, 1, 1]
        assert "1–3, tied. " in run.stdout
    if kind == "alone":
        assert "the only candidate that is ranked" in run.stdout
