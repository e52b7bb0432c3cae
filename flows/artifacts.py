"""Artifacts: what the Prefect UI shows of a screen."""

from __future__ import annotations

import base64
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.markdown import plain
from flows.report.document import RankedCandidate, ReportDocument
from flows.report.words import quantity, sentence
from molecules.depict import svg

_SHOWN = 20


def publish(report: ReportDocument, page: Path) -> None:
    """Publish the ranking as a table and the report as markdown with drawings."""
    create_table_artifact(
        key="ranking",
        table=[row(report, candidate) for candidate in report.candidates],
        description=f"Ranking by {report.objective.name}, best first",
    )
    create_markdown_artifact(key="report", markdown=markdown(report, page), description="Report of the screen")


def markdown(report: ReportDocument, page: Path) -> str:
    """The best candidates with drawings, what the quantum step changed, and what was left out."""
    lines = [
        f"# {plain(sentence(report.objective.question, '?'))}",
        "",
        f"{len(report.candidates)} ranked, {len(report.rejected)} rows rejected, {len(report.failed)} failed. "
        f"The full report is {plain(str(page.resolve()))}.",
        "",
    ]
    for candidate in report.candidates[:_SHOWN]:
        lines += _section(report, candidate)
    lines += ["## What the quantum step changed", "", plain(report.quantum_effect.sentence), ""]
    if report.llama_trust:
        lines += ["## The Llama's own order", "", plain(report.llama_trust.sentence), ""]
    lines += [
        "## What this is not",
        "",
        "A ranking of reactivity is no prediction of affinity, selectivity or dose.",
        "",
    ]
    return "\n".join(lines)


def row(report: ReportDocument, candidate: RankedCandidate) -> dict[str, str | int | float | None]:
    """One candidate in the table of the ranking."""
    descriptor = candidate.descriptors[report.objective.ranking_descriptor]
    return {
        "rank": candidate.rank,
        "name": plain(candidate.name),  # the UI takes every text for Markdown, and [C@H](N) for a link
        ", ".join(filter(None, (descriptor.title, descriptor.unit))): round(descriptor.value, 2),
        "±": None if descriptor.uncertainty is None else round(descriptor.uncertainty, 2),
        "rank by Llama": candidate.rank_llama,
        "flags": len(descriptor.flags),
        "SMILES": plain(candidate.smiles),
    }


def _section(report: ReportDocument, candidate: RankedCandidate) -> list[str]:
    on_white = svg(candidate.smiles).replace("max-width", "background:white;max-width", 1)  # the UI may be dark
    image = base64.b64encode(on_white.encode()).decode()
    descriptor = candidate.descriptors[report.objective.ranking_descriptor]
    value = quantity(descriptor.value, descriptor.unit, descriptor.uncertainty)
    return [
        f"## {candidate.rank}. {plain(candidate.name)}",
        "",
        f"![{plain(candidate.name)}](data:image/svg+xml;base64,{image})",
        "",
        f"{plain(sentence(descriptor.title, ''))}: **{plain(value)}**. "
        + (plain(candidate.explanation.text) if candidate.explanation else ""),
        "",
    ]
