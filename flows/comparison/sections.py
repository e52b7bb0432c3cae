"""Sections: a comparison in words and tables, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.comparison.compare import Change, Comparison, Lone, Match
from flows.report.document import ReportDocument
from flows.report.words import number


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what there is to say, and a table."""

    title: str
    text: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """None: there is no table."""
    n_words: int = 1
    """Columns of words, from the left; the others are numbers."""


def sections(comparison: Comparison, screens: Sequence[tuple[Path, ReportDocument]]) -> tuple[Section, ...]:
    """All that there is to say of two screens, in the order in which it is read.

    Args:
        comparison: of the two.
        screens: folder and report of each, the earlier one first.
    """
    return tuple(_sections(comparison, screens))


def _sections(comparison: Comparison, screens: Sequence[tuple[Path, ReportDocument]]) -> Iterator[Section]:
    facts = [_facts(folder, report) for folder, report in screens]
    yield Section(
        "Two screens compared",
        _finding(comparison),
        ("", "before", "after"),
        tuple((name, facts[0][name], facts[1][name]) for name in facts[0]),
        3,
    )
    yield Section(
        "What was done differently",
        "" if comparison.settings else "Nothing that report.json tells of.",
        ("setting", "before", "after"),
        tuple((one.name, one.before, one.after) for one in comparison.settings),
        3,
    )
    if comparison.matches:
        yield Section(
            "Candidates of both",
            "Moves are counted among these alone, so that what entered or left moves nobody; candidates whose scores "
            "are shown alike are tied."
            + ("" if comparison.same_objective else " The objectives differ: their scores cannot be compared."),
            ("candidate", "rank", "moved", "score", "change", "±"),
            tuple(_row(one) for one in comparison.matches),
        )
        yield _beyond(comparison.matches)
    yield from _alone("Entered", comparison.entered)
    yield from _alone("Left", comparison.left)


def _facts(folder: Path, report: ReportDocument) -> dict[str, str]:
    return {
        "folder": str(folder),
        "library": Path(str(report.request.get("library", ""))).name,
        "objective": report.objective.name,
        "profile": report.provenance.profile,
        "candidates": str(len(report.candidates)),
        "finished": f"{report.provenance.finished:%Y-%m-%d %H:%M %Z}",
    }


def _finding(comparison: Comparison) -> str:
    matches = comparison.matches
    moved = sum(one.moved != 0 for one in matches)
    scores = sum(one.score is not None and one.score.is_beyond for one in matches)
    tau = comparison.kendall_tau
    parts = [
        f"Candidates in both screens: {len(matches)}; entered: {len(comparison.entered)}; "
        f"left: {len(comparison.left)}.",
        f"Moved among those in both: {moved}." if matches else "",
        "" if tau is None else f"Kendall's τ of the two orders: {number(tau)}.",
        f"Scores that differ by more than their uncertainty: {scores}." if comparison.same_objective else "",
    ]
    return " ".join(filter(None, parts))


def _row(match: Match) -> tuple[str, ...]:
    arrow = "–" if match.moved == 0 else f"{'↑' if match.moved > 0 else '↓'}{abs(match.moved)}"
    rank = _way(match.place_before, match.place_after)
    if match.score is None:
        return match.name, rank, arrow, "–", "–", "–"
    before, after, change, width = _numbers(match.score)
    return match.name, rank, arrow, _way(before, after), change, width


def _way(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _beyond(matches: Iterable[Match]) -> Section:
    rows = tuple(
        (match.name, ", ".join(filter(None, (change.title, change.unit))), *_numbers(change))
        for match in matches
        for change in filter(None, (match.score, *match.changes))
        if change.is_beyond
    )
    return Section(
        "Values that differ by more than their uncertainty",
        "± is that of the difference: both uncertainties in quadrature, as if nothing were shared between the screens; "
        "so that with the same methods on both sides it is too wide." + ("" if rows else " There are none."),
        ("candidate", "value", "before", "after", "change", "±"),
        rows,
        2,
    )


def _numbers(change: Change) -> tuple[str, str, str, str]:
    unit, width = change.unit, change.uncertainty
    difference = number(change.difference, unit, width)
    sign = "" if difference.startswith("−") or not difference.strip("0.") else "+"
    return (
        number(change.before, unit, width),
        number(change.after, unit, width),
        sign + difference,
        "unknown" if width is None else number(width, unit, width),
    )


def _alone(title: str, candidates: Sequence[Lone]) -> Iterator[Section]:
    if candidates:
        rows = tuple((one.name, one.elsewhere or "not in its library, or rejected", one.place) for one in candidates)
        yield Section(title, "", ("candidate", "in the other screen", "rank"), rows, 2)
