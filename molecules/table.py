"""Tables: the rows of a CSV file, whatever its delimiter and titles."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from molecules.candidate import Rejection
from molecules.row import NAME_TITLES, SMILES_TITLES, LibraryError, Row, empty_row, make_row, normalised, shortened
from molecules.smiles import SmilesError, parse

_DELIMITERS = ",;\t"
_PROBE_ROWS = 20  # rows looked at to find the structures where no title tells


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column is what."""

    titles: tuple[str, ...]
    has_titles: bool
    structure: int
    name: int | None


def table_rows(text: str) -> Iterator[Row | Rejection]:
    """Read every row of a table; blank ones at the end are none.

    Columns are separated by the one of comma, semicolon and tab that splits the first line into most. The structures
    are in the column titled as in `SMILES_TITLES`, or else in the first whose cells are SMILES.

    Raises:
        LibraryError: When no column holds SMILES.
    """
    lines = list(io.StringIO(text))
    records = list(_records(lines, _delimiter(lines)))
    while records and _is_blank(records[-1][1]):
        records.pop()
    filled = [cells for _, cells in records if isinstance(cells, list) and not _is_blank(cells)]
    layout = _layout(filled) if filled else _Layout((), False, 0, None)
    titles = filled[0] if layout.has_titles else None
    for number, cells in records:
        if isinstance(cells, str):
            yield Rejection(number, shortened(lines[number - 1].strip()), *_explained(cells))
        elif _is_blank(cells):
            yield empty_row(number)
        elif cells is not titles:
            yield _table_row(number, cells, layout)


def _explained(error: str) -> tuple[str, str]:
    """Reason and remedy of a row that the csv module does not read."""
    if "field limit" in error:
        return (
            f"A cell of the row has more than {csv.field_size_limit():,} characters.",
            "Shorten it, or close the quotation mark that opens it.",
        )
    return (
        f"A quotation mark in the row opens or closes at the wrong place ({error}).",
        'Put a cell with quotation marks, delimiters or line breaks between ", and double each " inside it.',
    )


def _delimiter(lines: Sequence[str]) -> str:
    first = next(line for line in lines if line.strip())
    return max(_DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter))))


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield (number of the first line, cells), or what is wrong instead of cells.

    After a wrong quotation mark reading starts again on the next line, so that it costs one row and not the rest.
    """
    start = 0
    while start < len(lines):
        rest = map(lines.__getitem__, range(start, len(lines)))  # at once at `start`, however often that is
        reader = csv.reader(rest, delimiter=delimiter, strict=True, skipinitialspace=True)
        first = start
        try:
            for cells in reader:
                yield first + 1, cells
                first = start + reader.line_num
            return
        except csv.Error as error:
            yield first + 1, str(error)
            start = first + 1


def _is_blank(cells: list[str] | str) -> bool:
    return isinstance(cells, list) and not any(cell.strip() for cell in cells)


def _layout(records: Sequence[list[str]]) -> _Layout:
    first = [normalised(cell) for cell in records[0]]
    structure = next((first.index(title) for title in SMILES_TITLES if title in first), None)
    has_titles = structure is not None
    if structure is None:
        structure = _probe(records)
        has_titles = not _is_smiles(records[0][structure])
    others = [i for i in range(len(first)) if i != structure]
    if has_titles:
        name = next(
            (first.index(title) for title in NAME_TITLES if title in first and first.index(title) in others), None
        )
    else:
        name = others[0] if others else None
    titles: list[str] = []
    taken: set[str] = set()
    for i, cell in enumerate(records[0], start=1):
        title = cell.strip() if has_titles and cell.strip() else f"column {i}"
        titles.append(title if title not in taken else f"{title} ({i})")
        taken.add(titles[-1])
    return _Layout(tuple(titles), has_titles, structure, name)


def _probe(records: Sequence[list[str]]) -> int:
    """Find the first column most of whose cells are SMILES."""
    probed = records[:_PROBE_ROWS]
    for column in range(len(records[0])):
        cells = [cells[column] for cells in probed if column < len(cells) and cells[column].strip()]
        if cells and 2 * sum(_is_smiles(cell) for cell in cells) >= len(cells):
            return column
    raise LibraryError("No column of the table holds SMILES. Title the one that does “smiles”.")


def _is_smiles(cell: str) -> bool:
    try:
        parse(cell)
    except SmilesError:
        return False
    return True


def _table_row(number: int, cells: list[str], layout: _Layout) -> Row | Rejection:
    while len(cells) > len(layout.titles) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(layout.titles):
        few = len(cells) < len(layout.titles)
        return Rejection(
            number,
            shortened(" | ".join(cells)),
            f"The row has {len(cells)} cells where the first row has {len(layout.titles)}.",
            "Add the missing delimiters, also for cells without content."
            if few
            else "Put a cell that contains the delimiter between quotation marks.",
        )
    if not cells[layout.structure].strip():
        return Rejection(
            number, shortened(" | ".join(cells)), "The row has no structure.", "Write a SMILES into its column."
        )
    used = (layout.structure, layout.name)
    columns = {title: cell for i, (title, cell) in enumerate(zip(layout.titles, cells, strict=True)) if i not in used}
    name = "" if layout.name is None else cells[layout.name]
    return make_row(number, cells[layout.structure], name, columns)
