"""Page: the report as one HTML file that needs no network, no server and no library."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from flows.report import words
from flows.report.charts import (
    RungChart,
    RungRow,
    TraceChart,
    measured_chart,
    rung_chart,
    scatter_chart,
    trace_chart,
)
from flows.report.document import Descriptor, FaultTolerant, RankedCandidate, ReportDocument, SpeciesRecord, Term
from flows.report.measured import measured, measured_places
from molecules.depict import STRONG_KCAL_MOL, WEAK_KCAL_MOL, soft_spots, svg
from molecules.profile import PROPERTY_TITLES
from pipeline.desirability import N_DRAWS
from pipeline.desirability import NAME as SCORE
from pipeline.ranks import place, places
from pipeline.rungs import RUNGS

_HERE = Path(__file__).parent
_MOST_DRAWINGS = 150
"""A drug-sized molecule takes 20 kB; with these the page stays under 6 MB. Later rows of the table show SMILES."""
_MOST_CHART_ROWS = 60
_MOST_SPECIES = 300
"""With more, only those of the explained candidates are listed."""
_MOST_DESCRIPTOR_COLUMNS = 3
_MOST_REALITY_ROWS = 20
_PROPERTY_COLUMNS = ("mw", "clogp", "tpsa")


@dataclass(frozen=True, slots=True)
class Detail:
    """What the page says of one candidate at length."""

    candidate: RankedCandidate
    drawing: Markup
    """With the atoms of its model system marked, where it has one."""
    soft_spots: Markup | None
    """Coloured by how weakly it holds its hydrogens."""
    row: RungRow | None
    """Its ranking descriptor on every rung."""
    trace: TraceChart | None
    """The VQE of its species."""


def page_html(document: ReportDocument) -> str:
    """The page, with its style, script and drawings inside.

    Whatever comes from the user or the Llama is escaped; a content security policy in the page admits the one script
    by its hash and forbids every request.
    """
    candidates = sorted(document.candidates, key=lambda one: one.rank)
    chart = rung_chart(candidates, document.objective.ranking_descriptor)
    details = _details(document, candidates, chart)
    drawings = {one.id: _drawing(one.smiles, 160, 100) for one in candidates[:_MOST_DRAWINGS]}
    ground_states = _ground_states(document, [detail.candidate for detail in details])
    script = (_HERE / "sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("template.html.jinja")
        .render(
            document=document,
            objective=document.objective,
            candidates=candidates,
            top=_informative_top(document),
            library=_library(document),
            level=words.level_of_theory(document.provenance.level, _largest_space(document)),
            RUNG_TITLES=words.rung_titles(document.provenance.level),
            drawings=drawings,
            podium=[(one, _drawing(one.smiles)) for one in candidates[:3]],
            places=_places(candidates),
            ranking=_first_with(candidates, document.objective.ranking_descriptor),
            descriptor_columns=_descriptor_columns(
                candidates, document.objective.ranking_descriptor, document.objective.terms
            ),
            property_columns=[key for key in _PROPERTY_COLUMNS if any(key in one.properties for one in candidates)],
            chart=chart,
            chart_rows=chart.rows[:_MOST_CHART_ROWS] if chart else (),
            details=details,
            anchors={one.candidate.id: f"candidate-{i}" for i, one in enumerate(details, start=1)},
            ground_states=ground_states,
            species_anchors={one.hash: f"species-{i}" for i, one in enumerate(ground_states, start=1)},
            species={one.hash: one for one in ground_states},
            measured=measured_chart(document.quantum_step) if document.quantum_step else None,
            measured_places=measured_places(document.quantum_step) if document.quantum_step else {},
            reality=_reality(document, candidates),
            scatters=[scatter_chart(one, document) for one in measured(document)],
            style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=f"sha256-{digest}",
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": words.number,
        "quantity": words.quantity,
        "score": words.score,
        "chance": words.chance,
        "duration": words.duration,
        "first_sentence": words.first_sentence,
        "sentence": words.sentence,
        "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
        "property_title": _property_title,
    }
    environment.globals |= {
        "place": place,
        "RUNGS": RUNGS,
        "WEAK": WEAK_KCAL_MOL,
        "STRONG": STRONG_KCAL_MOL,
        "N_DRAWS": N_DRAWS,
    }
    return environment


def _drawing(smiles: str, width: int = 240, height: int = 160, highlight: Sequence[int] = ()) -> Markup:
    return Markup(svg(smiles, width=width, height=height, highlight=highlight))


def _property_title(key: str) -> str:
    """Words for a property with its unit, as in ``TPSA, Å²``."""
    title, unit = PROPERTY_TITLES.get(key, (key, ""))
    return f"{title}, {unit}" if unit else title


def _places(candidates: Sequence[RankedCandidate]) -> dict[str, dict[str, str]]:
    """Each candidate's places in words, ties as ties: by ``shown``, ``physics`` and ``llama``, then by id."""
    orders = {
        "shown": {one.id: one.rank for one in candidates},
        "physics": {one.id: one.rank_physics for one in candidates},
        "llama": {one.id: one.rank_llama for one in candidates if one.rank_llama is not None},
    }
    return {by: dict(zip(order, places(list(order.values())), strict=True)) for by, order in orders.items()}


def _library(document: ReportDocument) -> str:
    """The file name of the library."""
    path: Any = document.request.get("library")
    return Path(path).name if isinstance(path, str) and path else "the library"


def _reality(
    document: ReportDocument, candidates: Sequence[RankedCandidate]
) -> list[tuple[RankedCandidate, SpeciesRecord, FaultTolerant]]:
    """Each of the best candidates with the species of its equations that would need the most Toffolis."""
    species = {one.hash: one for one in document.species}
    rows = []
    for one in candidates[:_MOST_REALITY_ROWS]:
        known = [(state, state.fault_tolerant) for state in _species(one, species) if state.fault_tolerant]
        if known:
            rows.append((one, *max(known, key=lambda pair: pair[1].toffolis)))
    return rows


def _largest_space(document: ReportDocument) -> tuple[int, int] | None:
    """Electrons and orbitals of the largest active space."""
    spaces = [(one.n_orbitals, one.n_electrons) for one in document.species if one.n_orbitals and one.n_electrons]
    return max(spaces)[::-1] if spaces else None


def _informative_top(document: ReportDocument) -> int | None:
    """The K of `probability_top_k`; None where all candidates are among the K best anyway."""
    top = document.request.get("top")
    return top if isinstance(top, int) and top < len(document.candidates) else None


def _first_with(candidates: list[RankedCandidate], name: str) -> Descriptor | None:
    return next((one.descriptors[name] for one in candidates if name in one.descriptors), None)


def _descriptor_columns(
    candidates: list[RankedCandidate], ranking: str, terms: Sequence[Term]
) -> dict[str, Descriptor]:
    """Further descriptors for the ranking table: those that the objective asks for first, then as computed."""
    found = {name: value for one in candidates for name, value in one.descriptors.items() if name != ranking}
    asked = {term.value for term in terms}
    names = sorted(found, key=lambda name: name not in asked)[:_MOST_DESCRIPTOR_COLUMNS]
    return {name: found[name] for name in names}


def _details(document: ReportDocument, candidates: list[RankedCandidate], chart: RungChart | None) -> list[Detail]:
    species = {one.hash: one for one in document.species}
    rows = {row.candidate.id: row for row in chart.rows} if chart else {}
    return [
        Detail(
            one,
            _drawing(one.smiles_in_water, highlight=one.model_system.atoms)
            if one.model_system
            else _drawing(one.smiles),
            Markup(soft_spots(one.smiles, one.soft_spots)) if one.soft_spots else None,
            rows.get(one.id),
            trace_chart(_species(one, species)),
        )
        for one in candidates
        if one.explanation is not None
    ]


def _species(candidate: RankedCandidate, species: dict[str, SpeciesRecord]) -> list[SpeciesRecord]:
    """The species in the candidate's own equations, each once: those of a molecule that it is compared with are not."""
    own = [one for name, one in candidate.descriptors.items() if name != SCORE]
    hashes = dict.fromkeys(name for one in own for name in one.species)
    return [species[name] for name in hashes if name in species]


def _ground_states(document: ReportDocument, explained: list[RankedCandidate]) -> list[SpeciesRecord]:
    if len(document.species) <= _MOST_SPECIES:
        return list(document.species)
    species = {one.hash: one for one in document.species}
    return list({state.hash: state for one in explained for state in _species(one, species)}.values())
