"""Residuals: how far descriptors are off measured values, the least that their uncertainty may be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.descriptors.equation import DescriptorValue, at_least
from pipeline.ground_state import Calculation
from pipeline.level import PROFILES, LevelOfTheory


@dataclass(frozen=True, slots=True)
class Residual:
    """What validation found for one kind of value at one profile."""

    root_mean_square: float
    """Of `vqe_pdft` less the measured value, in the descriptor's unit."""
    n_values: int
    """Measured values that were compared."""
    most_heavy_atoms: int
    """Of any species in the equations."""


RESIDUALS: Mapping[tuple[str, str], Residual] = {
    ("thiol_addition", "quick"): Residual(3.2, 29, 13),
    ("thiol_addition", "standard"): Residual(2.3, 29, 13),
    ("thiol_addition.barrier", "quick"): Residual(3.0, 29, 13),
    ("thiol_addition.barrier", "standard"): Residual(2.3, 29, 13),
    ("ionisation.ie_vertical", "quick"): Residual(0.2, 21, 2),
    ("ionisation.ea_vertical", "quick"): Residual(0.9, 18, 2),
    ("bond_dissociation", "quick"): Residual(2.3, 21, 7),
    ("bond_dissociation", "standard"): Residual(2.4, 21, 7),
    ("heteroatom_dissociation", "quick"): Residual(2.1, 5, 3),
    ("heteroatom_dissociation", "standard"): Residual(3.2, 5, 3),
    ("solvation.water", "quick"): Residual(2.3, 80, 22),
    ("solvation.water", "standard"): Residual(1.3, 80, 22),
    ("solvation.octanol", "quick"): Residual(1.1, 207, 8),
    ("solvation.octanol", "standard"): Residual(1.1, 14, 8),
    ("solvation.log_p", "quick"): Residual(0.9, 291, 8),
    ("solvation.log_p", "standard"): Residual(0.5, 20, 8),
}
"""By descriptor value or family, and profile, from the tables in docs/validation, which `eigenlead validate` writes; a
test holds the two together.

- Thiol addition: measured are rates, which have no energies to compare with. Its residual is that about the straight
  line of computed energies over measured log k: all scatter about it counts as error of the energies. So it is one of
  differences between molecules, and nothing is known of what they share.
- Heteroatoms: five values alone are too few for a root mean square. It is at least that of all bonds of hydrogen.
"""
PROPERTY_RESIDUALS: Mapping[str, float] = {"clogp": 0.68}
"""Root mean square errors of properties that are estimates, by name. Of log P from the formula: Wildman, Crippen,
J. Chem. Inf. Comput. Sci. 39, 868 (1999), on the 9920 molecules that it was fitted to."""
_ALIKE = {"ionisation.ie_adiabatic": "ionisation.ie_vertical", "ionisation.ea_adiabatic": "ionisation.ea_vertical"}
"""Values that are not validated, and the one nearest to them that is."""


def with_residual(value: DescriptorValue, level: LevelOfTheory) -> DescriptorValue:
    """The value as uncertain as validation found its kind to be, or more; with flags on what validation does not cover.

    A formula of other values is as uncertain as their residuals make it. Where a kind is not validated at the level,
    the largest residual that is known of it stands in.
    """
    profile = next((name for name, known in PROFILES.items() if known == level), "")
    sources = value.slopes or {value.name: 1.0}
    own = [_own(name, profile) for name in sources]
    found = [residual for residual in map(_or_nearest, own, sources) if residual]
    if len(found) < len(sources):
        return _flagged(
            value,
            "Not validated against measured values: its uncertainty counts only "
            f"{_and(value.uncertainty_from)}, and may be too small.",
        )
    widths = (slope * residual.root_mean_square for slope, residual in zip(sources.values(), found, strict=True))
    value = at_least(value, math.hypot(*widths))
    if None in own:
        value = _flagged(
            value,
            "Not validated at this level of theory: its uncertainty is at least the largest that validation found for "
            "values of its kind elsewhere, and may be too small.",
        )
    largest = min(residual.most_heavy_atoms for residual in found)
    here = max((_heavy_atoms(calculation) for calculation in value.calculations), default=0)
    if here > largest:
        value = _flagged(
            value,
            f"Validated on species of up to {largest} heavy atoms, and here is one of {here}: its uncertainty may be "
            "too small.",
        )
    return value


def _own(name: str, profile: str) -> Residual | None:
    """Of this value, or of its family, at this profile."""
    return RESIDUALS.get((name, profile)) or RESIDUALS.get((name.split(".")[0], profile))


def _or_nearest(own: Residual | None, name: str) -> Residual | None:
    """The value's own, or the largest that is known of its kind at any profile."""
    kinds = {name, name.split(".")[0], _ALIKE.get(name, name)}
    known = (residual for (kind, _), residual in RESIDUALS.items() if kind in kinds)
    return own or max(known, key=lambda residual: residual.root_mean_square, default=None)


def _heavy_atoms(calculation: Calculation) -> int:
    return sum(symbol != "H" for symbol in calculation.species.symbols)


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _flagged(value: DescriptorValue, flag: str) -> DescriptorValue:
    return replace(value, flags=(*value.flags, flag))
