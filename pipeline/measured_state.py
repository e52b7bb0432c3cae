"""MeasuredState: the energy of a stored ground state, measured on a backend."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from pipeline.backends.backend import Energy
from pipeline.backends.catalogue import EXACT, kind_of, opened
from pipeline.backends.jobs import Consent, Price
from pipeline.backends.mitigation import MOST_PROJECTED_QUBITS, Step
from pipeline.backends.plan import planned
from pipeline.circuits.prepare import Prepared, prepared
from pipeline.circuits.stored import stored_state
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState, ground_state_key, integrals, stored_ground_state
from pipeline.level import LevelOfTheory
from pipeline.store import Store, content_hash

VERSION = 2
"""Raise it when measured energies change: stored ones of other versions are then not used."""
MAPPING = "parity-tapered"
"""From fermions to qubits: the fewest of them."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One energy to measure."""

    calculation: Calculation
    """The ground state, which the store has."""
    backend: str
    """A name of `eigenlead run-circuit --list`."""
    shots: int
    """Of all circuits together."""
    agreed: bool = False
    """To pay for it."""


@dataclass(frozen=True, slots=True)
class MeasuredState:
    """The energy of one active space on a backend; hartree, the solvation delta left out."""

    ansatz_hartree: float
    """Of the VQE's state, exactly."""
    energies: dict[str, Energy]
    """With no mitigation, ``none``, and with one step after the other, such as ``readout+symmetry``; of an estimator
    that mitigates by itself, its own only."""
    n_qubits: int
    """0: a single determinant, whose energy needs no circuit."""
    depth: int
    two_qubit_gates: int
    circuits: int
    """With different bases; 0 where a state vector was read."""
    shots: int

    @property
    def read(self) -> Energy:
        """With as little mitigation as there is."""
        return next(iter(self.energies.values()))

    @property
    def mitigated(self) -> Energy:
        """With all steps."""
        return list(self.energies.values())[-1]


@dataclass(frozen=True, slots=True)
class PlannedMeasurement:
    """What a measurement would submit to a service that costs money."""

    jobs: int
    shots: int
    price: Price | None
    """None: the vendor does not tell."""


_MEASURED = TypeAdapter(MeasuredState)
_PLANNED = TypeAdapter(PlannedMeasurement)


def measured_state_key(measurement: Measurement, level: LevelOfTheory, seed: int) -> str:
    """Hash of what determines `measured_state`."""
    state = ground_state_key(measurement.calculation, level, seed)
    return content_hash("measured_state", VERSION, state, measurement.backend, measurement.shots, MAPPING)


def stored_measured_state(
    measurement: Measurement, level: LevelOfTheory, seed: int, store: Store
) -> MeasuredState | None:
    """The measured energy if the store has it."""
    payload = store.get(measured_state_key(measurement, level, seed))
    return None if payload is None else _MEASURED.validate_python(payload)


def measured_state(measurement: Measurement, level: LevelOfTheory, seed: int, store: Store) -> MeasuredState:
    """The energy of a ground state's circuit on a backend, from the store or measured and stored.

    Readout errors are calibrated and taken out, and, on up to `MOST_PROJECTED_QUBITS` qubits, the numbers of electrons
    verified; the energies without are there too.

    Args:
        measurement: what and where.
        level: at which the ground state was computed.
        seed: of its conformers, and of the backend's random numbers.
        store: with the ground state.

    Raises:
        ComputationError: its class says whether to change the request, make it smaller, or try again.
    """
    if (known := stored_measured_state(measurement, level, seed, store)) is not None:
        return known
    start, key = time.perf_counter(), measured_state_key(measurement, level, seed)
    state = _prepared(measurement, level, seed, store)
    if not state.circuit.num_qubits:
        energies = {"none": Energy(state.ansatz_hartree, 0.0)}
        result = MeasuredState(state.ansatz_hartree, energies, 0, 0, 0, 0, 0)
    else:
        consent = Consent(measurement.agreed)
        backend = opened(measurement.backend, _steps(measurement, state), state.symmetries, store, consent, key)
        measured = backend.run(state.circuit, state.observable, measurement.shots, seed)
        result = MeasuredState(
            ansatz_hartree=state.ansatz_hartree,
            energies=measured.metadata["mitigation"],
            n_qubits=state.circuit.num_qubits,
            depth=measured.metadata["depth"],
            two_qubit_gates=measured.metadata["two_qubit_gates"],
            circuits=measured.metadata["settings"],
            shots=measured.shots,
        )
    store.put(key, "measured_state", _MEASURED.dump_python(result, mode="json"), time.perf_counter() - start)
    return result


def planned_measurement(measurement: Measurement, level: LevelOfTheory, seed: int, store: Store) -> PlannedMeasurement:
    """What `measured_state` would submit, and its price, from the store or asked for; nothing is submitted.

    Raises:
        ComputationError: as `measured_state`.
    """
    key = _plan_key(measurement, level, seed)
    if (payload := store.get(key)) is not None:
        return _PLANNED.validate_python(payload)
    start = time.perf_counter()
    state = _prepared(measurement, level, seed, store)
    result = PlannedMeasurement(0, 0, Price(0.0, ""))
    if state.circuit.num_qubits:
        steps = _steps(measurement, state)
        run_key = measured_state_key(measurement, level, seed)  # what is agreed to is what is submitted
        backend = opened(measurement.backend, steps, state.symmetries, store, Consent(False), run_key)
        plan = planned(backend, state.circuit, state.observable, measurement.shots)
        result = PlannedMeasurement(plan.jobs, plan.shots, plan.price)
    store.put(key, "quantum_plan", _PLANNED.dump_python(result, mode="json"), time.perf_counter() - start)
    return result


def total_price(plans: Sequence[PlannedMeasurement]) -> Price | None:
    """Of all together; None where the vendor does not tell."""
    if any(plan.price is None for plan in plans):
        return None
    prices = [plan.price for plan in plans if plan.price is not None and plan.jobs]
    return Price(sum(price.amount for price in prices), prices[0].unit if prices else "")


def costs(backend: str) -> bool:
    """Whether a backend costs money.

    Raises:
        InputError: there is no such backend, or something is missing here.
    """
    kind, device = kind_of(backend)
    return kind.estimates or bool(kind.service and kind.service(device).costs)


def shifted(state: GroundState, measured: Energy, exact_hartree: float) -> GroundState:
    """The ground state with what was measured in place of the VQE's own energy, on both rungs that stand on it."""
    error = measured.value_hartree - exact_hartree
    energy = state.energy_hartree
    if energy.vqe is None or energy.vqe_pdft is None:
        return state
    return replace(state, energy_hartree=replace(energy, vqe=energy.vqe + error, vqe_pdft=energy.vqe_pdft + error))


def _plan_key(measurement: Measurement, level: LevelOfTheory, seed: int) -> str:
    return content_hash("quantum_plan", measured_state_key(measurement, level, seed))


def _prepared(measurement: Measurement, level: LevelOfTheory, seed: int, store: Store) -> Prepared:
    calculation = measurement.calculation
    state = stored_ground_state(calculation, level, seed, store)
    if state is None:
        raise InputError(f"The store has no ground state of {calculation.species.label}.", "Compute it first.")
    key = content_hash(ground_state_key(calculation, level, seed), MAPPING)
    return stored_state(key, store, lambda: prepared(integrals(state, level), level.ansatz, MAPPING))


def _steps(measurement: Measurement, state: Prepared) -> tuple[Step, ...]:
    kind, _ = kind_of(measurement.backend)
    if kind.key == EXACT or kind.estimates:
        return ()
    return ("readout", "symmetry") if state.circuit.num_qubits <= MOST_PROJECTED_QUBITS else ("readout",)
