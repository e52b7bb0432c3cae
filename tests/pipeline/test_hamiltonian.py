"""Hamiltonian: its OpenFermion, mapped and tapered forms have the ground state of CASCI."""

from __future__ import annotations

from typing import get_args

import openfermion
import pytest
import scipy.sparse.linalg
from molecules_small import active_space

from pipeline.qubits import Mapping, fermion_operator, qubit_operator, sparse_pauli_op


@pytest.mark.parametrize("name", ["H2", "LiH", "H2O (4e,4o)", "OH", "CH3+"])
def test_openfermion_ground_state_equals_casci(name: str) -> None:
    hamiltonian, _, exact = active_space(name)
    sparse = openfermion.get_number_preserving_sparse_operator(
        fermion_operator(hamiltonian),
        hamiltonian.n_qubits,
        hamiltonian.n_alpha + hamiltonian.n_beta,
        spin_preserving=True,
        reference_determinant=_determinant(hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta),
    )
    assert _lowest(sparse) == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize("mapping", get_args(Mapping))
@pytest.mark.parametrize("name", ["H2", "H2O (4e,4o)", "CH3+"])
def test_every_mapping_has_the_same_spectrum(name: str, mapping: Mapping) -> None:
    """Over the whole Fock space, whatever the number of electrons in its lowest state."""
    hamiltonian, _, _ = active_space(name)
    reference = openfermion.get_sparse_operator(qubit_operator(hamiltonian), hamiltonian.n_qubits)
    mapped = openfermion.get_sparse_operator(qubit_operator(hamiltonian, mapping), hamiltonian.n_qubits)
    assert _lowest(mapped) == pytest.approx(_lowest(reference), abs=1e-8)


@pytest.mark.parametrize("mapping", get_args(Mapping))
@pytest.mark.parametrize("name", ["H2", "LiH", "H2O (4e,4o)"])
def test_tapering_removes_qubits_and_keeps_the_ground_state(name: str, mapping: Mapping) -> None:
    hamiltonian, _, exact = active_space(name)
    tapered = qubit_operator(hamiltonian, mapping, taper=True)
    n_qubits = openfermion.count_qubits(tapered)
    assert n_qubits <= hamiltonian.n_qubits - 2  # at least the parities of alpha and of beta electrons go
    assert _lowest(openfermion.get_sparse_operator(tapered, n_qubits)) == pytest.approx(exact, abs=1e-8)


def test_h2_tapers_to_one_qubit() -> None:
    """Bravyi, Gambetta, Mezzacapo, Temme, arXiv:1701.08213, Table II: H2 in a minimal basis needs one qubit."""
    hamiltonian, _, _ = active_space("H2")
    assert openfermion.count_qubits(qubit_operator(hamiltonian, taper=True)) == 1


def test_qiskit_form_has_the_same_terms() -> None:
    hamiltonian, _, _ = active_space("H2O (4e,4o)")
    operator = qubit_operator(hamiltonian)
    matrix = sparse_pauli_op(operator, hamiltonian.n_qubits).to_matrix(sparse=True)
    assert _lowest(matrix) == pytest.approx(
        _lowest(openfermion.get_sparse_operator(operator, hamiltonian.n_qubits)), abs=1e-8
    )


def _lowest(matrix: object) -> float:
    if matrix.shape[0] <= 64:  # type: ignore[attr-defined]
        return float(min(scipy.linalg.eigvalsh(matrix.toarray())))  # type: ignore[attr-defined]
    return float(scipy.sparse.linalg.eigsh(matrix, k=1, which="SA", tol=1e-11)[0][0])


def _determinant(n_orbitals: int, n_alpha: int, n_beta: int) -> list[bool]:
    return [p < (n_beta if spin else n_alpha) for p in range(n_orbitals) for spin in (0, 1)]
