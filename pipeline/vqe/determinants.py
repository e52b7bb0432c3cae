"""Determinants: those of one particle-number sector that have the symmetry of the reference, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import xor

import numpy as np
from numpy.typing import NDArray
from pyscf.fci import cistring

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

_N_BITS = 3
"""PySCF knows D2h, so at most three signs."""


@dataclass(frozen=True, eq=False, slots=True)
class Strings:
    """Occupations of one spin by bits, in PySCF's order."""

    n_orbitals: int
    n_electrons: int
    bits: Indices
    """(n_strings,)"""
    irrep: Indices
    """(n_strings,) irreducible representation: that of the occupied orbitals' product."""
    rank: Indices
    """(n_strings,) position among the strings of the same irreducible representation."""
    count: Indices
    """(n_irreps,) strings of each irreducible representation."""

    @classmethod
    def of(cls, n_electrons: int, orbital_irreps: Sequence[int], n_irreps: int) -> Strings:
        """All strings of `n_electrons` in the orbitals."""
        n_orbitals = len(orbital_irreps)
        bits = np.asarray(cistring.make_strings(range(n_orbitals), n_electrons), dtype=np.int64)
        irrep = np.zeros_like(bits)
        for p, label in enumerate(orbital_irreps):
            irrep ^= (bits >> p & 1) * label
        rank = np.zeros_like(bits)
        for label in range(n_irreps):
            of_label = irrep == label
            rank[of_label] = np.arange(np.count_nonzero(of_label))
        return cls(n_orbitals, n_electrons, bits, irrep, rank, np.bincount(irrep, minlength=n_irreps))

    def members(self, irrep: int) -> Indices:
        """Addresses of the strings of one irreducible representation."""
        return np.flatnonzero(self.irrep == irrep)


@dataclass(frozen=True, eq=False, slots=True)
class Determinants:
    """The determinants that an ansatz of totally symmetric excitations can reach, as one vector.

    The vector is made of blocks, one for each irreducible representation of the alpha string: the alpha strings that
    have it × the beta strings that make the product that of the reference. PySCF's symmetry-adapted full CI has the
    same order. Without symmetry there is one block, PySCF's matrix of CI coefficients.
    """

    orbital_irreps: tuple[int, ...]
    """Irreducible representation of each orbital; products are exclusive ors."""
    alpha: Strings
    beta: Strings
    irrep: int
    """Of every determinant."""
    offsets: Indices
    """(n_irreps + 1,) where each block starts in the vector."""

    @classmethod
    def of(cls, n_orbitals: int, n_alpha: int, n_beta: int, symmetries: Sequence[int] | None = None) -> Determinants:
        """The determinants of a sector.

        Args:
            n_orbitals: spatial orbitals.
            n_alpha: alpha electrons.
            n_beta: beta electrons.
            symmetries: by orbital, as `Hamiltonian.orbital_symmetries` has them; None: all determinants.
        """
        labels = tuple(0 if symmetries is None else symmetries[p] & (1 << _N_BITS) - 1 for p in range(n_orbitals))
        return cls._of(labels, n_alpha, n_beta)

    @classmethod
    @lru_cache(maxsize=2)  # scans, CASSCF and screens ask for the same again and again
    def _of(cls, labels: tuple[int, ...], n_alpha: int, n_beta: int) -> Determinants:
        n_irreps = 1 << max(labels, default=0).bit_length()
        alpha, beta = (Strings.of(n, labels, n_irreps) for n in (n_alpha, n_beta))
        irrep = reduce(xor, (*labels[:n_alpha], *labels[:n_beta]), 0)
        sizes = [int(alpha.count[k] * beta.count[k ^ irrep]) for k in range(n_irreps)]
        return cls(labels, alpha, beta, irrep, np.cumsum([0, *sizes]))

    @property
    def n_irreps(self) -> int:
        """Number of blocks: a power of two."""
        return len(self.offsets) - 1

    @property
    def size(self) -> int:
        """Length of the vector."""
        return int(self.offsets[-1])

    @property
    def reference(self) -> int:
        """Index of the determinant with the lowest orbitals filled: the first of its block."""
        return int(self.offsets[self.alpha.irrep[0]])

    @property
    def shape(self) -> tuple[int, int]:
        """Of the matrix of CI coefficients: alpha strings × beta strings."""
        return len(self.alpha.bits), len(self.beta.bits)

    def matrix(self, vector: Vector) -> Matrix:
        """The vector as PySCF's matrix of CI coefficients, alpha strings × beta strings."""
        if self.n_irreps == 1:
            return vector.reshape(self.shape)
        matrix = np.zeros(self.shape)
        for k in range(self.n_irreps):
            rows, columns = self.alpha.members(k), self.beta.members(k ^ self.irrep)
            block = vector[self.offsets[k] : self.offsets[k + 1]]
            matrix[np.ix_(rows, columns)] = block.reshape(len(rows), len(columns))
        return matrix

    def vector(self, matrix: Matrix) -> Vector:
        """The inverse of `matrix`."""
        blocks = [
            matrix[np.ix_(self.alpha.members(k), self.beta.members(k ^ self.irrep))].ravel()
            for k in range(self.n_irreps)
        ]
        return np.concatenate(blocks)
