"""Jastrow: states of cluster Jastrow operators in a sector, and how their energy changes with the operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ffsim import UCJOpSpinBalanced, apply_diag_coulomb_evolution, apply_orbital_rotation
from numpy.typing import NDArray
from pyscf.fci import cistring, direct_spin1

from pipeline.vqe.determinants import Matrix

Ket = NDArray[np.complex128]
"""Amplitudes of all determinants as one vector, alpha strings × beta strings in PySCF's order, which is ffsim's too."""
Unitary = NDArray[np.complex128]


@dataclass(frozen=True, eq=False, slots=True)
class Slopes:
    """First derivatives of an energy, hartree."""

    coulomb: NDArray[np.float64]
    """(n_layers, 2, n, n) S of each layer's symmetric matrices J for equal and for opposite spins:
    dE = ½ Σ S_pq dJ_pq."""
    rotations: NDArray[np.complex128]
    """(n_layers + 1, n, n) M of each layer's orbital rotation U, then of the final one: dE = 2 Re tr(M dU)."""


@dataclass(frozen=True, eq=False, slots=True)
class Jastrow:
    """Operators U_L exp(iJ_L) U_L† … U_1 exp(iJ_1) U_1† and a final rotation, on a sector's reference determinant."""

    n_orbitals: int
    electrons: tuple[int, int]
    """Alpha and beta."""
    occupations: tuple[Matrix, Matrix]
    """(n_strings, n_orbitals) 0 or 1, of alpha and of beta strings."""
    links: tuple[NDArray[np.int32], NDArray[np.int32]]
    """PySCF's tables of single excitations between strings."""

    @classmethod
    def compile(cls, n_orbitals: int, n_alpha: int, n_beta: int) -> Jastrow:
        """The tables of a sector."""
        orbitals = np.arange(n_orbitals)
        strings = [np.asarray(cistring.make_strings(orbitals, k)) for k in (n_alpha, n_beta)]
        alpha, beta = ((s[:, None] >> orbitals & 1).astype(np.float64) for s in strings)
        links = cistring.gen_linkstr_index(orbitals, n_alpha), cistring.gen_linkstr_index(orbitals, n_beta)
        return cls(n_orbitals, (n_alpha, n_beta), (alpha, beta), links)

    def state(self, operator: UCJOpSpinBalanced) -> Ket:
        """The normalised state."""
        first, *others = self._rotations(self._bases(operator))
        psi: Ket = np.zeros(len(self.occupations[0]) * len(self.occupations[1]), dtype=np.complex128)
        psi[0] = 1.0
        psi = self._rotate(psi, first)
        for coulomb, rotation in zip(operator.diag_coulomb_mats, others, strict=True):
            psi = self._rotate(self._evolve(psi, coulomb, -1.0), rotation)
        return psi

    def energy_and_slopes(
        self, operator: UCJOpSpinBalanced, apply_hamiltonian: Callable[[Ket], Ket]
    ) -> tuple[float, Slopes]:
        """⟨ψ|H|ψ⟩ in hartree and its first derivatives by one adjoint (backward) sweep over the gates.

        ψ and the bra H ψ are taken back gate by gate. An orbital rotation V that changes by dV changes the energy by
        2 Re Σ (dV V†)_pq ⟨bra|E_pq|ψ⟩, phases φ of the determinants by −2 Σ dφ Im(bra* ψ). Neighbouring rotations
        U_k† U_k−1 are one gate.

        Source: adjoint differentiation, Jones & Gacon, arXiv:2009.02823.
        """
        bases = self._bases(operator)
        rotations = self._rotations(bases)
        psi = self.state(operator)
        bra = apply_hamiltonian(psi)
        energy = float(np.vdot(bra, psi).real)
        coulomb = np.zeros_like(operator.diag_coulomb_mats)
        slopes = np.zeros((len(bases), *bases[0].shape), dtype=np.complex128)
        for k in reversed(range(len(rotations))):
            slope = rotations[k].conj().T @ self._transition(bra, psi).T  # of dV: V = bases[k + 1]† bases[k]
            slopes[k] += slope @ bases[k + 1].conj().T
            slopes[k + 1] += (bases[k] @ slope).conj().T
            if k:
                psi, bra = (self._rotate(ket, rotations[k].conj().T) for ket in (psi, bra))
                coulomb[k - 1] = self._coulomb_slopes(bra, psi)
                psi, bra = (self._evolve(ket, operator.diag_coulomb_mats[k - 1], 1.0) for ket in (psi, bra))
        slopes[-1] = slopes[-1].conj().T  # the last basis is the final rotation's inverse
        return energy, Slopes(coulomb, slopes[1:])

    def _bases(self, operator: UCJOpSpinBalanced) -> list[Unitary]:
        """One, U_1 … U_L, and the inverse of the final rotation."""
        final = operator.final_orbital_rotation
        one = np.eye(self.n_orbitals, dtype=np.complex128)
        return [one, *operator.orbital_rotations, one if final is None else final.conj().T]

    def _rotations(self, bases: list[Unitary]) -> list[Unitary]:
        """The gates between the diagonal ones: each goes from one basis to the next."""
        return [after.conj().T @ before for before, after in pairwise(bases)]

    def _rotate(self, ket: Ket, rotation: Unitary) -> Ket:
        return np.asarray(apply_orbital_rotation(ket, rotation, self.n_orbitals, self.electrons, copy=False))

    def _evolve(self, ket: Ket, coulomb: NDArray[np.float64], time: float) -> Ket:
        same, opposite = coulomb
        by_spin = same, opposite, same
        evolved = apply_diag_coulomb_evolution(ket, by_spin, time, self.n_orbitals, self.electrons, copy=False)
        return np.asarray(evolved)

    def _transition(self, bra: Ket, ket: Ket) -> NDArray[np.complex128]:
        """⟨bra|E_pq|ket⟩ summed over the spins, (n, n)."""
        (a, b), (c, d) = ((v.real.copy(), v.imag.copy()) for v in (bra, ket))

        def real(left: Matrix, right: Matrix) -> Matrix:
            return np.asarray(direct_spin1.trans_rdm1(left, right, self.n_orbitals, self.electrons, self.links)).T

        return real(a, c) + real(b, d) + 1j * (real(a, d) - real(b, c))

    def _coulomb_slopes(self, bra: Ket, ket: Ket) -> NDArray[np.float64]:
        """Of one layer, (2, n, n)."""
        alpha, beta = self.occupations
        slope = -2.0 * (bra.conj() * ket).imag.reshape(len(alpha), len(beta))  # of each determinant's phase
        same = (alpha.T * slope.sum(axis=1)) @ alpha + (beta.T * slope.sum(axis=0)) @ beta
        opposite = alpha.T @ slope @ beta
        return np.array([same, opposite + opposite.T])
