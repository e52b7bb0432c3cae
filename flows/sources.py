"""Sources: where molecules arrive over time, a folder of files or a table of a database."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import MetaData, Table, create_engine, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from flows.folders import confined
from molecules.candidate import Candidate, Library, Rejection
from molecules.read import LibraryError, read_library
from pipeline.errors import InputError, TransientError

_SUFFIXES = (".smi", ".csv", ".sdf")


@dataclass(frozen=True, slots=True)
class Arrived:
    """All that a source holds at one moment."""

    candidates: tuple[tuple[str, Candidate], ...]
    """Each molecule once, by identity, with where it stands: a file's name, or the table's."""
    rejections: tuple[tuple[str, Rejection], ...]
    """Rows, and whole files as row 0, that cannot be read."""


def in_folder(folder: Path) -> Arrived:
    """The molecules of every .smi, .csv and .sdf in a folder, also .gz, in the order of the files' names.

    A file that cannot be read, as one that is still being written, is a rejection.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder.", "Make it, or watch another one.")
    libraries, rejections = [], []
    for file in sorted(folder.iterdir()):
        suffix = Path(file.name.lower().removesuffix(".gz")).suffix
        if suffix not in _SUFFIXES or file.name.startswith("."):
            continue
        try:
            libraries.append((file.name, read_library(confined(file))))
        except LibraryError as error:
            rejections.append((file.name, Rejection(0, "", str(error), "The next run reads it again.")))
        except InputError as error:
            rejections.append((file.name, Rejection(0, "", error.reason, error.remedy)))
    return _arrived(libraries, rejections)


def in_table(url: str, table: str, smiles_column: str, name_column: str) -> Arrived:
    """The molecules of a database's table or view, which is only read.

    Args:
        url: SQLAlchemy URL of the database.
        table: Its name, after a schema's and a dot where it is not in the default one.
        smiles_column: Of the structures.
        name_column: Of the molecules' names; empty: they have none.

    Raises:
        InputError: the URL, the table or a column is wrong.
        TransientError: the database does not answer.
    """
    schema, _, name = table.rpartition(".")
    columns = [column for column in (smiles_column, name_column) if column]
    try:
        engine = create_engine(url)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):  # whose texts may hold the password
        raise InputError(
            "The database's URL is no SQLAlchemy URL, or its driver is not installed.",
            "Write it as in postgresql+psycopg://user:password@host/database.",
        ) from None
    try:
        found = Table(name, MetaData(), schema=schema or None, autoload_with=engine)
        if missing := [column for column in columns if column not in found.columns]:
            raise InputError(
                f"Table {table} has no column {missing[0]!r}.", f"It has {', '.join(found.columns.keys())}: choose one."
            )
        with engine.connect() as connection, TemporaryDirectory() as folder:
            file = Path(folder) / "table.csv"
            structures = found.columns[smiles_column].is_not(None)
            rows = connection.execute(select(*(found.columns[column] for column in columns)).where(structures)).all()
            _write_csv(file, ["smiles", "name"][: len(columns)], rows)
            library = read_library(file) if rows else Library((), ())
    except NoSuchTableError as error:
        raise InputError(f"There is no table {table}.", "Check its name, and its schema's before a dot.") from error
    except SQLAlchemyError as error:
        raise TransientError(
            f"The database {engine.url.render_as_string()} cannot be read: {getattr(error, 'orig', error)}.",
            "Make sure that it runs and that this user may read the table.",
        ) from error
    finally:
        engine.dispose()
    return _arrived([(table, library)], [])


def write_library(path: Path, arrived: Iterable[tuple[str, Candidate]]) -> None:
    """Write molecules as a library, each row as its source had it, with the source in a column."""
    candidates = list(arrived)
    own = list(dict.fromkeys(title for _, one in candidates for title in one.columns))
    rows = (
        [one.input, "" if one.name == one.smiles else one.name, source, *(one.columns.get(title, "") for title in own)]
        for source, one in candidates
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    _write_csv(part, ["smiles", "name", "source", *own], rows)
    part.replace(path)


def _arrived(libraries: Iterable[tuple[str, Library]], rejections: Iterable[tuple[str, Rejection]]) -> Arrived:
    first: dict[str, tuple[str, Candidate]] = {}
    rejected = list(rejections)
    for source, library in libraries:
        for candidate in library.candidates:
            first.setdefault(candidate.identity, (source, candidate))
        rejected += [(source, rejection) for rejection in library.rejections]
    return Arrived(tuple(first.values()), tuple(rejected))


def _write_csv(path: Path, titles: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        writer.writerows(rows)
