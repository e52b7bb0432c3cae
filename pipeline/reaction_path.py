"""Reaction path: the highest point on the way of two atoms that are pulled apart, by a relaxed scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.constraints import FixBondLength
from ase.neighborlist import build_neighbor_list
from ase.optimize import BFGS
from ase.units import Hartree
from scipy.sparse.csgraph import connected_components

from molecules.conformers import Geometry

VERSION = 2
"""Raise it when results of the path below change: stored results of other versions are then not used."""
FIRST_ANGSTROM, LAST_ANGSTROM, STEP_ANGSTROM = 2.0, 2.8, 0.1
"""Farther out, GFN2-xTB's shallow maxima are those of a complex that turns, not of a bond that forms."""
FALLBACK_ANGSTROM = 2.4
"""Where the energy has no maximum; about where transition states of thiolate additions are computed to be."""
FORCE_TOLERANCE, MAX_STEPS = 0.05, 60
"""eV/Å, and optimisation steps at each distance."""


@dataclass(frozen=True, slots=True)
class Top:
    """The highest point of a scan."""

    geometry: Geometry
    energy_hartree: float
    distance_angstrom: float
    is_maximum: bool
    """False: the energy only rises or only falls, and this is the point at `FALLBACK_ANGSTROM`."""
    flags: tuple[str, ...]


def highest_point(atoms: Atoms, stays: int, leaves: int) -> Top:
    """Pull two bonded atoms apart, relaxing all else at each distance, and go back to the top.

    The top is the maximum of the parabola through the highest distance and its neighbours; all else is relaxed there
    once more. It is no transition state proper, since no curvature is examined.

    Args:
        atoms: a minimum, with its calculator.
        stays: one of the two atoms.
        leaves: the other; what it is bonded to goes with it.

    Raises:
        RuntimeError: the calculator does not converge.
    """
    moving = _fragment(atoms, stays, leaves)
    distances = np.arange(FIRST_ANGSTROM, LAST_ANGSTROM + 0.5 * STEP_ANGSTROM, STEP_ANGSTROM)
    path: list[Atoms] = []
    for step in distances:
        path.append(_at(path[-1] if path else atoms, stays, leaves, moving, float(step)))
    energies = np.array([one.get_potential_energy() for one in path])
    highest = int(energies[1:-1].argmax()) + 1
    is_maximum = bool(energies[highest] >= max(energies[highest - 1], energies[highest + 1]))
    if is_maximum:
        a, b, _ = np.polyfit(distances[highest - 1 : highest + 2], energies[highest - 1 : highest + 2], 2)
        distance = float(-b / (2 * a)) if a < 0 else float(distances[highest])
    else:
        distance = FALLBACK_ANGSTROM
    nearest = path[int(np.abs(distances - distance).argmin())]
    top = _at(nearest, stays, leaves, moving, distance)
    names = f"{atoms[leaves].symbol}–{atoms[stays].symbol}"
    missing = f"GFN2-xTB finds no barrier along {names}: the point at {FALLBACK_ANGSTROM} Å stands for it."
    return Top(
        geometry=Geometry.of(top.get_chemical_symbols(), top.get_positions()),
        energy_hartree=float(top.get_potential_energy() / Hartree),
        distance_angstrom=distance,
        is_maximum=is_maximum,
        flags=() if is_maximum else (missing,),
    )


def pulled_apart(atoms: Atoms, stays: int, leaves: int, distance: float) -> Atoms:
    """Two bonded atoms at a distance in ångström, all else relaxed.

    Args:
        atoms: a minimum, with its calculator.
        stays: one of the two atoms.
        leaves: the other; what it is bonded to goes with it.
        distance: between the two.

    Raises:
        RuntimeError: the calculator does not converge.
    """
    return _at(atoms, stays, leaves, _fragment(atoms, stays, leaves), distance)


def _at(atoms: Atoms, stays: int, leaves: int, moving: list[int], distance: float) -> Atoms:
    """Relaxed with that distance held."""
    moved = atoms.copy()
    moved.calc = type(atoms.calc)(**atoms.calc.parameters)
    moved.set_distance(stays, leaves, distance, fix=0, indices=moving)
    moved.set_constraint(FixBondLength(stays, leaves))
    BFGS(moved, logfile=None).run(fmax=FORCE_TOLERANCE, steps=MAX_STEPS)
    return moved


def _fragment(atoms: Atoms, stays: int, leaves: int) -> list[int]:
    """Atoms that are bonded to the leaving one, and so on, with the bond between the two cut."""
    bonds = build_neighbor_list(atoms, self_interaction=False).get_connectivity_matrix(sparse=False)
    bonds = bonds + bonds.T
    bonds[stays, leaves] = bonds[leaves, stays] = 0
    _, labels = connected_components(bonds, directed=False)
    return [i for i, label in enumerate(labels) if label == labels[leaves]]
