"""Standardisation: the one form of a molecule that is computed, and what was changed to get there."""

from __future__ import annotations

from dataclasses import dataclass

from rdkit import Chem, rdBase
from rdkit.Chem import rdinchi
from rdkit.Chem.MolStandardize import rdMolStandardize

from molecules.charges import recombined
from molecules.open_stereo import open_stereo
from molecules.salts import parent
from molecules.smiles import StructureError, parse

MAX_HEAVY_ATOMS = 60
"""Largest molecule that is taken; beyond it the quantum steps are out of reach."""
ELEMENTS = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I"})
"""Elements that candidates may hold."""
_SALT_METALS = frozenset({"Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Al", "Zn", "Ag"})


@dataclass(frozen=True, slots=True)
class Standardized:
    """The parent of an input structure."""

    smiles: str
    """Canonical isomeric SMILES: one molecule, with as little charge as protons can make it, in the tautomer that was
    drawn."""
    inchikey: str
    """Standard InChIKey of `smiles`; the same for most of its tautomers."""
    notes: tuple[str, ...]
    """What was changed or could not be decided, in sentences for a chemist."""


def standardize(mol: Chem.Mol) -> Standardized:
    """Bring a molecule into the one form that is computed.

    Salts and solvates are stripped, sulfoxides and phosphine oxides written one way, protons moved so that the molecule
    is as little charged as it can be, isotopes dropped. No atom but those protons moves: the tautomer is the one that
    was drawn, since which of them is lowest is a question of energies and none of drawing. The result does not depend
    on the order of the atoms.

    Args:
        mol: A sanitised molecule; it is not changed.

    Returns:
        The parent with its notes.

    Raises:
        StructureError: When there is no candidate in it: no carbon, an element out of reach, unpaired electrons, an
            attachment point, more than `MAX_HEAVY_ATOMS` heavy atoms, or a mixture.
    """
    _check(mol)
    with rdBase.BlockLogs():
        clean = _reordered(recombined(rdMolStandardize.MetalDisconnector().Disconnect(Chem.RemoveHs(mol))))
        found = parent(clean)
        notes = [f"Stripped from the salt or solvate: {', '.join(found.stripped)}."] if found.stripped else []
        notes += _charge_notes(found.mol, found.drawn, found.drawn_charge)
        bare, isotopes = _without_isotopes(found.mol)
        smiles, written = _written(bare)
        inchikey: str = rdinchi.MolToInchiKey(written)
    if not inchikey:
        raise StructureError(f"InChI cannot describe {smiles}.", "Check its bonds and charges in a structure editor.")
    return Standardized(smiles, inchikey, (*notes, *isotopes, *_stereo_notes(written)))


def _check(mol: Chem.Mol) -> None:
    """Refuse what no later step could mend, before anything expensive runs."""
    for atom in mol.GetAtoms():
        symbol = atom.GetSymbol()
        if atom.GetAtomicNum() == 0:
            raise StructureError(
                "It has an attachment point or unknown atom (*).", "Replace it with a real group, such as a methyl."
            )
        carbon_bound = any(neighbour.GetAtomicNum() == 6 for neighbour in atom.GetNeighbors())
        if symbol not in ELEMENTS and (symbol not in _SALT_METALS or carbon_bound):
            raise StructureError(
                f"It contains {Chem.GetPeriodicTable().GetElementName(atom.GetAtomicNum()).lower()} ({symbol}).",
                f"Use molecules made of {', '.join(sorted(ELEMENTS))}; metals are taken only as counter-ions of salts.",
            )
    organic = [fragment for fragment in Chem.GetMolFrags(mol, asMols=True) if _has_carbon(fragment)]
    if not organic:
        raise StructureError("There is no carbon in it.", "Write the structure of an organic molecule.")
    largest = max(organic, key=lambda fragment: fragment.GetNumHeavyAtoms())
    if largest.GetNumHeavyAtoms() > MAX_HEAVY_ATOMS:
        raise StructureError(
            f"It has {largest.GetNumHeavyAtoms()} heavy atoms; at most {MAX_HEAVY_ATOMS} can be computed.",
            "Cut it to a fragment around the reaction centre, capped with hydrogen or methyl.",
        )
    unpaired = [atom for fragment in organic for atom in fragment.GetAtoms() if atom.GetNumRadicalElectrons()]
    if unpaired:
        raise StructureError(
            f"It has unpaired electrons on {', '.join(sorted({atom.GetSymbol() for atom in unpaired}))}.",
            "Write the closed-shell molecule: add the missing hydrogens, or the charge.",
        )


def _has_carbon(mol: Chem.Mol) -> bool:
    return any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())


def _written(mol: Chem.Mol) -> tuple[str, Chem.Mol]:
    """Write canonical SMILES and read it back, until both agree."""
    smiles: str = Chem.MolToSmiles(mol)
    for _ in range(3):
        mol = parse(smiles)
        again: str = Chem.MolToSmiles(mol)
        if again == smiles:
            break
        smiles = again
    return smiles, mol


def _reordered(mol: Chem.Mol) -> Chem.Mol:
    """Put the atoms in canonical order, so that no later choice depends on how the input was written."""
    return _written(mol)[1]


def _without_isotopes(mol: Chem.Mol) -> tuple[Chem.Mol, list[str]]:
    labelled = [atom for atom in mol.GetAtoms() if atom.GetIsotope()]
    if not labelled:
        return mol, []
    names = sorted({f"{atom.GetIsotope()}{atom.GetSymbol()}" for atom in labelled})
    for atom in labelled:
        atom.SetIsotope(0)
    note = f"Isotope labels were dropped ({', '.join(names)}): electronic energies do not depend on them."
    return _reordered(Chem.RemoveHs(mol)), [note]


def _charge_notes(mol: Chem.Mol, drawn: str, drawn_charge: int) -> list[str]:
    charge = Chem.GetFormalCharge(mol)
    notes = []
    if Chem.MolToSmiles(mol) != drawn:
        was = f"charge {drawn_charge:+d}" if drawn_charge else "zwitterion"
        notes.append(f"Protons were moved to write the molecule with as little charge as possible (was: {was}).")
    if charge:
        notes.append(f"It carries a permanent charge of {charge:+d}, which is kept.")
    return notes


def _stereo_notes(mol: Chem.Mol) -> list[str]:
    """Report stereocentres and double bonds that the structure leaves open."""
    counts = [
        f"{number} {noun}{'' if number == 1 else 's'}"
        for number, noun in zip(open_stereo(mol), ("stereocentre", "double bond"), strict=True)
        if number
    ]
    if not counts:
        return []
    return [
        f"Stereochemistry is open at {' and '.join(counts)}, so its numbers may belong to any of the stereoisomers. "
        "Write the one that is meant."
    ]
