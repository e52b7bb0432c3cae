"""Which column, line and word of a file is what, in exports of the programs that chemists use."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molecules.candidate import Library
from molecules.likeness import likeness
from molecules.read import read_library
from molecules.table import table_rows
from molecules.titles import name_columns, structure_rank

Read = Callable[[str, str], Library]
ACIDS = ("C=CC(=O)Nc1ccccc1", "C=CC#N", "CC=CC=O")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(name: str, content: str) -> Library:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return read_library(tmp_path / name)

    return write_and_read


def smiles(library: Library) -> list[str]:
    assert not library.rejections
    return [one.smiles for one in library.candidates]


def names(library: Library) -> list[str]:
    return [one.name for one in library.candidates]


# --- delimiters


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "\ufeffSEP=;", "sep=;;;", "sep=; "])
def test_the_line_that_tells_excel_the_delimiter_is_no_row(read: Read, first: str) -> None:
    library = read("a.csv", f"{first}\nSMILES;Name;pIC50\nC=CC#N;a;5,3\nC1;b;1\n")
    assert [(one.row, one.name, one.columns["pIC50"]) for one in library.candidates] == [(3, "a", "5,3")]
    assert [one.row for one in library.rejections] == [4]


@pytest.mark.parametrize("delimiter", ["|", "\t", ","])
def test_any_declared_delimiter_is_taken(read: Read, delimiter: str) -> None:
    assert names(read("a.csv", f"sep={delimiter}\nname{delimiter}smiles\nx; y{delimiter}C=CC#N\n")) == ["x; y"]


def test_decimal_commas_and_commas_in_titles_are_no_delimiters(read: Read) -> None:
    library = read("a.csv", "SMILES;IC50, nM;Ki, nM;log P, calc.\nC=CC#N;5,3;1,2;0,2\nC=CC=O;5,3;1,2;0,1\n")
    assert library.candidates[0].columns == {"IC50, nM": "5,3", "Ki, nM": "1,2", "log P, calc.": "0,2"}


@given(
    st.sampled_from(",;\t"),
    st.lists(
        st.tuples(st.sampled_from(ACIDS), st.text("ab,; \t", max_size=6), st.floats(0, 9)), min_size=1, max_size=9
    ),
)
def test_the_delimiter_is_found_whatever_stands_in_other_cells(
    delimiter: str, rows: list[tuple[str, str, float]]
) -> None:
    out = io.StringIO()
    table = [(i, one, text, f"{x:.2f}".replace(".", ",")) for i, (one, text, x) in enumerate(rows)]
    csv.writer(out, delimiter=delimiter).writerows([("index", "SMILES", "remark, text", "x; y"), *table])
    assert [one.structure for one in table_rows(out.getvalue())] == [one for one, _, _ in rows]


# --- the column of structures


@pytest.mark.parametrize(
    ("titles", "cells", "column"),
    [
        ("CID,Canonical SMILES,Isomeric SMILES", ("1", "CC=CC=O", "C/C=C/C=O"), 2),  # PubChem
        ("CID,ConnectivitySMILES,SMILES", ("1", "CC=CC=O", "C/C=C/C=O"), 2),  # PubChem since 2025
        ("cid,cmpdname,isosmiles,canonicalsmiles", ("1", "crotonal", "C/C=C/C=O", "CC=CC=O"), 2),
        ("BindingDB Ligand Name,Ligand SMILES", ("x", "C=CC#N"), 1),
        ("Isomeric SMILES,canonical_smiles", ("C/C=C/C=O", "CC=CC=O"), 0),
        ("Molecule,CXSMILES (CDD Compatible)", ("CDD-1", "C[C@H](O)C#N"), 1),  # CDD Vault
        ("SMILES,CXSMILES", ("C[C@H](O)C#N", "C[C@H](O)C#N |&1:1|"), 1),
        ("Structure,Idcode,SMILES_std", ("fbmAB@@", "daD@P@bN", "C=CC#N"), 2),  # DataWarrior
        ("Compound Name,Standardized structure", ("CO", "C=CC#N"), 1),
        ("hit,parent_smi,compound", ("N", "C=CC#N", "a"), 1),
        ("State,Vendor,drawn", ("CO", "NCI", "C=CC#N"), 2),
        ("Element,Active,Structure [SMILES]", ("C", "N", "C=CC#N"), 2),
        (",class,smiles,name", ("0", "CN", "C=CC#N", "a"), 2),  # pandas with its index
        ("Row ID,Structure,Site", ("Row0", "C=CC#N", "CNS"), 1),  # KNIME
        ("Murcko_SMILES,SMILES", ("c1ccccc1", "C=CC(=O)Nc1ccccc1"), 1),
        ("scaffold smiles,molecule", ("c1ccccc1", "C=CC(=O)Nc1ccccc1"), 1),
        ("Reactant SMILES,Product SMILES", ("C=CC(=O)O", "C=CC(=O)Nc1ccccc1"), 1),
        ("R1 SMILES,Core SMILES,SMILES", ("CCC", "c1ccncc1", "CCCc1ccncc1"), 2),
        ("analog_smiles,smiles", ("C[C@H](O)C(=O)C=C", "C=CC#N"), 1),
        ("SMILES,SMILES_stereo", ("CC=CC=O", "C/C=C/C=O"), 1),
        ("Structure ID,smi", ("CCO", "C=CC#N"), 1),
        ("Formula,structure", ("CCl", "C=CC#N"), 1),
    ],
)
def test_the_structures_are_in_the_column_with_most_of_molecules(
    read: Read, titles: str, cells: tuple[str, ...], column: int
) -> None:
    library = read("a.csv", f"{titles}\n{','.join(cells)}\n{','.join(cells)}\n")
    assert library.candidates[0].input == cells[column]


def test_e_and_z_are_two_candidates_beside_their_canonical_smiles(read: Read) -> None:
    rows = "CC=CC=O,C/C=C/C=O\nCC=CC=O,C/C=C\\C=O\n"
    assert smiles(read("a.csv", f"Canonical SMILES,Isomeric SMILES\n{rows}")) == ["C/C=C/C=O", "C/C=C\\C=O"]


def test_a_titled_column_may_hold_the_smallest_molecules(read: Read) -> None:
    assert smiles(read("a.csv", "smiles,formula\nC,CH4\nCO,CH4O\nN#C,CHN\n")) == ["C", "CO", "C#N"]


def test_two_columns_of_different_compounds_are_named(read: Read) -> None:
    library = read("a.csv", "parent smiles,analog smiles\nC=CC(=O)NC,C=CC#N\n")
    assert "read from the column “parent smiles”; “analog smiles” holds others" in library.candidates[0].notes[0]


def test_a_wrong_structure_in_the_first_row_is_no_title(read: Read) -> None:
    library = read("a.csv", "C1CC,bad\nCCO,ethanol\nCCN,ethylamine\n")
    assert names(library) == ["ethanol", "ethylamine"]
    assert library.rejections[0].row == 1


def test_a_sparse_column_is_found_beyond_the_first_rows(read: Read) -> None:
    library = read("a.csv", "code,drawn\n" + "1,\n" * 300 + "2,C=CC#N\n" * 300)
    assert smiles(Library(library.candidates, ())) == ["C=CC#N"]


@pytest.mark.parametrize("word", ["C", "N", "I", "CO", "CN", "NCI", "COCO", "Br", "ClCCl", "CCO"])
def test_words_that_are_smiles_too_are_no_sure_structures(word: str) -> None:
    assert likeness(word) <= 1


@pytest.mark.parametrize("text", ["C=CC#N", "c1ccccc1", "CC(=O)O", "C[C@H](O)F |&1:1|", "CC(=O)[O-].[Na+]"])
def test_structures_are_sure(text: str) -> None:
    assert likeness(text) == 2


@pytest.mark.parametrize("text", ["", "-", "1.5", "ethanol", "CHEMBL25", "InChI=1S/CH4/h1H4", "O", "[Na+].[Cl-]"])
def test_other_cells_are_no_structures(text: str) -> None:
    assert likeness(text) == 0


@pytest.mark.parametrize("caption", ["Exported 2026-01-01", "Library X,,", "# by me, yesterday", "#Results"])
def test_captions_above_the_titles_are_no_rows(read: Read, caption: str) -> None:
    library = read("a.csv", f"{caption}\nID,SMILES,y\n7,C=CC#N,1\n")
    assert [(one.row, one.name, one.columns) for one in library.candidates] == [(3, "7", {"y": "1"})]
    assert not library.rejections
    assert names(read("a.csv", "#,SMILES\n1,C=CC#N\n")) == ["C=CC#N"]


# --- names


def test_the_identifier_is_the_name_where_that_is_empty(read: Read) -> None:
    library = read("a.csv", "Molecule ChEMBL ID;Name;Smiles\nCHEMBL1;;C=CC#N\nCHEMBL2;acrolein;C=CC=O\n")
    assert names(library) == ["CHEMBL1", "acrolein"]
    assert library.candidates[0].columns == {"Molecule ChEMBL ID": "CHEMBL1"}


@pytest.mark.parametrize(
    ("titles", "best"),
    [
        (["CID", "IUPAC Name", "Target Name"], [1, 0]),
        (["Molecule ChEMBL ID", "Document ChEMBL ID", "Molecule Name"], [2, 0]),
        (["Compound Key", "CompoundName"], [1, 0]),
        (["CAS No.", "Preferred name", "Assay ID"], [1, 0]),
        (["Row ID", "cmpd_id"], [1]),
        (["idnumber", "BindingDB Ligand Name"], [1, 0]),
        (["Molecule", "Registry Number"], [0, 1]),
        (["Structure", "User name", "Value"], []),
    ],
)
def test_titles_of_names_and_identifiers_of_compounds(titles: list[str], best: list[int]) -> None:
    assert name_columns(titles) == best


@pytest.mark.parametrize(
    ("title", "rank"), [("SMILES", 3), ("cxsmiles", 3), ("Parent SMILES", 2), ("Structure ID", 1), ("x", 1)]
)
def test_titles_of_structures(title: str, rank: int) -> None:
    assert structure_rank(title) == rank
    assert structure_rank(f"scaffold {title}") == 0


def test_sdf_properties_name_a_record_by_the_same_rule(read: Read) -> None:
    block = "\n  x\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n" + f"{0:10.4f}" * 3 + " C   0  0\nM  END\n"
    library = read("a.sdf", f"{block}> <Molecule ChEMBL ID>\nCHEMBL17564\n\n> <Name>\n \n\n$$$$\n")
    assert names(library) == ["CHEMBL17564"]


# --- .smi and .txt


def test_names_that_come_first_are_read_with_a_note(read: Read) -> None:
    library = read(
        "a.smi", "name smiles\n# c\naspirin CC(=O)Oc1ccccc1C(=O)O\nvinyl alcohol, rac. C=C[C@H](O)C |&1:3|\n"
    )
    assert names(library) == ["aspirin", "vinyl alcohol, rac."]
    assert [one.row for one in library.candidates] == [3, 4]
    assert all("name first" in one.notes[0] for one in library.candidates)


@pytest.mark.parametrize(
    "lines",
    [
        [("acid", "CC(=O)O"), ("alcohol", "CCO")],
        [("ethanol", "CCO"), ("propane", "CCC")],  # words as well
        [("acetic acid", "CC(=O)O"), ("ethanol", "CCO")],
        [("CO-1234", "CC(=O)O"), ("CO-1235", "CCO")],
        [("1", "CC(=O)O"), ("2", "CCO")],
    ],
)
@pytest.mark.parametrize("blank", [" ", "\t"])
def test_the_side_of_the_structures_is_found(read: Read, lines: list[tuple[str, str]], blank: str) -> None:
    for file, turned in (("a.smi", lines), ("b.smi", [line[::-1] for line in lines])):
        library = read(file, "\n".join(map(blank.join, turned)))
        assert [(one.name, one.input) for one in library.candidates] == lines


def test_names_follow_the_extension_of_cxsmiles(read: Read) -> None:
    library = read(
        "a.smi", "C[C@H](O)C#N |&1:1| rac one\nC[C@H](O)C=C |&1:1|\ttwo\nCCO |(0,1,;1,2,;3,4,)|\nCCN |c| x\n"
    )
    assert names(library)[:3] == ["rac one", "two", "CCO"]
    assert "extension" in library.rejections[0].reason


@pytest.mark.parametrize("name", ["a.txt", "a.tsv"])
def test_a_text_file_with_tabs_is_a_table(read: Read, name: str) -> None:
    library = read(name, "id\tSMILES\tpIC50\nx\tC=CC#N\t5,1\n")
    assert (library.candidates[0].name, library.candidates[0].columns) == ("x", {"pIC50": "5,1"})


@pytest.mark.parametrize("name", ["a.txt", "a.smi"])
def test_a_text_file_with_commas_is_a_table(read: Read, name: str) -> None:
    assert names(read(name, "CC(=O)O,acetic acid\nC=CC#N,acrylonitrile\n")) == ["acetic acid", "acrylonitrile"]
    assert names(read(name, "sep=;\nSMILES;name\nC=CC#N;nitrile\n")) == ["nitrile"]
