"""Michael acceptors: where a thiolate adds to a conjugated C=C or C≡C bond, and what that gives.

The reaction is CH3S⁻ + β=α–EWG → CH3S–β–α⁻–EWG, the step that sets how fast a covalent warhead meets glutathione.
Only 1,4-addition to alkenes and alkynes that carry the electron-withdrawing group (EWG) on α is found; aromatic rings,
vinyl heteroarenes and 1,6-addition are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rdkit import Chem

from molecules.smiles import canonical, make_stereo_relative, parse
from molecules.species import Species


@dataclass(frozen=True, slots=True)
class MichaelSite:
    """One conjugated C=C or C≡C bond, in the direction a nucleophile meets it."""

    smiles: str
    """Canonical SMILES of the acceptor; all indices count its atoms in written order, from 0."""
    beta: int
    """The carbon that sulfur attacks."""
    alpha: int
    """The carbon that carries the electron-withdrawing group and takes the charge."""
    withdrawing: tuple[int, ...]
    """π-conjugated atoms of the electron-withdrawing group, the one bonded to `alpha` first: (C, O) of C=O, (C, N) of
    C≡N, (N, O) of NO2. Empty for groups without p–π conjugation: sulfones, sulfoxides, phosphonates and their kin."""
    bond_order: int
    """Order of the bond between `beta` and `alpha`: 2 or 3."""
    group: str
    """The class of acceptor, such as ``enone``, ``amide``, ``nitrile`` or ``alkynyl ester``."""


@dataclass(frozen=True, slots=True)
class ThiolateAdduct:
    """Methanethiolate added to a Michael acceptor, before any proton arrives."""

    species: Species
    """The anion in water. Its SMILES writes the Lewis structure whose geometry RDKit embeds well: enolate, allenolate
    or nitronate, and a carbanion for nitriles, sulfones and phosphonates. New stereocentres are left open."""
    sulfur: int
    """Index of sulfur; this and all that follow count the atoms of ``species.smiles`` in written order, from 0."""
    methyl: int
    """The carbon of CH3S."""
    beta: int
    """As in `MichaelSite`."""
    alpha: int
    """As in `MichaelSite`."""
    withdrawing: tuple[int, ...]
    """As in `MichaelSite`."""
    from_acceptor: tuple[int, ...]
    """Where each atom of the acceptor stands in the adduct, in the acceptor's order."""


# Electron-withdrawing groups, strongest first: where α carries two, the first names the site.
# The first atom of each pattern is the one bonded to α, the second the atom it is π-bonded to.
_CONJUGATED = (
    ("nitro", "[N+](=O)[O-]"),
    ("aldehyde", "[CX3;H1,H2](=[OX1])"),
    ("enone", "[CX3;$(C([#6])[#6])](=[OX1])"),
    ("acyl halide", "[CX3;$(C[F,Cl,Br,I])](=[OX1])"),
    ("thioester", "[CX3;$(C[#16X2])](=[OX1])"),
    ("imide", "[CX3;$(C[#7][CX3]=[OX1])](=[OX1])"),
    ("ester", "[CX3;$(C[OX2;!H1])](=[OX1])"),
    ("amide", "[CX3;$(C[#7])](=[OX1])"),
    ("acid", "[CX3;$(C[OX2H1,OX1-])](=[OX1])"),
    ("nitrile", "[CX2](#[NX1])"),
)
_INDUCTIVE = (
    ("sulfonamide", "[SX4;$(S[#7])](=O)(=O)"),
    ("sulfonyl fluoride", "[SX4;$(SF)](=O)(=O)"),
    ("sulfonate", "[SX4;$(S[OX2,OX1-])](=O)(=O)"),
    ("sulfone", "[SX4;$(S([#6])[#6])](=O)(=O)"),
    ("sulfoxide", "[SX3](=O)"),
    ("phosphonate", "[PX4](=O)"),
)
# β: an unsaturated carbon, no carbonyl or ketene carbon, and no enamine or enol ether, whose lone pair feeds the
# electron-withdrawing group (vinylogous amides and esters are no electrophiles for thiols).
_BETA = "[C;X3,X2;!$(C=[!#6]);!$(C-[NX3;!$(N-[C,S]=O);!$([N+])]);!$(C-[OX2;!$(O-C=O)])]"
_BONDS = (("=", 2, "[CX3]"), ("#", 3, "[CX2]"))


@cache
def _patterns() -> tuple[tuple[str, int, int, Chem.Mol], ...]:
    """(group, bond order, number of π atoms of the group, query β–α–group)."""
    return tuple(
        (
            ("ynone" if group == "enone" else f"alkynyl {group}") if order == 3 else group,
            order,
            n_conjugated,
            Chem.MolFromSmarts(f"{_BETA}{bond}{alpha}-{withdrawing}"),
        )
        for table, n_conjugated in ((_CONJUGATED, 2), (_INDUCTIVE, 0))
        for group, withdrawing in table
        for bond, order, alpha in _BONDS
    )


def find_michael_sites(smiles: str) -> tuple[MichaelSite, ...]:
    """Find where a thiolate can add to a molecule.

    Args:
        smiles: Any SMILES of the acceptor.

    Returns:
        The distinct sites, the most open first: fewest non-hydrogen substituents on β, then on α, then the lowest index
        of β. Symmetry-equivalent sites appear once. Empty when the molecule is no Michael acceptor.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    written = canonical(smiles)
    mol = parse(written)
    ranks = tuple(Chem.CanonicalRankAtoms(mol, breakTies=False))
    seen: set[tuple[int, int]] = set()
    sites = []
    for site in sorted(_matches(mol, written), key=lambda site: _crowding(mol, site)):
        symmetry_class = (ranks[site.beta], ranks[site.alpha])
        if symmetry_class not in seen:
            seen.add(symmetry_class)
            sites.append(site)
    return tuple(sites)


def _matches(mol: Chem.Mol, smiles: str) -> Iterator[MichaelSite]:
    """Yield every site once, symmetry-equivalent ones included, named by its strongest group."""
    found: set[tuple[int, int]] = set()
    for group, order, n_conjugated, query in _patterns():
        for beta, alpha, *withdrawing in sorted(mol.GetSubstructMatches(query, uniquify=False)):
            if (beta, alpha) not in found:
                found.add((beta, alpha))
                yield MichaelSite(smiles, beta, alpha, tuple(withdrawing[:n_conjugated]), order, group)


def _crowding(mol: Chem.Mol, site: MichaelSite) -> tuple[int, int, int, int]:
    """Sort key: heavy neighbours of β, of α, then the indices."""
    beta, alpha = (mol.GetAtomWithIdx(i) for i in (site.beta, site.alpha))
    heavy = [sum(n.GetAtomicNum() > 1 for n in atom.GetNeighbors()) for atom in (beta, alpha)]
    return heavy[0], heavy[1], site.beta, site.alpha


def thiolate_adduct(site: MichaelSite, label: str) -> ThiolateAdduct:
    """Add CH3S⁻ to the β carbon of a Michael acceptor.

    Args:
        site: Where.
        label: Name of the acceptor; the adduct is called ``label + CH3S-``.

    Returns:
        The anion in water, charge one below the acceptor's, closed-shell.
    """
    mol = Chem.RWMol(parse(site.smiles))
    sulfur, methyl = mol.AddAtom(Chem.Atom("S")), mol.AddAtom(Chem.Atom("C"))
    mol.AddBond(sulfur, methyl, Chem.BondType.SINGLE)
    mol.AddBond(site.beta, sulfur, Chem.BondType.SINGLE)
    remaining = Chem.BondType.SINGLE if site.bond_order == 2 else Chem.BondType.DOUBLE
    _set_bond(mol, site.beta, site.alpha, remaining)
    charged = site.alpha
    if site.withdrawing:
        centre, acceptor = site.withdrawing
        if mol.GetAtomWithIdx(acceptor).GetSymbol() == "O":  # enolate, allenolate or nitronate
            _set_bond(mol, site.alpha, centre, Chem.BondType.DOUBLE)
            _set_bond(mol, centre, acceptor, Chem.BondType.SINGLE)
            charged = acceptor
    mol.GetAtomWithIdx(charged).SetFormalCharge(-1)
    smiles, position = written(mol)
    adduct = parse(smiles)
    indices = {
        "sulfur": position[sulfur],
        "methyl": position[methyl],
        "beta": position[site.beta],
        "alpha": position[site.alpha],
    }
    _check_chain(adduct, indices)
    return ThiolateAdduct(
        species=Species(f"{label} + CH3S-", smiles, Chem.GetFormalCharge(adduct), 1, "water"),
        withdrawing=tuple(position[i] for i in site.withdrawing),
        from_acceptor=tuple(position[i] for i in range(sulfur)),
        **indices,
    )


def _set_bond(mol: Chem.RWMol, first: int, second: int, order: Chem.BondType) -> None:
    """Give a bond its new order, without stereo: that of the acceptor no longer applies to it."""
    bond = mol.GetBondBetweenAtoms(first, second)
    bond.SetStereo(Chem.BondStereo.STEREONONE)
    bond.SetBondType(order)


def written(edited: Chem.Mol) -> tuple[str, Mapping[int, int]]:
    """Write the canonical SMILES of an edited molecule, and where in it each of its atoms stands.

    Args:
        edited: The molecule, without explicit hydrogens; it is not changed.

    Returns:
        The SMILES, which reading and writing again does not change, and written position by atom.
    """
    mol = Chem.Mol(edited)
    make_stereo_relative(mol)
    Chem.SetDoubleBondNeighborDirections(mol)
    Chem.SanitizeMol(mol)
    position = {i: i for i in range(mol.GetNumAtoms())}
    # The second pass writes what a parser reads, so that writing it again changes nothing.
    for _ in range(2):
        smiles: str = Chem.MolToSmiles(mol)
        order = mol.GetPropsAsDict(includePrivate=True, includeComputed=True)["_smilesAtomOutputOrder"]
        place = {atom: written for written, atom in enumerate(order)}
        position = {atom: place[current] for atom, current in position.items()}
        mol = parse(smiles)
    return smiles, position


def _check_chain(adduct: Chem.Mol, indices: Mapping[str, int]) -> None:
    """Check on the parsed SMILES that the indices are the chain CH3–S–β–α."""
    chain = [indices[name] for name in ("methyl", "sulfur", "beta", "alpha")]
    symbols = [adduct.GetAtomWithIdx(i).GetSymbol() for i in chain]
    bonded = all(adduct.GetBondBetweenAtoms(*pair) is not None for pair in pairwise(chain))
    if symbols != ["C", "S", "C", "C"] or not bonded:
        raise AssertionError(f"Atom indices of the adduct {Chem.MolToSmiles(adduct)} were lost in writing it.")
