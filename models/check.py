"""The check of a text about a candidate: every sentence is read, and what it says is looked up in the evidence.

The checker knows a closed set of sentence forms. `models.sentences` replaces names, titles, alerts, flags, rungs and
numbers by slots; what is left is compared with the forms, and the slots are verified. A sentence that cannot be read
to its last word is rejected, so that a text is accepted only if all of it is supported. No code is shared with
`models.claims`, which writes such sentences.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from models.evidence import PROPERTY_TITLES, DescriptorEvidence, Evidence, EvidenceTable
from models.sentences import Number, Sentence, sentences, titles_and_units

CHECK_VERSION = 1
"""Enters the key of every stored explanation."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence that the evidence does not support."""

    sentence: str
    """As written."""
    reason: str
    """What is wrong with it."""


class _UnsupportedError(Exception):
    pass


def check_text(text: str, table: EvidenceTable, candidate_id: str) -> tuple[Problem, ...]:
    """What in a text about one candidate is not supported by the evidence; empty if all of it is.

    Args:
        text: sentences, each ending with a full stop; "it" and "its" mean the candidate.
        table: the evidence of the whole screen.
        candidate_id: whom the text is about.
    """
    subject = next(evidence for evidence in table.candidates if evidence.id == candidate_id)
    verifier = _Verifier(table, subject)
    problems = []
    for sentence in sentences(text, table, subject):
        try:
            verifier.verify(sentence)
        except _UnsupportedError as error:
            problems.append(Problem(sentence.text, str(error)))
    return tuple(problems)


class _Verifier:
    """Looks up in the evidence what a sentence says of one candidate."""

    def __init__(self, table: EvidenceTable, subject: Evidence) -> None:
        self._table = table
        self._subject = subject
        self._units = {key: unit for key, (_, unit) in titles_and_units(table).items()}

    def verify(self, sentence: Sentence) -> None:
        """Raise `_UnsupportedError` unless the evidence supports the sentence."""
        for pattern, meaning in _FORMS:
            if match := pattern.fullmatch(sentence.form):
                meaning(self, *match.groups(), *sentence.slots)
                return
        raise _UnsupportedError("it is none of the statements that can be checked against the evidence")

    def value(self, title: str, number: Number) -> None:
        self.value_of(title, self._subject, number)

    def value_of(self, title: str, who: Evidence, number: Number) -> None:
        self._same(number, self._value(who, title), self._units[title])

    def two_values(self, title: str, number: Number, other_title: str, other: Number) -> None:
        self.value(title, number)
        self.value(other_title, other)

    def value_with_uncertainty(self, title: str, number: Number, uncertainty: Number) -> None:
        self.value(title, number)
        self.uncertainty(title, uncertainty)

    def uncertainty(self, title: str, number: Number) -> None:
        self._same(number, self._known(self._descriptor(self._subject, title).uncertainty), self._units[title])

    def comparison(self, direction: str, number: Number, title: str, other: Evidence, others: Number) -> None:
        self.value(title, number)
        self.value_of(title, other, others)
        self._directed(direction, self._value(self._subject, title), self._value(other, title))

    def comparison_reordered(self, direction: str, title: str, number: Number, others: Number, other: Evidence) -> None:
        self.comparison(direction, number, title, other, others)

    def consequence(
        self, direction: str, meaning: str, number: Number, title: str, other: Evidence, others: Number
    ) -> None:
        self.comparison(direction, number, title, other, others)
        if _CONSEQUENCES.get(meaning) != (title, direction):
            raise _UnsupportedError(f"a {direction} value of {title} does not mean that {meaning}")
        self._apart(title, other)

    def consequence_reordered(
        self, side: str, meaning: str, title: str, number: Number, others: Number, other: Evidence
    ) -> None:
        self.consequence({"below": "lower", "above": "higher"}[side], meaning, number, title, other, others)

    def exergonic(self, degree: str, speed: str, other: Evidence, number: Number, others: Number) -> None:
        direction = {"more": "lower", "less": "higher"}[degree]
        self.comparison(direction, number, "thiol_addition", other, others)
        self._apart("thiol_addition", other)
        if max(self._value(self._subject, "thiol_addition"), self._value(other, "thiol_addition")) >= 0:
            raise _UnsupportedError("an addition with a positive energy is not exergonic")
        if (speed in ("readily", "faster")) != (degree == "more"):
            raise _UnsupportedError("a more exergonic addition is the faster one")

    def median(self, direction: str, title: str, number: Number, median: Number) -> None:
        middle = statistics.median(self._values(title))
        self.value(title, number)
        self._same(median, middle, self._units[title])
        self._directed(direction, self._value(self._subject, title), middle)

    def median_reordered(self, direction: str, number: Number, title: str, median: Number) -> None:
        self.median(direction, title, number, median)

    def extreme(self, which: str, number: Number, title: str, count: Number) -> None:
        values = self._values(title)
        self.value(title, number)
        self._same(count, len(values), "")
        self._only(which, title, values)

    def no_other(self, direction: str, title: str, number: Number) -> None:
        self.value(title, number)
        self._only({"lower": "lowest", "higher": "highest"}[direction], title, self._values(title))

    def best(self, which: str, title: str, count: Number, number: Number) -> None:
        self._ranking(title)
        low = (which == "best") == self._table.lower_is_better
        self.extreme("lowest" if low else "highest", number, title, count)

    def rank(self, title: str, place: Number, count: Number, number: Number) -> None:
        self._ranking(title)
        self._same(place, self._subject.rank_physics, "")
        self._same(count, len(self._table.candidates), "")
        self.value(title, number)

    def rank_named(self, title: str, who: Evidence, place: Number, count: Number, number: Number) -> None:
        if who.id != self._subject.id:
            raise _UnsupportedError("the text is about another candidate")
        self.rank(title, place, count, number)

    def lipinski(self) -> None:
        limits = {"mw": 500.0, "clogp": 5.0, "hbd": 5.0, "hba": 10.0}
        if any(self._known(self._subject.properties.get(key)) > limit for key, limit in limits.items()):
            raise _UnsupportedError("it breaks the rule of five")

    def no_alerts(self) -> None:
        if self._subject.alerts:
            raise _UnsupportedError("it carries structural alerts")

    def one_alert(self, _alert: str) -> None:
        if len(self._subject.alerts) != 1:
            raise _UnsupportedError("it carries more than one structural alert")

    def alerts(self, count: Number, _alert: str) -> None:
        self._same(count, len(self._subject.alerts), "")

    def flag(self, title: str, flag: str) -> None:
        if flag not in self._descriptor(self._subject, title).flags:
            raise _UnsupportedError("that flag belongs to another descriptor")

    def without_quantum(self, rung: str, title: str, number: Number) -> None:
        self._from_vqe(title)
        if rung != "casci_pdft":
            raise _UnsupportedError("the rung without the quantum step is casci_pdft")
        self._same(number, self._rung(self._subject, title, rung), self._units[title])

    def same_without_quantum(self, rung: str, title: str, number: Number) -> None:
        self.without_quantum(rung, title, number)
        self.value(title, number)

    def rung(self, rung: str, title: str, number: Number, ranking: Number) -> None:
        self._from_vqe(title)
        self._same(number, self._rung(self._subject, title, rung), self._units[title])
        self.value(title, ranking)

    def rung_rank(self, rung: str, place: Number, physics: Number) -> None:
        title = self._table.ranking_descriptor
        sign = 1.0 if self._table.lower_is_better else -1.0
        own = sign * self._rung(self._subject, title, rung)
        better = sum(sign * self._rung(evidence, title, rung) < own for evidence in self._table.candidates)
        self._same(place, better + 1, "")
        self._same(physics, self._subject.rank_physics, "")

    def rung_rank_same(self, rung: str, place: Number) -> None:
        self.rung_rank(rung, place, place)

    def gap(self, relation: str, other: Evidence, gap: Number, uncertainty: Number) -> None:
        title = self._table.ranking_descriptor
        mine, theirs = self._descriptor(self._subject, title), self._descriptor(other, title)
        difference = abs(self._known(mine.value) - self._known(theirs.value))
        combined = math.hypot(self._known(mine.uncertainty), self._known(theirs.uncertainty))
        self._same(gap, difference, mine.unit)
        self._same(uncertainty, combined, mine.unit)
        if (difference <= combined) != (relation == "is within"):
            raise _UnsupportedError("the gap and the uncertainty compare the other way")
        if other.id == self._subject.id:
            raise _UnsupportedError("a gap needs two candidates")

    def _same(self, number: Number, value: float, unit: str) -> None:
        """Raise unless a number is a value, rounded to the decimals it is written with."""
        if number.unit != unit:
            raise _UnsupportedError(f"the unit of {number.written} is {unit or 'none'}, not {number.unit or 'missing'}")
        with localcontext(prec=400):
            written = Decimal(number.written)
            exact = Decimal(self._known(value))
            if written != exact.quantize(Decimal(1).scaleb(written.as_tuple().exponent), ROUND_HALF_EVEN):  # type: ignore[arg-type]
                raise _UnsupportedError(
                    f"{number.written} {number.unit}".rstrip() + f" is not {value:.6g} of the evidence"
                )

    def _known(self, value: float | None) -> float:
        if value is None or not math.isfinite(value):
            raise _UnsupportedError("the evidence has no such value")
        return value

    def _descriptor(self, who: Evidence, key: str) -> DescriptorEvidence:
        if key not in who.descriptors:
            raise _UnsupportedError(f"the evidence of {who.name} has no {key}")
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
            raise _UnsupportedError("the value that ranks is not the VQE's")

    def _directed(self, direction: str, value: float, reference: float) -> None:
        if not (value < reference if direction in ("lower", "below") else value > reference):
            raise _UnsupportedError(
                f"{value:.6g} is not {direction} than {reference:.6g}" if value != reference else "equal"
            )

    def _apart(self, key: str, other: Evidence) -> None:
        """Raise if two values are within their known uncertainties, where nothing may be concluded."""
        widths = [self._descriptor(who, key).uncertainty for who in (self._subject, other)]
        known = [width for width in widths if width is not None]
        gap = abs(self._value(self._subject, key) - self._value(other, key))
        if len(known) == 2 and not gap > math.hypot(*known):
            raise _UnsupportedError(f"{key} is too close to that of {other.name} for a conclusion")

    def _only(self, which: str, key: str, values: list[float]) -> None:
        extreme = min(values) if which == "lowest" else max(values)
        if self._value(self._subject, key) != extreme or values.count(extreme) != 1 or len(values) < 2:
            raise _UnsupportedError(f"it is not the one candidate with the {which} {key}")

    def _ranking(self, key: str) -> None:
        if key != self._table.ranking_descriptor:
            raise _UnsupportedError(f"the list is not ranked by {key}")


_CONSEQUENCES = {
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

_FORMS: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = tuple(
    (re.compile(form + r"\."), meaning)
    for form, meaning in (
        (r"(?:its|the) D is V", _Verifier.value),
        (r"the calculation puts its D at V", _Verifier.value),
        (r"for its D the calculation gives V", _Verifier.value),
        (r"the D of N is V", _Verifier.value_of),
        (r"its D is V and its D is V", _Verifier.two_values),
        (r"its D is V, with an uncertainty of ±V", _Verifier.value_with_uncertainty),
        (r"the uncertainty of its D is ±V", _Verifier.uncertainty),
        (r"at V, its D is (lower|higher) than that of N \(V\)", _Verifier.comparison),
        (r"its D of V lies (below|above) the V of N", _Verifier.comparison_reordered),
        (r"at V, its D is (lower|higher) than that of N \(V\), so ([a-z ]+)", _Verifier.consequence),
        (r"its D of V lies (below|above) the V of N, so ([a-z ]+)", _Verifier.consequence_reordered),
        (
            r"thiol addition is (more|less) exergonic than for N \(V against V\), "
            r"so it should react more (readily|slowly) with thiols",
            _Verifier.exergonic,
        ),
        (
            r"against N \(V\), its thiol addition of V is (more|less) exergonic: "
            r"(faster|slower) turnover by glutathione is possible",
            lambda self, degree, speed, other, others, number: self.exergonic(degree, speed, other, number, others),
        ),
        (r"its D of V lies (below|above) the list's median of V", _Verifier.median),
        (r"at V, its D is (lower|higher) than the median of the list \(V\)", _Verifier.median_reordered),
        (r"at V, its D is the (lowest|highest) of the V candidates", _Verifier.extreme),
        (r"no other candidate has a (lower|higher) D than its V", _Verifier.no_other),
        (r"by D it is the (best|worst) of the V candidates, at V", _Verifier.best),
        (r"by D it ranks number V of V, with V", _Verifier.rank),
        (r"by D, N ranks number V of V \(V\)", _Verifier.rank_named),
        (r"it keeps within lipinski's rule of five", _Verifier.lipinski),
        (r"(?:no structural alert was found|it carries no structural alert)", _Verifier.no_alerts),
        (r"(?:it carries the structural alert A|one structural alert was found: A)", _Verifier.one_alert),
        (r"it carries V structural alerts, among them A", _Verifier.alerts),
        (r"(?:caution on its D|a limit of its D): F", _Verifier.flag),
        (r"without the quantum step \(Q\) its D would be V", _Verifier.without_quantum),
        (r"exact Q gives the same D as the vqe, V", _Verifier.same_without_quantum),
        (r"Q alone would put its D at V instead of V", _Verifier.rung),
        (r"ranked by Q alone it would be number V instead of V", _Verifier.rung_rank),
        (r"ranked by Q alone it would keep number V", _Verifier.rung_rank_same),
        (r"the gap to N \(V\) (is within) the combined uncertainty of ±V, so their order is open", _Verifier.gap),
        (r"the gap to N \(V\) (exceeds) the combined uncertainty of ±V", _Verifier.gap),
    )
)
"""The sentences that can be checked, and what checks each; groups first, then the slots from left to right."""
