"""LUCJ as a circuit: Givens rotations between neighbouring orbitals, and phases of the pairs that J couples."""

from __future__ import annotations

from qiskit import QuantumCircuit, transpile

from pipeline.circuits.encoding import Encoding
from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.determinants import Vector

_GATES = ["x", "z", "rx", "ry", "rz", "cx", "cz"]


def lucj_circuit(parameters: Vector, hamiltonian: Hamiltonian, code: Encoding) -> QuantumCircuit:
    """The circuit that makes the LUCJ state of |0…0⟩, by ffsim.

    Args:
        parameters: as in `pipeline.vqe.lucj.operator_of`.
        hamiltonian: gives orbitals and electrons.
        code: must be Jordan–Wigner.

    Raises:
        InputError: it is another.
    """
    import ffsim.qiskit  # takes a second

    from pipeline.vqe.lucj import operator_of

    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    if code.n_qubits != 2 * n or code.matrix.sum() != 2 * n:
        raise InputError("LUCJ's circuit acts on the occupations themselves.", "Use --mapping jordan-wigner.")
    circuit = QuantumCircuit(2 * n)
    circuit.append(ffsim.qiskit.PrepareHartreeFockJW(n, electrons), range(2 * n))
    circuit.append(ffsim.qiskit.UCJOpSpinBalancedJW(operator_of(parameters, hamiltonian)), range(2 * n))
    merged = ffsim.qiskit.PRE_INIT.run(circuit)
    return transpile(merged, basis_gates=_GATES, optimization_level=2, seed_transpiler=0)
