"""Assay: a chemist's own measurements, and whether they can teach a ranking."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.companions import companions, measured_in, refuse_mixed_types
from models.errors import UnsuitableError
from models.measurement import Measurement, converted, decimal_marks, unit_in_title
from models.split import groups
from molecules.candidate import Candidate, Rejection
from molecules.read import read_rows

LEAST, MOST = 30, 5000
"""Compounds that a ranking can be taught with here: below, a held-out fifth of them says nothing."""
LEAST_SCAFFOLDS = 5
MOST_IN_ONE = 0.6
"""Share of the compounds that one scaffold may have; beyond, nothing that differs from it can be held out."""
MOST_NOISE = 0.5
"""Of the spread of all values, that repeated measurements may have (standard deviations)."""
_REMEDY = "Correct the cell, or leave the row out. A number stands alone, its unit in the title of the column."
LEAST_REPEATS = 5
"""Compounds measured more than once, from which on their spread counts as the assay's noise."""


@dataclass(frozen=True, eq=False, slots=True)
class Assay:
    """Compounds with a measured value each."""

    column: str
    candidates: tuple[Candidate, ...]
    """One for each compound."""
    values: NDArray[np.float64]
    """(n,) the mean of a compound's measurements, in `unit`."""
    unit: str
    """Of all values, into which concentrations were converted; empty where the file gives none."""
    dates: tuple[date, ...]
    """The first of each compound; none where no column of dates was named."""
    noise: float | None
    """Standard deviation of repeated measurements; None where too few compounds have several."""
    rejections: tuple[Rejection, ...]
    """Rows that are not used."""


def read_assay(path: Path, column: str, date_column: str = "") -> Assay:
    """Measurements of a .csv or .sdf file.

    A row is rejected, with the reason, where its value is a limit (``>10``, or as a column of relations says), is no
    number, can be read in two ways, or has a unit from which nothing leads to that of the others. The unit is what
    the cell, the column's title or a column of units says, in this order.

    Args:
        path: the file.
        column: of the measured values.
        date_column: of dates as ``2026-11-25``; empty: there are none.

    Raises:
        LibraryError: the file as a whole cannot be read.
        UnsuitableError: there is no such column, or it holds measurements of several types.
    """
    rows = read_rows(path)
    known = {name for one in rows.candidates for name in one.columns}
    for name in filter(None, (column, date_column)):
        if name not in known:
            raise UnsuitableError(f"{path} has no column {name!r}. It has {', '.join(sorted(known)) or 'none'}.")
    beside = companions(column, [one.columns for one in rows.candidates])
    rejections = list(rows.rejections)
    marks = decimal_marks(one.columns.get(column, "") for one in rows.candidates)
    taken: list[tuple[Candidate, Measurement, date | None]] = []
    for one in rows.candidates:
        try:
            measured = measured_in(one.columns, column, beside, marks)
            taken.append((one, measured, _date(one.columns.get(date_column, ""), date_column)))
        except ValueError as error:
            rejections.append(Rejection(one.row, one.input, str(error), _REMEDY))
    refuse_mixed_types(beside.type, (one.columns.get(beside.type, "") for one, _, _ in taken))
    units = Counter(measured.unit for _, measured, _ in taken).most_common(1)
    unit = unit_in_title(column) or (units[0][0] if units else "")
    repeats: dict[str, list[tuple[Candidate, float, date | None]]] = defaultdict(list)
    for one, measured, when in taken:
        try:
            value = converted(measured, unit)
        except ValueError as error:
            rejections.append(Rejection(one.row, one.input, str(error), _REMEDY))
        else:
            repeats[one.identity].append((one, value, when))
    spreads = [np.var([value for _, value, _ in same], ddof=1) for same in repeats.values() if len(same) > 1]
    return Assay(
        column,
        tuple(same[0][0] for same in repeats.values()),
        np.array([np.mean([value for _, value, _ in same]) for same in repeats.values()]),
        unit,
        tuple(min(when for _, _, when in same if when) for same in repeats.values()) if date_column else (),
        math.sqrt(float(np.mean(spreads))) if len(spreads) >= LEAST_REPEATS else None,
        tuple(sorted(rejections, key=lambda rejection: rejection.row)),
    )


def check(assay: Assay) -> None:
    """Raise UnsuitableError, with all reasons, where the measurements cannot support a ranking."""
    if reasons := list(_reasons(assay)):
        raise UnsuitableError(" ".join(reasons))


def by_time(assay: Assay, share: float) -> NDArray[np.bool_]:
    """Whether each compound is held out: the latest share of them."""
    order = np.argsort([when.toordinal() for when in assay.dates], kind="stable")
    latest = np.zeros(len(order), dtype=bool)
    latest[order[len(order) - round(share * len(order)) :]] = True
    return latest


def scaffold_counts(assay: Assay) -> Mapping[int, int]:
    """How many compounds each scaffold or cluster has."""
    return Counter(groups([one.smiles for one in assay.candidates]).tolist())


def _reasons(assay: Assay) -> Iterator[str]:
    n = len(assay.values)
    if n < LEAST:
        yield f"{n} compounds have a value: at least {LEAST} are needed. Measure more, or rank by physics."
        return
    if n > MOST:
        yield f"{n} compounds are more than the {MOST} that this training is made for. Give a part of them."
    spread = float(np.std(assay.values))
    if spread == 0.0:
        yield "All values are equal: there is no order to learn."
        return
    counts = scaffold_counts(assay)
    largest = max(counts.values())
    if len(counts) < LEAST_SCAFFOLDS:
        yield (
            f"The compounds have {len(counts)} scaffolds: at least {LEAST_SCAFFOLDS} are needed, so that some can be "
            "held out. Add other series."
        )
    elif largest > MOST_IN_ONE * n:
        yield (
            f"One scaffold has {largest} of {n} compounds: whatever is learned would hold inside that series only, and "
            "cannot be tested outside. Add other series."
        )
    if assay.noise is not None and assay.noise > MOST_NOISE * spread:
        yield (
            f"Repeated measurements differ by ±{assay.noise:.2g}, more than half of the spread of all values "
            f"({spread:.2g}): the order is mostly noise. Repeat the assay, or use a wider range of compounds."
        )


def _date(text: str, column: str) -> date | None:
    if not column:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no date such as 2026-11-25.") from None
