"""Report files: report.json, and the page, the tables and the structures that are made of it."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError
from rdkit import Chem

from flows.report.document import RankedCandidate, ReportDocument
from flows.report.page import page_html
from pipeline.errors import InputError
from pipeline.rungs import RUNGS

_FORMULA = re.compile(
    r"""
    \A (?=[\t\r\n])                                 # blanks that a spreadsheet skips before it looks for a formula
    | (?:\A|(?<=[;\t\r\n])) "* (?=[=+\-@＝＋－＠])    # the start of a cell, also of one that begins within
    (?! [+-]? (\d+\.?\d*|\.\d+) ([eE][+-]?\d+)? ([;\t\r\n]|\Z) )  # and of no number
    """,
    re.VERBOSE,
)
"""Where a spreadsheet begins to run text as a formula (OWASP, "CSV Injection"): a program that expects semicolons or
tabs between cells starts a new one at them, whatever quotation marks say."""

Cell = str | int | float | None


def write_report(document: ReportDocument, folder: Path) -> Path:
    """Write every file of a report, each complete or not at all.

    report.json comes first: from it alone the others can be made again.

    Args:
        document: What the screen found out.
        folder: Where to; made if it is not there. Files of an earlier report are replaced.

    Returns:
        The path of report.html.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / "report.json", document.model_dump_json(indent=1) + "\n")
    replace_text(folder / "report.html", page_html(document))
    replace_text(folder / "ranking.csv", csv_text(_ranking(document)))
    replace_text(folder / "rejected.csv", csv_text(_rejected(document)))
    replace_text(folder / "candidates.sdf", _sdf(document))
    return folder / "report.html"


def read_report(folder: Path) -> ReportDocument:
    """The report in a folder, from its report.json alone.

    Raises:
        InputError: there is none, or it is damaged, or of another schema version.
    """
    path = folder / "report.json"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}).", "Name the folder that `eigenlead screen --out` wrote."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text: it is damaged.", "Run the screen again with --resume.") from error
    try:
        return ReportDocument.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"{path} is no report of schema version 1: {where}: {first['msg']}.",
            "Run the screen again with --resume, or use the version of Eigenlead that wrote it.",
        ) from error


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, in place of an earlier one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV in UTF-8 without a byte order mark, which scripts would take for part of the first heading."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Cell) -> Cell:
    """The value, with an apostrophe before text that a spreadsheet would run as a formula; numbers stay as they are."""
    return _FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value


def _results(candidate: RankedCandidate) -> dict[str, Cell]:
    """What the screen found for one candidate, by column."""
    results: dict[str, Cell] = {
        "rank": candidate.rank,
        "name": candidate.name,
        "id": candidate.id,
        "smiles": candidate.smiles,
        "smiles_in_water": candidate.smiles_in_water,
        "inchikey": candidate.inchikey,
        "score": candidate.score,
        "rank_physics": candidate.rank_physics,
        "score_physics": candidate.score_physics,
        "rank_llama": candidate.rank_llama,
        "score_llama": candidate.score_llama,
        "probability_top_k": candidate.probability_top_k,
    }
    for name, descriptor in candidate.descriptors.items():
        unit = f" [{descriptor.unit}]" if descriptor.unit else ""
        results[f"{name}{unit}"] = descriptor.value
        results[f"{name} uncertainty{unit}"] = descriptor.uncertainty
        results |= {f"{name} {rung}{unit}": getattr(descriptor.rungs, rung) for rung in RUNGS}
    results |= candidate.properties
    results["alerts"] = "; ".join(candidate.alerts)
    results["flags"] = "; ".join(flag for value in candidate.descriptors.values() for flag in value.flags)
    results["notes"] = "; ".join(candidate.notes)
    results["explanation"] = candidate.explanation.text if candidate.explanation else None
    return results


def _renamed(columns: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """The user's columns under their own names, with ``input_`` before those that are taken."""
    used = set(taken)
    names: dict[str, str] = {}
    for column in columns:
        name = column
        while name in used:
            name = f"input_{name}"
        used.add(name)
        names[column] = name
    return names


def _ranking(document: ReportDocument) -> Iterable[list[Cell]]:
    results = [_results(candidate) for candidate in document.candidates]
    header = list(dict.fromkeys(column for row in results for column in row)) or ["rank", "name", "id", "smiles"]
    own = _renamed(dict.fromkeys(column for one in document.candidates for column in one.columns), header)
    yield [*header, *own.values()]
    for candidate, row in zip(document.candidates, results, strict=True):
        yield [*(row.get(column) for column in header), *(candidate.columns.get(column) for column in own)]


def _rejected(document: ReportDocument) -> Iterable[list[Cell]]:
    yield ["row", "input", "reason", "remedy"]
    for row in document.rejected:
        yield [row.row, row.input, row.reason, row.remedy]


def _sdf(document: ReportDocument) -> str:
    """The candidates that have 3D coordinates, best first, with their results and the user's columns."""
    out = io.StringIO()
    writer = Chem.SDWriter(out)
    for candidate in document.candidates:
        if candidate.molblock is None:
            continue
        molecule = Chem.MolFromMolBlock(candidate.molblock, removeHs=False)
        if molecule is None:
            raise ValueError(f"the molfile of {candidate.id} is not readable by RDKit")
        molecule.ClearComputedProps()
        molecule.SetProp("_Name", _line(candidate.name))
        results = _results(candidate)
        own = {name: candidate.columns[column] for column, name in _renamed(candidate.columns, results).items()}
        for name, value in (results | own).items():
            if value not in (None, ""):
                molecule.SetProp(re.sub(r"[<>\s]+", " ", name).strip() or "column", _line(str(value)))
        writer.write(molecule)
    writer.close()
    return out.getvalue()


def _line(text: str) -> str:
    """Text on one line that cannot end a record: blank lines and ``$$$$`` have a meaning in an SDF."""
    return " ".join(text.split()).replace("$$$$", "$ $ $ $")
