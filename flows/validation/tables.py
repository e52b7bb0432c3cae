"""Tables: computed values and times as files beside the page, from which another machine goes on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.rungs import RUNGS, Rungs

STAGES = ("geometry", "xtb", "vibrations", "mean_field", "solvation", "dft", "casci", "casci_pdft", "vqe", "pdft")
_VALUES = ("variant", "molecule", "group", "measured", *RUNGS, "flags", "problem", "key")
_TIMES = ("profile", "key", "heavy_atoms", *STAGES)
DECIMALS = 4
"""Of values, in the tables and in what the page makes of them."""
_FLAGS = " | "


@dataclass(frozen=True, slots=True)
class ValueRow:
    """What was computed of one case of one variant."""

    variant: str
    molecule: str
    group: str
    measured: float
    rungs: Rungs
    flags: tuple[str, ...]
    problem: str
    """Why there are no values; empty where there are."""
    key: str
    """Hash of the ground states: a value counts as long as the code would compute the same ones."""


@dataclass(frozen=True, slots=True)
class TimeRow:
    """Seconds of one ground state."""

    profile: str
    key: str
    """Of the ground state."""
    heavy_atoms: int
    seconds: Mapping[str, float]
    """By stage."""


def read_values(file: Path) -> Iterator[ValueRow]:
    """Rows of a table of values; none where there is no file."""
    for row in _rows(file):
        rungs = Rungs(**{rung: float(text) if (text := row[rung]) else None for rung in RUNGS})
        flags = tuple(row["flags"].split(_FLAGS)) if row["flags"] else ()
        yield ValueRow(
            row["variant"],
            row["molecule"],
            row["group"],
            float(row["measured"]),
            rungs,
            flags,
            row["problem"],
            row["key"],
        )


def write_values(file: Path, rows: Iterable[ValueRow]) -> None:
    """Write a table of values."""
    _write(
        file,
        _VALUES,
        (
            (
                *(row.variant, row.molecule, row.group, f"{row.measured}"),
                *("" if (value := row.rungs[rung]) is None else f"{value:.{DECIMALS}f}" for rung in RUNGS),
                *(_FLAGS.join(row.flags), row.problem, row.key),
            )
            for row in rows
        ),
    )


def read_times(file: Path) -> dict[str, TimeRow]:
    """Rows of the table of times by key; none where there is no file."""
    return {
        row["key"]: TimeRow(row["profile"], row["key"], int(row["heavy_atoms"]), {s: float(row[s]) for s in STAGES})
        for row in _rows(file)
    }


def write_times(file: Path, rows: Iterable[TimeRow]) -> None:
    """Write the table of times."""
    _write(
        file,
        _TIMES,
        (
            (row.profile, row.key, f"{row.heavy_atoms}", *(f"{row.seconds.get(stage, 0.0):.3f}" for stage in STAGES))
            for row in sorted(rows, key=lambda row: (row.profile, row.heavy_atoms, row.key))
        ),
    )


def _rows(file: Path) -> list[dict[str, str]]:
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The whole file or nothing of it."""
    temporary = file.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, delimiter="\t", lineterminator="\n").writerows([header, *rows])
    temporary.replace(file)
