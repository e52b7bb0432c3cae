"""The ansatz and its Hamiltonian in Qiskit: the same state and energy as the sector simulator's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp
from qiskit_nature.second_q.circuit.library import HartreeFock
from qiskit_nature.second_q.hamiltonians import ElectronicEnergy
from qiskit_nature.second_q.mappers import JordanWignerMapper
from qiskit_nature.second_q.mappers.fermionic_mapper import FermionicMapper
from qiskit_nature.second_q.operators import FermionicOp

from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.excitations import Excitation


def ansatz_circuit(
    excitations: Sequence[Excitation],
    parameters: NDArray[np.float64],
    hamiltonian: Hamiltonian,
    mapper: FermionicMapper | None = None,
) -> QuantumCircuit:
    """The circuit that prepares the ansatz state from |0…0⟩.

    Each factor exp(θ(T − T†)) is the evolution under i(T − T†), whose Pauli strings commute, so that their product is
    exact and equals the plane rotations of `pipeline.vqe.sector`.

    Args:
        excitations: factors in the order they act.
        parameters: radians, shape (n_parameters,).
        hamiltonian: gives the numbers of orbitals and electrons.
        mapper: from fermions to qubits; Jordan–Wigner by default. Spin orbitals are all alpha, then all beta.

    Raises:
        InputError: qubit excitations, which act on the qubits of Jordan–Wigner, under another mapping.
    """
    mapper = mapper or JordanWignerMapper()
    if not isinstance(mapper, JordanWignerMapper) and not all(x.fermionic for x in excitations):
        raise InputError("Qubit excitations are defined on Jordan–Wigner qubits.", "Use that mapping.")
    n = hamiltonian.n_orbitals
    circuit = HartreeFock(n, (hamiltonian.n_alpha, hamiltonian.n_beta), mapper).decompose()
    for excitation in excitations:
        if excitation.fermionic:
            cluster = mapper.map(_cluster_operator(excitation, n))
        else:
            cluster = _without_exchange(excitation, n)
        generator = (1j * (cluster - cluster.adjoint())).simplify()
        gate = PauliEvolutionGate(generator, time=float(parameters[excitation.parameter]))
        circuit.append(gate, range(circuit.num_qubits))
    return circuit.decompose("PauliEvolution")  # into the exact product of Pauli rotations


def electronic_operator(hamiltonian: Hamiltonian, mapper: FermionicMapper | None = None) -> SparsePauliOp:
    """The Hamiltonian on the qubits of `ansatz_circuit`, its constant included."""
    energy = ElectronicEnergy.from_raw_integrals(hamiltonian.one_body, hamiltonian.two_body)
    operator = (mapper or JordanWignerMapper()).map(energy.second_q_op())
    identity = SparsePauliOp("I" * operator.num_qubits, hamiltonian.constant)
    return (operator + identity).simplify()


def _cluster_operator(excitation: Excitation, n_orbitals: int) -> FermionicOp:
    alpha = zip(excitation.alpha_to, excitation.alpha_from, strict=True)
    beta = zip(excitation.beta_to, excitation.beta_from, strict=True)
    moves = [*alpha, *((n_orbitals + a, n_orbitals + i) for a, i in beta)]
    return FermionicOp({" ".join(f"+_{a} -_{i}" for a, i in moves): 1.0}, num_spin_orbitals=2 * n_orbitals)


def _without_exchange(excitation: Excitation, n_orbitals: int) -> SparsePauliOp:
    """T of a qubit excitation: the product of (X ∓ iY)/2 on the qubits that are filled or emptied."""
    fill = {*excitation.alpha_to, *(n_orbitals + a for a in excitation.beta_to)}
    empty = {*excitation.alpha_from, *(n_orbitals + i for i in excitation.beta_from)}
    phase = {q: -1j if q in fill else 1j for q in sorted(fill | empty)}
    terms = []
    for letters in product("XY", repeat=len(phase)):
        factor = prod(phase[q] for q, letter in zip(phase, letters, strict=True) if letter == "Y")
        terms.append(("".join(letters), list(phase), factor / 2 ** len(phase)))
    return SparsePauliOp.from_sparse_list(terms, num_qubits=2 * n_orbitals)
