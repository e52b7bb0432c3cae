"""Sector: the ansatz as plane rotations of determinant pairs in the particle-number sector.

A state is a real vector over `Determinants`. T connects each determinant with at most one other, so exp(θ(T − T†)) is
a set of independent plane rotations by ±θ: no Trotter error, no complex numbers, and no determinant outside the sector
or of another symmetry. `pipeline.vqe.slow` holds the slow twin of everything here.

Consecutive factors with the same operator on one spin form a group. Over the rows that this operator pairs, the factors
of a group act independently, so a tile of a few row pairs goes through all of them while it is in the cache; tiles are
spread over the threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from itertools import groupby, pairwise
from operator import xor

import numpy as np
from pyscf import lib
from pyscf.fci import cistring

from pipeline.vqe.determinants import Determinants, Indices, Strings, Vector
from pipeline.vqe.excitations import Excitation
from pipeline.vqe.kernels import TILE, backward, forward

_LEAST_DIMENSION_PER_THREAD = 40_000
"""Below this number of determinants a thread costs more than it brings."""


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """Consecutive factors that share the operator on the outer spin, or have none there."""

    parameter: Indices
    """(n_factors,) index of each factor's θ."""
    tiles: Indices
    """(n_tiles, 3) run, first row of `outer`, number of rows. A run has one irreducible representation of rows."""
    layout: Indices
    """(n_runs, 8) where the first, then the second rows of a run's pairs lie in the vector: start, distance of rows,
    distance of columns, number of columns."""
    outer: Indices
    """(n, 2) rows in their blocks that the outer operator pairs; each with itself where there is no outer operator."""
    outer_signs: Vector
    """(n,) fermionic sign ±1 of the outer operator."""
    spans: Indices
    """(n_runs, n_factors, 2) first and one-past-last row of the factor's inner pairs in `pairs`."""
    pairs: Indices
    """(n_rows, 2) columns that the inner operators pair."""
    signs: Vector
    """(n_rows,) their signs."""


@dataclass(frozen=True, eq=False, slots=True)
class Sector:
    """An ansatz, compiled for the determinants that it acts on."""

    determinants: Determinants
    n_parameters: int
    groups: tuple[_Group, ...]

    @classmethod
    @lru_cache(maxsize=2)  # scans, CASSCF and screens ask for the same again and again
    def compile(cls, excitations: tuple[Excitation, ...], determinants: Determinants) -> Sector:
        """The groups of `excitations` with their pair tables.

        Args:
            excitations: the factors in the order they act; all keep the symmetry that `determinants` has.
            determinants: the vector space of the states.
        """
        n_parameters = 1 + max((x.parameter for x in excitations), default=-1)
        return cls(determinants, n_parameters, tuple(_groups(excitations, determinants)))

    def state(self, parameters: Vector) -> Vector:
        """The normalised ansatz state over `determinants`, for `parameters` of shape (n_parameters,) in radians."""
        psi = np.zeros(self.determinants.size)
        psi[self.determinants.reference] = 1.0
        with self._threads() as spread:
            for g in self.groups:
                angles = parameters[g.parameter]
                spread(forward, g, psi, g.tiles, g.layout, g.outer, g.outer_signs, angles, g.spans, g.pairs, g.signs)
        return psi

    def energy_and_gradient(
        self, parameters: Vector, apply_hamiltonian: Callable[[Vector], Vector]
    ) -> tuple[float, Vector]:
        """⟨ψ|H|ψ⟩ and its gradient by one adjoint (backward) sweep; two vectors in memory beside H·ψ's own.

        Source: adjoint differentiation, Jones & Gacon, arXiv:2009.02823.
        """
        psi = self.state(parameters)
        bra = apply_hamiltonian(psi)
        energy = float(np.vdot(psi, bra))
        return energy, self.undo(parameters, psi, bra)

    def gradient(self, parameters: Vector, psi: Vector, bra: Vector) -> Vector:
        """The gradient alone, for a state psi that the ansatz ends in and bra = H psi."""
        return self.undo(parameters, psi.copy(), bra.copy())

    def undo(self, parameters: Vector, psi: Vector, bra: Vector) -> Vector:
        """The same in place: leaves psi and bra as they were before the factors acted."""
        gradient = np.zeros(self.n_parameters)
        with self._threads() as spread:
            for g in reversed(self.groups):
                angles = parameters[g.parameter]
                by_tile = np.empty((len(g.tiles), len(angles)))  # summed in one order, whatever the number of threads
                places = g.tiles, g.layout, g.outer, g.outer_signs
                spread(backward, g, by_tile, psi, bra, *places, angles, g.spans, g.pairs, g.signs)
                np.add.at(gradient, g.parameter, by_tile.sum(axis=0))
        return gradient

    @property
    def n_threads(self) -> int:
        """As many as PySCF may use and the sector has work for."""
        useful = self.determinants.size // _LEAST_DIMENSION_PER_THREAD
        return max(1, min(useful, int(lib.num_threads())))

    @contextmanager
    def _threads(self) -> Iterator[Callable[..., None]]:
        """A function that spreads the tiles of a group over the threads."""
        if (n_threads := self.n_threads) == 1:
            yield lambda kernel, group, *arguments: kernel(0, len(group.tiles), *arguments)
            return
        with ThreadPoolExecutor(n_threads) as pool:

            def spread(kernel: Callable[..., None], group: _Group, *arguments: object) -> None:
                ends = [len(group.tiles) * k // n_threads for k in range(n_threads + 1)]
                parts = [pool.submit(kernel, *part, *arguments) for part in pairwise(ends)]
                for part in parts:
                    part.result()

            yield spread


@dataclass(frozen=True, eq=False, slots=True)
class _Table:
    """The strings of one spin that an operator pairs, sorted by the first one's irreducible representation."""

    pairs: Indices
    """(n, 2) ranks of the strings before and after."""
    signs: Vector
    """(n,) ±1."""
    bounds: Indices
    """(n_irreps + 1,) where each irreducible representation starts."""
    irrep: int
    """Of the operator."""

    @classmethod
    def of(
        cls, strings: Strings, irrep: int, leave: tuple[int, ...], enter: tuple[int, ...], fermionic: bool
    ) -> _Table:
        """Of Π a†(enter_k) a(leave_k), applied in order k = last … first; of no operator: each string with itself."""
        mask_out = sum(1 << i for i in leave)
        mask_in = sum(1 << a for a in enter)
        source = np.flatnonzero((strings.bits & mask_out == mask_out) & (strings.bits & mask_in == 0))
        source = source[np.argsort(strings.irrep[source], kind="stable")]
        current = strings.bits[source]
        signs = np.ones(len(source))
        for i, a in reversed(list(zip(leave, enter, strict=True))):
            low, high = min(i, a), max(i, a)
            between = (1 << high) - (1 << (low + 1))
            if fermionic:
                signs *= 1.0 - 2.0 * (np.bitwise_count(current & between) & 1)
            current = current ^ (1 << i) ^ (1 << a)
        target = cistring.strs2addr(strings.n_orbitals, strings.n_electrons, current)
        bounds = np.searchsorted(strings.irrep[source], np.arange(len(strings.count) + 1))
        return cls(np.column_stack([strings.rank[source], strings.rank[target]]), signs, bounds, irrep)


def _groups(excitations: Sequence[Excitation], determinants: Determinants) -> Iterator[_Group]:
    @cache
    def table(beta: bool, leave: tuple[int, ...], enter: tuple[int, ...], fermionic: bool) -> _Table:
        irrep = reduce(xor, (determinants.orbital_irreps[p] for p in (*leave, *enter)), 0)
        return _Table.of(determinants.beta if beta else determinants.alpha, irrep, leave, enter, fermionic)

    def kind(x: Excitation) -> tuple[bool, tuple[int, ...], tuple[int, ...], bool]:
        """Whether the outer spin is beta; the operator on the outer spin."""
        outer_is_beta = not x.beta_from
        return (outer_is_beta, *(((), ()) if outer_is_beta else (x.alpha_from, x.alpha_to)), x.fermionic)

    for (outer_is_beta, leave, enter, fermionic), members in groupby(excitations, kind):
        factors = list(members)
        outer = table(outer_is_beta, leave, enter, fermionic)
        if outer_is_beta:
            inner = [table(False, x.alpha_from, x.alpha_to, fermionic) for x in factors]
        else:
            inner = [table(True, x.beta_from, x.beta_to, fermionic) for x in factors]
        firsts = np.cumsum([0, *(len(t.signs) for t in inner)])
        tiles: list[tuple[int, int, int]] = []
        layout: list[list[int]] = []
        spans = []
        for label in range(determinants.n_irreps):
            columns = label ^ determinants.irrep
            span = [(at + t.bounds[columns], at + t.bounds[columns + 1]) for t, at in zip(inner, firsts, strict=False)]
            start, end = outer.bounds[label : label + 2]
            if start == end or not any(a < b for a, b in span):
                continue
            for first in range(start, end, TILE):
                tiles.append((len(layout), first, min(TILE, end - first)))
            rows = label, label ^ outer.irrep
            layout.append([number for row in rows for number in _place(determinants, row, outer_is_beta)])
            spans.append(span)
        if tiles:
            yield _Group(
                parameter=np.array([x.parameter for x in factors], dtype=np.int64),
                tiles=np.array(tiles, dtype=np.int64),
                layout=np.array(layout, dtype=np.int64),
                outer=outer.pairs,
                outer_signs=outer.signs,
                spans=np.array(spans, dtype=np.int64),
                pairs=np.concatenate([t.pairs for t in inner]),
                signs=np.concatenate([t.signs for t in inner]),
            )


def _place(determinants: Determinants, outer_irrep: int, outer_is_beta: bool) -> tuple[int, int, int, int]:
    """Of the rows with this irreducible representation: start, distance of rows and of columns, number of columns."""
    inner_irrep = outer_irrep ^ determinants.irrep
    if outer_is_beta:
        n_outer, n_inner = determinants.beta.count[outer_irrep], determinants.alpha.count[inner_irrep]
        return int(determinants.offsets[inner_irrep]), 1, int(n_outer), int(n_inner)
    n_inner = int(determinants.beta.count[inner_irrep])
    return int(determinants.offsets[outer_irrep]), n_inner, 1, n_inner
