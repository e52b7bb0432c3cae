"""Ionisation: E[cation] − E[M] and E[M] − E[anion], vertical, in gas; from both, hardness and electrophilicity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def _calculations(smiles: str, name: str, level: LevelOfTheory) -> tuple[Calculation, ...]:
    """The molecule, its cation and its anion in one frontier space with one electron less and more."""
    molecule = neutral(smiles, name, "gas")
    electrons, orbitals = frontier(molecule.symbols, molecule.charge, 1, level)
    return (
        Calculation(molecule, ActiveSpaceChoice(electrons, orbitals)),
        Calculation(cation(molecule), ActiveSpaceChoice(electrons - 1, orbitals)),
        Calculation(anion(molecule), ActiveSpaceChoice(electrons + 1, orbitals)),
    )


def _values(states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    molecule, positive, negative = states
    ionisation = energy_difference(
        "ionisation.ie_vertical",
        "vertical ionisation energy",
        "eV",
        HARTREE_IN_EV,
        "E[cation] − E[M], in gas, at M's geometry",
        [(1.0, positive), (-1.0, molecule)],
        removed_electrons=1,
    )
    affinity = energy_difference(
        "ionisation.ea_vertical",
        "vertical electron affinity",
        "eV",
        HARTREE_IN_EV,
        "E[M] − E[anion], in gas, at M's geometry",
        [(1.0, molecule), (-1.0, negative)],
        removed_electrons=1,
    )
    unbound = ("The anion is not bound in the gas phase at this level: its energy depends on the basis.",)
    flags = unbound if affinity.value < 0 else ()

    def derived(name: str, title: str, equation: str, formula: Callable[[float, float], float]) -> DescriptorValue:
        values = {
            rung: formula(ie, ea)
            for rung in RUNGS
            if (ie := ionisation.rungs[rung]) is not None and (ea := affinity.rungs[rung]) is not None
        }
        rungs = Rungs(**values)
        return DescriptorValue(
            name=f"ionisation.{name}",
            title=title,
            value=ranking_value(rungs),
            unit="eV",
            uncertainty=method_spread(rungs),
            equation=equation,
            calculations=tuple(state.calculation for state in states),
            rungs=rungs,
            flags=(*dict.fromkeys((*ionisation.flags, *affinity.flags)), *flags),
        )

    return (
        ionisation,
        DescriptorValue(
            affinity.name,
            affinity.title,
            affinity.value,
            affinity.unit,
            affinity.uncertainty,
            affinity.equation,
            affinity.calculations,
            affinity.rungs,
            (*affinity.flags, *flags),
        ),
        derived("hardness", "chemical hardness", "IE − EA", _hardness),
        derived("electrophilicity", "electrophilicity index", "(IE + EA)² / 8 (IE − EA)", _electrophilicity),
    )


def _hardness(ie: float, ea: float) -> float:
    """η = IE − EA, Parr and Pearson, J. Am. Chem. Soc. 105, 7512 (1983), without their factor of one half."""
    return ie - ea


def _electrophilicity(ie: float, ea: float) -> float:
    """ω = μ²/2η with μ = −(IE + EA)/2, Parr, Szentpály, Liu, J. Am. Chem. Soc. 121, 1922 (1999)."""
    return (ie + ea) ** 2 / (8 * (ie - ea))


IONISATION = Descriptor("ionisation", "ionisation energy and electron affinity", _calculations, _values)
"""Vertical ionisation energy and electron affinity, hardness and electrophilicity, eV."""
