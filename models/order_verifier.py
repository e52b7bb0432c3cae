"""OrderVerifier: what a sentence says of places in an order, counted again from the values as they are shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal

from models.evidence import Evidence
from models.lookup import Lookup, UnsupportedError
from models.sentences import Number

_SCORE_DECIMALS = 2
_BOUNDED = {"desirability": (Decimal("0.01"), Decimal("1.00"))}
"""Descriptors that have a least and a greatest value."""


class OrderVerifier(Lookup):
    """Counts who is ahead of a candidate and who is level with it, by the numbers that a reader sees.

    No place is taken from a record: a record that says something else makes the sentence unsupported as well.
    """

    def rank(self, title: str, place: Number, count: Number, number: Number) -> None:
        """By D it ranks number V of V, with V."""
        self._standing(title, (place,), count, number)

    def shared_rank(self, title: str, first: Number, last: Number, count: Number, number: Number) -> None:
        """By D it shares places V to V of V, with V."""
        self._standing(title, (first, last), count, number)

    def rank_named(self, title: str, who: Evidence, place: Number, count: Number, number: Number) -> None:
        """By D, N ranks number V of V, with V; N has to be the subject."""
        self._about(who)
        self.rank(title, place, count, number)

    def shared_rank_named(
        self, title: str, who: Evidence, first: Number, last: Number, count: Number, number: Number
    ) -> None:
        """By D, N shares places V to V of V, with V; N has to be the subject."""
        self._about(who)
        self.shared_rank(title, first, last, count, number)

    def only(self, title: str, number: Number) -> None:
        """It is the only candidate that is ranked, with a D of V."""
        self._ranking(title)
        if len(self._table.candidates) != 1:
            raise UnsupportedError("others are ranked as well")
        self.value(title, number)

    def llama_rank(self, spot: str, physics: str, *slots: str | Number) -> None:
        """The Llama puts it number V, or in places V to V, of V, with a score of V; by D it is so placed, with V."""
        numbers = (slot for slot in slots if isinstance(slot, Number))
        (title,) = (slot for slot in slots if isinstance(slot, str))
        self._taken(self._by_llama(), numbers, spot)
        self._same(next(numbers), len(self._table.candidates), "")
        self._llama_score(next(numbers))
        self._taken(self._by_value(title), numbers, physics)
        self.value(title, next(numbers))

    def llama_rank_reordered(self, spot: str, physics: str, score: Number, *slots: str | Number) -> None:
        """With a score of V the Llama puts it so; by D it is so placed, with V."""
        at = 3 if "to" in spot else 2
        self.llama_rank(spot, physics, *slots[:at], score, *slots[at:])

    def extreme(self, which: str, number: Number, title: str, count: Number) -> None:
        """At V, its D is the lowest or highest of the V candidates."""
        self._same(count, len(self._table.candidates), "")
        self.no_other({"lowest": "lower", "highest": "higher"}[which], title, number)

    def no_other(self, direction: str, title: str, number: Number) -> None:
        """No other candidate has a lower or higher D than its V."""
        self._comparable(title)
        self.value(title, number)
        own = self._written(self._value(self._subject, title), title)
        rest = [one for one in self._table.candidates if one.id != self._subject.id]
        others = [self._written(self._value(one, title), title) for one in rest]
        if len(others) < 2 or not all(own < other if direction == "lower" else own > other for other in others):
            raise UnsupportedError(f"it is not the one candidate of three or more at that end of {title}")

    def best(self, which: str, title: str, count: Number, number: Number) -> None:
        """By D it is the best or worst of the V candidates, at V."""
        self._ranking(title)
        low = (which == "best") == self._table.lower_is_better
        self.extreme("lowest" if low else "highest", number, title, count)

    def tied(self, other: Evidence, title: str, number: Number) -> None:
        """It is tied with N by D: both come to V."""
        self._ranking(title)
        self.value(title, number)
        self.value_of(title, other, number)
        mine, theirs = (self._written(self._value(one, title), title) for one in (self._subject, other))
        if other.id == self._subject.id or mine != theirs or len(number.written.partition(".")[2]) < -_exponent(mine):
            raise UnsupportedError(f"it is not shown level with {other.name}")

    def gap(self, relation: str, other: Evidence, gap: Number, uncertainty: Number) -> None:
        """The gap to N is V, and is within or exceeds the combined uncertainty of V."""
        self._sorted_by_physics()
        title = self._table.ranking_descriptor
        mine, theirs = self._descriptor(self._subject, title), self._descriptor(other, title)
        self._one_unit(other, title)
        combined = math.hypot(self._known(mine.uncertainty), self._known(theirs.uncertainty))
        difference = abs(self._written(mine.value, title) - self._written(theirs.value, title))
        if not difference:
            raise UnsupportedError(f"{other.name} is level with it")
        self._same(gap, float(difference), self._units[title])
        self._same(uncertainty, combined, self._units[title])
        seen, computed = difference <= self._written(combined, title), abs(mine.value - theirs.value) <= combined
        if seen != computed or seen != (relation == "is within"):
            raise UnsupportedError("the gap and the uncertainty do not compare so")

    def overtaking(self, turn: str, title: str, gap: Number, other: Evidence) -> None:
        """A rise or fall of its D by more than V would put it before N."""
        self._next_in_rank(other, title, better=True)
        self._turn(turn, title, gap, other, rises=not self._table.lower_is_better)

    def falling_behind(self, turn: str, title: str, gap: Number, other: Evidence) -> None:
        """A rise or fall of its D by more than V would put it, the first, behind N."""
        self._next_in_rank(other, title, better=False)
        self._turn(turn, title, gap, other, rises=self._table.lower_is_better)

    def rung_rank(self, then: str, now: str, rung: str, *numbers: Number) -> None:
        """Ranked by Q alone it would be so placed instead of otherwise."""
        self._sorted_by_physics()
        self._moved(then, now, rung, iter(numbers))

    def rung_rank_same(self, spot: str, rung: str, *numbers: Number) -> None:
        """Ranked by Q alone it would keep its place or places."""
        self._sorted_by_physics()
        self._kept(spot, rung, numbers)

    def rung_rank_by(self, then: str, now: str, title: str, *slots: str | Number) -> None:
        """By D it would be so placed on Q alone, not otherwise."""
        self._ranking(title)
        (rung,) = (slot for slot in slots if isinstance(slot, str))
        self._moved(then, now, rung, (slot for slot in slots if isinstance(slot, Number)))

    def rung_rank_same_by(self, spot: str, title: str, *slots: str | Number) -> None:
        """By D it would keep its place or places on Q alone."""
        self._ranking(title)
        (rung,) = (slot for slot in slots if isinstance(slot, str))
        self._kept(spot, rung, [slot for slot in slots if isinstance(slot, Number)])

    def _standing(self, title: str, places: tuple[Number, ...], count: Number, number: Number) -> None:
        self._sorted_by_physics()
        if len(self._table.candidates) == 1:
            raise UnsupportedError("one candidate alone has no place in an order")
        self._taken(self._by_value(title), iter(places), "to" if len(places) > 1 else "")
        self._same(count, len(self._table.candidates), "")
        self.value(title, number)

    def _moved(self, then: str, now: str, rung: str, numbers: Iterator[Number]) -> None:
        if self._taken(self._by_rung(rung), numbers, then) == self._taken(self._by_value(), numbers, now):
            raise UnsupportedError("the two places are the same")

    def _kept(self, spot: str, rung: str, numbers: tuple[Number, ...] | list[Number]) -> None:
        self._taken(self._by_rung(rung), iter(numbers), spot)
        self._taken(self._by_value(), iter(numbers), spot)

    def _taken(self, order: _Order, numbers: Iterator[Number], spot: str) -> tuple[int, int]:
        """The places that it takes in an order; raise unless they are those of the sentence, and of the record."""
        first, last = order.places(self._subject.id)
        self._same(next(numbers), first, "")
        if ("to" in spot) != (first != last):
            raise UnsupportedError("a place is shared, or is not, other than the sentence has it")
        if first != last:
            self._same(next(numbers), last, "")
        if order.recorded is not None and order.recorded(self._subject) != first:
            raise UnsupportedError("the rank on record is not that of the values")
        return first, last

    def _by_value(self, title: str = "") -> _Order:
        """The order by the ranking descriptor; candidates without it come last."""
        key = self._table.ranking_descriptor
        if title:
            self._ranking(title)
        sign = 1 if self._table.lower_is_better else -1
        known = [one for one in self._table.candidates if key in one.descriptors]
        seen = {one.id: sign * self._written(self._value(one, key), key) for one in known}
        return _Order(seen, lambda one: one.rank_physics)

    def _by_rung(self, rung: str) -> _Order:
        key, sign = self._table.ranking_descriptor, 1 if self._table.lower_is_better else -1
        rows = self._table.candidates
        return _Order({one.id: sign * self._written(self._rung(one, key, rung), key) for one in rows}, None)

    def _by_llama(self) -> _Order:
        if self._table.sorted_by != "llama":
            raise UnsupportedError("the list is not in the Llama's order")
        seen = {
            one.id: -Decimal(f"{self._known(one.score_llama):.{_SCORE_DECIMALS}f}") for one in self._table.candidates
        }
        return _Order(seen, lambda one: one.rank_llama)

    def _llama_score(self, score: Number) -> None:
        if self._table.sorted_by != "llama":
            raise UnsupportedError("the list is not in the Llama's order")
        self._same(score, self._known(self._subject.score_llama), "")

    def _about(self, who: Evidence) -> None:
        if who.id != self._subject.id:
            raise UnsupportedError("the text is about another candidate")

    def _sorted_by_physics(self) -> None:
        if self._table.sorted_by != "physics":
            raise UnsupportedError("the order that is shown is the Llama's")

    def _ranking(self, key: str) -> None:
        if key != self._table.ranking_descriptor:
            raise UnsupportedError(f"the list is not ranked by {key}")

    def _one_unit(self, other: Evidence, title: str) -> None:
        if self._descriptor(self._subject, title).unit != self._descriptor(other, title).unit:
            raise UnsupportedError("the two values have different units")

    def _next_in_rank(self, other: Evidence, title: str, *, better: bool) -> None:
        """Raise unless the other one, and it alone, is the next better one, or the next one after the single first."""
        self._sorted_by_physics()
        order = self._by_value(title)
        (own, end), (there, level) = order.places(self._subject.id), order.places(other.id)
        if own != end or there != level or abs(own - there) != 1:
            raise UnsupportedError(f"{other.name} is not its neighbour in rank")
        if (there < own) != better or not (better or own == 1):
            raise UnsupportedError(f"{other.name} is on the other side of it in rank")
        if (self._subject.rank_physics, other.rank_physics) != (own, there):
            raise UnsupportedError("the rank on record is not that of the values")

    def _turn(self, turn: str, title: str, gap: Number, other: Evidence, *, rises: bool) -> None:
        """Raise unless a rise or fall by just more than a gap takes the value past the other's."""
        self._one_unit(other, title)
        start, end = (self._written(self._value(one, title), title) for one in (self._subject, other))
        self._same(gap, float(abs(end - start)), self._units[title])
        if not Decimal(gap.written):
            raise UnsupportedError("a change by more than nothing says nothing")
        if (turn[0] == "r") != rises or (end > start) != rises:
            raise UnsupportedError(f"a change the other way would carry {title} past that of {other.name}")
        if title in _BOUNDED and end == _BOUNDED[title][rises]:
            raise UnsupportedError(f"{title} lies between {_BOUNDED[title][0]} and {_BOUNDED[title][1]}")


class _Order:
    """Candidates by what a reader sees of them, the lower the better."""

    def __init__(self, seen: dict[str, Decimal], recorded: Callable[[Evidence], int | None] | None) -> None:
        self._seen = seen
        self.recorded = recorded
        """The rank that a candidate's record has for this order; None: there is none on record."""

    def places(self, candidate_id: str) -> tuple[int, int]:
        """The first and last of the places that a candidate takes: more than one where others are level with it."""
        if candidate_id not in self._seen:
            raise UnsupportedError("the evidence has no such value")
        own = self._seen[candidate_id]
        ahead = sum(other < own for other in self._seen.values())
        return ahead + 1, ahead + sum(other == own for other in self._seen.values())


def _exponent(value: Decimal) -> int:
    return int(value.as_tuple().exponent)
