"""Soft spots: a first look, by GFN2-xTB alone, at which bonds to hydrogen of a molecule are weak."""

from __future__ import annotations

import math
from functools import lru_cache

from ase.units import Hartree

from molecules.conformers import EmbeddingError, Geometry, conformers
from molecules.radicals import BreakableBond, find_bonds
from molecules.species import neutral
from pipeline.geometry import loosely_relaxed, xtb_energy

_SEED = 1
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
        whole = loosely_relaxed(conformers(smiles, 1, _SEED)[0], charge, 1, "gas")
    except (EmbeddingError, RuntimeError):
        return (math.inf,) * len(bonds)
    hydrogen = xtb_energy(_HYDROGEN, 0, 2, "gas")
    at_rest = whole.get_potential_energy() / Hartree
    energies = []
    for bond in bonds:
        radical = whole.copy()
        del radical[bond.partner]
        start = Geometry.of(radical.symbols, radical.positions)
        try:
            energy = loosely_relaxed(start, charge, 2, "gas").get_potential_energy() / Hartree
        except RuntimeError:
            energy = math.inf
        energies.append(float(energy + hydrogen - at_rest))
    return tuple(energies)
