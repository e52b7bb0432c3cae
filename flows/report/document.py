"""ReportDocument: everything a screen found out. Written as report.json, it is all that the other files are made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from pipeline.rungs import RungName


def _finite(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    json.dumps(value, allow_nan=False)  # raises ValueError on NaN and infinities, which JSON does not have
    return value


JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_finite)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Rungs(_Record):
    """One quantity on every rung; null where it was not computed."""

    xtb: float | None = Field(default=None, description="GFN2-xTB.")
    mean_field: float | None = Field(default=None, description="(RO)HF or (RO)KS, as the level says.")
    dft: float | None = Field(default=None, description="The DFT null model.")
    casci: float | None = Field(default=None, description="Exact diagonalisation in the active space.")
    casci_pdft: float | None = Field(default=None, description="MC-PDFT on the CASCI state; null model of vqe_pdft.")
    vqe: float | None = Field(default=None, description="VQE in the active space.")
    vqe_pdft: float | None = Field(default=None, description="MC-PDFT on the VQE state; the rung that ranks.")


class Llama(_Record):
    """The language model that ranked and explained."""

    name: str = Field(description="Name of the model.")
    hash: str = Field(description="Content hash of its weights.")


class RunTime(_Record):
    """Wall-clock seconds of the run."""

    chemistry: float = Field(description="Geometries, ground states and descriptors, in seconds.")
    llama: float = Field(description="Ranking and explaining, in seconds.")
    total: float = Field(description="From start to finish, in seconds.")


class Provenance(_Record):
    """What made the numbers, in enough detail to make them again."""

    eigenlead: str = Field(description="Version of Eigenlead.")
    python: str = Field(description="Version of Python.")
    packages: dict[str, str] = Field(description="Version of each package that the numbers depend on.")
    seed: int = Field(description="Seed of every random choice.")
    profile: str = Field(description="Name of the profile, such as quick.")
    level: JsonObject = Field(description="The level of theory, field by field.")
    llama: Llama | None = Field(description="The Llama; null if none took part.")
    started: AwareDatetime = Field(description="Start of the run, with its time zone.")
    finished: AwareDatetime = Field(description="End of the run, with its time zone.")
    host: str = Field(description="The machine.")
    wall_s: RunTime = Field(description="Wall-clock seconds.")


class Term(_Record):
    """A desirability: 0 below `zero_below` and above `zero_above`, 1 from `one_from` to `one_to`, straight between."""

    value: str = Field(description="Descriptor value or property, or alerts for their number.")
    title: str = Field(description="Words for it.")
    unit: str = Field(description="Unit of the four numbers.")
    relative_to: str | None = Field(description="SMILES of the molecule whose value is subtracted; null: none.")
    zero_below: float | None = Field(description="Null with one_from: no lower side.")
    one_from: float | None = Field(description="Where the desirability has risen to 1.")
    one_to: float | None = Field(description="Where it begins to fall.")
    zero_above: float | None = Field(description="Null with one_to: no upper side.")
    weight: float = Field(gt=0, description="Exponent in the weighted geometric mean.")
    absent: float | None = Field(description="Desirability of a molecule without such a quantity; null: no rank.")
    why: str = Field(description="The reason for it.")


class Objective(_Record):
    """The question that the ranking answers, and by which number."""

    name: str = Field(description="Name of the objective, such as covalent.")
    question: str = Field(description="What it asks, as a clause: which reacts faster with a cysteine thiol.")
    ranking_descriptor: str = Field(description="Key of the descriptor that score_physics is made of.")
    lower_is_better: bool = Field(description="Whether a lower value of that descriptor is the better one.")
    terms: tuple[Term, ...] = Field(description="The desirabilities whose weighted geometric mean is the score.")
    sorted_by: Literal["physics", "llama"] = Field(description="Whose `rank` and `score` are shown.")
    sorted_because: str = Field(description="Why: what was measured of either, as a sentence.")


class Desirability(_Record):
    """One term of the objective for one candidate, in the order of the terms."""

    value: float | None = Field(description="What the term looks at, less the reference's; null: no such quantity.")
    uncertainty: float = Field(ge=0, description="Half width like one standard deviation, in the term's unit.")
    desirability: float = Field(ge=0, le=1, description="From 0, not acceptable, to 1.")


class Descriptor(_Record):
    """A difference of ground-state energies, or what is made of such differences."""

    title: str = Field(description="Words for a chemist, such as thiol addition energy.")
    value: float = Field(description="On the rung that ranks, in `unit`.")
    unit: str = Field(description="Unit of the value, its uncertainty and its rungs.")
    uncertainty: float | None = Field(description="Half width like one standard deviation, in `unit`; null: unknown.")
    uncertainty_from: dict[str, float] = Field(
        description="Its independent parts: methods, conformers, convergence, model, validation, terms."
    )
    equation: str = Field(description="The equation over ground states, such as E[adduct] − E[M] − E[CH3S−].")
    species: tuple[str, ...] = Field(description="Hashes of the species in the equation, in its order.")
    rungs: Rungs = Field(description="The value on every rung, in `unit`.")
    flags: tuple[str, ...] = Field(description="Sentences on what limits trust in the value.")


class Claim(_Record):
    """One statement of an explanation, checked against the evidence."""

    text: str = Field(description="The words of the explanation that make the claim.")
    descriptor: str = Field(description="The descriptor or property that it is about.")
    relation: str = Field(description="What it says of it, such as equals, lower than, lowest of all.")
    value: float | str | None = Field(description="The number or the structural alert that it states, if any.")
    compared_with: str | None = Field(description="The candidate that it compares with, if any.")
    holds: bool = Field(description="Whether the evidence says so too.")


class Explanation(_Record):
    """Why a candidate stands where it stands, in words."""

    text: str = Field(description="Plain text; the first sentence stands by itself.")
    source: Literal["llama", "template"] = Field(description="Who wrote it.")
    claims: tuple[Claim, ...] = Field(description="Its checked statements.")


class ModelSystem(_Record):
    """The part of a large molecule that stands for it above GFN2-xTB; atoms of smiles_in_water, from 0."""

    smiles: str = Field(description="The model that counts, capped with hydrogen.")
    atoms: tuple[int, ...] = Field(description="What it is cut out of.")
    inner: tuple[int, ...] = Field(description="The atoms of the smaller model, before it was grown once.")


class RankedCandidate(_Record):
    """One candidate with all that is known of it."""

    id: str = Field(description="Identifier, unique in the report.")
    name: str = Field(description="The user's name for it.")
    smiles: str = Field(description="Canonical isomeric SMILES of the standardised parent.")
    smiles_in_water: str = Field(
        description="The form that reactivity is computed for: at pH 7.4, or neutral as asked."
    )
    inchikey: str = Field(description="Standard InChIKey of the parent.")
    identity: str = Field(description="What tells it from others: the InChIKey; of racemates and atropisomers more.")
    rank: int = Field(
        ge=1, description="1, and one more for each candidate with a better score, scores rounded to two decimals."
    )
    score: float = Field(description="What the list is sorted by; higher is better.")
    rank_physics: int = Field(ge=1, description="Rank by the ranking descriptor alone, counted in the same way.")
    score_physics: float = Field(description="Score by the ranking descriptor alone; higher is better.")
    rank_llama: int | None = Field(ge=1, description="Rank by the Llama's score; null if it did not rank this one.")
    score_llama: float | None = Field(description="Score by the Llama; higher is better.")
    probability_top_k: float | None = Field(
        ge=0, le=1, description="Probability that the candidate is among the K best, given the uncertainties."
    )
    desirabilities: tuple[Desirability, ...] = Field(description="One for each term of the objective.")
    columns: dict[str, str] = Field(description="The user's own columns, as the input file has them.")
    properties: dict[str, float] = Field(description="Computed properties, such as mw and clogp.")
    alerts: tuple[str, ...] = Field(description="Structural alerts, such as PAINS: quinone_A(370).")
    notes: tuple[str, ...] = Field(description="What standardisation changed or could not decide.")
    molblock: str | None = Field(description="Molfile with 3D coordinates in ångström; null if there are none.")
    descriptors: dict[str, Descriptor] = Field(description="By name, dotted where one equation gives several values.")
    model_system: ModelSystem | None = Field(description="Null where the whole molecule was computed.")
    soft_spots: dict[int, float] = Field(
        description="C–H bond dissociation enthalpies in kcal/mol by atom of smiles from 0; empty: not computed."
    )
    explanation: Explanation | None = Field(description="For the first K of the list; null for the rest.")


class RejectedRow(_Record):
    """An input row that could not become a candidate."""

    row: int = Field(description="Line number of a text file or record number of an SDF; from 1.")
    input: str = Field(description="The row as the user wrote it.")
    reason: str = Field(description="What is wrong with it.")
    remedy: str = Field(description="What to write instead.")


class Failure(_Record):
    """A calculation that did not finish; where the ranking needs it, its candidate has no rank."""

    id: str = Field(description="Identifier of the candidate.")
    name: str = Field(description="The user's name for the candidate.")
    species: str = Field(description="Label of the species that failed.")
    stage: str = Field(description="The stage that failed, such as geometry or vqe.")
    reason: str = Field(description="What went wrong.")
    remedy: str = Field(description="What to do about it.")


class FaultTolerant(_Record):
    """What an error-corrected quantum computer would need for one energy: phase estimation to 1 mHa, once."""

    logical_qubits: int = Field(description="Of the active space and all ancillas.")
    toffolis: int = Field(description="Toffoli gates.")
    norm_hartree: float = Field(description="One-norm of the double-factorised Hamiltonian.")
    physical_qubits: int | None = Field(description="In a surface code, at an error of 1e-3 a gate; null: none known.")
    seconds: float | None = Field(description="There, at a cycle of 1 µs; null: no layout is known.")


class SpeciesRecord(_Record):
    """One ground state, shared by every equation that it stands in."""

    hash: str = Field(description="Content hash of the species and the level of theory.")
    label: str = Field(description="Short name for people.")
    smiles: str = Field(description="Canonical isomeric SMILES.")
    charge: int = Field(description="Total charge in elementary charges.")
    multiplicity: int = Field(description="Spin multiplicity 2S + 1.")
    environment: str = Field(description="gas, water or octanol.")
    n_electrons: int | None = Field(description="Electrons in the active space; null: the species has none.")
    n_orbitals: int | None = Field(description="Spatial orbitals in the active space; null: the species has none.")
    n_qubits: int | None = Field(description="Qubits of the mapped Hamiltonian; null without an active space.")
    energy_hartree: Rungs = Field(description="Ground-state energy in hartree, solvation delta included.")
    solvation_hartree: float | None = Field(
        description="Solvation delta in hartree that is in every rung of energy_hartree, and not in trace; null in gas."
    )
    converged: bool = Field(description="Whether every stage converged.")
    gradient_norm: float | None = Field(description="Norm of the VQE gradient at the end, in hartree per radian.")
    n_parameters: int | None = Field(description="Parameters of the ansatz.")
    n_evaluations: int | None = Field(description="Energies that the optimiser asked for.")
    s_squared: float | None = Field(description="Expectation value of S² of the VQE state, in ħ².")
    natural_occupations: tuple[float, ...] = Field(description="Of the active orbitals, from 2 down to 0.")
    orbital_entropies: tuple[float, ...] = Field(description="Of the active orbitals in the VQE state, nats.")
    mutual_information: tuple[tuple[float, ...], ...] = Field(description="Of each two active orbitals, nats.")
    trace: tuple[float, ...] = Field(description="VQE energy in hartree after each evaluation, no solvation delta.")
    flags: tuple[str, ...] = Field(description="Sentences on what limits trust in the energy.")
    wall_s: dict[str, float] = Field(
        description="Seconds of each stage: geometry, mean_field, active_space, casci, casci_pdft, vqe, pdft, others."
    )
    fault_tolerant: FaultTolerant | None = Field(
        default=None, description="Null without an active space, and where an earlier version computed the species."
    )


class RankChange(_Record):
    """A candidate that the VQE moved."""

    id: str = Field(description="Identifier of the candidate.")
    name: str = Field(description="The user's name for it.")
    rank_vqe_pdft: int = Field(ge=1, description="Its physics rank on the VQE state.")
    sharing_vqe_pdft: int = Field(default=1, ge=1, description="How many candidates have that rank.")
    rank_casci_pdft: int = Field(ge=1, description="Its physics rank on the exact state of the same active space.")
    sharing_casci_pdft: int = Field(default=1, ge=1, description="How many candidates have that rank.")


class QuantumEffect(_Record):
    """What the quantum step changed in the ranking of physics, also when that is nothing."""

    kendall_tau: dict[RungName, float | None] = Field(
        description="Kendall's tau-b of the ranks on vqe_pdft with those on each other rung; null: undefined."
    )
    rank_changes: tuple[RankChange, ...] = Field(description="Candidates whose rank differs between VQE and CASCI.")
    sentence: str = Field(description="The finding in words.")


class MeasuredValue(_Record):
    """A value from energies of one kind: exact, measured, or measured and mitigated."""

    value: float = Field(description="By the bare VQE, in the step's unit.")
    standard_error: float = Field(ge=0, description="From the shots' own scatter, in the step's unit.")
    score: float = Field(description="The physics score that it would give.")
    rank: int = Field(ge=1, description="By that score, among the candidates that were measured.")


class MeasuredCandidate(_Record):
    """One of the first candidates of the list, measured on a backend."""

    id: str = Field(description="Identifier of the candidate.")
    name: str = Field(description="The user's name for it.")
    exact: MeasuredValue = Field(description="By the VQE's own energies.")
    measured: MeasuredValue = Field(description="As the backend read it.")
    mitigated: MeasuredValue | None = Field(description="With all steps of mitigation; null where there are none.")


class MeasuredEnergy(_Record):
    """An energy read on a backend."""

    value_hartree: float = Field(description="Of the active space, the solvation delta left out.")
    standard_error_hartree: float = Field(ge=0, description="From the shots' own scatter.")


class MeasuredSpecies(_Record):
    """One ground state, measured on a backend."""

    hash: str = Field(description="That of its record among the species.")
    label: str = Field(description="Short name for people.")
    n_qubits: int = Field(ge=0, description="After tapering; 0: a single determinant that needs no circuit.")
    depth: int = Field(ge=0, description="Of the compiled circuit.")
    two_qubit_gates: int = Field(ge=0, description="Of the compiled circuit.")
    circuits: int = Field(ge=0, description="With different bases; 0 where a state vector was read.")
    shots: int = Field(ge=0, description="Of all circuits together.")
    exact_hartree: float = Field(description="Of the VQE's state, as the engine has it.")
    energies: dict[str, MeasuredEnergy] = Field(
        description="With no mitigation (none) and with one step after the other, such as readout+symmetry."
    )


class QuantumStep(_Record):
    """The first candidates of the list, measured on a quantum backend, beside the exact values of the same states."""

    backend: str = Field(description="As in `eigenlead run-circuit --list`.")
    mapping: str = Field(description="From fermions to qubits.")
    shots: int = Field(ge=1, description="For each energy.")
    value: str = Field(description="The value that was measured, a key of a candidate's descriptors; empty: none.")
    title: str = Field(description="Words for it.")
    unit: str = Field(description="Its unit.")
    candidates: tuple[MeasuredCandidate, ...] = Field(description="In the order of the ranking.")
    species: tuple[MeasuredSpecies, ...] = Field(description="Each measured once.")
    not_measured: tuple[str, ...] = Field(description="Species that could not be measured, with reason and remedy.")
    kendall_tau: dict[Literal["measured", "mitigated"], float | None] = Field(
        description="Kendall's tau-b of the order with that of the exact values; null: undefined."
    )
    sentence: str = Field(description="The finding in words.")
    wall_s: float = Field(ge=0, description="Seconds that it took.")


class LlamaTrust(_Record):
    """How far the Llama's order agrees with itself and with the physics."""

    comparisons: int = Field(ge=0, description="Comparisons that it was asked to make.")
    order_consistency: float | None = Field(
        description="Share of comparisons that survive swapping the two; null: none."
    )
    position_bias: float | None = Field(
        description="Mean probability of the one shown first, less 0.5; null: no comparison."
    )
    kendall_tau_physics: float | None = Field(description="Kendall's tau-b of its order with that of physics.")
    sentence: str = Field(description="The finding in words.")


class ReportDocument(_Record):
    """The result of a screen. No number in it is NaN or infinite."""

    schema_version: Literal[1] = Field(description="Version of this schema.")
    request: JsonObject = Field(description="The ScreenRequest as run.")
    provenance: Provenance = Field(description="What made the numbers.")
    objective: Objective = Field(description="What the ranking is by.")
    candidates: tuple[RankedCandidate, ...] = Field(description="Best first; tied ones stand in no order.")
    rejected: tuple[RejectedRow, ...] = Field(description="Input rows that could not become candidates.")
    failed: tuple[Failure, ...] = Field(description="Calculations that did not finish.")
    species: tuple[SpeciesRecord, ...] = Field(description="Every ground state in the run.")
    quantum_effect: QuantumEffect = Field(description="What the quantum step changed.")
    llama_trust: LlamaTrust | None = Field(description="How far the Llama's order can be trusted; null without one.")
    quantum_step: QuantumStep | None = Field(
        default=None,
        description="The first candidates measured on a quantum backend; null where none was asked for.",
    )


def schema_text() -> str:
    """The JSON Schema of report.json, as it is published in ``docs/report.schema.json``."""
    return json.dumps(ReportDocument.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def write_schema(path: Path) -> None:
    """Publish the JSON Schema of report.json."""
    path.write_text(schema_text(), encoding="utf-8")
