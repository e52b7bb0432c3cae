"""Sector: the ansatz as plane rotations of determinant pairs in the particle-number sector.

A state is a real matrix (alpha strings × beta strings) in PySCF's string order. T connects each determinant with
at most one other, so exp(θ(T − T†)) is a set of independent plane rotations by ±θ: no Trotter error, no complex
numbers, and no determinant outside the sector. `pipeline.vqe.slow` holds the slow twin of everything here.

Consecutive factors with the same operator on one spin form a group. Over the rows that this operator pairs, the factors
of a group act independently, so a tile of a few row pairs goes through all of them while it is in the cache; tiles are
spread over the threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from math import comb
from typing import Literal

import numba
import numpy as np
from numpy.typing import NDArray
from pyscf import lib
from pyscf.fci import cistring

from pipeline.vqe.excitations import Excitation

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]

_TILE = 32
"""Row pairs in a tile. More make longer loops, fewer stay in the cache."""
_LEAST_DIMENSION_PER_THREAD = 40_000
"""Below this number of determinants a thread costs more than it brings."""


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """Consecutive factors that share the operator on the outer spin, or have none there."""

    transposed: bool
    """Whether the outer spin is beta."""
    outer: Indices
    """(n, 2) rows that the outer operator pairs; each row with itself where there is no outer operator."""
    outer_signs: Vector
    """(n,) fermionic sign ±1 of the outer operator."""
    parameter: Indices
    """(n_factors,) index of each factor's θ."""
    spans: Indices
    """(n_factors, 2) first and one-past-last row of the factor's inner pairs in `pairs`."""
    pairs: Indices
    """(n_rows, 2) columns that the inner operators pair."""
    signs: Vector
    """(n_rows,) their signs."""

    @property
    def n_tiles(self) -> int:
        """Number of tiles of row pairs."""
        return -(-len(self.outer) // _TILE)

    def view(self, state: Matrix) -> Matrix:
        """The state with the outer spin first."""
        return state.T if self.transposed else state


@dataclass(frozen=True, eq=False, slots=True)
class Sector:
    """An ansatz, compiled for one number of orbitals and electrons."""

    shape: tuple[int, int]
    """Number of alpha strings and of beta strings."""
    n_parameters: int
    groups: tuple[_Group, ...]

    @classmethod
    def compile(cls, excitations: Sequence[Excitation], n_orbitals: int, n_alpha: int, n_beta: int) -> Sector:
        """The groups of `excitations` with their pair tables."""
        return cls(
            shape=(comb(n_orbitals, n_alpha), comb(n_orbitals, n_beta)),
            n_parameters=1 + max((x.parameter for x in excitations), default=-1),
            groups=tuple(_groups(excitations, n_orbitals, n_alpha, n_beta)),
        )

    def state(self, parameters: Vector) -> Matrix:
        """The normalised ansatz state, shape `shape`, for `parameters` of shape (n_parameters,) in radians."""
        psi = np.zeros(self.shape)
        psi[0, 0] = 1.0  # the lowest orbitals filled: address 0 in PySCF's string order
        with self._threads() as spread:
            for g in self.groups:
                angles = parameters[g.parameter]
                spread(_forward, g, g.view(psi), g.outer, g.outer_signs, angles, g.spans, g.pairs, g.signs)
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
        return energy, self._gradient_in_place(parameters, psi, bra)

    def gradient(self, parameters: Vector, psi: Matrix, bra: Matrix) -> Vector:
        """The gradient alone, for a state psi that the ansatz ends in and bra = H psi."""
        return self._gradient_in_place(parameters, psi.copy(), bra.copy())

    def _gradient_in_place(self, parameters: Vector, psi: Matrix, bra: Matrix) -> Vector:
        gradient = np.zeros(self.n_parameters)
        with self._threads() as spread:
            for g in reversed(self.groups):
                angles = parameters[g.parameter]
                by_tile = np.empty((g.n_tiles, len(angles)))  # summed in one order, whatever the number of threads
                states = g.view(psi), g.view(bra)
                spread(_backward, g, by_tile, *states, g.outer, g.outer_signs, angles, g.spans, g.pairs, g.signs)
                np.add.at(gradient, g.parameter, by_tile.sum(axis=0))
        return gradient

    @property
    def n_threads(self) -> int:
        """As many as PySCF may use and the sector has work for."""
        useful = self.shape[0] * self.shape[1] // _LEAST_DIMENSION_PER_THREAD
        return max(1, min(useful, int(lib.num_threads())))

    @contextmanager
    def _threads(self) -> Iterator[Callable[..., None]]:
        """A function that spreads the tiles of a group over the threads."""
        if (n_threads := self.n_threads) == 1:
            yield lambda kernel, group, *arguments: kernel(0, group.n_tiles, *arguments)
            return
        with ThreadPoolExecutor(n_threads) as pool:

            def spread(kernel: Callable[..., None], group: _Group, *arguments: object) -> None:
                ends = [group.n_tiles * k // n_threads for k in range(n_threads + 1)]
                parts = [pool.submit(kernel, *part, *arguments) for part in pairwise(ends)]
                for part in parts:
                    part.result()

            yield spread


def _groups(excitations: Sequence[Excitation], n_orbitals: int, n_alpha: int, n_beta: int) -> Iterator[_Group]:
    @cache
    def table(
        n_electrons: int, leave: tuple[int, ...], enter: tuple[int, ...], fermionic: bool
    ) -> tuple[Indices, Vector]:
        pairs, signs = _string_pairs(n_orbitals, n_electrons, leave, enter)
        return pairs, signs if fermionic else np.ones_like(signs)

    def kind(x: Excitation) -> tuple[Literal["alpha", "beta", "both"], tuple[int, ...], tuple[int, ...], bool]:
        if x.alpha_from and x.beta_from:
            return "both", x.alpha_from, x.alpha_to, x.fermionic
        return "alpha" if x.alpha_from else "beta", (), (), x.fermionic

    for (spins, leave, enter, fermionic), members in groupby(excitations, kind):
        factors = list(members)
        if spins == "alpha":
            inner = [table(n_alpha, x.alpha_from, x.alpha_to, fermionic) for x in factors]
        else:
            inner = [table(n_beta, x.beta_from, x.beta_to, fermionic) for x in factors]
        if spins == "both":
            outer, outer_signs = table(n_alpha, leave, enter, fermionic)
        else:
            n_rows = comb(n_orbitals, n_beta if spins == "alpha" else n_alpha)
            outer, outer_signs = np.repeat(np.arange(n_rows)[:, None], 2, axis=1), np.ones(n_rows)
        ends = np.cumsum([0, *(len(signs) for _, signs in inner)])
        yield _Group(
            transposed=spins == "alpha",
            outer=outer,
            outer_signs=outer_signs,
            parameter=np.array([x.parameter for x in factors], dtype=np.int64),
            spans=np.column_stack([ends[:-1], ends[1:]]),
            pairs=np.concatenate([pairs for pairs, _ in inner]),
            signs=np.concatenate([signs for _, signs in inner]),
        )


@cache
def _strings(n_orbitals: int, n_electrons: int) -> Indices:
    """Occupations as bits, in PySCF's order."""
    return np.asarray(cistring.make_strings(range(n_orbitals), n_electrons))


def _string_pairs(
    n_orbitals: int, n_electrons: int, leave: tuple[int, ...], enter: tuple[int, ...]
) -> tuple[Indices, Vector]:
    """Addresses before and after Π a†(enter_k) a(leave_k), applied in order k = last … first, and its sign."""
    strings = _strings(n_orbitals, n_electrons)
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


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def _forward(
    first_tile: int,
    end_tile: int,
    psi: Matrix,
    outer: Indices,
    outer_signs: Vector,
    theta: Vector,
    spans: Indices,
    pairs: Indices,
    signs: Vector,
) -> None:
    """Apply the factors of a group in order, in place, to some of its tiles."""
    n_columns, n_outer = psi.shape[1], outer.shape[0]
    alone = n_outer > 0 and outer[0, 0] == outer[0, 1]
    for tile in range(first_tile, end_tile):
        first = tile * _TILE
        width = min(_TILE, n_outer - first)
        x = np.zeros((n_columns, _TILE))
        y = x if alone else np.zeros((n_columns, _TILE))
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(n_columns):
                x[r, k] = psi[u, r]
            if not alone:
                for r in range(n_columns):
                    y[r, k] = sign * psi[v, r]
        for f in range(theta.shape[0]):
            cosine, sine = np.cos(theta[f]), np.sin(theta[f])
            for j in range(spans[f, 0], spans[f, 1]):
                p, q, s = pairs[j, 0], pairs[j, 1], sine * signs[j]
                for k in range(_TILE):
                    before, after = x[p, k], y[q, k]
                    x[p, k] = cosine * before - s * after
                    y[q, k] = cosine * after + s * before
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(n_columns):
                psi[u, r] = x[r, k]
            if not alone:
                for r in range(n_columns):
                    psi[v, r] = sign * y[r, k]


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def _backward(
    first_tile: int,
    end_tile: int,
    by_tile: Matrix,
    psi: Matrix,
    bra: Matrix,
    outer: Indices,
    outer_signs: Vector,
    theta: Vector,
    spans: Indices,
    pairs: Indices,
    signs: Vector,
) -> None:
    """Undo the factors of a group, last first, on some tiles of psi and of bra = H psi.

    Fills each tile's part of dE/dθ = 2⟨bra|T − T†|psi⟩ into `by_tile` (tiles × factors).
    """
    n_columns, n_outer, n_factors = psi.shape[1], outer.shape[0], theta.shape[0]
    alone = n_outer > 0 and outer[0, 0] == outer[0, 1]
    for tile in range(first_tile, end_tile):
        first = tile * _TILE
        width = min(_TILE, n_outer - first)
        x, m = np.zeros((n_columns, _TILE)), np.zeros((n_columns, _TILE))
        y = x if alone else np.zeros((n_columns, _TILE))
        n = m if alone else np.zeros((n_columns, _TILE))
        total = np.zeros(_TILE)
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(n_columns):
                x[r, k] = psi[u, r]
                m[r, k] = bra[u, r]
            if not alone:
                for r in range(n_columns):
                    y[r, k] = sign * psi[v, r]
                    n[r, k] = sign * bra[v, r]
        for f in range(n_factors - 1, -1, -1):
            cosine, sine = np.cos(theta[f]), np.sin(theta[f])
            total[:] = 0.0
            for j in range(spans[f, 0], spans[f, 1]):
                p, q, g = pairs[j, 0], pairs[j, 1], signs[j]
                s = sine * g
                for k in range(_TILE):
                    a, b, c, d = x[p, k], y[q, k], m[p, k], n[q, k]
                    total[k] += g * (d * a - c * b)
                    x[p, k] = cosine * a + s * b
                    y[q, k] = cosine * b - s * a
                    m[p, k] = cosine * c + s * d
                    n[q, k] = cosine * d - s * c
            by_tile[tile, f] = 2.0 * total.sum()
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(n_columns):
                psi[u, r] = x[r, k]
                bra[u, r] = m[r, k]
            if not alone:
                for r in range(n_columns):
                    psi[v, r] = sign * y[r, k]
                    bra[v, r] = sign * n[r, k]
