"""Measured: the user's own numeric columns, held against the ranking; and the places that a backend measured."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from scipy.stats import spearmanr

from flows.report.document import QuantumStep, RankedCandidate, ReportDocument
from pipeline.ranks import places
from pipeline.rungs import RUNGS, RungName

_HINT = re.compile(r"exp|meas|obs|assay|activ|rate|log|\bk|ic50|ec50|p?k[id]\b|half|t1/2|gsh|inhib", re.IGNORECASE)
_NO_MEASUREMENT = re.compile(r"(id|no|nr|index|row|number|cas|#)[._ ]?", re.IGNORECASE)
_FEWEST = 3
_MOST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """One numeric column of the user's beside the score."""

    column: str
    points: tuple[tuple[RankedCandidate, float], ...]
    """Candidates that have a number there, with that number, best rank first."""
    spearman: float
    """Spearman's rank correlation of the numbers with the score (higher score is better)."""
    spearman_rungs: dict[RungName, tuple[float, int]]
    """The same for the ranking descriptor on each rung, signed like the score, with the number of points."""


def measured(document: ReportDocument) -> tuple[Measured, ...]:
    """Up to three numeric columns that vary over three candidates or more, those named like a measurement first."""
    columns = dict.fromkeys(column for one in document.candidates for column in one.columns)
    likely = sorted(
        (column for column in columns if not _NO_MEASUREMENT.fullmatch(column)),
        key=lambda column: not _HINT.search(column),
    )
    found = (_measured(column, document) for column in likely)
    return tuple(one for one in found if one is not None)[:_MOST_COLUMNS]


def _measured(column: str, document: ReportDocument) -> Measured | None:
    points = [(one, _number(one.columns.get(column, ""))) for one in document.candidates]
    known = [(one, value) for one, value in points if value is not None]
    rho = _spearman([value for _, value in known], [one.score for one, _ in known])
    if rho is None:
        return None
    objective = document.objective
    sign = -1.0 if objective.lower_is_better else 1.0
    rungs: dict[RungName, tuple[float, int]] = {}
    for rung in RUNGS:
        pairs = []
        for one, value in known:
            descriptor = one.descriptors.get(objective.ranking_descriptor)
            energy = getattr(descriptor.rungs, rung) if descriptor else None
            if energy is not None:
                pairs.append((value, sign * energy))
        rho_rung = _spearman([x for x, _ in pairs], [y for _, y in pairs])
        if rho_rung is not None:
            rungs[rung] = (rho_rung, len(pairs))
    return Measured(column, tuple(known), rho, rungs)


def measured_places(step: QuantumStep) -> dict[tuple[str, str], str]:
    """The place of each candidate that a backend measured, in words, by kind of energies and id; empty where unread."""
    found: dict[tuple[str, str], str] = {}
    for kind in ("exact", "measured", "mitigated"):
        read = [(one.id, value.rank) for one in step.candidates if (value := getattr(one, kind)) is not None]
        found |= {(kind, one.id): "" for one in step.candidates}
        found |= {(kind, key): place for (key, _), place in zip(read, places([r for _, r in read]), strict=True)}
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text.strip().replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _spearman(x: list[float], y: list[float]) -> float | None:
    """Spearman's ρ; None with fewer than three points or without variation, where it means nothing."""
    if len(x) < _FEWEST or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    return float(spearmanr(x, y).statistic)
