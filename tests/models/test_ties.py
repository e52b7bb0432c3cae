"""Ties: what is shown alike stands in no order, and the check counts places by itself."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest
from evidence_tables import NAMES, scored, table_of
from hypothesis import given, settings
from hypothesis import strategies as st

import models.check
from models.check import check_text
from models.claims import claims_of
from models.explainer import explanation_parts
from pipeline.ranks import ranks

PLACES = {"rank", "best", "worst", "lowest", "highest", "change", "tied", "inseparable", "separate", "rung_rank"}
D = "desirability"


def tied_table(values, exact=None, *, llama=(), uncertainty=0.05, recorded=None):
    """Candidates with these desirabilities, best first; on the exact state those of `exact`; in the Llama's order."""
    order = sorted(range(len(values)), key=lambda i: -values[i])
    table = scored(table_of(NAMES[: len(values)]))
    given = recorded or ranks([values[i] for i in order])
    llama_ranks = ranks(llama)
    rows = []
    for row, i, rank in zip(table.candidates, order, given, strict=True):
        rungs = dict.fromkeys(("xtb", "dft", "vqe_pdft"), values[i])
        rungs["casci_pdft"] = (exact or values)[i]
        score = dataclasses.replace(row.descriptors[D], value=values[i], rungs=rungs, uncertainty=uncertainty)
        row = dataclasses.replace(row, descriptors={**row.descriptors, D: score}, rank_physics=rank)
        if llama:
            row = dataclasses.replace(row, rank_llama=llama_ranks[i], score_llama=llama[i])
        rows.append(row)
    if llama:
        rows.sort(key=lambda row: -row.score_llama)
    by = "llama" if llama else "physics"
    return dataclasses.replace(table, candidates=tuple(rows), sorted_by=by)


def said(table, place, *relations):
    return [claim.text for claim in claims_of(table, f"row-{place}") if claim.relation in (relations or PLACES)]


def test_five_of_twelve_share_the_first_places():
    table = tied_table([1.0, 1.0, 0.9999, 0.998, 0.996, 0.93, 0.92, 0.84, 0.8, 0.75, 0.69, 0.1])
    for place in range(1, 6):
        first, *_ = said(table, place, "rank")
        assert first == "By desirability it shares places 1 to 5 of 12, with 1.00."
        assert said(table, place, "best", "highest", "change") == []
        assert "CASCI + MC-PDFT alone would leave it in places 1 to 5." in said(table, place, "rung_rank")
    assert said(table, 6, "rank")[0] == "By desirability it ranks number 6 of 12, with 0.93."
    assert said(table, 3, "inseparable", "separate") == []
    assert said(table, 3, "tied")[0] == "It is tied with N-phenylacrylamide by desirability: both come to 1.00."


@pytest.mark.parametrize(
    "text",
    [
        "CASCI + MC-PDFT alone would rank it number 1, not 5.",
        "CASCI + MC-PDFT alone would rank it number 1, not 3.",
        "CASCI + MC-PDFT alone would leave it at number 3.",
        "CASCI + MC-PDFT alone would leave it in places 1 to 4.",
        "Ranked by CASCI + MC-PDFT alone it would keep number 3.",
        "Ranked by CASCI + MC-PDFT alone it would be in places 1 to 5 instead of number 3.",
        "By desirability it ranks number 3 of 6, with 1.00.",
        "By desirability it ranks number 1 of 6, with 1.00.",
        "By desirability it shares places 1 to 6 of 6, with 1.00.",
        "By desirability it shares places 2 to 5 of 6, with 1.00.",
        "By desirability it shares places 1 to 5 of 5, with 1.00.",
        "By desirability it is the best of the 6 candidates, at 1.00.",
        "At 1.00, its desirability is the highest of the 6 candidates.",
        "No other candidate has a higher desirability than its 1.00.",
        "Its desirability of 1.00 lies above the 1.00 of N-phenylacrylamide.",
        "The gap to N-phenylacrylamide (0.00) is within the combined uncertainty of ±0.07, so their order is open.",
        "It is told apart from N-phenylacrylamide: the gap of 0.00 exceeds the combined uncertainty of ±0.07.",
        "It would move ahead of N-phenylacrylamide if its desirability rose by more than 0.00.",
        "A fall of its desirability by more than 0.50 would put it behind “lower 5.0”.",
        "It is tied with methyl vinyl ketone by desirability: both come to 1.00.",
        "It is tied with 2-cyclopenten-1-one by desirability: both come to 1.00.",  # itself
        "It is tied with N-phenylacrylamide by thiol addition energy: both come to 1.00.",
        "It is the only candidate that is ranked, with a desirability of 1.00.",
        "The Llama puts it number 3 of 6, with a score of 1.00; by desirability it is in places 1 to 5, with 1.00.",
    ],
)
def test_no_difference_between_tied_ones_is_accepted(text):
    table = tied_table([1.0, 0.9999, 0.999, 0.998, 0.997, 0.5])
    assert check_text(text, table, "row-3")


def test_a_record_that_counts_places_in_the_list_is_not_believed():
    """Ranks 1 to 5 of candidates that are all shown as 1.00: whatever is said of places is refused."""
    table = tied_table([1.0] * 5, recorded=[1, 2, 3, 4, 5])
    for place in range(1, 6):
        for text in said(table, place, "rank", "rung_rank", "change"):
            assert check_text(text, table, f"row-{place}") or (place == 1 and "places" in text)
    right = "By desirability it shares places 1 to 5 of 5, with 1.00."
    assert check_text(right, table, "row-1") == ()
    assert check_text(right, table, "row-2")[0].reason == "the rank on record is not that of the values"


def test_two_candidates_and_one():
    apart, level, alone = tied_table([0.8, 0.5]), tied_table([0.801, 0.799]), tied_table([0.8])
    assert said(apart, 1, "rank")[0] == "By desirability it ranks number 1 of 2, with 0.80."
    assert said(level, 2, "rank")[0] == "By desirability it shares places 1 to 2 of 2, with 0.80."
    assert said(alone, 1, "rank") == ["It is the only candidate that is ranked, with a desirability of 0.80."]
    for table in (apart, level, alone):
        assert not [text for row in table.candidates for text in texts(table, row.id) if " of the 2 " in text]
        assert not [text for row in table.candidates for text in texts(table, row.id) if " 1 candidates" in text]
        for text in ("It is the best of the 2 candidates by desirability (0.80).", "It ranks number 1 of 1."):
            assert check_text(text, table, "row-1")
    assert {claim.relation for part in explanation_parts(alone, "row-1") for claim in part}.isdisjoint(
        PLACES - {"rank"}
    )


def texts(table, who):
    return [claim.text for part in explanation_parts(table, who) for claim in part]


def test_what_the_exact_state_would_tie_or_part():
    table = tied_table([0.93, 0.92, 0.5], exact=[0.924, 0.923, 0.5])
    assert "CASCI + MC-PDFT alone would rank it in places 1 to 2, not number 1." in said(table, 1, "rung_rank")
    assert "Ranked by CASCI + MC-PDFT alone it would be in places 1 to 2 instead of number 2." in said(table, 2)
    parted = tied_table([0.921, 0.919, 0.5], exact=[0.90, 0.95, 0.5])
    assert "CASCI + MC-PDFT alone would rank it number 2, not in places 1 to 2." in said(parted, 1, "rung_rank")
    for one in (table, parted):
        for row in one.candidates:
            assert check_text(" ".join(texts(one, row.id)[:1]), one, row.id) == ()


def test_gaps_are_those_of_the_numbers_that_are_shown():
    table = tied_table([0.876, 0.861, 0.5])  # 0.015 apart, and shown as 0.88 and 0.86
    assert "It would drop behind N-phenylacrylamide if its desirability fell by more than 0.02." in said(table, 1)
    assert check_text(
        "It would drop behind N-phenylacrylamide if its desirability fell by more than 0.01.", table, "row-1"
    )


def test_nothing_is_said_where_shown_and_computed_gaps_disagree():
    table = tied_table([0.876, 0.861, 0.5], uncertainty=0.0112)  # combined 0.0158: above 0.0150, shown 0.02 and 0.02
    assert said(table, 1, "inseparable")
    closer = tied_table([0.8751, 0.8549, 0.5], uncertainty=0.0146)  # 0.0202 within 0.0206, shown 0.03 and 0.02
    assert said(closer, 1, "inseparable", "separate") == []


def test_in_the_llamas_order_places_are_the_llamas():
    table = tied_table([0.86, 0.83, 0.78, 0.64], llama=[1.371, 1.069, 3.62, -0.978])
    assert [row.id for row in table.candidates] == ["row-3", "row-1", "row-2", "row-4"]
    assert said(table, 3, "rank")[0] == (
        "The Llama puts it number 1 of 4, with a score of 3.62; by desirability it is number 3, with 0.78."
    )
    assert said(table, 4, "rank")[1] == (
        "With a score of −0.98 the Llama puts it number 4 of 4; by desirability it is number 4, with 0.64."
    )
    assert said(table, 1, "best", "highest", "change", "inseparable", "separate", "tied") == []
    assert said(table, 1, "rung_rank")[0] == "By desirability it would keep number 1 on CASCI + MC-PDFT alone."
    for text in (
        "By desirability it ranks number 1 of 4, with 0.86.",
        "Ranked by CASCI + MC-PDFT alone it would keep number 1.",
        "It would drop behind N-phenylacrylamide if its desirability fell by more than 0.03.",
        "The Llama puts it number 1 of 4, with a score of 1.37; by desirability it is number 1, with 0.86.",
        "The Llama puts it number 2 of 4, with a score of 1.38; by desirability it is number 1, with 0.86.",
        "The Llama puts it number 2 of 4, with a score of 1.37; by desirability it is number 2, with 0.86.",
        "The Llama puts it in places 1 to 2 of 4, with a score of 1.37; by desirability it is number 1, with 0.86.",
        "By desirability it would be number 2 on CASCI + MC-PDFT alone, not number 1.",
    ):
        assert check_text(text, table, "row-1"), text


def test_level_scores_of_the_llama_are_a_tie_too():
    table = tied_table([0.86, 0.83, 0.78], llama=[0.101, 0.099, 0.3])
    assert said(table, 1, "rank")[0] == (
        "The Llama puts it in places 2 to 3 of 3, with a score of 0.10; by desirability it is number 1, with 0.86."
    )


values = st.integers(0, 100).map(lambda n: n / 100) | st.integers(860, 880).map(lambda n: n / 1000)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.lists(values, min_size=1, max_size=8))
def test_every_claim_on_tied_tables_passes_and_says_what_is_counted(data, scores):
    exact = data.draw(st.lists(values, min_size=len(scores), max_size=len(scores)))
    llama = data.draw(st.just(()) | st.lists(values, min_size=len(scores), max_size=len(scores)))
    table = tied_table(scores, exact, llama=llama)
    shown = {row.id: float(f"{row.descriptors[D].value:.2f}") for row in table.candidates}
    for row in table.candidates:
        ahead = sum(other > shown[row.id] for other in shown.values())
        level = sum(other == shown[row.id] for other in shown.values())
        for claim in claims_of(table, row.id):
            assert check_text(claim.text, table, row.id) == (), claim.text
            if claim.relation == "rank" and not llama and len(scores) > 1:
                counted = f"places {ahead + 1} to {ahead + level} of" if level > 1 else f"number {ahead + 1} of"
                assert counted in claim.text
            if claim.relation in ("best", "highest", "worst", "lowest", "change"):
                assert level == 1
            if claim.relation in ("inseparable", "separate"):
                assert shown[claim.compared_with] != shown[row.id]
            if claim.relation == "tied":
                assert shown[claim.compared_with] == shown[row.id]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(values, min_size=2, max_size=6))
def test_no_other_place_is_accepted(data, scores):
    table = tied_table(scores)
    row = data.draw(st.sampled_from(table.candidates))
    (text,) = [claim.text for claim in claims_of(table, row.id) if claim.relation == "rank"][:1]
    number = data.draw(st.sampled_from(list(re.finditer(r"\b\d+\b(?!\.\d)(?<!\.\d)(?<!\.\d\d)", text))))
    other = data.draw(st.integers(0, 9).filter(lambda n: n != int(number.group())))
    assert check_text(text[: number.start()] + str(other) + text[number.end() :], table, row.id)


def test_words_of_contrast_need_something_to_turn_from():
    table = tied_table([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    marked = next(row for row in table.candidates if len(row.alerts) == 1)
    alert = f"it carries the structural alert {marked.alerts[0]}."
    weight = f"Its molecular weight is {marked.properties['mw']:.1f} Da."
    assert check_text(f"{weight} However, {alert}", table, marked.id) == ()
    assert check_text(f"I{alert[1:]} However, {alert}", table, marked.id)
    for row in table.candidates:
        for part in explanation_parts(table, row.id):
            turns = any(claim.text.startswith(("However", "On the downside")) for claim in part)
            assert not turns or row.rank_physics <= 3  # after a poor verdict there is nothing to turn from


def test_the_check_has_an_idea_of_its_own_of_what_a_rank_is():
    """It shares neither the rule nor the code of those who give ranks and write of them."""
    for name in ("check", "verifier", "order_verifier", "lookup", "sentences"):
        tree = ast.parse((Path(models.check.__file__).parent / f"{name}.py").read_text())
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert imported.isdisjoint(
            {"pipeline.ranks", "models.claim", "models.claims", "models.order_claims", "models.rung_claims"}
        )
