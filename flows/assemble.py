"""Assembling the report document from what a screen found."""

from __future__ import annotations

import json
import platform
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version

from rdkit import Chem

from flows.findings import Findings
from flows.report.document import (
    Claim,
    Descriptor,
    Desirability,
    Llama,
    LlamaTrust,
    ModelSystem,
    Provenance,
    QuantumEffect,
    RankChange,
    RankedCandidate,
    RejectedRow,
    ReportDocument,
    RunTime,
    SpeciesRecord,
)
from flows.report.document import Explanation as ExplanationRecord
from flows.report.document import FaultTolerant as FaultTolerantRecord
from flows.report.document import Objective as ObjectiveRecord
from flows.report.document import Rungs as RungsRecord
from flows.report.document import Term as TermRecord
from flows.request import ScreenRequest
from models.default_ranking import DefaultRanking
from models.evidence import DescriptorEvidence, Evidence, EvidenceTable
from models.explainer import Explanation
from models.judge import LlamaRanking
from molecules.candidate import Candidate, Library
from molecules.conformers import to_mol
from molecules.profile import PROPERTY_TITLES
from molecules.protonation import protonated
from pipeline.descriptors import DescriptorValue
from pipeline.descriptors.bond_dissociation import by_atom
from pipeline.descriptors.thiol_addition import THIOL_ADDITION, model_systems
from pipeline.desirability import Score, probability_top_k
from pipeline.fault_tolerant import FaultTolerant, physical
from pipeline.ground_state import GroundState, ground_state_key
from pipeline.level import LevelOfTheory
from pipeline.objective import ALERTS, Objective, Term
from pipeline.ranks import kendall_tau, ranks
from pipeline.rungs import EXACT_RUNG, RANKING_RUNG, RUNGS, RungName

PACKAGES = (
    *("pyscf", "pyscf-forge", "qiskit", "openfermion", "rdkit", "tblite", "ase", "numba", "numpy"),
    *("torch", "transformers", "prefect"),
)


def quantum_effect(table: EvidenceTable) -> QuantumEffect:
    """What the VQE changed in the order of physics, by ranks on values as they are shown.

    Kendall's tau-b of its order with every other rung's, and the candidates that it moved against the exact state.
    """
    mains = [row.descriptors[table.ranking_descriptor] for row in table.candidates]
    tau = {rung: _kendall(_ranks_on(mains, rung, table)) for rung in RUNGS if rung != RANKING_RUNG}
    pairs = _ranks_on(mains, EXACT_RUNG, table)
    ours, exact = ([pair[side] for pair in pairs if pair is not None] for side in (0, 1))
    changes = tuple(
        RankChange(
            id=row.id,
            name=row.name,
            rank_vqe_pdft=pair[0],
            sharing_vqe_pdft=ours.count(pair[0]),
            rank_casci_pdft=pair[1],
            sharing_casci_pdft=exact.count(pair[1]),
        )
        for row, pair in zip(table.candidates, pairs, strict=True)
        if pair is not None and pair[0] != pair[1]
    )
    sentence = _effect_sentence(ours, tau, len(changes))
    if table.sorted_by == "llama":
        sentence = f"This is about the order by {mains[0].title}; the list is in the Llama's. {sentence}"
    return QuantumEffect(kendall_tau=tau, rank_changes=changes, sentence=sentence)


def _ranks_on(
    mains: Sequence[DescriptorEvidence], rung: RungName, table: EvidenceTable
) -> list[tuple[int, int] | None]:
    """Each candidate's rank on the rung that ranks and on another, among those that have both; None for the others."""
    both = [(one.rungs[RANKING_RUNG], one.rungs[rung]) for one in mains]
    known = [(ours, other) for ours, other in both if ours is not None and other is not None]
    unit = mains[0].unit if mains else ""
    ours, others = (
        ranks([pair[side] for pair in known], unit, lower_is_better=table.lower_is_better) for side in (0, 1)
    )
    found = iter(zip(ours, others, strict=True))
    return [None if None in pair else next(found) for pair in both]


def _effect_sentence(order: Sequence[int], tau: Mapping[RungName, float | None], n_changes: int) -> str:
    """The finding in words.

    Args:
        order: ranks on the VQE of the candidates that have a value on the exact state too.
        tau: with every other rung.
        n_changes: how many of them the VQE moves.
    """
    n = len(order)
    if n < 2:
        return "With fewer than two candidates to compare there is no order that the quantum step could change."
    if n_changes:
        first = (
            f"The VQE gives {n_changes} of {n} candidates another rank than the exact state of the same active space "
            "does"
        )
    elif set(order) == {1}:
        tied = "both" if n == 2 else f"all {n}"
        first = f"On the VQE and on the exact state of the same active space alike, {tied} candidates are tied"
    else:
        first = (
            f"The VQE orders the {n} candidates exactly as the exact state of the same active space does: "
            "the quantum step moves none, and finds nothing that a classical computer did not find here"
        )
    others: dict[RungName, str] = {"dft": "DFT", "mean_field": "the mean field", "xtb": "GFN2-xTB"}
    found = [(f"{value:.2f}", words) for rung, words in others.items() if (value := tau[rung]) is not None]
    agreement = ", ".join(f"{value.replace('-', '−')} with {words}" for value, words in found)
    return first + (f". Kendall's tau of the ranking is {agreement}." if agreement else ".")


def document(
    request: ScreenRequest,
    library: Library,
    objective: Objective,
    level: LevelOfTheory,
    findings: Findings,
    table: EvidenceTable,
    scores: Mapping[str, Score],
    ranking: LlamaRanking | None,
    default: DefaultRanking,
    explanations: Mapping[str, Explanation],
    provenance: Provenance,
) -> ReportDocument:
    """Everything in the form of report.json, in the order of `table`, which is that of `default`."""
    candidates = {candidate.id: candidate for candidate in library.candidates}
    chances = dict(zip(scores, probability_top_k(list(scores.values()), request.top), strict=True))
    ranked = tuple(
        _ranked(
            row,
            candidates[row.id],
            findings,
            level,
            request.seed,
            request.neutral,
            scores[row.id],
            ranking,
            default,
            explanations.get(row.id),
            chances[row.id],
        )
        for row in table.candidates
    )
    return ReportDocument(
        schema_version=1,
        request=request.model_dump(mode="json"),
        provenance=provenance,
        objective=ObjectiveRecord(
            name=objective.name,
            question=objective.question,
            ranking_descriptor=table.ranking_descriptor,
            lower_is_better=table.lower_is_better,
            terms=tuple(_term(term, scores.values()) for term in objective.terms),
            sorted_by=default.by,
            sorted_because=default.why,
        ),
        candidates=ranked,
        rejected=tuple(
            RejectedRow(row=r.row, input=r.input, reason=r.reason, remedy=r.remedy) for r in library.rejections
        ),
        failed=findings.failed,
        species=tuple(
            sorted((_species(*item) for item in findings.states.items()), key=lambda s: (s.label, s.environment))
        ),
        quantum_effect=quantum_effect(table),
        llama_trust=None
        if ranking is None
        else LlamaTrust(
            comparisons=ranking.comparisons,
            order_consistency=ranking.order_consistency if ranking.comparisons else None,
            position_bias=ranking.position_bias - 0.5 if ranking.comparisons else None,
            kendall_tau_physics=ranking.kendall_tau_physics,
            sentence=ranking.sentence,
        ),
    )


def provenance(
    request: ScreenRequest, level: LevelOfTheory, llama: tuple[str, str] | None, started: datetime, seconds: RunTime
) -> Provenance:
    """What made the numbers."""
    return Provenance(
        eigenlead=version("eigenlead"),
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        seed=request.seed,
        profile=request.profile,
        level=json.loads(json.dumps(asdict(level))),
        llama=Llama(name=llama[0], hash=llama[1]) if llama else None,
        started=started,
        finished=datetime.now().astimezone(),
        host=socket.gethostname(),
        wall_s=seconds,
    )


def _ranked(
    row: Evidence,
    candidate: Candidate,
    findings: Findings,
    level: LevelOfTheory,
    seed: int,
    neutral: bool,
    score: Score,
    ranking: LlamaRanking | None,
    default: DefaultRanking,
    explanation: Explanation | None,
    probability_top_k: float,
) -> RankedCandidate:
    deciding = ranking if default.by == "llama" else None
    in_water = row.smiles if neutral else protonated(row.smiles)
    return RankedCandidate(
        id=row.id,
        name=row.name,
        smiles=row.smiles,
        smiles_in_water=in_water,
        inchikey=candidate.inchikey,
        identity=candidate.identity,
        rank=deciding.ranks[row.id] if deciding else row.rank_physics,
        score=deciding.scores[row.id] if deciding else row.score_physics,
        rank_physics=row.rank_physics,
        score_physics=row.score_physics,
        rank_llama=ranking.ranks.get(row.id) if ranking else None,
        score_llama=ranking.scores.get(row.id) if ranking else None,
        probability_top_k=probability_top_k,
        desirabilities=tuple(
            Desirability(value=part.value, uncertainty=part.uncertainty, desirability=part.desirability)
            for part in score.parts
        ),
        columns=dict(candidate.columns),
        properties=dict(row.properties),
        alerts=row.alerts,
        notes=candidate.notes,
        molblock=_molblock(candidate, in_water, findings, level, seed),
        descriptors={
            value.name: Descriptor(
                title=value.title,
                value=value.value,
                unit=value.unit,
                uncertainty=value.uncertainty,
                uncertainty_from=dict(value.uncertainty_from),
                equation=value.equation,
                species=tuple(ground_state_key(c, level, seed) for c in value.calculations),
                rungs=RungsRecord(**value.rungs.as_dict()),
                flags=value.flags,
            )
            for value in (score.value, *findings.values[row.id].values())
        },
        model_system=_model_system(in_water, findings.values[row.id]),
        soft_spots=dict(by_atom(row.smiles, findings.values[row.id].values())),
        explanation=None
        if explanation is None
        else ExplanationRecord(
            text=explanation.text,
            source=explanation.source,
            claims=tuple(Claim(**asdict(claim)) for claim in explanation.claims),
        ),
    )


def _term(term: Term, scores: Iterable[Score]) -> TermRecord:
    """A term with words, as far as any candidate has them."""
    found = (part for score in scores for part in score.parts if part.term == term and part.value is not None)
    first = next(found, None)
    title, unit = PROPERTY_TITLES.get(term.value, (term.value, ""))
    if term.value == ALERTS:
        title = "Structural alerts"
    elif term.descriptor and first:
        title, unit = first.title, first.unit
    return TermRecord(title=title, unit=unit, **asdict(term))


def _model_system(smiles: str, values: Mapping[str, DescriptorValue]) -> ModelSystem | None:
    """Where a thiol addition was computed on one."""
    models = model_systems(smiles) if THIOL_ADDITION.name in values else None
    if models is None:
        return None
    inner, grown = models
    return ModelSystem(smiles=grown.smiles, atoms=grown.atoms, inner=inner.atoms)


def _molblock(candidate: Candidate, in_water: str, findings: Findings, level: LevelOfTheory, seed: int) -> str | None:
    """The candidate's own relaxed geometry, the one in water if there are several."""
    own = [
        findings.states[ground_state_key(calculation, level, seed)]
        for value in findings.values[candidate.id].values()
        for calculation in value.calculations
        if calculation.species.smiles in (candidate.smiles, in_water)
    ]
    if not own:
        return None
    best = min(own, key=lambda state: state.calculation.species.environment != "water")
    return str(Chem.MolToMolBlock(to_mol(best.calculation.species.smiles, best.geometry)))


def _species(key: str, state: GroundState) -> SpeciesRecord:
    species = state.calculation.species
    return SpeciesRecord(
        hash=key,
        label=species.label,
        smiles=species.smiles,
        charge=species.charge,
        multiplicity=species.multiplicity,
        environment=species.environment,
        n_electrons=state.n_electrons,
        n_orbitals=state.n_orbitals,
        n_qubits=state.n_qubits,
        energy_hartree=RungsRecord(**state.energy_hartree.as_dict()),
        solvation_hartree=state.solvation_hartree,
        converged=state.converged,
        gradient_norm=state.gradient_norm,
        n_parameters=state.n_parameters,
        n_evaluations=state.n_evaluations,
        s_squared=state.s_squared,
        natural_occupations=state.natural_occupations,
        orbital_entropies=state.orbital_entropies,
        mutual_information=state.mutual_information,
        trace=state.trace,
        flags=state.flags,
        wall_s=state.wall_s,
        fault_tolerant=None if state.fault_tolerant is None else _fault_tolerant(state.fault_tolerant),
    )


def _fault_tolerant(estimate: FaultTolerant) -> FaultTolerantRecord:
    layout = physical(estimate)
    return FaultTolerantRecord(
        logical_qubits=estimate.logical_qubits,
        toffolis=estimate.toffolis,
        norm_hartree=estimate.norm_hartree,
        physical_qubits=layout.qubits if layout else None,
        seconds=layout.seconds if layout else None,
    )


def _kendall(pairs: Sequence[tuple[int, int] | None]) -> float | None:
    known = [pair for pair in pairs if pair is not None]
    return kendall_tau([ours for ours, _ in known], [other for _, other in known])
