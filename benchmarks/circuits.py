"""What a circuit costs: two-qubit gates and depth against a plain compile, groups and shots of its measurement."""

from __future__ import annotations

from cases import METHYL, WATER, Case, chain
from machine import described, publish
from pyscf import lib
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Statevector

from flows.markdown import table
from pipeline.circuits.prepare import GATES, Prepared, prepared_state
from pipeline.circuits.qiskit import ansatz_circuit
from pipeline.circuits.resources import measurement_costs
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.solve import Ansatz, solve

LITHIUM_HYDRIDE = "Li 0 0 0; H 0 0 1.6"
CASES = (
    Case("H2", "H 0 0 0; H 0 0 0.74", "sto-3g", 2, 2),
    Case("LiH", LITHIUM_HYDRIDE, "sto-3g", 2, 4),
    Case("LiH", LITHIUM_HYDRIDE, "sto-3g", 4, 6),
    Case("H2O", WATER, "6-31g", 4, 4),
    Case("H2O", WATER, "sto-3g", 10, 7),
    Case("CH3", METHYL, "sto-3g", 5, 5, unpaired=1),
    Case("H6 chain, 1.6 Å", chain(6, 1.6), "sto-3g", 6, 6),
)
ANSAETZE: tuple[Ansatz, ...] = ("uccsd", "1-upccgsd", "adapt", "adapt-qubit", "hardware-efficient", "lucj")
OF_ALL_ANSAETZE = ("H2O/6-31G (4e,4o)",)
MAPPINGS = ("jordan-wigner", "parity", "bravyi-kitaev", "parity-tapered")
GATE_COLUMNS = ("case", "ansatz", "mapping", "qubits", "plain", "two-qubit gates", "depth", "error (Ha)")
SHOT_COLUMNS = ("case", "mapping", "terms", "grouping", "circuits", "two-qubit gates added", "shots")
PACKAGES = ("pyscf", "numpy", "qiskit", "qiskit-nature", "ffsim")


def plain(circuit: QuantumCircuit) -> str:
    """Two-qubit gates of one Pauli evolution after the other, after Qiskit's compiler."""
    return (
        f"{transpile(circuit, basis_gates=list(GATES), optimization_level=3, seed_transpiler=0).num_nonlocal_gates()}"
    )


def error(state: Prepared) -> float:
    """The state vector's energy less the engine's, hartree."""
    return Statevector(state.circuit).expectation_value(state.observable).real - state.ansatz_hartree


def gate_rows(case: Case, hamiltonian: Hamiltonian, ansatz: Ansatz) -> list[list[str]]:
    result = solve(hamiltonian, ansatz)
    rows, reference = [], "—"
    if result.excitations:
        reference = plain(ansatz_circuit(result.excitations, result.parameters, hamiltonian))
    for mapping in MAPPINGS if result.excitations else MAPPINGS[:1]:
        state = prepared_state(hamiltonian, result, mapping)
        circuit = state.circuit
        shown = reference if mapping == "jordan-wigner" else ""
        counts = (circuit.num_qubits, shown, circuit.num_nonlocal_gates(), circuit.depth())
        rows.append([str(case), ansatz, mapping, *map(str, counts), f"{error(state):.0e}"])
        print(rows[-1], flush=True)
    return rows


def shot_rows(case: Case, hamiltonian: Hamiltonian) -> list[list[str]]:
    result = solve(hamiltonian, "uccsd")
    rows = []
    for mapping in ("jordan-wigner", "parity-tapered"):
        state = prepared_state(hamiltonian, result, mapping)
        for cost in measurement_costs(hamiltonian, state):
            counts = (cost.n_groups, cost.two_qubit_gates)
            name = (str(case), mapping, f"{len(state.observable)}")
            rows.append([*name, cost.grouping, *map(str, counts), f"{cost.shots:,}"])
            print(rows[-1], flush=True)
    return rows


def main() -> None:
    lib.num_threads(1)
    gates, shots = [], []
    for case in CASES:
        hamiltonian, _ = case.hamiltonian()
        for ansatz in ANSAETZE if str(case) in OF_ALL_ANSAETZE else ANSAETZE[:1]:
            gates += gate_rows(case, hamiltonian, ansatz)
        shots += shot_rows(case, hamiltonian)
    publish(
        "circuits",
        "# What a circuit costs",
        "Plain: one Pauli evolution after the other under Jordan–Wigner, then Qiskit's compiler at level 3, "
        "all-to-all; the same gates and compiler as for the other columns. "
        "Error: the state vector's energy less the engine's.",
        table(GATE_COLUMNS, gates),
        "Shots: for a standard error of 1.6 millihartree of the UCCSD energy, without noise, shared out by the "
        "variances in that state. "
        "Circuits: groups of terms that are measured together, by sorted insertion or double factorisation.",
        table(SHOT_COLUMNS, shots),
        described(PACKAGES, "python benchmarks/circuits.py", threads=1),
    )


if __name__ == "__main__":
    main()
