"""Descriptor: which species, with which coefficients. DescriptorValue: what comes of it on every rung."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from molecules.conformers import Geometry
from molecules.protonation import protonated
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.rungs import RANKING_RUNG, RUNGS, Rungs, combine


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
    """Empty where there is none, as of log P."""
    uncertainty_from: Mapping[str, float]
    """Independent parts of the uncertainty, in `unit`: ``methods``, ``conformers``, ``convergence``, ``model``,
    ``relaxation`` and ``validation``, as far as there are any; see `spread` and `pipeline.descriptors.residuals`."""
    equation: str
    """For people, such as ``E[adduct] − E[acceptor] − E[CH3S−]``."""
    calculations: tuple[Calculation, ...]
    """The ground states in it, in the order of the equation."""
    rungs: Rungs
    """In `unit`."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in it, those of its species included."""
    slopes: Mapping[str, float] = field(default_factory=dict)
    """Of a formula of other values: its derivative by each of them, by dotted name."""
    least_uncertainty: float = 0.0
    """What validation supports no less than, in `unit`; zero: nothing is known."""

    @property
    def uncertainty(self) -> float:
        """Half width in `unit`, like a standard deviation: the parts added in quadrature."""
        return math.hypot(*self.uncertainty_from.values())


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A named equation."""

    name: str
    title: str
    names: tuple[str, ...]
    """Dotted names of the values that every molecule has to which it applies."""
    calculations: Callable[[str, str, LevelOfTheory], tuple[Calculation, ...]]
    """(SMILES, name of the candidate, level) → the ground states it needs; raises NotApplicableError."""
    values: Callable[[Sequence[GroundState]], tuple[DescriptorValue, ...]]
    """Their ground states in the same order → its values."""
    at_pose: Callable[[str, str, LevelOfTheory, Geometry], tuple[Calculation, ...]] | None = None
    """As `calculations`, of a candidate whose shape is known; None where the shape does not matter."""
    of_form_in_water: bool = False
    """Of the form that prevails in water at pH 7.4, as reactivity is; False: of the neutral molecule."""

    def needs(
        self, smiles: str, name: str, level: LevelOfTheory, pose: Geometry | None = None, neutral: bool = False
    ) -> tuple[Calculation, ...]:
        """The ground states that this needs of a candidate.

        Args:
            smiles: The candidate, as little charged as protons can make it.
            name: Its name for people.
            level: The level of theory.
            pose: The shape it was given with, atoms in the order of `smiles`, hydrogens last.
            neutral: Take the neutral molecule where the form in water would be taken.

        Raises:
            NotApplicableError: the candidate has no such quantity.
        """
        if self.at_pose is not None and pose is not None:
            return self.at_pose(smiles, name, level, pose)
        return self.calculations(protonated(smiles) if self.of_form_in_water and not neutral else smiles, name, level)


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
        uncertainty_from=spread(rungs, in_hartree, terms),
        equation=equation,
        calculations=tuple(state.calculation for _, state in terms),
        rungs=rungs,
        flags=tuple(flags),
    )


def at_least(value: DescriptorValue, least_uncertainty: float) -> DescriptorValue:
    """The value with methods, conformers and validation together as uncertain as validation found, or more.

    What methods and conformers do not explain of it becomes the part ``validation``. Other parts add to it: no molecule
    of the validation sets was computed on a model, and none without convergence.

    Args:
        value: of any kind.
        least_uncertainty: in the value's unit.
    """
    explained = math.hypot(*(value.uncertainty_from.get(part, 0.0) for part in ("methods", "conformers")))
    parts = {part: width for part, width in value.uncertainty_from.items() if part != "validation"}
    if least_uncertainty > explained:
        parts["validation"] = math.sqrt(least_uncertainty**2 - explained**2)
    return replace(value, uncertainty_from=parts, least_uncertainty=least_uncertainty)


def ranking_value(rungs: Rungs) -> float:
    """The value on the rung that ranks."""
    value = rungs[RANKING_RUNG]
    if value is None or not math.isfinite(value):
        raise ValueError(f"The rung {RANKING_RUNG} has no finite value: {value}.")
    return value


def spread(rungs: Rungs, in_hartree: float, terms: Sequence[tuple[float, GroundState]]) -> Mapping[str, float]:
    """Parts of an uncertainty that the calculation itself shows, in the unit of `rungs`.

    - ``methods``: as in `method_spread`.
    - ``conformers``: standard deviation of the energies of populated GFN2-xTB conformers. Higher rungs are computed at
      the lowest one only, and may order them otherwise. Species that share a geometry share its error.
    - ``convergence``: where a ground state did not converge, half the range of the rungs that rest on its mean
      field. The top of a way may be none, which its flag says.

    Args:
        rungs: of the value.
        in_hartree: one hartree in the value's unit.
        terms: coefficients and ground states of the equation.
    """
    coefficients: dict[Geometry, float] = defaultdict(float)
    widths: dict[Geometry, float] = {}
    for coefficient, state in terms:
        coefficients[state.geometry] += coefficient
        widths[state.geometry] = in_hartree * state.conformer_spread_hartree
    parts = {
        "methods": method_spread(rungs),
        "conformers": math.hypot(*(coefficients[geometry] * width for geometry, width in widths.items())),
    }
    if not all(state.converged or state.calculation.species.driven for _, state in terms):
        known = [value for rung in RUNGS if rung != "xtb" and (value := rungs[rung]) is not None]
        parts["convergence"] = (max(known) - min(known)) / 2
    return parts


def method_spread(rungs: Rungs) -> float:
    """Disagreement between methods; no bound, and blind to errors that they share.

    Half the difference between the two independent rungs with dynamic correlation (MC-PDFT and DFT), plus the whole
    difference that the VQE makes against the exact state of the same active space.
    """
    value = ranking_value(rungs)
    against_dft = abs(value - rungs.dft) / 2 if rungs.dft is not None else 0.0
    against_exact = abs(value - rungs.casci_pdft) if rungs.casci_pdft is not None else 0.0
    return against_dft + against_exact
