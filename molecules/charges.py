"""Charges: the one way to write a compound's charges, and its form with as little charge as protons can make it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from rdkit import Chem

_RECOMBINED = Chem.MolFromSmarts("[S,Se,P;+1,+2;D3,D4]-[O,S,Se,N;-1;D1,D2]")
"""A single bond between opposite charges that chemists write as a double bond: sulfoxides, sulfones, sulfoximines,
sulfilimines, phosphine oxides and sulfides, iminophosphoranes. Ylides of carbon keep the charges that were drawn."""
_ACIDS = (
    "[$([OX2H1]S(=O)(=O)),$([OX1-]S(=O)(=O))]",  # sulfonic
    "[$([OX2H1][PX4]=O),$([OX1-][PX4]=O)]",  # phosphoric
    "[$([OX2H1][SX3]=O),$([OX1-][SX3]=O)]",  # sulfinic
    "[$([OX2H1]C=O),$([OX1-]C=O)]",  # carboxylic
    "[$([SX2H1]C=[O,S]),$([SX1-]C=[O,S])]",  # thioacid
    "[$([nH1]1nnnc1),$([nH1]1nncn1),$([n-]1nnnc1),$([n-]1nncn1),$(n1n[n-]nc1)]",  # tetrazole
)
"""Acids that are ionised at any pH of a living body, the strongest first: they balance a permanent cation."""
_WEAKER = (
    "[#7-]",  # imides, sulfonamides, azoles
    "[#16-]",
    "[$([OX1-]c)]",
    "[#8-]",
    "[#6-]",
)
"""Anions of weaker acids, the most stable first."""


def recombined(mol: Chem.Mol) -> Chem.Mol:
    """Write sulfoxides, phosphine oxides and their kin with double bonds; the compound stays what it is.

    RDKit reads both ways of writing them, and patterns for chemical groups know only one.
    """
    editable = Chem.RWMol(mol)
    while match := editable.GetSubstructMatch(_RECOMBINED):
        centre, partner = (editable.GetAtomWithIdx(i) for i in match)
        centre.SetFormalCharge(centre.GetFormalCharge() - 1)
        partner.SetFormalCharge(0)
        editable.GetBondBetweenAtoms(*match).SetBondType(Chem.BondType.DOUBLE)
        editable.UpdatePropertyCache(strict=False)
    Chem.SanitizeMol(editable)
    return editable.GetMol()


def neutralised(mol: Chem.Mol) -> Chem.Mol:
    """Move protons so that a molecule carries as little charge as it can; nothing but protons is moved.

    Protonated bases give their proton, anions take one. Charges that no proton can remove stay: quaternary nitrogen,
    sulfonium, diazonium, borates, carbocations; a cation among them is balanced by the strongest acids of the molecule,
    if it has any, as an inner salt. Opposite charges on neighbours (N-oxides, azides, ylides, diazo compounds) and of
    mesoionic rings are one group and stay. A molecule whose charges cancel and whose cations hold no proton is left as
    it was drawn: ylides stabilised over several bonds, betaines.

    Args:
        mol: one molecule, sanitised; it is not changed.
    """
    bases = [atom.GetIdx() for atom in mol.GetAtoms() if _is_protonated_base(atom)]
    anions = _by_strength(mol, [atom.GetIdx() for atom in mol.GetAtoms() if _takes_a_proton(atom)])
    charge = Chem.GetFormalCharge(mol)
    if not bases and charge == 0:
        return mol
    permanent = charge - len(bases) + len(anions)
    protons: dict[int, int] = {}  # by atom
    kept = max(permanent, 0)
    protons |= dict.fromkeys(anions[kept:], 1)
    if kept > len(anions):
        acids = _by_strength(mol, [i for i in _acids(mol) if mol.GetAtomWithIdx(i).GetTotalNumHs()])
        protons |= dict.fromkeys(acids[: kept - len(anions)], -1)
    protons |= dict.fromkeys(bases[max(-permanent, 0) :], -1)
    return with_protons(mol, protons) if protons else mol


def _is_protonated_base(atom: Chem.Atom) -> bool:
    return (
        atom.GetFormalCharge() == 1
        and atom.GetAtomicNum() in (7, 8, 15, 16, 34)
        and atom.GetTotalNumHs() > 0
        and not any(neighbour.GetFormalCharge() < 0 for neighbour in atom.GetNeighbors())
    )


def _takes_a_proton(atom: Chem.Atom) -> bool:
    return (
        atom.GetFormalCharge() == -1
        and atom.GetAtomicNum() in (6, 7, 8, 15, 16, 34)
        and not (atom.GetAtomicNum() == 6 and atom.GetIsAromatic())  # a cyclopentadienide is no longer one with H
        and atom.GetTotalValence() < Chem.GetPeriodicTable().GetDefaultValence(atom.GetAtomicNum())
        and not any(neighbour.GetFormalCharge() > 0 for neighbour in atom.GetNeighbors())
        and not _is_mesoionic(atom)
    )


def _is_mesoionic(atom: Chem.Atom) -> bool:
    """Whether the anion is bonded to an aromatic ring that holds a cation without a proton, as in sydnones."""
    mol = atom.GetOwningMol()
    aromatic = {neighbour.GetIdx() for neighbour in atom.GetNeighbors() if neighbour.GetIsAromatic()}
    return any(
        aromatic & set(ring)
        and any(mol.GetAtomWithIdx(i).GetFormalCharge() > 0 and not mol.GetAtomWithIdx(i).GetTotalNumHs() for i in ring)
        for ring in mol.GetRingInfo().AtomRings()
    )


@cache
def _patterns() -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(smarts) for smarts in (*_ACIDS, *_WEAKER))


def _acids(mol: Chem.Mol) -> list[int]:
    patterns = _patterns()[: len(_ACIDS)]
    return list(dict.fromkeys(i for pattern in patterns for (i,) in mol.GetSubstructMatches(pattern)))


def _by_strength(mol: Chem.Mol, atoms: list[int]) -> list[int]:
    """Acids and anions, the strongest acid first; equal ones in the order of the atoms."""
    strength = {
        i: place
        for place in range(len(_patterns()) - 1, -1, -1)
        for (i,) in mol.GetSubstructMatches(_patterns()[place])
    }
    return sorted(atoms, key=lambda i: (strength.get(i, len(_patterns())), i))


def with_protons(mol: Chem.Mol, protons: Mapping[int, int]) -> Chem.Mol:
    """The molecule with protons added (positive numbers) or taken away, by index of the atom."""
    changed = Chem.RWMol(mol)
    for i, number in protons.items():
        atom = changed.GetAtomWithIdx(i)
        hydrogens = atom.GetTotalNumHs() + number
        atom.SetFormalCharge(atom.GetFormalCharge() + number)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(hydrogens)
    Chem.SanitizeMol(changed)
    return changed.GetMol()
