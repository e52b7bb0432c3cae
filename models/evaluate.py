"""Evaluation: rankings of held-out molecules, measured against experiment beside their baselines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from time import perf_counter

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
from pipeline.rungs import RANKING_RUNG
from pipeline.store import Store, content_hash

SEEDS = (1, 2, 3)
"""Of splits, of first parameters and of the order of training."""
HELD_OUT = 0.2
"""Share of the molecules that are held out, by scaffold or cluster."""
SAMPLES, COVERAGE = 2000, 0.90
"""Bootstrap samples of held-out molecules, and what share of them an interval holds."""
PHYSICS, ZERO_SHOT = "physics alone", "Llama, untrained"
"""Rankings without any training: the descriptor that should answer the question, and the Llama's own judgement."""
_UNKNOWN = 1e300
"""Stands for a missing number in a key: hashes take none."""
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
    profile: str
    """Of the computed values; empty: there are none."""
    rung: str
    """Of those values; empty: there are none."""
    molecules: int
    """Held out, over all splits."""
    spearman: float
    """Mean over the splits."""
    low: float
    high: float
    """Interval of the bootstrap over held-out molecules."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one ranking is than another, on the same molecules."""

    ranking: str
    other: str
    task: str
    spearman: float
    """Difference of the means over the splits; positive: the first is better."""
    low: float
    high: float
    """Interval of a paired bootstrap over held-out molecules."""


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
        store: where judgements of the untrained Llama, and what each training came to, are kept.
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
            yield from _baselines(known, other, descriptors, group, seed, store)
            yield from untrained(llama, other, seed, store)
            progress(f"{other.name}: baselines and the untrained Llama, split {seed}")
        for arm in arms(descriptors):
            architecture = replace(arm.architecture, seed=seed)
            taught_by = replace(recipe, seed=seed)
            key = _key(llama, architecture, taught_by, taught, unseen)
            scores: list[list[float]] | None = store.get(key)
            if scores is None:
                started = perf_counter()
                ranker = new_ranker(llama, architecture, taught)
                for task in tasks:
                    if (which := (task.name, architecture.descriptors)) not in readings:
                        readings[which] = ranker.read(task.candidates, task.question)
                read = [readings[task.name, architecture.descriptors] for task in tasks]
                train(ranker, taught, taught_by, readings=[one[rows] for one, rows in zip(read, kept, strict=True)])
                scores = [
                    ranker.scores(other.candidates, other.question, reading[rows]).tolist()
                    for other, reading, rows in zip(unseen, read, held, strict=True)
                ]
                store.put(key, "held-out scores", scores, perf_counter() - started)
            for other, predicted in zip(unseen, scores, strict=True):
                yield Prediction(arm.name, other.name, seed, np.array(predicted), other.measured)
            progress(f"{arm.name}, split {seed}")


def _key(
    llama: Llama, architecture: Architecture, recipe: Recipe, taught: Sequence[Task], unseen: Sequence[Task]
) -> str:
    """Of a training's scores on the molecules held out: another for everything that would change them."""
    known = [[task.question, task.measured.tolist(), [asdict(one) for one in task.candidates]] for task in taught]
    asked = [[asdict(one) for one in task.candidates] for task in unseen]
    return content_hash("held-out scores", llama.hash, architecture, recipe, known, asked)


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


def table(predictions: Sequence[Prediction], profiles: Mapping[str, str]) -> list[Row]:
    """Spearman correlations by ranking and property, best first inside a property.

    Args:
        predictions: of all rankings.
        profiles: of the computed values, by property; empty: it has none.
    """
    keys = list(dict.fromkeys((one.task, one.ranking) for one in predictions))
    rows = [_row([one for one in predictions if (one.task, one.ranking) == key], profiles) for key in keys]
    order = {task: i for i, task in enumerate(dict.fromkeys(task for task, _ in keys))}
    return sorted(rows, key=lambda row: (order[row.task], -row.spearman))


def write_rows(file: Path, rows: Iterable[Row]) -> None:
    """Write a table of rankings: the whole file or nothing of it."""
    temporary = file.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        writer.writerow([field.name for field in fields(Row)])
        writer.writerows(
            (r.ranking, r.task, r.profile, r.rung, r.molecules, *(f"{v:.4f}" for v in (r.spearman, r.low, r.high)))
            for r in rows
        )
    temporary.replace(file)


def read_rows(file: Path) -> list[Row]:
    """What `write_rows` wrote; nothing where there is no file."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines, delimiter="\t"))
    numbers = ("spearman", "low", "high")
    return [
        Row(
            r["ranking"], r["task"], r["profile"], r["rung"], int(r["molecules"]), *(float(r[name]) for name in numbers)
        )
        for r in found
    ]


def spearman(predicted: Vector, measured: Vector) -> float:
    """Spearman's rank correlation; ties share their mean rank, and no order at all counts as 0."""
    x, y = rankdata(predicted), rankdata(measured)
    x, y = x - x.mean(), y - y.mean()
    norm = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / norm) if norm > 0 else 0.0


def difference(predictions: Sequence[Prediction], ranking: str, other: str, task: str) -> Difference:
    """How much better one ranking is than another for a property."""
    ours, theirs = (
        [one for one in predictions if (one.task, one.ranking) == (task, name)] for name in (ranking, other)
    )
    splits = {one.seed: one for one in theirs}
    pairs = [(one, splits[one.seed]) for one in ours]

    def between(split: int, rows: NDArray[np.int64]) -> float:
        one, reference = pairs[split]
        return spearman(one.predicted[rows], one.measured[rows]) - spearman(
            reference.predicted[rows], reference.measured[rows]
        )

    mean, low, high = _bootstrap([len(one.measured) for one in ours], between)
    return Difference(ranking, other, task, mean, low, high)


def _row(predictions: Sequence[Prediction], profiles: Mapping[str, str]) -> Row:
    mean, low, high = _bootstrap(
        [len(one.measured) for one in predictions],
        lambda i, rows: spearman(predictions[i].predicted[rows], predictions[i].measured[rows]),
    )
    n = sum(len(one.measured) for one in predictions)
    first = predictions[0]
    profile = profiles[first.task]
    return Row(first.ranking, first.task, profile, RANKING_RUNG if profile else "", n, mean, low, high)


def _bootstrap(sizes: Sequence[int], figure: Callable[[int, NDArray[np.int64]], float]) -> tuple[float, float, float]:
    """A figure's mean over splits, and its interval where the molecules of each split are drawn anew.

    Args:
        sizes: molecules of each split.
        figure: of a split, by its place, and the rows of it that were drawn.
    """
    generator = np.random.default_rng(0)
    drawn = [np.mean([figure(i, generator.integers(n, size=n)) for i, n in enumerate(sizes)]) for _ in range(SAMPLES)]
    low, high = np.quantile(drawn, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(np.mean([figure(i, np.arange(n)) for i, n in enumerate(sizes)])), float(low), float(high)


def _baselines(
    known: Task, unseen: Task, descriptors: tuple[str, ...], group: Mapping[str, int], seed: int, store: Store
) -> Iterator[Prediction]:
    """Regressions with and without descriptors, and each number by itself."""
    known_groups = np.array([group[one.smiles] for one in known.candidates])
    for which, read in (("", descriptors), (", no quantum descriptors", ())):
        numbers, others = (_features(task.candidates, read) for task in (known, unseen))
        for name, fit in BASELINES.items():
            if name == "mean" and which:
                continue
            inputs = [
                np.nan_to_num(one, nan=_UNKNOWN).tolist() for one in (numbers, known.measured, known_groups, others)
            ]
            key = content_hash("baseline scores", name, seed, inputs)
            scores: list[float] | None = store.get(key)
            if scores is None:
                started = perf_counter()
                scores = fit(numbers, known.measured, known_groups, others, seed).tolist()
                store.put(key, "baseline scores", scores, perf_counter() - started)
            yield Prediction(f"{name}{which}", unseen.name, seed, np.array(scores), unseen.measured)
    yield from numbers_alone(known, unseen, descriptors, seed).values()


def _features(candidates: Sequence[Evidence], descriptors: tuple[str, ...]) -> Vector:
    """(n, d) all that a ranker reads: numbers, and the signatures of states where it reads descriptors."""
    numbers = numbers_of(candidates, descriptors)
    if not (descriptors and all(candidate.signature for candidate in candidates)):
        return numbers
    return np.hstack((numbers, np.array([candidate.signature for candidate in candidates])))
