"""VQE in the sector: against its slow twin, full CI, finite differences and Qiskit's statevector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules_small import active_space
from pyscf.fci import direct_spin1
from qiskit.quantum_info import Statevector
from qiskit_nature.second_q.mappers import BravyiKitaevMapper, JordanWignerMapper, ParityMapper

from pipeline.circuits.qiskit import ansatz_circuit, electronic_operator
from pipeline.errors import ResourceError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe import slow
from pipeline.vqe.excitations import uccsd
from pipeline.vqe.sector import Sector
from pipeline.vqe.solve import GRADIENT_TOLERANCE, solve

SECTORS = st.integers(2, 4).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n)).filter(lambda s: s[1] + s[2] > 0)
)


@given(sector=SECTORS, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_state_equals_the_slow_twin(sector: tuple[int, int, int], seed: int) -> None:
    n, n_alpha, n_beta = sector
    excitations = uccsd(n, n_alpha, n_beta)
    fast = Sector.compile(excitations, n, n_alpha, n_beta)
    parameters = np.random.default_rng(seed).normal(size=fast.n_parameters)
    state = fast.state(parameters)
    np.testing.assert_allclose(state.ravel(), slow.state(excitations, parameters, n, n_alpha, n_beta), atol=1e-12)
    assert np.linalg.norm(state) == pytest.approx(1.0, abs=1e-12)


@given(sector=SECTORS, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_gradient_equals_finite_differences(sector: tuple[int, int, int], seed: int) -> None:
    n, n_alpha, n_beta = sector
    fast = Sector.compile(uccsd(n, n_alpha, n_beta), n, n_alpha, n_beta)
    rng = np.random.default_rng(seed)
    parameters = rng.normal(size=fast.n_parameters)
    dimension = fast.shape[0] * fast.shape[1]
    matrix = rng.normal(size=(dimension, dimension))
    matrix += matrix.T

    def apply(psi: np.ndarray) -> np.ndarray:
        return (matrix @ psi.ravel()).reshape(psi.shape)

    energy, gradient = fast.energy_and_gradient(parameters, apply)
    state = fast.state(parameters).ravel()
    assert energy == pytest.approx(state @ matrix @ state, abs=1e-10)
    step = 1e-5
    for k in range(fast.n_parameters):
        shift = step * np.eye(fast.n_parameters)[k]
        up, down = fast.state(parameters + shift).ravel(), fast.state(parameters - shift).ravel()
        numeric = (up @ matrix @ up - down @ matrix @ down) / (2 * step)
        assert gradient[k] == pytest.approx(numeric, abs=1e-6)


@pytest.mark.parametrize("name", ["H2", "LiH", "H2O", "H2O/6-31G", "N2", "H6", "OH", "O2", "CH3+"])
def test_uccsd_stands_above_casci_and_holds_its_correlation(name: str) -> None:
    hamiltonian, hartree_fock, exact = active_space(name)
    result = solve(hamiltonian)
    assert result.converged
    assert result.gradient_norm <= GRADIENT_TOLERANCE
    assert result.energy_hartree >= exact - 1e-10
    assert hartree_fock - result.energy_hartree >= 0.95 * (hartree_fock - exact)
    expected = (hamiltonian.n_alpha - hamiltonian.n_beta) / 2
    assert result.s_squared == pytest.approx(expected * (expected + 1), abs=2e-3)
    assert result.trace[-1] <= result.trace[0] + 1e-12


@pytest.mark.parametrize("name", ["LiH", "H2O", "N2", "OH"])
def test_the_minimum_is_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times tighter convergence lowers the energy by less than 1e-6 hartree, and no step away lowers it more."""
    hamiltonian, _, _ = active_space(name)
    result = solve(hamiltonian)
    monkeypatch.setattr("pipeline.vqe.solve.GRADIENT_TOLERANCE", GRADIENT_TOLERANCE / 10)
    assert solve(hamiltonian).energy_hartree == pytest.approx(result.energy_hartree, abs=1e-6)
    rng = np.random.default_rng(1)
    n, na, nb = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    sector = Sector.compile(uccsd(n, na, nb), n, na, nb)
    absorbed = direct_spin1.absorb_h1e(hamiltonian.one_body, hamiltonian.two_body, n, (na, nb), 0.5)
    for _ in range(10):
        step = rng.normal(size=len(result.parameters))
        state = sector.state(result.parameters + 0.01 * step / np.linalg.norm(step))
        nearby = np.vdot(state, direct_spin1.contract_2e(absorbed, state, n, (na, nb))) + hamiltonian.constant
        assert nearby >= result.energy_hartree - 1e-7


@pytest.mark.parametrize("mapper", [JordanWignerMapper(), ParityMapper(), BravyiKitaevMapper()], ids=["JW", "P", "BK"])
@pytest.mark.parametrize("name", ["H2", "H2O (4e,4o)"])
def test_qiskit_circuit_has_the_same_energy(name: str, mapper: object) -> None:
    _same_energy_in_qiskit(name, mapper)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["LiH", "CH3+"])
def test_larger_qiskit_circuits_have_the_same_energy(name: str) -> None:
    _same_energy_in_qiskit(name, JordanWignerMapper())


def _same_energy_in_qiskit(name: str, mapper: object) -> None:
    hamiltonian, _, _ = active_space(name)
    result = solve(hamiltonian)
    excitations = uccsd(hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta)
    circuit = ansatz_circuit(excitations, result.parameters, hamiltonian, mapper)  # type: ignore[arg-type]
    state = Statevector(circuit)
    energy = state.expectation_value(electronic_operator(hamiltonian, mapper)).real  # type: ignore[arg-type]
    assert energy == pytest.approx(result.energy_hartree, abs=1e-8)


def test_a_full_or_empty_space_needs_no_parameters() -> None:
    one, two = np.diag([-1.0, -0.5]), np.zeros((2, 2, 2, 2))
    result = solve(Hamiltonian(0.25, one, two, 2, 2))
    assert result.energy_hartree == pytest.approx(0.25 - 3.0)
    assert (result.converged, result.n_evaluations, len(result.parameters)) == (True, 1, 0)


def test_what_would_not_fit_is_refused_with_advice() -> None:
    n = 30
    with pytest.raises(ResourceError, match="smaller active space"):
        solve(Hamiltonian(0.0, np.zeros((n, n)), np.zeros((1, 1, 1, 1)), 15, 15))
