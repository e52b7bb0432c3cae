"""SubspaceState: the lowest state in the span of chosen strings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psutil
from numpy.typing import NDArray
from pyscf.fci import selected_ci

from pipeline.errors import InputError, ResourceError
from pipeline.hamiltonian import Hamiltonian

Strings = NDArray[np.int64]
"""(n,) occupied orbitals of one spin as bits, orbital 0 the lowest."""

MOST_ORBITALS = 62
_TOLERANCE_HARTREE = 1e-10
_MOST_CYCLES = 200
_VECTORS = 30
"""Vectors of the subspace's dimension alive at once: PySCF's Davidson keeps 12 and their products with H."""


@dataclass(frozen=True, eq=False, slots=True)
class SubspaceState:
    """The lowest state in the span of all pairs of some alpha and some beta strings."""

    energy_hartree: float
    amplitudes: NDArray[np.float64]
    """(n_alpha_strings, n_beta_strings) CI coefficients."""
    alpha_strings: Strings
    """Ascending."""
    beta_strings: Strings
    """Ascending."""
    sector_dimension: int
    """Determinants with these numbers of electrons, in the subspace or not."""
    s_squared: float
    """⟨S²⟩."""
    converged: bool
    """The diagonalisation converged, and with it the choice of the strings."""
    trace: tuple[float, ...]
    """Energy in hartree after each round of choosing strings."""

    @property
    def dimension(self) -> int:
        """Determinants in the subspace."""
        return self.amplitudes.size

    @property
    def coverage(self) -> float:
        """Share of the sector's determinants that the subspace holds, 0 to 1."""
        return self.dimension / self.sector_dimension


def lowest_state(hamiltonian: Hamiltonian, alpha_strings: Strings, beta_strings: Strings) -> SubspaceState:
    """Diagonalise the Hamiltonian in the span of all pairs of the strings, with PySCF's selected CI.

    Raises:
        InputError: a spin has no electrons, or there are more orbitals than a string has bits.
        ResourceError: the subspace does not fit into the memory that is free.
    """
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    if min(electrons) < 1 or n > MOST_ORBITALS:
        raise InputError(
            f"A subspace of strings needs electrons of both spins and at most {MOST_ORBITALS} orbitals.",
            "Choose another active space.",
        )
    alpha, beta = np.unique(alpha_strings), np.unique(beta_strings)
    refuse_too_large(
        8 * _VECTORS * len(alpha) * len(beta),
        f"A subspace of {len(alpha):,} × {len(beta):,} strings",
        "Take fewer samples, or limit the strings.",
    )
    solver = selected_ci.SelectedCI()
    energy, vector = selected_ci.kernel_fixed_space(
        solver,
        hamiltonian.one_body,
        hamiltonian.two_body,
        n,
        electrons,
        (alpha, beta),
        tol=_TOLERANCE_HARTREE,
        max_cycle=_MOST_CYCLES,
    )
    energy_hartree = float(energy) + hamiltonian.constant
    return SubspaceState(
        energy_hartree=energy_hartree,
        amplitudes=np.array(vector),
        alpha_strings=alpha,
        beta_strings=beta,
        sector_dimension=hamiltonian.sector_dimension,
        s_squared=float(selected_ci.spin_square(vector, n, electrons)[0]),
        converged=bool(solver.converged),
        trace=(energy_hartree,),
    )


def reference_strings(hamiltonian: Hamiltonian) -> tuple[int, int]:
    """Alpha and beta string of the reference determinant: the lowest orbitals."""
    return (1 << hamiltonian.n_alpha) - 1, (1 << hamiltonian.n_beta) - 1


def refuse_too_large(n_bytes: int, what: str, remedy: str) -> None:
    """Raise ResourceError where something needs more memory than is free."""
    free = psutil.virtual_memory().available
    if n_bytes > free:
        raise ResourceError(f"{what} needs {n_bytes / 2**30:.1f} GB; {free / 2**30:.1f} GB are free.", remedy)
