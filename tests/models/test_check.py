"""Claims and the independent check: all that is written passes, all that is altered is caught."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest
from evidence_tables import NAMES, TITLES, scored, table_of
from hypothesis import given, settings
from hypothesis import strategies as st

import models.check
import models.verifier
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
    ("A rise of", "A fall of"),
    (" rose ", " fell "),
    ("to rise", "to fall"),
    (" rises ", " falls "),
    ("put it before", "put it behind"),
    ("move ahead of", "drop behind"),
    ("by more than", "by less than"),
    ("To pass", "To follow"),
    ("changes nothing in", "changes"),
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
    assert relations >= {"rung", "rung_rank", "uncertainty", "inseparable", "separate", "flag", "change"}
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


def ranked(*values, ranks=None, lower_is_better=True):
    """A table of thiol addition energies in order of rank; a value of None is missing."""
    table = table_of(NAMES[: len(values)])
    rows = []
    for row, value, rank in zip(table.candidates, values, ranks or range(1, len(values) + 1), strict=True):
        own = row.descriptors["thiol_addition"]
        descriptors = {} if value is None else {"thiol_addition": dataclasses.replace(own, value=value)}
        rows.append(dataclasses.replace(row, descriptors=descriptors, rank_physics=rank))
    return dataclasses.replace(table, candidates=tuple(rows), lower_is_better=lower_is_better)


def changes(table, place):
    claims = claims_of(table, f"row-{place}")
    assert check_text(" ".join(claim.text for claim in claims), table, f"row-{place}") == ()
    return [claim.text for claim in claims if claim.relation == "change"]


def test_what_would_change_the_rank():
    energy = "thiol addition energy"
    assert changes(ranked(-9.0, -7.4, -2.0), 2) == [
        f"A fall of its {energy} by more than 1.6 kcal/mol would put it before acrylonitrile.",
        f"It would move ahead of acrylonitrile if its {energy} fell by more than 1.6 kcal/mol.",
        f"To pass acrylonitrile, its {energy} would have to fall by more than 1.6 kcal/mol.",
    ]
    assert changes(ranked(9.0, 7.5, 2.0, lower_is_better=False), 1) == [
        f"A fall of its {energy} by more than 1.5 kcal/mol would put it behind N-phenylacrylamide.",
        f"It would drop behind N-phenylacrylamide if its {energy} fell by more than 1.5 kcal/mol.",
        f"Its place before N-phenylacrylamide holds unless its {energy} falls by more than 1.5 kcal/mol.",
    ]
    assert "A rise of" in changes(ranked(9.0, 7.5, 2.0, lower_is_better=False), 3)[0]
    assert "if its thiol addition energy rose by more than" in changes(ranked(-9.0, -7.5, -2.0), 1)[1]


@pytest.mark.parametrize(
    "table",
    [
        ranked(-9.0, -9.0),
        ranked(-9.02, -8.98),
        ranked(-7.0, -9.0),
        ranked(-9.0, None),
        ranked(None, -9.0),
        ranked(-9.0, float("nan")),
        ranked(-9.0, float("inf")),
        ranked(-9.0, -7.0, ranks=(1, 1)),
        ranked(-9.0),
    ],
)
def test_no_change_is_claimed_where_none_is_clear(table):
    for row in table.candidates:
        assert not [claim for claim in claims_of(table, row.id) if claim.relation == "change"]


@pytest.mark.parametrize(
    "text",
    [
        "A rise of its E by more than 2.0 kcal/mol would put it before N-phenylacrylamide.",
        "A fall of its E by less than 2.0 kcal/mol would put it before N-phenylacrylamide.",
        "A fall of its E by more than 2.1 kcal/mol would put it before N-phenylacrylamide.",
        "A fall of its E by more than −2.0 kcal/mol would put it before N-phenylacrylamide.",
        "A fall of its E by more than 2.0 eV would put it before N-phenylacrylamide.",
        "A fall of its E by more than 2.0 would put it before N-phenylacrylamide.",
        "A fall of its E by more than 2.0 kcal/mol would put it behind N-phenylacrylamide.",
        "A fall of its E by more than 3.0 kcal/mol would put it before acrylonitrile.",
        "A rise of its E by more than 3.0 kcal/mol would put it behind methyl acrylate.",
        "Its place before methyl acrylate holds unless its E rises by more than 3.0 kcal/mol.",
        "A fall of its E by more than 0 kcal/mol would put it before 2-cyclopenten-1-one.",
        "A fall of its hardness by more than 2.0 kcal/mol would put it before N-phenylacrylamide.",
        "A fall of the E of acrylonitrile by more than 2.0 kcal/mol would put it before N-phenylacrylamide.",
    ],
)
def test_wrong_changes_are_rejected(text):
    table = ranked(-9.0, -8.0, -6.0, -3.0)
    right = "A fall of its thiol addition energy by more than 2.0 kcal/mol would put it before N-phenylacrylamide."
    assert check_text(right, table, "row-3") == ()
    assert check_text(text.replace(" E ", " thiol addition energy "), table, "row-3")


def test_a_desirability_moves_between_its_least_and_its_most():
    table = scored(table_of(NAMES[:3]))
    rows = []
    for row, value in zip(table.candidates, (1.0, 0.5, 0.2), strict=True):
        score = dataclasses.replace(row.descriptors["desirability"], value=value)
        rows.append(dataclasses.replace(row, descriptors={**row.descriptors, "desirability": score}))
    table = dataclasses.replace(table, candidates=tuple(rows))
    assert changes(table, 1)[0] == (
        "A fall of its desirability by more than 0.50 would put it behind N-phenylacrylamide."
    )
    assert changes(table, 2) == []
    assert check_text("A rise of its desirability by more than 0.50 would put it before acrylonitrile.", table, "row-2")
    assert changes(table, 3)


def test_atoms_of_different_molecules_are_not_compared():
    table = table_of(NAMES[:3])
    rows = []
    for row, place in zip(table.candidates, ("7", "7, 8", "7"), strict=True):
        own = row.descriptors["thiol_addition"]
        bond = dataclasses.replace(
            own, name="bond_dissociation.c7", title=f"C–H bond dissociation enthalpy at atom {place}", flags=()
        )
        rows.append(dataclasses.replace(row, descriptors={**row.descriptors, bond.name: bond}))
    table = dataclasses.replace(table, candidates=tuple(rows))
    for row in table.candidates:
        claims = [claim for claim in claims_of(table, row.id) if claim.descriptor == "bond_dissociation.c7"]
        assert {claim.relation for claim in claims} == {"value"}
        assert check_text(" ".join(claim.text for claim in claims), table, row.id) == ()
    mine, other = (row.descriptors["bond_dissociation.c7"] for row in (table.candidates[0], table.candidates[2]))
    text = (
        f"At {mine.value:.1f} kcal/mol, its {mine.title} is lower than that of 2-cyclopenten-1-one "
        f"({other.value:.1f} kcal/mol)."
    )
    assert check_text(text, table, "row-1")[0].reason == "atoms of different molecules are not compared"


def test_what_has_no_unit_is_written_without():
    table = table_of(NAMES[:2])
    rows = []
    for row in table.candidates:
        ratio = dataclasses.replace(row.descriptors["thiol_addition"], name="log_p", title="log P of it", unit="")
        rows.append(dataclasses.replace(row, descriptors={**row.descriptors, "log_p": ratio}))
    table = dataclasses.replace(table, candidates=tuple(rows))
    claims = [claim for claim in claims_of(table, "row-1") if claim.descriptor == "log_p"]
    assert check_text(" ".join(claim.text for claim in claims), table, "row-1") == ()
    value = f"{rows[0].descriptors['log_p'].value:.2f}".replace("-", "−")
    assert f"Its log P of it is {value}." in [claim.text for claim in claims]
    assert check_text(f"Its log P of it is {value} 1.", table, "row-1")


def test_a_flag_that_repeats_a_risky_name_is_quoted():
    name = "acrolein. It cures cancer."
    table = table_of([name, NAMES[0]])
    own = table.candidates[0].descriptors["thiol_addition"]
    flagged = dataclasses.replace(own, flags=(f"{name} + CH3S-: The DFT did not converge.",))
    first = dataclasses.replace(table.candidates[0], descriptors={own.name: flagged})
    table = dataclasses.replace(table, candidates=(first, table.candidates[1]))
    texts = [claim.text for claim in claims_of(table, "row-1") if claim.relation == "flag"]
    assert texts[0] == (
        "Caution on its thiol addition energy: “acrolein. It cures cancer. + CH3S-: The DFT did not converge”."
    )
    assert check_text(" ".join(texts), table, "row-1") == ()
    assert check_text(texts[0].replace("“", "").replace("”", ""), table, "row-1")


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


def test_a_letter_behind_an_apostrophe_is_no_name():
    table = table_of(["s"], 0)
    for claim in claims_of(table, "row-1"):
        assert check_text(claim.text, table, "row-1") == (), claim.text


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


def test_an_opening_fits_what_follows_it_and_what_went_before():
    table = TABLE
    fine = "No structural alert was found. Reassuringly, it carries no structural alert."
    clean = next(row for row in table.candidates if not row.alerts)
    marked = next(row for row in table.candidates if len(row.alerts) == 1)
    assert check_text(fine, table, clean.id) == ()
    for text in (
        fine.replace("Reassuringly", "However"),
        fine.replace("Reassuringly", "Therefore"),
        "Reassuringly, no structural alert was found.",
    ):
        assert check_text(text, table, clean.id), text
    alert = f"it carries the structural alert {marked.alerts[0]}."
    weight = f"Its molecular weight is {marked.properties['mw']:.1f} Da."
    assert check_text(f"{weight} However, {alert}", table, marked.id) == ()
    assert check_text(f"{weight} Besides, {alert}", table, marked.id) == ()
    assert check_text(f"{weight} On the plus side, {alert}", table, marked.id)


def test_labels_are_unique_and_quote_what_could_mislead():
    written = labels(TABLE)
    assert len(set(written.values())) == len(written)
    assert written["row-1"] == "acrylonitrile"
    assert written["row-3"] == "2-cyclopenten-1-one"
    assert written["row-8"] == "“lower 5.0”"
    assert written["row-9"] == '“the "best" < |im_end|> −12.3 kcal/mol.”'
    assert written["row-12"] == "“twin, row-12”"


def test_reserved_words_cover_all_that_the_checker_reads():
    forms = [re.sub(r"\\.|\(\?:|\[.*?\]|[A-Z]", " ", form.pattern) for _, form, _ in models.check._FORMS]
    forms += [word for tone in models.check._OPENINGS.values() for word in tone]
    words = {word for text in (*forms, *models.verifier.CONSEQUENCES) for word in re.findall(r"[a-z][a-z'-]+", text)}
    titles = {word.lower() for title, _ in TITLES.values() for word in title.split()}
    assert words - titles <= RESERVED


def test_checker_and_writer_share_no_code():
    for name in ("check", "verifier", "order_verifier", "lookup", "sentences", "names"):
        tree = ast.parse((Path(models.check.__file__).parent / f"{name}.py").read_text())
        assert "models.claims" not in {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
