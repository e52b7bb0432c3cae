"""Training: the commands `eigenlead train` and `eigenlead evaluate`, from measured values to an adapter and a table."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from threadpoolctl import threadpool_limits

from flows.training_pages import assay_page, llama_page
from flows.validation.sets import measured_rows
from flows.validation.tables import read_values
from models import evidence_file
from models.assay import by_time, check, read_assay
from models.baselines import BASELINES
from models.composer import ADAPTER as COMPOSER
from models.composer import Composer, Teaching, mean_loss, taught, teach, teaching_of
from models.default_ranking import LLAMA_RANKER, RANKINGS
from models.evaluate import (
    HELD_OUT,
    PHYSICS,
    SEEDS,
    ZERO_SHOT,
    Difference,
    Prediction,
    Row,
    arms,
    compare,
    difference,
    numbers_alone,
    read_rows,
    spearman,
    untrained,
    write_rows,
)
from models.evaluate import table as rows_of
from models.evidence import DescriptorEvidence, bare_evidence
from models.explainer import explanation_parts
from models.explanation_trial import run_trial, trial_tables
from models.lessons import chemists_note, lessons
from models.llama import Llama, load_llama, use_threads
from models.ranker import Architecture, Ranker, Reading, Training, load_ranker, numbers_of
from models.shipped import ADAPTER
from models.split import groups, held_out
from models.style import Style, style_of
from models.tasks import QUESTIONS, RATES, RATES_DESCRIPTOR, RATES_QUESTION, RATES_TITLE, measured_tasks
from models.train import Recipe, Task, new_ranker, train
from pipeline.errors import InputError
from pipeline.rungs import RANKING_RUNG
from pipeline.store import content_hash, open_store

DESCRIPTORS = tuple(evidence_file.TITLES)
"""That the shipped ranker reads, besides properties."""
TRIAL_SEED = 20261125
LESSON_SEED, LESSONS, LESSONS_HELD_OUT = 20261101, 320, 40
"""Of made-up evidence, other than that of the trial."""
_STYLED = 100
"""Explanations whose reading is compared."""
LEAST_EVIDENCE = 100
"""Molecules in the table of evidence, below which nothing is trained."""
_TAUGHT = tuple(QUESTIONS)
_RATES_PROFILE = "standard"
_RATES_VARIANT = f"addition energy, {_RATES_PROFILE}"
_SHARES = (0.25, 0.5, 1.0)
"""Of the training set, for the learning curve."""
_BINS = 5
_EXPLANATIONS_BETWEEN_LINES = 25
_LESSONS_BETWEEN_LINES = 40
_LINES = 8
"""Of progress in a training."""


def train_shipped(llama_spec: str, seed: int, threads: int, console: Console) -> Path:
    """Train the ranker that ships, on all evidence; a training that was cut off goes on.

    Raises:
        InputError: there is too little evidence.
    """
    llama, tasks = _llama(llama_spec, threads), _tasks()
    arm, measured = _best_arm()
    ranker = new_ranker(llama, replace(arm, seed=seed), tasks)
    recipe = Recipe(seed=seed)
    checkpoint = _checkpoint(ADAPTER.parent, ranker, tasks, recipe)
    seconds = train(ranker, tasks, recipe, checkpoint, _epochs(console))
    molecules = len({candidate.smiles for task in tasks for candidate in task.candidates})
    held_out = {task.question: measured[task.name] for task in tasks}
    ranker.save(ADAPTER, Training(held_out, evidence_file.PROFILE, molecules, seed, seconds))
    checkpoint.unlink()
    return ADAPTER


def train_composer(llama_spec: str, seed: int, threads: int, console: Console) -> Path:
    """Teach the Llama composing explanations, by lessons on made-up evidence; a training that was cut off goes on."""
    llama = _llama(llama_spec, threads)
    composer = Composer(llama, seed)
    console.print(f"Reading {LESSONS + LESSONS_HELD_OUT} lessons")
    every = list(lessons(LESSONS + LESSONS_HELD_OUT, LESSON_SEED))
    studied = composer.study(every, _studied(console))
    known, unseen = studied[LESSONS_HELD_OUT:], studied[:LESSONS_HELD_OUT]
    before = mean_loss(composer, unseen)
    checkpoint = COMPOSER.parent / f"composer-{content_hash(llama.hash, seed, LESSON_SEED, LESSONS)[:12]}.checkpoint"
    seconds = teach(composer, known, seed, checkpoint, _epochs(console))
    after = mean_loss(composer, unseen)
    console.print(f"Loss on {len(unseen)} lessons held out: {before:.3f} before, {after:.3f} after")
    composer.save(COMPOSER, Teaching(len(known), seed, seconds, before, after))
    checkpoint.unlink()
    return COMPOSER


def _best_arm() -> tuple[Architecture, Mapping[str, Mapping[str, float]]]:
    """The architecture that ranked best over all properties in `evaluate`; by property, its figure and its baselines'.

    Raises:
        InputError: nothing has been measured.
    """
    rows = read_rows(RANKINGS)
    if not rows:
        raise InputError(f"{RANKINGS} is missing.", "Run `eigenlead evaluate` first: it finds which ranker is best.")

    found = {(row.task, row.ranking): row.spearman for row in rows}
    best = max(arms(DESCRIPTORS), key=lambda arm: fmean(found[task, arm.name] for task in _TAUGHT))
    compared = {LLAMA_RANKER: best.name, **{name: name for name in ("random forest", "ridge", PHYSICS)}}
    return best.architecture, {task: {own: found[task, one] for own, one in compared.items()} for task in _TAUGHT}


def evaluate(
    llama_spec: str,
    threads: int,
    explanations: int,
    store_url: str,
    data: Path,
    folder: Path,
    console: Console,
    seeds: Sequence[int] = SEEDS,
) -> Path:
    """Compare rankings on held-out molecules, try explanations, and write LLAMA.md and the table of rankings.

    Args:
        llama_spec: as `models.llama.load_llama` takes it.
        threads: of this process.
        explanations: how many to try; answers are kept in the store, so that a trial that was cut off goes on.
        store_url: SQLAlchemy URL of the result store; empty: the user's own.
        data: folder of measured rates with glutathione, for a test of what was learned; may be missing.
        folder: of the page.
        console: for progress.
        seeds: of the splits.
    """
    store = open_store(store_url)
    llama = _llama(llama_spec, threads)
    try:
        tasks = _tasks()
    except InputError as error:
        tasks, rows, differences = [], [], []
        console.print(f"Rankings are not compared: {error}")
    else:
        found = list(compare(llama, tasks, DESCRIPTORS, Recipe(), store, seeds, lambda line: console.print(line)))
        if (rates := _rates(data / "gsh_kinetics.tsv", folder / "validation" / "gsh.tsv")) is not None:
            found += [one for seed in seeds for one in untrained(llama, rates, seed, store)]
            found += _never_taught(llama, rates)
            tasks.append(rates)
        rows = rows_of(found, {task.name: task.profile for task in tasks})
        write_rows(RANKINGS, rows)
        differences = _differences(found, rows)

    def show(done: int, of: int) -> None:
        if done % _EXPLANATIONS_BETWEEN_LINES == 0 or done == of:
            console.print(f"{done} of {of} explanations")

    composing = taught(llama)
    trial = run_trial(composing, explanations, TRIAL_SEED, store, show)
    readings = {"the templates that taught it": _templates(_STYLED), composing.name: trial.style}
    if composing is not llama:
        readings[llama.name] = run_trial(llama, min(explanations, _STYLED), TRIAL_SEED, store).style
    page = folder / "LLAMA.md"
    folder.mkdir(parents=True, exist_ok=True)
    teaching = teaching_of(COMPOSER) if composing is not llama else None
    text = llama_page(llama, tasks, rows, differences, seeds, trial, readings, teaching)
    page.write_text(text, encoding="utf-8")
    return page


def _differences(predictions: Sequence[Prediction], rows: Sequence[Row]) -> list[Difference]:
    """The best Llama ranker against each bar of a property that it was taught; and what each of its parts adds."""
    names = [arm.name for arm in arms(DESCRIPTORS)]
    quantum, mlp, none, bare = names
    found = []
    for task in _TAUGHT:
        own = [row.ranking for row in rows if row.task == task]  # best first
        llama = next(one for one in own if one in names)
        single = next(one for one in own if one.endswith(" alone") and one not in (*names, PHYSICS))
        bars = [(llama, other) for other in ("random forest", "ridge", single, PHYSICS, ZERO_SHOT)]
        parts = [(quantum, mlp), (quantum, none), (none, bare)]
        forests = [("random forest", "random forest, no quantum descriptors")]
        found += [difference(predictions, one, other, task) for one, other in (*bars, *parts, *forests)]
    return found


def _templates(count: int) -> Style:
    """How the templates that the composer learned from read, on the evidence of the trial."""
    generator = random.Random(TRIAL_SEED)
    parts = [(table, who, explanation_parts(table, who)) for table, who in trial_tables(count, TRIAL_SEED)]
    return style_of([chemists_note(table, who, one, generator) for table, who, one in parts if one])


def _rates(measured: Path, computed: Path) -> Task | None:
    """Rates with glutathione, which no ranker is taught, with the thiol addition energies of the validation."""
    if not (measured.is_file() and computed.is_file()):
        return None
    smiles = {row["name"]: row["smiles"] for row in measured_rows(measured)}
    rows = [row for row in read_values(computed) if row.variant == _RATES_VARIANT and row.molecule in smiles]
    candidates = []
    for row in rows:
        value = row.rungs[RANKING_RUNG]
        assert value is not None
        energy = DescriptorEvidence(RATES_DESCRIPTOR, RATES_TITLE, value, "kcal/mol", None, row.rungs.as_dict(), ())
        bare = bare_evidence(row.molecule, row.molecule, smiles[row.molecule])
        candidates.append(replace(bare, descriptors={RATES_DESCRIPTOR: energy}))
    measurements = np.array([row.measured for row in rows])
    return Task(RATES, RATES_QUESTION, tuple(candidates), measurements, RATES_DESCRIPTOR, _RATES_PROFILE)


def _never_taught(llama: Llama, rates: Task) -> list[Prediction]:
    """The shipped ranker, asked what it has not learned."""
    if not ADAPTER.is_file():
        return []
    ranker, training = load_ranker(ADAPTER, llama)
    predicted = ranker.scores(rates.candidates, rates.question)
    return [Prediction("Llama ranker, taught other properties", rates.name, training.seed, predicted, rates.measured)]


def train_on_assay(
    file: Path,
    column: str,
    lower_is_better: bool,
    date_column: str,
    llama_spec: str,
    seed: int,
    threads: int,
    out: Path,
    console: Console,
) -> Path:
    """Train a ranker on a chemist's own measurements, and write it with a page on what it is worth.

    It reads the properties and alerts of RDKit. A fifth of the compounds, by scaffold or by date, is held out.

    Raises:
        LibraryError: the file cannot be read.
        UnsuitableError: the measurements cannot teach a ranking.
    """
    assay = read_assay(file, column, date_column)
    check(assay)
    llama = _llama(llama_spec, threads)
    task = Task(
        column,
        f"which has the {'lower' if lower_is_better else 'higher'} {column}",
        tuple(bare_evidence(one.id, one.name, one.smiles) for one in assay.candidates),
        (-1.0 if lower_is_better else 1.0) * assay.values,
    )
    group = groups([one.smiles for one in assay.candidates])
    out_of = by_time(assay, HELD_OUT) if assay.dates else held_out(group, HELD_OUT, seed)
    unseen_rows = np.flatnonzero(out_of)
    unseen = task.part(unseen_rows)
    curve: list[tuple[int, float]] = []
    seconds = 0.0
    order = np.random.default_rng(seed).permutation(np.flatnonzero(~out_of))
    predicted: NDArray[np.float64] = np.zeros(0)
    ranker: Ranker | None = None
    reading: Reading | None = None
    for share in _SHARES:
        rows = np.sort(order[: round(share * len(order))])
        known = task.part(rows)
        ranker = new_ranker(llama, Architecture((), encoder="none", seed=seed), [known])
        reading = reading or ranker.read(task.candidates, task.question)
        recipe = Recipe(seed=seed)
        console.print(f"Training on {len(known.measured)} compounds")
        checkpoint = _checkpoint(out, ranker, [known], recipe)
        seconds = train(ranker, [known], recipe, checkpoint, _epochs(console), [reading[rows]])
        predicted = ranker.scores(unseen.candidates, unseen.question, reading[unseen_rows])
        curve.append((len(known.measured), spearman(predicted, unseen.measured)))
    assert ranker is not None  # and `known` is all that is not held out
    known_numbers, other_numbers = (numbers_of(one.candidates, ()) for one in (known, unseen))
    predictions = [Prediction(LLAMA_RANKER, column, seed, predicted, unseen.measured)]
    for name, fit in BASELINES.items():
        guessed = fit(known_numbers, known.measured, group[~out_of], other_numbers, seed)
        predictions.append(Prediction(name, column, seed, guessed, unseen.measured))
    alone = numbers_alone(known, unseen, (), seed)
    predictions += [alone["mw"], alone["clogp"]]
    table = rows_of(predictions, {column: task.profile})
    held = {row.ranking: row.spearman for row in sorted(table, key=lambda row: row.ranking != LLAMA_RANKER)}
    taught = Training({task.question: held}, "", len(known.measured), seed, seconds)
    ranker.save(out / "ranker.safetensors", taught)
    page = out / "training.md"
    page.write_text(assay_page(file, assay, task, out_of, table, curve, _calibration(predictions[0])), encoding="utf-8")
    for left in out.glob("training-*.checkpoint"):
        left.unlink()
    return page


def _llama(spec: str, threads: int) -> Llama:
    use_threads(threads)
    threadpool_limits(limits=threads)
    llama = load_llama(spec)
    if not isinstance(llama, Llama):
        raise InputError("A served Llama cannot be trained here.", "Give a folder, a hub name or `embedded`.")
    return llama


def _checkpoint(folder: Path, ranker: Ranker, tasks: Sequence[Task], recipe: Recipe) -> Path:
    """Where a training keeps its progress: another for everything that would change the result."""
    taught = [[task.question, [one.smiles for one in task.candidates], task.measured.tolist()] for task in tasks]
    key = content_hash(ranker.llama.hash, ranker.architecture, recipe, taught)
    return folder / f"training-{key[:12]}.checkpoint"


def _tasks() -> list[Task]:
    evidence = evidence_file.read()
    if len(evidence) < LEAST_EVIDENCE:
        raise InputError(
            f"{evidence_file.TABLE} has {len(evidence)} molecules: {LEAST_EVIDENCE} are needed.",
            "Run `eigenlead train --collect` first; it goes on where it stopped.",
        )
    return measured_tasks(evidence)


def _studied(console: Console) -> Callable[[int, int], None]:
    def show(done: int, of: int) -> None:
        if done % _LESSONS_BETWEEN_LINES == 0 or done == of:
            console.print(f"{done} of {of} lessons read")

    return show


def _epochs(console: Console) -> Callable[[int, int, float], None]:
    started = perf_counter()

    def show(done: int, of: int, loss: float) -> None:
        if done * _LINES // of > (done - 1) * _LINES // of:
            console.print(f"epoch {done} of {of}: loss {loss:.3f}, {perf_counter() - started:.0f} s")

    return show


def _calibration(prediction: Prediction) -> list[tuple[float, float, int]]:
    """Of pairs of held-out compounds: the stated probability that one is better, how often it was, and how many."""
    scores, measured = prediction.predicted, prediction.measured
    stated = 1 / (1 + np.exp(scores[None, :] - scores[:, None]))
    first, second = np.triu_indices(len(scores), 1)
    swap = stated[first, second] < 0.5
    better, worse = np.where(swap, second, first), np.where(swap, first, second)
    differ = measured[better] != measured[worse]
    chance, right = stated[better, worse][differ], (measured[better] > measured[worse])[differ]
    which = np.minimum(((chance - 0.5) * 2 * _BINS).astype(int), _BINS - 1)
    return [
        (float(chance[which == i].mean()), float(right[which == i].mean()), int((which == i).sum()))
        for i in range(_BINS)
        if (which == i).any()
    ]
