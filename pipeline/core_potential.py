"""Core potentials: which effective core potential belongs to a basis set, element by element."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from pyscf import gto
from pyscf.lib.exceptions import BasisNotFoundError

from pipeline.errors import InputError

_FAMILIES = (
    (r"(ccecp(?:he|reg|28|36)?).*", r"\1"),
    (r"bfd.*", "bfd"),
    (r"(?:aug)?ccp(?:wc)?v[dtq5]zpp", "ccpvdzpp"),
    (r"def2.*", "def2svp"),
    (r"qavgvszps", "ecpqvszp"),
)
"""Names of functions, and that of their family's potentials in PySCF, where the two differ. ccECP: Bennett et al.,
J. Chem. Phys. 147, 224106 (2017); BFD: Burkatzki, Filippi, Dolg, J. Chem. Phys. 126, 234105 (2007); cc-pVnZ-PP:
Peterson, J. Chem. Phys. 119, 11099 (2003); def2: Weigend, Ahlrichs, Phys. Chem. Chem. Phys. 7, 3297 (2005);
q-vSZP: github.com/grimme-lab/q-vSZPs."""
_HELIUM, _ARGON = 2, 18
LEAST_CORE = 0.9
"""Of the exact energy −Z²/2 of an atom's last electron, that functions for all electrons reach. In PySCF's data they
reach 0.93 and more, functions for a core potential at most 0.84."""
MOST_LOST_BY_CONTRACTION = 0.002
"""Of the same energy, by the contraction of the functions. Beyond argon sets that were contracted in a non-relativistic
atom lose up to 0.0013 (3-21G), those of a relativistic one 0.0025 and more (ANO-RCC, -DK)."""


def core_potentials(symbols: Iterable[str], basis: str) -> dict[str, list[Any]]:
    """The potentials that belong to a basis, by element, in PySCF's form, which does not add them by itself.

    Raises:
        InputError: the basis describes no core of an element, and there is no potential for it; or it is contracted for
            a relativistic Hamiltonian.
        BasisNotFoundError: the basis is unknown or lacks an element.
    """
    found = {symbol: core_potential(symbol, basis) for symbol in sorted(set(symbols))}
    return {symbol: potential for symbol, potential in found.items() if potential}


@cache
def core_potential(symbol: str, basis: str) -> list[Any] | None:
    """The potential of one element in PySCF's form; None where the functions are for all its electrons.

    Raises:
        InputError, BasisNotFoundError: as `core_potentials`.
    """
    functions = gto.format_basis({symbol: basis})[symbol]
    if potential := _potential(symbol, basis):
        return potential
    charge = gto.charge(symbol)
    if charge <= _HELIUM:  # they have no core
        return None
    exact = -0.5 * charge**2
    reached = _last_electron(symbol, functions) / exact
    if reached < LEAST_CORE:
        raise InputError(
            f"The basis {basis!r} has no functions for the core of {symbol}, and PySCF has no core potential for it.",
            "Use a basis for all electrons, or one whose potentials PySCF has, such as def2-svp.",
        )
    if charge > _ARGON:
        uncontracted = _last_electron(symbol, gto.uncontract(functions)) / exact
        if uncontracted - reached > MOST_LOST_BY_CONTRACTION:
            raise InputError(
                f"The basis {basis!r} of {symbol} is contracted for a relativistic Hamiltonian; here it is "
                "non-relativistic, and energies would be many hartree too high.",
                "Use a basis with a core potential, such as def2-svp, or one contracted without relativity.",
            )
    return None


def _potential(symbol: str, basis: str) -> list[Any] | None:
    name = re.sub(r"^unc|@.*|[-_ ]", "", basis.lower())
    for functions, potentials in _FAMILIES:
        name = re.sub(f"^{functions}$", potentials, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySCF advises to install more basis sets where a name has no potentials
        try:
            return gto.basis.load_ecp(name, symbol) or None
        except (BasisNotFoundError, RuntimeError, OSError, TypeError):  # PySCF has no one error for it
            return None


def _last_electron(symbol: str, functions: list[Any]) -> float:
    """Energy in hartree of the nucleus with one electron, in the s functions among those given."""
    atom = gto.M(
        atom=symbol, basis={symbol: [shell for shell in functions if shell[0] == 0]}, spin=gto.charge(symbol) % 2
    )
    overlap, hamiltonian = atom.intor("int1e_ovlp"), atom.intor("int1e_kin") + atom.intor("int1e_nuc")
    widths, vectors = np.linalg.eigh(overlap)
    kept = vectors[:, widths > 1e-8] / np.sqrt(widths[widths > 1e-8])  # fitting sets are nearly dependent
    return float(np.linalg.eigvalsh(kept.T @ hamiltonian @ kept)[0])
