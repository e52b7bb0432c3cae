"""ModelSystem: the part of a large molecule around its reaction centre, cut out and capped with hydrogen.

It is the high layer of a two-layer ONIOM calculation with hydrogen link atoms: Svensson, Humbel, Froese, Matsubara,
Sieber, Morokuma, J. Phys. Chem. 100, 19357 (1996); Dapprich, Komáromi, Byun, Morokuma, Frisch, J. Mol. Struct. THEOCHEM
461–462, 1 (1999). Only acyclic single bonds are cut, never one of an amide, an ester or another conjugated group.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rdkit import Chem

from molecules.michael import MichaelSite, written
from molecules.smiles import canonical, parse

MAX_HEAVY_ATOMS = 14
"""Size from which molecules are cut, and that models aim at: a few minutes at the standard profile."""
_SHELLS = (2, 1)
"""Bonds around the centre within which everything is kept; the second where the first makes the model too large."""
_LEAST_CUT = 3
"""Heavy atoms that a cut takes off at least: methyl, methoxy, amino and the halogens stay where they are."""
_WHOLE = "atom of the whole molecule"

# Bonds that may be cut, the least disturbing first; no end carries a charge, so that a model's is that of its atoms.
_DONOR = "$([NX3;+0]),$([OX2;+0]),$([SX2;+0])"
_GRADES = (
    "[CX4;+0]!@-[CX4;+0]",
    f"[CX4;+0]!@-[{_DONOR},$([c,n;+0])]",  # alkyl of amines, ethers, esters and amides, at N and O; of aromatic rings
    f"[c;+0]!@-[A;{_DONOR}]",  # aryl–N, aryl–O
    "[c,n;+0]!@-[c,n;+0]",  # biaryl
)


@dataclass(frozen=True, slots=True)
class ModelSystem:
    """Part of a molecule, with hydrogen in place of what was cut off."""

    smiles: str
    """Canonical SMILES of the capped model; that of the whole molecule where nothing is cut."""
    whole: str
    """Canonical SMILES of the whole molecule."""
    centre: tuple[int, ...]
    """Atoms of `whole` that the model is built around, in written order from 0."""
    atoms: tuple[int, ...]
    """For each atom of `smiles` in written order, which atom of `whole` it is."""
    cuts: tuple[tuple[int, int], ...]
    """Cut bonds as atoms of `whole`, the one that stays first; none where the model is the whole molecule."""


def model_system(smiles: str, centre: Collection[int], max_heavy: int = MAX_HEAVY_ATOMS) -> ModelSystem:
    """Cut the model around a reaction centre: of those that are small enough the one with most of its surroundings.

    It holds two shells of neighbours of the centre (one, where two are too many), every ring and conjugated group that
    they belong to, and then further groups, the nearest first, as long as they fit.

    Args:
        smiles: Any SMILES of the molecule.
        centre: Atoms that react, and the π system that they belong to; counted in the canonical SMILES from 0.
        max_heavy: Heavy atoms aimed at. Where rings and conjugation forbid it, the model is larger.

    Returns:
        The model; a molecule of at most `max_heavy` heavy atoms stays whole.

    Raises:
        SmilesError: When the SMILES cannot be read.
        ValueError: When the centre is empty, or names an atom that does not exist.
    """
    whole = canonical(smiles)
    mol, reacting = parse(whole), tuple(sorted(set(centre)))
    everything = frozenset(range(mol.GetNumAtoms()))
    if not reacting or not everything.issuperset(reacting):
        raise ValueError(f"The centre {reacting} is no part of {whole}: it has atoms 0 to {len(everything) - 1}.")
    if len(everything) <= max_heavy:
        return _capped(whole, reacting, everything)
    atoms, blocks = everything, [everything]
    for shell in _SHELLS:
        for grade in range(1, len(_GRADES) + 1):
            if len(atoms) > max_heavy:
                blocks = _blocks(mol, reacting, grade)
                atoms = _core(mol, reacting, shell, blocks)
    while block := _nearest(mol, reacting, atoms, blocks, max_heavy - len(atoms)):
        atoms |= block
    return _capped(whole, reacting, atoms)


def grown(model: ModelSystem) -> ModelSystem:
    """The next larger model: with the nearest groups that were cut off, three heavy atoms or more.

    Returns:
        The larger model; the same one where it is the whole molecule.
    """
    mol, atoms = parse(model.whole), frozenset(model.atoms)
    blocks = _blocks(mol, model.centre, len(_GRADES))
    enough = min(len(atoms) + _LEAST_CUT, mol.GetNumAtoms())
    while len(atoms) < enough:
        atoms |= _nearest(mol, model.centre, atoms, blocks, mol.GetNumAtoms())
    return _capped(model.whole, model.centre, atoms)


def site_in(model: ModelSystem, site: MichaelSite) -> MichaelSite:
    """The Michael site of the whole molecule in its model."""
    place = {atom: i for i, atom in enumerate(model.atoms)}
    return MichaelSite(
        smiles=model.smiles,
        chain=tuple(place[atom] for atom in site.chain),
        withdrawing=tuple(place[atom] for atom in site.withdrawing),
        bond_order=site.bond_order,
        group=site.group,
    )


def _blocks(mol: Chem.Mol, centre: tuple[int, ...], grade: int) -> list[frozenset[int]]:
    """Parts of a molecule between the bonds of the first grades that are worth a cut."""
    pieces = Chem.RWMol(mol)
    for pattern in _GRADES[:grade]:
        for first, second in mol.GetSubstructMatches(Chem.MolFromSmarts(pattern)):
            halves = Chem.RWMol(mol)
            halves.RemoveBond(first, second)
            sides = [set(side) for side in Chem.GetMolFrags(halves)]
            away = [side for side in sides if not side.intersection(centre)]
            if away and len(away[0]) >= _LEAST_CUT:
                pieces.RemoveBond(first, second)
    return [frozenset(piece) for piece in Chem.GetMolFrags(pieces)]


def _core(mol: Chem.Mol, centre: tuple[int, ...], shell: int, blocks: list[frozenset[int]]) -> frozenset[int]:
    """The blocks that reach into the shells of the centre."""
    distance = Chem.GetDistanceMatrix(mol)[list(centre)].min(axis=0)
    return frozenset[int]().union(*(block for block in blocks if any(distance[atom] <= shell for atom in block)))


def _nearest(
    mol: Chem.Mol, centre: tuple[int, ...], atoms: frozenset[int], blocks: list[frozenset[int]], room: int
) -> frozenset[int]:
    """The block bonded to `atoms` that is nearest to the centre and fits; empty where there is none."""
    distance = Chem.GetDistanceMatrix(mol)[list(centre)].min(axis=0)
    beside = {n.GetIdx() for atom in atoms for n in mol.GetAtomWithIdx(atom).GetNeighbors()} - atoms
    fitting = [block for block in blocks if block & beside and len(block) <= room]
    return min(fitting, key=lambda b: (min(distance[i] for i in b), len(b), min(b)), default=frozenset())


def _capped(whole: str, centre: tuple[int, ...], atoms: frozenset[int]) -> ModelSystem:
    """Cut these atoms out and put hydrogen on the bonds that end there."""
    mol = parse(whole)
    bonds = [(bond.GetIdx(), bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in mol.GetBonds()]
    ends = [(i, first, second) for i, first, second in bonds if (first in atoms) != (second in atoms)]
    for atom in mol.GetAtoms():
        atom.SetIntProp(_WHOLE, atom.GetIdx())
    if ends:
        pieces = Chem.FragmentOnBonds(mol, [i for i, _, _ in ends])
        for atom in pieces.GetAtoms():
            if atom.GetAtomicNum() == 0:  # where FragmentOnBonds cut
                atom.SetAtomicNum(1)
                atom.SetIsotope(0)
        parts = Chem.GetMolFrags(pieces, asMols=True, sanitizeFrags=True)
        mol = next(part for part in parts if any(_origin(atom) in atoms for atom in part.GetAtoms()))
        mol = Chem.RemoveHs(mol)
    smiles, position = written(mol)
    origin = {position[atom.GetIdx()]: _origin(atom) for atom in mol.GetAtoms()}
    return ModelSystem(
        smiles=smiles,
        whole=whole,
        centre=centre,
        atoms=tuple(origin[i] for i in range(len(origin))),
        cuts=tuple(sorted((a, b) if a in atoms else (b, a) for _, a, b in ends)),
    )


def _origin(atom: Chem.Atom) -> int:
    """Which atom of the whole molecule it was; -1 for a cap."""
    return int(atom.GetIntProp(_WHOLE)) if atom.HasProp(_WHOLE) else -1
