"""Two screens compared: what moved, entered and left, and on which pages that is read."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import report_example as examples
from command_line import eigenlead
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from flows.comparison.compare import Change, Comparison, compare
from flows.comparison.page import html, markdown, write_comparison
from flows.comparison.sections import sections
from flows.report.document import RankedCandidate, ReportDocument
from flows.report.write import write_report
from pipeline.errors import InputError

NAMES = list(examples.WARHEADS.items())


def screen(order: list[int], **changes: object) -> ReportDocument:
    """The candidates of the example with these numbers, in this order; each keeps its values."""
    ranked = []
    for rank, number in enumerate(order, start=1):
        one = examples.candidate(number, *NAMES[number - 1])
        ranked.append(one.model_copy(update={"rank": rank, "id": f"row-{rank}"}))
    return examples.document(tuple(ranked), **changes)


def with_score(one: RankedCandidate, score: float, electrophilicity: float) -> RankedCandidate:
    omega = one.descriptors["ionisation.electrophilicity"].model_copy(update={"value": electrophilicity})
    descriptors = one.descriptors | {"ionisation.electrophilicity": omega}
    return one.model_copy(update={"score_physics": score, "descriptors": descriptors})


def all_sections(before: ReportDocument, after: ReportDocument) -> tuple[Comparison, str]:
    comparison = compare(before, after)
    found = sections(comparison, [(Path("monday"), before), (Path("tuesday"), after)])
    return comparison, markdown(found)


# --- what is compared


def test_a_screen_beside_itself_differs_in_nothing() -> None:
    comparison, text = all_sections(examples.example(), examples.example())
    assert comparison.settings == comparison.entered == comparison.left == ()
    assert comparison.kendall_tau == pytest.approx(1.0)
    assert [one.moved for one in comparison.matches] == [0] * 12
    assert not any(change.is_beyond for one in comparison.matches for change in one.changes)
    assert "Nothing that report.json tells of." in text


def test_places_are_counted_among_the_candidates_of_both() -> None:
    comparison = compare(screen([1, 2, 3, 4, 5]), screen([6, 7, 2, 1, 4, 5]))
    names = [name for name, _ in NAMES]
    assert [(one.name, one.place_before, one.place_after, one.moved) for one in comparison.matches] == [
        (names[1], "2", "3", 1),
        (names[0], "1", "4", -1),
        (names[3], "4", "5", 0),
        (names[4], "5", "6", 0),
    ]
    assert [(one.name, one.place) for one in comparison.entered] == [(names[5], "1"), (names[6], "2")]
    assert [(one.name, one.place) for one in comparison.left] == [(names[2], "3")]
    assert comparison.kendall_tau == pytest.approx(4 / 6)  # one of six pairs is the other way round


def with_ranks(document: ReportDocument, *ranks: int) -> ReportDocument:
    rows = (one.model_copy(update={"rank": rank}) for one, rank in zip(document.candidates, ranks, strict=True))
    return document.model_copy(update={"candidates": tuple(rows)})


def test_ties_are_shown_as_ties_and_move_nobody() -> None:
    before = with_ranks(screen([1, 2, 3, 4]), 1, 2, 2, 4)
    comparison, text = all_sections(before, with_ranks(screen([1, 3, 2, 4]), 1, 2, 2, 4))  # listed the other way round
    assert [one.moved for one in comparison.matches] == [0, 0, 0, 0]
    assert comparison.kendall_tau == pytest.approx(1.0)
    assert "2–3, tied |" in text
    comparison, text = all_sections(before, with_ranks(screen([1, 2, 3, 4]), 1, 2, 3, 4))
    assert [one.moved for one in comparison.matches] == [0, 0, -1, 0]
    assert "2–3, tied → 3 |" in text
    tied, text = all_sections(with_ranks(before, 1, 1, 1, 1), before)
    assert tied.kendall_tau is None  # an order in which all are tied agrees with none and contradicts none
    assert "1–4, tied → 4 |" in text


def test_candidates_are_known_by_their_structure_not_by_name_or_row() -> None:
    before = screen([1, 2, 3])
    renamed = tuple(one.model_copy(update={"name": f"EN-{one.rank}", "id": "x"}) for one in before.candidates)
    comparison = compare(before, before.model_copy(update={"candidates": renamed}))
    assert [one.name for one in comparison.matches] == ["EN-1", "EN-2", "EN-3"]
    assert (comparison.entered, comparison.left) == ((), ())


def test_a_difference_counts_beyond_both_uncertainties_in_quadrature() -> None:
    before = screen([1, 2, 3])
    width = math.hypot(0.7, 0.7)  # of the first candidate's score, in both
    changed = [
        with_score(before.candidates[0], before.candidates[0].score_physics + 1.01 * width, 2.22 + 0.069),
        with_score(before.candidates[1], before.candidates[1].score_physics + 0.5, 2.13 - 0.2),
        before.candidates[2],
    ]
    comparison, text = all_sections(before, before.model_copy(update={"candidates": tuple(changed)}))
    scores = [one.score for one in comparison.matches]
    assert scores[0] is not None
    assert scores[0].uncertainty == pytest.approx(width)
    assert [one is not None and one.is_beyond for one in scores] == [True, False, False]
    beyond = [[change.title for change in one.changes if change.is_beyond] for one in comparison.matches]
    assert beyond == [[], ["electrophilicity"], []]
    assert "| 2-cyanoacrylamide | score | 22.03 | 23.03 | +1.00 | 0.99 |" in text
    assert "| vinyl sulfone (methyl) | electrophilicity, eV | 2.13 | 1.93 | −0.20 | 0.07 |" in text
    assert "Scores that differ by more than their uncertainty: 1." in text


def test_without_an_uncertainty_nothing_is_claimed() -> None:
    assert not Change("score", "", 1.0, 99.0, None).is_beyond
    assert not Change("score", "", 1.0, 1.0 + 1e-9, 0.0).is_beyond  # another machine's rounding
    assert Change("score", "", 1.0, 1.1, 0.0).is_beyond
    comparison, text = all_sections(examples.sparse(), examples.sparse())
    assert comparison.kendall_tau is None
    assert "unknown" in text


def test_settings_that_change_numbers_are_named_and_others_are_not() -> None:
    before = screen([1, 2])
    made = before.provenance
    after = before.model_copy(
        update={
            "request": before.request | {"library": "other.smi", "out": "elsewhere", "workers": 7, "store": "x"},
            "provenance": made.model_copy(
                update={
                    "profile": "accurate",
                    "packages": made.packages | {"pyscf": "2.15.0", "ase": "3.29"},
                    "level": made.level | {"frontier": [6, 6]},
                    "llama": None,
                    "finished": made.started,
                }
            ),
        }
    )
    found = {one.name: (one.before, one.after) for one in compare(before, after).settings}
    assert found == {
        "request.library": ("molecules/examples/warheads.smi", "other.smi"),
        "provenance.profile": ("standard", "accurate"),
        "provenance.packages.pyscf": ("2.14.0", "2.15.0"),
        "provenance.packages.ase": ("", "3.29"),
        "provenance.level.frontier": ("[4, 4]", "[6, 6]"),
        "provenance.llama": ("", "null"),
        "provenance.llama.name": ("SmolLM2-135M-Instruct", ""),
        "provenance.llama.hash": ("b179c952" * 8, ""),
    }


def test_scores_of_different_objectives_are_not_compared() -> None:
    before = screen([1, 2, 3])
    terms = before.objective.terms
    other = before.objective.model_copy(update={"terms": (terms[0].model_copy(update={"weight": 5.0}), *terms[1:])})
    comparison, text = all_sections(before, before.model_copy(update={"objective": other}))
    assert not comparison.same_objective
    assert [one.score for one in comparison.matches] == [None] * 3
    assert "thiol addition energy" in {change.title for one in comparison.matches for change in one.changes}
    assert "their scores cannot be compared" in text
    assert [(one.name, one.before, one.after) for one in comparison.settings] == [
        ("objective.terms.1.weight", "3.0", "5.0")
    ]
    words = before.objective.model_copy(update={"terms": (terms[0].model_copy(update={"title": "x"}), *terms[1:])})
    assert compare(before, before.model_copy(update={"objective": words})).same_objective


def test_a_candidate_that_failed_says_why_it_left() -> None:
    before = screen([1, 2])
    failure = examples.example().failed[0].model_copy(update={"name": NAMES[1][0]})
    (lone,) = compare(before, screen([1], failed=(failure,))).left
    assert lone.elsewhere == f"geometry: {failure.reason}"


def test_screens_without_candidates_in_common_can_be_compared() -> None:
    for before, after in ((examples.empty(), examples.example()), (examples.empty(), examples.empty())):
        comparison, text = all_sections(before, after)
        assert comparison.matches == ()
        assert comparison.kendall_tau is None
        assert "Candidates in both screens: 0" in text


# --- where it is read


def test_hostile_text_has_no_meaning_in_markdown() -> None:
    _, text = all_sections(examples.example(), examples.hostile())
    kinds = {token.type for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)}
    inline = [
        child
        for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
        for child in token.children or ()
    ]
    assert {child.type for child in inline} == {"text"}
    assert not any("html" in kind or "fence" in kind or "list" in kind for kind in kinds)
    shown = {child.content for child in inline}
    for name in (examples.HOSTILE[0], examples.HOSTILE[1], examples.HOSTILE[3]):
        assert any(name in content for content in shown)


def test_hostile_text_is_shown_as_text_in_html(tmp_path: Path) -> None:
    before, after = examples.example(), examples.hostile()
    found = sections(compare(before, after), [(Path("<b>a"), before), (Path("b"), after)])
    file = tmp_path / "comparison.html"
    write_comparison(found, file)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 900})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(file.as_uri())
        text = " ".join(page.locator("body").inner_text().split())
        for name in examples.HOSTILE:
            assert " ".join(name.split()) in text
        assert page.locator("script, img").count() == 0
        assert page.evaluate("typeof window.hacked") == "undefined"
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        assert said == []
        browser.close()


def test_a_table_has_as_many_cells_in_each_row() -> None:
    before, after = screen([1, 2, 3, 4]), screen([4, 2, 5])
    found = sections(compare(before, after), [(Path("a"), before), (Path("b"), after)])
    for section in found:
        assert {len(row) for row in section.rows} <= {len(section.header)}
    for section in found:
        assert section.title in html(found)


def test_the_command_shows_and_writes(tmp_path: Path) -> None:
    before, after = screen([1, 2, 3, 4, 5]), screen([6, 2, 1, 4, 5])
    for name, document in (("monday", before), ("tuesday", after)):
        write_report(document, tmp_path / name)
    page = tmp_path / "pages" / "comparison.md"
    run = eigenlead("compare", tmp_path / "monday", tmp_path / "tuesday", "--out", page)
    assert run.returncode == 0, run.stderr
    assert "Candidates in both screens: 4; entered: 1; left: 1. Moved among those in both: 2." in run.stdout
    assert "↑1" in run.stdout
    assert "1 → 3" in run.stdout
    assert f"Written: {page}" in run.stdout.replace("\n", "")
    found = sections(compare(before, after), [(tmp_path / "monday", before), (tmp_path / "tuesday", after)])
    assert page.read_text(encoding="utf-8") == markdown(found)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["here", "nowhere"], "the folder that `eigenlead screen --out` wrote"),
        (["here", "here", "--out", "x.pdf"], "End its name in .md or .html"),
    ],
)
def test_a_wrong_request_says_what_to_write(arguments: list[str], advice: str, tmp_path: Path) -> None:
    write_report(examples.sparse(), tmp_path / "here")
    run = eigenlead("compare", *(str(tmp_path / one) if one in ("here", "nowhere") else one for one in arguments))
    assert run.returncode == 2, run.stderr
    assert advice in run.stderr.replace("\n", " ")
    assert "Traceback" not in run.stderr


def test_only_pages_are_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither Markdown nor HTML"):
        write_comparison((), tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []
