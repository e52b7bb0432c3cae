"""Verifier: what a sentence says of one candidate, looked up in the evidence."""

from __future__ import annotations

import math
import re
import statistics
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from models.evidence import PROPERTY_TITLES, DescriptorEvidence, Evidence, EvidenceTable
from models.names import flag_text, labels
from models.sentences import Number, units_of


class UnsupportedError(Exception):
    """The evidence does not support a statement; the message says why."""


class Verifier:
    """Looks up in the evidence what a sentence says of one candidate.

    Each public method is one form of sentence, with D for a title, V a number, N a name, Q a rung, A an alert and F a
    flag; it raises `UnsupportedError` unless the evidence supports what the sentence says.
    """

    def __init__(self, table: EvidenceTable, subject: Evidence) -> None:
        self._table = table
        self._subject = subject
        self._units = units_of(table)

    def value(self, title: str, number: Number) -> None:
        """Its D is V."""
        self.value_of(title, self._subject, number)

    def value_of(self, title: str, who: Evidence, number: Number) -> None:
        """The D of N is V."""
        self._same(number, self._value(who, title), self._units[title])

    def two_values(self, title: str, number: Number, other_title: str, other: Number) -> None:
        """Its D is V and its D is V."""
        self.value(title, number)
        self.value(other_title, other)

    def value_with_uncertainty(self, title: str, number: Number, uncertainty: Number) -> None:
        """Its D is V, with an uncertainty of V."""
        self.value(title, number)
        self.uncertainty(title, uncertainty)

    def uncertainty(self, title: str, number: Number) -> None:
        """The uncertainty of its D is V."""
        self._same(number, self._known(self._descriptor(self._subject, title).uncertainty), self._units[title])

    def comparison(self, direction: str, number: Number, title: str, other: Evidence, others: Number) -> None:
        """At V, its D is lower or higher than that of N, V."""
        self.value(title, number)
        self.value_of(title, other, others)
        self._comparable(title)
        self._directed(direction, self._value(self._subject, title), self._value(other, title))

    def comparison_reordered(self, direction: str, title: str, number: Number, others: Number, other: Evidence) -> None:
        """Its D of V lies below or above the V of N."""
        self.comparison(direction, number, title, other, others)

    def consequence(
        self, direction: str, meaning: str, number: Number, title: str, other: Evidence, others: Number
    ) -> None:
        """A comparison with another candidate, and what it means."""
        self.comparison(direction, number, title, other, others)
        if CONSEQUENCES.get(meaning) != (title, direction):
            raise UnsupportedError(f"a {direction} value of {title} does not mean that {meaning}")
        self._apart(title, other)

    def consequence_reordered(
        self, side: str, meaning: str, title: str, number: Number, others: Number, other: Evidence
    ) -> None:
        """Its D of V lies below or above the V of N, and what that means."""
        self.consequence({"below": "lower", "above": "higher"}[side], meaning, number, title, other, others)

    def exergonic(self, degree: str, speed: str, other: Evidence, number: Number, others: Number) -> None:
        """Thiol addition is more or less exergonic than for N, and so faster or slower."""
        direction = {"more": "lower", "less": "higher"}[degree]
        self.comparison(direction, number, "thiol_addition", other, others)
        self._apart("thiol_addition", other)
        if max(self._value(self._subject, "thiol_addition"), self._value(other, "thiol_addition")) >= 0:
            raise UnsupportedError("an addition with a positive energy is not exergonic")
        if (speed in ("readily", "faster")) != (degree == "more"):
            raise UnsupportedError("a more exergonic addition is the faster one")

    def median(self, direction: str, title: str, number: Number, median: Number) -> None:
        """Its D of V lies below or above the list's median of V."""
        self._comparable(title)
        middle = statistics.median(self._values(title))
        self.value(title, number)
        self._same(median, middle, self._units[title])
        self._directed(direction, self._value(self._subject, title), middle)

    def median_reordered(self, direction: str, number: Number, title: str, median: Number) -> None:
        """At V, its D is lower or higher than the median, V."""
        self.median(direction, title, number, median)

    def extreme(self, which: str, number: Number, title: str, count: Number) -> None:
        """At V, its D is the lowest or highest of the V candidates."""
        self._comparable(title)
        values = self._values(title)
        self.value(title, number)
        self._same(count, len(values), "")
        self._only(which, title, values)

    def no_other(self, direction: str, title: str, number: Number) -> None:
        """No other candidate has a lower or higher D than its V."""
        self._comparable(title)
        self.value(title, number)
        self._only({"lower": "lowest", "higher": "highest"}[direction], title, self._values(title))

    def best(self, which: str, title: str, count: Number, number: Number) -> None:
        """By D it is the best or worst of the V candidates, at V."""
        self._ranking(title)
        low = (which == "best") == self._table.lower_is_better
        self.extreme("lowest" if low else "highest", number, title, count)

    def rank(self, title: str, place: Number, count: Number, number: Number) -> None:
        """By D it ranks number V of V, with V."""
        self._ranking(title)
        self._same(place, self._subject.rank_physics, "")
        self._same(count, len(self._table.candidates), "")
        self.value(title, number)

    def rank_named(self, title: str, who: Evidence, place: Number, count: Number, number: Number) -> None:
        """By D, N ranks number V of V, with V; N has to be the subject."""
        if who.id != self._subject.id:
            raise UnsupportedError("the text is about another candidate")
        self.rank(title, place, count, number)

    def lipinski(self) -> None:
        """It keeps within Lipinski's rule of five."""
        limits = {"mw": 500.0, "clogp": 5.0, "hbd": 5.0, "hba": 10.0}
        if any(self._known(self._subject.properties.get(key)) > limit for key, limit in limits.items()):
            raise UnsupportedError("it breaks the rule of five")

    def no_alerts(self) -> None:
        """No structural alert was found."""
        if self._subject.alerts:
            raise UnsupportedError("it carries structural alerts")

    def one_alert(self, _alert: str) -> None:
        """It carries the structural alert A, and no other."""
        if len(self._subject.alerts) != 1:
            raise UnsupportedError("it carries more than one structural alert")

    def alerts(self, count: Number, _alert: str) -> None:
        """It carries V structural alerts, among them A."""
        self._same(count, len(self._subject.alerts), "")

    def flag(self, title: str, flag: str) -> None:
        """Caution on its D: F."""
        label = labels(self._table)[self._subject.id]
        flags = {flag_text(own, self._subject, label) for own in self._descriptor(self._subject, title).flags}
        if flag_text(flag, self._subject, label) not in flags:
            raise UnsupportedError("that flag belongs to another descriptor")

    def without_quantum(self, rung: str, title: str, number: Number) -> None:
        """Without the quantum step (Q) its D would be V."""
        self._from_vqe(title)
        if rung != "casci_pdft":
            raise UnsupportedError("the rung without the quantum step is casci_pdft")
        self._same(number, self._rung(self._subject, title, rung), self._units[title])

    def same_without_quantum(self, rung: str, title: str, number: Number) -> None:
        """Exact Q gives the same D as the VQE, V."""
        self.without_quantum(rung, title, number)
        self.value(title, number)

    def moved(self, title: str, number: Number, rung: str, ranking: Number) -> None:
        """The quantum step moves its D from V (Q) to another V."""
        self.without_quantum(rung, title, number)
        self.value(title, ranking)
        self._differ(number, ranking)

    def rung(self, rung: str, title: str, number: Number, ranking: Number) -> None:
        """Q alone would put its D at V instead of another V."""
        self._from_vqe(title)
        self._same(number, self._rung(self._subject, title, rung), self._units[title])
        self.value(title, ranking)
        self._differ(number, ranking)

    def rung_rank(self, rung: str, place: Number, physics: Number) -> None:
        """Ranked by Q alone it would be number V; by the ranking descriptor it is number V."""
        title = self._table.ranking_descriptor
        sign = 1.0 if self._table.lower_is_better else -1.0
        own = sign * self._rung(self._subject, title, rung)
        better = sum(sign * self._rung(evidence, title, rung) < own for evidence in self._table.candidates)
        self._same(place, better + 1, "")
        self._same(physics, self._subject.rank_physics, "")

    def rung_rank_moved(self, rung: str, place: Number, physics: Number) -> None:
        """Ranked by Q alone it would be number V instead of another V."""
        self.rung_rank(rung, place, physics)
        self._differ(place, physics)

    def rung_rank_same(self, rung: str, place: Number) -> None:
        """Ranked by Q alone it would keep number V."""
        self.rung_rank(rung, place, place)

    def gap(self, relation: str, other: Evidence, gap: Number, uncertainty: Number) -> None:
        """The gap to N is V, and is within or exceeds the combined uncertainty of V."""
        title = self._table.ranking_descriptor
        mine, theirs = self._descriptor(self._subject, title), self._descriptor(other, title)
        if mine.unit != theirs.unit:
            raise UnsupportedError("the two values have different units")
        difference = abs(self._known(mine.value) - self._known(theirs.value))
        combined = math.hypot(self._known(mine.uncertainty), self._known(theirs.uncertainty))
        self._same(gap, difference, self._units[title])
        self._same(uncertainty, combined, self._units[title])
        if (difference <= combined) != (relation == "is within"):
            raise UnsupportedError("the gap and the uncertainty compare the other way")
        if other.id == self._subject.id:
            raise UnsupportedError("a gap needs two candidates")

    def overtaking(self, turn: str, title: str, gap: Number, other: Evidence) -> None:
        """A rise or fall of its D by more than V would put it before N."""
        self._next_in_rank(other, better=True)
        self._turn(turn, title, gap, self._subject, other, rises=not self._table.lower_is_better)

    def falling_behind(self, turn: str, title: str, gap: Number, other: Evidence) -> None:
        """A rise or fall of its D by more than V would put it, the first, behind N."""
        self._next_in_rank(other, better=False)
        self._turn(turn, title, gap, self._subject, other, rises=self._table.lower_is_better)

    def _next_in_rank(self, other: Evidence, *, better: bool) -> None:
        """Raise unless the other one, and it alone, is the next better one, or the next one after the single first."""
        own, there = self._subject.rank_physics, other.rank_physics
        ranks = sorted(evidence.rank_physics for evidence in self._table.candidates)
        if ranks.count(own) != 1 or ranks.count(there) != 1 or abs(ranks.index(own) - ranks.index(there)) != 1:
            raise UnsupportedError(f"{other.name} is not its neighbour in rank")
        if (there < own) != better or not (better or own == ranks[0]):
            raise UnsupportedError(f"{other.name} is on the other side of it in rank")

    def _turn(self, turn: str, title: str, gap: Number, mine: Evidence, other: Evidence, *, rises: bool) -> None:
        """Raise unless a rise or fall by just more than a gap takes the value past the other's."""
        self._ranking(title)
        start, end = self._value(mine, title), self._value(other, title)
        if self._descriptor(mine, title).unit != self._descriptor(other, title).unit:
            raise UnsupportedError("the two values have different units")
        self._same(gap, abs(end - start), self._units[title])
        if not Decimal(gap.written):
            raise UnsupportedError("a change by more than nothing says nothing")
        if (turn[0] == "r") != rises or (end > start) != rises or end == start:
            raise UnsupportedError(f"a change the other way would carry {title} past that of {other.name}")
        if title == "desirability" and not (end < 1 - 1e-6 if rises else end > 0.01 + 1e-6):
            raise UnsupportedError("a desirability lies between 0.01 and 1")

    def _differ(self, number: Number, other: Number) -> None:
        if Decimal(number.written) == Decimal(other.written):
            raise UnsupportedError(f"{number.written} is no other number than {other.written}")

    def _comparable(self, key: str) -> None:
        """Raise for what belongs to one numbered atom: in another molecule the number is another atom's."""
        if re.search(r"\.[a-z]+[0-9]+$", key):
            raise UnsupportedError("atoms of different molecules are not compared")

    def _same(self, number: Number, value: float, unit: str) -> None:
        """Raise unless a number is a value, rounded to the decimals it is written with."""
        if number.unit != unit:
            raise UnsupportedError(f"the unit of {number.written} is {unit or 'none'}, not {number.unit or 'missing'}")
        with localcontext(prec=400):
            written = Decimal(number.written)
            exact = Decimal(self._known(value))
            exponent = int(written.as_tuple().exponent)
            if written != exact.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_EVEN):
                raise UnsupportedError(
                    f"{number.written} {number.unit}".rstrip() + f" is not {value:.6g} of the evidence"
                )

    def _known(self, value: float | None) -> float:
        if value is None or not math.isfinite(value):
            raise UnsupportedError("the evidence has no such value")
        return value

    def _descriptor(self, who: Evidence, key: str) -> DescriptorEvidence:
        if key not in who.descriptors:
            raise UnsupportedError(f"the evidence of {who.name} has no {key}")
        return who.descriptors[key]

    def _value(self, who: Evidence, key: str) -> float:
        return self._known(who.properties.get(key) if key in PROPERTY_TITLES else self._descriptor(who, key).value)

    def _values(self, key: str) -> list[float]:
        return [
            self._value(who, key) for who in self._table.candidates if key in who.descriptors or key in who.properties
        ]

    def _rung(self, who: Evidence, key: str, rung: str) -> float:
        return self._known(self._descriptor(who, key).rungs.get(rung))

    def _from_vqe(self, key: str) -> None:
        if self._rung(self._subject, key, "vqe_pdft") != self._value(self._subject, key):
            raise UnsupportedError("the value that ranks is not the VQE's")

    def _directed(self, direction: str, value: float, reference: float) -> None:
        if not (value < reference if direction in ("lower", "below") else value > reference):
            raise UnsupportedError(
                f"{value:.6g} is not {direction} than {reference:.6g}" if value != reference else "equal"
            )

    def _apart(self, key: str, other: Evidence) -> None:
        """Raise if two values are within their known uncertainties, where nothing may be concluded."""
        widths = [self._descriptor(who, key).uncertainty for who in (self._subject, other)]
        known = [width for width in widths if width is not None]
        gap = abs(self._value(self._subject, key) - self._value(other, key))
        if len(known) == 2 and not gap > math.hypot(*known):
            raise UnsupportedError(f"{key} is too close to that of {other.name} for a conclusion")

    def _only(self, which: str, key: str, values: list[float]) -> None:
        extreme = min(values) if which == "lowest" else max(values)
        if self._value(self._subject, key) != extreme or values.count(extreme) != 1 or len(values) < 2:
            raise UnsupportedError(f"it is not the one candidate with the {which} {key}")

    def _ranking(self, key: str) -> None:
        if key != self._table.ranking_descriptor:
            raise UnsupportedError(f"the list is not ranked by {key}")


CONSEQUENCES = {
    "it should react more readily with thiols": ("thiol_addition", "lower"),
    "it should react more slowly with thiols": ("thiol_addition", "higher"),
    "it gives up an electron more easily": ("ionisation.ie_vertical", "lower"),
    "it is harder to oxidise": ("ionisation.ie_vertical", "higher"),
    "it takes up an electron less easily": ("ionisation.ea_vertical", "lower"),
    "it takes up an electron more easily": ("ionisation.ea_vertical", "higher"),
    "it is the softer electrophile": ("ionisation.hardness", "lower"),
    "it is the harder electrophile": ("ionisation.hardness", "higher"),
    "it is the weaker electrophile": ("ionisation.electrophilicity", "lower"),
    "it is the stronger electrophile": ("ionisation.electrophilicity", "higher"),
}
"""What may be concluded from a comparison: the descriptor and the direction that it needs."""
