"""Charts: where each mark of a plot stands, in percent of the plot's width and height.

The templates draw the marks as SVG with percentages for positions and pixels for sizes, and the letters as HTML. So a
plot fills whatever width there is, on a phone or on paper, and its letters keep their size; no script is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flows.report.document import QuantumStep, RankedCandidate, ReportDocument, SpeciesRecord
from flows.report.measured import Measured
from flows.report.words import number, quantity, score
from pipeline.ranks import places
from pipeline.rungs import HARTREE_IN_KCAL_MOL, RUNGS, RungName

CHEMICAL_ACCURACY_MILLIHARTREE = 1000 / HARTREE_IN_KCAL_MOL
"""1 kcal/mol."""

_FLOOR_MILLIHARTREE = 1e-6
"""Smaller errors are the rounding noise of energies around a thousand hartree, and are drawn here."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale and its ticks."""

    place: Callable[[float], float]
    """From a value to a position in percent, from the axis's start."""
    ticks: tuple[tuple[float, str], ...]
    """Position in percent and label."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One value on one rung."""

    rung: RungName
    x: float
    """In percent."""
    label: str
    """The value with its unit."""


@dataclass(frozen=True, slots=True)
class RungRow:
    """The values of one candidate on every rung that it has."""

    candidate: RankedCandidate
    dots: tuple[Dot, ...]
    interval: tuple[float, float] | None
    """The ranking value with its uncertainty either way, in percent."""


@dataclass(frozen=True, slots=True)
class RungChart:
    """The ranking descriptor on every rung, a row a candidate."""

    title: str
    unit: str
    x: Axis
    rows: tuple[RungRow, ...]
    rungs: tuple[RungName, ...]
    """Those that any row has."""


@dataclass(frozen=True, slots=True)
class Line:
    """One species's way down to its ground state."""

    label: str
    points: str
    """``x,y x,y …`` in percent, y downwards."""
    last: str
    """The error at the end, in words."""


@dataclass(frozen=True, slots=True)
class TraceChart:
    """Error of the VQE energy above CASCI over the evaluations, on a logarithmic scale."""

    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    accuracy: float | None
    """Where chemical accuracy stands on y, in percent; None: outside."""


@dataclass(frozen=True, slots=True)
class ScatterChart:
    """A measurement across, the score upwards."""

    measured: Measured
    x: Axis
    y: Axis
    points: tuple[tuple[float, float, RankedCandidate, str], ...]
    """Position in percent, y downwards; the candidate; the point in words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a measured candidate."""

    kind: str
    """exact, measured or mitigated."""
    x: float
    """In percent."""
    ends: tuple[float, float]
    """One standard error either way, in percent."""
    label: str


@dataclass(frozen=True, slots=True)
class MeasuredChart:
    """The exact, measured and mitigated value of each candidate, a row a candidate."""

    x: Axis
    rows: tuple[tuple[str, tuple[Reading, ...]], ...]
    """Name and its values."""


def linear_axis(values: Iterable[float], most_ticks: int = 7) -> Axis:
    """A scale with room around the values and ticks at 1, 2 or 5 times a power of ten."""
    values = list(values)
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or max(1.0, abs(low)) * 0.5
    low, high = low - margin, high + margin
    step = _nice((high - low) / most_ticks)
    decimals = max(0, -math.floor(math.log10(step)))
    ticks = [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    return Axis(place, tuple((place(tick), f"{tick + 0.0:.{decimals}f}".replace("-", "−")) for tick in ticks))


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)


def log_axis(values: Iterable[float]) -> Axis:
    """A scale from the power of ten below the values to the one above, ticks at every power or every other."""
    values = list(values)
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    every = 1 if high - low <= 5 else 2

    def place(value: float) -> float:
        return round(100 * (math.log10(value) - low) / (high - low), 2)

    superscript = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    plain = {-2: "0.01", -1: "0.1", 0: "1", 1: "10", 2: "100", 3: "1000"}
    labels = ((power, plain.get(power) or "10" + str(power).translate(superscript)) for power in range(low, high + 1))
    return Axis(place, tuple((place(10.0**power), label) for power, label in labels if (power - low) % every == 0))


def rung_chart(candidates: Sequence[RankedCandidate], name: str) -> RungChart | None:
    """The descriptor `name` of all candidates that have it; None if none has."""
    having = [(one, one.descriptors[name]) for one in candidates if name in one.descriptors]
    if not having:
        return None
    reach = [value for _, one in having for value in dict(one.rungs).values() if value is not None]
    reach += [one.value + sign * (one.uncertainty or 0.0) for _, one in having for sign in (-1, 1)]
    axis = linear_axis(reach)
    rows = []
    for candidate, descriptor in having:
        known = [(rung, getattr(descriptor.rungs, rung)) for rung in RUNGS]
        dots = tuple(
            Dot(rung, axis.place(value), quantity(value, descriptor.unit)) for rung, value in known if value is not None
        )
        half = descriptor.uncertainty
        ends = (axis.place(descriptor.value - half), axis.place(descriptor.value + half)) if half else None
        rows.append(RungRow(candidate, dots, ends))
    first = having[0][1]
    seen = {dot.rung for row in rows for dot in row.dots}
    return RungChart(first.title, first.unit, axis, tuple(rows), tuple(rung for rung in RUNGS if rung in seen))


def trace_chart(species: Iterable[SpeciesRecord]) -> TraceChart | None:
    """How the VQE of each species came down to CASCI; None if no species has a trace."""
    errors = {one.hash: (one, _errors(one)) for one in species}
    known = [(one, values) for one, values in errors.values() if values]
    if not known:
        return None
    every = [value for _, values in known for value in values]
    x = linear_axis([1, max(2, *(len(values) for _, values in known))])
    y = log_axis([*every, CHEMICAL_ACCURACY_MILLIHARTREE])
    lines = tuple(
        Line(
            one.label,
            " ".join(f"{x.place(i)},{100 - y.place(value):.2f}" for i, value in enumerate(values, start=1)),
            f"{number(values[-1])} mHa" if values[-1] > _FLOOR_MILLIHARTREE else "below 10⁻⁶ mHa",
        )
        for one, values in known
    )
    return TraceChart(x, y, lines, 100 - y.place(CHEMICAL_ACCURACY_MILLIHARTREE))


def _errors(species: SpeciesRecord) -> list[float]:
    """Millihartree above CASCI in the same active space, without the solvation delta that the trace leaves out."""
    if species.energy_hartree.casci is None:
        return []
    limit = species.energy_hartree.casci - (species.solvation_hartree or 0.0)
    return [max(_FLOOR_MILLIHARTREE, 1000 * (energy - limit)) for energy in species.trace]


def scatter_chart(one: Measured, document: ReportDocument) -> ScatterChart:
    """The measured values of one column against the score."""
    ids, given = [row.id for row in document.candidates], [row.rank for row in document.candidates]
    placed = dict(zip(ids, places(given), strict=True))
    x = linear_axis([value for _, value in one.points])
    y = linear_axis([candidate.score for candidate, _ in one.points], most_ticks=5)
    points = tuple(
        (
            x.place(value),
            100 - y.place(candidate.score),
            candidate,
            f"{candidate.name}: {one.column} {number(value)}, score {score(candidate.score)}, "
            f"rank {placed[candidate.id]} of {len(document.candidates)}",
        )
        for candidate, value in one.points
    )
    return ScatterChart(one, x, y, points)


def measured_chart(step: QuantumStep) -> MeasuredChart | None:
    """What a backend read of each candidate, beside the exact value; None if nothing was measured."""
    if not step.candidates:
        return None
    kinds = ("exact", "measured", "mitigated")
    known = [
        (one.name, [(kind, value) for kind in kinds if (value := getattr(one, kind)) is not None])
        for one in step.candidates
    ]
    values = [value for _, row in known for _, value in row]
    axis = linear_axis(one.value + sign * one.standard_error for one in values for sign in (-1, 1))
    rows = tuple(
        (
            name,
            tuple(
                Reading(
                    kind,
                    axis.place(value.value),
                    (axis.place(value.value - value.standard_error), axis.place(value.value + value.standard_error)),
                    quantity(value.value, step.unit, value.standard_error),
                )
                for kind, value in row
            ),
        )
        for name, row in known
    )
    return MeasuredChart(axis, rows)
