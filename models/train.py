"""Training a ranker: pairs of measured molecules, under the model of Bradley and Terry."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from models.evidence import Evidence
from models.fit import fit
from models.llama import Llama
from models.ranker import Architecture, Ranker, Reading, Scale, numbers_of


@dataclass(frozen=True, eq=False, slots=True)
class Task:
    """Molecules with one measured property, under one question."""

    name: str
    question: str
    """What better means, as a clause: ``which dissolves better in water``."""
    candidates: tuple[Evidence, ...]
    measured: NDArray[np.float64]
    """(n,) the higher, the better."""
    physics: str = ""
    """Dotted name of the descriptor whose lower value should be the better, without any fit; empty: none."""
    profile: str = ""
    """Of the computed values; empty: there are none."""

    def part(self, rows: NDArray[np.int64]) -> Task:
        """The same property of some molecules, by their indices."""
        return replace(self, candidates=tuple(self.candidates[i] for i in rows), measured=self.measured[rows])


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a ranker is trained."""

    epochs: int = 4
    """Passes over the molecules of every task, at least."""
    steps: int = 300
    """Steps, at least: more passes where there are few molecules."""
    batch: int = 32
    """Molecules of one task whose pairs are compared in a step."""
    learning_rate: float = 2e-3
    """Of AdamW at its start; falls to zero along a cosine."""
    weight_decay: float = 0.01
    seed: int = 0
    """Of the order of molecules."""


def new_ranker(llama: Llama, architecture: Architecture, tasks: Sequence[Task]) -> Ranker:
    """A ranker with the scales of the tasks' molecules."""
    candidates = [candidate for task in tasks for candidate in task.candidates]
    signatures = np.array([one.signature for one in candidates if one.signature])
    if not len(signatures):
        signatures = np.zeros((1, 8))
    return Ranker(llama, architecture, Scale.of(numbers_of(candidates, architecture.descriptors)), Scale.of(signatures))


def train(
    ranker: Ranker,
    tasks: Sequence[Task],
    recipe: Recipe,
    checkpoint: Path | None = None,
    progress: Callable[[int, int, float], None] | None = None,
    readings: Sequence[Reading] | None = None,
) -> float:
    """Fit a ranker to measured orders, in place.

    Loss: −log σ(sᵢ − sⱼ), the mean over all pairs of a batch where i was measured better than j, inside one task
    (Bradley, Terry, Biometrika 39, 324 (1952)). What the frozen layers make of the texts is computed once.

    Args:
        ranker: to train.
        tasks: what was measured.
        recipe: how.
        checkpoint: file that is written after every epoch, and from which an interrupted training goes on.
        progress: called with epochs done, epochs in all and the mean loss.
        readings: what `Ranker.read` made of each task, where it is there already.

    Returns:
        Seconds that fitting took, over all runs.
    """
    if readings is None:
        readings = [ranker.read(task.candidates, task.question) for task in tasks]
    encoded = [ranker.encode(task.candidates, reading) for task, reading in zip(tasks, readings, strict=True)]
    sizes = [len(task.measured) for task in tasks]
    steps_per_epoch = sum(_n_batches(size, recipe) for size in sizes)
    epochs = max(recipe.epochs, math.ceil(recipe.steps / steps_per_epoch))
    steps = [_batches(size, recipe, which, epochs) for which, size in enumerate(sizes)]

    def loss(step: tuple[int, NDArray[np.int64]]) -> Tensor:
        which, rows = step
        return pair_loss(ranker(encoded[which][rows]), torch.from_numpy(tasks[which].measured[rows]))

    batches = [_interleaved([one[epoch] for one in steps]) for epoch in range(epochs)]
    return fit(ranker, batches, loss, recipe.learning_rate, recipe.weight_decay, checkpoint, progress)


def pair_loss(scores: Tensor, measured: Tensor) -> Tensor:
    """Mean of −log σ(sᵢ − sⱼ) over the pairs with measuredᵢ > measuredⱼ; zero where there is none."""
    better = measured[:, None] > measured[None, :]
    if not better.any():
        return scores.sum() * 0.0
    margins = scores[:, None] - scores[None, :]
    return softplus(-margins[better]).mean()


def _n_batches(n: int, recipe: Recipe) -> int:
    return max(1, round(n / recipe.batch))


def _batches(n: int, recipe: Recipe, task: int, epochs: int) -> list[list[NDArray[np.int64]]]:
    """Rows of each batch, by epoch."""
    generator = np.random.default_rng([recipe.seed, task])
    return [list(np.array_split(generator.permutation(n), _n_batches(n, recipe))) for _ in range(epochs)]


def _interleaved(batches: Sequence[Sequence[NDArray[np.int64]]]) -> list[tuple[int, NDArray[np.int64]]]:
    """Batches of all tasks in one order, spread evenly."""
    spread = [((i + 0.5) / len(rows), which, one) for which, rows in enumerate(batches) for i, one in enumerate(rows)]
    return [(which, one) for _, which, one in sorted(spread, key=lambda item: item[:2])]
