"""Comparison: what differs between two reports, candidate by candidate."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.report.document import RankedCandidate, ReportDocument
from molecules.row import readable, shortened
from pipeline.ranks import kendall_tau, places

_SAME = 1e-6
"""Relative difference of numbers that are the same to a reader."""
_ASIDE = (
    *("request.out", "request.workers", "request.store", "request.leaderboards"),  # change no number
    *("request.cluster", "request.time_limit", "request.memory_limit"),  # neither do these
    *("request.objective", "request.profile", "request.seed"),  # also elsewhere
    *("provenance.started", "provenance.finished", "provenance.wall_s", "objective.sorted_because"),
)
_PROSE = {"title": True, "unit": True, "why": True}
"""Of a term: words that may depend on which candidates there are."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that the two screens did differently."""

    name: str
    """Where it stands in report.json, with dots."""
    before: str
    after: str
    """Empty where there is no such thing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value of one candidate in both screens."""

    title: str
    unit: str
    before: float
    after: float
    uncertainty: float | None
    """Of the difference: those of both values in quadrature, as if independent; None: unknown."""

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def is_beyond(self) -> bool:
        """Whether the difference is larger than its uncertainty, as far as that is known."""
        if self.uncertainty is None or math.isclose(self.before, self.after, rel_tol=_SAME, abs_tol=_SAME):
            return False
        return abs(self.difference) > self.uncertainty


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate of both screens."""

    name: str
    place_before: str
    """In words, ties as ties."""
    place_after: str
    moved: int
    """Ranks that it rose among the candidates of both; negative: fell."""
    score: Change | None
    """By physics; None where the screens have different objectives."""
    changes: tuple[Change, ...]
    """Of the descriptors that both have in the same unit, without the one that the score is."""


@dataclass(frozen=True, slots=True)
class Lone:
    """A candidate of one screen."""

    name: str
    place: str
    """In words, ties as ties."""
    elsewhere: str
    """Why the other screen does not rank it, where its report says so."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two screens, the earlier one first."""

    settings: tuple[Setting, ...]
    same_objective: bool
    """Whether the scores answer one question."""
    matches: tuple[Match, ...]
    """In the order of the later screen."""
    entered: tuple[Lone, ...]
    left: tuple[Lone, ...]
    kendall_tau: float | None
    """Kendall's tau-b of the two orders of the candidates of both; None where undefined, as for fewer than two."""


def compare(before: ReportDocument, after: ReportDocument) -> Comparison:
    """Match the candidates of two reports by identity, and say what differs."""
    old, new = _by_identity(before), _by_identity(after)
    both = [key for key in new if key in old]
    ranks_old, ranks_new = _ranks_among(both, old), _ranks_among(both, new)
    places_old, places_new = _places(old), _places(new)
    same = _question(before) == _question(after)
    matches = tuple(
        Match(
            name=readable(new[key].name),
            place_before=places_old[key],
            place_after=places_new[key],
            moved=ranks_old[key] - ranks_new[key],
            score=_score(old[key], new[key], after.objective.ranking_descriptor) if same else None,
            changes=_changes(old[key], new[key], after.objective.ranking_descriptor if same else ""),
        )
        for key in both
    )
    return Comparison(
        settings=tuple(_settings(before, after)),
        same_objective=same,
        matches=matches,
        entered=tuple(_lone(new[key], places_new[key], before) for key in new if key not in old),
        left=tuple(_lone(old[key], places_old[key], after) for key in old if key not in new),
        kendall_tau=kendall_tau([ranks_old[key] for key in both], [ranks_new[key] for key in both]),
    )


def _by_identity(document: ReportDocument) -> dict[tuple[str, int], RankedCandidate]:
    """Candidates by identity, best first; one that stands there again has a number of its own."""
    seen: Counter[str] = Counter()
    found = {}
    for one in sorted(document.candidates, key=lambda candidate: candidate.rank):
        found[one.identity, seen[one.identity]] = one
        seen[one.identity] += 1
    return found


def _ranks_among(
    keys: Sequence[tuple[str, int]], candidates: Mapping[tuple[str, int], RankedCandidate]
) -> dict[tuple[str, int], int]:
    """Ranks among the given candidates alone, which others that entered or left do not change."""
    among = sorted(candidates[key].rank for key in keys)
    return {key: 1 + among.index(candidates[key].rank) for key in keys}


def _places(candidates: Mapping[tuple[str, int], RankedCandidate]) -> dict[tuple[str, int], str]:
    return dict(zip(candidates, places([one.rank for one in candidates.values()]), strict=True))


def _question(document: ReportDocument) -> object:
    goal = document.objective
    terms = [term.model_dump(exclude=_PROSE) for term in goal.terms]
    return goal.ranking_descriptor, goal.lower_is_better, terms


def _score(old: RankedCandidate, new: RankedCandidate, descriptor: str) -> Change:
    """With the uncertainty of the descriptor that it is made of."""
    known = [one.descriptors[descriptor].uncertainty for one in (old, new) if descriptor in one.descriptors]
    return Change("score", "", old.score_physics, new.score_physics, _quadrature(known))


def _changes(old: RankedCandidate, new: RankedCandidate, score: str) -> tuple[Change, ...]:
    pairs = [
        (value, new.descriptors[name])
        for name, value in old.descriptors.items()
        if name in new.descriptors and name != score and value.unit == new.descriptors[name].unit
    ]
    return tuple(
        Change(b.title, b.unit, a.value, b.value, _quadrature([a.uncertainty, b.uncertainty])) for a, b in pairs
    )


def _quadrature(widths: Sequence[float | None]) -> float | None:
    known = [width for width in widths if width is not None]
    return math.hypot(*known) if known else None


def _lone(candidate: RankedCandidate, place: str, other: ReportDocument) -> Lone:
    reasons = (f"{one.stage}: {one.reason}" for one in other.failed if one.name == candidate.name)
    return Lone(readable(candidate.name), place, next(reasons, ""))


def _settings(before: ReportDocument, after: ReportDocument) -> Iterator[Setting]:
    old, new = (
        dict(
            _flat(
                one.model_dump(
                    mode="json",
                    include={"request", "provenance", "objective"},
                    exclude={"objective": {"terms": {"__all__": _PROSE}}},
                )
            )
        )
        for one in (before, after)
    )
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name) and not name.startswith(_ASIDE):
            yield Setting(name, old.get(name, ""), new.get(name, ""))


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf under its dotted name, shortened for showing it."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{readable(key)}" if name else readable(key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{name}.{number}")
    else:
        yield name, shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
