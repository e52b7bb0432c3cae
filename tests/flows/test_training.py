"""Training from the command line: evidence that is collected row by row, and a ranker of one's own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from levels_small import TINY
from rich.console import Console
from tiny_llama import save_llama

from flows import collect, training
from models import evidence_file
from models.composer import taught, teaching_of
from models.evaluate import compare, difference
from models.evaluate import table as rows_of
from models.evidence import bare_evidence
from models.ranker import load_ranker
from models.signature import SIGNATURE
from models.tasks import measured_tasks
from models.train import Recipe, Task
from molecules.measured import measured_set
from pipeline.descriptors.solvation import SOLVATION
from pipeline.errors import InputError
from pipeline.store import Store

QUIET = Console(quiet=True)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "molecules", lambda: ["O", "N", "C"])


def test_titles_are_those_of_the_descriptors(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.sqlite'}"
    outcome = collect._compute("O", TINY, store)
    assert not isinstance(outcome, str)
    values, numbers = outcome
    assert {value.name: (value.title, value.unit) for value in values} == dict(evidence_file.TITLES)
    assert len(numbers) == len(SIGNATURE)
    assert SOLVATION.names == tuple(evidence_file.TITLES)
    table = tmp_path / "data" / "evidence.tsv"
    evidence_file.append(table, "O", values, numbers)
    with table.open("a") as file:
        file.write("N\t1.0\t2.")  # a crash in the middle of a row
    assert list(evidence_file.read(table)) == ["O"]
    evidence_file.append(table, "C", values, numbers)
    evidence = evidence_file.read(table)
    assert list(evidence) == ["O", "C"]
    assert evidence["O"].descriptors["solvation.water"].value == pytest.approx(values[0].value, abs=1e-5)
    assert evidence["O"].signature == pytest.approx(numbers, abs=1e-5)
    assert evidence["C"].properties["mw"] == pytest.approx(16.04, abs=0.01)
    assert evidence_file.read(tmp_path / "none.tsv") == {}


@pytest.mark.usefixtures("small")
def test_collecting_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """One worker, no time: what is begun is finished, and the next call takes the rest."""
    table, store = tmp_path / "evidence.tsv", f"sqlite:///{tmp_path / 'store.sqlite'}"
    assert collect.collect(table, 0.0, 1, store, QUIET, TINY) == (1, 3)
    before = table.read_text()
    assert collect.collect(table, 60.0, 1, store, QUIET, TINY) == (3, 3)
    assert table.read_text().startswith(before)
    tasks = measured_tasks(evidence_file.read(table))
    assert [task.name for task in tasks] == ["freesolv", "esol"]
    assert {c.smiles for c in tasks[0].candidates} <= {"O", "N", "C"}


def test_the_molecules_to_collect_are_small_and_many() -> None:
    found = collect.molecules()
    assert len(found) == len(set(found)) >= 400
    assert {"C", "CO", "N"} <= set(found[:10])


def test_without_evidence_no_ranker_is_trained_and_only_explanations_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.evidence_file, "read", lambda: {})
    folder = save_llama(tmp_path / "llama", 3)
    with pytest.raises(InputError, match="--collect"):
        training.train_shipped(str(folder), 0, 1, QUIET)
    store = f"sqlite:///{tmp_path / 'store.sqlite'}"
    page = training.evaluate(str(folder), 1, 4, store, tmp_path, tmp_path, QUIET).read_text(encoding="utf-8")
    assert "Not compared yet" in page
    assert "4 explanations of made-up candidates" in page
    assert "0 sentences of the final texts are not supported" in page


def test_rankings_are_compared_with_their_baselines(tmp_path: Path) -> None:
    """On made-up evidence whose solubility falls with the weight: everything that reads the weight finds it."""
    rows = [row for row in measured_set("esol").rows if "." not in row.smiles][:60]
    generator = np.random.default_rng(0)
    candidates = tuple(
        replace(bare_evidence(r.smiles, r.name, r.smiles), signature=tuple(generator.random(8))) for r in rows
    )
    weights = np.array([one.properties["mw"] for one in candidates])
    task = Task("made up", "which is lighter", candidates, -weights)
    llama = training._llama(str(save_llama(tmp_path / "llama", 3)), 1)
    recipe, store = Recipe(steps=9, learning_rate=1e-2), Store(f"sqlite:///{tmp_path / 's.sqlite'}")
    predictions = list(compare(llama, [task], (), recipe, store, seeds=(1,)))
    trainings = store.count("held-out scores")
    table = rows_of(predictions, {"made up": ""})
    assert {(row.profile, row.rung) for row in table} == {("", "")}
    found = {row.ranking: row.spearman for row in table}
    assert [row.spearman for row in table] == sorted(found.values(), reverse=True)
    assert found["mw alone"] == pytest.approx(1.0)
    assert found["random forest"] > 0.8
    assert found["mean"] == 0.0
    assert {"Llama, quantum tokens", "Llama, MLP tokens", "Llama, no state tokens"} <= found.keys()
    assert all(row.low <= row.spearman <= row.high for row in table)
    found_by = difference(predictions, "mw alone", "mean", "made up")
    assert (found_by.spearman, found_by.low, found_by.high) == pytest.approx((1.0, 1.0, 1.0))
    same = difference(predictions, "ridge", "ridge", "made up")
    assert same.spearman == same.low == same.high == 0.0
    assert trainings == 3  # without descriptors two of the four rankers are one; a second evaluation finds all
    again = list(compare(llama, [task], (), recipe, store, seeds=(1,)))
    assert store.count("held-out scores") == trainings
    assert all(np.array_equal(one.predicted, other.predicted) for one, other in zip(predictions, again, strict=True))


def test_a_ranker_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "Recipe", partial(Recipe, steps=12))
    rings, tails = (
        ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccoc1", "c1ccsc1"),
        ("C", "CC", "CCC", "CO", "CN", "CCl", "N"),
    )
    smiles = [f"{tail}{ring}" for ring in rings for tail in tails]
    generator = np.random.default_rng(0)
    file = tmp_path / "assay.csv"
    rows = [f"{one},{len(one) + 0.1 * generator.standard_normal():.2f}" for one in smiles]
    file.write_text("\n".join(["smiles,pIC50", *rows, "CCO,>5"]) + "\n", encoding="utf-8")
    folder = save_llama(tmp_path / "llama", 3)
    out = tmp_path / "out"
    page = training.train_on_assay(file, "pIC50", False, "", str(folder), 0, 1, out, QUIET)
    text = page.read_text(encoding="utf-8")
    for heading in ("Held-out compounds", "Learning curve", "Calibration", "Rows left out"):
        assert f"## {heading}" in text
    for ranking in ("Llama ranker", "random forest", "ridge", "mw alone"):
        assert f"| {ranking} |" in text
    assert "orders them" in text
    assert ">5 is a limit" in text
    assert not list(out.glob("*.checkpoint"))
    ranker, learned = load_ranker(out / "ranker.safetensors", training._llama(str(folder), 1))
    assert ranker.architecture.descriptors == ()
    ((question, figures),) = learned.held_out.items()
    assert question == "which has the higher pIC50"
    assert next(iter(figures)) == "Llama ranker"


def test_composing_is_taught_by_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "COMPOSER", tmp_path / "composer.safetensors")
    monkeypatch.setattr(training, "LESSONS", 16)
    monkeypatch.setattr(training, "LESSONS_HELD_OUT", 4)
    folder = save_llama(tmp_path / "llama", 3)
    file = training.train_composer(str(folder), 0, 1, QUIET)
    teaching = teaching_of(file)
    assert teaching.lessons == 16
    assert teaching.loss_after < teaching.loss_before
    assert not list(tmp_path.glob("*.checkpoint"))
    llama = training._llama(str(folder), 1)
    assert taught(llama, file).hash != llama.hash
