"""SQD: from samples of determinants to an energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit_addon_sqd.fermion import SCIResult, SCIState, diagonalize_fermionic_hamiltonian

from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.samples import Samples
from pipeline.sqd.subspace import Strings, SubspaceState, lowest_state, reference_strings

_MOST_ROUNDS = 10


def sqd(hamiltonian: Hamiltonian, samples: Samples, seed: int, max_strings: int | None = None) -> SubspaceState:
    """Sample-based quantum diagonalisation with configuration recovery, through qiskit-addon-sqd.

    The strings of all samples span the subspace, in closed shells those of both spins together, and always with the
    reference determinant. Samples with wrong numbers of electrons, which noise gives, are mended by flipping bits
    towards the occupations of the last round, until the energy stands: Robledo-Moreno et al., arXiv:2405.05068.
    Without noise the first round says it all.

    Args:
        hamiltonian: the active space.
        samples: (n_samples, 2 n_orbitals), as in `pipeline.sqd.samples`.
        seed: of the recovery.
        max_strings: of each spin; more are dropped, the rarest first. None: no limit.

    Raises:
        InputError: samples do not fit the active space, or none of them has its numbers of electrons.
        ResourceError: the subspace does not fit into the memory that is free.
    """
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    _check(hamiltonian, samples)
    states: list[SubspaceState] = []

    def solver(subspaces: Sequence[tuple[Strings, Strings]], *_: Any) -> list[SCIResult]:
        for alpha, beta in subspaces:
            last = states[-1] if states else None
            same = last and np.array_equal(last.alpha_strings, alpha) and np.array_equal(last.beta_strings, beta)
            states.append(last if last and same else lowest_state(hamiltonian, alpha, beta))
        return [_as_result(state, n, electrons) for state in states[-len(subspaces) :]]

    diagonalize_fermionic_hamiltonian(
        hamiltonian.one_body,
        hamiltonian.two_body,
        samples,
        samples_per_batch=len(samples),
        norb=n,
        nelec=electrons,
        max_iterations=_MOST_ROUNDS,
        sci_solver=solver,
        symmetrize_spin=electrons[0] == electrons[1],
        max_dim=max_strings,
        include_configurations=tuple([string] for string in reference_strings(hamiltonian)),
        seed=seed,
    )
    best = min(states, key=lambda state: state.energy_hartree)
    trace = tuple(state.energy_hartree for state in states)
    return replace(best, trace=trace, converged=best.converged and len(states) < _MOST_ROUNDS)


def _check(hamiltonian: Hamiltonian, samples: Samples) -> None:
    n = hamiltonian.n_orbitals
    if samples.ndim != 2 or samples.shape[1] != 2 * n or samples.dtype != bool:
        raise InputError(
            f"Samples of shape {samples.shape} and type {samples.dtype} do not fit {n} orbitals.",
            f"Give an array of bool with {2 * n} columns, beta orbitals before alpha, the last orbital first.",
        )
    alpha, beta = samples[:, n:].sum(axis=1), samples[:, :n].sum(axis=1)
    if not np.any((alpha == hamiltonian.n_alpha) & (beta == hamiltonian.n_beta)):
        raise InputError(
            f"None of {len(samples)} samples has {hamiltonian.n_alpha} alpha and {hamiltonian.n_beta} beta electrons.",
            "Take more samples.",
        )


def _as_result(state: SubspaceState, n: int, electrons: tuple[int, int]) -> SCIResult:
    vector = SCIState(state.amplitudes, state.alpha_strings, state.beta_strings, n, electrons)
    weights = state.amplitudes**2
    occupations = (
        _occupations(state.alpha_strings, weights.sum(axis=1), n),
        _occupations(state.beta_strings, weights.sum(axis=0), n),
    )
    return SCIResult(state.energy_hartree, vector, occupations)


def _occupations(strings: Strings, weights: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """(n,) mean occupations of the orbitals."""
    return np.asarray(weights @ (strings[:, None] >> np.arange(n) & 1))
