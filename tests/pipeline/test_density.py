"""Density matrices and spin of real and complex states: against dense operators, and under a global phase."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from dense import singles
from hypothesis import given, settings
from hypothesis import strategies as st
from levels_small import TINY, geometry
from pyscf import mcpdft
from pyscf.fci import direct_spin1, spin_op

from pipeline.active_space import ActiveSpaceChoice, active_space, hamiltonian
from pipeline.mean_field import mean_field
from pipeline.pdft import Pdft
from pipeline.vqe.density import make_rdm1, make_rdm1s, make_rdm12, make_rdm12s, spin_square
from pipeline.vqe.solve import solve

SECTORS = [(2, 1, 1), (3, 1, 1), (3, 2, 1), (3, 0, 2), (4, 2, 2), (4, 3, 1)]


def random_state(sector: tuple[int, int, int], seed: int, imaginary: bool = True) -> np.ndarray:
    n, n_alpha, n_beta = sector
    rng, shape = np.random.default_rng(seed), (comb(n, n_alpha), comb(n, n_beta))
    state = rng.normal(size=shape) + (1j * rng.normal(size=shape) if imaginary else 0.0)
    return state / np.linalg.norm(state)


@given(sector=st.sampled_from(SECTORS), seed=st.integers(0, 2**32 - 1), imaginary=st.booleans())
@settings(max_examples=20, deadline=None)
def test_equal_dense_operators(sector: tuple[int, int, int], seed: int, imaginary: bool) -> None:
    n, n_alpha, n_beta = sector
    state = random_state(sector, seed, imaginary)
    alpha, beta = singles(*sector, "alpha"), singles(*sector, "beta")

    def mean(operators: np.ndarray) -> np.ndarray:
        return np.einsum("i,...ij,j", state.ravel().conj(), operators, state.ravel())

    def pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """p†q r†s as a table of operators' expectation values."""
        return np.einsum("i,pqij,rsjk,k->pqrs", state.ravel().conj(), first, second, state.ravel(), optimize=True)

    ones = mean(alpha).real.T, mean(beta).real.T
    one_after_other = [pairs(alpha, alpha), pairs(alpha, beta), pairs(beta, beta)]
    for two, operators in ((one_after_other[0], alpha), (one_after_other[2], beta)):
        two -= np.einsum("qr,ps->pqrs", np.eye(n), mean(operators))  # p†r†sq = p†q r†s − δ_qr p†s
    same_alpha, opposite, same_beta = (two.real for two in one_after_other)

    found_ones, found_twos = make_rdm12s(state, n, (n_alpha, n_beta))
    for found, expected in zip(found_ones, ones, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    for found, expected in zip(found_twos, (same_alpha, opposite, same_beta), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_allclose(make_rdm1s(state, n, (n_alpha, n_beta)), ones, atol=1e-12)
    np.testing.assert_allclose(make_rdm1(state, n, (n_alpha, n_beta)), sum(ones), atol=1e-12)
    one, two = make_rdm12(state, n, (n_alpha, n_beta))
    np.testing.assert_allclose(one, sum(ones), atol=1e-12)
    np.testing.assert_allclose(two, same_alpha + opposite + opposite.transpose(2, 3, 0, 1) + same_beta, atol=1e-12)

    spin = (n_alpha - n_beta) / 2
    lowered_and_raised = n_beta - np.einsum("pqqp", pairs(beta, alpha)).real  # ⟨S₋S₊⟩
    s_squared, multiplicity = spin_square(state, n, (n_alpha, n_beta))
    assert s_squared == pytest.approx(spin * (spin + 1) + lowered_and_raised, abs=1e-12)
    assert multiplicity == pytest.approx(np.sqrt(1 + 4 * s_squared))


def test_a_real_state_has_pyscfs_own() -> None:
    state = random_state((4, 3, 1), seed=1, imaginary=False)
    arguments = (state, 4, (3, 1))
    np.testing.assert_array_equal(make_rdm1s(*arguments), direct_spin1.make_rdm1s(*arguments))
    for found, expected in zip(make_rdm12(*arguments), direct_spin1.make_rdm12(*arguments), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert spin_square(*arguments) == pytest.approx(spin_op.spin_square0(*arguments))


def test_mc_pdft_is_pyscfs_and_knows_no_global_phase() -> None:
    at = geometry(("O", 0.0, 0.0, 0.0), ("H", 0.757, 0.587, 0.0), ("H", -0.757, 0.587, 0.0))
    reference = mean_field(at, 0, 1, TINY)
    space = active_space(reference, at, ActiveSpaceChoice(4, 4))
    state = solve(hamiltonian(reference, space)).state
    mc = mcpdft.CASCI(reference.scf, TINY.ontop_functional, 4, 4, grids_level=TINY.grid_level)
    mc.mo_coeff = space.orbitals
    pdft = Pdft(reference, space, TINY)
    energies = [pdft.energy(space, one) for one in (state, np.exp(0.7j) * state, np.exp(2.5j) * state)]
    assert energies == pytest.approx([mc.energy_tot(ci=state)[0]] * 3, abs=1e-10)
