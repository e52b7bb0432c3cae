"""Sector: the ansatz as plane rotations of determinant pairs in the particle-number sector.

A state is a real matrix (alpha strings × beta strings) in PySCF's string order. T connects each determinant with
at most one other, so exp(θ(T − T†)) is a set of independent plane rotations by ±θ: no Trotter error, no complex
numbers, and no determinant outside the sector. `pipeline.vqe.slow` holds the slow twin of everything here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numba
import numpy as np
from numpy.typing import NDArray
from pyscf.fci import cistring

from pipeline.vqe.excitations import Excitation

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Sector:
    """Precomputed pair tables of an ansatz for one number of orbitals and electrons."""

    shape: tuple[int, int]
    """Number of alpha strings and of beta strings."""
    n_parameters: int
    parameter: Indices
    """(n_factors,) index of each factor's θ."""
    alpha: Indices
    """(n_factors, 2) first and one-past-last row of the factor's alpha pairs in `pairs`; equal where it has none."""
    beta: Indices
    """(n_factors, 2) likewise for beta."""
    pairs: Indices
    """(n_rows, 2) string addresses before and after the excitation."""
    signs: Vector
    """(n_rows,) fermionic sign ±1 of the excitation on that string."""

    @classmethod
    def compile(cls, excitations: Sequence[Excitation], n_orbitals: int, n_alpha: int, n_beta: int) -> Sector:
        """Pair tables of `excitations`; an operator on one spin that several of them share is stored once."""
        blocks: list[tuple[Indices, Vector]] = []
        spans: dict[tuple[object, ...], tuple[int, int]] = {}
        end = 0

        def span(n_electrons: int, leave: tuple[int, ...], enter: tuple[int, ...]) -> tuple[int, int]:
            nonlocal end
            if not leave:
                return (0, 0)
            key = (n_electrons, leave, enter)
            if key not in spans:
                block = _string_pairs(n_orbitals, n_electrons, leave, enter)
                spans[key] = (end, end + len(block[1]))
                end += len(block[1])
                blocks.append(block)
            return spans[key]

        alpha = [span(n_alpha, x.alpha_from, x.alpha_to) for x in excitations]
        beta = [span(n_beta, x.beta_from, x.beta_to) for x in excitations]
        return cls(
            shape=(comb(n_orbitals, n_alpha), comb(n_orbitals, n_beta)),
            n_parameters=1 + max((x.parameter for x in excitations), default=-1),
            parameter=np.array([x.parameter for x in excitations], dtype=np.int64),
            alpha=np.array(alpha, dtype=np.int64).reshape(-1, 2),
            beta=np.array(beta, dtype=np.int64).reshape(-1, 2),
            pairs=np.concatenate([pairs for pairs, _ in blocks] or [np.empty((0, 2), dtype=np.int64)]),
            signs=np.concatenate([signs for _, signs in blocks] or [np.empty(0)]),
        )

    def state(self, parameters: Vector) -> Matrix:
        """The normalised ansatz state, shape `shape`, for `parameters` of shape (n_parameters,) in radians."""
        psi = np.zeros(self.shape)
        psi[0, 0] = 1.0  # the lowest orbitals filled: address 0 in PySCF's string order
        _forward(psi, parameters[self.parameter], self.alpha, self.beta, self.pairs, self.signs)
        return psi

    def energy_and_gradient(
        self, parameters: Vector, apply_hamiltonian: Callable[[Matrix], Matrix]
    ) -> tuple[float, Vector]:
        """⟨ψ|H|ψ⟩ and its gradient by one adjoint (backward) sweep; two vectors in memory beside H·ψ's own.

        Source: adjoint differentiation, Jones & Gacon, arXiv:2009.02823.
        """
        psi = self.state(parameters)
        bra = np.ascontiguousarray(apply_hamiltonian(psi))
        energy = float(np.vdot(psi, bra))
        per_factor = np.zeros(len(self.parameter))
        _backward(psi, bra, per_factor, parameters[self.parameter], self.alpha, self.beta, self.pairs, self.signs)
        gradient = np.zeros(self.n_parameters)
        np.add.at(gradient, self.parameter, per_factor)
        return energy, gradient


def _string_pairs(
    n_orbitals: int, n_electrons: int, leave: tuple[int, ...], enter: tuple[int, ...]
) -> tuple[Indices, Vector]:
    """Addresses before and after Π a†(enter_k) a(leave_k), applied in order k = last … first, and its sign."""
    strings = cistring.make_strings(range(n_orbitals), n_electrons)
    mask_out = sum(1 << i for i in leave)
    mask_in = sum(1 << a for a in enter)
    source = np.flatnonzero((strings & mask_out == mask_out) & (strings & mask_in == 0))
    current = strings[source]
    sign = np.ones(len(source))
    for i, a in reversed(list(zip(leave, enter, strict=True))):
        low, high = min(i, a), max(i, a)
        between = (1 << high) - (1 << (low + 1))
        sign *= 1.0 - 2.0 * (np.bitwise_count(current & between) & 1)
        current = current ^ (1 << i) ^ (1 << a)
    target = cistring.strs2addr(n_orbitals, n_electrons, current)
    return np.column_stack([source, target]).astype(np.int64), sign


@numba.njit(cache=True, fastmath=True)  # type: ignore[untyped-decorator]
def _rotate_rows(psi: Matrix, p: int, q: int, cosine: float, sine: float) -> None:
    for r in range(psi.shape[1]):
        before, after = psi[p, r], psi[q, r]
        psi[p, r] = cosine * before - sine * after
        psi[q, r] = cosine * after + sine * before


@numba.njit(cache=True, fastmath=True)  # type: ignore[untyped-decorator]
def _forward(psi: Matrix, theta: Vector, alpha: Indices, beta: Indices, pairs: Indices, signs: Vector) -> None:
    """Apply all factors in order, in place."""
    for f in range(theta.shape[0]):
        cosine, sine = np.cos(theta[f]), np.sin(theta[f])
        a0, a1, b0, b1 = alpha[f, 0], alpha[f, 1], beta[f, 0], beta[f, 1]
        if b0 == b1:
            for k in range(a0, a1):
                _rotate_rows(psi, pairs[k, 0], pairs[k, 1], cosine, sine * signs[k])
        elif a0 == a1:
            for r in range(psi.shape[0]):
                for k in range(b0, b1):
                    p, q, s = pairs[k, 0], pairs[k, 1], sine * signs[k]
                    before, after = psi[r, p], psi[r, q]
                    psi[r, p] = cosine * before - s * after
                    psi[r, q] = cosine * after + s * before
        else:
            for j in range(a0, a1):
                u, v, sign = pairs[j, 0], pairs[j, 1], sine * signs[j]
                for k in range(b0, b1):
                    p, q, s = pairs[k, 0], pairs[k, 1], sign * signs[k]
                    before, after = psi[u, p], psi[v, q]
                    psi[u, p] = cosine * before - s * after
                    psi[v, q] = cosine * after + s * before


@numba.njit(cache=True, fastmath=True)  # type: ignore[untyped-decorator]
def _backward(
    psi: Matrix,
    bra: Matrix,
    gradient: Vector,
    theta: Vector,
    alpha: Indices,
    beta: Indices,
    pairs: Indices,
    signs: Vector,
) -> None:
    """Undo all factors, last first, on psi and on bra = H psi; fill dE/dθ of each factor: 2⟨bra|T − T†|psi⟩."""
    for f in range(theta.shape[0] - 1, -1, -1):
        cosine, sine = np.cos(theta[f]), np.sin(theta[f])
        a0, a1, b0, b1 = alpha[f, 0], alpha[f, 1], beta[f, 0], beta[f, 1]
        total = 0.0
        if b0 == b1:
            for k in range(a0, a1):
                u, v, s = pairs[k, 0], pairs[k, 1], sine * signs[k]
                row = 0.0
                for r in range(psi.shape[1]):
                    x, y, m, n = psi[u, r], psi[v, r], bra[u, r], bra[v, r]
                    row += n * x - m * y
                    psi[u, r], psi[v, r] = cosine * x + s * y, cosine * y - s * x
                    bra[u, r], bra[v, r] = cosine * m + s * n, cosine * n - s * m
                total += signs[k] * row
        elif a0 == a1:
            for r in range(psi.shape[0]):
                for k in range(b0, b1):
                    p, q, s = pairs[k, 0], pairs[k, 1], sine * signs[k]
                    x, y, m, n = psi[r, p], psi[r, q], bra[r, p], bra[r, q]
                    total += signs[k] * (n * x - m * y)
                    psi[r, p], psi[r, q] = cosine * x + s * y, cosine * y - s * x
                    bra[r, p], bra[r, q] = cosine * m + s * n, cosine * n - s * m
        else:
            for j in range(a0, a1):
                u, v, sign = pairs[j, 0], pairs[j, 1], signs[j]
                for k in range(b0, b1):
                    p, q, g = pairs[k, 0], pairs[k, 1], sign * signs[k]
                    s = sine * g
                    x, y, m, n = psi[u, p], psi[v, q], bra[u, p], bra[v, q]
                    total += g * (n * x - m * y)
                    psi[u, p], psi[v, q] = cosine * x + s * y, cosine * y - s * x
                    bra[u, p], bra[v, q] = cosine * m + s * n, cosine * n - s * m
        gradient[f] = 2.0 * total
