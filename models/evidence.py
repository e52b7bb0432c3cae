"""Evidence: what is known of each candidate, as the ranker and the explainer see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from molecules.profile import profile

PROPERTY_TITLES: Mapping[str, tuple[str, str]] = {
    "mw": ("molecular weight", "Da"),
    "clogp": ("calculated logP", ""),
    "tpsa": ("topological polar surface area", "Å²"),
    "hbd": ("number of hydrogen-bond donors", ""),
    "hba": ("number of hydrogen-bond acceptors", ""),
    "rotatable_bonds": ("number of rotatable bonds", ""),
    "qed": ("drug-likeness score", ""),
    "sa_score": ("synthetic accessibility score", ""),
}
"""Words and unit of each property of `Evidence.properties`."""

RUNG_TITLES: Mapping[str, str] = {
    "xtb": "GFN2-xTB",
    "mean_field": "Hartree–Fock",
    "dft": "DFT",
    "casci": "bare CASCI",
    "casci_pdft": "CASCI + MC-PDFT",
    "vqe": "the bare VQE",
    "vqe_pdft": "VQE + MC-PDFT",
}
"""Words for each rung of `DescriptorEvidence.rungs`."""


@dataclass(frozen=True, slots=True)
class DescriptorEvidence:
    """One descriptor value of one candidate."""

    name: str
    """Dotted name, such as ``thiol_addition`` or ``ionisation.electrophilicity``."""
    title: str
    """Words for a chemist, such as ``thiol addition energy``."""
    value: float
    """On the rung that ranks, in `unit`."""
    unit: str
    uncertainty: float | None
    """One standard-deviation-like half width in `unit`; None where unknown."""
    rungs: Mapping[str, float | None]
    """Value on every rung, in `unit`: xtb, mean_field, dft, casci, casci_pdft, vqe, vqe_pdft; None: not computed."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in the value."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that may be said of one candidate. Nothing outside this record may appear in an explanation."""

    id: str
    name: str
    smiles: str
    descriptors: Mapping[str, DescriptorEvidence]
    properties: Mapping[str, float]
    """Keys of `molecules.profile.Profile`: mw, clogp, tpsa, hbd, hba, rotatable_bonds, qed, sa_score."""
    alerts: tuple[str, ...]
    """Names of structural alerts, such as ``PAINS: quinone_A(370)``."""
    rank_physics: int
    """1 is best; shared by scores that are shown alike (`pipeline.ranks`)."""
    score_physics: float
    """Higher is better."""
    rank_llama: int | None = None
    """The same in the Llama's order; None where that does not sort the list."""
    score_llama: float | None = None
    """Higher is better; None where it does not sort the list."""
    signature: tuple[float, ...] = ()
    """Of the candidate's own VQE state, as in `models.signature`; empty where there is none."""


def bare_evidence(candidate_id: str, name: str, smiles: str) -> Evidence:
    """Properties and alerts alone, of a molecule that is not ranked."""
    known = profile(smiles)
    properties = {key: float(getattr(known, key)) for key in PROPERTY_TITLES}
    return Evidence(candidate_id, name, smiles, {}, properties, known.alerts, 0, 0.0)


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """The evidence of a whole screen under one objective, in the order that is shown."""

    objective: str
    """Name of the objective, such as ``covalent``."""
    question: str
    """What the objective asks, as a clause: ``which reacts faster with a cysteine thiol``."""
    ranking_descriptor: str
    """The descriptor that `score_physics` is made of."""
    lower_is_better: bool
    """Whether a lower value of the ranking descriptor is the better one."""
    candidates: tuple[Evidence, ...]
    asked: tuple[str, ...] = ()
    """Descriptors that the ranking one is made of, the weightiest first; empty where it is made of ground states."""
    sorted_by: Literal["physics", "llama"] = "physics"
    """Whose order is shown."""


def shown_rank(table: EvidenceTable, evidence: Evidence) -> int:
    """A candidate's rank in the order that is shown."""
    if table.sorted_by == "llama":
        assert evidence.rank_llama is not None
        return evidence.rank_llama
    return evidence.rank_physics


def shown_place(table: EvidenceTable, evidence: Evidence) -> str:
    """A candidate's place in the order that is shown, in words such as ``number 3`` or ``places 1 to 5, tied``."""
    rank = shown_rank(table, evidence)
    sharing = sum(shown_rank(table, one) == rank for one in table.candidates)
    return f"number {rank}" if sharing == 1 else f"places {rank} to {rank + sharing - 1}, tied"


def evidence_columns(table: EvidenceTable) -> str:
    """Headings of the columns that `evidence_prompt` fills: said once, so that a line a candidate stays short."""
    return ", ".join(
        [
            *(f"{title}{f' in {unit}' if unit else ''}" for title, unit in _columns(table).values()),
            "MW",
            "logP",
            "alerts",
        ]
    )


def evidence_prompt(table: EvidenceTable, candidate_id: str, label: str) -> str:
    """One candidate's evidence in a line for a language model, which reads some 200 tokens a second.

    Neither rank nor score is in it: a judge is to find those by itself.

    Args:
        table: the evidence of the whole screen, which decides on the columns.
        candidate_id: whose line.
        label: how the candidate is called, as `models.names.labels` gives it.
    """
    evidence = next(evidence for evidence in table.candidates if evidence.id == candidate_id)
    figures = []
    for key, (_, unit) in _columns(table).items():
        descriptor = evidence.descriptors.get(key)
        figures.append("unknown" if descriptor is None else f"{descriptor.value:.{1 if unit == 'kcal/mol' else 2}f}")
    for key, decimals in (("mw", 0), ("clogp", 1)):
        value = evidence.properties.get(key)
        figures.append("unknown" if value is None else f"{value:.{decimals}f}")
    return f"{label}: {', '.join(figures)}, {len(evidence.alerts) or 'none'}"


def _columns(table: EvidenceTable) -> dict[str, tuple[str, str]]:
    """Title and unit of every descriptor, the ranking one first, then by name."""
    found = {d.name: (d.title, d.unit) for evidence in table.candidates for d in evidence.descriptors.values()}
    return {key: found[key] for key in sorted(found, key=lambda key: (key != table.ranking_descriptor, key))}
