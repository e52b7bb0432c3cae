"""Geometry: the atoms of a species in space, from force-field conformers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolAlign, rdMolTransforms
from rdkit.Geometry import Point3D

from molecules.smiles import parse

DUPLICATE_RMSD_ANGSTROM = 0.3
"""Conformers whose heavy atoms superpose within this are one conformer; smaller differences vanish on optimisation."""
_METHODS = (
    (rdDistGeom.ETKDGv3, False),
    (rdDistGeom.ETKDGv3, True),
    (rdDistGeom.ETDG, False),
    (rdDistGeom.ETDG, True),
    (rdDistGeom.EmbedParameters, True),
)
"""Of embedding, and whether from random coordinates, in the order they are tried. ETKDGv3 knows that aromatic rings are
flat and sp atoms linear, and so finds cyclophanes, helicenes and cycloalkynes impossible; ETDG knows torsions only
(both: Riniker, Landrum, J. Chem. Inf. Model. 55, 2562 (2015)), plain distance geometry neither. All keep the
stereochemistry."""
_BONDED, _NOT_BONDED = 1.25, 1.15
"""In units of the sum of covalent radii: the longest bond, and the nearest that other heavy atoms come."""
_SHARPEST_SP_DEGREES = 100.0
"""At a triple bond or cumulated double bonds. Cyclopentyne has 113 degrees; smaller rings open on relaxation."""
_MAX_ITERATIONS = 2000
_MAX_SYMMETRY_MAPPINGS = 1000


class EmbeddingError(ValueError):
    """A molecule for which no three-dimensional structure was found."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Atoms in space."""

    symbols: tuple[str, ...]
    """Element symbols, shape (n_atoms,): the atoms of the SMILES in written order, then its implicit hydrogens."""
    coordinates_angstrom: tuple[tuple[float, float, float], ...]
    """Cartesian coordinates in ångström, shape (n_atoms, 3)."""

    def __post_init__(self) -> None:
        if len(self.symbols) != len(self.coordinates_angstrom):
            raise ValueError(
                f"{len(self.symbols)} symbols, {len(self.coordinates_angstrom)} positions: give one of each per atom."
            )

    @classmethod
    def of(cls, symbols: Iterable[str], positions: Iterable[Iterable[float]]) -> Geometry:
        """From element symbols and positions in ångström, such as an array of shape (n_atoms, 3)."""
        return cls(tuple(symbols), tuple((float(x), float(y), float(z)) for x, y, z in positions))

    @property
    def n_heavy(self) -> int:
        """Number of atoms other than hydrogen."""
        return sum(symbol != "H" for symbol in self.symbols)

    def coordinates(self) -> NDArray[np.float64]:
        """Return the coordinates as a new array in ångström, shape (n_atoms, 3)."""
        return np.array(self.coordinates_angstrom, dtype=np.float64).reshape(-1, 3)


def conformers(smiles: str, count: int, seed: int) -> tuple[Geometry, ...]:
    """Generate conformers: ETKDGv3 embedding, then MMFF94 optimisation.

    What ETKDGv3 finds impossible is embedded with less knowledge, and kept where it then has its bonds, its linear
    atoms within reason, and its stereochemistry. UFF replaces MMFF94 where that lacks parameters; without either, the
    embedding is returned as it is. Stereocentres that the SMILES leaves open come out in either form, also side by side
    in one ensemble. ETKDGv3: Wang et al., J. Chem. Inf. Model. 2020, 60, 2044; MMFF94: Tosco, Stiefl and Landrum,
    J. Cheminform. 2014, 6, 37.

    Args:
        smiles: The species; atoms of each geometry follow its written order, hydrogens last.
        count: How many embeddings to make, at least 1.
        seed: Seed of the embedding, 0 or above. The same seed gives the same conformers.

    Returns:
        At least one and at most `count` distinct geometries, lowest force-field energy first.

    Raises:
        SmilesError: When the SMILES cannot be read.
        EmbeddingError: When RDKit finds no structure.
        ValueError: When `count` or `seed` is out of range.
    """
    if count < 1 or seed < 0:
        raise ValueError(f"count={count}, seed={seed}: ask for at least 1 conformer with a seed of 0 or above.")
    with rdBase.BlockLogs():
        mol = Chem.AddHs(parse(smiles))
        usual = embed(mol, count, seed)
        energies = _optimise(mol)
        sound = [i for i in range(mol.GetNumConformers()) if usual or _is_sound(Chem.Mol(mol, False, i))]
        if not sound:
            raise _no_structure(mol)
        kept = _distinct(mol, sorted(sound, key=lambda i: (round(energies[i], 4), i)))
    return tuple(geometry_of(mol, conformer) for conformer in kept)


def embed(mol: Chem.Mol, count: int, seed: int, places: Mapping[int, Sequence[float]] | None = None) -> bool:
    """Embed a molecule with explicit hydrogens in place, by the first of `_METHODS` that succeeds.

    Args:
        mol: The molecule; its conformers are replaced.
        count: How many embeddings to make.
        seed: Of the random numbers.
        places: Positions in ångström near which some atoms are wanted, by index; then from random coordinates only.

    Returns:
        Whether ETKDGv3 succeeded. What the others make wants a look at its bonds.

    Raises:
        EmbeddingError: When none succeeds.
    """
    for method, random_coordinates in _METHODS:
        if places and not random_coordinates:
            continue
        parameters: Any = method()  # RDKit's stubs give its fields the wrong types
        parameters.randomSeed, parameters.numThreads = seed, 1
        parameters.useRandomCoords = random_coordinates
        if places:
            parameters.SetCoordMap({atom: Point3D(*place) for atom, place in places.items()})
        # one first: a molecule that cannot exist fails once instead of `count` times
        if len(rdDistGeom.EmbedMultipleConfs(mol, 1, parameters)) > 0:
            if count > 1:
                rdDistGeom.EmbedMultipleConfs(mol, count, parameters)
            return method is rdDistGeom.ETKDGv3
    raise _no_structure(mol)


def _no_structure(mol: Chem.Mol) -> EmbeddingError:
    smiles = Chem.MolToSmiles(Chem.RemoveHs(mol))
    return EmbeddingError(
        f"RDKit finds no three-dimensional structure for {smiles}. Check its ring fusions and stereocentres for strain "
        "that cannot exist, or give the geometry yourself as an .xyz file."
    )


def _is_sound(mol: Chem.Mol) -> bool:
    """Whether the only conformer has the bonds, angles and stereochemistry that the molecule asks for."""
    radius = Chem.GetPeriodicTable().GetRcovalent
    radii = np.array([radius(atom.GetAtomicNum()) for atom in mol.GetAtoms()])
    distances = Chem.Get3DDistanceMatrix(mol) / (radii[:, None] + radii)
    bonded = Chem.GetAdjacencyMatrix(mol) > 0
    heavy = np.flatnonzero([atom.GetAtomicNum() > 1 for atom in mol.GetAtoms()])
    apart = np.ix_(heavy, heavy)
    touching = ~bonded[apart] & (distances[apart] < _NOT_BONDED) & ~np.eye(len(heavy), dtype=bool)
    angles = [
        rdMolTransforms.GetAngleDeg(mol.GetConformer(), one.GetIdx(), atom.GetIdx(), other.GetIdx())
        for atom in mol.GetAtoms()
        if atom.GetHybridization() == Chem.HybridizationType.SP
        for one, other in combinations(atom.GetNeighbors(), 2)
    ]
    return bool(
        (distances[bonded] < _BONDED).all()
        and not touching.any()
        and min(angles, default=180.0) > _SHARPEST_SP_DEGREES
        and same_stereo(mol, mol)
    )


def same_stereo(target: Chem.Mol, placed: Chem.Mol) -> bool:
    """Tell whether every stereocentre and double bond that a molecule specifies has that form in space.

    Args:
        target: The molecule, with or without explicit hydrogens.
        placed: The same atoms in the same order with one conformer; hydrogens may follow.
    """
    seen = Chem.Mol(placed)
    Chem.AssignStereochemistryFrom3D(seen)
    for atom, there in zip(target.GetAtoms(), seen.GetAtoms(), strict=False):
        if atom.HasProp("_CIPCode") and atom.GetProp("_CIPCode") != there.GetPropsAsDict(True).get("_CIPCode"):
            return False
    return all(
        bond.GetStereo() in (Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY)
        or bond.GetStereo() == seen.GetBondWithIdx(bond.GetIdx()).GetStereo()
        for bond in target.GetBonds()
    )


def _optimise(mol: Chem.Mol) -> list[float]:
    """Optimise every conformer in place and return force-field energies in kcal/mol, one per conformer."""
    if mol.GetNumAtoms() > 1:
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
            results = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(mol, numThreads=1, maxIters=_MAX_ITERATIONS)
            return [energy for _, energy in results]
        if rdForceFieldHelpers.UFFHasAllMoleculeParams(mol):
            results = rdForceFieldHelpers.UFFOptimizeMoleculeConfs(mol, numThreads=1, maxIters=_MAX_ITERATIONS)
            return [energy for _, energy in results]
    return [0.0] * mol.GetNumConformers()


def _distinct(mol: Chem.Mol, order: list[int]) -> list[int]:
    """Keep conformers, in the order given, that differ in their heavy atoms from all kept before."""
    heavy = Chem.RemoveHs(mol)
    probe = Chem.Mol(heavy)
    kept: list[int] = []
    for conformer in order:
        if all(
            rdMolAlign.GetBestRMS(probe, heavy, conformer, other, maxMatches=_MAX_SYMMETRY_MAPPINGS)
            > DUPLICATE_RMSD_ANGSTROM
            for other in kept
        ):
            kept.append(conformer)
    return kept


def geometry_of(mol: Chem.Mol, conformer: int = -1) -> Geometry:
    """The atoms of a conformer, in the molecule's order; by default of the first."""
    return Geometry.of((atom.GetSymbol() for atom in mol.GetAtoms()), mol.GetConformer(conformer).GetPositions())


def with_hydrogens(mol: Chem.Mol, heavy: Mapping[int, Sequence[float]]) -> Chem.Mol:
    """Put a molecule's atoms where they are, and hydrogens where bond lengths and angles want them.

    Args:
        mol: The molecule, without explicit hydrogens.
        heavy: The position of each of its atoms in ångström.

    Returns:
        The molecule with explicit hydrogens and one 3D conformer.
    """
    conformer = Chem.Conformer(mol.GetNumAtoms())
    for atom, position in heavy.items():
        conformer.SetAtomPosition(atom, Point3D(*position))
    placed = Chem.Mol(mol)
    placed.RemoveAllConformers()
    placed.AddConformer(conformer)
    return Chem.AddHs(placed, addCoords=True)


def to_mol(smiles: str, geometry: Geometry) -> Chem.Mol:
    """Give a molecule its geometry, such as for an SDF file.

    Args:
        smiles: The SMILES that the geometry was made from.
        geometry: Its atoms, in the order that `Geometry` describes.

    Returns:
        The molecule with explicit hydrogens and one 3D conformer.

    Raises:
        SmilesError: When the SMILES cannot be read.
        ValueError: When the atoms of the two differ.
    """
    mol = Chem.AddHs(parse(smiles))
    symbols = tuple(atom.GetSymbol() for atom in mol.GetAtoms())
    if symbols != geometry.symbols:
        raise ValueError(
            f"The geometry holds the atoms {' '.join(geometry.symbols)}, {smiles} means {' '.join(symbols)}. "
            "Pass the SMILES that the geometry was made from."
        )
    conformer = Chem.Conformer(mol.GetNumAtoms())
    conformer.Set3D(True)
    for i, (x, y, z) in enumerate(geometry.coordinates_angstrom):
        conformer.SetAtomPosition(i, Point3D(x, y, z))
    mol.AddConformer(conformer, assignId=True)
    return mol
