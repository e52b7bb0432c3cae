"""RelaxedGeometry: the GFN2-xTB minimum of a species, in gas or in water."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii
from ase.optimize import BFGS
from ase.units import Hartree
from rdkit import Chem
from tblite.ase import TBLite

from molecules.conformers import EmbeddingError, Geometry, conformers
from molecules.species import Environment, Species
from pipeline.errors import ConvergenceError, InputError
from pipeline.level import LevelOfTheory
from pipeline.mean_field import check_state

VERSION = 2
"""Raise it when this module's results change: stored results of other versions are then not used."""

FORCE_TOLERANCE = 0.02
"""eV/Å, largest force on an atom: energies are then within about 0.1 kcal/mol of the minimum."""
MAX_STEPS = 400
_BROKEN, _FORMED = 1.45, 1.15
"""In units of the sum of covalent radii: a bond longer than the first is broken, an unbonded pair of heavy atoms
shorter than the second is a new bond."""


@dataclass(frozen=True, slots=True)
class RelaxedGeometry:
    """The lowest minimum found."""

    geometry: Geometry
    """Atoms in the order of the species' SMILES, hydrogens last."""
    energy_hartree: float
    """GFN2-xTB energy, with ALPB where the species is in water."""
    n_conformers: int
    """Conformers that were optimised."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in it."""


def relaxed_state(species: Species) -> tuple[int, int]:
    """Charge and multiplicity in which the geometry is relaxed: of the closed-shell parent for a vertical species."""
    if species.vertical:
        return Chem.GetFormalCharge(Chem.MolFromSmiles(species.smiles)), 1
    return species.charge, species.multiplicity


def relax(species: Species, level: LevelOfTheory, seed: int) -> RelaxedGeometry:
    """Optimise MMFF94 conformers with GFN2-xTB; keep the lowest.

    Raises:
        InputError: RDKit finds no three-dimensional structure, or charge and multiplicity do not fit.
        ConvergenceError: GFN2-xTB converges for none of the conformers.
    """
    check_state(species.symbols, *relaxed_state(species))
    try:
        starts = conformers(species.smiles, level.n_conformers, seed)
    except EmbeddingError as error:
        raise InputError(
            f"No three-dimensional structure of {species.label} was found: {error}", "Check the stereochemistry."
        ) from error
    minima: list[tuple[float, Geometry, bool]] = []
    failure: Exception | None = None
    for start in starts:
        try:
            minima.append(_optimise(start, relaxed_state(species), species.environment))
        except RuntimeError as error:
            failure = error
    if not minima:
        raise ConvergenceError(
            f"GFN2-xTB does not converge for {species.label}: {failure}.",
            "Check that the structure is chemically sensible; a smaller model of it may work.",
        )
    energy, geometry, converged = min(minima, key=lambda minimum: minimum[0])
    flags = _rearrangements(species.smiles, geometry)
    if not converged:
        flags.append(f"The geometry is not fully relaxed after {MAX_STEPS} steps.")
    return RelaxedGeometry(geometry, energy, len(minima), tuple(flags))


def xtb_energy(geometry: Geometry, charge: int, multiplicity: int, environment: Environment) -> float:
    """GFN2-xTB energy in hartree at a geometry; in water with the ALPB model.

    Source: Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 15, 1652 (2019); ALPB: Ehlert, Stahn, Spicher, Grimme,
    J. Chem. Theory Comput. 17, 4250 (2021).

    Raises:
        InputError: charge and multiplicity do not fit.
        ConvergenceError: the xTB self-consistent field does not converge.
    """
    check_state(geometry.symbols, charge, multiplicity)
    try:
        return float(_atoms(geometry, charge, multiplicity, environment).get_potential_energy() / Hartree)
    except RuntimeError as error:
        raise ConvergenceError(f"GFN2-xTB does not converge: {error}.", "Check charge and multiplicity.") from error


def _atoms(geometry: Geometry, charge: int, multiplicity: int, environment: Environment) -> Atoms:
    atoms = Atoms(list(geometry.symbols), geometry.coordinates())
    solvation = ("alpb", "water") if environment == "water" else None
    atoms.calc = TBLite(method="GFN2-xTB", charge=charge, multiplicity=multiplicity, solvation=solvation, verbosity=0)
    return atoms


def _optimise(start: Geometry, state: tuple[int, int], environment: Environment) -> tuple[float, Geometry, bool]:
    atoms = _atoms(start, *state, environment)
    converged = len(atoms) == 1 or BFGS(atoms, logfile=None).run(fmax=FORCE_TOLERANCE, steps=MAX_STEPS)
    positions = tuple((float(x), float(y), float(z)) for x, y, z in atoms.get_positions())
    return float(atoms.get_potential_energy() / Hartree), Geometry(start.symbols, positions), bool(converged)


def _rearrangements(smiles: str, geometry: Geometry) -> list[str]:
    """Bonds that the geometry has broken, to hydrogen too, and bonds between heavy atoms that it has formed."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    xyz = geometry.coordinates()
    flags = []
    for i, j in combinations(range(mol.GetNumAtoms()), 2):
        pair = f"{geometry.symbols[i]}{i + 1} and {geometry.symbols[j]}{j + 1}"
        radii = sum(covalent_radii[atomic_numbers[geometry.symbols[k]]] for k in (i, j))
        relative = float(np.linalg.norm(xyz[i] - xyz[j])) / radii
        bonded = mol.GetBondBetweenAtoms(i, j) is not None
        if bonded and relative > _BROKEN:
            flags.append(f"On relaxation the bond between {pair} broke.")
        elif not bonded and relative < _FORMED and "H" not in (geometry.symbols[i], geometry.symbols[j]):
            flags.append(f"On relaxation {pair} came into bonding distance.")
    return flags
