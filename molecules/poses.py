"""Poses: one shape shared by a molecule, its thiolate adduct, and the models that are cut from both.

Energies of a large molecule's conformers differ by more than what its far end does to a reaction. Where molecule and
adduct, and whole and model, have one shape, that cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdForceFieldHelpers, rdMolAlign
from rdkit.Geometry import Point3D

from molecules.conformers import Geometry, conformers, embed, geometry_of, with_hydrogens
from molecules.michael import MichaelSite, ThiolateAdduct
from molecules.model_system import ModelSystem
from molecules.smiles import parse

CONFORMERS, SEED = 8, 1
"""Embeddings of the whole molecule, of which the lowest by force field is the pose."""
_CARBON_SULFUR, _MAX_ITERATIONS = 1.82, 2000
_DIELECTRIC = 80.0
"""Of water, for the force field: without it, charges of the anion would pull the molecule together."""
_FREEDOM_ANGSTROM, _STIFFNESS = 0.05, 200.0
_DIRECTIONS = 36
"""Directions around the double bond that are tried."""
Places = Mapping[int, tuple[float, float, float]]
"""Where some atoms of a molecule are, in ångström, by index."""


@lru_cache(maxsize=512)
def acceptor_pose(smiles: str) -> Geometry:
    """The lowest conformer of a molecule by force field.

    Raises:
        SmilesError: When the SMILES cannot be read.
        EmbeddingError: When RDKit finds no structure.
    """
    return conformers(smiles, CONFORMERS, SEED)[0]


def adduct_pose(site: MichaelSite, adduct: ThiolateAdduct, acceptor: Geometry) -> Geometry:
    """The adduct in the shape of its acceptor: CH3S over the more open face of C=C, then to the nearest minimum.

    Args:
        site: Where, in the molecule of `acceptor`.
        adduct: What comes of it.
        acceptor: The acceptor's atoms.

    Returns:
        The atoms of ``adduct.species.smiles``, hydrogens last.

    Raises:
        EmbeddingError: When RDKit finds no structure.
    """
    xyz = acceptor.coordinates()
    places = {new: _tuple(xyz[old]) for old, new in enumerate(adduct.from_acceptor)}
    attacked = parse(site.smiles).GetAtomWithIdx(site.attacked)
    if attacked.GetTotalDegree() == 2:  # what was linear, of an alkyne or an allene, is bent
        ends = [atom.GetIdx() for atom in attacked.GetNeighbors() if atom.GetIdx() not in site.chain]
        for old in (site.attacked, *ends):
            del places[adduct.from_acceptor[old]]
    else:
        sulfur = xyz[site.attacked] + _CARBON_SULFUR * _open_face(site, xyz)
        places[adduct.sulfur] = _tuple(sulfur)
        places[adduct.methyl] = _tuple(sulfur + _CARBON_SULFUR * _open_direction(sulfur, xyz))
    return completed(adduct.species.smiles, places)


def acceptor_places(model: ModelSystem, whole: Geometry) -> Places:
    """Where the heavy atoms of a model are when the whole molecule has this shape."""
    return {atom: whole.coordinates_angstrom[origin] for atom, origin in enumerate(model.atoms)}


def adduct_places(model: ModelSystem, in_model: ThiolateAdduct, in_whole: ThiolateAdduct, whole: Geometry) -> Places:
    """Where the heavy atoms of a model's adduct are when the whole adduct has this shape."""
    pairs = {new: in_whole.from_acceptor[model.atoms[old]] for old, new in enumerate(in_model.from_acceptor)}
    pairs |= {in_model.sulfur: in_whole.sulfur, in_model.methyl: in_whole.methyl}
    return {new: whole.coordinates_angstrom[origin] for new, origin in pairs.items()}


def completed(smiles: str, places: Places) -> Geometry:
    """A geometry with some heavy atoms where they are given, and all others where the force field wants them.

    Args:
        smiles: The molecule; `places` counts its atoms in written order.
        places: Given positions, which move by a few hundredths of an ångström.

    Raises:
        SmilesError: When the SMILES cannot be read.
        EmbeddingError: When RDKit finds no structure.
    """
    with rdBase.BlockLogs():
        mol = parse(smiles)
        mol = with_hydrogens(mol, places) if len(places) == mol.GetNumAtoms() else _embedded(mol, places)
        _relax(mol, places)
    return geometry_of(mol)


def _embedded(mol: Chem.Mol, places: Places) -> Chem.Mol:
    whole = Chem.AddHs(mol)
    embed(whole, 1, SEED, places)
    given = Chem.Mol(whole)
    _put(given, places)
    rdMolAlign.AlignMol(whole, given, atomMap=[(atom, atom) for atom in places])
    _put(whole, places)
    return whole


def _put(mol: Chem.Mol, places: Places) -> None:
    for atom, place in places.items():
        mol.GetConformer().SetAtomPosition(atom, Point3D(*place))


def _relax(mol: Chem.Mol, held: Places) -> None:
    """MMFF94 where it has parameters, else UFF; the held atoms stay."""
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol)
        properties.SetMMFFDielectricConstant(_DIELECTRIC)
        field = rdForceFieldHelpers.MMFFGetMoleculeForceField(mol, properties)
        hold = field.MMFFAddPositionConstraint
    else:
        field = rdForceFieldHelpers.UFFGetMoleculeForceField(mol)
        hold = field.UFFAddPositionConstraint
    field.Initialize()
    for atom in held:
        hold(atom, _FREEDOM_ANGSTROM, _STIFFNESS)
    field.Minimize(maxIts=_MAX_ITERATIONS)


def _open_face(site: MichaelSite, xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector from the attacked carbon on which sulfur is farthest from all others, normal to the double bond."""
    axis = xyz[site.chain[1]] - xyz[site.attacked]
    axis /= np.linalg.norm(axis)
    others = np.delete(xyz, site.attacked, axis=0)
    one = np.linalg.svd(axis[None, :])[2][1]
    two = np.cross(axis, one)
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    directions = np.cos(angles)[:, None] * one + np.sin(angles)[:, None] * two
    return _most_open(xyz[site.attacked], directions, others)


def _open_direction(start: NDArray[np.float64], xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector along which a bonded atom is farthest from all others."""
    directions = np.random.default_rng(SEED).standard_normal((_DIRECTIONS * 10, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return _most_open(start, directions, xyz)


def _most_open(
    start: NDArray[np.float64], directions: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of (n, 3) directions the one in which an atom bonded to `start` is farthest from the others."""
    ends = start + _CARBON_SULFUR * directions
    distance = np.linalg.norm(ends[:, None] - others[None], axis=2).min(axis=1)
    return np.asarray(directions[int(distance.argmax())])


def _tuple(position: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in position)
    return x, y, z
