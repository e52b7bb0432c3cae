"""A tiny level of theory and geometries made by hand, for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from molecules.conformers import Geometry
from molecules.species import Species, neutral
from pipeline.active_space import ActiveSpaceChoice
from pipeline.geometry import relax
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import PROFILES
from pipeline.rungs import Rungs

TINY = replace(PROFILES["quick"], basis="sto-3g", n_conformers=1, density_fit=False, grid_level=0)
"""A ground state of a small molecule takes well under a second."""


def geometry(*atoms: tuple[str, float, float, float]) -> Geometry:
    """Atoms as (symbol, x, y, z) in ångström."""
    return Geometry(tuple(atom[0] for atom in atoms), tuple(atom[1:] for atom in atoms))


def moved(start: Geometry, rotation: np.ndarray) -> Geometry:
    """The same molecule turned, and away from the origin."""
    turned = start.coordinates() @ rotation.T + [1.0, -2.0, 3.0]
    return Geometry.of(start.symbols, turned)


def planar(species: Species) -> Geometry:
    """A planar molecule's relaxed geometry, turned into the xy plane exactly."""
    relaxed = relax(species, TINY, seed=1).geometry
    centred = relaxed.coordinates() - relaxed.coordinates().mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred)
    assert sizes[2] < 0.05, "the molecule is not planar"
    return Geometry(relaxed.symbols, tuple((float(x), float(y), 0.0) for x, y, _ in centred @ axes.T))


def ground_state_of(energy: Rungs, electrons: int = 4, orbitals: int = 4, label: str = "M", *flags: str) -> GroundState:
    """A record with these energies in hartree."""
    species = neutral("C", label, "gas")
    return GroundState(
        calculation=Calculation(species, ActiveSpaceChoice(electrons, orbitals)),
        geometry=geometry(("C", 0.0, 0.0, 0.0)),
        n_electrons=electrons,
        n_orbitals=orbitals,
        n_qubits=2 * orbitals,
        n_basis=9,
        energy_hartree=energy,
        solvation_hartree=0.0,
        enthalpy_hartree=0.0,
        ensemble_hartree=0.0,
        conformer_spread_hartree=0.0,
        converged=not flags,
        gradient_norm=0.0,
        n_evaluations=1,
        s_squared=0.0,
        natural_occupations=(),
        orbital_entropies=(),
        mutual_information=(),
        trace=(),
        parameters=(),
        flags=flags,
        wall_s={},
    )
