"""Reading a library: every row of the user's file becomes a candidate or a rejection."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import islice
from pathlib import Path

from molecules.candidate import Candidate, Library, Rejection
from molecules.given_pose import PoseError, pose_in_record
from molecules.row import LibraryError, Row, shortened
from molecules.sdf import sdf_rows
from molecules.smi import smi_rows, text_rows
from molecules.smiles import StructureError, first_message, parse
from molecules.standardize import standardize
from molecules.stereoisomers import stereoisomers
from molecules.table import table_rows
from molecules.text import read_text

__all__ = ["LibraryError", "read_library", "read_pasted", "read_rows"]

MOST_ROWS = 1_000_000
"""Lines of a text file, records of an SDF. Standardising so many takes some hours."""
_CHUNK = 50
"""Rows that a process judges at a time. A library of fewer needs no process."""
_CHUNKS_AHEAD = 64
"""Chunks that wait for a process, so that memory does not grow with the file."""


def read_library(path: Path, pool: Executor | None = None) -> Library:
    """Read, standardise and merge the molecules of a file.

    Formats: .smi (SMILES, blank, name; ``#`` starts a comment line), .csv and .tsv (comma, semicolon or tab), .txt (as
    one of these), .sdf, and each of them with .gz. Blank rows count as rows unless only blank ones follow; titles and
    comments do not. Rows of one molecule, by `Candidate.identity`, are merged into the first of them.

    Args:
        path: The file.
        pool: Processes that standardise, as `concurrent.futures.ProcessPoolExecutor`; None: this one does. The result
            is the same.

    Returns:
        Candidates and rejections, each in the order of the file.

    Raises:
        LibraryError: When the file as a whole cannot be read; the message says what to give instead.
    """
    return _distinct(read_rows(path, pool))


def read_pasted(text: str) -> Library:
    """As `read_library`, of lines that a person pasted: SMILES, blank, name, as in a .smi file or from a spreadsheet.

    Raises:
        LibraryError: When no line holds a molecule.
    """
    lines = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return _distinct(_judged(smi_rows(lines), "The pasted text"))


def read_rows(path: Path, pool: Executor | None = None) -> Library:
    """As `read_library`, but every row of a molecule stays a candidate of its own, as with repeated measurements."""
    path = Path(path)
    return _judged(_rows(path), str(path), pool)


def _judged(rows: Iterable[Row | Rejection], source: str, pool: Executor | None = None) -> Library:
    results = [result for chunk in _judged_chunks(iter(rows), pool) for result in chunk]
    if not results:
        raise LibraryError(f"{source} has titles or comments, and no molecules. Write one molecule a line below them.")
    return Library(
        tuple(one for one in results if isinstance(one, Candidate)),
        tuple(one for one in results if isinstance(one, Rejection)),
    )


def _judged_chunks(rows: Iterator[Row | Rejection], pool: Executor | None) -> Iterator[list[Candidate | Rejection]]:
    """Judge rows chunk by chunk, in the order of the file; the rest that fills no chunk in this process."""
    waiting: deque[Future[list[Candidate | Rejection]]] = deque()
    while len(chunk := list(islice(rows, _CHUNK))) == _CHUNK:
        if pool is None:
            yield _judge(chunk)
            continue
        waiting.append(pool.submit(_judge, chunk))
        if len(waiting) > _CHUNKS_AHEAD:
            yield waiting.popleft().result()
    rest = _judge(chunk)
    while waiting:
        yield waiting.popleft().result()
    yield rest


def _judge(rows: Sequence[Row | Rejection]) -> list[Candidate | Rejection]:
    return [_candidate(row) if isinstance(row, Row) else row for row in rows]


def _distinct(rows: Library) -> Library:
    found: dict[str, list[Candidate]] = {}
    for candidate in rows.candidates:
        found.setdefault(candidate.identity, []).append(candidate)
    return Library(tuple(_merged(same) for same in found.values()), rows.rejections)


def _rows(path: Path) -> Iterator[Row | Rejection]:
    """Choose the format by the file's name."""
    formats = {".smi": smi_rows, ".txt": text_rows, ".csv": table_rows, ".tsv": table_rows, ".sdf": sdf_rows}
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if path.is_dir():
        raise LibraryError(f"{path} is a folder. Give the path of one .smi, .csv or .sdf file.")
    if suffix not in formats:
        raise LibraryError(
            f"{path} is no .smi, .csv or .sdf file (nor .txt, .tsv; .gz may follow). "
            "In a spreadsheet program, save it as “CSV UTF-8”."
        )
    text = read_text(path)
    rows = text.count("$$$$" if suffix == ".sdf" else "\n")
    if rows > MOST_ROWS:
        raise LibraryError(
            f"{path} has {rows:,} {'records' if suffix == '.sdf' else 'lines'}; at most {MOST_ROWS:,} are taken. "
            "Split it into several libraries, each with its titles, and screen them one after the other."
        )
    try:
        yield from formats[suffix](text)
    except LibraryError as error:
        raise LibraryError(f"{path}: {error}") from error


def _candidate(row: Row) -> Candidate | Rejection:
    """Standardise the molecule of a row; what fails is a rejection, whatever it is."""
    try:
        mol = parse(row.structure)
        standard = standardize(mol)
        stereo = stereoisomers(mol, standard)
    except StructureError as error:
        return Rejection(row.row, shortened(row.structure), error.reason, error.remedy)
    except (ValueError, RuntimeError) as error:
        reason = f"RDKit cannot standardise it: {first_message(str(error))}."
        return Rejection(
            row.row, shortened(row.structure), reason, "Check its bonds and charges in a structure editor."
        )
    pose, notes = None, [*row.notes, *standard.notes, *stereo.notes]
    try:
        pose = pose_in_record(row.record, standard.smiles) if row.record else None
    except PoseError as error:
        notes.append(str(error))
    return Candidate(
        id=f"row-{row.row}",
        row=row.row,
        name=row.name or standard.smiles,
        smiles=standard.smiles,
        inchikey=standard.inchikey,
        input=row.structure,
        columns=row.columns,
        notes=tuple(notes),
        stereoisomers=stereo.identity,
        pose=pose,
    )


def _merged(same: Sequence[Candidate]) -> Candidate:
    """Keep the first row of a molecule, and say in its notes what the others hold."""
    first, *others = same
    if not others:
        return first
    *rows, last = [str(candidate.row) for candidate in same]
    notes = [f"Rows {', '.join(rows)} and {last} hold the same molecule and were merged into this one."]
    for other in others:
        difference = _difference(first, other)
        if difference:
            notes.append(f"Row {other.row} differs, and row {first.row} was kept: {difference}.")
        if other.smiles != first.smiles:
            notes.append(
                f"Row {other.row} writes another form of it, {other.smiles}; that of row {first.row} is computed."
            )
        notes += [f"Row {other.row}: {note}" for note in other.notes]
    return replace(first, notes=(*first.notes, *notes))


def _difference(first: Candidate, other: Candidate) -> str:
    """List what another row of the same molecule says, where the first says something else."""
    pairs = [("structure", first.input, other.input), ("name", first.name, other.name)]
    pairs += [(title, first.columns.get(title, ""), other.columns.get(title, "")) for title in other.columns]
    return ", ".join(f"{title} “{there}”" for title, here, there in pairs if there and there != here)
