"""Entropies and mutual information: against a partial trace over all of Fock space, and in states with known values."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules_small import active_space

from pipeline.vqe.correlation import orbital_correlation
from pipeline.vqe.slow import determinants
from pipeline.vqe.solve import solve


def slow_entropy(state: np.ndarray, n: int, n_alpha: int, n_beta: int, orbitals: tuple[int, ...]) -> float:
    """Spin orbitals in an order with these first: the state is then a matrix (theirs × the others')."""
    order = [s * n + p for p in (*orbitals, *(q for q in range(n) if q not in orbitals)) for s in (0, 1)]
    place = {spin_orbital: k for k, spin_orbital in enumerate(order)}
    fock = np.zeros(1 << 2 * n, dtype=state.dtype)
    for amplitude, determinant in zip(state.ravel(), determinants(n, n_alpha, n_beta), strict=True):
        places = [place[x] for x in determinant]
        inversions = sum(a > b for a, b in combinations(places, 2))
        fock[sum(1 << (2 * n - 1 - k) for k in places)] = (-1) ** inversions * amplitude
    matrix = fock.reshape(1 << 2 * len(orbitals), -1)
    weights = np.linalg.svd(matrix, compute_uv=False) ** 2
    weights = weights[weights > 1e-14]
    return float(-(weights * np.log(weights)).sum())


@given(
    sector=st.sampled_from([(2, 1, 1), (3, 1, 1), (3, 2, 1), (4, 2, 2), (4, 3, 1), (3, 2, 0)]),
    seed=st.integers(0, 2**32 - 1),
    imaginary=st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_entropies_equal_the_partial_trace(sector: tuple[int, int, int], seed: int, imaginary: bool) -> None:
    n, n_alpha, n_beta = sector
    shape = (len(list(combinations(range(n), n_alpha))), len(list(combinations(range(n), n_beta))))
    rng = np.random.default_rng(seed)
    state = rng.normal(size=shape) + (1j * rng.normal(size=shape) if imaginary else 0.0)
    state /= np.linalg.norm(state)
    found = orbital_correlation(state, n, n_alpha, n_beta)
    single = [slow_entropy(state, n, n_alpha, n_beta, (p,)) for p in range(n)]
    np.testing.assert_allclose(found.entropies, single, atol=1e-10)
    for p, q in combinations(range(n), 2):
        both = slow_entropy(state, n, n_alpha, n_beta, (p, q))
        expected = max(0.0, (single[p] + single[q] - both) / 2)
        assert found.mutual_information[p][q] == pytest.approx(expected, abs=1e-10)


def test_a_determinant_has_no_entropy() -> None:
    state = np.zeros((6, 6))
    state[0, 0] = 1.0
    found = orbital_correlation(state, 4, 2, 2)
    np.testing.assert_allclose(found.entropies, 0.0, atol=1e-14)
    np.testing.assert_allclose(found.mutual_information, 0.0, atol=1e-14)


def test_two_electrons_shared_evenly_by_two_orbitals_have_ln_2() -> None:
    """(|20⟩ − |02⟩)/√2, dissociated H2 in molecular orbitals."""
    state = np.diag([1.0, -1.0]) / np.sqrt(2)
    found = orbital_correlation(state, 2, 1, 1)
    np.testing.assert_allclose(found.entropies, np.log(2))
    assert found.mutual_information[0][1] == pytest.approx(np.log(2))


def test_hydrogen_correlates_its_two_orbitals_and_water_its_bonds() -> None:
    hamiltonian, _, _ = active_space("H2")
    found = orbital_correlation(solve(hamiltonian).state, 2, 1, 1)
    assert found.entropies[0] == pytest.approx(found.entropies[1])  # the whole is pure
    assert found.mutual_information[0][1] == pytest.approx(found.entropies[0])
    hamiltonian, _, _ = active_space("H2O")
    found = orbital_correlation(solve(hamiltonian).state, 7, 5, 5)
    assert found.entropies[0] == min(found.entropies) < 1e-3  # the 1s of oxygen
    assert all(0 <= s <= np.log(4) for s in found.entropies)
