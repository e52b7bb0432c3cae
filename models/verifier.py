"""Verifier: what a sentence says of one candidate, looked up in the evidence."""

from __future__ import annotations

import math
import statistics

from models.evidence import Evidence
from models.lookup import UnsupportedError
from models.names import flag_text, labels
from models.order_verifier import OrderVerifier
from models.sentences import Number


class Verifier(OrderVerifier):
    """Looks up in the evidence what a sentence says of one candidate.

    Each public method is one form of sentence, with D for a title, V a number, N a name, Q a rung, A an alert and F a
    flag; it raises `UnsupportedError` unless the evidence supports what the sentence says.
    """

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
        self._directed(direction, number, others, (self._value(self._subject, title), self._value(other, title)))

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
        self._directed(direction, number, median, (self._value(self._subject, title), middle))

    def median_reordered(self, direction: str, number: Number, title: str, median: Number) -> None:
        """At V, its D is lower or higher than the median, V."""
        self.median(direction, title, number, median)

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

    def _from_vqe(self, key: str) -> None:
        if self._rung(self._subject, key, "vqe_pdft") != self._value(self._subject, key):
            raise UnsupportedError("the value that ranks is not the VQE's")

    def _apart(self, key: str, other: Evidence) -> None:
        """Raise if two values are within their known uncertainties, where nothing may be concluded."""
        widths = [self._descriptor(who, key).uncertainty for who in (self._subject, other)]
        known = [width for width in widths if width is not None]
        gap = abs(self._value(self._subject, key) - self._value(other, key))
        if len(known) == 2 and not gap > math.hypot(*known):
            raise UnsupportedError(f"{key} is too close to that of {other.name} for a conclusion")


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
