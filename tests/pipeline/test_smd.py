"""SMD against PySCF's own at its finest, and against measured free energies."""

from __future__ import annotations

import pytest
from levels_small import geometry
from pyscf import dft, scf

from molecules.conformers import Geometry, conformers
from molecules.species import Environment
from pipeline import solvation
from pipeline.level import PROFILES, middle_layer
from pipeline.mean_field import mean_field, molecule

KCAL_MOL = 627.509474
WATER = geometry(("O", 0.0, 0.0, 0.117), ("H", 0.0, 0.757, -0.470), ("H", 0.0, -0.757, -0.470))


def slow_twin(at: Geometry, charge: int, environment: str) -> float:
    """Without density fitting, with PySCF's own grids and 590 points on each atom."""
    in_gas = dft.RKS(molecule(at, charge, 1, solvation.BASIS), xc=solvation.FUNCTIONAL).run(conv_tol=1e-10)
    solvated = in_gas.SMD()
    solvated.with_solvent.solvent = environment
    solvated.run(conv_tol=1e-10)
    return float(solvated.e_tot - in_gas.e_tot)


@pytest.mark.parametrize(
    ("at", "charge", "environment", "name"),
    [
        (WATER, 0, "water", "water"),
        (WATER, 0, "octanol", "1-octanol"),
        (conformers("C[S-]", 1, 1)[0], -1, "water", "water"),
        pytest.param(conformers("C=CC(=O)N", 1, 1)[0], 0, "water", "water", marks=pytest.mark.slow),
    ],
)
def test_energies_are_those_of_a_finer_cavity(at: Geometry, charge: int, environment: Environment, name: str) -> None:
    fast, converged = solvation.smd(at, charge, 1, environment)
    assert converged
    assert KCAL_MOL * fast == pytest.approx(KCAL_MOL * slow_twin(at, charge, name), abs=0.15)


def test_integrals_computed_again_in_every_cycle_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    held, _ = solvation.smd(WATER, 0, 1, "water")
    monkeypatch.setattr(solvation, "_MOST_BYTES", 0.0)
    again, _ = solvation.smd(WATER, 0, 1, "water")
    assert again == pytest.approx(held, abs=1e-9)


@pytest.mark.parametrize(("smiles", "measured"), [("CO", -5.1), ("C", 2.0), ("CC(N)=O", -9.7)])
def test_neutral_molecules_are_near_the_measured(smiles: str, measured: float) -> None:
    """kcal/mol: FreeSolv, Mobley and Guthrie, J. Comput. Aided Mol. Des. 28, 711 (2014)."""
    energy, _ = solvation.smd(conformers(smiles, 1, 1)[0], 0, 1, "water")
    assert KCAL_MOL * energy == pytest.approx(measured, abs=1.5)


def test_a_doublet_and_an_element_beyond_the_basis() -> None:
    hydroxyl = geometry(("O", 0.0, 0.0, 0.0), ("H", 0.0, 0.0, 0.97))
    assert KCAL_MOL * solvation.smd(hydroxyl, 0, 2, "water")[0] == pytest.approx(-4.5, abs=2.0)  # as an OH of water
    assert solvation.smd(geometry(("I", 0.0, 0.0, 0.0)), -1, 1, "water")[0] * KCAL_MOL < -40.0


def test_on_a_mean_field_it_is_pyscfs_own_of_that_mean_field() -> None:
    level = middle_layer(PROFILES["standard"])
    reference = mean_field(WATER, 0, 1, level)
    fast, converged = solvation.smd_of_mean_field(reference, "water", level)
    assert converged
    solvated = scf.RHF(molecule(WATER, 0, 1, level.basis)).SMD()
    solvated.with_solvent.solvent = "water"
    solvated.run(conv_tol=1e-10)
    in_gas = scf.RHF(solvated.mol).run(conv_tol=1e-10)
    assert KCAL_MOL * fast == pytest.approx(KCAL_MOL * (solvated.e_tot - in_gas.e_tot), abs=0.15)
    assert KCAL_MOL * fast == pytest.approx(KCAL_MOL * solvation.smd(WATER, 0, 1, "water")[0], abs=1.5)
