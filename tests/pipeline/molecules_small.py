"""Small molecules and their active spaces, for tests."""

from __future__ import annotations

from functools import cache

import numpy as np
from pyscf import ao2mo, gto, mcscf, scf

from pipeline.hamiltonian import Hamiltonian

WATER = "O 0 0 0; H 0.757 0.587 0; H -0.757 0.587 0"
CASES: dict[str, tuple[str, str, int, int, int]] = {
    # name: atoms, basis, spin (2S), active electrons, active orbitals
    "H2": ("H 0 0 0; H 0 0 0.74", "sto-3g", 0, 2, 2),
    "LiH": ("Li 0 0 0; H 0 0 1.6", "sto-3g", 0, 4, 6),
    "LiH (2e,4o)": ("Li 0 0 0; H 0 0 1.6", "sto-3g", 0, 2, 4),
    "H2O": (WATER, "sto-3g", 0, 10, 7),
    "H2O (4e,4o)": (WATER, "6-31g", 0, 4, 4),
    "H2O/6-31G": (WATER, "6-31g", 0, 8, 8),
    "N2": ("N 0 0 0; N 0 0 1.1", "sto-3g", 0, 10, 8),
    "N2 (1.8 Å)": ("N 0 0 0; N 0 0 1.8", "sto-3g", 0, 10, 8),
    "H4": ("; ".join(f"H 0 0 {0.9 * i}" for i in range(4)), "sto-3g", 0, 4, 4),
    "H6": ("; ".join(f"H 0 0 {0.9 * i}" for i in range(6)), "sto-3g", 0, 6, 6),
    "uneven H6": ("; ".join(f"H 0 0 {0.9 * i + 0.02 * i * i}" for i in range(6)), "sto-3g", 0, 6, 6),
    "uneven H6, longer": ("; ".join(f"H 0 0 {0.92 * i + 0.02 * i * i}" for i in range(6)), "sto-3g", 0, 6, 6),
    "OH": ("O 0 0 0; H 0 0 0.97", "6-31g", 1, 7, 6),
    "O2": ("O 0 0 0; O 0 0 1.2", "sto-3g", 2, 8, 6),
    "CH3+": ("C 0 0 0; H 0 0 1.09; H 0.944 0 -0.545; H -0.944 0 -0.545", "sto-3g", 0, 4, 4),
}
CHARGES = {"CH3+": 1}


@cache
def active_space(name: str) -> tuple[Hamiltonian, float, float]:
    """Hamiltonian, Hartree–Fock energy and PySCF's CASCI energy in hartree."""
    atoms, basis, spin, electrons, orbitals = CASES[name]
    mol = gto.M(atom=atoms, basis=basis, spin=spin, charge=CHARGES.get(name, 0), verbose=0)
    mean_field = (scf.ROHF(mol) if spin else scf.RHF(mol)).run(conv_tol=1e-11)
    solver = mcscf.CASCI(mean_field, orbitals, electrons)
    solver.fcisolver.conv_tol = 1e-12
    exact = solver.kernel()[0]
    one_body, constant = solver.get_h1eff()
    two_body = ao2mo.restore(1, np.asarray(solver.get_h2eff()), orbitals)
    n_alpha, n_beta = solver.nelecas
    return Hamiltonian(float(constant), one_body, two_body, n_alpha, n_beta), mean_field.e_tot, float(exact)
