"""MC-PDFT: dynamic correlation from a state's one- and two-particle density matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf import mcpdft
from pyscf.mcpdft._dms import dm2_cumulant
from pyscf.mcpdft.otpd import get_ontop_pair_density

from pipeline.active_space import ActiveSpace
from pipeline.level import LevelOfTheory
from pipeline.mean_field import MeanField
from pipeline.vqe.density import State, make_rdm1s, make_rdm12


class Pdft:
    """MC-PDFT energies of states in active spaces of one size, on one integration grid.

    Source: Li Manni et al., J. Chem. Theory Comput. 10, 3669 (2014), with the functionals of pyscf-forge.
    """

    def __init__(self, mean_field: MeanField, space: ActiveSpace, level: LevelOfTheory) -> None:
        """Prepare for active spaces with as many electrons and orbitals as `space`.

        The level names the on-top functional and the grid.
        """
        self._solver: Any = mcpdft.CASCI(
            mean_field.scf,
            level.ontop_functional,
            space.n_orbitals,
            (space.n_alpha, space.n_beta),
            grids_level=level.grid_level,
        )
        # sorted points, PySCF's default, cost more time than they save
        self._solver.otfnal.grids.build(with_non0tab=True, sort_grids=False)

    def energy(self, space: ActiveSpace, state: State) -> float:
        """Energy in hartree of real or complex CI coefficients (alpha strings × beta strings), exact or of a VQE."""
        solver = self._solver
        solver.mo_coeff = space.orbitals
        one_body = make_rdm1s(state, solver.ncas, solver.nelecas)
        _, two_body = make_rdm12(state, solver.ncas, solver.nelecas)
        classical = solver.energy_mcwfn(casdm1s=one_body, casdm2=two_body)
        return float(classical) + self._on_top(space.orbitals, np.asarray(one_body), np.asarray(two_body))

    def _on_top(self, orbitals: NDArray[np.float64], one_body: NDArray[Any], two_body: NDArray[Any]) -> float:
        """The on-top functional's energy in hartree.

        The same as PySCF's `energy_dft`, whose time goes into the density: made here of the occupied orbitals' values,
        which are far fewer than basis functions.
        """
        functional, n_core, n_active = self._solver.otfnal, self._solver.ncore, self._solver.ncas
        occupied = np.ascontiguousarray(orbitals[:, : n_core + n_active])
        cumulant = dm2_cumulant(two_body, one_body)
        numint, deriv = functional._numint, functional.dens_deriv
        energy = 0.0
        for ao, _, weights, _ in numint.block_loop(functional.mol, functional.grids, len(orbitals), deriv):
            values = ao.reshape(-1, *ao.shape[-2:]) @ occupied  # value and gradient × points × orbitals
            density = _spin_densities(values, n_core, one_body)
            active = values[..., n_core:]
            pairs = get_ontop_pair_density(functional, density, active, cumulant, np.eye(n_active), functional.Pi_deriv)
            energy += functional.eval_ot(density, pairs, dderiv=0, weights=weights)[0] @ weights
        return float(energy)


def _spin_densities(values: NDArray[np.float64], n_core: int, one_body: NDArray[Any]) -> NDArray[np.float64]:
    """Alpha and beta density and its gradient: 2 × (1 or 4) × points; of real orbitals, so the real part counts.

    `values` is (1 or 4) × points × occupied orbitals, `one_body` the active orbitals' density matrices by spin.
    """
    core, active = values[..., :n_core], values[..., n_core:]
    closed = np.einsum("pi,kpi->kp", core[0], core)
    spins = np.stack([closed + np.einsum("pi,kpi->kp", active[0] @ matrix.real, active) for matrix in one_body])
    spins[:, 1:] *= 2
    return spins
