"""Statistics: how far and how well ordered computed values are, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

SEED = 20261123
"""Of bootstraps, conformers and draws; stated in docs/validation-protocol.md, as are the next two."""
SAMPLES, COVERAGE = 2000, 0.90
Vector = NDArray[np.float64]
Statistic = Callable[[Vector, Vector], float]
"""(computed, measured), each (n_molecules,) → a number."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic, and what a bootstrap of molecules says about its uncertainty."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def spearman(computed: Vector, measured: Vector) -> float:
    """Spearman's rank correlation; ties share their mean rank, and an order that is no order at all counts as 0."""
    x, y = rankdata(computed), rankdata(measured)
    x, y = x - x.mean(), y - y.mean()
    norm = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / norm) if norm > 0 else 0.0


def mean_absolute_error(computed: Vector, measured: Vector) -> float:
    """In the unit of both; a value that is missing (nan) counts as the mean of the others."""
    return float(np.nanmean(np.abs(computed - measured)))


def root_mean_square_error(computed: Vector, measured: Vector) -> float:
    """In the unit of both; missing values (nan) are left out."""
    return float(np.sqrt(np.nanmean((computed - measured) ** 2)))


def interval(statistic: Statistic, computed: Vector, measured: Vector) -> Interval:
    """The statistic, and the interval that holds 90% of those of bootstrap samples of molecules."""
    return _interval(lambda picked: statistic(computed[picked], measured[picked]), len(measured))


def difference(statistic: Statistic, first: Vector, second: Vector, measured: Vector) -> Interval:
    """The statistic of the first minus that of the second, both on the same samples of molecules."""
    return _interval(
        lambda picked: statistic(first[picked], measured[picked]) - statistic(second[picked], measured[picked]),
        len(measured),
    )


def _interval(of_sample: Callable[[NDArray[np.int64]], float], n: int) -> Interval:
    generator = np.random.default_rng(SEED)
    values = [of_sample(generator.integers(n, size=n)) for _ in range(SAMPLES)]
    low, high = np.quantile(values, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Interval(of_sample(np.arange(n)), float(low), float(high))


def misplaced(computed: Vector, measured: Vector) -> Vector:
    """By how many places each molecule stands off its measured rank; positive: it is ranked too high."""
    return np.asarray(rankdata(computed) - rankdata(measured))
