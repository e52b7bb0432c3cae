"""One molecule's circuit: what `eigenlead circuit` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.single import EnergyRequest, prepared
from pipeline.active_space import active_space, hamiltonian
from pipeline.circuits.export import draw, export
from pipeline.circuits.prepare import Prepared, prepared_state
from pipeline.circuits.resources import MeasurementCost, measurement_costs
from pipeline.errors import InputError
from pipeline.mean_field import mean_field
from pipeline.vqe.solve import solve


@dataclass(frozen=True, slots=True)
class SingleCircuit:
    """A circuit and what it costs, for people and for programs."""

    title: str
    prepared: Prepared
    costs: tuple[MeasurementCost, ...]
    flags: tuple[str, ...]
    """Sentences on what limits trust in the energy."""

    @property
    def summary(self) -> str:
        """One line on the circuit."""
        circuit = self.prepared.circuit
        return (
            f"{circuit.num_qubits} qubits ({self.prepared.mapping}), {circuit.num_nonlocal_gates()} two-qubit gates, "
            f"depth {circuit.depth()}; energy {self.prepared.ansatz_hartree:.8f} hartree, "
            f"exact {self.prepared.exact_hartree:.8f}."
        )

    def as_json(self) -> dict[str, Any]:
        """The fields that scripts read."""
        circuit = self.prepared.circuit
        return {
            "energy_hartree": self.prepared.ansatz_hartree,
            "exact_hartree": self.prepared.exact_hartree,
            "mapping": self.prepared.mapping,
            "n_qubits": circuit.num_qubits,
            "depth": circuit.depth(),
            "two_qubit_gates": circuit.num_nonlocal_gates(),
            "n_terms": len(self.prepared.observable),
            "measurement": {
                cost.grouping: {
                    "groups": cost.n_groups,
                    "two_qubit_gates": cost.two_qubit_gates,
                    "shots_for_chemical_accuracy": cost.shots,
                }
                for cost in self.costs
            },
            "flags": list(self.flags),
        }


def single_circuit(
    request: EnergyRequest, mapping: str, to: str, out: Path, drawing: Path | None = None
) -> SingleCircuit:
    """Solve the VQE of one molecule, compile its circuit, and write it.

    Args:
        request: the molecule, its active space and the ansatz.
        mapping: from fermions to qubits.
        to: the program to write for: ``qiskit``, ``cirq`` or ``qasm3``.
        out: the file.
        drawing: an .svg or .txt file to draw in.

    Raises:
        ComputationError: its class says whether to change the request or make it smaller.
    """
    asked = prepared(request)
    if asked.choice.optimised:
        raise InputError("A circuit's orbitals are fixed.", "Use --orbitals frontier, fno, avas: or pi:.")
    reference = mean_field(asked.geometry, asked.species.charge, asked.species.multiplicity, asked.level)
    integrals = hamiltonian(reference, active_space(reference, asked.geometry, asked.choice))
    result = solve(integrals, asked.level.ansatz)
    state = prepared_state(integrals, result, mapping)
    export(state.circuit, to, out)
    if drawing:
        draw(state.circuit, drawing)
    converged = {"SCF": reference.converged, "VQE": result.converged}
    return SingleCircuit(
        title=asked.title,
        prepared=state,
        costs=measurement_costs(integrals, state),
        flags=(*asked.flags, *(f"The {name} did not converge." for name, done in converged.items() if not done)),
    )
