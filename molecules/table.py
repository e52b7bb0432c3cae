"""Tables: the rows of a CSV file, whatever its delimiter and titles."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from rdkit import Chem

from molecules.candidate import Rejection
from molecules.likeness import likeness, looks_like_smiles, organic_molecule
from molecules.row import LibraryError, Row, empty_row, make_row, shortened
from molecules.titles import STRUCTURES, name_columns, name_rank, structure_rank

_DELIMITERS = ",;\t"
_DECLARED = re.compile(r'\s*"?sep=(.)"?[\s,;]*', re.IGNORECASE)  # the first line of a file that Excel is to open
_PROBED = 100  # rows looked at to find the delimiter and the structures


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column is what."""

    titles: tuple[str, ...]
    has_titles: bool
    structure: int
    names: tuple[int, ...]
    """Columns of names, best first."""
    notes: tuple[str, ...] = ()


def table_rows(text: str) -> Iterator[Row | Rejection]:
    """Read every row of a table; blank ones at the end are none.

    Columns are separated by what a first line such as ``sep=;`` says, or else by the one of comma, semicolon and tab
    with which one column holds most molecules. Captions above the titles, of one cell or after a #, are no rows.

    The structures are in the column with most organic molecules; of several, in the one whose title says so best, and
    of those that hold the same compounds, in the one that says most of stereochemistry. The name is in the column
    titled so, or where that is empty in one of identifiers.

    Raises:
        LibraryError: When no column holds SMILES.
    """
    lines = list(io.StringIO(text))
    delimiter, start = _delimiter(lines)
    records = list(_records(lines, delimiter, start))
    while records and _is_blank(records[-1][1]):
        records.pop()
    filled = _filled(records)
    captions = list(takewhile(_is_caption, filled[:-1]))
    table = filled[len(captions) :]
    layout = _layout(table) if table else _Layout((), False, 0, ())
    no_rows = [*captions, *table[: layout.has_titles]]
    for number, cells in records:
        if isinstance(cells, str):
            yield Rejection(number, shortened(lines[number - 1].strip()), *_explained(cells))
        elif _is_blank(cells):
            yield empty_row(number)
        elif not any(cells is one for one in no_rows):
            yield _table_row(number, cells, layout)


def table_likeness(text: str) -> int:
    """Add up the likeness to molecules of the column that has most of it, among the first rows."""
    lines = list(islice(io.StringIO(text), _PROBED))
    return max(max(_likenesses(_filled(_records(lines, delimiter)))) for delimiter in _DELIMITERS)


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


def _delimiter(lines: Sequence[str]) -> tuple[str, int]:
    """Find the delimiter, and the index of the line where the table begins."""
    first = next(i for i, line in enumerate(lines) if line.strip())
    declared = _DECLARED.fullmatch(lines[first])
    if declared:
        return declared[1], first + 1

    def holds(delimiter: str) -> tuple[int, int]:
        records = _filled(_records(lines[first : first + _PROBED], delimiter))
        return max(_likenesses(records)), len(records[0]) if records else 0

    return max(_DELIMITERS, key=holds), 0


def _filled(records: Iterable[tuple[int, list[str] | str]]) -> list[list[str]]:
    return [cells for _, cells in records if isinstance(cells, list) and not _is_blank(cells)]


def _is_caption(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    is_text = len(filled) == 1 or re.match(r"#\s*\w", filled[0]) is not None
    return is_text and all(structure_rank(cell) == 1 and not looks_like_smiles(cell) for cell in filled)


def _likenesses(records: Sequence[list[str]]) -> list[int]:
    """Add up the likeness to molecules of each column."""
    sums = [0] * max(map(len, records), default=1)
    for cells in records:
        for i, cell in enumerate(cells):
            sums[i] += likeness(cell)
    return sums


def _records(lines: Sequence[str], delimiter: str, start: int = 0) -> Iterator[tuple[int, list[str] | str]]:
    """Yield (number of the first line, cells), or what is wrong instead of cells.

    After a wrong quotation mark reading starts again on the next line, so that it costs one row and not the rest.
    """
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
    first = records[0]
    probed = records[:: max(1, len(records) // _PROBED)]
    structure, different = _structure_column(first, probed)
    has_titles = _are_titles(first, structure)
    others = [i for i in range(len(first)) if i != structure]
    names = [i for i in name_columns(first) if i != structure] if has_titles else others[:1]
    titles: list[str] = []
    taken: set[str] = set()
    for i, cell in enumerate(first, start=1):
        title = cell.strip() if has_titles and cell.strip() else f"column {i}"
        titles.append(title if title not in taken else f"{title} ({i})")
        taken.add(titles[-1])
    notes = [
        f"Its structure was read from the column “{titles[structure]}”; “{titles[i]}” holds others." for i in different
    ]
    return _Layout(tuple(titles), has_titles, structure, tuple(names), tuple(notes))


def _structure_column(titles: Sequence[str], probed: Sequence[list[str]]) -> tuple[int, list[int]]:
    """Find the column of structures, and those that could be it as well and hold other compounds.

    In a column that is titled as one of structures, no cell is a mere word.
    """
    ranks = [structure_rank(title) for title in titles]
    sums = _likenesses(probed)[: len(titles)]
    for i, rank in enumerate(ranks):
        if rank >= STRUCTURES:
            sums[i] = sum(2 for cells in probed if i < len(cells) and likeness(cells[i])) or 1
    most = max(sums)
    if most == 0:
        raise LibraryError("No column of the table holds SMILES. Title the one that does “smiles”.")
    fitting = [i for i, likely in enumerate(sums) if 2 * likely > most]
    best = max(ranks[i] for i in fitting)
    alike = [i for i in fitting if ranks[i] == best]
    first = alike[0] if best >= STRUCTURES else max(alike, key=lambda i: _heavy_atoms(probed, i))
    same = [i for i in fitting if i == first or (ranks[i] > 0 and not _are_others(probed, first, i))]
    chosen = max(same, key=lambda i: (_stereo_marks(probed, i), i == first))
    return chosen, [i for i in alike if i not in same]


def _heavy_atoms(records: Sequence[list[str]], column: int) -> int:
    mols = (organic_molecule(cells[column]) for cells in records if column < len(cells))
    return sum(mol.GetNumHeavyAtoms() for mol in mols if mol)


def _stereo_marks(records: Sequence[list[str]], column: int) -> int:
    return sum(len(re.findall(r"@+|[/\\|]", cells[column])) for cells in records if column < len(cells))


def _are_titles(first: Sequence[str], structure: int) -> bool:
    """Tell whether the first row has titles, and no structure, even a wrong one."""
    if organic_molecule(first[structure]):
        return False
    titled = any(structure_rank(cell) != 1 or name_rank(cell) is not None for cell in first)
    return titled or not looks_like_smiles(first[structure])


def _are_others(records: Sequence[list[str]], one: int, other: int) -> bool:
    """Tell whether most rows have different compounds in two columns, whatever these say of stereochemistry."""
    pairs = ([organic_molecule(cells[i]) for i in (one, other)] for cells in records if max(one, other) < len(cells))
    flat = [{Chem.MolToSmiles(mol, isomericSmiles=False) for mol in pair} for pair in pairs if all(pair)]
    return 2 * sum(len(pair) == 2 for pair in flat) > len(flat)


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
    used = (layout.structure, *layout.names[:1])
    columns = {title: cell for i, (title, cell) in enumerate(zip(layout.titles, cells, strict=True)) if i not in used}
    name = next((cells[i] for i in layout.names if cells[i].strip()), "")
    return make_row(number, cells[layout.structure], name, columns, layout.notes)
