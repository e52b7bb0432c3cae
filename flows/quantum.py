"""The quantum step: a screen's best candidates measured on a backend, and what that does to their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot
from typing import Literal

from prefect import get_run_logger

from flows import approval, chemistry
from flows.findings import Failed, Findings, Plan, find, scored
from flows.report.document import (
    MeasuredCandidate,
    MeasuredEnergy,
    MeasuredSpecies,
    MeasuredValue,
    QuantumStep,
)
from flows.request import ScreenRequest
from flows.running import use_credentials
from models.evidence import EvidenceTable
from molecules.candidate import Library
from pipeline.backends.backend import Energy
from pipeline.backends.catalogue import kind_of
from pipeline.descriptors import DESCRIPTORS, DescriptorValue
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState, ground_state_key
from pipeline.level import LevelOfTheory
from pipeline.measured_state import (
    MAPPING,
    MeasuredState,
    Measurement,
    PlannedMeasurement,
    costs,
    planned_measurement,
    shifted,
    stored_measured_state,
    total_price,
)
from pipeline.objective import Objective
from pipeline.ranks import kendall_tau, ranks
from pipeline.store import content_hash, open_store

_Read = Literal["measured", "mitigated"]


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screen has found."""

    library: Library
    plan: Plan
    findings: Findings
    objective: Objective
    table: EvidenceTable
    """In the order that is shown."""
    level: LevelOfTheory


def check(request: ScreenRequest) -> None:
    """See before anything is computed that the backend can run, and that the user agreed to pay if it costs.

    Raises:
        InputError: it cannot, or the user did not.
    """
    if not request.quantum:
        return
    use_credentials(request.quantum, request.credentials)
    kind_of(request.quantum)
    if costs(request.quantum) and not request.pays:
        raise InputError(
            f"The backend {request.quantum} costs money.",
            "Agree to it: --yes on the command line, “May cost money” in the form. `eigenlead run-circuit --dry-run` "
            "shows a price.",
        )


def measure(request: ScreenRequest, screened: Screened) -> QuantumStep:
    """Measure the ground states behind the best candidates' most important value, and rank them by it.

    A backend that costs money is used after a person's approval where a form or a schedule started the run.

    Raises:
        InputError: it is declined, or costs more than the request allows.
        TransientError: the store cannot be written.
    """
    start = time.perf_counter()
    screened = _best(screened, request.quantum_top)
    name = _measurable(screened)
    if name is None:
        return _step(request, screened, "", (), {}, time.perf_counter() - start)
    measurements = _measurements(request, screened, name)
    if costs(request.quantum):
        _agree(request, screened, measurements)
    failures = chemistry.measure(measurements, screened.level, request)
    for failure in failures:
        get_run_logger().error("%s was not measured: %s %s", failure.label, failure.reason, failure.remedy)
    store = open_store(request.store)
    found = {
        key: state
        for key, one in measurements.items()
        if (state := stored_measured_state(one, screened.level, request.seed, store)) is not None
    }
    return _step(request, screened, name, failures, found, time.perf_counter() - start)


def _best(screened: Screened, top: int) -> Screened:
    """The same of the best candidates only."""
    best = {one.id for one in screened.table.candidates[:top]}
    plan = screened.plan
    return replace(
        screened,
        library=replace(
            screened.library, candidates=tuple(one for one in screened.library.candidates if one.id in best)
        ),
        plan=replace(plan, calculations={key: plan.calculations[key] for key in plan.calculations if key in best}),
        table=replace(screened.table, candidates=screened.table.candidates[:top]),
    )


def _measurable(screened: Screened) -> str | None:
    """The value with the most weight in the objective that stands on active spaces of fixed orbitals."""
    values = screened.findings.values
    for name in screened.table.asked:
        having = [values[one.id][name] for one in screened.table.candidates if name in values[one.id]]
        if any(_has_circuit(calculation) for value in having for calculation in value.calculations):
            return name
    return None


def _has_circuit(calculation: Calculation) -> bool:
    return calculation.choice is not None and not calculation.choice.optimised


def _measurements(request: ScreenRequest, screened: Screened, name: str) -> dict[str, Measurement]:
    """What is to measure for the value `name` of the candidates and of what they are compared with, by state's key."""
    findings = screened.findings
    values = [findings.values[one.id].get(name) for one in screened.table.candidates]
    values += [value for (dotted, _), value in findings.references.items() if dotted == name]
    return {
        ground_state_key(calculation, screened.level, request.seed): Measurement(
            calculation, request.quantum, request.shots, request.pays
        )
        for value in values
        if value is not None
        for calculation in value.calculations
        if _has_circuit(calculation)
    }


def _agree(request: ScreenRequest, screened: Screened, measurements: Mapping[str, Measurement]) -> None:
    """Ask for the price, hold it against the limit, and have a person approve it where nobody has seen it."""
    level, store = screened.level, open_store(request.store)
    failures = chemistry.measure(measurements, level, request, plan_only=True)
    left_out = {failure.key for failure in failures}
    plans: list[PlannedMeasurement] = [
        planned_measurement(one, level, request.seed, store)
        for key, one in measurements.items()
        if key not in left_out and stored_measured_state(one, level, request.seed, store) is None
    ]
    jobs, shots, price = sum(plan.jobs for plan in plans), sum(plan.shots for plan in plans), total_price(plans)
    if not jobs:
        return
    words = f"{price.amount:.2f} {price.unit}" if price else "a price that the service does not tell"
    get_run_logger().info("%s: %d jobs, %d shots, %s", request.quantum, jobs, shots, words)
    if request.max_price and (price is None or price.amount > request.max_price):
        raise InputError(
            f"{request.quantum} would run {jobs} jobs with {shots} shots for {words}, above the limit of "
            f"{request.max_price:g}.",
            "Allow a higher price, or measure fewer candidates with fewer shots. The screen's report is written.",
        )
    if approval.was_started_by_a_form_or_schedule():
        amounts = [approval.Amount("jobs", jobs, 0, ""), approval.Amount("shots", shots, 0, "")]
        if price:
            amounts.append(approval.Amount("price", price.amount, 0, price.unit))
        subject = f"Measuring the best {len(screened.table.candidates)} candidates on {request.quantum}, for {words}"
        key = content_hash("quantum_step", request.key, jobs, shots, None if price is None else price.amount)
        approval.wait_for_approval(subject, amounts, key, gate="quantum")


def _step(
    request: ScreenRequest,
    screened: Screened,
    name: str,
    failures: Sequence[Failed],
    measured: Mapping[str, MeasuredState],
    seconds: float,
) -> QuantumStep:
    """The record, of the candidates all of whose states are measured, and those of what they are compared with."""
    states = screened.findings.states

    def is_measured(value: DescriptorValue) -> bool:
        keys = (ground_state_key(one, screened.level, request.seed) for one in value.calculations if _has_circuit(one))
        return all(key in measured for key in keys)

    comparable = all(
        is_measured(value) for (dotted, _), value in screened.findings.references.items() if dotted == name
    )
    complete = [
        one
        for one in screened.table.candidates
        if comparable and (value := screened.findings.values[one.id].get(name)) and is_measured(value)
    ]
    screened = replace(screened, table=replace(screened.table, candidates=tuple(complete)))
    mitigates = any(len(one.energies) > 1 for one in measured.values())
    exact: dict[str, MeasuredValue] = {}
    rankings: dict[_Read, dict[str, MeasuredValue]] = {}
    if complete:
        exact = _ranked(screened, name, request.seed, states, {})
        rankings["measured"] = _ranked(screened, name, request.seed, states, measured, lambda one: one.read)
    if complete and mitigates:
        rankings["mitigated"] = _ranked(screened, name, request.seed, states, measured, lambda one: one.mitigated)
    candidates = tuple(
        MeasuredCandidate(
            id=one.id,
            name=one.name,
            exact=exact[one.id],
            measured=rankings["measured"][one.id],
            mitigated=rankings["mitigated"][one.id] if mitigates else None,
        )
        for one in complete
    )
    first = screened.findings.values[complete[0].id][name] if complete else None
    tau = {kind: _kendall(exact, ranking) for kind, ranking in rankings.items()}
    return QuantumStep(
        backend=request.quantum,
        mapping=MAPPING,
        shots=request.shots,
        value=name,
        title=first.title if first else "",
        unit=first.unit if first else "",
        candidates=candidates,
        species=tuple(_species(key, states[key], one) for key, one in measured.items()),
        not_measured=tuple(f"{failure.label}: {failure.reason} {failure.remedy}" for failure in failures),
        kendall_tau=tau,
        sentence=_sentence(request.quantum, candidates, failures, first.unit if first else "", tau),
        wall_s=seconds,
    )


def _ranked(
    screened: Screened,
    name: str,
    seed: int,
    states: Mapping[str, GroundState],
    measured: Mapping[str, MeasuredState],
    energy: Callable[[MeasuredState], Energy] = lambda one: one.mitigated,
) -> dict[str, MeasuredValue]:
    """The candidates' values, standard errors, scores and ranks with measured energies in place of the VQE's."""
    level = screened.level

    def with_measured(key: str, error: float = 0.0) -> GroundState:
        if key not in measured:
            return states[key]
        read = energy(measured[key])
        read = replace(read, value_hartree=read.value_hartree + error * read.standard_error_hartree)
        return shifted(states[key], read, measured[key].ansatz_hartree)

    ids = {one.id for one in screened.table.candidates}
    library = replace(screened.library, candidates=tuple(one for one in screened.library.candidates if one.id in ids))
    now = {key: with_measured(key) for key in states}
    found = find(library, screened.plan, now, (), level, seed)
    ranking = scored(library, screened.plan, found, screened.objective, seed)
    given = ranks([score.value.value for score in ranking.values()])
    result = {}
    descriptor = name.partition(".")[0]
    for rank, (key, score) in zip(given, ranking.items(), strict=True):
        keys = [ground_state_key(one, level, seed) for one in screened.plan.calculations[key][descriptor]]
        value = _value(descriptor, name, [now[one] for one in keys])
        moved = [
            _value(descriptor, name, [with_measured(one, 1.0) if one == other else now[one] for one in keys])
            for other in set(keys)
            if other in measured
        ]
        result[key] = MeasuredValue(
            value=value,
            standard_error=hypot(*(one - value for one in moved)),
            score=score.value.value,
            rank=rank,
        )
    return result


def _value(descriptor: str, name: str, states: Sequence[GroundState]) -> float:
    """The value `name` on the bare VQE rung."""
    rungs = next(value.rungs for value in DESCRIPTORS[descriptor].values(states) if value.name == name)
    if rungs.vqe is None:
        raise InputError(f"{name} has no value by the bare VQE.", "Choose another objective.")
    return rungs.vqe


def _species(key: str, state: GroundState, measured: MeasuredState) -> MeasuredSpecies:
    return MeasuredSpecies(
        hash=key,
        label=state.calculation.species.label,
        n_qubits=measured.n_qubits,
        depth=measured.depth,
        two_qubit_gates=measured.two_qubit_gates,
        circuits=measured.circuits,
        shots=measured.shots,
        exact_hartree=measured.ansatz_hartree,
        energies={
            steps: MeasuredEnergy(value_hartree=one.value_hartree, standard_error_hartree=one.standard_error_hartree)
            for steps, one in measured.energies.items()
        },
    )


def _kendall(first: Mapping[str, MeasuredValue], second: Mapping[str, MeasuredValue]) -> float | None:
    return kendall_tau([one.rank for one in first.values()], [second[key].rank for key in first])


def _sentence(
    backend: str,
    candidates: Sequence[MeasuredCandidate],
    failures: Sequence[Failed],
    unit: str,
    tau: Mapping[_Read, float | None],
) -> str:
    if not candidates:
        reasons = [f" {one.label}: {one.reason} {one.remedy}" for one in failures[:1]]
        return "".join([f"No candidate could be measured on {backend}: none has all that it takes.", *reasons])

    def amount(value: float) -> str:
        return f"{value:.2g} {unit}".rstrip()

    words: dict[_Read, str] = {"measured": "without mitigation", "mitigated": "with it"}
    said = []
    for kind in tau:
        pairs = [(one.exact, getattr(one, kind)) for one in candidates]
        off = max(abs(read.value - exact.value) for exact, read in pairs)
        error = max(read.standard_error for _, read in pairs)
        moved = sum(read.rank != exact.rank for exact, read in pairs)
        order = f"{moved} of {len(pairs)} change places" if moved else "all keep their places"
        said.append(
            f"{words[kind]} the values are off by up to {amount(off)} at standard errors up to {amount(error)}, "
            f"and {order}"
        )
    return f"On {backend}, " + "; ".join(said) + "."
