"""Findings: what a screen has to compute, and the evidence that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from flows.report.document import Failure
from models.evidence import DescriptorEvidence, Evidence, EvidenceTable
from molecules.candidate import Candidate, Library
from molecules.profile import profile
from pipeline.descriptors import DESCRIPTORS, DescriptorValue, NotApplicableError
from pipeline.ground_state import Calculation, GroundState, ground_state_key
from pipeline.level import LevelOfTheory
from pipeline.objective import Objective


@dataclass(frozen=True, slots=True)
class Plan:
    """What a screen has to compute."""

    calculations: Mapping[str, Mapping[str, tuple[Calculation, ...]]]
    """By candidate id and descriptor name."""
    refused: tuple[Failure, ...]
    """Descriptors that do not apply to a candidate."""

    def unique(self, level: LevelOfTheory, seed: int) -> dict[str, Calculation]:
        """Every ground state once, by its key."""
        return {
            ground_state_key(calculation, level, seed): calculation
            for by_descriptor in self.calculations.values()
            for calculations in by_descriptor.values()
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
    states: Mapping[str, GroundState]
    """By key."""
    failed: tuple[Failure, ...]


def plan(library: Library, objective: Objective, level: LevelOfTheory) -> Plan:
    """The ground states that the objective's descriptors need, for every candidate."""
    calculations: dict[str, dict[str, tuple[Calculation, ...]]] = {}
    refused = []
    for candidate in library.candidates:
        calculations[candidate.id] = {}
        for name in objective.descriptors:
            try:
                needed = DESCRIPTORS[name].needs(candidate.smiles, candidate.name, level, candidate.pose)
            except NotApplicableError as error:
                refused.append(_failure(candidate, candidate.name, name, error.reason, error.remedy))
                if objective.ranking_descriptor.split(".")[0] == name:
                    calculations[candidate.id] = {}
                    break  # it cannot be ranked: compute nothing more for it
            else:
                calculations[candidate.id][name] = needed
    return Plan(calculations, tuple(refused))


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
    for candidate in library.candidates:
        values[candidate.id] = {}
        for name, calculations in the_plan.calculations[candidate.id].items():
            keys = [ground_state_key(calculation, level, seed) for calculation in calculations]
            pairs = list(zip(keys, calculations, strict=True))
            failed += [
                _missing(candidate, by_key.get(key), calculation) for key, calculation in pairs if key not in states
            ]
            if all(key in states for key in keys):
                named = DESCRIPTORS[name].values([states[key] for key in keys])
                values[candidate.id].update({value.name: value for value in named})
    return Findings(values, states, tuple(failed))


def evidence_table(library: Library, findings: Findings, objective: Objective) -> EvidenceTable:
    """The evidence of every candidate that has its ranking descriptor, best first by physics."""
    names = _distinct_names(library.candidates)
    scored = []
    for candidate in library.candidates:
        values = findings.values[candidate.id]
        if objective.ranking_descriptor in values:
            scored.append((objective.score(values[objective.ranking_descriptor].value), candidate))
    scored.sort(key=lambda pair: (-pair[0], pair[1].row))
    rows = []
    for position, (score, candidate) in enumerate(scored, start=1):
        properties = profile(candidate.smiles)
        numbers = {name: float(value) for name, value in asdict(properties).items() if name != "alerts"}
        rows.append(
            Evidence(
                id=candidate.id,
                name=names[candidate.id],
                smiles=candidate.smiles,
                descriptors={
                    name: DescriptorEvidence(
                        value.name,
                        value.title,
                        value.value,
                        value.unit,
                        value.uncertainty,
                        value.rungs.as_dict(),
                        value.flags,
                    )
                    for name, value in findings.values[candidate.id].items()
                },
                properties=numbers,
                alerts=properties.alerts,
                rank_physics=position,
                score_physics=score,
            )
        )
    return EvidenceTable(
        objective=objective.name,
        question=objective.question,
        ranking_descriptor=objective.ranking_descriptor,
        lower_is_better=objective.lower_is_better,
        candidates=tuple(rows),
    )


def _missing(candidate: Candidate, cause: Failed | None, calculation: Calculation) -> Failure:
    if cause:
        return _failure(candidate, cause.label, cause.stage, cause.reason, cause.remedy)
    return _failure(
        candidate,
        calculation.species.label,
        "ground state",
        "The batch that it was in ended before it was done: its process died, or the store could not be written.",
        "Make sure of memory and disk space, and run the same command again with --resume.",
    )


def _failure(candidate: Candidate, species: str, stage: str, reason: str, remedy: str) -> Failure:
    return Failure(id=candidate.id, name=candidate.name, species=species, stage=stage, reason=reason, remedy=remedy)


def _distinct_names(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Names by id; where several candidates share one, the row is added."""
    count: dict[str, int] = {}
    for candidate in candidates:
        count[candidate.name] = count.get(candidate.name, 0) + 1
    return {c.id: c.name if count[c.name] == 1 else f"{c.name} ({c.id})" for c in candidates}
