"""States: the exact ground state and the VQE's of one active space, in its own orbitals or in optimised ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf import mcscf
from pyscf.fci import direct_spin1

from pipeline.active_space import ActiveSpace
from pipeline.hamiltonian import Hamiltonian
from pipeline.mean_field import MeanField
from pipeline.vqe.checkpoint import Checkpoint
from pipeline.vqe.minimise import VqeResult
from pipeline.vqe.pyscf_solver import VqeSolver
from pipeline.vqe.solve import Ansatz, solve

FCI_TOLERANCE = 1e-10
"""Hartree."""
_MAX_DAVIDSON = 200
_MAX_ORBITAL_CYCLES = 100


@dataclass(frozen=True, eq=False, slots=True)
class ExactState:
    """The lowest state of an active space."""

    space: ActiveSpace
    energy_hartree: float
    state: NDArray[np.float64]
    """CI coefficients (alpha strings × beta strings)."""
    converged: bool


@dataclass(frozen=True, eq=False, slots=True)
class VqeState:
    """The VQE's state of an active space."""

    space: ActiveSpace
    result: VqeResult
    """In the orbitals of `space`."""
    converged: bool
    """Parameters, and orbitals where they are optimised."""


def exact_state(space: ActiveSpace, integrals: Hamiltonian) -> ExactState:
    """Full CI in these orbitals, by PySCF."""
    solver = _full_ci()
    sector = (integrals.n_alpha, integrals.n_beta)
    energy, state = solver.kernel(integrals.one_body, integrals.two_body, integrals.n_orbitals, sector)
    return ExactState(space, float(energy) + integrals.constant, np.asarray(state), bool(solver.converged))


def vqe_state(space: ActiveSpace, integrals: Hamiltonian, ansatz: Ansatz, checkpoint: Checkpoint | None) -> VqeState:
    """VQE in these orbitals."""
    result = solve(integrals, ansatz, checkpoint=checkpoint)
    return VqeState(space, result, result.converged)


def optimised_exact_state(mean_field: MeanField, space: ActiveSpace) -> ExactState:
    """CASSCF from these orbitals, by PySCF; ends in natural orbitals, most occupied first."""
    solver = _casscf(mean_field, space)
    solver.fcisolver = _full_ci()
    solver.natorb = True
    solver.kernel(space.orbitals)
    return ExactState(_moved(space, solver), float(solver.e_tot), np.asarray(solver.ci), bool(solver.converged))


def optimised_vqe_state(mean_field: MeanField, space: ActiveSpace, ansatz: Ansatz) -> VqeState:
    """Orbital-optimised VQE from these orbitals, rotations among the active ones included.

    Source: Mizukami, Mitarai, Nakagawa, Yamamoto, Yan, Ohnishi, Phys. Rev. Research 2, 033421 (2020).
    """
    solver = _casscf(mean_field, space)
    solver.fcisolver = vqe = VqeSolver(ansatz)
    solver.canonicalization = False
    solver.internal_rotation = space.n_alpha + space.n_beta > 2  # UCCSD of two electrons does not feel them
    solver.kernel(space.orbitals)
    if vqe.result is None:
        raise RuntimeError("PySCF did not call the solver.")
    return VqeState(_moved(space, solver), vqe.result, bool(solver.converged and vqe.converged))


def _full_ci() -> Any:
    solver = direct_spin1.FCISolver()
    solver.conv_tol, solver.max_cycle = FCI_TOLERANCE, _MAX_DAVIDSON
    return solver


def _casscf(mean_field: MeanField, space: ActiveSpace) -> Any:
    solver = mcscf.CASSCF(mean_field.scf, space.n_orbitals, (space.n_alpha, space.n_beta))
    solver.max_cycle_macro = _MAX_ORBITAL_CYCLES
    return solver


def _moved(space: ActiveSpace, solver: Any) -> ActiveSpace:
    return replace(space, orbitals=np.asarray(solver.mo_coeff))
