"""Stereoisomers: which of them a row of a library stands for, where it is not the one that is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, product

from rdkit import Chem
from rdkit.Chem import rdCIPLabeler

from molecules.errors import StructureError
from molecules.standardize import Standardized, standardize

MOST_GROUPS = 5
"""Stereo groups of one row: each of 32 combinations is standardised."""
_MOST_CIP_STEPS = 1_000_000  # about a second, as RDKit's documentation says
_Group = tuple[list[int], list[int]]  # indices of atoms, and of bonds
_MIRRORED = {
    Chem.BondStereo.STEREOATROPCW: Chem.BondStereo.STEREOATROPCCW,
    Chem.BondStereo.STEREOATROPCCW: Chem.BondStereo.STEREOATROPCW,
}


@dataclass(frozen=True, slots=True)
class Stereoisomers:
    """What a row says of its stereochemistry beyond a SMILES and an InChIKey."""

    identity: str
    """InChIKeys, each with the configuration of its axes, joined by ``&`` in a mixture and by ``|`` where one of them
    is meant and not known; empty where the InChIKey of what is drawn says it all."""
    notes: tuple[str, ...]
    """What of it the numbers do not show, in sentences for a chemist."""


def stereoisomers(mol: Chem.Mol, drawn: Standardized) -> Stereoisomers:
    """Tell a racemate, an enantiomer of unknown configuration and an atropisomer from the compound that is computed.

    Enhanced stereochemistry (CTfile Formats, BIOVIA 2020; CXSMILES): the centres of an AND group are inverted together
    in the other half of a mixture, those of an OR group in the one alternative to what is drawn.

    Args:
        mol: The molecule as read, with its stereo groups and axes.
        drawn: Its standardised form.

    Raises:
        StructureError: When it has more than `MOST_GROUPS` stereo groups.
    """
    both, either = (_groups(mol, kind) for kind in (Chem.StereoGroupType.STEREO_AND, Chem.StereoGroupType.STEREO_OR))
    axes = _axes(mol)
    if not (both or either or axes):
        return Stereoisomers("", ())
    if len(both) + len(either) > MOST_GROUPS:
        raise StructureError(
            f"It has {len(both) + len(either)} stereo groups (AND, OR); at most {MOST_GROUPS} are taken.",
            "Give each stereoisomer that is meant its own row.",
        )
    mixtures = {frozenset(_key(isomer) for isomer in _inverted(one, both)) for one in _inverted(mol, either)}
    identity = " | ".join(sorted(" & ".join(sorted(mixture)) for mixture in mixtures))
    notes = []
    if (most := max(len(mixture) for mixture in mixtures)) > 1:
        notes.append(
            f"Its stereo group AND makes it a mixture of {most} stereoisomers, such as a racemate: "
            "the one that is drawn is computed and stands for all of them."
        )
    if len(mixtures) > 1:
        notes.append(
            f"Its stereo group OR leaves open which of {len(mixtures)} compounds it is: the one that is drawn is "
            "computed and stands for it, and the row is merged with no other."
        )
    if axes:
        notes.append(
            f"It is drawn as one atropisomer ({axes}). Shapes are made from its SMILES, which holds no axis, so that "
            "its numbers may belong to either atropisomer."
        )
    return Stereoisomers("" if identity == drawn.inchikey else identity, tuple(notes))


def _groups(mol: Chem.Mol, kind: Chem.StereoGroupType) -> list[_Group]:
    return [
        ([atom.GetIdx() for atom in group.GetAtoms()], [bond.GetIdx() for bond in group.GetBonds()])
        for group in mol.GetStereoGroups()
        if group.GetGroupType() == kind
    ]


def _inverted(mol: Chem.Mol, groups: Sequence[_Group]) -> Iterator[Chem.Mol]:
    """Yield the molecule with every choice of the groups inverted, first with none."""
    for choice in product((False, True), repeat=len(groups)):
        isomer = Chem.Mol(mol)
        for atoms, bonds in compress(groups, choice):
            for atom in atoms:
                isomer.GetAtomWithIdx(atom).InvertChirality()
            for bond in map(isomer.GetBondWithIdx, bonds):
                bond.SetStereo(_MIRRORED.get(bond.GetStereo(), bond.GetStereo()))
        yield isomer


def _key(mol: Chem.Mol) -> str:
    return " ".join(filter(None, (standardize(mol).inchikey, _axes(mol))))


def _axes(mol: Chem.Mol) -> str:
    """Configurations (M, P) of the axes of atropisomers in canonical order, by the new CIP algorithm of RDKit.

    An axis between groups of which one is symmetric has none.
    """
    if not any(bond.GetStereo() in _MIRRORED for bond in mol.GetBonds()):
        return ""
    labelled = Chem.Mol(mol)
    rdCIPLabeler.AssignCIPLabels(labelled, maxRecursiveIterations=_MOST_CIP_STEPS)
    ranks = list(Chem.CanonicalRankAtoms(mol))
    axes = [
        (sorted((ranks[bond.GetBeginAtomIdx()], ranks[bond.GetEndAtomIdx()])), bond.GetProp("_CIPCode"))
        for bond in labelled.GetBonds()
        if bond.GetStereo() in _MIRRORED and bond.HasProp("_CIPCode")
    ]
    return ", ".join(code for _, code in sorted(axes))
