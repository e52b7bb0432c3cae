"""Reaction path: tops that are known, and what happens where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from levels_small import TINY

from molecules.michael import find_michael_sites, thiolate_adduct
from pipeline.geometry import relax
from pipeline.reaction_path import FALLBACK_ANGSTROM, highest_point


class Hill(Calculator):
    """Two atoms with a Gaussian hill of their distance, in eV; height zero: a slope."""

    implemented_properties = ("energy", "forces")

    def __init__(self, top: float = 2.47, height: float = 1.0) -> None:
        super().__init__(top=top, height=height)

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes) -> None:  # type: ignore[no-untyped-def]
        super().calculate(atoms, properties, system_changes)
        axis = self.atoms.positions[1] - self.atoms.positions[0]
        r = np.linalg.norm(axis)
        top, height = self.parameters["top"], self.parameters["height"]
        hill = height * np.exp(-((r - top) ** 2) / 0.1)
        slope = -2 * (r - top) / 0.1 * hill + (0.5 if height == 0 else 0.0)
        self.results = {"energy": hill + (0.5 * r if height == 0 else 0.0)}
        self.results["forces"] = np.array([slope * axis / r, -slope * axis / r])


@pytest.mark.parametrize("top", [2.25, 2.47, 2.65])
def test_a_maximum_is_found_between_the_steps(top: float) -> None:
    atoms = Atoms("CS", [[0, 0, 0], [0, 0, 1.82]])
    atoms.calc = Hill(top)
    found = highest_point(atoms, 0, 1)
    assert found.is_maximum
    assert found.distance_angstrom == pytest.approx(top, abs=0.01)
    assert found.flags == ()


def test_a_maximum_beyond_the_scan_is_that_of_a_complex() -> None:
    atoms = Atoms("CS", [[0, 0, 0], [0, 0, 1.82]])
    atoms.calc = Hill(2.95)
    assert not highest_point(atoms, 0, 1).is_maximum


def test_without_a_maximum_the_fallback_stands_and_is_flagged() -> None:
    atoms = Atoms("CS", [[0, 0, 0], [0, 0, 1.82]])
    atoms.calc = Hill(height=0.0)
    found = highest_point(atoms, 0, 1)
    assert not found.is_maximum
    assert found.distance_angstrom == FALLBACK_ANGSTROM
    assert "no barrier along S–C" in found.flags[0]


def test_the_way_to_an_adduct_leads_over_its_acceptor() -> None:
    """At the top sulfur is farther away than in the adduct, everything else is bonded, and the energy is higher."""
    site = find_michael_sites("CC=CC(C)=O")[0]
    adduct = thiolate_adduct(site, "adduct")
    minimum = relax(adduct.species, TINY, seed=1)
    top = relax(replace(adduct.species, driven=(adduct.attacked, adduct.sulfur)), TINY, seed=1)
    ends = [
        at.coordinates()[adduct.sulfur] - at.coordinates()[adduct.attacked] for at in (minimum.geometry, top.geometry)
    ]
    assert np.linalg.norm(ends[0]) == pytest.approx(1.85, abs=0.1)
    assert 2.1 < np.linalg.norm(ends[1]) < 3.0
    assert top.energy_hartree > minimum.energy_hartree
    assert top.ensemble_hartree == 0.0
