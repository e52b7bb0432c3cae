"""Geometry: the atoms of a species in space, from force-field conformers or from an XYZ file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolAlign
from rdkit.Geometry import Point3D

from molecules.smiles import parse

DUPLICATE_RMSD_ANGSTROM = 0.3
"""Conformers whose heavy atoms superpose within this are one conformer; smaller differences vanish on optimisation."""
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

    UFF replaces MMFF94 where that lacks parameters; without either, the embedding is returned as it is. Stereocentres
    that the SMILES leaves open come out in either form, also side by side in one ensemble. ETKDGv3: Wang et al.,
    J. Chem. Inf. Model. 2020, 60, 2044; MMFF94: Tosco, Stiefl and Landrum, J. Cheminform. 2014, 6, 37.

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
        _embed(mol, smiles, count, seed)
        energies = _optimise(mol)
        order = sorted(range(mol.GetNumConformers()), key=lambda i: (round(energies[i], 4), i))
        kept = _distinct(mol, order)
    return tuple(geometry_of(mol, conformer) for conformer in kept)


def _embed(mol: Chem.Mol, smiles: str, count: int, seed: int) -> None:
    """Embed in place, from random coordinates where the distance geometry fails."""
    parameters: Any = rdDistGeom.ETKDGv3()  # RDKit's stubs give its fields the wrong types
    parameters.randomSeed = seed
    parameters.numThreads = 1
    for random_coordinates in (False, True):
        parameters.useRandomCoords = random_coordinates
        # one first: a molecule that cannot exist fails once instead of `count` times
        if len(rdDistGeom.EmbedMultipleConfs(mol, 1, parameters)) > 0:
            rdDistGeom.EmbedMultipleConfs(mol, count, parameters)
            return
    raise EmbeddingError(
        f"RDKit finds no three-dimensional structure for {smiles}. Check its ring fusions and stereocentres for strain "
        "that cannot exist, or give the geometry yourself as an .xyz file."
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


class XyzError(ValueError):
    """A file that is not a geometry in XYZ format."""


@dataclass(frozen=True, slots=True)
class XyzFile:
    """What an XYZ file says."""

    geometry: Geometry
    """Its atoms, in the order of the file."""
    charge: int | None
    """First integer of the comment line, where that starts with two integers."""
    multiplicity: int | None
    """Second integer of the comment line: spin multiplicity 2S + 1."""


def read_xyz(path: Path) -> XyzFile:
    """Read a geometry in ångström: a line with the number of atoms, a comment line, then ``symbol x y z`` for each.

    Args:
        path: The file. Its comment line may start with charge and multiplicity, such as ``-1 1``, or name both, such as
            ``charge=-1 multiplicity=1``.

    Returns:
        The geometry, with charge and multiplicity where the file tells them.

    Raises:
        XyzError: When the file is missing or is no single geometry; the message says what to write instead.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise XyzError(f"{path} cannot be read: {error.strerror}. Give the path of an .xyz file.") from error
    while lines and not lines[-1].strip():
        lines.pop()
    count = lines[0].strip() if lines else ""
    if not (count.isascii() and count.isdigit() and int(count) > 0):
        raise XyzError(f"{path}, line 1: {count!r} is no number of atoms. Write how many atoms follow.")
    if len(lines) != int(count) + 2:
        raise XyzError(
            f"{path}: line 1 announces {count} atoms, {max(len(lines) - 2, 0)} lines follow the comment. "
            "Correct the number, and keep one geometry per file."
        )
    atoms = [_atom(f"{path}, line {number}", line) for number, line in enumerate(lines[2:], start=3)]
    geometry = Geometry(tuple(symbol for symbol, _ in atoms), tuple(position for _, position in atoms))
    charge, multiplicity = _state(f"{path}, line 2", lines[1])
    return XyzFile(geometry, charge, multiplicity)


def to_xyz(geometry: Geometry, comment: str = "") -> str:
    """Write a geometry in XYZ format, ångström with eight decimals.

    Args:
        geometry: The atoms.
        comment: The second line; ``charge multiplicity`` there is read back by `read_xyz`.

    Raises:
        ValueError: When the comment has a line break.
    """
    if len(comment.splitlines()) > 1:
        raise ValueError(f"The comment {comment!r} has a line break; an XYZ file has room for one line.")
    atoms = zip(geometry.symbols, geometry.coordinates_angstrom, strict=True)
    rows = [f"{symbol:<2} {x:15.8f} {y:15.8f} {z:15.8f}" for symbol, (x, y, z) in atoms]
    return "\n".join([str(len(rows)), comment, *rows]) + "\n"


def _atom(place: str, line: str) -> tuple[str, tuple[float, float, float]]:
    """Read ``symbol x y z``; an atomic number may stand for the symbol, and further columns are ignored."""
    fields = line.split()
    try:
        x, y, z = (float(field) for field in fields[1:4])
    except ValueError:
        raise XyzError(f"{place}: {line.strip()!r} is no atom. Write symbol x y z, in ångström.") from None
    if not all(math.isfinite(value) for value in (x, y, z)):
        raise XyzError(f"{place}: {line.strip()!r} has a coordinate that is not finite. Write ångström.")
    table = Chem.GetPeriodicTable()
    name = fields[0]
    symbols = {table.GetElementSymbol(number) for number in range(1, 119)}
    symbol = table.GetElementSymbol(int(name)) if name.isdecimal() and 0 < int(name) < 119 else name.capitalize()
    if symbol not in symbols:
        raise XyzError(f"{place}: {name!r} is no element. Write its symbol, such as C or Cl.")
    return symbol, (x, y, z)


def _state(place: str, comment: str) -> tuple[int | None, int | None]:
    """Charge and multiplicity, where the comment starts with two integers or names both."""
    named = [re.search(rf"\b{name}\s*=\s*([+-]?\d+)", comment) for name in ("charge", "multiplicity")]
    try:
        charge, multiplicity = (int(field) for field in ([match[1] for match in named if match] or comment.split()[:2]))
    except ValueError:
        return None, None
    if multiplicity < 1:
        raise XyzError(f"{place}: multiplicity {multiplicity} does not exist. Write 1 for a closed shell.")
    return charge, multiplicity
