"""Resources: what measuring the energy of a circuit's state to chemical accuracy takes."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit.quantum_info import Statevector

from pipeline.circuits.measurement import Group, groups, rotation_groups, shots_needed, spreads
from pipeline.circuits.prepare import Prepared
from pipeline.hamiltonian import Hamiltonian


@dataclass(frozen=True, slots=True)
class MeasurementCost:
    """Of one way to group the Hamiltonian."""

    grouping: str
    """``qubit-wise``, ``commuting`` or ``basis-rotation``."""
    n_groups: int
    """Circuits with different bases."""
    two_qubit_gates: int
    """Most that a change of basis adds to the circuit."""
    shots: int
    """In all, shared out best, for a standard error of 1.6 millihartree without noise."""


def measurement_costs(hamiltonian: Hamiltonian, prepared: Prepared) -> tuple[MeasurementCost, ...]:
    """Of every grouping; basis rotations only where qubits are the spin orbitals themselves.

    The variances are those of the circuit's own state, from its state vector.
    """
    state = Statevector(prepared.circuit)
    found = {
        "qubit-wise": groups(prepared.observable, "qubit-wise"),
        "commuting": groups(prepared.observable, "commuting"),
    }
    if prepared.mapping == "jordan-wigner":
        found["basis-rotation"] = rotation_groups(hamiltonian)
    return tuple(_cost(name, parts, state) for name, parts in found.items())


def _cost(name: str, parts: tuple[Group, ...], state: Statevector) -> MeasurementCost:
    gates = max(group.basis_change.num_nonlocal_gates() for group in parts)
    return MeasurementCost(name, len(parts), gates, shots_needed(spreads(parts, state)))
