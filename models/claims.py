"""Claims: what may be said of a candidate, as typed statements over its evidence with their wordings."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterator

from models.claim import Claim, Subject, shown, subject_of, worded
from models.evidence import PROPERTY_TITLES, DescriptorEvidence, Evidence, EvidenceTable
from models.names import flag_text
from models.order_claims import change, separations, standing
from models.rung_claims import quantum_step


def claims_of(table: EvidenceTable, candidate_id: str) -> tuple[Claim, ...]:
    """Every claim that can be made of a candidate, each in one to four wordings, not yet checked."""
    of = subject_of(table, candidate_id)
    kinds = (standing, comparisons, liabilities, separations, trust, change, quantum_step)
    return tuple(claim for kind in kinds for claim in kind(of))


def comparisons(of: Subject) -> Iterator[Claim]:
    """With neighbours and ends of the list, and with the list's median."""
    for descriptor in of.me.descriptors.values():
        if not math.isfinite(descriptor.value) or _OF_ONE_ATOM.fullmatch(descriptor.name):
            continue
        weighty = descriptor is of.main or descriptor.name in of.table.asked
        partners = of.partners if weighty else of.partners[:1]
        for partner in partners:
            if other := partner.descriptors.get(descriptor.name):
                yield from _comparison(of, descriptor, partner, other)
        median = statistics.median(of.values(descriptor.name))
        written, middle = shown(descriptor.value, descriptor.unit), shown(median, descriptor.unit)
        if written != middle:
            relation, side = ("lower", "below") if descriptor.value < median else ("higher", "above")
            yield from worded(
                (descriptor.name, relation, descriptor.value, "median"),
                f"Its {descriptor.title} of {written} lies {side} the list's median of {middle}.",
                f"At {written}, its {descriptor.title} is {relation} than the median of the list ({middle}).",
            )


def _comparison(
    of: Subject, mine: DescriptorEvidence, partner: Evidence, theirs: DescriptorEvidence
) -> Iterator[Claim]:
    if mine.unit != theirs.unit or not math.isfinite(theirs.value):
        return
    written, other, name = shown(mine.value, mine.unit), shown(theirs.value, theirs.unit), of.labels[partner.id]
    if written == other:
        return
    relation, side = ("lower", "below") if mine.value < theirs.value else ("higher", "above")
    facts = (mine.name, relation, mine.value, partner.id)
    meaning = _MEANINGS.get((mine.name, relation))
    widths = (mine.uncertainty, theirs.uncertainty)
    too_close = None not in widths and abs(mine.value - theirs.value) <= math.hypot(*(width or 0 for width in widths))
    so = "" if meaning is None or too_close else f", so {meaning}"
    yield from worded(
        facts,
        f"At {written}, its {mine.title} is {relation} than that of {name} ({other}){so}.",
        f"Its {mine.title} of {written} lies {side} the {other} of {name}{so}.",
        f"Its {mine.title} comes to {written}, {relation} than the {other} of {name}{so}.",
    )
    if so and mine.name == "thiol_addition" and mine.value < 0 and theirs.value < 0:
        degree, speed = ("more", "faster") if relation == "lower" else ("less", "slower")
        yield from worded(
            facts,
            f"Thiol addition is {degree} exergonic than for {name} ({written} against {other}), so {meaning}.",
            f"Against {name} ({other}), its thiol addition of {written} is {degree} exergonic: "
            f"{speed} turnover by glutathione is possible.",
        )


def liabilities(of: Subject) -> Iterator[Claim]:
    """Alerts, properties and the other descriptors."""
    alerts = of.me.alerts
    if not alerts:
        yield from worded(
            ("alerts", "no_alerts", None, None), "No structural alert was found.", "It carries no structural alert."
        )
    elif len(alerts) == 1:
        yield from worded(
            ("alerts", "alert", alerts[0], None),
            f"It carries the structural alert {alerts[0]}.",
            f"One structural alert was found: {alerts[0]}.",
        )
    else:
        for alert in alerts:
            yield from worded(
                ("alerts", "alert", alert, None),
                f"It carries {len(alerts)} structural alerts, among them {alert}.",
                f"Of its {len(alerts)} structural alerts, one is {alert}.",
            )
    known = {key: value for key, value in of.me.properties.items() if math.isfinite(value)}
    figures = {
        key: (title, shown(known[key], unit, _DECIMALS[key]))
        for key, (title, unit) in PROPERTY_TITLES.items()
        if key in known
    }
    for key in ("mw", "clogp", "tpsa", "qed", "sa_score"):
        if key in figures:
            title, written = figures[key]
            yield from worded(
                (key, "value", known[key], None), f"Its {title} is {written}.", f"Its {title} comes to {written}."
            )
    for pair in (("mw", "clogp"), ("clogp", "tpsa"), ("hbd", "hba"), ("tpsa", "rotatable_bonds")):
        if figures.keys() >= set(pair):
            (title, written), (other_title, other) = (figures[key] for key in pair)
            yield from worded(
                (pair[0], "value", known[pair[0]], None),
                f"Its {title} is {written} and its {other_title} is {other}.",
            )
    limits = {"mw": 500.0, "clogp": 5.0, "hbd": 5.0, "hba": 10.0}
    if all(key in known and known[key] <= limit for key, limit in limits.items()):
        yield from worded(
            ("rule_of_five", "satisfied", None, None),
            "It keeps within Lipinski's rule of five.",
            "Lipinski's rule of five holds for it.",
        )
    for descriptor in of.me.descriptors.values():
        if descriptor is not of.main and math.isfinite(descriptor.value):
            written = shown(descriptor.value, descriptor.unit)
            yield from worded(
                (descriptor.name, "value", descriptor.value, None),
                f"Its {descriptor.title} is {written}.",
                f"For its {descriptor.title} the calculation gives {written}.",
            )


def trust(of: Subject) -> Iterator[Claim]:
    """Uncertainty, and flags of every descriptor."""
    main = of.main
    if main is not None and main.uncertainty is not None and math.isfinite(main.uncertainty + main.value):
        written, width = shown(main.value, main.unit), shown(main.uncertainty, main.unit)
        yield from worded(
            (main.name, "uncertainty", main.uncertainty, None),
            f"The uncertainty of its {main.title} is ±{width}.",
            f"Its {main.title} is {written}, with an uncertainty of ±{width}.",
            f"The uncertainty of its {main.title} is at least ±{width}.",
        )
    for descriptor in of.me.descriptors.values():
        for flag in descriptor.flags:
            quoted = flag_text(flag, of.me, of.labels[of.me.id])
            yield from worded(
                (descriptor.name, "flag", flag, None),
                f"Caution on its {descriptor.title}: {quoted}.",
                f"A limit of its {descriptor.title}: {quoted}.",
            )


_MEANINGS = {
    ("thiol_addition", "lower"): "it should react more readily with thiols",
    ("thiol_addition", "higher"): "it should react more slowly with thiols",
    ("ionisation.ie_vertical", "lower"): "it gives up an electron more easily",
    ("ionisation.ie_vertical", "higher"): "it is harder to oxidise",
    ("ionisation.ea_vertical", "lower"): "it takes up an electron less easily",
    ("ionisation.ea_vertical", "higher"): "it takes up an electron more easily",
    ("ionisation.hardness", "lower"): "it is the softer electrophile",
    ("ionisation.hardness", "higher"): "it is the harder electrophile",
    ("ionisation.electrophilicity", "lower"): "it is the weaker electrophile",
    ("ionisation.electrophilicity", "higher"): "it is the stronger electrophile",
}
"""What a lower or higher value means: by the Bell–Evans–Polanyi principle for the first two, by definition for the rest
(electrophilicity: Parr, Szentpály and Liu, J. Am. Chem. Soc. 121, 1922, 1999)."""

_OF_ONE_ATOM = re.compile(r".*\.[a-z]+\d+")
"""Names of descriptors of one numbered atom, such as ``bond_dissociation.c7``: in another molecule the number is
another atom's, so that there is nothing to compare."""

_DECIMALS = {"mw": 1, "clogp": 2, "tpsa": 1, "hbd": 0, "hba": 0, "rotatable_bonds": 0, "qed": 2, "sa_score": 1}
