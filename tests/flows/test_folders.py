"""Folders: a served flow reaches no file, Llama or store that is not meant for it."""

import os
from pathlib import Path

import pytest

from flows.folders import FOLDERS, LLAMAS, REPORT_FOLDER, admitted, confined
from flows.request import ScreenRequest
from pipeline.errors import InputError


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Two folders that are allowed, beside one that is not."""
    for name in ("libraries", "out", "elsewhere"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.smi").write_text("C=CC#N\n")
    monkeypatch.setenv(FOLDERS, os.pathsep.join(str(tmp_path / name) for name in ("libraries", "out")))
    monkeypatch.setenv(REPORT_FOLDER, str(tmp_path / "out"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["libraries.smi", "out.smi", "libraries/libraries.smi", "out/new", "{}/out/a/../b"])
def test_what_lies_in_a_folder_is_found(path, folders):
    found = confined(path.format(folders))
    assert found.is_absolute()
    assert any(found.is_relative_to(folders / name) for name in ("libraries", "out"))
    assert found.exists() == path.endswith(".smi")


@pytest.mark.parametrize(
    "path",
    [
        *("elsewhere/elsewhere.smi", "{}/elsewhere/elsewhere.smi", "libraries/../elsewhere/elsewhere.smi"),
        *("../../etc/passwd", "/etc/passwd", "~/x", "libraries-2/x", "a\0b", "x" * 5000, "link/elsewhere.smi"),
        *("libraries/link/elsewhere.smi", "libraries/loop"),
    ],
)
def test_what_lies_elsewhere_is_refused(path, folders):
    (folders / "libraries" / "link").symlink_to(folders / "elsewhere")
    (folders / "libraries" / "loop").symlink_to(folders / "libraries" / "loop")
    with pytest.raises(InputError, match="eigenlead serve --folder"):
        confined(path.format(folders))


def test_without_configured_folders_any_path_is_taken(monkeypatch):
    monkeypatch.delenv(FOLDERS, raising=False)
    assert confined("../x") == Path("../x")
    request = ScreenRequest(library="../x.smi", out="o", store="sqlite:///s", llama="http://host/v1")
    assert admitted(request) == request


@pytest.mark.parametrize("field", ["library", "objective_file", "ranker", "out", "llama", "store"])
def test_no_field_of_a_request_reaches_outside(field, folders):
    given = {"library": "libraries.smi", "out": "out/x"}
    assert admitted(ScreenRequest(**given)).library == str(folders / "libraries" / "libraries.smi")
    with pytest.raises(InputError):
        admitted(ScreenRequest(**given | {field: "/etc/passwd"}))


def test_a_llama_is_a_folder_inside_or_one_that_is_offered(folders, monkeypatch):
    monkeypatch.setenv(LLAMAS, "http://llama:8000/v1 meta-llama/Llama-3.2-1B-Instruct")
    (folders / "libraries" / "own").mkdir()

    def chosen(spec):
        return admitted(ScreenRequest(molecules="C", out="out/x", llama=spec)).llama

    for spec in ("embedded", "embedded#int8", "http://llama:8000/v1", "meta-llama/Llama-3.2-1B-Instruct"):
        assert chosen(spec) == spec
    assert chosen("own#int4") == f"{folders / 'libraries' / 'own'}#int4"
    for spec in ("http://evil.invalid/v1", "owner/model", "elsewhere"):
        with pytest.raises(InputError, match="does not offer"):
            chosen(spec)


def test_molecules_come_from_one_place():
    for given in ({}, {"molecules": "C", "library": "x.smi"}):
        with pytest.raises(ValueError, match="olecules"):
            ScreenRequest(**given)


def test_the_form_can_be_drawn():
    """Prefect's UI draws no unions, and a database may forget the order of keys."""
    schema = ScreenRequest.model_json_schema()
    fields = schema["properties"]
    assert list(fields)[:3] == ["molecules", "library", "objective"]
    assert [field["position"] for field in fields.values()] == list(range(len(fields)))
    for name, field in fields.items():
        assert field["title"], name
        assert field["description"], name
        assert not {"anyOf", "oneOf", "const"} & set(field), name
    assert fields["top"]["minimum"] == 1
    assert schema["$defs"]["ProfileName"]["enum"] == ["quick", "standard", "accurate"]
