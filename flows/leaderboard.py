"""Leaderboard: every molecule that was ever screened for one question, ranked together.

A leaderboard is a folder with ``leaderboard.json``, and its ranking as ``leaderboard.csv``. It ranks by the score of
physics, which is a molecule's own; what a Llama makes of a comparison depends on who else was there.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.report.document import ReportDocument
from flows.report.write import csv_text, replace_text
from molecules.candidate import Candidate
from pipeline.errors import InputError
from pipeline.ground_state import VERSION
from pipeline.level import LevelOfTheory
from pipeline.objective import Objective
from pipeline.ranks import ranks
from pipeline.store import content_hash


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Entry(_Record):
    """A molecule with a score."""

    identity: str = Field(description="Standard InChIKey of the parent; of racemates and atropisomers more.")
    rank: int = Field(ge=1, description="Among all of the leaderboard; 1 is best, shared by scores shown alike.")
    name: str = Field(description="The user's name for it.")
    smiles: str = Field(description="Canonical isomeric SMILES of the standardised parent.")
    score: float = Field(description="Desirability by physics, 0 to 1; higher is better.")
    uncertainty: float | None = Field(description="Half width like one standard deviation; null: unknown.")
    first_seen: date = Field(description="Day of the screen that first ranked it.")
    report: str = Field(description="Path of the report that it is in, from the leaderboard's folder.")
    explained: bool = Field(description="Whether that report explains it.")


class Unranked(_Record):
    """A molecule that has no score."""

    identity: str = Field(description="Standard InChIKey of the parent; of racemates and atropisomers more.")
    name: str = Field(description="The user's name for it.")
    smiles: str = Field(description="Canonical isomeric SMILES of the standardised parent.")
    since: date = Field(description="Day on which that was found.")
    reason: str = Field(description="Why it has none.")
    remedy: str = Field(description="What to do about it.")


class Leaderboard(_Record):
    """One question's molecules. Scores of other questions, levels of theory or seeds are on other leaderboards."""

    schema_version: Literal[1] = 1
    name: str = Field(description="Objective, profile, seed and a hash of all that a score depends on.")
    entries: tuple[Entry, ...] = Field(default=(), description="Best first.")
    unranked: tuple[Unranked, ...] = Field(default=(), description="Tried, or waiting for approval; by identity.")

    @property
    def leader(self) -> Entry | None:
        """The best, if any; of those that share the first rank, the one seen first."""
        return self.entries[0] if self.entries else None


@dataclass(frozen=True, slots=True)
class Change:
    """What entering a screen changed."""

    before: Leaderboard
    after: Leaderboard

    @property
    def new_leader(self) -> Entry | None:
        """The leader, if it is another molecule than before."""
        leader, former = self.after.leader, self.before.leader
        return leader if leader and (former is None or former.identity != leader.identity) else None

    @property
    def n_added(self) -> int:
        """Molecules that were not on the leaderboard before."""
        return len(self.after.entries) - len(self.before.entries)


def leaderboard_name(objective: Objective, profile: str, level: LevelOfTheory, seed: int) -> str:
    """Name of the leaderboard whose scores can be compared with those of such a screen: a folder's, and a key's."""
    words = re.sub(r"[^a-z0-9]+", "-", objective.name.lower()).strip("-")[:40] or "objective"
    return f"{words}-{profile}-{seed}-{content_hash(objective, level, seed, VERSION)[:8]}"


def read_leaderboard(folder: Path) -> Leaderboard:
    """The leaderboard in a folder; an empty one where there is none yet.

    Raises:
        InputError: its file is damaged, or of another schema version.
    """
    path = folder / "leaderboard.json"
    if not path.exists():
        return Leaderboard(name=folder.name)
    try:
        return Leaderboard.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"{path} is no leaderboard of schema version 1: {where}: {first['msg']}.",
            "Put back a backup, or move the file away: results are in the store, and the next run builds it anew.",
        ) from error


def enter(folder: Path, report: ReportDocument, page: Path, candidates: Iterable[Candidate]) -> Change:
    """Enter what a screen found. A molecule that is there already keeps the day on which it was first seen.

    Args:
        folder: The leaderboard's.
        report: What the screen found.
        page: Its report.html.
        candidates: All that were screened; those that the report does not rank become unranked.
    """
    day = report.provenance.finished.date()
    where = os.path.relpath(page.resolve(), folder.resolve())
    ranked = [
        Entry(
            identity=one.identity,
            rank=1,
            name=one.name,
            smiles=one.smiles,
            score=one.score_physics,
            uncertainty=one.descriptors[report.objective.ranking_descriptor].uncertainty,
            first_seen=day,
            report=where,
            explained=one.explanation is not None,
        )
        for one in report.candidates
    ]
    has_rank = {entry.identity for entry in ranked}
    failures = {failure.id: failure for failure in report.failed}
    unranked = []
    for one in candidates:
        if one.identity not in has_rank:
            failure = failures.get(one.id)
            reason = failure.reason if failure else "A molecule that the objective compares with failed."
            remedy = failure.remedy if failure else "See the report, and run it once more with “Try again”."
            unranked.append(_unranked(one, day, reason, remedy))
    with _changing(folder) as before:
        known = {entry.identity: entry for entry in before.entries}
        for entry in ranked:
            first = known.get(entry.identity, entry).first_seen
            known[entry.identity] = entry.model_copy(update={"first_seen": first})
        after = Leaderboard(
            name=before.name, entries=_in_order(known.values()), unranked=_merged(before, unranked, known)
        )
        _write(folder, after)
    return Change(before, after)


def set_aside(folder: Path, candidates: Iterable[Candidate], day: date, reason: str, remedy: str) -> None:
    """Note molecules that are not computed for now, so that they do not count as new."""
    with _changing(folder) as before:
        waiting = [_unranked(one, day, reason, remedy) for one in candidates]
        known = {entry.identity: entry for entry in before.entries}
        _write(folder, before.model_copy(update={"unranked": _merged(before, waiting, known)}))


def _unranked(candidate: Candidate, day: date, reason: str, remedy: str) -> Unranked:
    return Unranked(
        identity=candidate.identity,
        name=candidate.name,
        smiles=candidate.smiles,
        since=day,
        reason=reason,
        remedy=remedy,
    )


def _merged(before: Leaderboard, more: Sequence[Unranked], known: Mapping[str, Entry]) -> tuple[Unranked, ...]:
    """Those without a score, each as it was found last."""
    last = {one.identity: one for one in (*before.unranked, *more) if one.identity not in known}
    return tuple(last[key] for key in sorted(last))


def _in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Best first; of those that share a rank, the one seen first."""
    known = list(entries)
    given = ranks([one.score for one in known])
    ranked = [one.model_copy(update={"rank": rank}) for rank, one in zip(given, known, strict=True)]
    return tuple(sorted(ranked, key=lambda one: (one.rank, one.first_seen, one.identity)))


@contextmanager
def _changing(folder: Path) -> Iterator[Leaderboard]:
    """The leaderboard as it is, while no other process changes it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed, also by kill -9
        yield read_leaderboard(folder)


def _write(folder: Path, leaderboard: Leaderboard) -> None:
    columns = list(Entry.model_fields)
    rows = ([getattr(entry, column) for column in columns] for entry in leaderboard.entries)
    replace_text(folder / "leaderboard.csv", csv_text([columns, *rows]))
    replace_text(folder / "leaderboard.json", leaderboard.model_dump_json(indent=1) + "\n")
