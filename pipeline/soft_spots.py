"""Soft spots: a first look, by GFN2-xTB alone, at which bonds to hydrogen of a molecule are weak."""

from __future__ import annotations

import math
from functools import lru_cache

from ase import Atoms
from ase.optimize import BFGS
from ase.units import Hartree

from molecules.conformers import EmbeddingError, Geometry, conformers
from molecules.radicals import BreakableBond, find_bonds
from molecules.species import neutral
from pipeline.geometry import xtb_atoms, xtb_energy

FORCE_TOLERANCE = 0.2
"""eV/Å: ten times looser than in `pipeline.geometry`. Radicals have to lose most of their strain, since that is what
delocalises them; energies then are within a few kcal/mol, in a tenth of the time."""
_SHAKE_ANGSTROM, _MAX_STEPS, _SEED = 0.02, 100, 1
_HYDROGEN = Geometry(("H",), ((0.0, 0.0, 0.0),))


def weakest_bonds(smiles: str, pattern: str, count: int) -> tuple[BreakableBond, ...]:
    """The weakest bonds to hydrogen by GFN2-xTB, in the order of their atoms; all of them where there are no more.

    Args:
        smiles: Any SMILES of a closed-shell molecule.
        pattern: As in `molecules.radicals.find_bonds`; the second atom is a hydrogen.
        count: How many.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    bonds = find_bonds(smiles, pattern)
    if len(bonds) <= count:
        return bonds
    energies = bond_energies(bonds[0].smiles, pattern)
    kept = sorted(range(len(bonds)), key=lambda i: (energies[i], i))[:count]
    return tuple(bonds[i] for i in sorted(kept))


@lru_cache(maxsize=4096)
def bond_energies(smiles: str, pattern: str) -> tuple[float, ...]:
    """E[R•] + E[H•] − E[RH] of every bond of `find_bonds`, in hartree by GFN2-xTB in gas, loosely relaxed.

    One conformer, and each radical starts from it, so that conformational energy cancels. Infinite where xTB does not
    converge, and throughout where no three-dimensional structure is found: the ground states will say why. GFN2-xTB
    puts them some 20 kcal/mol too high, all alike: their order is what to use.
    """
    bonds = find_bonds(smiles, pattern)
    charge = neutral(smiles, smiles, "gas").charge
    try:
        whole = _relaxed(conformers(smiles, 1, _SEED)[0], charge, 1)
    except (EmbeddingError, RuntimeError):
        return (math.inf,) * len(bonds)
    hydrogen = xtb_energy(_HYDROGEN, 0, 2, "gas")
    at_rest = whole.get_potential_energy() / Hartree
    energies = []
    for bond in bonds:
        radical = whole.copy()
        del radical[bond.partner]
        start = Geometry(tuple(radical.symbols), tuple((float(x), float(y), float(z)) for x, y, z in radical.positions))
        try:
            energy = _relaxed(start, charge, 2).get_potential_energy() / Hartree
        except RuntimeError:
            energy = math.inf
        energies.append(float(energy + hydrogen - at_rest))
    return tuple(energies)


def _relaxed(start: Geometry, charge: int, multiplicity: int) -> Atoms:
    atoms = xtb_atoms(start, charge, multiplicity, "gas")
    if multiplicity > 1:
        atoms.rattle(_SHAKE_ANGSTROM, seed=_SEED)
    BFGS(atoms, logfile=None).run(fmax=FORCE_TOLERANCE, steps=_MAX_STEPS)
    return atoms
