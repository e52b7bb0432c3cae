"""VQE in the sector: against its slow twin, full CI, finite differences and Qiskit's statevector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from molecules_small import active_space
from pyscf import lib
from pyscf.fci import direct_spin1
from qiskit.quantum_info import Statevector
from qiskit_nature.second_q.mappers import BravyiKitaevMapper, JordanWignerMapper, ParityMapper

from pipeline.circuits.qiskit import ansatz_circuit, electronic_operator
from pipeline.errors import InputError, ResourceError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe import slow
from pipeline.vqe.adapt import adapt
from pipeline.vqe.contraction import hamiltonian_of
from pipeline.vqe.determinants import Determinants
from pipeline.vqe.excitations import Excitation, gate_fabric, symmetry_allowed, uccgsd, uccsd, upccgsd
from pipeline.vqe.minimise import GRADIENT_TOLERANCE, determinants_of, minimise
from pipeline.vqe.sector import Sector
from pipeline.vqe.solve import Ansatz, excitations_of, solve

SECTORS = st.integers(2, 4).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n)).filter(lambda s: s[1] + s[2] > 0)
)


def factors(ansatz: str, n: int, n_alpha: int, n_beta: int) -> tuple[Excitation, ...]:
    if ansatz == "uccsd":
        return uccsd(n, n_alpha, n_beta)
    if ansatz == "fabric":
        return gate_fabric(n, 2)
    return upccgsd(n, 2) if ansatz == "upccgsd" else uccgsd(n, paired=n_alpha == n_beta, fermionic=ansatz == "uccgsd")


@pytest.mark.parametrize("ansatz", ["uccsd", "uccgsd", "qubit", "upccgsd", "fabric"])
@given(sector=SECTORS, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=12, deadline=None)
def test_state_equals_the_slow_twin(ansatz: str, sector: tuple[int, int, int], seed: int) -> None:
    n, n_alpha, n_beta = sector
    n = n if ansatz == "uccsd" else min(n, 3)
    assume(n_alpha <= n and n_beta <= n)
    excitations = factors(ansatz, n, n_alpha, n_beta)
    fast = Sector.compile(excitations, Determinants.of(n, n_alpha, n_beta))
    parameters = np.random.default_rng(seed).normal(size=fast.n_parameters)
    state = fast.state(parameters)
    np.testing.assert_allclose(state, slow.state(excitations, parameters, n, n_alpha, n_beta), atol=1e-12)
    assert np.linalg.norm(state) == pytest.approx(1.0, abs=1e-12)


@given(sector=SECTORS, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_gradient_equals_finite_differences(sector: tuple[int, int, int], seed: int) -> None:
    n, n_alpha, n_beta = sector
    fast = Sector.compile(uccsd(n, n_alpha, n_beta), Determinants.of(n, n_alpha, n_beta))
    rng = np.random.default_rng(seed)
    parameters = rng.normal(size=fast.n_parameters)
    dimension = fast.determinants.size
    matrix = rng.normal(size=(dimension, dimension))
    matrix += matrix.T
    energy, gradient = fast.energy_and_gradient(parameters, matrix.dot)
    state = fast.state(parameters)
    assert energy == pytest.approx(state @ matrix @ state, abs=1e-10)
    step = 1e-5
    for k in range(fast.n_parameters):
        shift = step * np.eye(fast.n_parameters)[k]
        up, down = fast.state(parameters + shift), fast.state(parameters - shift)
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
    monkeypatch.setattr("pipeline.vqe.minimise.GRADIENT_TOLERANCE", GRADIENT_TOLERANCE / 10)
    assert solve(hamiltonian).energy_hartree == pytest.approx(result.energy_hartree, abs=1e-6)
    rng = np.random.default_rng(1)
    n, na, nb = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    sector = Sector.compile(result.excitations, Determinants.of(n, na, nb))
    absorbed = direct_spin1.absorb_h1e(hamiltonian.one_body, hamiltonian.two_body, n, (na, nb), 0.5)
    for _ in range(10):
        step = rng.normal(size=len(result.parameters))
        state = sector.state(result.parameters + 0.01 * step / np.linalg.norm(step))
        nearby = np.vdot(state, direct_spin1.contract_2e(absorbed, state, n, (na, nb))) + hamiltonian.constant
        assert nearby >= result.energy_hartree - 1e-7


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: every tile sums for itself."""
    n, k = 7, 3
    fast = Sector.compile(uccsd(n, k, k), Determinants.of(n, k, k))
    rng = np.random.default_rng(0)
    parameters, psi, bra = rng.normal(size=fast.n_parameters), *rng.normal(size=(2, fast.determinants.size))
    one = fast.state(parameters), fast.gradient(parameters, psi, bra)
    monkeypatch.setattr("pipeline.vqe.sector._LEAST_DIMENSION_PER_THREAD", 1)
    with lib.with_omp_threads(threads):
        several = fast.state(parameters), fast.gradient(parameters, psi, bra)
    for a, b in zip(one, several, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["LiH", "H2O", "N2", "H6", "CH3+", "O2"])
def test_symmetry_leaves_out_only_what_is_zero(name: str) -> None:
    """UCCSD with all of its amplitudes ends at the same energy, the forbidden ones at zero."""
    hamiltonian, _, _ = active_space(name)
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    everything = uccsd(n, n_alpha, n_beta)
    symmetries = hamiltonian.orbital_symmetries()
    allowed = symmetry_allowed(everything, symmetries)
    assert len(allowed) < len(everything)
    whole, reduced = minimise(hamiltonian, everything), minimise(hamiltonian, allowed)
    assert reduced.energy_hartree == pytest.approx(whole.energy_hartree, abs=1e-8)
    kept = {x.parameter for x in everything if symmetry_allowed((x,), symmetries)}
    forbidden = [theta for k, theta in enumerate(whole.parameters) if k not in kept]
    assert np.max(np.abs(forbidden)) < 1e-4


@given(
    space=st.tuples(st.integers(2, 6), st.integers(1, 4), st.integers(1, 4)).filter(lambda s: max(s[1:]) <= s[0]),
    data=st.data(),
)
@settings(max_examples=30, deadline=None)
def test_symmetry_blocks_change_no_state_and_no_gradient(space: tuple[int, int, int], data: st.DataObject) -> None:
    """Allowed excitations over the determinants of one symmetry, and over all of them."""
    n, n_alpha, n_beta = space
    symmetries = data.draw(st.tuples(*[st.integers(0, 7)] * n))
    excitations = symmetry_allowed(uccgsd(n, paired=n_alpha == n_beta), symmetries)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    blocks = Sector.compile(excitations, Determinants.of(n, n_alpha, n_beta, symmetries))
    whole = Sector.compile(excitations, Determinants.of(n, n_alpha, n_beta))
    parameters = rng.normal(size=blocks.n_parameters)
    state = blocks.state(parameters)
    as_matrix = blocks.determinants.matrix(state)
    np.testing.assert_allclose(as_matrix.ravel(), whole.state(parameters), atol=1e-12)
    np.testing.assert_array_equal(blocks.determinants.vector(as_matrix), state)
    bra = rng.normal(size=state.shape)
    gradient = whole.gradient(parameters, as_matrix.ravel(), blocks.determinants.matrix(bra).ravel())
    np.testing.assert_allclose(blocks.gradient(parameters, state, bra), gradient, atol=1e-12)


@pytest.mark.parametrize("name", ["LiH", "N2", "H6", "CH3+", "O2", "OH"])
def test_the_hamiltonian_acts_on_blocks_as_on_the_matrix(name: str) -> None:
    hamiltonian, _, _ = active_space(name)
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    determinants = determinants_of(hamiltonian, ())
    assert determinants.n_irreps > 1
    psi = np.random.default_rng(3).normal(size=determinants.size)
    absorbed = direct_spin1.absorb_h1e(hamiltonian.one_body, hamiltonian.two_body, n, electrons, 0.5)
    expected = direct_spin1.contract_2e(absorbed, determinants.matrix(psi), n, electrons)
    image = hamiltonian_of(hamiltonian, Sector.compile((), determinants))(psi)
    np.testing.assert_allclose(determinants.matrix(image), expected, atol=1e-5)


def test_sign_changes_of_orbitals_keep_the_integrals() -> None:
    """Of water in its plane: four irreducible representations of C2v, three of them in a minimal basis."""
    hamiltonian, _, _ = active_space("H2O")
    symmetries = hamiltonian.orbital_symmetries()
    assert len(set(symmetries)) == 3
    for bit in range(3):
        sign = np.array([1 - 2 * (s >> bit & 1) for s in symmetries])
        np.testing.assert_allclose(hamiltonian.one_body * np.outer(sign, sign), hamiltonian.one_body, atol=1e-5)
        changed = np.einsum("pqrs,p,q,r,s->pqrs", hamiltonian.two_body, sign, sign, sign, sign)
        np.testing.assert_allclose(changed, hamiltonian.two_body, atol=1e-5)


@pytest.mark.parametrize("ansatz", ["uccgsd", "adapt", "adapt-qubit"])
@pytest.mark.parametrize("name", ["H2", "LiH", "CH3+"])
def test_richer_ansatzes_come_closer_than_uccsd(name: str, ansatz: Ansatz) -> None:
    hamiltonian, _, exact = active_space(name)
    plain, rich = solve(hamiltonian), solve(hamiltonian, ansatz)
    assert exact - 1e-9 <= rich.energy_hartree <= plain.energy_hartree + 2e-5
    assert rich.gradient_norm <= GRADIENT_TOLERANCE
    assert rich.converged


def test_more_layers_of_paired_doubles_never_do_worse() -> None:
    hamiltonian, hartree_fock, exact = active_space("LiH")
    energies = [solve(hamiltonian, ansatz).energy_hartree for ansatz in ("1-upccgsd", "2-upccgsd")]
    assert exact - 1e-9 <= energies[1] <= energies[0] + 1e-7 < hartree_fock


@pytest.mark.parametrize("name", ["H2", "LiH", "OH"])
def test_the_hardware_efficient_ansatz_keeps_spin(name: str) -> None:
    """Every gate of the fabric commutes with S²; with as many layers as orbitals it comes close to CASCI."""
    hamiltonian, hartree_fock, exact = active_space(name)
    result = solve(hamiltonian, "hardware-efficient")
    assert exact - 1e-9 <= result.energy_hartree
    assert hartree_fock - result.energy_hartree >= 0.95 * (hartree_fock - exact)
    expected = (hamiltonian.n_alpha - hamiltonian.n_beta) / 2
    assert result.s_squared == pytest.approx(expected * (expected + 1), abs=1e-9)
    assert all(max(x.alpha_from + x.beta_from) + 1 == max(x.alpha_to + x.beta_to) for x in result.excitations)


def test_adapt_takes_fewer_parameters_than_uccsd_where_bonds_are_stretched() -> None:
    """N2 at 1.8 Å: within chemical accuracy, 1.6 millihartree, where UCCSD is not."""
    hamiltonian, _, exact = active_space("N2 (1.8 Å)")
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    n_uccsd = 1 + max(x.parameter for x in uccsd(n, n_alpha, n_beta))
    grown = adapt(hamiltonian, excitations_of(hamiltonian, "adapt"), max_operators=80)
    assert len(grown.parameters) <= 80 < n_uccsd == 165
    assert exact <= grown.energy_hartree < exact + 1.6e-3
    assert solve(hamiltonian).energy_hartree > exact + 1.6e-3


def test_adapt_grows_one_operator_at_a_time_and_never_upwards() -> None:
    hamiltonian, _, exact = active_space("H6")
    pool = excitations_of(hamiltonian, "adapt")
    sizes, energies = [], []
    for most in (0, 3, 8):
        grown = adapt(hamiltonian, pool, max_operators=most)
        sizes.append(len(grown.parameters))
        energies.append(grown.energy_hartree)
        assert not grown.converged
    assert sizes == [0, 3, 8]
    assert energies[0] > energies[1] > energies[2] > exact


def test_an_unknown_ansatz_is_refused_with_the_known_ones() -> None:
    hamiltonian, _, _ = active_space("H2")
    with pytest.raises(InputError, match="Use one of uccsd, "):
        solve(hamiltonian, "uccsdt")  # type: ignore[arg-type]


@pytest.mark.parametrize("mapper", [JordanWignerMapper(), ParityMapper(), BravyiKitaevMapper()], ids=["JW", "P", "BK"])
@pytest.mark.parametrize("name", ["H2", "H2O (4e,4o)"])
def test_qiskit_circuit_has_the_same_energy(name: str, mapper: object) -> None:
    _same_energy_in_qiskit(name, mapper)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["LiH", "CH3+"])
def test_larger_qiskit_circuits_have_the_same_energy(name: str) -> None:
    _same_energy_in_qiskit(name, JordanWignerMapper())


@pytest.mark.parametrize("ansatz", ["adapt", "adapt-qubit", "1-upccgsd", "hardware-efficient"])
def test_other_ansaetze_have_the_same_energy_in_qiskit(ansatz: Ansatz) -> None:
    _same_energy_in_qiskit("H2O (4e,4o)", JordanWignerMapper(), ansatz)


def test_qubit_excitations_have_no_circuit_under_other_mappings() -> None:
    hamiltonian, _, _ = active_space("H2")
    result = solve(hamiltonian, "adapt-qubit")
    with pytest.raises(InputError, match="Jordan–Wigner"):
        ansatz_circuit(result.excitations, result.parameters, hamiltonian, ParityMapper())


def _same_energy_in_qiskit(name: str, mapper: object, ansatz: Ansatz = "uccsd") -> None:
    hamiltonian, _, _ = active_space(name)
    result = solve(hamiltonian, ansatz)
    circuit = ansatz_circuit(result.excitations, result.parameters, hamiltonian, mapper)  # type: ignore[arg-type]
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
