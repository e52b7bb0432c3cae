"""SMI: lines of SMILES, blank, name as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from molecules.candidate import Rejection
from molecules.likeness import likeness
from molecules.row import Row, empty_row, make_row
from molecules.table import table_likeness, table_rows
from molecules.titles import STRUCTURES, structure_rank

_PROBED = 100  # lines looked at to find which end of them has the structures
_SMILES_FIRST = re.compile(r"(?P<smiles>\S+(?:[ \t]+\|[^|]*\|)?)[ \t]*(?P<name>.*)")
_NAME_FIRST = re.compile(r"(?P<name>.*?)[ \t]*(?P<smiles>\S+(?:[ \t]+\|[^|]*\|)?)")
_SWAPPED = "The line has its name first: what stands last was read as the structure."


def smi_rows(text: str) -> Iterator[Row | Rejection]:
    """Read lines of SMILES or CXSMILES, blank, name; the first may be titles, and those that begin with # are comments.

    Where names come first throughout, or the lines are those of a table, they are read so.
    """
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    probed = filled[:: max(1, len(filled) // _PROBED)]
    smiles_first, name_first = (_likeness(probed, form) for form in (_SMILES_FIRST, _NAME_FIRST))
    if probed and table_likeness("\n".join(probed)) > max(smiles_first, name_first):
        yield from table_rows(text)
        return
    form, notes = (_NAME_FIRST, (_SWAPPED,)) if name_first > smiles_first else (_SMILES_FIRST, ())
    titles_may_come = True
    for number, line in enumerate(lines, start=1):
        smiles, name = _parts(line, form)
        is_titles = titles_may_come and structure_rank(smiles) >= STRUCTURES
        if line.lstrip().startswith("#") or is_titles:
            continue
        titles_may_come = not smiles
        yield make_row(number, smiles, name, {}, notes) if smiles else empty_row(number)


def text_rows(text: str) -> Iterator[Row | Rejection]:
    """Read a .txt file: a table where its first line has tabs, else lines as in a .smi file."""
    first = next(line for line in text.split("\n") if line.strip())
    return table_rows(text) if "\t" in first.strip() else smi_rows(text)


def _parts(line: str, form: re.Pattern[str]) -> tuple[str, str]:
    found = form.fullmatch(line.strip(" \t"))
    return (found["smiles"], found["name"]) if found else ("", "")


def _likeness(lines: Sequence[str], form: re.Pattern[str]) -> int:
    return sum(likeness(_parts(line, form)[0]) for line in lines)
