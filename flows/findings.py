"""Findings: what a screen has to compute, and the evidence that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from flows.child import end_with_parent
from flows.report.document import Failure
from flows.request import CORES, ScreenRequest
from models.evidence import DescriptorEvidence, Evidence, EvidenceTable
from models.judge import LlamaRanking
from models.signature import signature
from molecules.candidate import Candidate, Library
from molecules.profile import Profile, profile
from molecules.read import read_library, read_pasted
from pipeline.descriptors import DESCRIPTORS, DescriptorValue, NotApplicableError
from pipeline.descriptors.residuals import with_residual
from pipeline.desirability import NAME, Known, Score, scores
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState, ground_state_key
from pipeline.level import LevelOfTheory
from pipeline.objective import ALERTS, Objective, objective, read_objective
from pipeline.ranks import ranks

REFERENCE = "reference"
"""Id of a molecule that candidates are compared with."""
_HYDRATION = "solvation.water"
_DIGITS = 6
"""Scores that agree to so many are equal, as far as the order of the list goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a screen has to compute."""

    calculations: Mapping[str, Mapping[str, tuple[Calculation, ...]]]
    """By candidate id and descriptor name."""
    references: Mapping[tuple[str, str], tuple[Calculation, ...]]
    """By descriptor name and SMILES: of molecules that candidates are compared with."""
    refused: tuple[Failure, ...]
    """Descriptors that the ranking needs and that do not apply to a candidate."""

    def unique(self, level: LevelOfTheory, seed: int) -> dict[str, Calculation]:
        """Every ground state once, by its key."""
        of_candidates = (one for by_descriptor in self.calculations.values() for one in by_descriptor.values())
        return {
            ground_state_key(calculation, level, seed): calculation
            for calculations in (*self.references.values(), *of_candidates)
            for calculation in calculations
        }


@dataclass(frozen=True, slots=True)
class Failed:
    """One ground state or geometry that could not be computed."""

    key: str
    """Of the calculation or geometry."""
    label: str
    stage: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What the chemistry of a screen found."""

    values: Mapping[str, Mapping[str, DescriptorValue]]
    """By candidate id and dotted name."""
    references: Mapping[tuple[str, str], DescriptorValue]
    """By dotted name and SMILES."""
    states: Mapping[str, GroundState]
    """By key."""
    failed: tuple[Failure, ...]


def candidates(request: ScreenRequest) -> Library:
    """The molecules that were pasted, or those of the library, standardised by this machine's processes.

    Raises:
        LibraryError: the library as a whole cannot be read.
    """
    if request.molecules:
        return read_pasted(request.molecules)
    with ProcessPoolExecutor(min(request.workers, CORES), get_context("spawn"), end_with_parent) as pool:
        return read_library(Path(request.library), pool)


def chosen_objective(request: ScreenRequest) -> Objective:
    """What the request ranks by.

    Raises:
        InputError: its objective file cannot be read, or is wrong.
    """
    return read_objective(Path(request.objective_file)) if request.objective_file else objective(request.objective)


def plan(library: Library, objective: Objective, level: LevelOfTheory, neutral: bool) -> Plan:
    """The ground states that the objective's descriptors need, for every candidate.

    Args:
        library: the candidates.
        objective: what is ranked by.
        level: of theory.
        neutral: whether reactivity too is that of the neutral molecule.

    Raises:
        InputError: a molecule that the objective compares with has no such descriptor.
    """
    references = {}
    for name, smiles in objective.references:
        try:
            references[name, smiles] = DESCRIPTORS[name].needs(smiles, smiles, level, neutral=neutral)
        except NotApplicableError as error:
            raise InputError(
                f"Objective {objective.name}: relative_to: {error.reason}", f"Name a molecule that has a {name}."
            ) from error
    calculations: dict[str, dict[str, tuple[Calculation, ...]]] = {}
    refused = []
    for candidate in library.candidates:
        calculations[candidate.id] = {}
        for name in objective.descriptors:
            try:
                needed = DESCRIPTORS[name].needs(candidate.smiles, candidate.name, level, candidate.pose, neutral)
            except NotApplicableError as error:
                if name in objective.required:
                    refused.append(_failure(candidate, candidate.name, name, error.reason, error.remedy))
                    calculations[candidate.id] = {}
                    break  # it cannot be ranked: compute nothing more for it
            else:
                calculations[candidate.id][name] = needed
    return Plan(calculations, references, tuple(refused))


def find(
    library: Library,
    the_plan: Plan,
    states: Mapping[str, GroundState],
    failures: Sequence[Failed],
    level: LevelOfTheory,
    seed: int,
) -> Findings:
    """Evaluate the equations whose ground states are all there; the others are failures."""
    by_key = {failure.key: failure for failure in failures}
    values: dict[str, dict[str, DescriptorValue]] = {}
    failed = list(the_plan.refused)

    def evaluated(of: Candidate, name: str, calculations: Sequence[Calculation]) -> dict[str, DescriptorValue]:
        """By dotted name; nothing, and failures, where a ground state is missing."""
        pairs = [(ground_state_key(calculation, level, seed), calculation) for calculation in calculations]
        missing = [_missing(of, by_key.get(key), calculation) for key, calculation in pairs if key not in states]
        failed.extend(missing)
        found = () if missing else DESCRIPTORS[name].values([states[key] for key, _ in pairs])
        return {value.name: with_residual(value, level) for value in found}

    references: dict[tuple[str, str], DescriptorValue] = {}
    for (name, smiles), calculations in the_plan.references.items():
        reference = Candidate(REFERENCE, 0, f"{smiles}, for comparison", smiles, "", smiles)
        references |= {(dotted, smiles): one for dotted, one in evaluated(reference, name, calculations).items()}
    for candidate in library.candidates:
        values[candidate.id] = {}
        for name, calculations in the_plan.calculations[candidate.id].items():
            values[candidate.id] |= evaluated(candidate, name, calculations)
    return Findings(values, references, states, tuple(failed))


def scored(
    library: Library, the_plan: Plan, findings: Findings, objective: Objective, seed: int
) -> Mapping[str, Score]:
    """The candidates that have all that the objective asks for, by id, best first; none where a reference failed.

    Of equal scores, as within a window, the one that uncertainty lowers least comes first.
    """
    comparable = all(
        term.relative_to is None or (term.value, term.relative_to) in findings.references for term in objective.terms
    )
    known: dict[str, Known] = {}
    for candidate in library.candidates if comparable else ():
        values = findings.values[candidate.id]
        applicable = the_plan.calculations[candidate.id]
        wanted = [
            term for term in objective.terms if term.descriptor in applicable or term.descriptor in objective.required
        ]
        if all(term.value in values for term in wanted):
            known[candidate.id] = Known(values, _numbers(profile(candidate.smiles)))
    found = dict(zip(known, scores(objective, list(known.values()), findings.references, seed), strict=True))
    order = {key: (-round(score.value.value, _DIGITS), -score.draws.mean()) for key, score in found.items()}
    return {key: found[key] for key in sorted(found, key=order.__getitem__)}


def evidence_table(
    library: Library, findings: Findings, objective: Objective, ranking: Mapping[str, Score]
) -> EvidenceTable:
    """The evidence of every candidate that has a score, in the order of `ranking`."""
    names = _distinct_names(library.candidates)
    by_id = {candidate.id: candidate for candidate in library.candidates}
    state_of = {state.calculation: state for state in findings.states.values()}
    given = ranks([score.value.value for score in ranking.values()])
    return EvidenceTable(
        objective=objective.name,
        question=objective.question,
        ranking_descriptor=NAME,
        lower_is_better=False,
        asked=tuple(term.value for term in sorted(objective.terms, key=lambda term: -term.weight) if term.descriptor),
        candidates=tuple(
            _evidence(by_id[key], names[key], rank, score, findings.values[key], state_of)
            for rank, (key, score) in zip(given, ranking.items(), strict=True)
        ),
    )


def in_order(table: EvidenceTable, ranking: LlamaRanking) -> EvidenceTable:
    """The table in the Llama's order."""
    rows = [
        replace(one, rank_llama=ranking.ranks[one.id], score_llama=ranking.scores[one.id]) for one in table.candidates
    ]
    best_first = sorted(rows, key=lambda one: -ranking.scores[one.id])
    return replace(table, sorted_by="llama", candidates=tuple(best_first))


def _evidence(
    candidate: Candidate,
    name: str,
    rank: int,
    score: Score,
    values: Mapping[str, DescriptorValue],
    state_of: Mapping[Calculation, GroundState],
) -> Evidence:
    properties = profile(candidate.smiles)
    return Evidence(
        id=candidate.id,
        name=name,
        smiles=candidate.smiles,
        descriptors={
            value.name: DescriptorEvidence(
                value.name,
                value.title,
                value.value,
                value.unit,
                value.uncertainty,
                value.rungs.as_dict(),
                value.flags,
            )
            for value in (score.value, *values.values())
        },
        properties={key: value for key, value in _numbers(properties).items() if key != ALERTS},
        alerts=properties.alerts,
        rank_physics=rank,
        score_physics=score.value.value,
        signature=_signature(values.get(_HYDRATION), state_of),
    )


def _signature(hydration: DescriptorValue | None, state_of: Mapping[Calculation, GroundState]) -> tuple[float, ...]:
    """Of the candidate's own state in gas, as the ranker learned from; empty where it was not computed."""
    in_gas = (one for one in hydration.calculations if one.species.environment == "gas") if hydration else ()
    return next((signature(state_of[one]) for one in in_gas), ())


def _numbers(properties: Profile) -> dict[str, float]:
    """Properties, and how many alerts."""
    return {key: float(len(value) if key == ALERTS else value) for key, value in asdict(properties).items()}


def _missing(candidate: Candidate, cause: Failed | None, calculation: Calculation) -> Failure:
    if cause:
        return _failure(candidate, cause.label, cause.stage, cause.reason, cause.remedy)
    return _failure(
        candidate,
        calculation.species.label,
        "ground state",
        "The batch that it was in ended before it was done; the log says why.",
        "Run the same command again with --resume: it computes what is missing.",
    )


def _failure(candidate: Candidate, species: str, stage: str, reason: str, remedy: str) -> Failure:
    return Failure(id=candidate.id, name=candidate.name, species=species, stage=stage, reason=reason, remedy=remedy)


def _distinct_names(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Names by id; where several candidates share one, the row is added."""
    count: dict[str, int] = {}
    for candidate in candidates:
        count[candidate.name] = count.get(candidate.name, 0) + 1
    return {c.id: c.name if count[c.name] == 1 else f"{c.name} ({c.id})" for c in candidates}
