"""Coupled cluster: CCSD in the active space, for its amplitudes."""

from __future__ import annotations

import numpy as np
from pyscf import ao2mo, cc, gto, scf

from pipeline.hamiltonian import Hamiltonian

_MAX_CYCLES = 200


def ccsd(hamiltonian: Hamiltonian) -> cc.ccsd.CCSD | cc.uccsd.UCCSD:
    """PySCF's CCSD on the reference determinant after its iterations; `converged`, `t1` and `t2` say how it went."""
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    mol = gto.M(verbose=0)
    mol.nelectron, mol.spin, mol.incore_anyway = n_alpha + n_beta, n_alpha - n_beta, True
    closed = n_alpha == n_beta
    field = scf.RHF(mol) if closed else scf.UHF(mol)
    field.get_hcore = lambda *_: hamiltonian.one_body
    field.get_ovlp = lambda *_: np.eye(n)
    field._eri = ao2mo.restore(8, hamiltonian.two_body, n)
    occupied = np.arange(n) < np.array([[n_alpha], [n_beta]])
    field.mo_coeff = np.eye(n) if closed else np.stack([np.eye(n)] * 2)
    field.mo_occ = occupied.sum(axis=0) if closed else occupied.astype(float)
    field.e_tot = field.energy_tot(field.make_rdm1())
    solver = cc.CCSD(field)
    solver.max_cycle = _MAX_CYCLES
    solver.kernel()
    return solver
