"""Solvation: the free energy of transfer from gas to a solvent at a fixed geometry, by SMD or ALPB."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf import df, dft, gto, lib
from pyscf.solvent import smd as pyscf_smd
from scipy.linalg import lu_factor, lu_solve

from molecules.conformers import Geometry
from molecules.species import Environment
from pipeline.errors import InputError
from pipeline.geometry import xtb_energy
from pipeline.level import LevelOfTheory
from pipeline.mean_field import MeanField, converge, molecule, scf_solver

FUNCTIONAL, BASIS = "m05-2x", "6-31g*"
"""What SMD's cavity and surface tensions were made for first; Hartree–Fock polarises too much."""
SCF_GRID_LEVEL, ENERGY_GRID_LEVEL = 0, 1
"""PySCF's levels for the densities, and for the energies of these densities, computed once. With level 1 for both it
takes two and a half times as long, and differences change by 0.04 kcal/mol: `benchmarks/mean_field.py`."""
_HEAVIER_BASIS = "def2-svp"
"""For elements that `BASIS` lacks."""
LEBEDEV_ORDER = 23
"""Points on the sphere of each atom: 194. With PySCF's default of 590 the surface charges cost more than the SCF; the
energies differ by a tenth of a kcal/mol: `benchmarks/mean_field.py`."""
CONVERGENCE_HARTREE = 1e-6
_NAMES: dict[Environment, str] = {"water": "water", "octanol": "1-octanol"}
_MOST_BYTES = 4e9
"""Of integrals held in memory; beyond, PySCF computes them again in every cycle."""


def alpb(geometry: Geometry, charge: int, multiplicity: int, environment: Environment) -> float:
    """GFN2-xTB energy in hartree with ALPB minus without.

    Source: Ehlert, Stahn, Spicher, Grimme, J. Chem. Theory Comput. 17, 4250 (2021).

    Raises:
        ConvergenceError: the xTB self-consistent field does not converge.
    """
    state = geometry, charge, multiplicity
    return xtb_energy(*state, environment) - xtb_energy(*state, "gas")


def smd(geometry: Geometry, charge: int, multiplicity: int, environment: Environment) -> tuple[float, bool]:
    """SMD free energy of solvation in hartree, 1 mol/L in both phases, and whether both SCF converged.

    M05-2X/6-31G* in the solvent minus in gas, with the terms of cavity, dispersion and solvent structure.
    Source: Marenich, Cramer, Truhlar, J. Phys. Chem. B 113, 6378 (2009), as implemented in PySCF.

    Raises:
        InputError: charge and multiplicity do not fit.
    """
    try:
        mol = molecule(geometry, charge, multiplicity, BASIS)
    except InputError:
        mol = molecule(geometry, charge, multiplicity, _HEAVIER_BASIS)
    in_gas, solvated = (scf_solver(mol, FUNCTIONAL, SCF_GRID_LEVEL, density_fit=True) for _ in range(2))
    in_gas = converge(in_gas, tolerance=CONVERGENCE_HARTREE)
    solvated.with_df, solvated.grids = in_gas.with_df, in_gas.grids
    solvated = _solvated(solvated, environment, in_gas.make_rdm1())
    densities = in_gas.make_rdm1(), solvated.make_rdm1()
    grid = dft.Grids(mol)
    grid.level = ENERGY_GRID_LEVEL
    in_gas.grids = solvated.grids = grid
    gas_hartree, solvated_hartree = in_gas.energy_tot(densities[0]), solvated.energy_tot(densities[1])
    return float(solvated_hartree - gas_hartree), bool(in_gas.converged and solvated.converged)


def smd_of_mean_field(reference: MeanField, environment: Environment, level: LevelOfTheory) -> tuple[float, bool]:
    """SMD free energy of solvation in hartree on a mean field that is solved in gas, and whether it converged.

    It takes the SCF in the solvent alone. Hartree–Fock polarises a little more than the functional that `smd` takes.
    """
    solver = scf_solver(reference.scf.mol, level.functional, level.grid_level, level.density_fit)
    if level.density_fit:
        solver.with_df = reference.scf.with_df
    solvated = _solvated(solver, environment, reference.scf.make_rdm1())
    return float(solvated.e_tot - reference.energy_hartree), bool(solvated.converged)


def _solvated(solver: Any, environment: Environment, density: NDArray[np.float64]) -> Any:
    """PySCF's SCF object solved in a solvent, from a density."""
    model = _Smd(solver.mol, _NAMES[environment])
    model.lebedev_order = LEBEDEV_ORDER
    return converge(pyscf_smd.smd_for_scf(solver, model), density, CONVERGENCE_HARTREE)


class _Smd(pyscf_smd.SMD):  # type: ignore[misc]  # PySCF has no types
    """PySCF's SMD with integrals of basis functions and surface charges, and the charges' equations, solved once."""

    def __init__(self, mol: gto.Mole, solvent: str) -> None:
        super().__init__(mol, solvent)
        self._integrals: NDArray[np.float64] | None = None
        """(n_pairs, n_points): potential of each pair of functions, packed; None where memory does not hold it."""
        self._factors: Any = None

    def build(self, ng: int | None = None) -> Any:
        """Set up the cavity, its equations and its integrals."""
        super().build(ng)
        self._factors = lu_factor(self._intermediates["K"])
        mol, points = self.mol, self.surface["grid_coords"]
        if 8.0 * (mol.nao * (mol.nao + 1) // 2) * len(points) < _MOST_BYTES:
            charges = gto.fakemol_for_charges(points, expnt=self.surface["charge_exp"] ** 2)
            charges.cart = mol.cart
            self._integrals = df.incore.aux_e2(mol, charges, intor=mol._add_suffix("int3c2e"), aosym="s2ij")
        return self

    def _get_vind(self, dms: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The solvent's energy and its potential (n_basis, n_basis) for a density matrix, or for one of each spin."""
        if not self._intermediates:
            self.build()
        density = dms.reshape(-1, self.mol.nao, self.mol.nao).sum(axis=0, keepdims=True)
        potential = (self.v_grids_n - self._get_v(density))[0]
        response = self._intermediates["R"]
        charges = lu_solve(self._factors, response @ potential)
        charges += response.T @ lu_solve(self._factors, potential, trans=1)
        charges *= 0.5
        return 0.5 * float(charges @ potential), self._get_vmat(charges[None])[0]

    def _get_v(self, dms: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._integrals is None:
            return np.asarray(super()._get_v(dms))
        twice = lib.pack_tril(dms + dms.transpose(0, 2, 1))
        diagonal = np.arange(self.mol.nao)
        twice[:, diagonal * (diagonal + 3) // 2] *= 0.5
        return np.asarray(twice @ self._integrals)

    def _get_vmat(self, q: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._integrals is None:
            return np.asarray(super()._get_vmat(q))
        return np.asarray(lib.unpack_tril(-(q.reshape(-1, self._integrals.shape[1]) @ self._integrals.T)))
