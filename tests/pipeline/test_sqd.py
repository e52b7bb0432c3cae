"""SQD: variational, exact where everything is sampled, and beside its null models."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from molecules_small import active_space
from pyscf.fci import cistring
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from pipeline.errors import InputError, ResourceError
from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.compare import compare, exact
from pipeline.sqd.samples import Samples, lucj_samples, strings_of, uniform_samples
from pipeline.sqd.selected_ci import selected_ci
from pipeline.sqd.solve import sqd
from pipeline.sqd.subspace import lowest_state, reference_strings

CLOSED, OPEN = "H2O/6-31G", "OH"
TOO_LARGE = Hamiltonian(0.0, np.zeros((30, 30)), np.zeros((1, 1, 1, 1)), 15, 15)


def every_determinant(hamiltonian: Hamiltonian) -> Samples:
    """One sample of each."""
    n = hamiltonian.n_orbitals
    alpha, beta = (cistring.make_strings(range(n), k) for k in (hamiltonian.n_alpha, hamiltonian.n_beta))
    numbers = np.array([b << n | a for a, b in product(alpha.tolist(), beta.tolist())])
    return (numbers[:, None] >> np.arange(2 * n - 1, -1, -1) & 1).astype(bool)


@pytest.mark.parametrize("name", ["H2", "LiH", "H2O", "H2O/6-31G", "N2", "H6", "OH", "O2", "CH3+"])
def test_sqd_of_every_determinant_is_exact(name: str) -> None:
    hamiltonian, _, casci = active_space(name)
    state = sqd(hamiltonian, every_determinant(hamiltonian), seed=0)
    assert state.energy_hartree == pytest.approx(casci, abs=1e-8)
    assert state.coverage == 1.0
    assert state.converged
    spin = (hamiltonian.n_alpha - hamiltonian.n_beta) / 2
    assert state.s_squared == pytest.approx(spin * (spin + 1), abs=1e-6)
    assert exact(hamiltonian) == pytest.approx(casci, abs=1e-8)


@pytest.mark.parametrize("name", ["LiH", "H6", "OH", "O2"])
@given(seed=st.integers(0, 2**32 - 1), few=st.integers(1, 20), more=st.integers(0, 60))
@settings(max_examples=10, deadline=None)
def test_more_samples_never_raise_the_energy(name: str, seed: int, few: int, more: int) -> None:
    """It lies between the exact one and that of the reference determinant, which is always in the subspace."""
    hamiltonian, hartree_fock, casci = active_space(name)
    samples = uniform_samples(hamiltonian, few + more, seed)
    fewer, all_of_them = sqd(hamiltonian, samples[:few], seed), sqd(hamiltonian, samples, seed)
    assert casci - 1e-9 <= all_of_them.energy_hartree <= fewer.energy_hartree + 1e-9 <= hartree_fock + 2e-9
    assert 0 < fewer.coverage <= all_of_them.coverage <= 1
    alpha, beta = strings_of(samples)
    if hamiltonian.n_alpha == hamiltonian.n_beta:
        alpha = beta = np.concatenate([alpha, beta])
    for sampled, kept in ((alpha, all_of_them.alpha_strings), (beta, all_of_them.beta_strings)):
        assert set(sampled) <= set(kept) <= {*sampled, *reference_strings(hamiltonian)}


@pytest.mark.parametrize("name", [CLOSED, OPEN])
def test_lucj_samples_approach_the_exact_energy(name: str) -> None:
    hamiltonian, hartree_fock, casci = active_space(name)
    samples = lucj_samples(hamiltonian, 20_000, seed=1)
    np.testing.assert_array_equal(samples, lucj_samples(hamiltonian, 20_000, seed=1))
    errors = [sqd(hamiltonian, samples[:count], seed=1).energy_hartree - casci for count in (20, 500, 20_000)]
    assert errors[0] > errors[1] > errors[2] > -1e-9
    assert errors[2] < 0.1 * (hartree_fock - casci)


@pytest.mark.parametrize("name", [CLOSED, OPEN])
def test_a_comparison_is_one_of_equal_sizes(name: str) -> None:
    hamiltonian, _, casci = active_space(name)
    comparison, again = (compare(hamiltonian, 1000, seed=3) for _ in range(2))
    assert comparison.exact_hartree == pytest.approx(casci, abs=1e-8)
    assert comparison.best_hartree == comparison.exact_hartree
    assert comparison.uniform.dimension == comparison.lucj.dimension >= comparison.selected_ci.dimension
    assert casci - 1e-9 < comparison.selected_ci.energy_hartree <= comparison.lucj.energy_hartree + 1e-9
    assert comparison.lucj.energy_hartree < comparison.uniform.energy_hartree
    for one, other in (
        (comparison.lucj, again.lucj),
        (comparison.uniform, again.uniform),
        (comparison.selected_ci, again.selected_ci),
    ):
        assert one.energy_hartree == other.energy_hartree
        np.testing.assert_array_equal(one.alpha_strings, other.alpha_strings)


@pytest.mark.parametrize("name", ["H2O/6-31G", "N2", "OH", "O2"])
def test_selected_ci_grows_to_the_exact_state(name: str) -> None:
    hamiltonian, hartree_fock, casci = active_space(name)
    sizes = (1, 4, 16, 1000)
    states = [selected_ci(hamiltonian, size, size) for size in sizes]
    energies = [state.energy_hartree for state in states]
    assert energies[0] == pytest.approx(hartree_fock, abs=1e-8)
    assert energies == sorted(energies, reverse=True)
    assert energies[-1] == pytest.approx(casci, abs=1e-8)
    for size, state in zip(sizes, states, strict=True):
        assert max(state.amplitudes.shape) <= size
        assert state.converged
        assert min(state.trace) == state.energy_hartree


def test_noise_is_mended_towards_the_occupations() -> None:
    hamiltonian, _, casci = active_space("H2O/6-31G")
    clean = uniform_samples(hamiltonian, 60, seed=4)
    noise = np.random.default_rng(4).random(clean.shape) < 0.2
    noisy = sqd(hamiltonian, clean ^ noise, seed=4, max_strings=30)
    assert noisy.trace[0] > noisy.energy_hartree == min(noisy.trace) > casci
    assert max(noisy.amplitudes.shape) <= 30
    again = sqd(hamiltonian, clean ^ noise, seed=4, max_strings=30)
    assert again.trace == noisy.trace


@pytest.mark.parametrize("name", [CLOSED, OPEN])
@pytest.mark.parametrize("sampler", [uniform_samples, lucj_samples])
def test_samples_keep_the_numbers_of_electrons(name: str, sampler: Callable[[Hamiltonian, int, int], Samples]) -> None:
    hamiltonian, _, _ = active_space(name)
    samples = sampler(hamiltonian, 50, 7)
    assert samples.shape == (50, hamiltonian.n_qubits)
    for strings, count in zip(strings_of(samples), (hamiltonian.n_alpha, hamiltonian.n_beta), strict=True):
        assert {int(string).bit_count() for string in strings} == {count}


def test_uniform_samples_are_uniform() -> None:
    hamiltonian, _, _ = active_space("LiH")
    alpha, beta = strings_of(uniform_samples(hamiltonian, 45_000, seed=0))
    _, counts = np.unique(alpha * 64 + beta, return_counts=True)
    assert len(counts) == hamiltonian.sector_dimension == 225
    assert np.sum((counts - 200) ** 2 / 200) == pytest.approx(224, abs=5 * np.sqrt(2 * 224))  # χ²


def test_counts_of_a_qiskit_circuit_are_samples() -> None:
    """One qubit an orbital in the Jordan–Wigner mapping, alpha first."""
    hamiltonian, _, _ = active_space("OH")
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    circuit = QuantumCircuit(2 * n)
    circuit.x([*range(n_alpha), *range(n, n + n_beta)])
    (bitstring,) = Statevector(circuit).sample_counts(1)
    samples = np.array([[bit == "1" for bit in bitstring]])
    assert tuple(int(strings[0]) for strings in strings_of(samples)) == reference_strings(hamiltonian)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.ones((5, 10), dtype=bool), "do not fit 6 orbitals"),
        (np.ones((5, 12)), "do not fit 6 orbitals"),
        (np.ones((5, 12), dtype=bool), "None of 5 samples"),
        (np.ones((0, 12), dtype=bool), "None of 0 samples"),
    ],
)
def test_samples_that_do_not_fit_are_refused_with_advice(samples: Samples, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        sqd(active_space("LiH")[0], samples, seed=0)
    assert caught.value.remedy


def test_what_would_not_fit_is_refused_with_advice() -> None:
    with pytest.raises(ResourceError, match="from a device"):
        lucj_samples(TOO_LARGE, 10, seed=0)
    with pytest.raises(ResourceError, match="fewer samples"):
        lowest_state(TOO_LARGE, np.arange(10**6), np.arange(10**6))
    assert exact(TOO_LARGE) is None


def test_spaces_without_a_choice_are_refused_with_advice() -> None:
    one_spin = Hamiltonian(0.0, np.diag([-1.0, -0.5]), np.zeros((2, 2, 2, 2)), 1, 0)
    full = Hamiltonian(0.0, np.diag([-1.0, -0.5]), np.zeros((2, 2, 2, 2)), 2, 1)
    with pytest.raises(InputError, match="both spins"):
        selected_ci(one_spin, 2, 1)
    for hamiltonian in (one_spin, full):
        with pytest.raises(InputError, match="empty orbitals"):
            lucj_samples(hamiltonian, 10, seed=0)
