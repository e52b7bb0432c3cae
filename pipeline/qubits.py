"""The Hamiltonian as operators on fermions (OpenFermion) and on qubits (OpenFermion, Qiskit)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import openfermion
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.analysis import Z2Symmetries

from pipeline.hamiltonian import Hamiltonian

Mapping = Literal["jordan_wigner", "parity", "bravyi_kitaev"]


def fermion_operator(hamiltonian: Hamiltonian) -> openfermion.FermionOperator:
    """The Hamiltonian as an OpenFermion operator; spin orbital 2p is alpha, 2p + 1 beta."""
    one, two = openfermion.chem.molecular_data.spinorb_from_spatial(
        hamiltonian.one_body, hamiltonian.two_body.transpose(0, 2, 3, 1)
    )
    interaction = openfermion.InteractionOperator(hamiltonian.constant, one, 0.5 * two)
    return openfermion.get_fermion_operator(interaction)


def qubit_operator(
    hamiltonian: Hamiltonian, mapping: Mapping = "jordan_wigner", *, taper: bool = False
) -> openfermion.QubitOperator:
    """The Hamiltonian on qubits.

    Args:
        hamiltonian: the active space.
        mapping: from fermions to qubits.
        taper: remove one qubit for each Z2 symmetry, in the symmetry sector of the Hartree–Fock determinant
            (Bravyi, Gambetta, Mezzacapo, Temme, arXiv:1701.08213). The numbers of alpha and of beta electrons are
            then fixed modulo two only.
    """
    operator = _map(fermion_operator(hamiltonian), hamiltonian.n_qubits, mapping)
    operator.compress()
    if not taper:
        return operator
    stabilizers = []
    for pauli in Z2Symmetries.find_z2_symmetries(sparse_pauli_op(operator, hamiltonian.n_qubits)).symmetries:
        term = tuple((q, letter) for q, letter in enumerate(reversed(pauli.to_label())) if letter != "I")
        if all(letter == "Z" for _, letter in term):  # the others give the reference determinant no sign
            stabilizers.append(_in_sector(term, hamiltonian, mapping))
    return openfermion.taper_off_qubits(operator, stabilizers) if stabilizers else operator


def sparse_pauli_op(operator: openfermion.QubitOperator, n_qubits: int) -> SparsePauliOp:
    """An OpenFermion qubit operator in Qiskit's form; qubit q of one is qubit q of the other."""
    terms = [
        ("".join(letter for _, letter in term), [q for q, _ in term], complex(coefficient))
        for term, coefficient in operator.terms.items()
    ]
    return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=n_qubits)


def _code(n_qubits: int, mapping: Mapping) -> openfermion.BinaryCode:
    codes = {
        "jordan_wigner": openfermion.jordan_wigner_code,
        "parity": openfermion.parity_code,
        "bravyi_kitaev": openfermion.bravyi_kitaev_code,
    }
    return codes[mapping](n_qubits)


def _map(operator: openfermion.FermionOperator, n_qubits: int, mapping: Mapping) -> openfermion.QubitOperator:
    if mapping == "jordan_wigner":
        return openfermion.jordan_wigner(operator)
    return openfermion.binary_code_transform(operator, _code(n_qubits, mapping))


def _in_sector(
    term: tuple[tuple[int, str], ...], hamiltonian: Hamiltonian, mapping: Mapping
) -> openfermion.QubitOperator:
    """A product of Z with the sign that leaves the Hartree–Fock determinant unchanged."""
    occupations = [0] * hamiltonian.n_qubits
    for p in range(hamiltonian.n_alpha):
        occupations[2 * p] = 1
    for p in range(hamiltonian.n_beta):
        occupations[2 * p + 1] = 1
    encoded = _code(hamiltonian.n_qubits, mapping).encoder @ np.array(occupations)
    return openfermion.QubitOperator(term, (-1.0) ** sum(int(encoded[q]) for q, _ in term))
