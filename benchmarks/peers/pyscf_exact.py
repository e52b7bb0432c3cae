"""PySCF's full CI: the solver that CASCI picks by itself, or (argument `symmetry`) told all that can make it faster."""

from __future__ import annotations

import sys
from importlib.metadata import version

import numpy as np
from pyscf.fci import direct_spin0_symm, direct_spin1
from worker import Peer, Problem, Trace, measure

from pipeline.hamiltonian import Hamiltonian

TOLERANCE = 1e-8
"""Hartree: what CASCI asks of its solver."""


def prepare(problem: Problem, trace: Trace) -> Peer:
    n, electrons = problem.n_orbitals, (problem.n_alpha, problem.n_beta)
    integrals = problem.one_body, problem.two_body
    if "symmetry" in sys.argv:
        solver = direct_spin0_symm.FCISolver()
        hamiltonian = Hamiltonian(problem.constant, *integrals, *electrons)
        solver.orbsym, solver.wfnsym = np.array(hamiltonian.orbital_symmetries()) & 7, 0  # a subgroup of D2h at most
    else:
        solver = direct_spin1.FCISolver()
    solver.conv_tol = TOLERANCE

    def minimise() -> bool:
        energy, _ = solver.kernel(*integrals, n, electrons, ecore=problem.constant)
        trace.add(energy)
        return bool(solver.converged)

    return Peer(0, minimise)


if __name__ == "__main__":
    measure(f"PySCF {version('pyscf')}", prepare)
