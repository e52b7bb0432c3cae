"""Hamiltonian: the electrons of the active space in second quantisation."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray


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
