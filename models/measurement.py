"""Measurement: a cell of a table as a number with its unit, or the reason why it is none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass

NEGATIVE_LOGARITHM = "-log10 M"
"""The unit of pIC50, pKi and the like."""
_MOLAR = {"pM": 1e-12, "nM": 1e-9, "µM": 1e-6, "mM": 1e-3, "M": 1.0}
_MICRO = str.maketrans("uμ", "µµ")  # the letter u and the Greek letter, as the micro sign
_PER_LITRE = re.compile(r"mol(/l|\.l-1|\*l-1|·l-1|/dm3)")
_CONDITION = re.compile(r"(?<![A-Za-z\d])\d[\d.,]*\s*[pnumµμ]?M\b")
_LOGARITHM = re.compile(r"p(ic|ec|ac|xc|gi|ed)50|pk[abdi]|pchembl( value)?|-?log ?(10)? ?\(?\[?m\]?\)?")
_NUMERAL = re.compile(
    r"=?\s*(?P<sign>[+-]?)(?P<digits>\d[\d.,]*|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?\s*(?P<unit>[^\d\s].*)?"
)
_FORMS = {
    decimal: re.compile(rf"(\d+|[1-9]\d{{0,2}}(\{thousands}\d{{3}})+)?(\{decimal}\d*)?")
    for decimal, thousands in (".,", ",.")
}
"""What a numeral looks like, by the mark before its decimals."""
_LIMIT = re.compile(r"[<>≤≥≪≫~≈＜＞]|(ca|approx|about)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number with its unit."""

    value: float
    unit: str
    """As `known_unit` writes it; empty where none is given."""


def known_unit(text: str) -> str:
    """Write a unit of concentration one way: pM, nM, µM, mM, M or `NEGATIVE_LOGARITHM`.

    Args:
        text: As written: nM, uM, umol/L, pIC50, ...

    Returns:
        The unit; another one as written, without blanks around it.
    """
    written = text.strip()
    lower = _PER_LITRE.sub("m", written.lower().translate(_MICRO))
    if _LOGARITHM.fullmatch(lower):
        return NEGATIVE_LOGARITHM
    return next((unit for unit in _MOLAR if unit.lower() == lower), written)


def unit_in_title(title: str) -> str:
    """Find the unit that a title gives, as in ``IC50 (nM)``, ``Ki_uM`` or ``pIC50``; empty where it gives none.

    A concentration at which something else was measured, as in ``Inhibition at 10 µM``, is no unit of it.
    """
    words = [title, *re.split(r"[\s_,;:()\[\]]+", _CONDITION.sub(" ", title))]
    units = [known_unit(word) for word in words]
    if NEGATIVE_LOGARITHM in units:
        return NEGATIVE_LOGARITHM
    return "%" if "%" in title else next((unit for unit in units if unit in _MOLAR), "")


def converted(one: Measurement, unit: str) -> float:
    """Convert a concentration.

    Raises:
        ValueError: There is no way from its unit to the other.
    """
    if one.unit == unit:
        return one.value
    known = (*_MOLAR, NEGATIVE_LOGARITHM)
    if one.unit not in known or unit not in known:
        raise ValueError(f"Its unit is {one.unit or 'not given'}, and that of the other rows {unit or 'not given'}.")
    molar = 10.0**-one.value if one.unit == NEGATIVE_LOGARITHM else one.value * _MOLAR[one.unit]
    if unit != NEGATIVE_LOGARITHM:
        return molar / _MOLAR[unit]
    if molar <= 0:
        raise ValueError(f"{one.value:g} {one.unit} has no logarithm.")
    return -math.log10(molar)


def decimal_marks(cells: Iterable[str]) -> frozenset[str]:
    """Find which of point and comma stand before decimals, by those cells of a column that can be read in one way."""
    numerals = (_NUMERAL.fullmatch(_plain(cell)) for cell in cells)
    readings = (_readings(found["digits"]) for found in numerals if found)
    return frozenset(mark for one in readings if len(one) == 1 for mark in one)


def measurement(text: str, marks: Set[str]) -> Measurement:
    """Read a cell.

    Args:
        text: The cell: a number, which ``=`` may precede and a unit of concentration follow.
        marks: Of the column, as `decimal_marks` finds them; they decide whether 1,200 is 1200 or 1.2.

    Raises:
        ValueError: It is empty, a limit, no finite number, or can be read in two ways.
    """
    cell = _plain(text)
    if not cell:
        raise ValueError("There is no value.")
    if _LIMIT.match(cell):
        raise ValueError(f"{text} is a limit, and not a value.")
    found = _NUMERAL.fullmatch(cell)
    unit = known_unit(found["unit"] or "") if found else ""
    if found is None or unit not in ("", "%", *_MOLAR):
        raise ValueError(f"{text!r} is no number.")
    readings = _readings(found["digits"])
    if not readings:
        raise ValueError(f"{text!r} is no number.")
    if len(set(readings.values())) == 2:  # such as 1,200
        mark = next(iter(marks)) if len(marks) == 1 else "." if not marks and "." in found["digits"] else ""
        if not mark:
            raise ValueError(
                f"{text!r} has either a decimal mark or a thousands separator, and no other row tells which."
            )
        readings = {mark: readings[mark]}
    value = float(found["sign"] + next(iter(readings.values())) + (found["exponent"] or ""))
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no finite number.")
    return Measurement(value, unit)


def _plain(text: str) -> str:
    return text.strip().replace("−", "-")


def _readings(digits: str) -> dict[str, str]:
    """What a numeral can be, by the mark before its decimals: with a point, and without thousands separators."""
    thousands = {".": ",", ",": "."}
    return {
        mark: digits.replace(thousands[mark], "").replace(mark, ".")
        for mark, form in _FORMS.items()
        if form.fullmatch(digits)
    }
