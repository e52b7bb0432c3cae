import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDetermineBonds, rdMolAlign

from molecules.conformers import (
    DUPLICATE_RMSD_ANGSTROM,
    EmbeddingError,
    Geometry,
    conformers,
    to_mol,
)
from molecules.poses import completed
from molecules.smiles import parse
from molecules.xyz import to_xyz

BUTANOL = "CCCCO"


@pytest.mark.parametrize(
    ("smiles", "n_atoms"),
    [
        ("[H]", 1),
        ("[H+]", 1),
        ("[H][H]", 2),
        ("N#N", 2),
        ("Cl", 2),
        ("C[S-]", 5),
        ("C[Se]C", 9),
        ("CB(O)O", 9),
    ],
)
def test_small_and_unusual_species_have_a_geometry(smiles: str, n_atoms: int) -> None:
    (geometry,) = conformers(smiles, count=3, seed=1)
    assert geometry.coordinates().shape == (n_atoms, 3)
    assert np.isfinite(geometry.coordinates()).all()


@pytest.mark.parametrize(
    "smiles",
    ["CNC([O-])=C=CSC", "CSCC=[N+]([O-])[O-]", "CSC[CH-]C#N", "CSC=[C-]C#N", "CSC[CH-]S(C)(=O)=O", "CSC1C=C([O-])CC1"],
)
def test_adducts_embed_with_sensible_bonds(smiles: str) -> None:
    geometry = conformers(smiles, count=4, seed=1)[0]
    mol = to_mol(smiles, geometry)
    positions = geometry.coordinates()
    lengths = [np.linalg.norm(positions[b.GetBeginAtomIdx()] - positions[b.GetEndAtomIdx()]) for b in mol.GetBonds()]
    assert min(lengths) > 0.9
    assert max(lengths) < 2.0
    distances = np.linalg.norm(positions[:, None] - positions[None, :], axis=-1)[np.triu_indices(len(positions), 1)]
    assert distances.min() > 0.9


def test_atoms_follow_the_smiles_and_hydrogens_come_last() -> None:
    geometry = conformers("OCC=C", count=1, seed=0)[0]
    assert geometry.symbols == ("O", "C", "C", "C", "H", "H", "H", "H", "H", "H")


def test_a_seed_gives_the_same_conformers_in_another_interpreter() -> None:
    here = conformers(BUTANOL, count=6, seed=7)
    assert conformers(BUTANOL, count=6, seed=7) == here
    code = f"from molecules.conformers import conformers; print(repr(conformers({BUTANOL!r}, 6, 7)))"
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert there.stdout.strip() == repr(here)
    assert conformers(BUTANOL, count=6, seed=8) != here


def test_conformers_are_distinct_and_the_lowest_comes_first() -> None:
    # butane: anti and gauche, anti lower (0.6 kcal/mol at MMFF94, as in every textbook)
    ensemble = conformers("CCCC", count=20, seed=1)
    carbons = [geometry.coordinates()[:4] for geometry in ensemble]
    spans = [float(np.linalg.norm(c[3] - c[0])) for c in carbons]
    assert spans[0] == pytest.approx(3.9, abs=0.1)
    assert all(span == pytest.approx(3.1, abs=0.15) for span in spans[1:])
    mols = [Chem.RemoveHs(to_mol("CCCC", geometry)) for geometry in ensemble]
    for i, first in enumerate(mols):
        for second in mols[:i]:
            assert rdMolAlign.GetBestRMS(Chem.Mol(first), second) > DUPLICATE_RMSD_ANGSTROM


def test_stereo_of_the_smiles_is_that_of_the_geometry() -> None:
    for smiles in ("C[C@H](O)C(N)=O", "C[C@@H](O)C(N)=O", "C/C=C\\C=O", "C/C=C/C=O"):
        mol = to_mol(smiles, conformers(smiles, count=1, seed=3)[0])
        Chem.AssignStereochemistryFrom3D(mol)
        assert Chem.MolToSmiles(Chem.RemoveHs(mol)) == Chem.MolToSmiles(parse(smiles))


STRAINED = [
    "C1CC#CC1",  # cyclopentyne, cycloheptyne, cyclooctyne
    "C1CCC#CCC1",
    "C1CCCC#CCC1",
    "c1ccc#cc1",  # benzyne
    "O=C1N2CCC1CC2",  # a twisted amide
]
VERY_STRAINED = [
    "C1CCCC#CCCC1",
    "OCC1C2CCC#CCCC12",  # bicyclononyne, of click chemistry
    "C1Cc2ccc(cc2)CCc2ccc1cc2",  # [2.2]paracyclophane, [6]paracyclophane, [5]metacyclophane, [2.2]azulenophane
    "C1CCc2ccc(CCC1)cc2",
    "C1CCc2cccc(CC1)c2",
    "c1ccc2c(c1)ccc1ccc3ccc4ccc5ccccc5c4c3c12",  # hexahelicene
]
CAGES = ["C12C3C4C1C5C2C3C45", "C12C3C1C23", "C1CC2CCC1=C2", "C1CCC/C=C/CC1", "C1CCCC=C=CCC1", "C=C=C=C=C"]


@pytest.mark.parametrize(
    "smiles",
    [*STRAINED, *CAGES, *(pytest.param(one, marks=pytest.mark.slow) for one in VERY_STRAINED)],
)
def test_strained_molecules_have_a_geometry_with_their_bonds(smiles: str) -> None:
    """Bonds that are found again from distances alone are those of the SMILES."""
    geometry = conformers(smiles, count=2, seed=1)[0]
    found = Chem.MolFromXYZBlock(to_xyz(geometry))
    rdDetermineBonds.DetermineConnectivity(found)
    expected = to_mol(smiles, geometry)
    assert {frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in found.GetBonds()} == {
        frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in expected.GetBonds()
    }


@pytest.mark.parametrize(
    "smiles",
    [
        "C1C#C1",  # triple bonds in rings of three and four atoms
        "C1CC#C1",
        "C1C[C@H]2CC[C@H]1C2",  # norbornane, bicyclopentane and bicyclobutane with trans bridgeheads
        "C1C[C@H]2C[C@H]12",
        "C1[C@H]2C[C@H]12",
    ],
)
def test_what_cannot_exist_is_refused(smiles: str) -> None:
    with pytest.raises(EmbeddingError, match=r"\.xyz"):
        conformers(smiles, count=2, seed=1)


def test_a_shape_that_is_given_in_part_is_completed_for_a_strained_molecule() -> None:
    """ETKDGv3 finds no cycloalkyne around given atoms either."""
    smiles = "CSC1CCC#CCC1"
    whole = conformers(smiles, count=1, seed=1)[0].coordinates_angstrom
    given = {atom: whole[atom] for atom in range(4)}
    geometry = completed(smiles, given)
    mol = to_mol(smiles, geometry)
    assert np.allclose(geometry.coordinates()[:4], np.array(whole)[:4], atol=0.1)
    positions = geometry.coordinates()
    lengths = [np.linalg.norm(positions[b.GetBeginAtomIdx()] - positions[b.GetEndAtomIdx()]) for b in mol.GetBonds()]
    assert max(lengths) < 2.0


def test_errors_say_what_to_do() -> None:
    with pytest.raises(EmbeddingError, match=r"\.xyz"):
        conformers("C1C#C1", count=5, seed=0)
    with pytest.raises(ValueError, match="at least 1"):
        conformers("C", count=0, seed=0)
    with pytest.raises(ValueError, match="seed of 0 or above"):
        conformers("C", count=1, seed=-1)
    with pytest.raises(ValueError, match="was made from"):
        to_mol("CC", conformers("C", count=1, seed=0)[0])
    with pytest.raises(ValueError, match="one of each"):
        Geometry(("H",), ())
