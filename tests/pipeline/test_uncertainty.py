"""Uncertainty: its parts, and the residuals of validation."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
from test_descriptors import ground_state_of

from pipeline.descriptors import DescriptorValue
from pipeline.descriptors.equation import spread
from pipeline.descriptors.residuals import ROOT_MEAN_SQUARES, with_residual
from pipeline.ground_state import GroundState
from pipeline.level import PROFILES
from pipeline.rungs import Rungs

KCAL_MOL = 627.5095
TABLES = {
    "bond_dissociation": ("bonds.tsv", {"C–H"}),
    "heteroatom_dissociation": ("bonds.tsv", {"O–H", "N–H", "S–H"}),
    "ionisation.ie_vertical": ("ionisation.tsv", {"IE"}),
    "ionisation.ea_vertical": ("ionisation.tsv", {"EA"}),
    "solvation.water": ("freesolv.tsv", {""}),
}
"""File in docs/validation, and the groups of its molecules."""


def state(at: float, width: float, converged: bool = True) -> GroundState:
    one = ground_state_of(Rungs(vqe_pdft=-1.0))
    moved = tuple((x + at, y, z) for x, y, z in one.geometry.coordinates_angstrom)
    geometry = replace(one.geometry, coordinates_angstrom=moved)
    return replace(one, geometry=geometry, conformer_spread_hartree=width, converged=converged)


def test_species_that_share_a_geometry_share_its_error() -> None:
    rungs = Rungs(vqe_pdft=1.0)
    apart = spread(rungs, KCAL_MOL, [(1.0, state(0.0, 0.001)), (-1.0, state(1.0, 0.002))])
    assert apart["conformers"] == pytest.approx(KCAL_MOL * math.hypot(0.001, 0.002))
    vertical = spread(rungs, KCAL_MOL, [(1.0, state(0.0, 0.001)), (-1.0, state(0.0, 0.001))])
    assert vertical["conformers"] == 0.0


def test_what_did_not_converge_is_as_uncertain_as_the_rungs_are_apart() -> None:
    rungs = Rungs(xtb=99.0, mean_field=7.0, dft=2.0, casci_pdft=1.0, vqe_pdft=1.0)
    assert spread(rungs, 1.0, [(1.0, state(0.0, 0.0, converged=False))])["convergence"] == 3.0
    assert "convergence" not in spread(rungs, 1.0, [(1.0, state(0.0, 0.0))])


def value(width: float) -> DescriptorValue:
    name = "bond_dissociation.weakest"
    return DescriptorValue(name, name, 90.0, "kcal/mol", {"methods": width}, "", (), Rungs(vqe_pdft=90.0), ())


def test_validation_explains_what_the_other_parts_leave() -> None:
    residual = ROOT_MEAN_SQUARES["bond_dissociation", "quick"]
    narrow = with_residual(value(0.5), PROFILES["quick"])
    assert narrow.uncertainty == pytest.approx(residual)
    assert narrow.uncertainty_from["methods"] == 0.5
    assert with_residual(value(residual + 1.0), PROFILES["quick"]) == value(residual + 1.0)
    unknown = replace(PROFILES["quick"], basis="sto-3g")
    assert with_residual(value(0.5), unknown) == value(0.5)


@pytest.mark.parametrize(("name", "profile"), ROOT_MEAN_SQUARES)
def test_residuals_are_those_of_the_validation_page(name: str, profile: str) -> None:
    file, groups = TABLES[name]
    with (Path("docs/validation") / file).open(encoding="utf-8") as lines:
        rows = [
            row
            for row in csv.DictReader(lines, delimiter="\t")
            if row["variant"].endswith(profile) and row["group"] in groups and row["vqe_pdft"]
        ]
    assert rows
    errors = [float(row["vqe_pdft"]) - float(row["measured"]) for row in rows]
    assert ROOT_MEAN_SQUARES[name, profile] == pytest.approx(
        math.sqrt(math.fsum(e * e for e in errors) / len(errors)), abs=0.051
    )
