"""Ranks: places in an order of values as they are shown, ties included; and how far two orders agree."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from scipy.stats import kendalltau

_DECIMALS = {"kcal/mol": 1}
_OTHER_DECIMALS = 2


def decimals_of(unit: str) -> int:
    """Decimals that a value of this unit is shown with; a score has no unit, and two."""
    return _DECIMALS.get(unit, _OTHER_DECIMALS)


def ranks(values: Sequence[float], unit: str = "", *, lower_is_better: bool = False) -> list[int]:
    """Each value's rank: one more than the number of values that are strictly better, all rounded as they are shown.

    Values that are shown alike share a rank, and the ranks after it are left out ("standard competition ranking").

    >>> ranks([0.871, 1.0, 0.874, 0.999, 0.5])
    [3, 1, 3, 1, 5]

    Args:
        values: finite ones.
        unit: of all values; empty of scores.
        lower_is_better: whether rank 1 is the lowest value.
    """
    sign = 1.0 if lower_is_better else -1.0
    shown = [sign * round(value, decimals_of(unit)) for value in values]
    first: dict[float, int] = {}
    for place, value in enumerate(sorted(shown), start=1):
        first.setdefault(value, place)
    return [first[value] for value in shown]


def places(given: Sequence[int]) -> list[str]:
    """The ranks of a whole list in words, those that are shared as the places that their candidates occupy together.

    >>> places([1, 2, 2, 4])
    ['1', '2–3, tied', '2–3, tied', '4']
    """
    sharing = Counter(given)
    return [place(rank, sharing[rank]) for rank in given]


def place(rank: int, sharing: int) -> str:
    """A rank in words.

    Args:
        rank: 1 is best.
        sharing: how many have it.
    """
    return str(rank) if sharing == 1 else f"{rank}–{rank + sharing - 1}, tied"


def kendall_tau(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Kendall's tau-b of two orders of the same candidates; None of fewer than two, and where all of one are tied."""
    tau = float(kendalltau(first, second).statistic) if len(first) > 1 else math.nan
    return None if math.isnan(tau) else tau
