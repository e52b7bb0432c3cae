"""Drawings of molecules as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from molecules.smiles import parse

_BOND_LENGTH_PIXELS = 27.0
_DEPICTOR_BOND_LENGTH = 1.5  # of a bond in RDKit's 2D coordinates; `fixedBondLength` is pixels per unit of these
_HIGHLIGHT = (1.0, 0.82, 0.4)


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
    mol = parse(smiles)
    missing = [index for index in highlight if not 0 <= index < mol.GetNumAtoms()]
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
    options.setHighlightColour(_HIGHLIGHT)
    options.includeMetadata = False
    rdMolDraw2D.PrepareAndDrawMolecule(drawing, mol, highlightAtoms=list(highlight), highlightBonds=[])
    drawing.FinishDrawing()
    return _element(drawing.GetDrawingText(), width, height)


def _element(text: str, width: int, height: int) -> str:
    """Strip the XML prolog and let the element scale: its viewBox rules, and it never exceeds its container."""
    element = text[text.index("<svg") :].strip()
    fixed = f"width='{width}px' height='{height}px'"
    if fixed not in element:
        raise AssertionError("RDKit writes the size of an SVG differently from before; adapt molecules/depict.py.")
    return element.replace(fixed, f"width='{width}' height='{height}' style='max-width:100%;height:auto'", 1)
