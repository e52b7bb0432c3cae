"""Mean field: the fallbacks, and the way down from an unstable solution."""

from __future__ import annotations

import numpy as np
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


def test_an_excited_solution_is_left_for_the_ground_state() -> None:
    """Hydroxyl's singly occupied orbital is a π one; with the σ one in its place SCF converges some 4 eV higher."""
    mol = molecule(HYDROXYL, 0, 2, "6-31g")
    ground = converge(scf.ROHF(mol))
    occupied = ground.mo_occ.copy()
    hole = int(np.flatnonzero(occupied == 1)[0])
    sigma = hole - 2  # 1s, 2s, σ, π, π
    occupied[[sigma, hole]] = occupied[[hole, sigma]]
    excited = scf.addons.mom_occ(scf.ROHF(mol), ground.mo_coeff, np.array([occupied > 0, occupied == 2], dtype=float))
    excited.kernel(excited.make_rdm1(ground.mo_coeff, occupied))
    assert excited.converged
    assert excited.e_tot > ground.e_tot + 0.05
    solver = scf.ROHF(mol)
    solver.kernel(dm0=excited.make_rdm1())
    solver.mo_coeff, solver.mo_occ, solver.mo_energy = excited.mo_coeff, excited.mo_occ, excited.mo_energy
    solver.e_tot, solver.converged = excited.e_tot, True
    assert module._lowest(solver).e_tot == pytest.approx(ground.e_tot, abs=1e-6)


def test_a_stable_solution_is_kept() -> None:
    solver = converge(scf.ROHF(molecule(HYDROXYL, 0, 2, "6-31g")))
    assert module._lowest(solver) is solver


def test_a_broken_symmetry_that_gains_little_is_not_followed() -> None:
    """Of O2/STO-3G: π orbitals that differ between the atoms' planes lower ROHF by 1.5 millihartree."""
    oxygen = geometry(("O", 0.0, 0.0, 0.0), ("O", 0.0, 0.0, 1.21))
    solver = converge(scf.ROHF(molecule(oxygen, 0, 3, "sto-3g")))
    assert not solver.stability(return_status=True)[2]
    assert module._lowest(solver) is solver


@pytest.mark.parametrize("bond", [1.1, 3.0])
def test_small_gaps_are_doubtful(bond: float) -> None:
    nitrogen = geometry(("N", 0.0, 0.0, 0.0), ("N", 0.0, 0.0, bond))
    solver = converge(scf.RHF(molecule(nitrogen, 0, 1, "6-31g")))
    assert module._doubtful(solver) == (bond > 2.0)
