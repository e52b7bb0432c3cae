"""Residuals: how far descriptors are off measured values, as a part of their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from pipeline.descriptors.equation import DescriptorValue
from pipeline.level import PROFILES, LevelOfTheory

ROOT_MEAN_SQUARES: Mapping[tuple[str, str], float] = {
    ("bond_dissociation", "quick"): 2.3,
    ("bond_dissociation", "standard"): 2.4,
    ("heteroatom_dissociation", "quick"): 0.9,
    ("heteroatom_dissociation", "standard"): 3.2,
    ("ionisation.ie_vertical", "quick"): 0.2,
    ("ionisation.ea_vertical", "quick"): 0.9,
    ("solvation.water", "quick"): 2.3,
    ("solvation.water", "standard"): 1.3,
}
"""Of `vqe_pdft` less the measured value, in the descriptor's unit, by descriptor value or family and profile. From the
tables in docs/validation, which `eigenlead validate` writes; a test holds the two together. Orders are all that is
validated for thiol addition, so it has none; ionisation is validated in other spaces than those of `standard`."""


def with_residual(value: DescriptorValue, level: LevelOfTheory) -> DescriptorValue:
    """The value with an uncertainty of at least the root mean square error that validation has found for its kind.

    What the other parts of the uncertainty do not explain of it becomes the part ``validation``.
    """
    named = next((name for name, known in PROFILES.items() if known == level), "")
    family = value.name.split(".")[0]
    residual = ROOT_MEAN_SQUARES.get((value.name, named), ROOT_MEAN_SQUARES.get((family, named), 0.0))
    if residual <= value.uncertainty:
        return value
    rest = math.sqrt(residual**2 - value.uncertainty**2)
    return replace(value, uncertainty_from={**value.uncertainty_from, "validation": rest})
