"""Sources: what has arrived in a folder or in a table of a database."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from flows.sources import in_folder, in_table, write_library
from molecules.read import read_library
from pipeline.errors import InputError, TransientError


def test_every_library_of_a_folder_is_read_and_each_molecule_once(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("smiles,name,batch\nC=CC#N,acrylonitrile,7\nN#CC=C,again,8\nC=CC(=O,open,8\n")
    with gzip.open(tmp_path / "a.smi.gz", "wt") as file:
        file.write("C=CC=O acrolein\n")
    (tmp_path / "notes.txt").write_text("C methane\n")
    (tmp_path / ".hidden.smi").write_text("C methane\n")
    (tmp_path / "empty.smi").write_text("")
    (tmp_path / "folder.smi").mkdir()
    arrived = in_folder(tmp_path)
    assert [(source, one.name) for source, one in arrived.candidates] == [
        ("a.smi.gz", "acrolein"),
        ("b.csv", "acrylonitrile"),
    ]
    assert [(source, one.row) for source, one in arrived.rejections] == [
        ("empty.smi", 0),
        ("folder.smi", 0),
        ("b.csv", 4),
    ]
    assert all(one.reason and one.remedy for _, one in arrived.rejections)


def test_what_is_written_reads_as_what_arrived(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text('smiles,name,batch\nC=CC#N,"a ""nitrile"", dry",7\n')
    (tmp_path / "c.smi").write_text("[Na+].CC(=O)[O-]\n")
    arrived = in_folder(tmp_path)
    write_library(tmp_path / "new" / "library.csv", arrived.candidates)
    read = read_library(tmp_path / "new" / "library.csv")
    assert [one.inchikey for one in read.candidates] == [one.inchikey for _, one in arrived.candidates]
    assert [one.name for one in read.candidates] == [one.name for _, one in arrived.candidates]
    assert dict(read.candidates[0].columns) == {"source": "b.csv", "batch": "7"}
    assert read.candidates[1].notes == arrived.candidates[1][1].notes


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere is no folder"):
        in_folder(tmp_path / "nowhere")


def test_a_link_out_of_the_served_folders_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "secret.smi").write_text("C methane\n")
    (inbox / "link.smi").symlink_to(tmp_path / "secret.smi")
    monkeypatch.setenv("EIGENLEAD_FOLDERS", str(inbox))
    arrived = in_folder(inbox)
    assert arrived.candidates == ()
    ((source, rejection),) = arrived.rejections
    assert source == "link.smi"
    assert rejection.remedy


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'lab.sqlite'}"
    with create_engine(url).begin() as connection:
        connection.execute(text('CREATE TABLE compounds ("canonical smiles" TEXT, code TEXT)'))
        connection.execute(
            text("INSERT INTO compounds VALUES ('C=CC#N', 'A-1'), (NULL, 'A-2'), ('N#CC=C', 'A-3'), ('C(', 'A-4')")
        )
        connection.execute(text("CREATE TABLE unused (smiles TEXT, name TEXT)"))
    return url


def test_a_table_is_read(database: str) -> None:
    arrived = in_table(database, "compounds", "canonical smiles", "code")
    assert [(source, one.name) for source, one in arrived.candidates] == [("compounds", "A-1")]
    assert [one.input for _, one in arrived.rejections] == ["C("]
    assert in_table(database, "compounds", "canonical smiles", "").candidates[0][1].name == "C=CC#N"
    assert in_table(database, "main.unused", "smiles", "name").candidates == ()


def test_a_wrong_table_or_column_is_named_with_those_there_are(database: str) -> None:
    with pytest.raises(InputError, match="no table reagents"):
        in_table(database, "reagents", "smiles", "")
    with pytest.raises(InputError, match="It has canonical smiles, code"):
        in_table(database, "compounds", "smiles", "")


@pytest.mark.parametrize("url", ["hunter2", "nosuch://me:hunter2@host/db", "postgresql+nosuch://me:hunter2@host/db"])
def test_a_wrong_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(InputError) as caught:
        in_table(url, "compounds", "smiles", "")
    assert "hunter2" not in str(caught.value)


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(TransientError) as caught:
        in_table("postgresql+psycopg://me:hunter2@127.0.0.1:1/lab", "compounds", "smiles", "")
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
