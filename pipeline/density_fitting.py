"""Density fitting: whether the functions that PySCF fits with suit an element in a basis."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
from pyscf import gto
from pyscf.lib.exceptions import BasisNotFoundError
from pyscf.scf import atom_hf, hf

from pipeline.errors import InputError

LARGEST_ERROR_HARTREE = 0.001
"""Of an atom's Coulomb and exchange energy. The def2 bases stay below 0.0002 for every element of candidates; cc-pVDZ
misses 0.6 for bromine, STO-3G more than 20,000 for iodine."""
_REMEDY = "Leave --density-fit out, or use a def2 basis."


def check_fit(atoms: Iterable[gto.Mole]) -> None:
    """Refuse atoms, each a molecule of its own, whose energy the fit changes.

    Raises:
        InputError: PySCF has no fitting functions for an element in this basis, or they do not suit it.
    """
    for atom in atoms:
        symbol = atom.atom_symbol(0)
        try:
            error = fit_error(atom)
        except BasisNotFoundError as missing:
            raise InputError(f"{symbol} has no fitting functions for the basis {atom.basis!r}.", _REMEDY) from missing
        if error > LARGEST_ERROR_HARTREE:
            raise InputError(
                f"Density fitting of {symbol} in the basis {atom.basis!r} is {error:.2g} hartree off.", _REMEDY
            )


@cache
def fit_error(atom: gto.Mole) -> float:
    """Error of the fitted Coulomb and exchange energy of an atom's spherical Hartree–Fock density, in hartree.

    Raises:
        BasisNotFoundError: PySCF has no fitting functions.
    """
    _, _, orbitals, occupation = atom_hf.get_atm_nrhf(atom)[atom.atom_symbol(0)]
    density = (orbitals * occupation) @ orbitals.T
    exact, fitted = hf.get_jk(atom, density), hf.RHF(atom).density_fit().get_jk(atom, density)
    coulomb, exchange = (float(np.vdot(density, ours - theirs)) for ours, theirs in zip(fitted, exact, strict=True))
    return abs(0.5 * coulomb - 0.25 * exchange)
