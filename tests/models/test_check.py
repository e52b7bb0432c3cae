"""Claims and the independent check: all that is written passes, all that is altered is caught."""

import ast
import re
from pathlib import Path

import pytest
from evidence_tables import NAMES, TITLES, table_of
from hypothesis import given, settings
from hypothesis import strategies as st

import models.check
from models.check import check_text
from models.claims import claims_of
from models.names import RESERVED, labels

FLIPS = (
    ("lower", "higher"),
    ("lowest", "highest"),
    ("below", "above"),
    ("best", "worst"),
    ("more exergonic", "less exergonic"),
    ("more readily", "more slowly"),
    ("more easily", "less easily"),
    ("faster", "slower"),
    ("stronger", "weaker"),
    ("harder electrophile", "softer electrophile"),
    ("is within", "exceeds"),
    (", so their order is open", ""),
    ("its thiol addition energy", "its hardness"),
    ("No structural alert was found", "One structural alert was found: PAINS: quinone_A(370)"),
    ("CASCI + MC-PDFT", "DFT"),
    ("DFT alone", "GFN2-xTB alone"),
    ("keep number", "be number"),
)
TABLE = table_of(NAMES, seed=3)
CLAIMS = [(evidence.id, claim) for evidence in TABLE.candidates for claim in claims_of(TABLE, evidence.id)]


def digit_mutations(text):
    for match in re.finditer(r"\d", text):
        for step in (1, 4):
            yield text[: match.start()] + str((int(match.group()) + step) % 10) + text[match.end() :]


def flips(text):
    for pair in FLIPS:
        for before, after in (pair, pair[::-1]):
            if before and before in text:
                yield text.replace(before, after)


def unit_swaps(text):
    for match in re.finditer(r"kcal/mol|eV|Da|Å²", text):
        for unit in ("kcal/mol", "eV", "kJ/mol", "Da", "Å²", "meV", ""):
            if unit != match.group():
                yield text[: match.start()] + unit + text[match.end() :]


def name_swaps(text):
    written = labels(TABLE)
    for own in written.values():
        if own in text and f"{own}[" not in text:
            for other in (*written.values(), "acrolein"):
                if other != own:
                    yield text.replace(own, other)


def test_every_claim_passes():
    assert len(CLAIMS) > 800
    relations = {claim.relation for _, claim in CLAIMS}
    assert relations >= {"value", "rank", "lower", "higher", "lowest", "highest", "best", "worst", "alert", "no_alerts"}
    assert relations >= {"rung", "rung_rank", "uncertainty", "inseparable", "separate", "flag"}
    for candidate_id, claim in CLAIMS:
        assert check_text(claim.text, TABLE, candidate_id) == (), claim.text


@pytest.mark.parametrize("mutate", [digit_mutations, flips, unit_swaps, name_swaps])
def test_every_mutation_is_caught(mutate):
    caught = 0
    true = {(candidate_id, claim.text) for candidate_id, claim in CLAIMS}
    for candidate_id, claim in CLAIMS[::2]:
        for text in mutate(claim.text):
            if (candidate_id, text) not in true:
                assert check_text(text, TABLE, candidate_id), f"{claim.text}  →  {text}"
                caught += 1
    assert caught > 300


def test_texts_of_several_sentences_name_the_wrong_one():
    first, second = (claim.text for _, claim in CLAIMS[:2])
    wrong = second.replace("−", "")
    problems = check_text(f"{first} {wrong}", TABLE, TABLE.candidates[0].id)
    assert [problem.sentence for problem in problems] == [wrong]


@pytest.mark.parametrize(
    "text",
    [
        "It binds tightly to EGFR.",
        "It is not lower than acrylonitrile.",
        "Its thiol addition energy is low.",
        "Its thiol addition energy is about −17.2 kcal/mol.",
        "Its thiol addition energy is not −17.2 kcal/mol.",
        "It is the most potent of the list.",
        "Its thiol addition energy is lower 5.0 kcal/mol.",
        "Its D is V.",
        "No structural alert was found",
        "The uncertainty of acrylonitrile is ±1.0 kcal/mol.",
        "Its hardness is 5.0.",
        "Its number of rotatable bonds is two.",
        "Its number of rotatable bonds is ٢.",
        "It keeps within Lipinski's rule of five and cures cancer.",
    ],
)
def test_other_texts_are_rejected(text):
    for evidence in TABLE.candidates:
        assert check_text(text, TABLE, evidence.id)


def test_true_free_text_passes():
    me, other = TABLE.candidates[0], TABLE.candidates[1]
    value = f"{other.descriptors['thiol_addition'].value:.2f}"
    assert check_text(f"The thiol addition energy of {other.name} is {value} kcal/mol.", TABLE, me.id) == ()


names = st.lists(
    st.one_of(
        st.text(max_size=90),
        st.sampled_from(NAMES),
        st.sampled_from(sorted(RESERVED)),
        st.lists(st.sampled_from(sorted(RESERVED)), min_size=2, max_size=4).map(" ".join),
        st.from_regex(r"\A[−-]?\d{1,2}\.\d( kcal/mol| eV)?\Z"),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(names, st.integers(0, 1000), st.data())
def test_hostile_names_neither_break_nor_mislead(hostile, seed, data):
    table = table_of(hostile, seed)
    subject = data.draw(st.sampled_from(table.candidates))
    claims = claims_of(table, subject.id)
    for claim in claims:
        assert check_text(claim.text, table, subject.id) == (), claim.text
    claim = data.draw(st.sampled_from(claims))
    mutated = data.draw(
        st.sampled_from([*digit_mutations(claim.text), *unit_swaps(claim.text), *flips(claim.text), "x"])
    )
    if mutated not in {other.text for other in claims}:
        assert check_text(mutated, table, subject.id), f"{claim.text}  →  {mutated}"


def test_labels_are_unique_and_quote_what_could_mislead():
    written = labels(TABLE)
    assert len(set(written.values())) == len(written)
    assert written["row-1"] == "acrylonitrile"
    assert written["row-3"] == "2-cyclopenten-1-one"
    assert written["row-8"] == "“lower 5.0”"
    assert written["row-12"] == "“twin, row-12”"


def test_reserved_words_cover_all_that_the_checker_reads():
    forms = [re.sub(r"\\.|\(\?:|\[.*?\]|[A-Z]", " ", form.pattern) for form, _ in models.check._FORMS]
    words = {word for text in (*forms, *models.check._CONSEQUENCES) for word in re.findall(r"[a-z][a-z'-]+", text)}
    titles = {word.lower() for title, _ in TITLES.values() for word in title.split()}
    assert words - titles <= RESERVED


def test_checker_and_writer_share_no_code():
    tree = ast.parse(Path(models.check.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "models.claims" not in imported
    sentences = ast.parse((Path(models.check.__file__).parent / "sentences.py").read_text())
    assert "models.claims" not in {node.module for node in ast.walk(sentences) if isinstance(node, ast.ImportFrom)}
