"""Solvation: ions and molecules in water and octanol against measured values and the algebra of log P."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels_small import ground_state_of

from pipeline.descriptors import DESCRIPTORS, DescriptorValue
from pipeline.ground_state import ground_state
from pipeline.level import PROFILES
from pipeline.rungs import RUNGS, Rungs
from pipeline.store import Store

QUICK = replace(PROFILES["quick"], n_conformers=1)
SOLVATION = DESCRIPTORS["solvation"]
STORE = Store("sqlite://")


@cache
def solvation(smiles: str) -> dict[str, DescriptorValue]:
    states = [ground_state(one, QUICK, 1, STORE) for one in SOLVATION.calculations(smiles, smiles, QUICK)]
    return {value.name.removeprefix("solvation."): value for value in SOLVATION.values(states)}


def test_one_molecule_is_computed_in_three_places_in_one_space() -> None:
    calculations = SOLVATION.calculations("CO", "methanol", QUICK)
    assert [one.species.environment for one in calculations] == ["gas", "water", "octanol"]
    assert len({one.species.smiles for one in calculations}) == len({one.choice for one in calculations}) == 1
    assert not any(one.species.vertical or one.thermal for one in calculations)


@given(gas=st.floats(-10, 10), water=st.floats(-10, 10), octanol=st.floats(-10, 10))
def test_log_p_is_the_difference_of_two_solvations(gas: float, water: float, octanol: float) -> None:
    """RT ln 10 is 1.36424 kcal/mol at 298.15 K."""
    states = [ground_state_of(Rungs(vqe_pdft=energy)) for energy in (gas, water, octanol)]
    in_water, in_octanol, log_p = SOLVATION.values(states)
    assert in_water.value == pytest.approx(627.509474 * (water - gas), rel=1e-8, abs=1e-6)
    assert in_octanol.value == pytest.approx(627.509474 * (octanol - gas), rel=1e-8, abs=1e-6)
    assert log_p.value == pytest.approx((in_water.value - in_octanol.value) / 1.36424, rel=1e-4, abs=1e-6)
    assert [value.unit for value in (in_water, in_octanol, log_p)] == ["kcal/mol", "kcal/mol", ""]
    assert all(value.flags == () for value in (in_water, in_octanol, log_p))


@pytest.mark.parametrize(
    ("smiles", "measured"), [("CO", -5.1), ("CC(N)=O", -9.7), ("CC", 1.8), ("CC(C)=O", -3.9), ("CN", -4.6)]
)
def test_hydration_of_molecules_is_near_the_measured(smiles: str, measured: float) -> None:
    """kcal/mol, 1 mol/L in both phases: FreeSolv, Mobley and Guthrie, J. Comput. Aided Mol. Des. 28, 711 (2014)."""
    assert solvation(smiles)["water"].value == pytest.approx(measured, abs=3.0)


@pytest.mark.parametrize("smiles", ["CC(=O)[O-]", "C[NH3+]"])
def test_ions_are_held_by_both_solvents_and_more_by_water(smiles: str) -> None:
    """Born: some 70 kcal/mol of water for ions of this size."""
    values = solvation(smiles)
    for rung in RUNGS:
        assert (values["water"].rungs[rung] or 0.0) < -50
        assert (values["octanol"].rungs[rung] or 0.0) < -40
    assert values["log_p"].value < 0


def test_hydrocarbons_prefer_octanol_to_amides() -> None:
    """Measured log P: ethane 1.81, acetone −0.24, acetamide −1.26 (Hansch, Leo, Hoekman 1995)."""
    ethane, acetone, acetamide = (solvation(smiles)["log_p"].value for smiles in ("CC", "CC(C)=O", "CC(N)=O"))
    assert ethane > acetone > acetamide
    assert ethane == pytest.approx(1.81, abs=1.0)
