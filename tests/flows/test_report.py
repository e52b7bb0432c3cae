"""The report: its record, its files, and its page in a real browser."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import report_example as examples
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import ValidationError
from rdkit import Chem

from flows.report import charts, words
from flows.report.document import ReportDocument, Rungs, schema_text
from flows.report.measured import measured
from flows.report.page import page_html
from flows.report.write import read_report, write_report
from pipeline.errors import InputError

ROOT = Path(__file__).parents[2]
DOCUMENTS = {
    "example": examples.example,
    "hostile": examples.hostile,
    "poisoned": examples.poisoned,
    "sparse": examples.sparse,
    "empty": examples.empty,
    "large": examples.large,
}
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
FILES = {"report.json", "report.html", "ranking.csv", "rejected.csv", "candidates.sdf"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The record


def test_each_candidates_most_demanding_species_is_costed_for_a_fault_tolerant_machine() -> None:
    page = page_html(examples.example())
    section = page[page.index('id="fault-tolerant"') : page.index('id="llama"')]
    assert section.count('<tr><th scope="row">') == 12
    assert "2,000,000" in section
    assert 'id="fault-tolerant"' not in page_html(examples.sparse())


def test_the_published_schema_is_the_record() -> None:
    assert (ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_satisfies_the_published_schema(name: str) -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    report = json.loads(DOCUMENTS[name]().model_dump_json())
    jsonschema.validate(report, schema, format_checker=jsonschema.FormatChecker())


def test_every_field_is_described() -> None:
    schema = json.loads(schema_text())
    for definition in [schema, *schema["$defs"].values()]:
        for field, content in definition.get("properties", {}).items():
            assert content.get("description"), f"{definition['title']}.{field}"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_no_number_is_nan_or_infinite(bad: float) -> None:
    with pytest.raises(ValidationError):
        Rungs(xtb=bad)
    report = examples.sparse().model_dump()
    for field in ("request", "provenance"):
        changed = report | {"request": {"deep": [{"value": bad}]}} if field == "request" else report | {
            "provenance": report["provenance"] | {"level": {"value": bad}}
        }  # fmt: skip
        with pytest.raises(ValidationError):
            ReportDocument.model_validate(changed)


# The files


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_report_is_rebuilt_from_its_json_alone(name: str, tmp_path: Path) -> None:
    document = DOCUMENTS[name]()
    page = write_report(document, tmp_path / "a")
    assert page == tmp_path / "a" / "report.html"
    again = read_report(tmp_path / "a")
    assert again == document
    write_report(again, tmp_path / "b")
    assert {path.name for path in (tmp_path / "b").iterdir()} == FILES
    for file in FILES - {"candidates.sdf"}:  # whose header line may hold a time
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_a_crash_leaves_the_earlier_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(examples.empty(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def crash(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="disk full"):
        write_report(examples.example(), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_files_can_be_read_by_whoever_the_umask_lets(tmp_path: Path) -> None:
    write_report(examples.empty(), tmp_path)
    probe = tmp_path / "probe"
    probe.touch()
    assert {path.stat().st_mode for path in tmp_path.iterdir()} == {probe.stat().st_mode}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "eigenlead screen --out"),
        (b"\xff\xfe", "UTF-8"),
        (b"{", "schema version 1"),
        (b'{"schema_version": 2}', "schema_version"),
    ],
)
def test_an_unreadable_report_says_what_to_do(content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)):
        read_report(tmp_path)


def test_the_ranking_table_carries_the_users_columns_through(tmp_path: Path) -> None:
    document = examples.example()
    write_report(document, tmp_path)
    table = rows(tmp_path / "ranking.csv")
    assert [row["rank"] for row in table] == [str(one.rank) for one in document.candidates]
    for row, one in zip(table, document.candidates, strict=True):
        assert float(row["score"]) == one.score
        assert float(row["thiol_addition [kcal/mol]"]) == one.descriptors["thiol_addition"].value
        assert row["family"] == one.columns["family"]
        assert row["log10 k(GSH)"] == one.columns["log10 k(GSH)"]
        assert row["input_score"] == one.columns["score"] == "-3"
        assert row["note"] == "'-"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["hostile", "poisoned"])
def test_no_cell_of_the_users_runs_in_a_spreadsheet(name: str, delimiter: str, tmp_path: Path) -> None:
    """Whichever delimiter the program takes for that of the file."""
    write_report(DOCUMENTS[name](), tmp_path)
    for file in ("ranking.csv", "rejected.csv"):
        with (tmp_path / file).open(encoding="utf-8", newline="") as lines:
            cells = [cell for row in csv.reader(lines, delimiter=delimiter) for cell in row]
        assert any("'=" in cell for cell in cells)
        for cell in cells:
            assert not cell.lstrip('"').startswith(("=", "@", "\t", "\r", "\n"))
            if cell.startswith(("+", "-")) and delimiter == ",":
                float(cell)


def test_numbers_are_no_formulas(tmp_path: Path) -> None:
    write_report(examples.hostile(), tmp_path)
    first = rows(tmp_path / "ranking.csv")[0]
    assert first["input_rank"] == "-5.2"
    assert first["input_input_rank"] == "'+1+1"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("-0.5", "-0.5"),
        ("+3", "+3"),
        ("-1.2e-3", "-1.2e-3"),
        ("-0.5;-0.7;+1", "-0.5;-0.7;+1"),
        ("-", "'-"),
        ("-3+4", "'-3+4"),
        ("−0.5", "−0.5"),
        ("N-methyl; e.g. -5", "N-methyl; e.g. -5"),
        ("＝1+1", "'＝1+1"),
        ("\t=1", "'\t'=1"),
        ("a;=1", "a;'=1"),
        ('a;"=1"', 'a;"\'=1"'),
        ("a\n@b", "a\n'@b"),
        ("-3;=1", "-3;'=1"),
    ],
)
def test_an_apostrophe_stands_where_a_formula_would_begin(text: str, cell: str, tmp_path: Path) -> None:
    one = examples.candidate(1, "acrylonitrile", "C=CC#N")
    write_report(examples.document((one.model_copy(update={"columns": {"mine": text}}),)), tmp_path)
    assert rows(tmp_path / "ranking.csv")[0]["mine"] == cell


@pytest.mark.parametrize("name", ["example", "hostile", "poisoned"])
def test_structures_keep_their_geometry_and_scores(name: str, tmp_path: Path) -> None:
    document = DOCUMENTS[name]()
    write_report(document, tmp_path)
    molecules = list(Chem.SDMolSupplier(str(tmp_path / "candidates.sdf"), removeHs=False))
    assert len(molecules) == len(document.candidates)
    for molecule, one in zip(molecules, document.candidates, strict=True):
        assert molecule.GetConformer().Is3D()
        assert Chem.MolToSmiles(Chem.RemoveHs(molecule)) == Chem.CanonSmiles(one.smiles)
        assert molecule.GetIntProp("rank") == one.rank
        assert molecule.GetDoubleProp("score") == one.score
        assert molecule.GetProp("_Name") == " ".join(one.name.split()).replace("$$$$", "$ $ $ $")


# What is computed for the page


def test_numbers_are_written_as_a_chemist_writes_them() -> None:
    assert words.quantity(-12.345, "kcal/mol", 0.84) == "−12.3 ± 0.8 kcal/mol"
    assert words.quantity(-12.345, "kcal/mol", 12.0) == "−12 ± 12 kcal/mol"
    assert words.quantity(-0.04, "kcal/mol") == "0.0 kcal/mol"
    assert words.quantity(2.3456, "eV") == "2.35 eV"
    assert words.quantity(None, "eV", 0.1) == "– eV"
    assert [words.number(x) for x in (1.0, 0.4123, 123.456, 0.0, -1e-17)] == ["1", "0.41", "123.5", "0", "0"]
    assert [words.duration(x) for x in (0.04, 59.9, 712, 7300)] == ["0.0 s", "59.9 s", "11 min 52 s", "2 h 1 min"]


def test_the_level_of_theory_is_worded_from_what_is_known() -> None:
    level = examples.example().provenance.level
    assert words.level_of_theory(level, (10, 7)) == (
        "Up to 4 conformers; GFN2-xTB geometries and ALPB solvation; HF/def2-SVP orbitals; "
        "active spaces up to (10e,7o); UCCSD VQE; MC-PDFT with tPBE."
    )
    assert "and SMD solvation;" in words.level_of_theory({**level, "solvent_model": "smd"})
    assert words.rung_titles(level)["dft"] == "PBE0 (HF density)"
    assert words.level_of_theory({}) == "GFN2-xTB geometries and ALPB solvation; Mean field orbitals; VQE; MC-PDFT."
    assert words.rung_titles({})["mean_field"] == "Mean field"


def test_the_first_sentence_survives_decimals_and_abbreviations() -> None:
    assert (
        words.first_sentence("Adds with −12.3 kcal/mol, e.g. fast. It is small.")
        == "Adds with −12.3 kcal/mol, e.g. fast."
    )
    assert words.first_sentence("no stop") == "no stop"


def test_spearman_is_signed_like_the_score() -> None:
    found = {one.column: one for one in measured(examples.example())}
    assert set(found) == {"log10 k(GSH)"}  # not the constant "score", nor text
    one = found["log10 k(GSH)"]
    assert len(one.points) == 12
    assert one.spearman > 0.8
    assert one.spearman_rungs["vqe_pdft"] == (pytest.approx(one.spearman), 12)
    assert one.spearman_rungs["dft"][1] == 11


def test_the_trace_ends_at_the_vqe_error() -> None:
    state = examples.species("h", "acrolein", "C=CC=O")
    chart = charts.trace_chart([state])
    assert chart is not None
    error = 1000 * (state.trace[-1] - (state.energy_hartree.casci - state.solvation_hartree))  # type: ignore[operator]
    assert chart.lines[0].last == f"{words.number(error)} mHa"


@pytest.mark.parametrize("values", [[0.0], [5.0, 5.0], [-3.2, 7.9], [1e-4, 2e-4], [-2500.0, 10.0]])
def test_an_axis_holds_its_values(values: list[float]) -> None:
    axis = charts.linear_axis(values)
    assert all(0 < axis.place(value) < 100 for value in values)
    assert 2 <= len(axis.ticks) <= 9
    assert len({label for _, label in axis.ticks}) == len(axis.ticks)


# The page, in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, make in DOCUMENTS.items():
        (folder / f"{name}.html").write_text(page_html(make()), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in DOCUMENTS}


def opened(browser: Browser, path: Path, width: int) -> tuple[Page, list[str], list[str]]:
    """The page, with what its console says and what it asks the network for."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    console: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("dialog", lambda dialog: console.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    return page, console, requests


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_page_is_quiet_self_contained_and_fits(
    name: str, width: int, browser: Browser, pages: dict[str, Path]
) -> None:
    assert pages[name].stat().st_size < 6_000_000
    page, console, requests = opened(browser, pages[name], width)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert console == []
    assert requests == [pages[name].as_uri()]
    page.close()


def test_hostile_text_is_shown_as_text(browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["hostile"], 1280)
    text = page.locator("body").inner_text()
    for name in examples.HOSTILE:
        assert " ".join(name.split()) in " ".join(text.split())
    assert examples.HOSTILE[1] in page.title()
    page.close()


def test_the_policy_stops_a_foreign_script(browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["sparse"], 1280)
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
    }""")
    assert page.evaluate("typeof window.hacked") == "undefined"
    page.close()


def test_ties_and_the_score_that_decides_are_shown() -> None:
    ranked = [
        one.model_copy(update={"rank": rank}) for one, rank in zip(examples.example().candidates, RANKS, strict=True)
    ]
    report = examples.example()
    page = page_html(report.model_copy(update={"candidates": tuple(ranked)}))
    assert re.findall(r'<p class="place">([^<]*)</p>', page) == ["1–2, tied", "1–2, tied", "3"]
    assert page.count("1–2, tied</td>") == 2
    assert "1–2, tied</span>" in page  # at the drawing of every rung, and above the candidate's section
    by_llama = report.objective.model_copy(update={"sorted_by": "llama"})
    page = page_html(report.model_copy(update={"candidates": tuple(ranked), "objective": by_llama}))
    heads = re.findall(r'<button type="button">([^<]*)</button>', page[: page.index("<tbody")])
    assert heads.index("Llama’s score") == heads.index("Candidate") + 1
    assert '<p class="value">Llama’s score 22.03</p>' in page
    assert "The list is in the order of the Llama’s score" in page


RANKS = (1, 1, *range(3, 13))


def test_the_ranking_sorts_by_any_column(browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["example"], 1280)
    order = "[...document.querySelectorAll('.ranking tbody tr')].map(row => row.cells[0].innerText)"
    ranks = [str(rank) for rank in range(1, 13)]
    assert page.evaluate(order) == ranks
    head = page.locator(".ranking th", has_text="Thiol addition energy")
    head.get_by_role("button").click()
    assert page.evaluate(order) == ranks
    head.get_by_role("button").click()
    assert page.evaluate(order) == ranks[::-1]
    assert head.get_attribute("aria-sort") == "descending"
    page.locator(".ranking th", has_text="Llama rank").get_by_role("button").click()
    llama = [1 + (int(rank) * 5) % 12 for rank in page.evaluate(order)]
    assert llama == sorted(llama)
    page.close()


def test_every_link_leads_somewhere(browser: Browser, pages: dict[str, Path]) -> None:
    for path in pages.values():
        page, _, _ = opened(browser, path, 1280)
        assert (
            page.evaluate("""[...document.querySelectorAll("[href^='#']")].map(a => a.getAttribute("href").slice(1))
            .filter(id => document.querySelectorAll(`#${CSS.escape(id)}`).length !== 1)""")
            == []
        )
        page.close()


def test_the_page_says_what_it_must(browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["example"], 1280)
    document = examples.example()
    text = page.locator("body").inner_text()
    assert document.llama_trust is not None
    for part in (
        "Which reacts faster with a cysteine thiol?",
        document.quantum_effect.sentence,
        document.llama_trust.sentence,
        "No prediction of affinity.",
        "Reactivity is not selectivity.",
        "written by Llama, checked",
        "template",
        "1 does not hold",
        "The active spaces of the two sides differ by one orbital.",
        "Marked: the 3 heavy atoms of the grown model on which thiol addition was corrected, capped with hydrogen; "
        "it was computed on 2 of them, and GFN2-xTB stands for the rest.",
        "C–H bonds from 80 (weak, dark) to 105 kcal/mol",
        "Thiol addition energy less that of C=CC(=O)NC, kcal/mol",
        "Neither too reactive nor too sluggish.",
        *(one.remedy for one in document.rejected),
        *(one.remedy for one in document.failed),
    ):
        assert part in text
    assert page.locator("article.candidate").count() == 10
    assert page.locator("#candidate-7 .portrait ellipse").count() == 3  # the model system
    assert page.locator("#candidate-2 .portrait ellipse").count() == 2  # soft spots
    assert page.locator("#candidate-1 .desirabilities tbody tr").count() == 2
    assert page.locator(".podium li").count() == 3
    assert page.locator("article.candidate .trace polyline").count() == 30
    page.close()
