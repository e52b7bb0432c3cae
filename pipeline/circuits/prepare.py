"""Prepared: the circuit that makes a VQE's state, with what its measurement needs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from pipeline.circuits.compile import compiled
from pipeline.circuits.encoding import Encoding, encoding, hamiltonian_operator
from pipeline.circuits.lucj import lucj_circuit
from pipeline.errors import ResourceError
from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.compare import exact
from pipeline.vqe.minimise import VqeResult
from pipeline.vqe.solve import Ansatz, solve


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A state to measure."""

    circuit: QuantumCircuit
    """From |0…0⟩ to the state; gates on one and two qubits, no measurement."""
    observable: SparsePauliOp
    """The Hamiltonian, constant included; hartree."""
    exact_hartree: float
    """The lowest eigenvalue with these numbers of electrons."""
    ansatz_hartree: float
    """The engine's energy of the state."""
    n_alpha: int
    n_beta: int
    mapping: str
    """One of `pipeline.circuits.encoding.Mapping`."""
    symmetries: tuple[tuple[SparsePauliOp, float], ...]
    """Diagonal operators and the values that the state has: the numbers of alpha and of beta electrons."""


def prepared(hamiltonian: Hamiltonian, ansatz: Ansatz, mapping: str) -> Prepared:
    """The converged ansatz of an active space on qubits.

    Args:
        hamiltonian: the active space.
        ansatz: its name; it is solved by the engine.
        mapping: from fermions to qubits, one of `pipeline.circuits.encoding.Mapping`.

    Raises:
        InputError: there is no such ansatz or mapping, or LUCJ is wanted in another mapping than Jordan–Wigner.
        ResourceError: the space is too large for an exact energy.
    """
    return prepared_state(hamiltonian, solve(hamiltonian, ansatz), mapping)


def prepared_state(hamiltonian: Hamiltonian, result: VqeResult, mapping: str) -> Prepared:
    """The same from a VQE that is solved already.

    Raises:
        InputError, ResourceError: as in `prepared`.
    """
    lowest = exact(hamiltonian)
    if lowest is None:
        raise ResourceError(
            f"A sector of {hamiltonian.sector_dimension:,} determinants is too large here.",
            "Choose a smaller active space.",
        )
    code = encoding(hamiltonian, mapping, result.excitations)
    if np.iscomplexobj(result.state):
        circuit = lucj_circuit(result.parameters, hamiltonian, code)
    else:
        circuit = compiled(result.excitations, result.parameters, code)
    return Prepared(
        circuit=circuit,
        observable=hamiltonian_operator(hamiltonian, code),
        exact_hartree=lowest,
        ansatz_hartree=result.energy_hartree,
        n_alpha=hamiltonian.n_alpha,
        n_beta=hamiltonian.n_beta,
        mapping=mapping,
        symmetries=electron_numbers(hamiltonian, code),
    )


def electron_numbers(hamiltonian: Hamiltonian, code: Encoding) -> tuple[tuple[SparsePauliOp, float], ...]:
    """The numbers of alpha and of beta electrons as diagonal operators, and their values."""
    n = hamiltonian.n_orbitals
    numbers = []
    for first, electrons in ((0, hamiltonian.n_alpha), (n, hamiltonian.n_beta)):
        terms = chain.from_iterable((("", [], 0.5), ("Z", [p], -0.5)) for p in range(first, first + n))
        numbers.append((code.operator(SparsePauliOp.from_sparse_list(terms, 2 * n)), float(electrons)))
    return tuple(numbers)
