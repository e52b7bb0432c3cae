"""Start: parameters to begin a VQE with, from MP2 or from coupled cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.coupled_cluster import ccsd
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.determinants import Matrix, Vector
from pipeline.vqe.excitations import Excitation

Start = Literal["mp2", "ccsd"]

_LEAST_GAP = 0.1
"""Hartree. Smaller MP2 denominators are raised to it, so that near-degenerate orbitals give no wild start."""
_LEAST_FOR_CCSD = 1_000_000
"""Determinants. CCSD saves some four evaluations to 1e-6 hartree, and takes a few tenths of a second."""
_LARGEST_AMPLITUDE = 1.0
"""CCSD amplitudes beyond it tell that coupled cluster broke down."""


@dataclass(frozen=True, eq=False, slots=True)
class _Amplitudes:
    """Of singles and doubles between occupied (i, j) and virtual (a, b) orbitals."""

    alpha: Matrix
    """(i, a)"""
    beta: Matrix
    alpha_alpha: Matrix
    """(i, j, a, b) antisymmetric"""
    alpha_beta: Matrix
    """(i, j, a, b): i → a for alpha, j → b for beta"""
    beta_beta: Matrix


def start_parameters(
    hamiltonian: Hamiltonian, excitations: tuple[Excitation, ...], start: Start | None = None
) -> Vector:
    """Amplitudes as parameters, shape (n_parameters,); zero for factors that do not act on the reference determinant.

    None chooses by the size of the sector. Where coupled cluster does not converge, the MP2 amplitudes are returned.
    """
    if start is None:
        start = "ccsd" if hamiltonian.sector_dimension > _LEAST_FOR_CCSD else "mp2"
    amplitudes = (_ccsd(hamiltonian) if start == "ccsd" else None) or _mp2(hamiltonian)
    n_alpha, n_beta = hamiltonian.n_alpha, hamiltonian.n_beta
    parameters = np.zeros(1 + max((x.parameter for x in excitations), default=-1))
    for x in excitations:
        if not acts_on_reference(x, n_alpha, n_beta) or parameters[x.parameter]:
            continue
        a_to, b_to = [a - n_alpha for a in x.alpha_to], [b - n_beta for b in x.beta_to]
        match len(x.alpha_from), len(x.beta_from):
            case 1, 1:
                table = amplitudes.alpha_beta
            case 2, 0:
                table = amplitudes.alpha_alpha
            case 0, 2:
                table = amplitudes.beta_beta
            case 1, 0:
                table = amplitudes.alpha
            case _:
                table = amplitudes.beta
        parameters[x.parameter] = table[(*x.alpha_from, *x.beta_from, *a_to, *b_to)]
    return parameters


def acts_on_reference(x: Excitation, n_alpha: int, n_beta: int) -> bool:
    """Whether the excitation leads from occupied to empty orbitals of the reference determinant."""
    alpha = all(i < n_alpha for i in x.alpha_from) and all(a >= n_alpha for a in x.alpha_to)
    return alpha and all(i < n_beta for i in x.beta_from) and all(a >= n_beta for a in x.beta_to)


def _fock(hamiltonian: Hamiltonian) -> tuple[Matrix, Matrix]:
    """Of alpha and of beta electrons, (n, n) hartree."""
    h, g = hamiltonian.one_body, hamiltonian.two_body
    na, nb = hamiltonian.n_alpha, hamiltonian.n_beta
    coulomb = h + np.einsum("pqii->pq", g[:, :, :na, :na]) + np.einsum("pqii->pq", g[:, :, :nb, :nb])
    alpha, beta = (coulomb - np.einsum("piiq->pq", g[:, :k, :k, :]) for k in (na, nb))
    return alpha, beta


def _mp2(hamiltonian: Hamiltonian) -> _Amplitudes:
    """MP2 doubles and first-order singles."""
    g, na, nb = hamiltonian.two_body, hamiltonian.n_alpha, hamiltonian.n_beta
    fock_alpha, fock_beta = _fock(hamiltonian)
    singles, gaps = [], []
    for fock, n in ((fock_alpha, na), (fock_beta, nb)):
        orbital = np.diag(fock)
        gap = orbital[None, n:] - orbital[:n, None]
        gaps.append(gap)
        singles.append(-fock[:n, n:] / np.maximum(gap, _LEAST_GAP))

    def doubles(n: int, m: int, first: Matrix, second: Matrix) -> Matrix:
        coupling = g[:n, n:, :m, m:].transpose(0, 2, 1, 3)
        if n == m and first is second:
            coupling = coupling - coupling.transpose(0, 1, 3, 2)
        gap = first[:, None, :, None] + second[None, :, None, :]
        return np.asarray(-coupling / np.maximum(gap, _LEAST_GAP))

    return _Amplitudes(
        singles[0],
        singles[1],
        doubles(na, na, gaps[0], gaps[0]),
        doubles(na, nb, gaps[0], gaps[1]),
        doubles(nb, nb, gaps[1], gaps[1]),
    )


def _ccsd(hamiltonian: Hamiltonian) -> _Amplitudes | None:
    """CCSD amplitudes; None if they did not converge or are not small."""
    solver = ccsd(hamiltonian)
    if hamiltonian.n_alpha == hamiltonian.n_beta:
        t1, t2 = solver.t1, solver.t2
        same = t2 - t2.transpose(0, 1, 3, 2)
        amplitudes = _Amplitudes(t1, t1, same, t2, same)
    else:
        amplitudes = _Amplitudes(*solver.t1, *solver.t2)
    largest = max(np.abs(t).max(initial=0.0) for t in (amplitudes.alpha, amplitudes.alpha_beta, amplitudes.alpha_alpha))
    return amplitudes if solver.converged and largest < _LARGEST_AMPLITUDE else None
