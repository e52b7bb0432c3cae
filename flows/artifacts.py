"""Artifacts: what the Prefect UI shows of a screen and of a leaderboard, and the event of a new leader."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from urllib.parse import quote

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.events import emit_event

from flows.findings import REFERENCE
from flows.leaderboard import Change, Entry
from flows.markdown import cell, plain, table
from flows.report.document import MeasuredValue, QuantumStep, RankedCandidate, ReportDocument
from flows.report.measured import measured_places
from flows.report.words import quantity, score, sentence
from molecules.depict import svg
from pipeline.ranks import decimals_of, places

_SHOWN = 20
_MOST_ROWS = 500
"""Of a table: it is read at once, by the API and by the browser."""

Row = dict[str, str | int | float | None]


def publish(report: ReportDocument, page: Path) -> None:
    """Publish the ranking as a table, the report as markdown, and a link to its page where it is served."""
    shown, placed = report.candidates[:_MOST_ROWS], places([one.rank for one in report.candidates])
    create_table_artifact(
        key="ranking",
        table=[row(report, candidate, place) for candidate, place in zip(shown, placed, strict=False)],
        description=f"Ranking by {report.objective.name}, best first{_of(len(shown), len(report.candidates))}",
    )
    create_markdown_artifact(key="report", markdown=markdown(report, page), description="Report of the screen")
    if link := address(page):
        create_link_artifact(key="report-page", link=link, link_text="Report", description="The report's own page")


def publish_leaderboard(folder: Path, change: Change) -> None:
    """Publish a leaderboard under a key of its own, whose versions are its history; a new leader is an event."""
    board = change.after
    shown, placed = board.entries[:_MOST_ROWS], places([one.rank for one in board.entries])
    create_table_artifact(
        key=f"leaderboard-{board.name}",
        table=[leaderboard_row(folder, entry, place) for entry, place in zip(shown, placed, strict=False)],
        description=f"{_count(len(board.entries), 'molecule')}, {change.n_added} of them new, "
        f"{len(board.unranked)} without a rank{_of(len(shown), len(board.entries))}",
    )
    if leader := change.new_leader:
        former = change.before.leader
        emit_event(
            event="eigenlead.leaderboard.new-leader",
            resource={
                "prefect.resource.id": f"eigenlead.leaderboard.{board.name}",
                "prefect.resource.name": board.name,
            },
            payload={
                "name": leader.name,
                "smiles": leader.smiles,
                "score": leader.score,
                "tied": sum(one.rank == leader.rank for one in board.entries) - 1,
                "former": former.name if former else None,
                "report": address(folder / leader.report) or str((folder / leader.report).resolve()),
            },
        )


def address(page: Path) -> str | None:
    """Where a report's page is served: below `$EIGENLEAD_REPORTS`, if it is in `$EIGENLEAD_REPORT_FOLDER`."""
    prefix, folder = os.environ.get("EIGENLEAD_REPORTS"), os.environ.get("EIGENLEAD_REPORT_FOLDER")
    if not prefix or not folder or not page.resolve().is_relative_to(Path(folder).resolve()):
        return None
    return f"{prefix.rstrip('/')}/{quote(page.resolve().relative_to(Path(folder).resolve()).as_posix())}"


def markdown(report: ReportDocument, page: Path) -> str:
    """The best candidates with drawings, where they come from, what the quantum step changed, and what was left out."""
    link = address(page)
    lines = [
        f"# {plain(sentence(report.objective.question, '?'))}",
        "",
        f"{len(report.candidates)} ranked, {len(report.rejected)} rows rejected, {len(report.failed)} failed. "
        f"The full report is {f'[here]({link})' if link else plain(str(page.resolve()))}.",
        "",
        *lineage(report),
        "",
    ]
    placed = places([one.rank for one in report.candidates])
    for candidate, place in zip(report.candidates[:_SHOWN], placed, strict=False):
        lines += _section(report, candidate, place)
    lines += ["## What the quantum step changed", "", plain(report.quantum_effect.sentence), ""]
    if report.quantum_step:
        lines += [f"## Measured on {plain(report.quantum_step.backend)}", "", plain(report.quantum_step.sentence), ""]
        lines += [*_measured(report.quantum_step), ""]
    if report.llama_trust:
        lines += ["## The Llama's own order", "", plain(report.llama_trust.sentence), ""]
    lines += [
        "## What this is not",
        "",
        "A ranking of reactivity is no prediction of affinity, selectivity or dose.",
        "",
    ]
    return "\n".join(lines)


def _measured(step: QuantumStep) -> list[str]:
    """The measured candidates as a table."""

    def words(one: MeasuredValue | None, place: str) -> str:
        return "" if one is None else plain(f"{quantity(one.value, step.unit, one.standard_error)}, rank {place}")

    kinds = ("exact", "measured", "mitigated")
    placed = measured_places(step)
    rows = [
        (plain(one.name), *(words(getattr(one, kind), placed[kind, one.id]) for kind in kinds))
        for one in step.candidates
    ]
    return [table(["candidate", *kinds], rows)] if rows else []


def lineage(report: ReportDocument) -> list[str]:
    """What was made of what, with counts, as a mermaid diagram."""
    ranked = {candidate.id for candidate in report.candidates}
    unranked = {failure.id for failure in report.failed} - ranked - {REFERENCE}
    species = {(one.smiles, one.charge, one.multiplicity) for one in report.species}
    by = [candidate.explanation.source for candidate in report.candidates if candidate.explanation]
    return [
        "```mermaid",
        "flowchart LR",
        f'library["Library: {_count(len(ranked) + len(unranked), "molecule")}"]',
        f'species["{len(species)} species"]',
        f'states["{_count(len(report.species), "ground state")} by VQE"]',
        f'ranking["Ranking: {_count(len(ranked), "candidate")}"]',
        f'explanation["{_count(len(by), "explanation")}, {by.count("llama")} by the Llama"]',
        "library --> species --> states --> ranking --> explanation",
        *([f'library --> rejected["{_count(len(report.rejected), "rejected row")}"]'] if report.rejected else ()),
        *([f'states --> unranked["{len(unranked)} without a rank"]'] if unranked else ()),
        "```",
    ]


def row(report: ReportDocument, candidate: RankedCandidate, place: str) -> Row:
    """One candidate in the table of the ranking."""
    descriptor = candidate.descriptors[report.objective.ranking_descriptor]
    by_llama = report.objective.sorted_by == "llama"
    return {
        "rank": place,
        "name": cell(candidate.name),
        **({"score by Llama": round(candidate.score, decimals_of(""))} if by_llama else {}),
        ", ".join(filter(None, (descriptor.title, descriptor.unit))): round(descriptor.value, 2),
        "±": None if descriptor.uncertainty is None else round(descriptor.uncertainty, 2),
        **({"rank by physics": candidate.rank_physics} if by_llama else {"rank by Llama": candidate.rank_llama}),
        "flags": len(descriptor.flags),
        "SMILES": cell(candidate.smiles),
    }


def leaderboard_row(folder: Path, entry: Entry, place: str) -> Row:
    """One line of a leaderboard's table."""
    return {
        "rank": place,
        "name": cell(entry.name),
        "score": round(entry.score, decimals_of("")),
        "±": None if entry.uncertainty is None else round(entry.uncertainty, decimals_of("")),
        "first seen": entry.first_seen.isoformat(),
        "report": address(folder / entry.report) or cell(entry.report),
        "SMILES": cell(entry.smiles),
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _of(shown: int, number: int) -> str:
    return "" if shown == number else f"; the first {shown} of {number}"


def _section(report: ReportDocument, candidate: RankedCandidate, place: str) -> list[str]:
    on_white = svg(candidate.smiles).replace("max-width", "background:white;max-width", 1)  # the UI may be dark
    image = base64.b64encode(on_white.encode()).decode()
    descriptor = candidate.descriptors[report.objective.ranking_descriptor]
    value = quantity(descriptor.value, descriptor.unit, descriptor.uncertainty)
    llama = f"The Llama’s score: **{score(candidate.score)}**. " if report.objective.sorted_by == "llama" else ""
    return [
        f"## {place}. {plain(candidate.name)}",
        "",
        f"![{plain(candidate.name)}](data:image/svg+xml;base64,{image})",
        "",
        f"{llama}{plain(sentence(descriptor.title, ''))}: **{plain(value)}**. "
        + (plain(candidate.explanation.text) if candidate.explanation else ""),
        "",
    ]
