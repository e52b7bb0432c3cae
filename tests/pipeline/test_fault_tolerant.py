"""Fault-tolerant estimates: published figures from integrals, and OpenFermion's costs where it has them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import openfermion
import pytest
from openfermion.resource_estimates.df import compute_cost, factorize

from pipeline.fault_tolerant import ERROR_HARTREE, THRESHOLD, cost, fault_tolerant, physical
from pipeline.hamiltonian import Hamiltonian

FEMOCO = Path(openfermion.__path__[0]) / "resource_estimates" / "integrals" / "eri_reiher.h5"


def random_hamiltonian(n: int, seed: int = 0) -> Hamiltonian:
    """Real orbitals with a positive two-body part, as integrals have."""
    generator = np.random.default_rng(seed)
    factors = 0.3 * generator.standard_normal((n, n, n))
    factors = factors + factors.transpose(0, 2, 1)
    one_body = generator.standard_normal((n, n))
    return Hamiltonian(0.0, one_body + one_body.T, np.einsum("kpq,krs->pqrs", factors, factors), 1, 1)


@pytest.mark.slow
def test_femoco_costs_what_was_published() -> None:
    """FeMoco (54e,54o) of Reiher et al., from its integrals: Lee et al., PRX Quantum 2, 030305 (2021), table I."""
    with h5py.File(FEMOCO) as file:
        hamiltonian = Hamiltonian(0.0, np.array(file["h0"]), np.array(file["eri"]), 27, 27)
    estimate = fault_tolerant(hamiltonian)
    assert estimate.norm_hartree == pytest.approx(294.8, abs=0.05)
    assert (estimate.rank, estimate.n_eigenvectors) == (360, 13031)
    assert estimate.toffolis == pytest.approx(1.0e10, rel=0.1)
    assert estimate.logical_qubits == pytest.approx(3725, rel=0.1)


def openfermions(n: int, norm: float, rank: int, n_eigenvectors: int) -> tuple[int, int, int]:
    return compute_cost(n, norm, ERROR_HARTREE, rank, n_eigenvectors, 10, 16, 20_000)


def test_femoco_costs_what_openfermion_says_to_the_last_gate() -> None:
    size = 108, 294.8, 360, 13031
    assert cost(*size, 20_000) == openfermions(*size) == (21753, 10_073_183_463, 3725)


@pytest.mark.parametrize("size", [(80, 120.3, 255, 9000), (152, 1171.2, 394, 20115), (60, 80.0, 200, 4000)])
def test_other_large_molecules_cost_what_openfermion_says(size: tuple[int, float, int, int]) -> None:
    ours, theirs = cost(*size, 20_000), openfermions(*size)
    assert ours[:2] == pytest.approx(theirs[:2], rel=1e-3)  # the bits of one rotation are chosen differently
    assert ours[2] == theirs[2]


def test_the_factorisation_is_openfermions() -> None:
    hamiltonian = random_hamiltonian(6)
    _, factors, _, n_eigenvectors = factorize(hamiltonian.two_body, THRESHOLD)
    estimate = fault_tolerant(hamiltonian)
    assert (estimate.rank, estimate.n_eigenvectors) == (factors.shape[2], n_eigenvectors)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 8])
def test_small_active_spaces_have_an_estimate(n: int) -> None:
    estimate = fault_tolerant(random_hamiltonian(n))
    layout = physical(estimate)
    assert estimate.logical_qubits > 2 * n
    assert estimate.toffolis > 0
    assert layout is not None
    assert layout.qubits > estimate.logical_qubits
    assert layout.seconds > 0


def test_more_orbitals_cost_more() -> None:
    small, large = (fault_tolerant(random_hamiltonian(n)) for n in (3, 8))
    assert large.toffolis > small.toffolis
    assert large.logical_qubits > small.logical_qubits
