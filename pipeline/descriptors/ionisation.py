"""Ionisation: E[cation] − E[M] and E[M] − E[anion] in gas, vertical and adiabatic; hardness and electrophilicity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from molecules.species import anion, cation, neutral
from pipeline.active_space import ActiveSpaceChoice, frontier
from pipeline.descriptors.equation import (
    Descriptor,
    DescriptorValue,
    energy_difference,
    method_spread,
    ranking_value,
)
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.rungs import HARTREE_IN_EV, RUNGS, Rungs

_STEP_EV = 1e-3
"""Of central differences."""


def _calculations(smiles: str, name: str, level: LevelOfTheory) -> tuple[Calculation, ...]:
    """The molecule, its vertical and its relaxed ions, in one frontier space with one electron less and more."""
    molecule = neutral(smiles, name, "gas")
    electrons, orbitals = frontier(molecule.symbols, molecule.charge, 1, level)
    ions = ((cation, electrons - 1), (anion, electrons + 1))
    return (
        Calculation(molecule, ActiveSpaceChoice(electrons, orbitals)),
        *(
            Calculation(ion(molecule, vertical), ActiveSpaceChoice(active, orbitals))
            for vertical in (True, False)
            for ion, active in ions
        ),
    )


def _values(states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    molecule, positive, negative, relaxed_positive, relaxed_negative = states
    ionisation = electron_removal(
        "ie_vertical", "vertical ionisation energy", "E[cation] − E[M], in gas, at M's geometry", positive, molecule
    )
    affinity = flag_unbound(
        electron_removal(
            "ea_vertical", "vertical electron affinity", "E[M] − E[anion], in gas, at M's geometry", molecule, negative
        )
    )
    relaxed_ionisation = electron_removal(
        "ie_adiabatic",
        "adiabatic ionisation energy",
        "E[cation] − E[M], in gas, each relaxed",
        relaxed_positive,
        molecule,
    )
    relaxed_affinity = flag_unbound(
        electron_removal(
            "ea_adiabatic",
            "adiabatic electron affinity",
            "E[M] − E[anion], in gas, each relaxed",
            molecule,
            relaxed_negative,
        )
    )
    return (
        ionisation,
        affinity,
        _derived("hardness", "chemical hardness", "IE − EA", _hardness, ionisation, affinity),
        _derived(
            "electrophilicity",
            "electrophilicity index",
            "(IE + EA)² / 8 (IE − EA)",
            _electrophilicity,
            ionisation,
            affinity,
        ),
        _lower(relaxed_ionisation, relaxed_ionisation.value - ionisation.value),
        _lower(relaxed_affinity, affinity.value - relaxed_affinity.value),
    )


def electron_removal(
    name: str, title: str, equation: str, without: GroundState, with_it: GroundState
) -> DescriptorValue:
    """What it takes to remove an electron, in eV.

    Args:
        name: of the value, after ``ionisation.``
        title: words for a chemist.
        equation: for people.
        without: the state with an electron less.
        with_it: the other.
    """
    return energy_difference(
        f"ionisation.{name}",
        title,
        "eV",
        HARTREE_IN_EV,
        equation,
        [(1.0, without), (-1.0, with_it)],
        removed_electrons=1,
    )


def flag_unbound(affinity: DescriptorValue) -> DescriptorValue:
    """The electron affinity, with a flag where it is negative."""
    if affinity.value >= 0:
        return affinity
    unbound = "The anion is not bound in the gas phase at this level: its energy depends on the basis."
    return replace(affinity, flags=(*affinity.flags, unbound))


def _lower(adiabatic: DescriptorValue, excess_ev: float) -> DescriptorValue:
    """Flag a relaxed ion that lies above the vertical one."""
    if excess_ev <= 0:
        return adiabatic
    above = f"The relaxed ion lies {excess_ev:.2f} eV above the vertical one: GFN2-xTB's minimum is none at this level."
    return replace(adiabatic, flags=(*adiabatic.flags, above))


def _derived(
    name: str,
    title: str,
    equation: str,
    formula: Callable[[float, float], float],
    ionisation: DescriptorValue,
    affinity: DescriptorValue,
) -> DescriptorValue:
    """A quantity of the vertical IE and EA on every rung that has both; their uncertainties go through its slopes."""
    values = {
        rung: formula(ie, ea)
        for rung in RUNGS
        if (ie := ionisation.rungs[rung]) is not None and (ea := affinity.rungs[rung]) is not None
    }
    rungs = Rungs(**values)
    ie, ea = ionisation.value, affinity.value
    slopes = {
        ionisation.name: (formula(ie + _STEP_EV, ea) - formula(ie - _STEP_EV, ea)) / (2 * _STEP_EV),
        affinity.name: (formula(ie, ea + _STEP_EV) - formula(ie, ea - _STEP_EV)) / (2 * _STEP_EV),
    }
    sources = (ionisation, affinity)
    parts = {
        part: math.hypot(*(slopes[one.name] * one.uncertainty_from.get(part, 0.0) for one in sources))
        for part in sorted({part for one in sources for part in one.uncertainty_from})
    }
    return DescriptorValue(
        name=f"ionisation.{name}",
        title=title,
        value=ranking_value(rungs),
        unit="eV",
        uncertainty_from={**parts, "methods": method_spread(rungs)},
        equation=equation,
        calculations=tuple(dict.fromkeys((*ionisation.calculations, *affinity.calculations))),
        rungs=rungs,
        flags=tuple(dict.fromkeys((*ionisation.flags, *affinity.flags))),
        slopes=slopes,
    )


def _hardness(ie: float, ea: float) -> float:
    """η = IE − EA, Parr and Pearson, J. Am. Chem. Soc. 105, 7512 (1983), without their factor of one half."""
    return ie - ea


def _electrophilicity(ie: float, ea: float) -> float:
    """ω = μ²/2η with μ = −(IE + EA)/2, Parr, Szentpály, Liu, J. Am. Chem. Soc. 121, 1922 (1999)."""
    return (ie + ea) ** 2 / (8 * (ie - ea))


IONISATION = Descriptor(
    "ionisation",
    "ionisation energy and electron affinity",
    tuple(
        f"ionisation.{name}"
        for name in ("ie_vertical", "ea_vertical", "hardness", "electrophilicity", "ie_adiabatic", "ea_adiabatic")
    ),
    _calculations,
    _values,
)
"""Ionisation energy and electron affinity, vertical and adiabatic; hardness and electrophilicity of the former; eV."""
