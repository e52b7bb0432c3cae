"""Claims: what may be said of a candidate, as typed statements over its evidence with their wordings."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from models.evidence import PROPERTY_TITLES, RUNG_TITLES, DescriptorEvidence, Evidence, EvidenceTable
from models.names import flag_text, labels

CLAIMS_VERSION = 3
"""Enters the key of every stored explanation."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement about a candidate in one wording."""

    text: str
    """A sentence; "it" is the candidate."""
    descriptor: str
    """Descriptor or property that it speaks of; ``alerts`` or ``rule_of_five`` for those."""
    relation: str
    """``value``, ``rank``, ``lower``, ``higher``, ``lowest``, ``highest``, ``best``, ``worst``, ``alert``,
    ``no_alerts``, ``satisfied``, ``change``, ``rung``, ``rung_rank``, ``uncertainty``, ``inseparable``,
    ``separate`` or ``flag``."""
    value: float | str | None
    """What it states: the candidate's value, its place, a gap, or the alert or flag; None where nothing is quoted."""
    compared_with: str | None
    """Id of another candidate, ``median``, ``list`` or the name of a rung; None where nothing is compared."""
    holds: bool = False
    """Whether the independent check (`models.check`) found it supported; nothing else sets this."""


def claims_of(table: EvidenceTable, candidate_id: str) -> tuple[Claim, ...]:
    """Every claim that can be made of a candidate, each in one to four wordings, not yet checked."""
    subject = next(evidence for evidence in table.candidates if evidence.id == candidate_id)
    writer = _Writer(table, subject)
    return tuple(
        claim
        for claims in (
            writer.standing(),
            writer.comparisons(),
            writer.liabilities(),
            writer.trust(),
            writer.change(),
            writer.quantum_step(),
        )
        for claim in claims
    )


class _Writer:
    def __init__(self, table: EvidenceTable, subject: Evidence) -> None:
        self._table = table
        self._me = subject
        self._labels = labels(table)
        self._main = subject.descriptors.get(table.ranking_descriptor)
        by_rank = sorted(table.candidates, key=lambda evidence: (evidence.rank_physics, evidence.id))
        place = next(index for index, evidence in enumerate(by_rank) if evidence.id == subject.id)
        near = [by_rank[index] for index in (place - 1, place + 1) if 0 <= index < len(by_rank)]
        self._neighbours = [evidence for evidence in near if table.ranking_descriptor in evidence.descriptors]
        ends = [evidence for evidence in (by_rank[0], by_rank[-1]) if table.ranking_descriptor in evidence.descriptors]
        self._partners = list({e.id: e for e in (*self._neighbours, *ends) if e.id != subject.id}.values())

    def standing(self) -> Iterator[Claim]:
        """Value and place by the ranking descriptor."""
        if (main := self._main) is None or not math.isfinite(main.value):
            return
        shown, name = _shown(main.value, main.unit), self._labels[self._me.id]
        yield from _claims(
            (main.name, "value", main.value, None),
            f"Its {main.title} is {shown}.",
            f"The calculation puts its {main.title} at {shown}.",
            f"The {main.title} of {name} is {shown}.",
        )
        place = f"number {self._me.rank_physics} of {len(self._table.candidates)}"
        yield from _claims(
            (main.name, "rank", float(self._me.rank_physics), "list"),
            f"By {main.title} it ranks {place}, with {shown}.",
            f"By {main.title}, {name} ranks {place} ({shown}).",
            f"It comes in as {place} by {main.title}, with {shown}.",
        )
        values = self._values(main.name)
        for end, extreme, word in (("lowest", min(values), "lower"), ("highest", max(values), "higher")):
            if main.value == extreme and values.count(extreme) == 1 and len(values) > 1:
                quality = "best" if (end == "lowest") == self._table.lower_is_better else "worst"
                yield from _claims(
                    (main.name, end, main.value, "list"),
                    f"At {shown}, its {main.title} is the {end} of the {len(values)} candidates.",
                    f"No other candidate has a {word} {main.title} than its {shown}.",
                )
                yield from _claims(
                    (main.name, quality, main.value, "list"),
                    f"By {main.title} it is the {quality} of the {len(values)} candidates, at {shown}.",
                    f"It is the {quality} of the {len(values)} candidates by {main.title} ({shown}).",
                )

    def comparisons(self) -> Iterator[Claim]:
        """With neighbours and ends of the list, and with the list's median."""
        for descriptor in self._me.descriptors.values():
            if not math.isfinite(descriptor.value) or _OF_ONE_ATOM.fullmatch(descriptor.name):
                continue
            weighty = descriptor is self._main or descriptor.name in self._table.asked
            partners = self._partners if weighty else self._partners[:1]
            for partner in partners:
                if other := partner.descriptors.get(descriptor.name):
                    yield from self._comparison(descriptor, partner, other)
            median = statistics.median(self._values(descriptor.name))
            shown, middle = _shown(descriptor.value, descriptor.unit), _shown(median, descriptor.unit)
            if shown != middle:
                relation, side = ("lower", "below") if descriptor.value < median else ("higher", "above")
                yield from _claims(
                    (descriptor.name, relation, descriptor.value, "median"),
                    f"Its {descriptor.title} of {shown} lies {side} the list's median of {middle}.",
                    f"At {shown}, its {descriptor.title} is {relation} than the median of the list ({middle}).",
                )

    def _comparison(self, mine: DescriptorEvidence, partner: Evidence, theirs: DescriptorEvidence) -> Iterator[Claim]:
        if mine.unit != theirs.unit or not math.isfinite(theirs.value):
            return
        shown, other, name = _shown(mine.value, mine.unit), _shown(theirs.value, theirs.unit), self._labels[partner.id]
        if shown == other:
            return
        relation, side = ("lower", "below") if mine.value < theirs.value else ("higher", "above")
        facts = (mine.name, relation, mine.value, partner.id)
        meaning = _MEANINGS.get((mine.name, relation))
        widths = (mine.uncertainty, theirs.uncertainty)
        too_close = None not in widths and abs(mine.value - theirs.value) <= math.hypot(
            *(width or 0 for width in widths)
        )
        so = "" if meaning is None or too_close else f", so {meaning}"
        yield from _claims(
            facts,
            f"At {shown}, its {mine.title} is {relation} than that of {name} ({other}){so}.",
            f"Its {mine.title} of {shown} lies {side} the {other} of {name}{so}.",
            f"Its {mine.title} comes to {shown}, {relation} than the {other} of {name}{so}.",
        )
        if so and mine.name == "thiol_addition" and mine.value < 0 and theirs.value < 0:
            degree, speed = ("more", "faster") if relation == "lower" else ("less", "slower")
            yield from _claims(
                facts,
                f"Thiol addition is {degree} exergonic than for {name} ({shown} against {other}), so {meaning}.",
                f"Against {name} ({other}), its thiol addition of {shown} is {degree} exergonic: "
                f"{speed} turnover by glutathione is possible.",
            )

    def liabilities(self) -> Iterator[Claim]:
        """Alerts, properties and the other descriptors."""
        alerts = self._me.alerts
        if not alerts:
            yield from _claims(
                ("alerts", "no_alerts", None, None), "No structural alert was found.", "It carries no structural alert."
            )
        elif len(alerts) == 1:
            yield from _claims(
                ("alerts", "alert", alerts[0], None),
                f"It carries the structural alert {alerts[0]}.",
                f"One structural alert was found: {alerts[0]}.",
            )
        else:
            for alert in alerts:
                yield from _claims(
                    ("alerts", "alert", alert, None),
                    f"It carries {len(alerts)} structural alerts, among them {alert}.",
                    f"Of its {len(alerts)} structural alerts, one is {alert}.",
                )
        known = {key: value for key, value in self._me.properties.items() if math.isfinite(value)}
        written = {
            key: (title, _shown(known[key], unit, _DECIMALS[key]))
            for key, (title, unit) in PROPERTY_TITLES.items()
            if key in known
        }
        for key in ("mw", "clogp", "tpsa", "qed", "sa_score"):
            if key in written:
                title, shown = written[key]
                yield from _claims(
                    (key, "value", known[key], None), f"Its {title} is {shown}.", f"Its {title} comes to {shown}."
                )
        for pair in (("mw", "clogp"), ("clogp", "tpsa"), ("hbd", "hba"), ("tpsa", "rotatable_bonds")):
            if written.keys() >= set(pair):
                (title, shown), (other_title, other) = (written[key] for key in pair)
                yield from _claims(
                    (pair[0], "value", known[pair[0]], None),
                    f"Its {title} is {shown} and its {other_title} is {other}.",
                )
        limits = {"mw": 500.0, "clogp": 5.0, "hbd": 5.0, "hba": 10.0}
        if all(key in known and known[key] <= limit for key, limit in limits.items()):
            yield from _claims(
                ("rule_of_five", "satisfied", None, None),
                "It keeps within Lipinski's rule of five.",
                "Lipinski's rule of five holds for it.",
            )
        for descriptor in self._me.descriptors.values():
            if descriptor is not self._main and math.isfinite(descriptor.value):
                shown = _shown(descriptor.value, descriptor.unit)
                yield from _claims(
                    (descriptor.name, "value", descriptor.value, None),
                    f"Its {descriptor.title} is {shown}.",
                    f"For its {descriptor.title} the calculation gives {shown}.",
                )

    def change(self) -> Iterator[Claim]:
        """What would change its place: the gap to the one above or, for the first, to the one below."""
        main, rank = self._main, self._me.rank_physics
        ranks = [evidence.rank_physics for evidence in self._table.candidates]
        above = [other for other in ranks if other < rank]
        below = [other for other in ranks if other > rank]
        if main is None or ranks.count(rank) > 1 or not (above or below):
            return
        there = max(above) if above else min(below)
        partner = next(evidence for evidence in self._table.candidates if evidence.rank_physics == there)
        theirs = partner.descriptors.get(main.name)
        if theirs is None or ranks.count(there) > 1 or theirs.unit != main.unit:
            return
        move = theirs.value - main.value
        if not math.isfinite(move) or move == 0:
            return
        rises, least_and_most = move > 0, _BOUNDS.get(main.name)
        gap, name = _shown(abs(move), main.unit), self._labels[partner.id]
        if (
            rises != (bool(above) != self._table.lower_is_better)
            or _shown(main.value, main.unit) == _shown(theirs.value, main.unit)
            or gap == _shown(0.0, main.unit)
            or (least_and_most and round(theirs.value, 6) == least_and_most[rises])
        ):
            return
        verb, past = ("rise", "rose") if rises else ("fall", "fell")
        facts = (main.name, "change", abs(move), partner.id)
        if above:
            yield from _claims(
                facts,
                f"A {verb} of its {main.title} by more than {gap} would put it before {name}.",
                f"It would move ahead of {name} if its {main.title} {past} by more than {gap}.",
                f"To pass {name}, its {main.title} would have to {verb} by more than {gap}.",
            )
        else:
            yield from _claims(
                facts,
                f"A {verb} of its {main.title} by more than {gap} would put it behind {name}.",
                f"It would drop behind {name} if its {main.title} {past} by more than {gap}.",
                f"Its place before {name} holds unless its {main.title} {verb}s by more than {gap}.",
            )

    def quantum_step(self) -> Iterator[Claim]:
        """What other rungs say of the ranking descriptor, where the VQE's value is the one that ranks."""
        main = self._main
        if main is None or main.rungs.get("vqe_pdft") != main.value or not math.isfinite(main.value):
            return
        shown = _shown(main.value, main.unit)
        for rung in ("casci_pdft", "dft", "xtb"):
            value, title = main.rungs.get(rung), RUNG_TITLES[rung]
            if value is None or not math.isfinite(value):
                continue
            other, facts = _shown(value, main.unit), (main.name, "rung", value, rung)
            if rung == "casci_pdft":
                found = (
                    (
                        f"Exact {title} gives the same {main.title} as the VQE, {other}.",
                        f"The quantum step changes nothing in its {main.title}: exact {title} also gives {other}.",
                    )
                    if other == shown
                    else (f"The quantum step moves its {main.title} from {other} ({title}) to {shown}.",)
                )
                yield from _claims(
                    facts,
                    *found,
                    f"Without the quantum step ({title}) its {main.title} would be {other}.",
                    f"{title} in place of the quantum step puts its {main.title} at {other}.",
                )
            elif other != shown:
                yield from _claims(
                    facts,
                    f"{title} alone would put its {main.title} at {other} instead of {shown}.",
                    f"By {title} alone its {main.title} would be {other}, not {shown}.",
                )
            yield from self._rung_rank(main, rung, title, value)

    def _rung_rank(self, main: DescriptorEvidence, rung: str, title: str, value: float) -> Iterator[Claim]:
        others = [
            e.descriptors[main.name].rungs.get(rung) if main.name in e.descriptors else None
            for e in self._table.candidates
        ]
        known = [other for other in others if other is not None and math.isfinite(other)]
        if len(known) < len(others) or len(others) < 2:
            return
        place = 1 + sum(other < value if self._table.lower_is_better else other > value for other in known)
        rank = self._me.rank_physics
        facts = (main.name, "rung_rank", float(place), rung)
        if place == rank:
            yield from _claims(
                facts,
                f"Ranked by {title} alone it would keep number {rank}.",
                f"{title} alone would leave it at number {rank}.",
            )
        else:
            yield from _claims(
                facts,
                f"Ranked by {title} alone it would be number {place} instead of {rank}.",
                f"{title} alone would rank it number {place}, not {rank}.",
            )

    def trust(self) -> Iterator[Claim]:
        """Uncertainty, and flags of every descriptor."""
        main = self._main
        if main is not None and main.uncertainty is not None and math.isfinite(main.uncertainty + main.value):
            shown, width = _shown(main.value, main.unit), _shown(main.uncertainty, main.unit)
            yield from _claims(
                (main.name, "uncertainty", main.uncertainty, None),
                f"The uncertainty of its {main.title} is ±{width}.",
                f"Its {main.title} is {shown}, with an uncertainty of ±{width}.",
                f"Its {main.title} is known to ±{width}.",
            )
            for partner in self._neighbours:
                theirs = partner.descriptors[main.name]
                if theirs.uncertainty is None or not math.isfinite(theirs.uncertainty + theirs.value):
                    continue
                gap, combined = abs(main.value - theirs.value), math.hypot(main.uncertainty, theirs.uncertainty)
                name, between = self._labels[partner.id], _shown(gap, main.unit)
                limit = f"the combined uncertainty of ±{_shown(combined, main.unit)}"
                if gap <= combined:
                    yield from _claims(
                        (main.name, "inseparable", gap, partner.id),
                        f"The gap to {name} ({between}) is within {limit}, so their order is open.",
                        f"Its order with {name} is open: the gap of {between} is within {limit}.",
                    )
                else:
                    yield from _claims(
                        (main.name, "separate", gap, partner.id),
                        f"The gap to {name} ({between}) exceeds {limit}.",
                        f"It is told apart from {name}: the gap of {between} exceeds {limit}.",
                    )
        for descriptor in self._me.descriptors.values():
            for flag in descriptor.flags:
                quoted = flag_text(flag, self._me, self._labels[self._me.id])
                yield from _claims(
                    (descriptor.name, "flag", flag, None),
                    f"Caution on its {descriptor.title}: {quoted}.",
                    f"A limit of its {descriptor.title}: {quoted}.",
                )

    def _values(self, name: str) -> list[float]:
        found = (e.descriptors[name].value for e in self._table.candidates if name in e.descriptors)
        return [value for value in found if math.isfinite(value)]


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

_BOUNDS = {"desirability": (0.01, 1.0)}
"""Ranking descriptors that have a least and a greatest value (`pipeline.desirability`): beyond it nothing can move."""

_OF_ONE_ATOM = re.compile(r".*\.[a-z]+\d+")
"""Names of descriptors of one numbered atom, such as ``bond_dissociation.c7``: in another molecule the number is
another atom's, so that there is nothing to compare."""

_DECIMALS = {"mw": 1, "clogp": 2, "tpsa": 1, "hbd": 0, "hba": 0, "rotatable_bonds": 0, "qed": 2, "sa_score": 1}


def _shown(value: float, unit: str, decimals: int | None = None) -> str:
    """A number as it is printed: rounded, a true minus sign, its unit."""
    places = (1 if unit == "kcal/mol" else 2) if decimals is None else decimals
    text = f"{value:.{places}f}"
    if not text.strip("-0."):
        text = text.lstrip("-")
    return f"{text.replace('-', '−')} {unit}".rstrip()


def _claims(facts: tuple[str, str, float | str | None, str | None], *texts: str) -> Iterator[Claim]:
    for text in texts:
        yield Claim(text, *facts)
