"""Solvation: E[M in solvent] − E[M in gas], for water and octanol, and the partition coefficient between the two."""

from __future__ import annotations

import math
from collections.abc import Sequence

from molecules.species import Environment, neutral
from pipeline.active_space import ActiveSpaceChoice, frontier
from pipeline.descriptors.equation import Descriptor, DescriptorValue, energy_difference
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.rungs import HARTREE_IN_KCAL_MOL
from pipeline.thermochemistry import TEMPERATURE_KELVIN

GAS_CONSTANT_KCAL_MOL_KELVIN = 1.987204259e-3
"""CODATA 2022; thermochemical calorie."""
KCAL_MOL_IN_LOG_P = 1 / (GAS_CONSTANT_KCAL_MOL_KELVIN * TEMPERATURE_KELVIN * math.log(10))
"""1 / RT ln 10: a kilocalorie per mole in units of log P."""
_ENVIRONMENTS: tuple[Environment, ...] = ("gas", "water", "octanol")


def _calculations(smiles: str, name: str, level: LevelOfTheory) -> tuple[Calculation, ...]:
    """The molecule in gas, water and octanol, each relaxed there, in one frontier space."""
    species = [neutral(smiles, f"{name} in {environment}", environment) for environment in _ENVIRONMENTS]
    electrons, orbitals = frontier(species[0].symbols, species[0].charge, 1, level)
    return tuple(Calculation(one, ActiveSpaceChoice(electrons, orbitals)) for one in species)


def hydration(gas: GroundState, water: GroundState) -> DescriptorValue:
    """Free energy of transfer from gas to water."""
    return _transfer("water", "free energy of hydration", "E[M in water] − E[M in gas]", gas, water)


def _transfer(name: str, title: str, equation: str, start: GroundState, end: GroundState) -> DescriptorValue:
    terms = [(1.0, end), (-1.0, start)]
    return energy_difference(
        f"solvation.{name}", title, "kcal/mol", HARTREE_IN_KCAL_MOL, equation, terms, ensemble=True
    )


def _values(states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    gas, water, octanol = states
    return (
        hydration(gas, water),
        _transfer("octanol", "free energy of solvation in octanol", "E[M in octanol] − E[M in gas]", gas, octanol),
        energy_difference(
            "solvation.log_p",
            "octanol–water partition coefficient from solvation",
            "",
            HARTREE_IN_KCAL_MOL * KCAL_MOL_IN_LOG_P,
            "(E[M in water] − E[M in octanol]) / RT ln 10",
            [(1.0, water), (-1.0, octanol)],
            ensemble=True,
        ),
    )


SOLVATION = Descriptor(
    "solvation",
    "free energies of solvation",
    ("solvation.water", "solvation.octanol", "solvation.log_p"),
    _calculations,
    _values,
)
"""Free energies of solvation at 1 mol/L in both phases, kcal/mol, negative where the solvent holds the molecule; and
log P of the form that is computed, whatever its charge."""
