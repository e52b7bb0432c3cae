"""Small molecules and their active spaces, which the VQE is measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyscf import ao2mo, gto, mcscf, scf

from pipeline.hamiltonian import Hamiltonian


@dataclass(frozen=True, slots=True)
class Case:
    """A molecule and its active space around the Fermi level."""

    name: str
    atoms: str
    """As PySCF reads them, in Å."""
    basis: str
    n_electrons: int
    n_orbitals: int
    unpaired: int = 0
    pi: bool = False
    """Of the orbitals that change sign with z (π, for atoms in the plane z = 0) only."""

    def __str__(self) -> str:
        return f"{self.name}/{self.basis.upper()} ({self.n_electrons}e,{self.n_orbitals}o)"

    def hamiltonian(self) -> tuple[Hamiltonian, float]:
        """The active space, and the Hartree–Fock energy in hartree."""
        mol = gto.M(atom=self.atoms, basis=self.basis, spin=self.unpaired, verbose=0)
        mean_field = (scf.ROHF(mol) if self.unpaired else scf.RHF(mol)).run(conv_tol=1e-11)
        casci = mcscf.CASCI(mean_field, self.n_orbitals, self.n_electrons)
        orbitals = casci.sort_mo(self._pi_orbitals(mean_field), base=0) if self.pi else mean_field.mo_coeff
        one_body, constant = casci.get_h1eff(orbitals)
        two_body = ao2mo.restore(1, np.asarray(casci.get_h2eff(orbitals)), self.n_orbitals)
        return Hamiltonian(float(constant), one_body, two_body, *casci.nelecas), float(mean_field.e_tot)

    def _pi_orbitals(self, mean_field: scf.hf.SCF) -> list[int]:
        """The highest occupied and the lowest empty ones among those that are odd in z; for basis sets up to d."""
        odd = np.array([label[-1] in ("z", "xz", "yz") for label in mean_field.mol.ao_labels(fmt=None)])
        weight = (mean_field.mo_coeff**2)[odd].sum(axis=0) / (mean_field.mo_coeff**2).sum(axis=0)
        n_below, n_occupied = np.count_nonzero(weight[: mean_field.mol.nelec[0]] > 0.5), self.n_electrons // 2
        first = n_below - n_occupied
        return np.flatnonzero(weight > 0.5)[first : first + self.n_orbitals].tolist()


def chain(n_atoms: int, spacing: float) -> str:
    return "; ".join(f"H 0 0 {spacing * k}" for k in range(n_atoms))


def ring(symbol: str, radius: float) -> str:
    """Six atoms in the plane z = 0."""
    corners = [(radius * np.cos(k * np.pi / 3), radius * np.sin(k * np.pi / 3)) for k in range(6)]
    return "; ".join(f"{symbol} {x:.6f} {y:.6f} 0" for x, y in corners)


def hydrogen_chain(n_atoms: int, spacing: float) -> Case:
    return Case(f"H{n_atoms} chain {spacing} Å", chain(n_atoms, spacing), "sto-3g", n_atoms, n_atoms)


LITHIUM_HYDRIDE = "Li 0 0 0; H 0 0 1.6"
WATER = "O 0 0 0; H 0.757 0.587 0; H -0.757 0.587 0"
METHYL = "C 0 0 0; H 1.079 0 0; H -0.5395 0.93444 0; H -0.5395 -0.93444 0"
BENZENE = f"{ring('C', 1.39)}; {ring('H', 2.48)}"
ACRYLAMIDE = (  # GFN2-xTB, kept planar
    "C -1.9509 -0.1026 0; C -0.8194 0.5846 0; C 0.5662 0.0446 0; N 0.6975 -1.3041 0; O 1.5332 0.7790 0; "
    "H -1.9975 -1.1798 0; H -2.9049 0.3980 0; H -0.8370 1.6659 0; H -0.0882 -1.9265 0; H 1.6254 -1.6922 0"
)
DIHYDROGEN = Case("H2", "H 0 0 0; H 0 0 0.74", "sto-3g", 2, 2)
AGAINST_EXACT = (
    Case("LiH", LITHIUM_HYDRIDE, "sto-3g", 4, 6),
    Case("H2O", WATER, "sto-3g", 10, 7),
    Case("H2O", WATER, "6-31g", 8, 8),
    Case("N2", "N 0 0 0; N 0 0 1.098", "sto-3g", 10, 8),
    Case("H8 chain", chain(8, 0.8), "sto-3g", 8, 8),
    Case("H10 chain", chain(10, 0.8), "sto-3g", 10, 10),
    Case("CH3", METHYL, "sto-3g", 7, 7, unpaired=1),
)
AGAINST_CIRCUIT = (
    DIHYDROGEN,
    Case("H2O", WATER, "6-31g", 4, 4),
    Case("LiH", LITHIUM_HYDRIDE, "sto-3g", 2, 5),
    Case("LiH", LITHIUM_HYDRIDE, "sto-3g", 4, 6),
)
AGAINST_PEERS = (
    Case("LiH", LITHIUM_HYDRIDE, "sto-3g", 4, 6),
    Case("H2O", WATER, "sto-3g", 10, 7),
    Case("H2O", WATER, "6-31g", 8, 8),
    Case("N2 1.1 Å", "N 0 0 0; N 0 0 1.1", "sto-3g", 10, 8),
    Case("N2 1.8 Å", "N 0 0 0; N 0 0 1.8", "sto-3g", 10, 8),
    *(hydrogen_chain(n, spacing) for n in (8, 10, 12) for spacing in (0.8, 1.6)),
    Case("benzene π", BENZENE, "def2-svp", 6, 6, pi=True),
    Case("benzene π", BENZENE, "def2-svp", 6, 12, pi=True),
    Case("acrylamide", ACRYLAMIDE, "def2-svp", 12, 12),
    hydrogen_chain(14, 0.8),
)
AT_EQUILIBRIUM = tuple(case for case in AGAINST_PEERS if not case.name.endswith(("1.8 Å", "1.6 Å")))
GROWING = tuple(hydrogen_chain(n, 0.8) for n in (4, 6, 8, 10, 12, 14, 16))
