"""Row: one row of an input file, before anyone judges its chemistry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from molecules.candidate import Rejection

ENCODING_NOTE = "Its name or columns are not valid UTF-8 and were read as Windows-1252; check their accents."
_SHOWN = 120  # characters of a rejected input that are repeated
_FOREIGN = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8, as Python's "surrogateescape" carries it
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class LibraryError(ValueError):
    """A file that cannot be read as a library at all; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file that names a structure."""

    row: int
    """Line number of a text file, record number of an SDF; from 1."""
    structure: str
    """The SMILES as written; the SMILES of an SDF record."""
    name: str
    """The user's name for it; empty where there is none."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The user's other columns."""
    notes: tuple[str, ...] = ()
    """What was unclear in reading the row, in sentences."""
    record: str = ""
    """The SDF record, where its coordinates are three-dimensional."""


def make_row(
    row: int, structure: str, name: str, columns: Mapping[str, str], notes: tuple[str, ...] = ()
) -> Row | Rejection:
    """Build a row from raw cells: names may be in a foreign encoding, structures may not."""
    foreign = _FOREIGN.search(structure)
    if foreign:
        byte, position = ord(foreign[0]) - 0xDC00, foreign.start() + 1
        return Rejection(
            row,
            shortened(structure),
            f"Character {position} of the SMILES is the byte 0x{byte:02X}, which is not UTF-8 text.",
            "Write the SMILES again in plain ASCII characters, and save the file as UTF-8.",
        )
    if is_foreign("".join((name, *columns, *columns.values()))):
        notes = (*notes, ENCODING_NOTE)
    cells = {readable(title): readable(value) for title, value in columns.items()}
    return Row(row, structure.strip(), " ".join(readable(name).split()), cells, notes)


def empty_row(row: int) -> Rejection:
    """Reject a row without content."""
    return Rejection(row, "", "The row is empty.", "Delete it, or write a SMILES into it.")


def is_foreign(text: str) -> bool:
    """Tell whether a text holds bytes that are not UTF-8."""
    return _FOREIGN.search(text) is not None


def readable(text: str) -> str:
    """Make a cell printable: foreign bytes become Windows-1252 letters, control characters go."""
    if is_foreign(text):
        raw = text.encode("utf-8", errors="surrogateescape")
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    return _CONTROL.sub("", text)


def shortened(text: str) -> str:
    """Shorten a long input for showing it."""
    text = readable(text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
