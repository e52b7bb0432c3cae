"""Artifacts: what the Prefect UI shows is text where it is the user's."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import report_example as examples
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.artifacts import address, lineage, markdown, row
from flows.markdown import cell, plain, table

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PARSER.validateLink = lambda _url: True  # type: ignore[method-assign]  # drawings are data:image/svg+xml


@pytest.mark.parametrize("name", ["hostile", "poisoned"])
def test_the_report_of_a_hostile_library_has_only_our_formatting(name: str) -> None:
    report = getattr(examples, name)()
    tokens = PARSER.parse(markdown(report, Path("out/`x`/<b>/report.html")))
    measured = {"table", "thead", "tbody", "tr", "th", "td"} if report.quantum_step else set()
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} == measured | {
        "fence",
        "heading",
        "inline",
        "paragraph",
    }
    assert [token.content.splitlines() for token in tokens if token.type == "fence"] == [lineage(report)[1:-1]]
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} == {"text", "image", "strong_open", "strong_close"}
    images = [child for child in inline if child.type == "image"]
    assert len(images) == len(report.candidates)
    assert all(str(image.attrs["src"]).startswith("data:image/svg+xml;base64,") for image in images)
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert len(headings) == len(report.candidates) + 4 + bool(report.quantum_step)


@settings(deadline=None)
@given(
    st.text("`*_{}[]<>()#|!&;~$@:/.wth\\\\'\"=+-1a \n\t")
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"))
)
def test_plain_text_is_itself_wherever_it_stands(text: str) -> None:
    shown = " ".join(text.split())
    if shown:
        alone = PARSER.parse(plain(text))
        assert [token.type for token in alone] == ["paragraph_open", "inline", "paragraph_close"]
        assert "".join(child.content for child in alone[1].children or ()) == shown
    heading = PARSER.parse(f"# a {plain(text)} b")[1]
    assert "".join(child.content for child in heading.children or ()) == f"a {shown} b"
    assert all(child.type == "text" for child in heading.children or ())
    cells = [token for token in PARSER.parse(table(["x", "y"], [["a", plain(text)]])) if token.type == "inline"]
    assert [cell.content for cell in cells[:3]] == ["x", "y", "a"]
    assert len(cells) == 4
    assert "".join(child.content for child in cells[3].children or ()) == shown


@settings(deadline=None, max_examples=500)
@given(
    st.text("`*_{}[]<>()#|!&;~$@:/.wthC\\'\"=+-1a \n\t", max_size=12)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0\u2060"))
)
def test_a_cell_is_itself_where_it_is_taken_for_markdown(text: str) -> None:
    if shown := " ".join(text.split()):
        tokens = PARSER.parse(cell(text))
        assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        assert {child.type for child in tokens[1].children or ()} == {"text"}
        assert "".join(child.content for child in tokens[1].children or ()).replace("\u2060", "") == shown


@pytest.mark.parametrize(
    "text",
    ["N#CC=C", "CMPD_0001", "2-cyano-N-(1,3-thiazol-2-yl)acrylamide", "C/C=C\\C#N", "c1ccc([N+](=O)[O-])cc1", "[Na+]"],
)
def test_a_cell_is_as_it_is_where_it_is_shown_so(text: str) -> None:
    assert cell(text).replace("\u2060", "") == text


@pytest.mark.parametrize("smiles", ["C[C@H](N)C(=O)O", "[nH]1cc(*)cc1", "C/C=C\\C#N", "[Na+].[O-]C=O", "CC#CC~C"])
def test_a_structure_in_the_ranking_is_no_link(smiles: str) -> None:
    """The UI renders each cell by itself."""
    report = examples.sparse()
    shown = row(report, report.candidates[0].model_copy(update={"smiles": smiles, "name": "1. <b>&"}), "1")
    for column, text in (("SMILES", smiles), ("name", "1. <b>&")):
        (_, inline, _) = PARSER.parse(str(shown[column]))
        assert "".join(child.content for child in inline.children or ()).replace("\u2060", "") == text
        assert {child.type for child in inline.children or ()} == {"text"}


def test_an_address_is_no_link_of_itself() -> None:
    """Some dialects make links of bare addresses: no scheme, no www and no mail address stands whole."""
    text = plain("https://evil.invalid/x HTTP://a www.evil.invalid someone@evil.invalid ~~out~~")
    for part in ("s://", "P://", "www.", "e@e", "~~"):
        assert part not in text


def test_the_lineage_counts_what_was_made_of_what() -> None:
    report = examples.example()
    drawn = "\n".join(lineage(report))
    assert drawn.startswith("```mermaid\nflowchart LR\n")
    assert f'ranking["Ranking: {len(report.candidates)} candidates"]' in drawn
    assert f'states["{len(report.species)} ground states by VQE"]' in drawn
    assert "library --> species --> states --> ranking --> explanation" in drawn
    assert 'library["Library: 1 molecule"]' in "\n".join(lineage(examples.empty()))  # the one that failed


def test_a_served_report_has_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "a screen" / "report.html"
    assert address(page) is None
    monkeypatch.setenv("EIGENLEAD_REPORTS", "http://host:4201/")
    monkeypatch.setenv("EIGENLEAD_REPORT_FOLDER", str(tmp_path))
    assert address(page) == "http://host:4201/a%20screen/report.html"
    assert "[here](http://host:4201/a%20screen/report.html)" in markdown(examples.example(), page)
    assert address(tmp_path.parent / "report.html") is None
