"""Solution: what a solver chose, and the best of many samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.selection.problem import Problem, with_k


@dataclass(frozen=True, slots=True)
class Solution:
    """The choice of one solver."""

    solver: str
    chosen: tuple[int, ...]
    """Indices, ascending."""
    objective: float
    seconds: float
    bound: float | None
    """No choice is better than this; None where the solver proves nothing."""
    details: str
    """How it came about, as a sentence."""


def best_of(problem: Problem, samples: NDArray[np.integer]) -> tuple[tuple[int, ...], float, int]:
    """The best choice among samples, each brought to k compounds; its objective; and how many samples had k already.

    Args:
        problem: what is to be chosen.
        samples: (samples, n) bits.
    """
    distinct = np.unique(samples, axis=0)
    choices = {with_k(problem, bits) for bits in distinct}
    best = max(choices, key=lambda choice: (problem.objective(choice), choice))
    return best, problem.objective(best), int((samples.sum(axis=1) == problem.k).sum())
