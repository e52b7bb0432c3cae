"""Store: finished results under the hash of what determines them."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import JSON, DateTime, Float, String, create_engine, delete, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateIndex, CreateTable

from pipeline.errors import TransientError

_T = TypeVar("_T")

_CREATION_LOCK = 0x656967656E  # any number that nobody else in the database locks
_OPEN_ATTEMPTS = 100
_PATIENCE_SECONDS = 60
"""For another process that writes to SQLite, and for a PostgreSQL server that restarts."""


def content_hash(*parts: Any) -> str:
    """SHA-256 (32 hex digits) of JSON-like values or dataclasses; the same in every process and on every machine.

    Floats enter by their shortest exact decimal form, so equal numbers give equal hashes.

    Raises:
        TypeError: a part is no JSON value and no dataclass, so its hash would not be stable.
    """
    plain = [asdict(part) if is_dataclass(part) and not isinstance(part, type) else part for part in parts]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def default_url() -> str:
    """`$EIGENLEAD_STORE`, or an SQLite file in the user's cache folder."""
    if url := os.environ.get("EIGENLEAD_STORE"):
        return url
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "eigenlead"
    cache.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{cache / 'store.sqlite'}"


class Base(DeclarativeBase):
    """Tables of a store and of its backups."""


class Result(Base):
    """One row of the store."""

    __tablename__ = "results"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    stage: Mapped[str] = mapped_column(String(32), index=True)
    payload: Mapped[Any] = mapped_column(JSON)
    wall_s: Mapped[float] = mapped_column(Float)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """SQLite forgets the time zone, which is UTC."""


class Store:
    """Key-value store of results. Every `put` is committed before it returns.

    Any number of processes may share one store; a second `put` under a key changes nothing. A PostgreSQL server that
    restarts is waited for, a minute at the most, and what it broke off is done again.
    """

    def __init__(self, url: str | None = None) -> None:
        """Open or create the store.

        Args:
            url: SQLAlchemy URL, such as ``sqlite:///results.sqlite`` or ``postgresql+psycopg://…``;
                `default_url()` if None.
        """
        self.url = url or default_url()
        self._engine = create_engine(self.url, pool_pre_ping=True)
        if self.dialect == "sqlite":
            event.listen(self._engine, "connect", _set_pragmas)
        self._insert = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        with self._trouble("opened"):
            self._create()
        if self.dialect == "postgresql":  # an address that was right once
            event.listen(self._engine, "do_connect", _connect_patiently)

    def __reduce__(self) -> tuple[Callable[[str], Store], tuple[str]]:
        return open_store, (self.url,)

    def _create(self) -> None:
        """Create the table unless it is there. Others may do so at the same moment.

        PostgreSQL makes them wait for each other if it is told to; SQLite does not: try again.
        """
        table = Base.metadata.tables[Result.__tablename__]
        for attempt in range(_OPEN_ATTEMPTS):
            try:
                with self._engine.begin() as connection:
                    if self.dialect == "postgresql":
                        connection.execute(select(func.pg_advisory_xact_lock(_CREATION_LOCK)))
                    connection.execute(CreateTable(table, if_not_exists=True))  # create_all would race
                    for index in table.indexes:
                        connection.execute(CreateIndex(index, if_not_exists=True))
                return
            except OperationalError as error:
                if "locked" not in str(error.orig) or attempt == _OPEN_ATTEMPTS - 1:
                    raise
                time.sleep(0.1)

    def get(self, key: str) -> Any | None:
        """The payload stored under `key`, or None."""
        return self._run("read", lambda session: session.scalar(select(Result.payload).where(Result.key == key)))

    def put(self, key: str, stage: str, payload: Any, wall_s: float) -> None:
        """Store a JSON payload that took `wall_s` seconds to make, unless the key is there already."""
        row = {"key": key, "stage": stage, "payload": payload, "wall_s": wall_s, "created": datetime.now(UTC)}
        self.add([row])

    def kept(self, key: str, stage: str, make: Callable[[], Any]) -> Any:
        """What is stored under `key`, or what `make` gives, then stored; of several processes the first decides."""
        if (known := self.get(key)) is not None:
            return known
        start = time.perf_counter()
        payload = make()
        self.put(key, stage, payload, time.perf_counter() - start)
        return self.get(key) or payload

    def add(self, rows: Sequence[dict[str, Any]]) -> int:
        """Store rows, each a value for every column of `Result`, unless their keys are there already.

        Returns:
            How many were not.
        """
        insert = self._insert(Result).on_conflict_do_nothing(index_elements=["key"]).returning(Result.key)
        return self._run("written", lambda session: len(session.scalars(insert, rows).all()))

    def replace(self, key: str, stage: str, payload: Any) -> None:
        """Store the JSON payload of unfinished work in place of what the key had."""
        row = {"key": key, "stage": stage, "payload": payload, "wall_s": 0.0, "created": datetime.now(UTC)}
        statement = self._insert(Result).values(row)
        changed = {"payload": statement.excluded.payload, "created": statement.excluded.created}
        statement = statement.on_conflict_do_update(index_elements=["key"], set_=changed)
        self._run("written", lambda session: session.execute(statement))

    def remove(self, key: str) -> None:
        """Forget what the key has, if anything."""
        self._run("written", lambda session: session.execute(delete(Result).where(Result.key == key)))

    def present(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that are stored."""
        wanted = list(keys)
        chunks = [wanted[start : start + 500] for start in range(0, len(wanted), 500)]
        statements = [select(Result.key).where(Result.key.in_(chunk)) for chunk in chunks]
        return self._run("read", lambda session: {key for one in statements for key in session.scalars(one)})

    def newest(self, stage: str, limit: int) -> list[tuple[Any, float]]:
        """Payload and seconds of the newest results of one stage."""
        statement = (
            select(Result.payload, Result.wall_s)
            .where(Result.stage == stage)
            .order_by(Result.created.desc())
            .limit(limit)
        )
        return self._run("read", lambda session: [(row.payload, row.wall_s) for row in session.execute(statement)])

    def count(self, stage: str) -> int:
        """Number of results of one stage."""
        statement = select(func.count()).where(Result.stage == stage)
        return self._run("read", lambda session: session.scalar(statement) or 0)

    @property
    def name(self) -> str:
        """Its URL without the password, for people."""
        return self._engine.url.render_as_string()

    @property
    def dialect(self) -> str:
        """Which database it is in, such as ``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def _run(self, done: str, work: Callable[[Session], _T]) -> _T:
        """Do the work in one transaction, and once more where the server broke off: none here minds being repeated."""
        with self._trouble(done):
            try:
                return self._transaction(work)
            except OperationalError as error:
                if not error.connection_invalidated:
                    raise
            return self._transaction(work)

    def _transaction(self, work: Callable[[Session], _T]) -> _T:
        with Session(self._engine) as session, session.begin():
            return work(session)

    @contextmanager
    def session(self, done: str) -> Iterator[Session]:
        """A session on the store, for housekeeping.

        Args:
            done: what becomes of the store in it, for the message of an error: ``read`` or ``written``.

        Raises:
            TransientError: the database cannot be reached, or has no room.
        """
        with self._trouble(done), Session(self._engine) as session:
            yield session

    @contextmanager
    def _trouble(self, done: str) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise TransientError(
                f"The store {self.name} cannot be {done}: {error.orig}.",
                "Make sure that its folder exists, its disk has room and its server runs, then run the command again.",
            ) from error


@cache
def open_store(url: str) -> Store:
    """One store object a process; an empty URL is the user's own store."""
    return Store(url or None)


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {1000 * _PATIENCE_SECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")


def _connect_patiently(dialect: Any, _record: Any, arguments: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Connect to a server that may be restarting."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return dialect.connect(*arguments, **parameters)
        except dialect.loaded_dbapi.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
