"""Evaluation: rankings of held-out molecules, measured against experiment beside their baselines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.baselines import BASELINES, Vector
from models.evidence import Evidence, EvidenceTable
from models.judge import judge
from models.llama import Llama
from models.ranker import PROPERTIES, Architecture, Reading, numbers_of
from models.split import groups, held_out
from models.train import Recipe, Task, new_ranker, train
from pipeline.store import Store

SEEDS = (1, 2, 3)
"""Of splits, of first parameters and of the order of training."""
HELD_OUT = 0.2
"""Share of the molecules that are held out, by scaffold or cluster."""
SAMPLES, COVERAGE = 2000, 0.90
"""Bootstrap samples of held-out molecules, and what share of them an interval holds."""
PHYSICS, ZERO_SHOT = "physics alone", "Llama, untrained"
"""Rankings without any training: the descriptor that should answer the question, and the Llama's own judgement."""
_JUDGED_AGAINST = 2
"""Opponents of a molecule, at least, where the untrained Llama judges."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to rank that is trained."""

    name: str
    architecture: Architecture


@dataclass(frozen=True, eq=False, slots=True)
class Prediction:
    """What one ranking says of the held-out molecules of one property and one split."""

    ranking: str
    task: str
    seed: int
    predicted: Vector
    """(n,) higher is better."""
    measured: Vector
    """(n,)"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    ranking: str
    task: str
    molecules: int
    """Held out, over all splits."""
    spearman: float
    """Mean over the splits."""
    low: float
    high: float
    """Interval of the bootstrap over held-out molecules."""


def arms(descriptors: tuple[str, ...]) -> tuple[Arm, ...]:
    """The rankers that are compared: with a state's tokens by circuit, by an MLP of equal size, and without.

    Args:
        descriptors: dotted names that all of them but one read.
    """
    quantum = Architecture(descriptors)
    return (
        Arm("Llama, quantum tokens", quantum),
        Arm("Llama, MLP tokens", replace(quantum, encoder="mlp")),
        Arm("Llama, no state tokens", replace(quantum, encoder="none")),
        Arm("Llama, text alone", replace(quantum, encoder="none", has_numbers=False)),
        Arm("Llama, no quantum descriptors", replace(quantum, encoder="none", descriptors=())),
    )


def compare(
    llama: Llama,
    tasks: Sequence[Task],
    descriptors: tuple[str, ...],
    recipe: Recipe,
    store: Store,
    seeds: Sequence[int] = SEEDS,
    progress: Callable[[str], None] = lambda _line: None,
) -> Iterator[Prediction]:
    """Predictions of every ranking for every property and split, on molecules that no training has seen.

    Molecules are split by scaffold over all tasks together, so that none is seen under another property.

    Args:
        llama: to adapt.
        tasks: measured properties.
        descriptors: dotted names that rankings read.
        recipe: of the training.
        store: where judgements of the untrained Llama are kept.
        seeds: one split each.
        progress: called with a line for each ranking.
    """
    smiles = sorted({candidate.smiles for task in tasks for candidate in task.candidates})
    group = dict(zip(smiles, groups(smiles).tolist(), strict=True))
    readings: dict[tuple[str, tuple[str, ...]], Reading] = {}
    for seed in seeds:
        out = dict(zip(smiles, held_out(np.array([group[one] for one in smiles]), HELD_OUT, seed), strict=True))
        is_out = [np.array([out[candidate.smiles] for candidate in task.candidates]) for task in tasks]
        kept, held = [np.flatnonzero(~which) for which in is_out], [np.flatnonzero(which) for which in is_out]
        taught = [task.part(rows) for task, rows in zip(tasks, kept, strict=True)]
        unseen = [task.part(rows) for task, rows in zip(tasks, held, strict=True)]
        for known, other in zip(taught, unseen, strict=True):
            yield from _baselines(known, other, descriptors, group, seed)
            yield from untrained(llama, other, seed, store)
            progress(f"{other.name}: baselines and the untrained Llama, split {seed}")
        for arm in arms(descriptors):
            architecture = replace(arm.architecture, seed=seed)
            ranker = new_ranker(llama, architecture, taught)
            for task in tasks:
                if (key := (task.name, architecture.descriptors)) not in readings:
                    readings[key] = ranker.read(task.candidates, task.question)
            read = [readings[task.name, architecture.descriptors] for task in tasks]
            known_readings = [reading[rows] for reading, rows in zip(read, kept, strict=True)]
            train(ranker, taught, replace(recipe, seed=seed), readings=known_readings)
            for other, reading, rows in zip(unseen, read, held, strict=True):
                predicted = ranker.scores(other.candidates, other.question, reading[rows])
                yield Prediction(arm.name, other.name, seed, predicted, other.measured)
            progress(f"{arm.name}, split {seed}")


def untrained(llama: Llama, task: Task, seed: int, store: Store) -> Iterator[Prediction]:
    """What physics and the Llama say of a task's molecules without having seen any measured value."""
    if not task.physics:
        return
    lower_is_better = numbers_of(task.candidates, (task.physics,))[:, 0]
    physics = -np.where(np.isfinite(lower_is_better), lower_is_better, np.nanmean(lower_is_better))
    yield Prediction(PHYSICS, task.name, seed, physics, task.measured)
    asked = EvidenceTable(task.name, task.question, task.physics, True, task.candidates)
    scores = judge(llama, asked, seed, store, _JUDGED_AGAINST).scores
    judged = np.array([scores[candidate.id] for candidate in task.candidates])
    yield Prediction(ZERO_SHOT, task.name, seed, judged, task.measured)


def numbers_alone(known: Task, unseen: Task, descriptors: tuple[str, ...], seed: int) -> Mapping[str, Prediction]:
    """Each number that a ranker reads by itself, in the direction that it has among known molecules.

    Returns:
        By the number's name: a descriptor, a property, or ``alerts``.
    """
    numbers, others = (np.nan_to_num(numbers_of(task.candidates, descriptors)) for task in (known, unseen))
    signs = [1.0 if spearman(column, known.measured) >= 0 else -1.0 for column in numbers.T]
    return {
        name: Prediction(f"{name} alone", unseen.name, seed, sign * column, unseen.measured)
        for name, sign, column in zip((*descriptors, *PROPERTIES, "alerts"), signs, others.T, strict=True)
    }


def table(predictions: Sequence[Prediction]) -> list[Row]:
    """Spearman correlations by ranking and property, best first inside a property."""
    keys = list(dict.fromkeys((one.task, one.ranking) for one in predictions))
    rows = [_row([one for one in predictions if (one.task, one.ranking) == key]) for key in keys]
    order = {task: i for i, task in enumerate(dict.fromkeys(task for task, _ in keys))}
    return sorted(rows, key=lambda row: (order[row.task], -row.spearman))


def write_rows(file: Path, rows: Iterable[Row]) -> None:
    """Write a table of rankings: the whole file or nothing of it."""
    temporary = file.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        writer.writerow([field.name for field in fields(Row)])
        writer.writerows(
            (r.ranking, r.task, r.molecules, *(f"{v:.4f}" for v in (r.spearman, r.low, r.high))) for r in rows
        )
    temporary.replace(file)


def read_rows(file: Path) -> list[Row]:
    """What `write_rows` wrote; nothing where there is no file."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines, delimiter="\t"))
    numbers = ("spearman", "low", "high")
    return [Row(r["ranking"], r["task"], int(r["molecules"]), *(float(r[name]) for name in numbers)) for r in found]


def spearman(predicted: Vector, measured: Vector) -> float:
    """Spearman's rank correlation; ties share their mean rank, and no order at all counts as 0."""
    x, y = rankdata(predicted), rankdata(measured)
    x, y = x - x.mean(), y - y.mean()
    norm = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / norm) if norm > 0 else 0.0


def _row(predictions: Sequence[Prediction]) -> Row:
    """Splits are resampled each by itself, and their correlations averaged."""
    generator = np.random.default_rng(0)

    def mean_of(sample: Callable[[int], NDArray[np.int64]]) -> float:
        picked = [(one, sample(len(one.measured))) for one in predictions]
        return float(np.mean([spearman(one.predicted[rows], one.measured[rows]) for one, rows in picked]))

    values = [mean_of(lambda n: generator.integers(n, size=n)) for _ in range(SAMPLES)]
    low, high = np.quantile(values, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    n = sum(len(one.measured) for one in predictions)
    return Row(predictions[0].ranking, predictions[0].task, n, mean_of(np.arange), float(low), float(high))


def _baselines(
    known: Task, unseen: Task, descriptors: tuple[str, ...], group: Mapping[str, int], seed: int
) -> Iterator[Prediction]:
    """Regressions with and without descriptors, the physics, and each number by itself."""

    def said(name: str, predicted: Vector) -> Prediction:
        return Prediction(name, unseen.name, seed, predicted, unseen.measured)

    known_groups = np.array([group[one.smiles] for one in known.candidates])
    for which, read in (("", descriptors), (", no quantum descriptors", ())):
        numbers, others = (_features(task.candidates, read) for task in (known, unseen))
        for name, fit in BASELINES.items():
            if name != "mean" or not which:
                yield said(f"{name}{which}", fit(numbers, known.measured, known_groups, others, seed))
    yield from numbers_alone(known, unseen, descriptors, seed).values()


def _features(candidates: Sequence[Evidence], descriptors: tuple[str, ...]) -> Vector:
    """(n, d) all that a ranker reads: numbers, and the signatures of states where it reads descriptors."""
    numbers = numbers_of(candidates, descriptors)
    if not (descriptors and all(candidate.signature for candidate in candidates)):
        return numbers
    return np.hstack((numbers, np.array([candidate.signature for candidate in candidates])))
