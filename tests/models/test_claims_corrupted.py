"""Corrupted texts: a true text with one thing turned false is never accepted."""

import random
import re

import pytest
from evidence_tables import NAMES, scored, table_of

from models.check import check_text
from models.claims import claims_of
from models.evidence import RUNG_TITLES
from models.explainer import explanation_parts
from models.explanation_trial import trial_tables
from models.names import flag_text, labels
from models.openings import CAUTION, COMFORT, opening_of

TURNS = (
    ("lower", "higher"),
    ("below", "above"),
    ("best", "worst"),
    ("lowest", "highest"),
    ("rise", "fall"),
    ("rises", "falls"),
    ("rose", "fell"),
    ("more", "less"),
    ("before", "behind"),
    ("faster", "slower"),
    ("stronger", "weaker"),
    ("is within", "exceeds"),
)
UNITS = ("kcal/mol", "eV", "Da", "Å²", "kJ/mol", "meV")
ALERTS = ("PAINS: quinone_A(370)", "Brenk: Michael-acceptor_1", "PAINS: catechol_A(92)", "Brenk: aldehyde")
COUNTED = {"rank", "lowest", "highest", "best", "worst", "alert", "rung_rank"}
NUMBER = re.compile(r"−?\d+(?:\.\d+)?")


def between(text, table, subject):
    """The text with names, titles, alerts, flags and rungs blotted out, at the same length."""
    names = labels(table)
    titles = [d.title for e in table.candidates for d in e.descriptors.values()]
    flags = [flag_text(flag, subject, names[subject.id]) for d in subject.descriptors.values() for flag in d.flags]
    phrases = [*names.values(), *titles, *subject.alerts, *flags, *RUNG_TITLES.values()]
    for phrase in sorted(filter(None, phrases), key=len, reverse=True):
        text = text.replace(phrase, "·" * len(phrase)).replace(phrase[0].upper() + phrase[1:], "·" * len(phrase))
    return text


def numbers(claim, table, subject):
    return list(NUMBER.finditer(between(claim.text, table, subject)))


def put(text, match, new):
    return text[: match.start()] + new + text[match.end() :]


def signs(claim, table, subject):
    """A number has one sign, unless it is zero."""
    for match in numbers(claim, table, subject):
        if match.group().strip("−0."):
            turned = match.group()[1:] if match.group().startswith("−") else f"−{match.group()}"
            yield put(claim.text, match, turned)


def digits(claim, table, subject):
    """Of the numbers with as many decimals, one is right."""
    for match in re.finditer(r"\d", between(claim.text, table, subject)):
        for digit in set("0123456789") - {match.group()}:
            yield put(claim.text, match, digit)


def counts(claim, table, subject):
    """Places and counts are exact."""
    for match in numbers(claim, table, subject) if claim.relation in COUNTED else ():
        if match.group().isdigit():
            for step in (-1, 1, 2):
                yield put(claim.text, match, str(int(match.group()) + step))


def units(claim, table, subject):
    """A number has one unit, or none."""
    text = between(claim.text, table, subject)
    for match in NUMBER.finditer(text):
        after = next((f" {unit}" for unit in UNITS if text.startswith(f" {unit}", match.end())), "")
        for unit in (*(f" {unit}" for unit in UNITS), ""):
            if unit != after:
                yield claim.text[: match.end()] + unit + claim.text[match.end() + len(after) :]


def directions(claim, table, subject):
    """What is strictly so is not so the other way."""
    text = between(claim.text, table, subject)
    for pair in TURNS:
        for word, other in (pair, pair[::-1]):
            for match in re.finditer(rf"\b{word}\b", text):
                yield put(claim.text, match, other)


def names(claim, table, subject):
    """False of another one whose value is clearly another, and whose distance is, where that is what is stated."""
    written = labels(table)
    named = claim.compared_with if claim.compared_with in written else subject.id
    if written[named] not in claim.text:
        return
    values = {e.id: e.descriptors[claim.descriptor] for e in table.candidates if claim.descriptor in e.descriptors}
    margin = 0.11 if values[named].unit == "kcal/mol" else 0.011
    own, of_named = values[subject.id].value, values[named].value
    for other in table.candidates:
        value = values[other.id].value if other.id in values else None
        clear = value is None or (
            abs(value - of_named) > margin and abs(abs(value - own) - abs(of_named - own)) > margin
        )
        if other.id != named and (clear or (value != of_named and claim.relation == "change")):
            yield claim.text.replace(written[named], written[other.id])


def alerts(claim, _table, subject):
    """An alert that the candidate does not carry; none where it carries one, and one where it carries none."""
    others = [alert for alert in ALERTS if alert not in subject.alerts]
    if claim.relation == "alert":
        yield from (claim.text.replace(claim.value, alert) for alert in others)
        yield "No structural alert was found."
    if claim.relation == "no_alerts":
        yield from (f"It carries the structural alert {alert}." for alert in others)


def rungs(claim, table, subject):
    """A rung that has another value or, where the place is stated, another place."""
    if claim.relation not in ("rung", "rung_rank"):
        return
    main = subject.descriptors[claim.descriptor]
    for rung, title in RUNG_TITLES.items():
        value = main.rungs.get(rung)
        if claim.relation == "rung":
            differs = value is None or abs(value - claim.value) > (0.11 if main.unit == "kcal/mol" else 0.011)
        else:
            every = [e.descriptors[claim.descriptor].rungs.get(rung) for e in table.candidates]
            sign = 1 if table.lower_is_better else -1
            differs = None in every or 1 + sum(sign * one < sign * value for one in every) != claim.value
        if differs:
            yield claim.text.replace(RUNG_TITLES[claim.compared_with], title, 1)


def openings(claim, _table, _subject):
    """Words of comfort before what speaks against a candidate, and words of caution before what speaks for it."""
    opening = opening_of(claim.text)
    for words, others in ((CAUTION, COMFORT), (COMFORT, CAUTION)):
        if opening in words:
            yield from (claim.text.replace(opening, other, 1) for other in others)


KINDS = (signs, digits, counts, units, directions, names, alerts, rungs, openings)


def texts(tables):
    """Evidence, a candidate of it, and claims that make an accepted text with one of each part and some others."""
    generator = random.Random(5)
    for table, subject in tables:
        parts = explanation_parts(table, subject.id)
        claims = [claim for claim in claims_of(table, subject.id) if not check_text(claim.text, table, subject.id)]
        for _ in range(3):
            chosen = [generator.choice(part) for part in parts]
            yield table, subject, [*chosen, *generator.sample(claims, min(3, len(claims)))]


def plain():
    generator = random.Random(3)
    for seed in range(24):
        table = table_of(generator.sample(NAMES, generator.randint(2, len(NAMES))), seed)
        table = scored(table) if seed % 3 == 0 else table
        for subject in generator.sample(table.candidates, 2):
            yield table, subject


def hostile():
    for table, candidate_id in trial_tables(48, 4):
        yield table, next(row for row in table.candidates if row.id == candidate_id)


@pytest.mark.parametrize("tables", [plain, hostile])
def test_five_hundred_corruptions_are_caught(tables):
    generator = random.Random(11)
    accepted = list(texts(tables()))
    for table, subject, claims in accepted:
        assert check_text(" ".join(claim.text for claim in claims), table, subject.id) == ()
    caught = dict.fromkeys(KINDS, 0)
    for case in range(504):
        kind = KINDS[case % len(KINDS)]
        corrupted = []
        while not corrupted:
            table, subject, claims = generator.choice(accepted)
            place = generator.randrange(len(claims))
            corrupted = sorted(set(kind(claims[place], table, subject)) - {claims[place].text})
        sentence = generator.choice(corrupted)
        text = " ".join(sentence if index == place else claim.text for index, claim in enumerate(claims))
        assert check_text(text, table, subject.id), f"{claims[place].text}  →  {sentence}"
        caught[kind] += 1
    assert min(caught.values()) == 56
