"""Michael acceptors: where a thiolate adds to a conjugated C=C or C≡C bond, and what that gives.

The reaction is CH3S⁻ + β=α–EWG → CH3S–β–α⁻–EWG, the step that sets how fast a covalent warhead meets glutathione, or
the same at the end of a longer chain: δ=γ–β=α–EWG → CH3S–δ–γ=β–α⁻–EWG (1,6-addition), and 1,8-addition. The
electron-withdrawing groups (EWG) are those of `molecules.withdrawing_group`. Bonds in and at aromatic rings, as RDKit
counts them, take up no thiolate here, and chains lead through none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rdkit import Chem

from molecules.smiles import canonical, make_stereo_relative, parse
from molecules.species import Species
from molecules.withdrawing_group import COVERED, WITHDRAWING_GROUPS


@dataclass(frozen=True, slots=True)
class MichaelSite:
    """A carbon that a nucleophile attacks, and the conjugated chain that takes up the charge."""

    smiles: str
    """Canonical SMILES of the acceptor; all indices count its atoms in written order, from 0."""
    chain: tuple[int, ...]
    """Carbons of the C=C and C≡C bonds, from the one that sulfur attacks to α, which carries the electron-withdrawing
    group: (β, α) in a 1,4-addition, (δ, γ, β, α) in a 1,6-addition."""
    withdrawing: tuple[int, ...]
    """π-conjugated atoms of the electron-withdrawing group, the one bonded to α first: (C, O) of C=O, (C, N) of C≡N,
    (N, O) of NO2. Empty for groups without p–π conjugation: sulfones, sulfoxides, phosphonates and their kin."""
    bond_order: int
    """Order of the bond between the first two of `chain`: 2 or 3."""
    group: str
    """The class of acceptor, such as ``enone``, ``amide``, ``nitrile`` or ``alkynyl ester``."""

    @property
    def attacked(self) -> int:
        """The carbon that sulfur attacks."""
        return self.chain[0]

    @property
    def path(self) -> tuple[int, ...]:
        """All atoms of the reacting π system, from the attacked carbon on."""
        return self.chain + self.withdrawing


@dataclass(frozen=True, slots=True)
class ThiolateAdduct:
    """Methanethiolate added to a Michael acceptor, before any proton arrives."""

    species: Species
    """The adduct in water: an enolate or another carbanion, or an ylide where the acceptor was a cation. Its SMILES
    writes the Lewis structure whose geometry RDKit embeds well: the charge on O, S or N of C=O, C=S, C=N and nitro
    groups, and on carbon for nitriles, heteroarenes, sulfones and phosphonates. New stereocentres are left open."""
    sulfur: int
    """Index of sulfur; this and all that follow count the atoms of ``species.smiles`` in written order, from 0."""
    methyl: int
    """The carbon of CH3S."""
    attacked: int
    """The carbon that carries CH3S."""
    from_acceptor: tuple[int, ...]
    """Where each atom of the acceptor stands in the adduct, in the acceptor's order."""


# The attacked carbon: no carbonyl or ketene carbon, and none with a lone pair that feeds the withdrawing group.
_UNSATURATED = "[C;X3,X2;!$(C=[!#6])]"
_DONORS = ("[NX3;!$(N-[C,S]=O);!$([N+])]", "[OX2;!$(O-C=O)]", "[O-,S-,N-]")
_ATTACKED = f"{_UNSATURATED[:-1]};{';'.join(f'!$(C-{donor})' for donor in _DONORS)}]"
_BONDS = (("=", 2, "[CX3]"), ("#", 3, "[CX2]"))
_ORDERS = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
_LONGEST = 3
"""Most C=C and C≡C bonds of a chain: 1,8-addition."""


@cache
def _patterns(attacked: str) -> tuple[tuple[str, int, int, int, Chem.Mol], ...]:
    """(group, bond order, atoms of the chain, conjugated atoms of the group, query of chain and group)."""
    return tuple(
        (
            ("ynone" if group.name == "enone" else f"alkynyl {group.name}") if order == 3 else group.name,
            order,
            2 * n_bonds,
            group.n_conjugated,
            Chem.MolFromSmarts(f"{attacked}{bond}{carbon}{'-C=,#C' * (n_bonds - 1)}-{group.smarts}"),
        )
        for n_bonds in range(1, _LONGEST + 1)
        for group in WITHDRAWING_GROUPS
        for bond, order, carbon in _BONDS
    )


def find_michael_sites(smiles: str) -> tuple[MichaelSite, ...]:
    """Find where a thiolate can add to a molecule.

    A carbon that two groups activate is one site, named by the nearest, since the adduct is the same.

    Args:
        smiles: Any SMILES of the acceptor; atom maps are ignored.

    Returns:
        The distinct sites, the most open first: fewest non-hydrogen substituents on the attacked carbon, then the
        shortest chain, then fewest substituents on its next carbon, then the lowest index. Symmetry-equivalent sites
        appear once. Empty when the molecule is no Michael acceptor; `why_no_site` then says why.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    written = _without_maps(smiles)
    mol = parse(written)
    ranks = tuple(Chem.CanonicalRankAtoms(mol, breakTies=False))
    seen: set[tuple[int, int]] = set()
    sites = []
    for site in sorted(_matches(mol, written), key=lambda site: _crowding(mol, site)):
        symmetry_class = (ranks[site.chain[0]], ranks[site.chain[1]])
        if symmetry_class not in seen:
            seen.add(symmetry_class)
            sites.append(site)
    return tuple(sites)


def why_no_site(smiles: str) -> str:
    """Say why `find_michael_sites` finds nothing.

    Returns:
        What follows the molecule's name in a sentence, with its full stop.

    Raises:
        SmilesError: When the SMILES cannot be read.
    """
    mol = parse(smiles)
    has_aromatic = any(atom.GetIsAromatic() for atom in mol.GetAtoms())
    other = " other than in and at rings that RDKit counts as aromatic" if has_aromatic else ""
    if not mol.HasSubstructMatch(Chem.MolFromSmarts("C=,#C")):
        return f"has no C=C or C≡C bond{other}."
    if any(mol.HasSubstructMatch(query) for *_, query in _patterns(_UNSATURATED)):
        return (
            "has a C=C or C≡C bond conjugated with an electron-withdrawing group only where a heteroatom on the "
            "attacked carbon gives the group its lone pair, as in vinylogous amides, esters and acids. Additions to "
            "these are not computed."
        )
    return (
        f"has no C=C or C≡C bond{other} that carries, directly or over further such bonds, an electron-withdrawing "
        f"group of the kinds that are covered: {COVERED}."
    )


def _without_maps(smiles: str) -> str:
    """Canonical SMILES, without the atom maps that would tell equivalent atoms apart."""
    mol = parse(smiles)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    return canonical(Chem.MolToSmiles(mol))


def _matches(mol: Chem.Mol, smiles: str) -> Iterator[MichaelSite]:
    """Yield every site once, symmetry-equivalent ones included: by its shortest chain, then its first group."""
    found: set[tuple[int, int]] = set()
    for group, order, n_chain, n_conjugated, query in _patterns(_ATTACKED):
        for path in sorted(mol.GetSubstructMatches(query, uniquify=False)):
            if path[:2] not in found:
                found.add(path[:2])
                chain, withdrawing = path[:n_chain], path[n_chain : n_chain + n_conjugated]
                yield MichaelSite(smiles, chain, withdrawing, order, group)


def _crowding(mol: Chem.Mol, site: MichaelSite) -> tuple[int, ...]:
    """Sort key: heavy neighbours of the first two carbons of the chain with its length between, then the indices."""
    first, second = (mol.GetAtomWithIdx(i) for i in site.chain[:2])
    heavy = [sum(n.GetAtomicNum() > 1 for n in atom.GetNeighbors()) for atom in (first, second)]
    return heavy[0], len(site.chain), heavy[1], first.GetIdx(), second.GetIdx()


def thiolate_adduct(site: MichaelSite, label: str) -> ThiolateAdduct:
    """Add CH3S⁻ to the attacked carbon of a Michael acceptor.

    Args:
        site: Where.
        label: Name of the acceptor; the adduct is called ``label + CH3S-``.

    Returns:
        The adduct in water, charge one below the acceptor's, closed-shell.
    """
    mol = Chem.RWMol(parse(site.smiles))
    sulfur, methyl = mol.AddAtom(Chem.Atom("S")), mol.AddAtom(Chem.Atom("C"))
    shifting = _shifting(mol, site)
    for step, pair in enumerate(pairwise(shifting)):
        _change_order(mol, *pair, +1 if step % 2 else -1)
    charged = mol.GetAtomWithIdx(shifting[-1])
    charged.SetFormalCharge(charged.GetFormalCharge() - 1)
    mol.AddBond(sulfur, methyl, Chem.BondType.SINGLE)
    mol.AddBond(site.attacked, sulfur, Chem.BondType.SINGLE)
    smiles, position = written(mol)
    adduct = parse(smiles)
    indices = {"sulfur": position[sulfur], "methyl": position[methyl], "attacked": position[site.attacked]}
    _check_chain(adduct, indices)
    return ThiolateAdduct(
        species=Species(f"{label} + CH3S-", smiles, Chem.GetFormalCharge(adduct), 1, "water"),
        from_acceptor=tuple(position[i] for i in range(sulfur)),
        **indices,
    )


def _shifting(mol: Chem.Mol, site: MichaelSite) -> tuple[int, ...]:
    """The chain along which double and single bonds change places, up to the atom that takes the charge."""
    if site.withdrawing and mol.GetBondBetweenAtoms(*site.path[-2:]).GetBondType() == Chem.BondType.DOUBLE:
        return site.path
    return site.chain


def _change_order(mol: Chem.RWMol, first: int, second: int, by: int) -> None:
    """Raise or lower the order of a bond, without stereo: that of the acceptor no longer applies to it."""
    bond = mol.GetBondBetweenAtoms(first, second)
    bond.SetStereo(Chem.BondStereo.STEREONONE)
    bond.SetBondType(_ORDERS[int(bond.GetBondTypeAsDouble()) + by])


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
    """Check on the parsed SMILES that the indices are the chain CH3–S–C."""
    chain = [indices[name] for name in ("methyl", "sulfur", "attacked")]
    symbols = [adduct.GetAtomWithIdx(i).GetSymbol() for i in chain]
    bonded = all(adduct.GetBondBetweenAtoms(*pair) is not None for pair in pairwise(chain))
    if symbols != ["C", "S", "C"] or not bonded:
        raise AssertionError(f"Atom indices of the adduct {Chem.MolToSmiles(adduct)} were lost in writing it.")
