"""MC-PDFT: dynamic correlation from a state's one- and two-particle density matrices."""

from __future__ import annotations

from typing import Any

from pyscf import mcpdft

from pipeline.active_space import ActiveSpace
from pipeline.level import LevelOfTheory
from pipeline.mean_field import MeanField
from pipeline.vqe.density import State, make_rdm1s, make_rdm12


class Pdft:
    """MC-PDFT energies of states in active spaces of one size, on one integration grid.

    Source: Li Manni et al., J. Chem. Theory Comput. 10, 3669 (2014), as implemented in pyscf-forge.
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

    def energy(self, space: ActiveSpace, state: State) -> float:
        """Energy in hartree of real or complex CI coefficients (alpha strings × beta strings), exact or of a VQE."""
        solver = self._solver
        solver.mo_coeff = space.orbitals
        one_body = make_rdm1s(state, solver.ncas, solver.nelecas)
        _, two_body = make_rdm12(state, solver.ncas, solver.nelecas)
        densities = {"casdm1s": one_body, "casdm2": two_body}
        return float(solver.energy_mcwfn(**densities) + solver.energy_dft(**densities))
