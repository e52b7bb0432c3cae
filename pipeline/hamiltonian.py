"""Hamiltonian: the electrons of the active space in second quantisation."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

_ZERO_HARTREE = 1e-6


@dataclass(frozen=True, eq=False, slots=True)
class Hamiltonian:
    """H = constant + Σ h_pq E_pq + ½ Σ (pq|rs) (E_pq E_rs − δ_qr E_ps), real orbitals, hartree."""

    constant: float
    """Nuclear repulsion and the energy of the frozen core."""
    one_body: NDArray[np.float64]
    """(n, n) symmetric; includes the mean field of the frozen core."""
    two_body: NDArray[np.float64]
    """(n, n, n, n) in chemists' notation (pq|rs), eightfold symmetric."""
    n_alpha: int
    n_beta: int

    @property
    def n_orbitals(self) -> int:
        """Spatial orbitals."""
        return len(self.one_body)

    @property
    def n_qubits(self) -> int:
        """Qubits without tapering: one a spin orbital."""
        return 2 * self.n_orbitals

    @property
    def sector_dimension(self) -> int:
        """Number of determinants with this number of alpha and beta electrons."""
        return comb(self.n_orbitals, self.n_alpha) * comb(self.n_orbitals, self.n_beta)

    def orbital_symmetries(self) -> tuple[int, ...]:
        """The irreducible representation of each orbital, as bits, in the largest group of sign changes that keeps H.

        Every sign change s_p = ±1 of the orbitals with h_pq = s_p s_q h_pq and (pq|rs) = s_p s_q s_r s_s (pq|rs) is a
        symmetry; found by elimination over GF(2), these are D2h or its subgroup for symmetry-adapted orbitals. Bit k
        of an orbital is set where the k-th of them changes its sign: a product of orbitals is totally symmetric
        where its bits cancel. The change of all signs, which every H has, is left out. Integrals below 1e-6 hartree
        count as zero, which costs some 1e-12 hartree.
        """
        n = self.n_orbitals
        bits = 1 << np.arange(n)
        pairs = np.bitwise_xor.outer(bits, bits)
        masks = [pairs[np.abs(self.one_body) > _ZERO_HARTREE]]
        masks.append(np.bitwise_xor.outer(pairs, pairs)[np.abs(self.two_body) > _ZERO_HARTREE])
        rows: dict[int, int] = {}  # reduced equations by their pivot
        for mask in np.unique(np.concatenate(masks)).tolist():
            left = mask
            for pivot, row in rows.items():
                if left >> pivot & 1:
                    left ^= row
            if left:
                pivot = left.bit_length() - 1
                rows = {p: row ^ left if row >> pivot & 1 else row for p, row in rows.items()}
                rows[pivot] = left
        free = [p for p in range(n) if p not in rows]
        symmetries = [0] * n
        for k, p in enumerate(free[1:]):  # the changes of all free orbitals' signs together are that of all orbitals
            symmetries[p] |= 1 << k
            for pivot, row in rows.items():
                symmetries[pivot] |= (row >> p & 1) << k
        return tuple(symmetries)
