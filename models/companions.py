"""Companions: the columns that say how the values of another column are meant, as in exports of databases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from models.errors import UnsuitableError
from models.measurement import NEGATIVE_LOGARITHM, Measurement, known_unit, measurement, unit_in_title

_RELATION = frozenset(
    ["relation", "relations", "relationship", "operator", "qualifier", "modifier", "prefix", "acqualifier"]
)
_UNIT = frozenset(["unit", "units", "uom"])
_TYPE = frozenset(["type", "endpoint"])
_SIGN = re.compile(r"[<>=~≈≤≥≪≫]+|eq|lt|gt|le|ge", re.IGNORECASE)
_EQUAL = ("", "=", "==", "eq")
_QUANTITY = re.compile(
    r"-?(log ?)?p?((ic|ec|ac|xc|gi|cc|ed|ld|lc|tc|tgi)\d\d|k[abdim]|mic|potency|inhibition|activity)", re.IGNORECASE
)
_GENERIC = frozenset(["standard", "published", "activity", "value", "values", "result", "measurement", "assay", "data"])
"""Words of a title that tell nothing of which quantity it is."""


@dataclass(frozen=True, slots=True)
class Companions:
    """Titles of columns beside a column of values; empty where there is none."""

    relation: str
    """Of signs such as = and >."""
    unit: str
    type: str
    """Of what was measured, such as IC50 and Ki."""


def companions(column: str, rows: Sequence[Mapping[str, str]]) -> Companions:
    """Find the columns that belong to a column of values, by their titles and cells.

    One belongs to it when the rest of its title is in the title of the values, or names no quantity: ``Standard Units``
    and ``Units`` to ``Standard Value``, ``Ki Units`` to ``Ki`` and not to ``IC50``. Of several, the most alike is it.
    Relations are signs, and types are quantities, which the title of the values does not name: an ``Operator`` may be a
    person, and the ``Type`` of a compound is none of its values.

    Args:
        column: The title of the values.
        rows: Cells by title, of every row.
    """
    own = _words(column)
    titles = sorted({title for cells in rows for title in cells} - {column})

    def companion(words: Set[str], cell: re.Pattern[str]) -> str:
        fitting = {
            title: len(rest & own)
            for title in titles
            if (theirs := _words(title)) & words and (rest := theirs - words) - _GENERIC <= own
            if any(cell.fullmatch(_bare(cells.get(title, ""))) for cells in rows)
        }
        return max(fitting, key=lambda title: fitting[title], default="")

    names_quantity = any(map(_QUANTITY.fullmatch, own))
    kind = "" if names_quantity else companion(_TYPE, _QUANTITY)
    return Companions(companion(_RELATION, _SIGN), companion(_UNIT, re.compile(".+")), kind)


def measured_in(cells: Mapping[str, str], column: str, beside: Companions, marks: Set[str]) -> Measurement:
    """Read the value of a row with what stands beside it.

    Args:
        cells: Of the row, by title.
        column: Of the value.
        beside: Its companions.
        marks: As `models.measurement.decimal_marks` finds them.

    Raises:
        ValueError: It is a limit or no number, or its units contradict each other.
    """
    relation = _bare(cells.get(beside.relation, ""))
    if relation.lower() not in _EQUAL:
        raise ValueError(f"{cells[column]} with the relation “{relation}” is a limit, and not a value.")
    found = measurement(cells.get(column, ""), marks)
    if found.unit:
        return found
    title, stated = unit_in_title(column), known_unit(cells.get(beside.unit, ""))
    if title and stated and title not in (stated, NEGATIVE_LOGARITHM):
        raise ValueError(f"Its unit is {title} by the title of the column, and {stated} by the column “{beside.unit}”.")
    return replace(found, unit=title or stated)


def refuse_mixed_types(column: str, types: Iterable[str]) -> None:
    """Raise UnsuitableError where rows hold different quantities, which have no common order."""
    counts = Counter(kind for one in types if (kind := one.strip()))
    if len({kind.casefold() for kind in counts}) > 1:
        listed = ", ".join(f"{kind} ({n} rows)" for kind, n in counts.most_common())
        raise UnsuitableError(
            f"The column “{column}” names different measurements: {listed}. Keep the rows of one, and train again."
        )


def _bare(cell: str) -> str:
    """A cell without blanks and the quotation marks that ChEMBL puts around relations."""
    return cell.strip(" \t'\"")


def _words(title: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title).lower()))
