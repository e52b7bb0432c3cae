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

    def __str__(self) -> str:
        return f"{self.name}/{self.basis.upper()} ({self.n_electrons}e,{self.n_orbitals}o)"

    def hamiltonian(self) -> tuple[Hamiltonian, float]:
        """The active space, and the Hartree–Fock energy in hartree."""
        mol = gto.M(atom=self.atoms, basis=self.basis, spin=self.unpaired, verbose=0)
        mean_field = (scf.ROHF(mol) if self.unpaired else scf.RHF(mol)).run(conv_tol=1e-11)
        casci = mcscf.CASCI(mean_field, self.n_orbitals, self.n_electrons)
        one_body, constant = casci.get_h1eff()
        two_body = ao2mo.restore(1, np.asarray(casci.get_h2eff()), self.n_orbitals)
        return Hamiltonian(float(constant), one_body, two_body, *casci.nelecas), float(mean_field.e_tot)


def chain(n_atoms: int, spacing: float) -> str:
    return "; ".join(f"H 0 0 {spacing * k}" for k in range(n_atoms))


LITHIUM_HYDRIDE = "Li 0 0 0; H 0 0 1.6"
WATER = "O 0 0 0; H 0.757 0.587 0; H -0.757 0.587 0"
METHYL = "C 0 0 0; H 1.079 0 0; H -0.5395 0.93444 0; H -0.5395 -0.93444 0"
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
