"""MC-PDFT: dynamic correlation from a state's one- and two-particle density matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyscf import mcpdft

from pipeline.active_space import ActiveSpace
from pipeline.level import LevelOfTheory
from pipeline.mean_field import MeanField
from pipeline.vqe.density import State, make_rdm1s, make_rdm12


def pdft_energies(
    mean_field: MeanField, states: Sequence[tuple[ActiveSpace, State]], level: LevelOfTheory
) -> list[float]:
    """MC-PDFT energies in hartree of several states, on one integration grid.

    Args:
        mean_field: the mean field of the active space.
        states: active spaces of one size, and in each the real or complex CI coefficients (alpha strings × beta
            strings) of an exact or VQE state.
        level: names the on-top functional and the grid.

    Source: Li Manni et al., J. Chem. Theory Comput. 10, 3669 (2014), as implemented in pyscf-forge.
    """
    size, _ = states[0]
    solver: Any = mcpdft.CASCI(
        mean_field.scf,
        level.ontop_functional,
        size.n_orbitals,
        (size.n_alpha, size.n_beta),
        grids_level=level.grid_level,
    )

    def energy(space: ActiveSpace, state: State) -> float:
        solver.mo_coeff = space.orbitals
        one_body = make_rdm1s(state, solver.ncas, solver.nelecas)
        _, two_body = make_rdm12(state, solver.ncas, solver.nelecas)
        densities = {"casdm1s": one_body, "casdm2": two_body}
        return float(solver.energy_mcwfn(**densities) + solver.energy_dft(**densities))

    return [energy(space, state) for space, state in states]
