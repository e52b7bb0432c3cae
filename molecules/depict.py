"""Drawings of molecules as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from molecules.smiles import parse

_BOND_LENGTH_PIXELS = 27.0
_DEPICTOR_BOND_LENGTH = 1.5  # of a bond in RDKit's 2D coordinates; `fixedBondLength` is pixels per unit of these
_HIGHLIGHT = (1.0, 0.82, 0.4)
WEAK_KCAL_MOL, STRONG_KCAL_MOL = 80.0, 105.0
"""Dissociation enthalpies at the ends of the scale of `soft_spots`: a doubly benzylic C–H bond, and methane's."""
_WEAK, _STRONG = (0.85, 0.28, 0.0), (1.0, 0.95, 0.85)  # vermilion to cream: told apart in grey and by the colour-blind


def svg(smiles: str, width: int = 240, height: int = 160, highlight: Sequence[int] = ()) -> str:
    """Draw a molecule.

    Bonds have one length in every drawing, so that drawings side by side look alike; a molecule too large for the frame
    is shrunk to fit.

    Args:
        smiles: The molecule.
        width: Width of the frame in pixels; the drawing scales with its container through its viewBox.
        height: Height of the frame in pixels.
        highlight: Atoms to mark, counted in the written order of `smiles` from 0.

    Returns:
        An ``<svg>`` element to put into HTML as it is: transparent, without XML prolog.

    Raises:
        SmilesError: When the SMILES cannot be read.
        ValueError: When a highlighted atom does not exist.
    """
    return _drawn(parse(smiles), smiles, width, height, dict.fromkeys(highlight, _HIGHLIGHT))


def soft_spots(smiles: str, enthalpies: Mapping[int, float], width: int = 240, height: int = 160) -> str:
    """Draw a molecule with its atoms coloured by how weak their bonds to hydrogen are: vermilion weak, cream strong.

    Args:
        smiles: The molecule.
        enthalpies: Bond dissociation enthalpies in kcal/mol by atom, counted in the written order of `smiles` from 0;
            other atoms stay white. The scale ends at `WEAK_KCAL_MOL` and `STRONG_KCAL_MOL`.
        width: As in `svg`.
        height: As in `svg`.

    Returns:
        As `svg`.

    Raises:
        SmilesError: When the SMILES cannot be read.
        ValueError: When a coloured atom does not exist.
    """
    return _drawn(parse(smiles), smiles, width, height, {atom: _shade(value) for atom, value in enthalpies.items()})


def _shade(enthalpy: float) -> tuple[float, float, float]:
    share = (enthalpy - WEAK_KCAL_MOL) / (STRONG_KCAL_MOL - WEAK_KCAL_MOL)
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (weak + share * (strong - weak) for weak, strong in zip(_WEAK, _STRONG, strict=True))
    return red, green, blue


def _drawn(
    mol: Chem.Mol, smiles: str, width: int, height: int, colours: Mapping[int, tuple[float, float, float]]
) -> str:
    missing = [index for index in colours if not 0 <= index < mol.GetNumAtoms()]
    if missing:
        raise ValueError(f"{smiles} has no atom {missing[0]}: it has {mol.GetNumAtoms()}, counted from 0.")
    rdDepictor.SetPreferCoordGen(False)
    rdDepictor.Compute2DCoords(mol, canonOrient=True)
    rdDepictor.StraightenDepiction(mol)
    drawing = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawing.drawOptions()  # RDKit's stubs give its fields the wrong types
    options.clearBackground = False
    options.fixedBondLength = _BOND_LENGTH_PIXELS / _DEPICTOR_BOND_LENGTH
    options.bondLineWidth = 1.6
    options.padding = 0.05
    options.minFontSize = 9
    options.maxFontSize = 15
    options.includeMetadata = False
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawing, mol, highlightAtoms=list(colours), highlightBonds=[], highlightAtomColors=dict(colours)
    )
    drawing.FinishDrawing()
    return _element(drawing.GetDrawingText(), width, height)


def _element(text: str, width: int, height: int) -> str:
    """Strip the XML prolog and let the element scale: its viewBox rules, and it never exceeds its container."""
    element = text[text.index("<svg") :].strip()
    fixed = f"width='{width}px' height='{height}px'"
    if fixed not in element:
        raise AssertionError("RDKit writes the size of an SVG differently from before; adapt molecules/depict.py.")
    return element.replace(fixed, f"width='{width}' height='{height}' style='max-width:100%;height:auto'", 1)
