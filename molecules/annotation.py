"""Annotation: what a drawing says beside its atoms and bonds, made part of the molecule or refused, never left out.

The annotations are those of CTfile Formats (BIOVIA, 2020) and of ChemAxon's extended SMILES, as RDKit reads them. Those
that only describe the atoms that are there (data, names of groups that are drawn in full, atom values) change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from rdkit import Chem
from rdkit.Chem import rdAbbreviations

from molecules.errors import StructureError

_POLYMERS = frozenset({"SRU", "MON", "MER", "COP", "CRO", "GRA", "MOD", "ANY"})
_MIXTURES = frozenset({"MIX", "COM", "FOR"})
_MORE_LABELS = "Me *C\nPh *c1ccccc1\nBn *Cc1ccccc1\nBoc *C(=O)OC(C)(C)C\nMs *S(C)(=O)=O\nTs *S(=O)(=O)c1ccc(C)cc1"
"""Of the list of standard abbreviations (Journal of Organic Chemistry), those that RDKit's definitions lack."""
_DRAW_OUT = "Draw its atoms, or expand the abbreviations before you export it."
_QUERY = "Give each molecule that is meant its own row, without query features."


def resolved(mol: Chem.Mol, unsanitised: Callable[[], Chem.Mol | None]) -> Chem.Mol:
    """Expand the abbreviations of a drawing, and refuse what makes it more or less than one molecule.

    Args:
        mol: A molecule as RDKit read it from a molfile or CXSMILES; it is not changed.
        unsanitised: Reads it again without sanitising, where abbreviations have to be expanded: in `mol` a stereocentre
            may be lost, because RDKit sees one carbon where a group stands.

    Returns:
        The molecule; `mol` itself where there is nothing to expand.

    Raises:
        StructureError: When it is a query, a polymer, a formulation or a fragment with open ends, or an abbreviation
            is not known.
    """
    _refuse_open(mol)
    if not _labels(mol):
        return mol
    raw = unsanitised()
    assert raw is not None  # it was read before
    raw.UpdatePropertyCache(strict=False)
    if raw.GetNumConformers():
        Chem.DetectBondStereochemistry(raw)
    whole = _expanded(raw, _labels(raw))
    try:
        Chem.SanitizeMol(whole)
    except ValueError as error:
        raise StructureError(f"RDKit: {error}, after its abbreviations were expanded.", _DRAW_OUT) from error
    Chem.AssignStereochemistry(whole, cleanIt=True, force=True)
    return Chem.RemoveHs(whole)


def _refuse_open(mol: Chem.Mol) -> None:
    """Refuse a drawing that stands for several molecules, or for none."""
    for bond in mol.GetBonds():
        ends = f"atoms {bond.GetBeginAtomIdx() + 1} and {bond.GetEndAtomIdx() + 1}"
        if bond.HasProp("_MolFileBondEndPts"):
            raise StructureError(
                f"The bond between {ends} is attached to several atoms (a variable position or a multicentre bond).",
                "Give each positional isomer its own row, with its bond drawn between two atoms.",
            )
        if bond.HasQuery():
            raise StructureError(f"It is a query: the bond between {ends} has no one order or place.", _QUERY)
        if bond.GetBondType() in (Chem.BondType.HYDROGEN, Chem.BondType.ZERO):
            raise StructureError(
                f"The bond between {ends} is no covalent bond.", "Leave hydrogen bonds and contacts out of the drawing."
            )
    for atom in mol.GetAtoms():
        place = f"atom {atom.GetIdx() + 1} ({atom.GetSymbol()})"
        if atom.HasProp("molAttchpt"):
            raise StructureError(
                f"It has an attachment point at {place}.", "Draw the group that is attached, such as a methyl."
            )
        if atom.HasQuery() and not atom.HasProp("dummyLabel"):  # the label of an R group is judged with the others
            raise StructureError(f"It is a query: {place} stands for several atoms or environments.", _QUERY)
    if mol.HasProp("_molLinkNodes"):
        raise StructureError("It has a link node, an atom that is repeated.", _QUERY)
    for group in Chem.GetMolSubstanceGroups(mol):
        kind = group.GetProp("TYPE")
        if kind in _POLYMERS:
            raise StructureError(
                f"It has a repeat unit in brackets ({kind}): it is a polymer, or a chain of no certain length.",
                "Draw one molecule with every unit written out, or a fragment capped with hydrogen or methyl.",
            )
        if kind in _MIXTURES:
            raise StructureError(
                f"It is drawn as a mixture or formulation ({kind}).", "Give each component a row of its own."
            )
        if kind in ("MUL", "SUP") and not _is_whole(group, mol):
            raise StructureError(
                f"A group in it ({group.GetPropsAsDict().get('LABEL', kind)}) does not hold the atoms that it names.",
                _DRAW_OUT,
            )


def _is_whole(group: Chem.SubstanceGroup, mol: Chem.Mol) -> bool:
    """Tell whether a multiple group holds all its copies, as CTfile Formats requires, and a named one all its atoms.

    One that is contracted to a single atom is expanded, and one whose name is not known is believed.
    """
    properties, atoms = group.GetPropsAsDict(), list(group.GetAtoms())
    if group.GetProp("TYPE") == "MUL":
        copies = str(properties.get("MULT"))
        return copies.isdecimal() and len(atoms) == int(copies) * len(group.GetParentAtoms())
    known = _abbreviations().get(str(properties.get("LABEL")))
    heavy = sum(mol.GetAtomWithIdx(atom).GetAtomicNum() > 1 for atom in atoms)
    return known is None or len(atoms) == 1 or heavy == known.GetNumAtoms() - 1


def _labels(mol: Chem.Mol) -> dict[int, str]:
    """Labels of the atoms that stand for a group, by index; a * without a known one is left as an attachment point."""
    labels = {}
    for atom in mol.GetAtoms():
        for name in ("molFileAlias", "atomLabel"):
            if atom.HasProp(name):
                labels[atom.GetIdx()] = atom.GetProp(name).strip()
    for group in Chem.GetMolSubstanceGroups(mol):
        atoms = list(group.GetAtoms())
        if group.GetProp("TYPE") == "SUP" and group.HasProp("LABEL") and len(atoms) == 1:
            labels[atoms[0]] = group.GetProp("LABEL").strip()
    return {i: label for i, label in labels.items() if label and _is_group(mol.GetAtomWithIdx(i), label)}


def _is_group(atom: Chem.Atom, label: str) -> bool:
    if atom.GetAtomicNum() == 0:
        return label in _abbreviations()
    return not _names_atom(atom, label)


def _names_atom(atom: Chem.Atom, label: str) -> bool:
    """Tell whether a label is the atom itself with its hydrogens, such as OH, H2N or Cl; that of a * never is."""
    found = re.fullmatch(r"(?:H(?P<before>\d*))?(?P<symbol>[A-GI-Z][a-z]?)(?:H(?P<after>\d*))?", label)
    if found is None or found["symbol"] != atom.GetSymbol():
        return False
    counts = [int(count or 1) for count in (found["before"], found["after"]) if count is not None]
    return sum(counts) == atom.GetTotalNumHs() or label == atom.GetSymbol()


@cache
def _abbreviations() -> dict[str, Chem.Mol]:
    """Groups by label, each with a * where it is attached; a label that reads otherwise from its other end is none."""
    definitions = [*rdAbbreviations.GetDefaultAbbreviations(), *rdAbbreviations.ParseAbbreviations(_MORE_LABELS)]
    reversed_labels = {re.sub(r"<[^>]*>", "", one.displayLabelW) for one in definitions}
    return {one.label: one.mol for one in definitions if one.label not in reversed_labels}


def _expanded(mol: Chem.Mol, labels: Mapping[int, str]) -> Chem.RWMol:
    """Turn each labelled atom into the first one of its group, so that stereo around it stays, and add the others."""
    whole = Chem.RWMol(mol)
    for place, label in labels.items():
        atom = mol.GetAtomWithIdx(place)
        called = f"Atom {place + 1} ({atom.GetSymbol()}) is labelled “{label}”"
        group = _abbreviations().get(label)
        if group is None:
            raise StructureError(f"{called}, which is no abbreviation that is known.", _DRAW_OUT)
        if [bond.GetBondType() for bond in atom.GetBonds()] != [Chem.BondType.SINGLE]:
            raise StructureError(f"{called}, a group with one single bond, and has other bonds.", _DRAW_OUT)
        first = group.GetAtomWithIdx(0).GetNeighbors()[0].GetIdx()
        if atom.GetFormalCharge() not in (0, group.GetAtomWithIdx(first).GetFormalCharge()):
            raise StructureError(f"{called}, a group without the charge {atom.GetFormalCharge():+d}.", _DRAW_OUT)
        whole.ReplaceAtom(place, group.GetAtomWithIdx(first))
        places = {first: place}
        places |= {i: whole.AddAtom(group.GetAtomWithIdx(i)) for i in range(1, group.GetNumAtoms()) if i != first}
        for bond in group.GetBonds():
            if 0 not in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()):
                whole.AddBond(places[bond.GetBeginAtomIdx()], places[bond.GetEndAtomIdx()], bond.GetBondType())
    return whole
