"""Inventory: what a store holds, by stage, and which of it should go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Text, cast, delete, func, select

from pipeline.store import Result, Store


@dataclass(frozen=True, slots=True)
class Holding:
    """The results of one stage."""

    stage: str
    results: int
    payload_bytes: int
    wall_s: float
    """Seconds of work that made them, and that it would take to make them again."""
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the results; by default all."""

    before: datetime | None = None
    """Only those made before this moment, which has a time zone."""
    stages: tuple[str, ...] = ()
    """Only those of these stages; none: of all."""

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for SQL."""
        found = []
        if self.before is not None:
            found.append(Result.created < self.before.astimezone(UTC))
        if self.stages:
            found.append(Result.stage.in_(self.stages))
        return found


def inventory(store: Store, selection: Selection | None = None) -> tuple[Holding, ...]:
    """What a store holds, or the selected part of it; the stage that took most work first."""
    work = func.sum(Result.wall_s)
    # payloads are ASCII, so that characters are bytes
    size = func.sum(func.length(cast(Result.payload, Text)))
    statement = (
        select(Result.stage, func.count(), size, work, func.min(Result.created), func.max(Result.created))
        .where(*(selection or Selection()).conditions)
        .group_by(Result.stage)
        .order_by(work.desc(), Result.stage)
    )
    with store.session("read") as session:
        return tuple(
            Holding(stage, results, payload_bytes, wall_s, in_utc(oldest), in_utc(newest))
            for stage, results, payload_bytes, wall_s, oldest, newest in session.execute(statement)
        )


def size_bytes(store: Store) -> int:
    """What the store takes on its disk, indexes and room to reuse included."""
    with store.session("read") as session:
        connection = session.connection()
        if store.dialect == "postgresql":
            size = connection.exec_driver_sql("SELECT pg_total_relation_size('results')").scalar_one()
        else:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            size = pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        return int(size)


def prune(store: Store, selection: Selection) -> int:
    """Delete the selected results; a screen that needs one of them computes it again.

    Returns:
        How many were deleted.
    """
    with store.session("written") as session:
        deleted = session.connection().execute(delete(Result).where(*selection.conditions)).rowcount
        session.commit()
    return deleted


def compact(store: Store) -> None:
    """Give the room of deleted results back to the disk. PostgreSQL keeps it, and uses it for the next ones.

    Raises:
        TransientError: there is not enough free disk for the copy that SQLite makes, or others keep the store busy.
    """
    if store.dialect != "sqlite":
        return
    with store.session("compacted") as session:
        connection = session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def in_utc(moment: datetime) -> datetime:
    """A moment as a database gives it, SQLite without its time zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
