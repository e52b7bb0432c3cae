"""Problem: the choice of k compounds as a quadratic objective, and as a QUBO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

_PENALTY = 0.1
"""In units of the scale. Of 0.02 to 1, tried on 30 and 500 compounds, annealing finds the most with this one."""
_LEAST_SCALE = 1e-3


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """Choose k of n compounds so that the sum of their worth less the overlap of every chosen pair is largest."""

    worth: NDArray[np.float64]
    """(n,) of each compound by itself."""
    overlap: NDArray[np.float64]
    """(n, n) what a pair is worth less than its two members; symmetric, not negative, zero on the diagonal."""
    k: int

    def __post_init__(self) -> None:
        if not 1 <= self.k <= self.n:
            raise InputError(f"{self.k} of {self.n} compounds cannot be chosen.", f"Choose between 1 and {self.n}.")

    @property
    def n(self) -> int:
        """Number of compounds."""
        return len(self.worth)

    def objective(self, chosen: Sequence[int]) -> float:
        """The value of a choice; higher is better."""
        pick = list(chosen)
        return float(self.worth[pick].sum() - self.overlap[np.ix_(pick, pick)].sum() / 2)


@dataclass(frozen=True, eq=False, slots=True)
class Qubo:
    """Energy constant + Σ linear_i x_i + Σ_{i<j} quadratic_ij x_i x_j over bits x; lower is better."""

    constant: float
    linear: NDArray[np.float64]
    """(n,)"""
    quadratic: NDArray[np.float64]
    """(n, n) symmetric, zero on the diagonal; each pair counts once."""
    scale: float
    """What the choices differ by: the most that a compound by itself is worth above the price of its place."""

    def energies(self, bits: NDArray[np.integer]) -> NDArray[np.float64]:
        """Of rows of bits, (samples, n) to (samples,)."""
        x = bits.astype(float)
        return np.asarray(self.constant + x @ self.linear + ((x @ self.quadratic) * x).sum(axis=1) / 2)


def qubo(problem: Problem) -> Qubo:
    """The problem without its constraint; with k bits set, the energy is minus the objective.

    Two terms stand for the constraint. A price μ on every chosen compound, between what a greedy choice gains by its
    k-th and by its next one, makes about k of them worth their place (a Lagrange multiplier). A penalty A (Σx − k)²
    does the rest; thanks to the price a small one suffices, behind which the objective stays visible to a sampler.
    It is large enough to make k exact in all but rare minima; those, as any sample, are brought to k by `with_k`.
    """
    gains = _greedy_gains(problem)
    price = (gains[problem.k - 1] + gains[-1]) / 2
    scale = max(float(problem.worth.max()) - price, _LEAST_SCALE)
    penalty = _PENALTY * scale
    quadratic = problem.overlap + 2 * penalty
    np.fill_diagonal(quadratic, 0.0)
    return Qubo(
        constant=penalty * problem.k**2 - price * problem.k,
        linear=price - problem.worth + penalty * (1 - 2 * problem.k),
        quadratic=quadratic,
        scale=scale,
    )


def _greedy_gains(problem: Problem) -> list[float]:
    """What each compound adds when the best one is added at a time, up to one more than k; they never rise."""
    gain, gains = problem.worth.copy(), []
    for _ in range(min(problem.k + 1, problem.n)):
        best = int(np.argmax(gain))
        gains.append(float(gain[best]))
        gain -= problem.overlap[best]
        gain[best] = -np.inf
    return gains


def with_k(problem: Problem, bits: NDArray[np.integer]) -> tuple[int, ...]:
    """The compounds of a sample, brought to k: the least loss is dropped, the most gain added, one at a time."""
    chosen = np.asarray(bits, dtype=bool).copy()
    while (surplus := int(chosen.sum()) - problem.k) != 0:
        gain = problem.worth - problem.overlap @ chosen
        where = chosen if surplus > 0 else ~chosen
        best = np.argmin if surplus > 0 else np.argmax
        index = np.flatnonzero(where)
        chosen[index[best(gain[index])]] = surplus < 0
    return tuple(int(i) for i in np.flatnonzero(chosen))
