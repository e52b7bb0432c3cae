"""LUCJ: states against dense exponentials and ffsim, gradients against finite differences, energies against full CI."""

from __future__ import annotations

from math import comb

import ffsim
import numpy as np
import pytest
from dense import singles
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules_small import active_space
from pyscf import ao2mo, mcscf
from scipy.linalg import expm, logm
from test_pyscf_solver import energy_from_density_matrices, multiconfigurational

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.correlation import orbital_correlation
from pipeline.vqe.density import make_rdm12
from pipeline.vqe.jastrow import Jastrow
from pipeline.vqe.lucj import gradient_of, interaction_pairs, lucj, operator_of, start_of
from pipeline.vqe.minimise import GRADIENT_TOLERANCE
from pipeline.vqe.pyscf_solver import VqeSolver
from pipeline.vqe.solve import solve

SECTORS = st.sampled_from([(1, 1, 0), (2, 1, 1), (2, 2, 1), (3, 1, 2), (3, 2, 0), (4, 2, 2), (5, 1, 1)])
SEEDS = st.integers(0, 2**32 - 1)


def empty(n: int, n_alpha: int, n_beta: int) -> Hamiltonian:
    return Hamiltonian(0.0, np.zeros((n, n)), np.zeros((n, n, n, n)), n_alpha, n_beta)


def random_parameters(n: int, n_layers: int, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=n_layers * (n * n + sum(map(len, interaction_pairs(n)))) + n * n)


@given(sector=SECTORS, n_layers=st.integers(1, 3), seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_state_equals_ffsims_and_dense_exponentials(sector: tuple[int, int, int], n_layers: int, seed: int) -> None:
    n, *electrons = sector
    operator = operator_of(random_parameters(n, n_layers, np.random.default_rng(seed)), empty(*sector))
    assert operator.n_reps == n_layers
    found = Jastrow.compile(*sector).state(operator)
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-12)
    reference = ffsim.hartree_fock_state(n, (electrons[0], electrons[1]))
    of_ffsim = ffsim.apply_unitary(reference, operator, norb=n, nelec=(electrons[0], electrons[1]))
    np.testing.assert_allclose(found, of_ffsim, atol=1e-10)

    alpha, beta = singles(*sector, "alpha"), singles(*sector, "beta")
    of_alpha, of_beta = (np.einsum("ppii->pi", operators) for operators in (alpha, beta))  # occupations

    def rotation(matrix: np.ndarray) -> np.ndarray:
        return expm(np.einsum("pq,pqij->ij", logm(matrix), alpha + beta))

    psi = np.eye(len(reference))[0]
    for (same, opposite), basis in zip(operator.diag_coulomb_mats, operator.orbital_rotations, strict=True):
        phases = np.einsum("pq,pi,qi->i", same, of_alpha, of_alpha) + np.einsum("pq,pi,qi->i", same, of_beta, of_beta)
        phases += 2 * np.einsum("pq,pi,qi->i", opposite, of_alpha, of_beta)
        psi = rotation(basis) @ (np.exp(0.5j * phases) * (rotation(basis.conj().T) @ psi))
    np.testing.assert_allclose(found, rotation(operator.final_orbital_rotation) @ psi, atol=1e-9)


@given(sector=SECTORS, n_layers=st.integers(1, 2), seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_gradient_equals_finite_differences(sector: tuple[int, int, int], n_layers: int, seed: int) -> None:
    n, n_alpha, n_beta = sector
    jastrow, rng = Jastrow.compile(*sector), np.random.default_rng(seed)
    parameters = random_parameters(n, n_layers, rng)
    dimension = comb(n, n_alpha) * comb(n, n_beta)
    matrix = rng.normal(size=(dimension, dimension)) + 1j * rng.normal(size=(dimension, dimension))
    matrix += matrix.conj().T

    def energy_at(shifted: np.ndarray) -> float:
        state = jastrow.state(operator_of(shifted, empty(*sector)))
        return float(np.vdot(state, matrix @ state).real)

    energy, slopes = jastrow.energy_and_slopes(operator_of(parameters, empty(*sector)), lambda psi: matrix @ psi)
    assert energy == pytest.approx(energy_at(parameters), abs=1e-10)
    step = 1e-5 * np.eye(len(parameters))
    numeric = [(energy_at(parameters + s) - energy_at(parameters - s)) / 2e-5 for s in step]
    np.testing.assert_allclose(gradient_of(slopes, parameters, n), numeric, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "n_layers", "millihartree"),
    [("H2", 1, 1e-4), ("LiH", 1, 1.3), ("H4", 1, 28.0), ("H4", 2, 3.4), ("CH3+", 2, 1.6), ("OH", 1, 2.6)],
)
def test_energy_stands_above_casci_by_no_more_than_stated(name: str, n_layers: int, millihartree: float) -> None:
    hamiltonian, _, exact = active_space(name)
    result = lucj(hamiltonian, n_layers)
    assert result.converged
    assert result.gradient_norm <= GRADIENT_TOLERANCE
    assert exact - 1e-10 <= result.energy_hartree <= exact + 1e-3 * millihartree
    assert result.trace[-1] < result.trace[0]
    assert np.linalg.norm(result.state) == pytest.approx(1.0, abs=1e-12)
    spin = (hamiltonian.n_alpha - hamiltonian.n_beta) / 2
    assert result.s_squared == pytest.approx(spin * (spin + 1), abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "millihartree"), [("LiH", 0.07), ("H6", 5.7)])
def test_two_layers_of_six_orbitals(name: str, millihartree: float) -> None:
    hamiltonian, _, exact = active_space(name)
    assert exact <= lucj(hamiltonian).energy_hartree <= exact + 1e-3 * millihartree


def test_the_energy_is_that_of_the_density_matrices() -> None:
    hamiltonian, _, _ = active_space("H4")
    result = solve(hamiltonian, "lucj")
    assert np.iscomplexobj(result.state)
    assert np.abs(result.state.imag).max() > 1e-3
    one, two = make_rdm12(result.state, 4, (2, 2))
    energy = np.vdot(hamiltonian.one_body, one) + 0.5 * np.vdot(hamiltonian.two_body, two) + hamiltonian.constant
    assert energy == pytest.approx(result.energy_hartree, abs=1e-10)
    restored = Jastrow.compile(4, 2, 2).state(operator_of(result.parameters, hamiltonian))
    np.testing.assert_allclose(restored.reshape(result.state.shape), result.state, atol=1e-12)


def test_a_search_goes_on_from_parameters() -> None:
    hamiltonian, _, _ = active_space("H4")
    first = lucj(hamiltonian, 1)
    again = lucj(hamiltonian, start=first.parameters)
    assert (again.n_evaluations, again.energy_hartree) == (1, pytest.approx(first.energy_hartree, abs=1e-12))


@pytest.mark.parametrize("start", ["mp2", "ccsd"])
def test_amplitudes_begin_below_hartree_fock(start: str) -> None:
    hamiltonian, hartree_fock, exact = active_space("LiH")
    parameters = start_of(hamiltonian, 2, start)  # type: ignore[arg-type]
    operator = operator_of(parameters, hamiltonian)
    state = Jastrow.compile(6, 2, 2).state(operator).reshape(15, 15)
    one, two = make_rdm12(state, 6, (2, 2))
    energy = np.vdot(hamiltonian.one_body, one) + 0.5 * np.vdot(hamiltonian.two_body, two) + hamiltonian.constant
    assert exact < energy < hartree_fock


@pytest.mark.parametrize("sector", [(2, 2, 2), (2, 0, 0), (1, 1, 0), (3, 1, 0), (3, 0, 1)])
def test_spaces_without_correlation(sector: tuple[int, int, int]) -> None:
    n, n_alpha, n_beta = sector
    one_body = np.diag(np.arange(n) - 2.0) + 0.1
    result = lucj(Hamiltonian(0.25, one_body, np.zeros((n, n, n, n)), n_alpha, n_beta))
    levels = np.linalg.eigvalsh(one_body)
    assert result.energy_hartree == pytest.approx(0.25 + levels[:n_alpha].sum() + levels[:n_beta].sum(), abs=1e-9)
    assert result.converged


def test_a_global_phase_changes_no_entropy() -> None:
    state = solve(active_space("H4")[0], "lucj").state
    plain, turned = (orbital_correlation(s, 4, 2, 2) for s in (state, np.exp(0.7j) * state))
    np.testing.assert_allclose(turned.entropies, plain.entropies, atol=1e-12)
    np.testing.assert_allclose(turned.mutual_information, plain.mutual_information, atol=1e-12)


@pytest.mark.parametrize("kind", [mcscf.CASCI, mcscf.CASSCF])
def test_pyscf_takes_the_complex_state(kind: object) -> None:
    """Two electrons in two orbitals make LUCJ exact; natural orbitals rotate the state."""
    mc, exact = (multiconfigurational(kind, "LiH", vqe=vqe) for vqe in (True, False))
    mc.fcisolver, mc.natorb = VqeSolver("lucj"), True
    assert mc.kernel()[0] == pytest.approx(exact.kernel()[0], abs=1e-8)
    assert np.iscomplexobj(mc.ci)
    assert energy_from_density_matrices(mc) == pytest.approx(mc.e_tot, abs=1e-9)


def test_a_solver_starts_anew_in_another_space() -> None:
    solver = VqeSolver("lucj")
    for name in ("H2", "H4"):
        hamiltonian, _, _ = active_space(name)
        eri = ao2mo.restore(4, hamiltonian.two_body, hamiltonian.n_orbitals)
        electrons = hamiltonian.n_alpha + hamiltonian.n_beta
        solver.kernel(hamiltonian.one_body, eri, hamiltonian.n_orbitals, electrons, ci0=np.ones(1))
        assert solver.converged
