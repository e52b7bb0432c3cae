import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdMolAlign

from molecules.conformers import (
    DUPLICATE_RMSD_ANGSTROM,
    EmbeddingError,
    Geometry,
    XyzError,
    conformers,
    read_xyz,
    to_mol,
    to_xyz,
)
from molecules.smiles import parse

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


coordinate = st.floats(-50, 50).map(lambda x: round(x, 8))
Atom = tuple[str, tuple[float, float, float]]
atom = st.tuples(st.sampled_from(["H", "C", "N", "O", "Cl", "Se"]), st.tuples(coordinate, coordinate, coordinate))


@given(st.lists(atom, min_size=1, max_size=6), st.integers(-3, 3), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_xyz_files_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    atoms: list[Atom],
    charge: int,
    spin: int,
) -> None:
    geometry = Geometry(tuple(symbol for symbol, _ in atoms), tuple(position for _, position in atoms))
    path = tmp_path_factory.getbasetemp() / "round_trip.xyz"
    path.write_text(to_xyz(geometry, f"{charge} {spin}"))
    xyz = read_xyz(path)
    assert (xyz.geometry, xyz.charge, xyz.multiplicity) == (geometry, charge, spin)


@pytest.mark.parametrize(
    ("comment", "state"),
    [
        ("charge=-1 multiplicity=3", (-1, 3)),
        ("EA 8, charge = +1 multiplicity = 2 (angstrom)", (1, 2)),
        ("x=1", (None,) * 2),
    ],
)
def test_xyz_comments_may_name_charge_and_multiplicity(
    comment: str, state: tuple[int | None, int | None], tmp_path: Path
) -> None:
    path = tmp_path / "named.xyz"
    path.write_text(f"1\n{comment}\nO 0 0 0\n")
    xyz = read_xyz(path)
    assert (xyz.charge, xyz.multiplicity) == state


def test_xyz_accepts_atomic_numbers_further_columns_and_free_comments(tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_bytes(b"3\r\nwater, \xe5ngstr\xf6m\r\n8 0 0 0 -0.8\r\nh 0 0.76 0.59\r\nH 0 -0.76 5.9e-1\r\n\r\n")
    xyz = read_xyz(path)
    assert xyz.geometry.symbols == ("O", "H", "H")
    assert (xyz.charge, xyz.multiplicity) == (None, None)
    assert xyz.geometry.coordinates()[2, 2] == 0.59


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: '' is no number of atoms"),
        ("one\n\nH 0 0 0\n", "line 1: 'one' is no number"),
        ("2\n\nH 0 0 0\n", "announces 2 atoms, 1 lines"),
        ("1\n\nH 0 0 0\n1\n\nH 0 0 1\n", "one geometry per file"),
        ("1\n\nH 0 0\n", "line 3: 'H 0 0' is no atom"),
        ("1\n\nXx 0 0 0\n", "line 3: 'Xx' is no element"),
        ("1\n\nH 0 0 nan\n", "not finite"),
        ("1\n0 0\nH 0 0 0\n", "multiplicity 0"),
    ],
)
def test_wrong_xyz_files_are_refused_with_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.xyz"
    path.write_text(text)
    with pytest.raises(XyzError) as caught:
        read_xyz(path)
    assert message in str(caught.value)


def test_missing_xyz_file_and_comment_with_line_break(tmp_path: Path) -> None:
    with pytest.raises(XyzError, match="cannot be read"):
        read_xyz(tmp_path / "none.xyz")
    with pytest.raises(ValueError, match="line break"):
        to_xyz(Geometry(("H",), ((0.0, 0.0, 0.0),)), "two\nlines")
