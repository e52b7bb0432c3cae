"""Descriptor: which species, with which coefficients. DescriptorValue: what comes of it on every rung."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from molecules.conformers import Geometry
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.rungs import RANKING_RUNG, Rungs, combine


class NotApplicableError(InputError):
    """The molecule has no such quantity, such as a thiol addition without a Michael acceptor."""


@dataclass(frozen=True, slots=True)
class DescriptorValue:
    """One quantity of one candidate."""

    name: str
    """Dotted where a descriptor gives several values, such as ``ionisation.ie_vertical``."""
    title: str
    """Words for a chemist."""
    value: float
    """On the rung that ranks, in `unit`."""
    unit: str
    uncertainty: float
    """Half width in `unit`; see `method_spread`."""
    equation: str
    """For people, such as ``E[adduct] − E[acceptor] − E[CH3S−]``."""
    calculations: tuple[Calculation, ...]
    """The ground states in it, in the order of the equation."""
    rungs: Rungs
    """In `unit`."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in it, those of its species included."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A named equation."""

    name: str
    title: str
    calculations: Callable[[str, str, LevelOfTheory], tuple[Calculation, ...]]
    """(SMILES, name of the candidate, level) → the ground states it needs; raises NotApplicableError."""
    values: Callable[[Sequence[GroundState]], tuple[DescriptorValue, ...]]
    """Their ground states in the same order → its values."""
    at_pose: Callable[[str, str, LevelOfTheory, Geometry], tuple[Calculation, ...]] | None = None
    """As `calculations`, of a candidate whose shape is known; None where the shape does not matter."""

    def needs(
        self, smiles: str, name: str, level: LevelOfTheory, pose: Geometry | None = None
    ) -> tuple[Calculation, ...]:
        """The ground states that this needs of a candidate.

        Args:
            smiles: The candidate.
            name: Its name for people.
            level: The level of theory.
            pose: The shape it was given with, atoms in the order of `smiles`, hydrogens last.

        Raises:
            NotApplicableError: the candidate has no such quantity.
        """
        if self.at_pose is not None and pose is not None:
            return self.at_pose(smiles, name, level, pose)
        return self.calculations(smiles, name, level)


def energy_difference(
    name: str,
    title: str,
    unit: str,
    in_hartree: float,
    equation: str,
    terms: Sequence[tuple[float, GroundState]],
    removed_electrons: int = 0,
    ensemble: bool = False,
) -> DescriptorValue:
    """The descriptor Σ coefficient · E(species), with the enthalpy corrections of calculations that ask for them.

    Args:
        name: as in `DescriptorValue`.
        title: as in `DescriptorValue`.
        unit: of the result.
        in_hartree: the unit's size: one hartree in that unit.
        equation: for people.
        terms: coefficients and ground states.
        removed_electrons: electrons that the equation leaves unbound: what Σ coefficient · active electrons has to be
            is their negative; zero where only bonds change.
        ensemble: whether conformers count, Boltzmann-weighted, in place of the lowest one alone.
    """
    thermal = sum(c * in_hartree * state.enthalpy_hartree for c, state in terms)
    conformers = sum(c * in_hartree * state.ensemble_hartree for c, state in terms) if ensemble else 0.0
    rungs = combine([(c * in_hartree, state.energy_hartree) for c, state in terms], constant=thermal + conformers)
    flags = [f"{state.calculation.species.label}: {flag}" for _, state in terms for flag in state.flags]
    electrons = sum(c * state.n_electrons for c, state in terms)
    orbitals = sum(c * state.n_orbitals for c, state in terms)
    if electrons != -removed_electrons or orbitals != 0:
        flags.append(
            f"The active spaces do not balance: over the equation, electrons sum to {electrons:+g} "
            f"and orbitals to {orbitals:+g}."
        )
    return DescriptorValue(
        name=name,
        title=title,
        value=ranking_value(rungs),
        unit=unit,
        uncertainty=method_spread(rungs),
        equation=equation,
        calculations=tuple(state.calculation for _, state in terms),
        rungs=rungs,
        flags=tuple(flags),
    )


def ranking_value(rungs: Rungs) -> float:
    """The value on the rung that ranks."""
    value = rungs[RANKING_RUNG]
    if value is None or not math.isfinite(value):
        raise ValueError(f"The rung {RANKING_RUNG} has no finite value: {value}.")
    return value


def method_spread(rungs: Rungs) -> float:
    """An uncertainty from disagreement between methods; no bound, and blind to errors that they share.

    Half the difference between the two independent rungs with dynamic correlation (MC-PDFT and DFT), plus the whole
    difference that the VQE makes against the exact state of the same active space.
    """
    value = ranking_value(rungs)
    against_dft = abs(value - rungs.dft) / 2 if rungs.dft is not None else 0.0
    against_exact = abs(value - rungs.casci_pdft) if rungs.casci_pdft is not None else 0.0
    return against_dft + against_exact
