import contextlib
import csv
import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molecules.candidate import Library
from molecules.michael import find_michael_sites
from molecules.read import LibraryError, read_library, read_pasted

EXAMPLES = Path(__file__).parents[2] / "molecules" / "examples"
Write = Callable[[str, str | bytes], Library]


@pytest.fixture
def read(tmp_path: Path) -> Write:
    def write_and_read(name: str, content: str | bytes) -> Library:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_library(path)

    return write_and_read


def rows_of(library: Library) -> list[int]:
    """Every row of the file that the library accounts for, merged ones included."""
    rows = [rejection.row for rejection in library.rejections]
    for candidate in library.candidates:
        merged = [note for note in candidate.notes if "merged into this one" in note]
        rows += [int(row) for row in re.findall(r"\d+", merged[0])] if merged else [candidate.row]
    return sorted(rows)


def names(library: Library) -> list[str]:
    return [candidate.name for candidate in library.candidates]


# --- the messy example


def test_each_row_of_the_messy_example_is_accounted_for_exactly_once() -> None:
    path = EXAMPLES / "messy.csv"
    lines = path.read_bytes().replace(b"\r\n", b"\n").split(b"\n")
    continued = 4  # the second line of a cell with two
    assert rows_of(read_library(path)) == [n for n in range(2, len(lines)) if n != continued]


def test_the_messy_example_gives_four_acceptors_and_benzamide() -> None:
    library = read_library(EXAMPLES / "messy.csv")
    sites = {candidate.name: len(find_michael_sites(candidate.smiles)) for candidate in library.candidates}
    assert sites == {"acrylonitrile": 1, "acroléine": 1, "methyl acrylate": 1, "benzamide": 0, "sodium acrylate": 1}
    formula = next(candidate for candidate in library.candidates if candidate.name == "methyl acrylate")
    assert formula.columns["notes"].startswith("=HYPERLINK(")
    assert all(rejection.reason and rejection.remedy for rejection in library.rejections)


def test_a_duplicate_says_what_its_row_held() -> None:
    first = read_library(EXAMPLES / "messy.csv").candidates[0]
    assert first.id == "row-2"
    assert "Rows 2, 8 and 9 hold the same molecule and were merged into this one." in first.notes
    assert any("Row 9 differs" in note and "batch “B-1”" in note for note in first.notes)
    assert any(note.startswith("Row 9: Isotope") for note in first.notes)


# --- formats


def test_smi_takes_blanks_or_tabs_comments_and_titles(read: Write) -> None:
    library = read("a.smi", "smiles name\n# comment\nC=CC#N acrylo nitrile\nC=CC=O\t acrolein\nCO\n\nC1 bad\n\n\n")
    assert names(library) == ["acrylo nitrile", "acrolein", "CO"]
    assert [candidate.row for candidate in library.candidates] == [3, 4, 5]
    assert (library.rejections[0].row, library.rejections[0].reason) == (6, "The row is empty.")
    assert rows_of(library) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("title", ["SMILES", "Canonical Smiles", "structure"])
def test_csv_finds_its_delimiter_and_columns(read: Write, delimiter: str, title: str) -> None:
    table = [["ID", title, "log k, M", ""], ["m1", "C=CC#N", "", "x"], ["m2", "C=CC=O", "=1+1", "y"]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(table)
    library = read("a.csv", out.getvalue())
    assert names(library) == ["m1", "m2"]
    assert library.candidates[1].columns == {"log k, M": "=1+1", "column 4": "y"}


def test_csv_without_a_known_title_uses_the_column_that_holds_smiles(read: Write) -> None:
    library = read("a.csv", "code,drawn\n17,C=CC#N\n18,C=CC=O\n")
    assert [candidate.smiles for candidate in library.candidates] == ["C=CC#N", "C=CC=O"]
    assert library.candidates[0].columns == {"code": "17"}
    assert names(read("b.csv", "C=CC#N,nitrile\nC=CC=O,aldehyde\n")) == ["nitrile", "aldehyde"]


def test_sdf_records_are_counted_and_bad_ones_rejected(read: Write) -> None:
    acrylonitrile, acrolein = (Chem.MolToMolBlock(Chem.MolFromSmiles(s)) for s in ("C=CC#N", "C=CC=O"))
    records = [
        "first" + acrylonitrile + ">  <batch>\nB1\n\n",
        "broken\n  x\n\nthis is no counts line\n",
        acrolein + ">  <ID>\nsecond\n\n>  <batch>\nB2\n\n",
        "empty\n  x\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n",
    ]
    library = read("a.sdf", "$$$$\n".join(records))
    assert names(library) == ["first", "second"]
    assert [dict(candidate.columns) for candidate in library.candidates] == [{"batch": "B1"}, {"batch": "B2"}]
    assert [(rejection.row, rejection.input) for rejection in library.rejections] == [(2, "broken"), (4, "empty")]


def test_sdf_keeps_stereo_and_foreign_letters(read: Write) -> None:
    block = Chem.MolToMolBlock(Chem.MolFromSmiles("C[C@H](O)/C=C/C=O"))
    library = read("a.sdf", b"acrol\xe9ine" + block.encode())
    assert library.candidates[0].smiles == Chem.CanonSmiles("C[C@H](O)/C=C/C=O")
    assert library.candidates[0].name == "acroléine"
    assert "Windows-1252" in library.candidates[0].notes[0]


def test_gzip_line_ends_and_encodings_make_no_difference(read: Write) -> None:
    text = "smiles,name\nC=CC#N,nitrile\nC=CC=O,aldéhyde\n"
    plain = read("a.csv", text)
    for name, content in {
        "b.csv.gz": gzip.compress(text.encode()),
        "c.csv": text.replace("\n", "\r\n").encode("utf-8-sig"),
        "d.csv": text.replace("\n", "\r").encode(),
        "e.csv": text.encode("utf-16"),
        "F.CSV": text.encode(),
    }.items():
        assert read(name, content) == plain


# --- rows that go wrong


def test_a_quotation_mark_that_never_closes_costs_one_row(read: Write) -> None:
    library = read("a.csv", 'smiles,name\nC=CC#N,one\nC=CC=O,"two\nCO,three\nCCO,"four"\nCCC,fi"ve\nCCCC,"s"ix\n')
    assert names(library) == ["one", "three", "four", 'fi"ve']
    assert [rejection.row for rejection in library.rejections] == [3, 7]


def test_lines_are_numbered_as_in_an_editor(read: Write) -> None:
    library = read("a.csv", 'name,smiles\n\n"a\nb",C=CC#N\n\n"c",C1\nd,CO\n')
    assert [(candidate.row, candidate.name) for candidate in library.candidates] == [(3, "a b"), (7, "d")]
    assert [rejection.row for rejection in library.rejections] == [2, 5, 6]


def test_foreign_bytes_spoil_names_never_structures(read: Write) -> None:
    library = read("a.smi", b"C=CC#N acrylonitrile\x99\nC=C\x8dC#N spoilt\n")
    assert names(library) == ["acrylonitrile™"]
    assert "byte 0x8D" in library.rejections[0].reason


cell = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
structure = st.sampled_from(["C=CC#N", "N#CC=C", "C=CC=O", "CO", "C1", "", "[Fe]", "O", "C[CH2]"]) | cell


@given(st.lists(st.tuples(structure, cell, cell), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_table_that_python_writes_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("smiles", "name", "x"), *table, ("CCO", "ethanol", "")])
    library = read_library(path)
    accounted = rows_of(library)
    assert len(accounted) == len(set(accounted)) == len(table) + 1


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_library_or_a_library_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for name in ("any.csv", "any.smi", "any.txt", "any.tsv", "any.sdf", "any.smi.gz"):
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(data)
        with contextlib.suppress(LibraryError):
            assert rows_of(read_library(path))


# --- files that go wrong


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("a.xlsx", b"PK\x03\x04", "CSV UTF-8"),
        ("a.csv", b"PK\x03\x04....", "CSV UTF-8"),
        ("a.csv", "smiles\nC\n".encode("utf-16-le"), "CSV UTF-8"),
        ("a.smi", b"", "one molecule a line"),
        ("a.smi", b" \n\n", "one molecule a line"),
        ("a.smi", b"# only a comment\n", "one molecule a line"),
        ("a.csv", b"smiles,name\n", "one molecule a line"),
        ("a.csv", b"a,b\n1,2\n", "Title the one that does"),
        ("a.smi.gz", b"C=CC#N", "Compress it again"),
        ("a.smi.gz", gzip.compress(b"C=CC#N" * 99, mtime=0)[:-9], "Compress it again"),
        ("noname", b"C", ".smi, .csv or .sdf"),
    ],
)
def test_a_file_that_is_no_library_says_what_to_give(read: Write, name: str, content: bytes, advice: str) -> None:
    with pytest.raises(LibraryError, match=re.escape(advice)):
        read(name, content)


def test_a_gzip_bomb_is_left_packed_beyond_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(bytes(10**7)) * 2000)  # 20 GB of zeros: gzip files one after the other are one
    with pytest.raises(LibraryError, match=r"bomb\.csv\.gz has more than 200 MB when unpacked\. Split it"):
        read_library(path)


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endless.smi"
    path.symlink_to("/dev/zero")
    with pytest.raises(LibraryError, match=r"has more than 200 MB\. Split it"):
        read_library(path)


@pytest.mark.parametrize(
    ("name", "line", "what"), [("a.smi", "C\n", "lines"), ("a.csv", "C,x\n", "lines"), ("a.sdf", "$$$$\n", "records")]
)
def test_too_many_rows_are_refused_before_the_first_is_read(read: Write, name: str, line: str, what: str) -> None:
    with pytest.raises(LibraryError, match=rf"has 1,000,001 {what}; at most 1,000,000 are taken\. Split it"):
        read(name, line * 1_000_001)


def test_long_structures_and_cells_cost_one_row(read: Write) -> None:
    rows = [f"{'C.' * 10_000}C,mixture", f"{'C(' * 50_000}C{')' * 50_000},nested", f"CC,{'x' * 200_000}", "CCO,ethanol"]
    library = read("a.csv", "\n".join(["smiles,name", *rows]))
    assert names(library) == ["ethanol"]
    assert [rejection.row for rejection in library.rejections] == [2, 3, 4]
    reasons = [rejection.reason for rejection in library.rejections]
    assert "20,001 characters; at most 2,000" in reasons[0]
    assert "A cell of the row has more than 131,072 characters." in reasons[1:]


def test_a_table_of_wrong_quotation_marks_is_read_once(read: Write) -> None:
    """Starting again at each from the first line would take hours."""
    library = read("a.csv", "smiles,name\nCCO,ethanol\n" + 'C,"a"x\n' * 100_000)
    assert len(library.rejections) == 100_000


def test_a_table_may_be_wide(read: Write) -> None:
    library = read("a.csv", f"smiles{',x' * 50_000}\nCCO{',1' * 50_000}\n")
    assert len(library.candidates[0].columns) == 50_000


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="does not exist"):
        read_library(tmp_path / "none.smi")
    with pytest.raises(LibraryError, match="folder"):
        read_library(tmp_path)


def test_pasted_lines_are_a_library():
    library = read_pasted("smiles\tname\r\nC=CC#N\tvinyl cyanide\r\nC(#N)C=C again\r\n\r\nC=CC(=O open\n\udc80\ud800\n")
    assert [(one.row, one.name) for one in library.candidates] == [(2, "vinyl cyanide")]
    assert "Rows 2 and 3 hold the same molecule" in library.candidates[0].notes[0]
    assert [one.row for one in library.rejections] == [4, 5, 6]
    with pytest.raises(LibraryError, match="pasted text"):
        read_pasted("# nothing\n")


def test_rows_of_two_tautomers_are_one_candidate_and_say_so(tmp_path: Path) -> None:
    file = tmp_path / "tautomers.smi"
    file.write_text("Oc1ccccn1 drawn\nO=c1cccc[nH]1 other\n")
    (one,) = read_library(file).candidates
    assert one.smiles == "Oc1ccccn1"
    assert "Row 2 writes another form of it, O=c1cccc[nH]1; that of row 1 is computed." in one.notes
