"""Desirability: candidates scored by an objective, on every rung and with its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.descriptors import DescriptorValue
from pipeline.descriptors.equation import at_least, method_spread, ranking_value
from pipeline.descriptors.residuals import PROPERTY_RESIDUALS
from pipeline.objective import Objective, Term
from pipeline.rungs import RUNGS, Rungs, combine

NAME = "desirability"
"""Of the score among a candidate's descriptor values."""
LEAST = 0.01
"""What a desirability of zero counts as, so that candidates that fail one term keep an order by the others."""
N_DRAWS = 4000
_LOT = 1e-9


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one candidate."""

    values: Mapping[str, DescriptorValue]
    """By dotted name; all that the objective's terms ask for, but of descriptors that do not apply."""
    numbers: Mapping[str, float]
    """Properties, and the number of ``alerts``."""


@dataclass(frozen=True, slots=True)
class Part:
    """One term of one candidate."""

    term: Term
    value: float | None
    """What the term looks at, relative to the reference where it has one; None: the candidate has no such quantity."""
    title: str
    """Words for it; empty where there is none."""
    unit: str
    uncertainty: float
    desirability: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Score:
    """One candidate under an objective."""

    value: DescriptorValue
    """The weighted geometric mean of the desirabilities, 0 to 1, on every rung."""
    parts: tuple[Part, ...]
    """In the order of the terms."""
    draws: NDArray[np.float64]
    """(N_DRAWS,) scores with every value drawn from a normal distribution as wide as its uncertainty."""


def scores(
    objective: Objective,
    candidates: Sequence[Known],
    references: Mapping[tuple[str, str], DescriptorValue],
    seed: int,
) -> tuple[Score, ...]:
    """Score candidates.

    Args:
        objective: what to score by.
        candidates: what is known of each.
        references: of terms that are relative, by value name and SMILES.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    return tuple(_score(objective, candidate, references, generator) for candidate in candidates)


def probability_top_k(scored: Sequence[Score], k: int) -> tuple[float, ...]:
    """Each candidate's probability of being among the k best, uncertainties being independent and normal.

    Equal scores are put in order by lot. One more draw is decided by lot alone: draws that all agree are no certainty.
    """
    return _chances([score.draws for score in scored], k)


def chances(
    terms: Sequence[Term], known: Sequence[Sequence[tuple[float | None, float]]], k: int, seed: int
) -> tuple[float, ...]:
    """As `probability_top_k`, of candidates of which the values behind their score are known.

    Args:
        terms: of the objective.
        known: each candidate's value and uncertainty for each term; a value None: it has no such quantity.
        k: how many are the best.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    draws = [
        _mean(
            terms,
            [None if value is None else value + width * generator.standard_normal(N_DRAWS) for value, width in one],
        )
        for one in known
    ]
    return _chances([np.broadcast_to(one, (N_DRAWS,)) for one in draws], k)


def _chances(draws: Sequence[NDArray[np.float64]], k: int) -> tuple[float, ...]:
    if not draws:
        return ()
    drawn = np.array(draws)  # (candidates, draws)
    drawn += _LOT * np.random.default_rng(0).random(drawn.shape)
    place = np.argsort(np.argsort(-drawn, axis=0, kind="stable"), axis=0)
    by_lot = min(k / len(draws), 1.0)
    return tuple(float(p) for p in ((place < k).sum(axis=1) + by_lot) / (N_DRAWS + 1))


def _score(
    objective: Objective,
    known: Known,
    references: Mapping[tuple[str, str], DescriptorValue],
    generator: np.random.Generator,
) -> Score:
    compared = [_compared(term, known, references) for term in objective.terms]
    by_rung: dict[str, float | None] = {}
    for rung in RUNGS:
        values = [one if one is None else one.rungs[rung] for one in compared]
        complete = all((one is None) == (value is None) for one, value in zip(compared, values, strict=True))
        by_rung[rung] = float(_mean(objective.terms, [_array(value) for value in values])) if complete else None
    draws = _mean(objective.terms, [one if one is None else _drawn(one, generator) for one in compared])
    rungs = Rungs(**by_rung)
    used = [
        value for term, value in zip(objective.terms, compared, strict=True) if value is not None and term.descriptor
    ]
    value = DescriptorValue(
        name=NAME,
        title="desirability",
        value=ranking_value(rungs),
        unit="",
        uncertainty_from={"terms": _width(draws) if any(one and one.uncertainty for one in compared) else 0.0},
        equation="weighted geometric mean of the desirabilities of "
        + ", ".join(one.title for one in compared if one is not None),
        calculations=tuple(dict.fromkeys(calculation for one in used for calculation in one.calculations)),
        rungs=rungs,
        flags=(),
    )
    parts = tuple(
        Part(
            term,
            None if one is None else one.value,
            "" if one is None else one.title,
            "" if one is None else one.unit,
            0.0 if one is None else one.uncertainty,
            float(_desirability(term, _array(None if one is None else one.value))),
        )
        for term, one in zip(objective.terms, compared, strict=True)
    )
    return Score(value, parts, np.broadcast_to(draws, (N_DRAWS,)))


def _mean(terms: Sequence[Term], values: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64]:
    """Weighted geometric mean of the desirabilities, whatever the shape of the values."""
    logs = [
        term.weight * np.log(np.maximum(_desirability(term, value), LEAST))
        for term, value in zip(terms, values, strict=True)
    ]
    return np.asarray(np.exp(sum(logs) / sum(term.weight for term in terms)))


def _width(draws: NDArray[np.float64]) -> float:
    """Standard deviation, with one more draw that fails every term: draws that all agree are no certainty."""
    return float(np.std([*draws, LEAST]))


def _drawn(value: DescriptorValue, generator: np.random.Generator) -> NDArray[np.float64]:
    return value.value + value.uncertainty * generator.standard_normal(N_DRAWS)


def _array(value: float | None) -> NDArray[np.float64] | None:
    return None if value is None else np.asarray(value)


def _desirability(term: Term, values: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return np.asarray(term.absent) if values is None else term.desirability(values)


def _compared(
    term: Term, known: Known, references: Mapping[tuple[str, str], DescriptorValue]
) -> DescriptorValue | None:
    """What a term looks at, the same on every rung for a property; None where the candidate has no such quantity."""
    if term.descriptor is None:
        number = known.numbers[term.value]
        rungs = Rungs(**dict.fromkeys(RUNGS, number))
        known_to = {"validation": width} if (width := PROPERTY_RESIDUALS.get(term.value)) else {}
        return DescriptorValue(term.value, term.value, number, "", known_to, "", (), rungs, ())
    value = known.values.get(term.value)
    if value is None or term.relative_to is None:
        return value
    return _less(value, references[term.value, term.relative_to])


def _less(value: DescriptorValue, reference: DescriptorValue) -> DescriptorValue:
    """A value less that of a reference.

    Methods disagree on the difference less than on each, since they share errors; that of two molecules is validated no
    better for it. So the difference has its own methods, and both residuals in quadrature, as if nothing were shared.
    The reference less itself is zero, without doubt.
    """
    rungs = combine([(1.0, value.rungs), (-1.0, reference.rungs)])
    if value.calculations and value.calculations == reference.calculations:
        return replace(value, value=0.0, rungs=rungs, uncertainty_from={})
    parts = {
        part: math.hypot(value.uncertainty_from.get(part, 0.0), reference.uncertainty_from.get(part, 0.0))
        for part in (*value.uncertainty_from, *reference.uncertainty_from)
    }
    difference = replace(
        value,
        value=value.value - reference.value,
        rungs=rungs,
        uncertainty_from={**parts, "methods": method_spread(rungs)},
        calculations=tuple(dict.fromkeys((*value.calculations, *reference.calculations))),
    )
    return at_least(difference, math.hypot(value.least_uncertainty, reference.least_uncertainty))
