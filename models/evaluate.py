"""Evaluation: rankings of held-out molecules, measured against experiment beside their baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.baselines import BASELINES, Vector
from models.llama import Llama
from models.ranker import PROPERTIES, Architecture, numbers_of
from models.split import groups, held_out
from models.train import Recipe, Task, new_ranker, train

SEEDS = (1, 2, 3)
"""Of splits, of first parameters and of the order of training."""
HELD_OUT = 0.2
"""Share of the molecules that are held out, by scaffold or cluster."""
SAMPLES, COVERAGE = 2000, 0.90
"""Bootstrap samples of held-out molecules, and what share of them an interval holds."""


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
    seeds: Sequence[int] = SEEDS,
    progress: Callable[[str], None] = lambda _line: None,
) -> Iterator[Prediction]:
    """Predictions of every ranking for every property and split, on molecules that no training has seen.

    Molecules are split by scaffold over all tasks together, so that none is seen under another property.

    Args:
        llama: to adapt.
        tasks: measured properties.
        descriptors: dotted names that rankings read, the first being the one that ranks by physics.
        recipe: of the training.
        seeds: one split each.
        progress: called with a line for each ranking.
    """
    smiles = sorted({candidate.smiles for task in tasks for candidate in task.candidates})
    group = dict(zip(smiles, groups(smiles).tolist(), strict=True))
    for seed in seeds:
        out = dict(zip(smiles, held_out(np.array([group[one] for one in smiles]), HELD_OUT, seed), strict=True))
        halves = [(_part(task, out, kept=True), _part(task, out, kept=False)) for task in tasks]
        for known, unseen in halves:
            yield from _baselines(known, unseen, descriptors, group, seed)
        for arm in arms(descriptors):
            architecture = replace(arm.architecture, seed=seed)
            taught = [known for known, _ in halves]
            ranker = new_ranker(llama, architecture, taught)
            train(ranker, taught, replace(recipe, seed=seed))
            for _, unseen in halves:
                predicted = ranker.scores(unseen.candidates, unseen.question)
                yield Prediction(arm.name, unseen.name, seed, predicted, unseen.measured)
            progress(f"{arm.name}, split {seed}")


def table(predictions: Sequence[Prediction]) -> list[Row]:
    """Spearman correlations by ranking and property, best first inside a property."""
    keys = list(dict.fromkeys((one.task, one.ranking) for one in predictions))
    rows = [_row([one for one in predictions if (one.task, one.ranking) == key]) for key in keys]
    order = {task: i for i, task in enumerate(dict.fromkeys(task for task, _ in keys))}
    return sorted(rows, key=lambda row: (order[row.task], -row.spearman))


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
    return Row(predictions[0].ranking, predictions[0].task, mean_of(np.arange), float(low), float(high))


def _baselines(
    known: Task, unseen: Task, descriptors: tuple[str, ...], group: Mapping[str, int], seed: int
) -> Iterator[Prediction]:
    """Regressions with and without descriptors, the physics, and each number by itself."""

    def said(name: str, predicted: Vector) -> Prediction:
        return Prediction(name, unseen.name, seed, predicted, unseen.measured)

    known_groups = np.array([group[one.smiles] for one in known.candidates])
    for which, read in (("", descriptors), (", no quantum descriptors", ())):
        numbers = numbers_of(known.candidates, read)
        others = numbers_of(unseen.candidates, read)
        for name, fit in BASELINES.items():
            if name != "mean" or not which:
                yield said(f"{name}{which}", fit(numbers, known.measured, known_groups, others, seed))
    columns = (*descriptors, *PROPERTIES, "alerts")
    numbers, others = numbers_of(known.candidates, descriptors), numbers_of(unseen.candidates, descriptors)
    for i, column in enumerate(columns):
        sign = 1.0 if spearman(np.nan_to_num(numbers[:, i]), known.measured) >= 0 else -1.0
        yield said(f"{column} alone", sign * np.nan_to_num(others[:, i]))


def _part(task: Task, out: Mapping[str, np.bool_], kept: bool) -> Task:
    rows = [i for i, candidate in enumerate(task.candidates) if bool(out[candidate.smiles]) != kept]
    return replace(task, candidates=tuple(task.candidates[i] for i in rows), measured=task.measured[rows])
