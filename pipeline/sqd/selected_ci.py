"""Selected CI: the subspace that a classical machine chooses, of the same size as one from samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pyscf import ao2mo
from pyscf.fci import direct_spin1
from pyscf.fci import selected_ci as pyscf_selected_ci

from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.subspace import Strings, SubspaceState, lowest_state, reference_strings, refuse_too_large

_MOST_ROUNDS = 20
_LEAST_GAIN_HARTREE = 1e-7
_FIRST_CUTOFF, _LAST_CUTOFF = 1e-2, 1e-10
_LEAST_GAP = 0.1
"""Hartree; smaller denominators are raised to it."""
_CANDIDATES = 2
"""Strings that are ranked for each one that is kept, where there are as many."""
_VECTORS = 6
"""Vectors of the candidates' dimension alive at once."""


def selected_ci(hamiltonian: Hamiltonian, n_alpha_strings: int, n_beta_strings: int) -> SubspaceState:
    """The lowest state in a subspace of at most so many strings, chosen by perturbation theory.

    From the reference determinant on, each round adds the strings that PySCF's heat-bath-like criterion finds connected
    to the state, gives every new determinant D its first-order amplitude ⟨D|H|ψ⟩ / (E − ⟨D|H|D⟩), as CIPSI does (Huron,
    Malrieu, Rancurel, J. Chem. Phys. 58, 5745 (1973)), and keeps the strings with the largest sums of squared
    amplitudes, until the energy falls no more. It knows nothing but H.

    Args:
        hamiltonian: the active space.
        n_alpha_strings: most alpha strings.
        n_beta_strings: most beta strings, in closed shells the same.

    Raises:
        InputError: a spin has no electrons.
        ResourceError: the candidates do not fit into the memory that is free.
    """
    alpha, beta = (np.array([string]) for string in reference_strings(hamiltonian))
    best = lowest_state(hamiltonian, alpha, beta)
    trace = [best.energy_hartree]
    while len(trace) <= _MOST_ROUNDS:
        (alpha, beta), amplitudes = _candidates(hamiltonian, best, n_alpha_strings, n_beta_strings)
        alpha_weights, beta_weights = (amplitudes**2).sum(axis=1), (amplitudes**2).sum(axis=0)
        if hamiltonian.n_alpha == hamiltonian.n_beta:  # the candidates are the same
            alpha_weights = beta_weights = alpha_weights + beta_weights
        alpha, beta = _heaviest(alpha, alpha_weights, n_alpha_strings), _heaviest(beta, beta_weights, n_beta_strings)
        state = lowest_state(hamiltonian, alpha, beta)
        trace.append(state.energy_hartree)
        gain = best.energy_hartree - state.energy_hartree
        best = min(best, state, key=lambda one: one.energy_hartree)
        if gain < _LEAST_GAIN_HARTREE:
            return replace(best, trace=tuple(trace))
    return replace(best, trace=tuple(trace), converged=False)


def _candidates(
    hamiltonian: Hamiltonian, state: SubspaceState, n_alpha_strings: int, n_beta_strings: int
) -> tuple[tuple[Strings, Strings], NDArray[np.float64]]:
    """More strings than are wanted where there are as many, and amplitudes of all pairs of them."""
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    absorbed = direct_spin1.absorb_h1e(hamiltonian.one_body, hamiltonian.two_body, n, electrons, 0.5)
    absorbed = ao2mo.restore(1, absorbed, n)
    vector = pyscf_selected_ci._as_SCIvector(state.amplitudes, (state.alpha_strings, state.beta_strings))
    solver = pyscf_selected_ci.SelectedCI()
    cutoff = _FIRST_CUTOFF
    while True:
        solver.select_cutoff = solver.ci_coeff_cutoff = cutoff
        wider = pyscf_selected_ci.enlarge_space(solver, vector, absorbed, n, electrons)
        alpha, beta = wider._strs
        enough = len(alpha) >= _CANDIDATES * n_alpha_strings and len(beta) >= _CANDIDATES * n_beta_strings
        if enough or cutoff < _LAST_CUTOFF:
            break
        cutoff /= 3
    refuse_too_large(
        8 * _VECTORS * wider.size,
        f"Ranking {len(alpha):,} × {len(beta):,} strings for selected CI",
        "Take fewer samples.",
    )
    diagonal = pyscf_selected_ci.make_hdiag(hamiltonian.one_body, hamiltonian.two_body, wider._strs, n, electrons)
    coupling = np.asarray(pyscf_selected_ci.contract_2e(absorbed, wider, n, electrons))
    known = np.asarray(wider)
    gaps = np.maximum(diagonal.reshape(known.shape) + hamiltonian.constant - state.energy_hartree, _LEAST_GAP)
    return (alpha, beta), np.where(known == 0, -coupling / gaps, known)


def _heaviest(strings: Strings, weights: NDArray[np.float64], count: int) -> Strings:
    return strings[np.argsort(-weights, kind="stable")[:count]]
