import random
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from molecules.conformers import conformers, to_mol
from molecules.given_pose import PoseError, molecule_in_xyz, pose_in_record
from molecules.read import read_library
from molecules.smiles import canonical, parse
from molecules.standardize import standardize
from molecules.xyz import to_xyz

MOLECULES = [
    "CC(=O)[O-].[Na+]",
    "C[C@@H]([NH3+])C(=O)[O-]",
    "F/C(Cl)=C(/F)CBr",
    "CC(C)(C)c1ccc(C(F)(F)F)cc1",
    "O[C@H]1[C@@H](O)[C@H](O)[C@@H](CO)O[C@@H]1O",
    "Oc1ncccc1",
    "C[C@H]1CC[C@@H](C)CC1",
    "CC(C)C[C@H](NC(=O)/C=C/c1ccccc1)C(N)=O",
]


def shuffled(smiles: str, seed: int) -> Chem.Mol:
    """The molecule in space, its atoms in a random order."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert rdDistGeom.EmbedMolecule(mol, randomSeed=seed) == 0
    order = list(range(mol.GetNumAtoms()))
    random.Random(seed).shuffle(order)
    return Chem.RenumberAtoms(mol, order)


@pytest.mark.parametrize("hydrogens", [True, False])
@pytest.mark.parametrize("smiles", MOLECULES)
def test_a_pose_is_put_onto_the_standardised_molecule(smiles: str, hydrogens: bool) -> None:
    """Salts, protons, tautomers and the order of atoms may differ; stereochemistry and places may not."""
    mol = shuffled(smiles, seed=7)
    given = mol if hydrogens else Chem.RemoveHs(mol)
    record = Chem.MolToMolBlock(given)
    parent = standardize(Chem.MolFromMolBlock(record)).smiles
    pose = pose_in_record(record, parent)
    assert pose is not None
    placed = to_mol(parent, pose)
    Chem.AssignStereochemistryFrom3D(placed)
    assert Chem.MolToSmiles(Chem.RemoveHs(placed)) == parent
    places = np.round(given.GetConformer().GetPositions(), 4)
    heavy = [i for i, symbol in enumerate(pose.symbols) if symbol != "H"]
    for i in heavy:
        assert np.abs(places - pose.coordinates()[i]).max(axis=1).min() < 2e-4
    bonds = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in placed.GetBonds()]
    lengths = [float(np.linalg.norm(np.subtract(*pose.coordinates()[list(bond)]))) for bond in bonds]
    assert min(lengths) > 0.9
    assert max(lengths) < 2.1


def test_hydrogens_of_the_record_are_kept() -> None:
    at = conformers("OCCO", 3, seed=2)[-1]
    pose = pose_in_record(Chem.MolToMolBlock(to_mol("OCCO", at)), "OCCO")
    assert pose is not None
    assert pose.symbols == at.symbols
    bonded = [[0, 4], [1, 5, 6], [2, 7, 8], [3, 9]]  # an atom and its hydrogens, whose order is free
    for atom, *hydrogens in bonded:
        ours, theirs = (sorted(map(tuple, np.round(one.coordinates()[hydrogens], 3))) for one in (pose, at))
        assert np.allclose(ours, theirs, atol=2e-3)
        assert np.allclose(pose.coordinates()[atom], at.coordinates()[atom], atol=1e-4)


def test_a_drawing_is_no_pose() -> None:
    assert pose_in_record(Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")), "CCO") is None


@pytest.mark.parametrize("smiles", ["CCN", "C[C@@H](F)Cl"])
def test_a_shape_of_another_molecule_is_refused(smiles: str) -> None:
    record = Chem.MolToMolBlock(shuffled("C[C@H](F)Cl", seed=1))
    with pytest.raises(PoseError, match="do not fit") as caught:
        pose_in_record(record, smiles)
    assert caught.value.remedy


def test_a_library_keeps_poses(tmp_path: Path) -> None:
    file = tmp_path / "library.sdf"
    with Chem.SDWriter(str(file)) as writer:
        writer.write(shuffled("OCC=C", seed=1))
        writer.write(Chem.MolFromSmiles("CCO"))
    posed, drawn = read_library(file).candidates
    assert posed.pose is not None
    assert posed.pose.symbols == tuple(atom.GetSymbol() for atom in Chem.AddHs(parse(posed.smiles)).GetAtoms())
    assert drawn.pose is None
    assert posed.notes == drawn.notes == ()


def test_an_xyz_file_is_a_molecule_in_its_pose(tmp_path: Path) -> None:
    at = conformers("C[C@H](F)C(N)=O", 1, seed=1)[0]
    file = tmp_path / "molecule.xyz"
    file.write_text(to_xyz(at, "0 1"))
    standard, pose = molecule_in_xyz(file)
    assert standard.smiles == canonical("C[C@H](F)C(N)=O")
    ours, theirs = (np.array(sorted(one.coordinates_angstrom)) for one in (pose, at))
    assert np.allclose(ours, theirs, atol=1e-6)
    file.write_text("2\n0 1\nC 0 0 0\nC 9 0 0\n")
    with pytest.raises(PoseError, match="finds no bonds"):
        molecule_in_xyz(file)
