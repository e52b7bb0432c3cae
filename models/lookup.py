"""Lookup: numbers of a sentence held against the evidence, for those who verify what it says."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from models.evidence import PROPERTY_TITLES, DescriptorEvidence, Evidence, EvidenceTable
from models.sentences import Number, units_of


class UnsupportedError(Exception):
    """The evidence does not support a statement; the message says why."""


class Lookup:
    """The evidence on one candidate; what is not there, or is something else, raises `UnsupportedError`."""

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

    def _written(self, value: float, key: str) -> Decimal:
        """A value as sentences show it: in kcal/mol with one decimal, else with two."""
        return Decimal(f"{self._known(value):.{1 if self._units[key] == 'kcal/mol' else 2}f}")

    def _directed(self, direction: str, number: Number, reference: Number, values: Sequence[float]) -> None:
        """Raise unless the first of two numbers is below or above the second, as written and as the values are."""
        for first, second in ((Decimal(number.written), Decimal(reference.written)), values):
            if not (first < second if direction in ("lower", "below") else first > second):
                raise UnsupportedError(f"{number.written} is not {direction} than {reference.written}")
