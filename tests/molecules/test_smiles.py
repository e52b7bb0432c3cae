import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from molecules.michael import find_michael_sites
from molecules.read import read_library
from molecules.smiles import SmilesError, canonical, parse


@pytest.mark.parametrize(
    ("smiles", "place", "remedy"),
    [
        ("C1CC", "unclosed ring: “C1CC”", "Close every ring"),
        ("C=CC(=O", "character 5: “C=CC(=O”", "Balance the parentheses"),
        ("CN(C)(C)(C)C", "N (atom 2)", "[N+]"),
        ("c1cccn1", "N (atom 5)", "[nH]"),
        ("cc", "C (atom 1)", "capitals"),
        ("acrylamide", "character 1: “acrylamide”", "structure editor"),
        ("C=CC–N", "Character 5, '–'", "dash"),
        ("CC O", "Character 3", "Remove it"),
        ("C\0C", "'\\x00'", "Remove it"),
        (" ", "empty", "C=CC#N"),
    ],
)
def test_an_error_quotes_the_place_and_says_what_to_write(smiles: str, place: str, remedy: str) -> None:
    with pytest.raises(SmilesError) as caught:
        parse(smiles)
    assert place in caught.value.reason
    assert remedy in caught.value.remedy
    assert "\0" not in str(caught.value)


def test_long_input_is_quoted_around_the_place() -> None:
    with pytest.raises(SmilesError, match=r"character 81: “…C+\(C”"):
        parse("C" * 80 + "(C")


def test_errors_survive_the_trip_between_processes() -> None:
    error = SmilesError("reason", "remedy")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_canonical_smiles_is_one_for_all_writings() -> None:
    assert canonical(" N#CC=C ") == canonical("C=CC#N") == "C=CC#N"


@pytest.mark.parametrize(
    ("mapped", "plain"),
    [
        ("[CH2:1]=[CH:2][C:3](=[O:4])[NH:5][CH3:6]", "C=CC(=O)NC"),
        ("O=C1[CH:7]=CC(=O)C=C1", "O=C1C=CC(=O)C=C1"),
        ("C[C@:4]([H:9])([OH:2])F", "C[C@H](O)F"),
        ("[CH3:1][C@H]([CH3:2])F", "CC(C)F"),  # a centre by its numbers only
        ("[CH3:1]/[CH:2]=[CH:3]/[CH3:4]", "C/C=C/C"),
        ("[cH:1]1[cH:2][cH:3][cH:4][cH:5][c:6]1[Cl:7]", "Clc1ccccc1"),
        ("[CH3:1][C:2](=[O:3])[O-:4].[Na+:5]", "CC(=O)[O-].[Na+]"),
        ("[H:1][CH3:2]", "C"),
    ],
)
def test_atom_map_numbers_are_dropped(mapped: str, plain: str) -> None:
    assert canonical(mapped) == canonical(plain)


def test_atom_map_numbers_change_neither_sites_nor_candidates(tmp_path: Path) -> None:
    assert len(find_michael_sites("O=C1[CH:7]=CC(=O)C=C1")) == len(find_michael_sites("O=C1C=CC(=O)C=C1")) == 1
    (tmp_path / "a.smi").write_text("[CH2:1]=[CH:2][C:3]#[N:4] mapped\nC=CC#N plain\n")
    assert [one.smiles for one in read_library(tmp_path / "a.smi").candidates] == ["C=CC#N"]


@given(st.sampled_from(["C[C@H](N)C(=O)O", "C/C=C/C=O", "c1cc[nH]c1", "CC[S@](=O)C", "C1CC1[NH3+]"]), st.data())
def test_any_numbers_on_any_atoms_leave_the_molecule_as_it_is(smiles: str, data: st.DataObject) -> None:
    mol = Chem.MolFromSmiles(smiles)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(data.draw(st.integers(0, 3)))
    assert canonical(Chem.MolToSmiles(mol)) == canonical(smiles)
