"""Backup: every result of a store in one sealed SQLite file, whatever database the store is in."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, Integer, NullPool, String, collate, create_engine, insert, select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipeline.errors import InputError, TransientError
from pipeline.inventory import in_utc
from pipeline.store import Base, Result, Store

_CHUNK = 500

Rows = list[dict[str, Any]]


class _Seal(Base):
    """The one row that says what a whole backup holds."""

    __tablename__ = "seal"

    results: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)


def backup(store: Store, file: Path) -> int:
    """Write every result of the store, as it is at one moment, into a new file.

    Others may go on writing to the store. The file is there when it is complete, and not before.

    Returns:
        How many results it holds.

    Raises:
        InputError: the file is there already, or its folder is not.
        TransientError: the store cannot be read, or the file not be written.
    """
    if file.exists():
        raise InputError(f"{file} exists already.", "Name a new file; a date in its name is a good habit.")
    if not file.parent.is_dir():
        raise InputError(f"There is no folder {file.parent}.", "Make it, or name a file in another one.")
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with _writing(file):
            results = _write(_rows_of(store), part)
            part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return results


def restore(store: Store, file: Path) -> tuple[int, int]:
    """Add the results of a backup that the store lacks; what it has stays as it is.

    The file is read to its end before the first result is added. What was cut off is done again without harm.

    Returns:
        How many results were added, and how many the file holds.

    Raises:
        InputError: the file is no backup, or damaged.
        TransientError: the store cannot be written.
    """
    uri = f"{file.absolute().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=partial(sqlite3.connect, uri, uri=True), poolclass=NullPool)
    with _reading(file):
        results = _verified(engine)
    return sum(store.add(rows) for rows in _rows_in(engine, file)), results


def _write(source: Iterator[Rows], part: Path) -> int:
    """Write rows and their seal into a new file, in one transaction."""
    engine = create_engine(URL.create("sqlite", database=str(part)), poolclass=NullPool)
    total, results = hashlib.sha256(), 0
    with Session(engine) as target:
        target.connection().exec_driver_sql("PRAGMA journal_mode = MEMORY")  # no second file that a crash would leave
        Base.metadata.create_all(target.connection())
        for rows in source:
            target.execute(insert(Result), rows)
            _digest(total, rows)
            results += len(rows)
        target.add(_Seal(results=results, sha256=total.hexdigest()))
        target.commit()
    return results


def _verified(engine: Engine) -> int:
    """How many results a file holds, each of them as it was when the file was sealed."""
    total, results = hashlib.sha256(), 0
    with Session(engine) as session:
        for rows in _rows(session):
            _digest(total, rows)
            results += len(rows)
        seal = session.scalars(select(_Seal)).one_or_none()
    if seal is None or (seal.results, seal.sha256) != (results, total.hexdigest()):
        raise ValueError("its results are not those that were sealed")
    return results


def _digest(total: Any, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        plain = row | {"created": row["created"].isoformat()}
        total.update(json.dumps(plain, sort_keys=True).encode())


def _rows(session: Session) -> Iterator[Rows]:
    """Every row, in the order of its key's bytes. One statement sees the database as it is at one moment."""
    in_bytes = "C" if session.get_bind().dialect.name == "postgresql" else "BINARY"
    statement = select(*Result.__table__.columns).order_by(collate(Result.key, in_bytes))
    statement = statement.execution_options(yield_per=_CHUNK)
    for rows in session.execute(statement).mappings().partitions():
        yield [{**row, "created": in_utc(row["created"])} for row in rows]


def _rows_of(store: Store) -> Iterator[Rows]:
    with store.session("read") as session:
        yield from _rows(session)


def _rows_in(engine: Engine, file: Path) -> Iterator[Rows]:
    with _reading(file), Session(engine) as session:
        yield from _rows(session)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except (OperationalError, OSError) as error:
        reason = error.orig if isinstance(error, OperationalError) else error.strerror
        raise TransientError(
            f"The backup {file} cannot be written: {reason}.", "Make room on its disk, then run the command again."
        ) from error


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, ValueError, TypeError) as error:
        reason = error.orig if isinstance(error, DatabaseError) else error
        raise InputError(
            f"{file} is no whole backup of a store: {reason}.", "Give a file that `eigenlead store backup` wrote."
        ) from error
