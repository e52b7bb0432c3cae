"""Likeness: how surely a cell or word of a file is a structure."""

from __future__ import annotations

import re

from rdkit import Chem

from molecules.errors import StructureError
from molecules.smiles import parse, split_extension

_LETTERS = re.compile(r"(Br|Cl|[BCNOPSFIHbcnops*]|\[[^\]\s]+\]|[-=#$:/\\().+~%0-9@])+")
_LEAST_ATOMS = 3


def likeness(text: str) -> int:
    """Tell how surely a text is an organic molecule.

    Args:
        text: A cell or word; the extension of a CXSMILES is set aside.

    Returns:
        2 for SMILES of a molecule with carbon; 1 where they may be a word as well, such as C, CO and NCI; else 0.
    """
    mol = organic_molecule(text)
    if mol is None:
        return 0
    core, _ = split_extension(text.strip())
    return 1 if core.isalpha() or mol.GetNumHeavyAtoms() < _LEAST_ATOMS else 2


def organic_molecule(text: str) -> Chem.Mol | None:
    """Read a text as a molecule with carbon; None where it is none."""
    core, _ = split_extension(text.strip())
    if not re.search("[Cc]", core) or not looks_like_smiles(core):
        return None
    try:
        mol = parse(core)
    except StructureError:
        return None
    return mol if any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms()) else None


def looks_like_smiles(text: str) -> bool:
    """Tell whether a text is written in the letters of SMILES, however wrong it may be."""
    return _LETTERS.fullmatch(split_extension(text.strip())[0]) is not None
