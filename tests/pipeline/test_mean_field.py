"""Mean field: the fallbacks, and the way down from an unstable solution."""

from __future__ import annotations

import pytest
from levels_small import TINY, geometry
from pyscf import scf

from pipeline import mean_field as module
from pipeline.mean_field import converge, mean_field, molecule

HYDROXYL = geometry(("O", 0.0, 0.0, 0.0), ("H", 0.0, 0.0, 0.97))


@pytest.mark.parametrize("cycles", [1, 2, 3])
def test_what_fails_to_converge_is_tried_otherwise(cycles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With so few cycles of DIIS only the second-order solver is left."""
    easy = mean_field(HYDROXYL, -1, 1, TINY)
    monkeypatch.setattr(module, "MAX_CYCLES", cycles)
    hard = mean_field(HYDROXYL, -1, 1, TINY)
    assert hard.converged
    assert hard.energy_hartree == pytest.approx(easy.energy_hartree, abs=1e-7)


def test_the_descent_from_an_unstable_solution_ends_in_a_stable_one() -> None:
    """N2 far from equilibrium, where DIIS from PySCF's guess ends in a saddle point."""
    nitrogen = geometry(("N", 0.0, 0.0, 0.0), ("N", 0.0, 0.0, 3.0))
    start = converge(scf.RHF(molecule(nitrogen, 0, 1, "6-31g")))
    assert not start.stability(return_status=True)[2]
    end = module._lowest(start)
    assert end.converged
    assert end.e_tot < start.e_tot - module.LEAST_DESCENT_HARTREE
    assert end.stability(return_status=True)[2]


def test_a_stable_solution_is_kept() -> None:
    solver = converge(scf.ROHF(molecule(HYDROXYL, 0, 2, "6-31g")))
    assert module._lowest(solver) is solver


def test_a_broken_symmetry_that_gains_little_is_not_followed() -> None:
    """Of O2/STO-3G: π orbitals that differ between the atoms' planes lower ROHF by 1.5 millihartree."""
    oxygen = geometry(("O", 0.0, 0.0, 0.0), ("O", 0.0, 0.0, 1.21))
    solver = converge(scf.ROHF(molecule(oxygen, 0, 3, "sto-3g")))
    assert not solver.stability(return_status=True)[2]
    assert module._lowest(solver) is solver


def test_a_lone_orbital_has_nothing_to_rotate() -> None:
    assert mean_field(geometry(("H", 0.0, 0.0, 0.0)), 0, 2, TINY).converged


@pytest.mark.parametrize("bond", [1.1, 3.0])
def test_small_gaps_are_doubtful(bond: float) -> None:
    nitrogen = geometry(("N", 0.0, 0.0, 0.0), ("N", 0.0, 0.0, bond))
    solver = converge(scf.RHF(molecule(nitrogen, 0, 1, "6-31g")))
    assert module._doubtful(solver) == (bond > 2.0)
