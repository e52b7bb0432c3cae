"""Strain: E[M, pose] − E[M, relaxed] in water; what it costs a molecule to take the shape that it was given in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from molecules.conformers import Geometry
from molecules.species import neutral
from pipeline.active_space import ActiveSpaceChoice, frontier
from pipeline.descriptors.equation import Descriptor, DescriptorValue, NotApplicableError, energy_difference
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import LevelOfTheory
from pipeline.rungs import HARTREE_IN_KCAL_MOL

TOLERANCE_KCAL_MOL = 0.2
"""Two relaxations to one minimum differ by up to this on the rung xtb, each being within 0.1 of it; a part of the
uncertainty."""


def _without_pose(_smiles: str, name: str, _level: LevelOfTheory) -> tuple[Calculation, ...]:
    raise NotApplicableError(
        f"{name} comes without a shape, so that its strain is not defined.",
        "Give it as an SDF record with 3D coordinates, such as a docked or crystal pose.",
    )


def _at_pose(smiles: str, name: str, level: LevelOfTheory, pose: Geometry) -> tuple[Calculation, ...]:
    """The molecule held near the pose and free, in one frontier space."""
    free = neutral(smiles, name, "water")
    posed = replace(free, label=f"{name} in its pose", pose=pose)
    electrons, orbitals = frontier(free.symbols, free.charge, 1, level)
    return tuple(Calculation(one, ActiveSpaceChoice(electrons, orbitals)) for one in (posed, free))


def _values(states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    posed, free = states
    value = energy_difference(
        "strain",
        "strain energy of the pose",
        "kcal/mol",
        HARTREE_IN_KCAL_MOL,
        "E[M, pose] − E[M, relaxed], in water",
        [(1.0, posed), (-1.0, free)],
    )
    value = replace(value, uncertainty_from={**value.uncertainty_from, "relaxation": TOLERANCE_KCAL_MOL})
    if value.rungs.xtb is not None and value.rungs.xtb < -TOLERANCE_KCAL_MOL:
        missed = "The pose lies below every relaxed conformer: more conformers, of a higher profile, are needed."
        value = replace(value, flags=(*value.flags, missed))
    return (value,)


STRAIN = Descriptor("strain", "strain energy", ("strain",), _without_pose, _values, at_pose=_at_pose)
"""Energy of the molecule in its pose above that of its lowest conformer, both in water, kcal/mol."""
