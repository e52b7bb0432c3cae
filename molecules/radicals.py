"""Radicals: the two halves that a molecule leaves when one of its bonds breaks evenly."""

from __future__ import annotations

from dataclasses import dataclass

from rdkit import Chem, rdBase

from molecules.smiles import canonical, make_stereo_relative, parse
from molecules.species import Species

CARBON_HYDROGEN = "[#6]-[#1]"
HETEROATOM_HYDROGEN = "[!#6;!#1]-[#1]"
"""SMARTS of bonds; the first atom is the one that a value is named after."""


@dataclass(frozen=True, slots=True)
class BreakableBond:
    """One single bond, and those that symmetry makes equal to it."""

    smiles: str
    """Canonical SMILES of the molecule; indices count its atoms in written order from 0, then its hydrogens."""
    atom: int
    """The atom that the bond is named after."""
    partner: int
    """The other one, such as a hydrogen."""
    symbols: tuple[str, str]
    """Elements of the two."""
    equivalent: tuple[int, ...]
    """Every atom that has such a bond, `atom` first."""


def find_bonds(smiles: str, pattern: str) -> tuple[BreakableBond, ...]:
    """Find the bonds of a kind that differ by symmetry, RDKit's canonical ranks, in the order of their atoms.

    Args:
        smiles: Any SMILES of the molecule.
        pattern: SMARTS of two bonded atoms, hydrogens written out, such as `CARBON_HYDROGEN`.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    written = canonical(smiles)
    mol = Chem.AddHs(parse(written))
    ranks = tuple(Chem.CanonicalRankAtoms(mol, breakTies=False))
    classes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for atom, partner in sorted(mol.GetSubstructMatches(Chem.MolFromSmarts(pattern), maxMatches=10_000)):
        classes.setdefault((ranks[atom], ranks[partner]), []).append((atom, partner))
    return tuple(
        BreakableBond(
            smiles=written,
            atom=bonds[0][0],
            partner=bonds[0][1],
            symbols=(mol.GetAtomWithIdx(bonds[0][0]).GetSymbol(), mol.GetAtomWithIdx(bonds[0][1]).GetSymbol()),
            equivalent=tuple(dict.fromkeys(atom for atom, _ in bonds)),
        )
        for bonds in classes.values()
    )


def homolysis(bond: BreakableBond, label: str) -> tuple[Species, Species]:
    """Break a bond and leave one electron on each side.

    Args:
        bond: Which.
        label: Name of the molecule.

    Returns:
        The radical of `bond.atom` and that of `bond.partner`, doublets in gas, free to relax. Stereo of the radical
        centre and of double bonds at it is left open, since such radicals invert; all other stereo is kept.

    Raises:
        ValueError: When the bond is in a ring, so that both ends stay in one molecule.
    """
    with rdBase.BlockLogs():
        mol = Chem.RWMol(Chem.AddHs(parse(bond.smiles)))
        Chem.Kekulize(mol, clearAromaticFlags=True)
        make_stereo_relative(mol)
        mol.RemoveBond(bond.atom, bond.partner)
        for end in (bond.atom, bond.partner):
            _make_radical(mol.GetAtomWithIdx(end))
        Chem.SetDoubleBondNeighborDirections(mol)
        places: list[tuple[int, ...]] = []
        halves = Chem.GetMolFrags(mol, asMols=True, fragsMolAtomMapping=places)
        if len(halves) != 2:
            raise ValueError(f"The bond of atoms {bond.atom} and {bond.partner} of {bond.smiles} is in a ring.")
        if bond.atom not in places[0]:
            halves = halves[::-1]
        first, second = (canonical(Chem.MolToSmiles(Chem.RemoveHs(half))) for half in halves)
    return (
        _species(first, f"{label} radical at {bond.symbols[0]}{bond.atom + 1}"),
        _species(second, f"{label} radical at {bond.symbols[1]}{bond.partner + 1}"),
    )


def _make_radical(atom: Chem.Atom) -> None:
    atom.SetNumRadicalElectrons(1)
    atom.SetNoImplicit(True)
    atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    for bond in atom.GetBonds():
        bond.SetStereo(Chem.BondStereo.STEREONONE)


def _species(smiles: str, label: str) -> Species:
    small = {"[H]": "H•"}
    return Species(small.get(smiles, label), smiles, Chem.GetFormalCharge(parse(smiles)), 2, "gas")
