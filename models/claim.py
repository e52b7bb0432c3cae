"""Claim: one statement about a candidate in one wording, and what all kinds of claims need to be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from models.evidence import DescriptorEvidence, Evidence, EvidenceTable
from models.names import labels
from pipeline.ranks import decimals_of

CLAIMS_VERSION = 5
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
    ``no_alerts``, ``satisfied``, ``change``, ``rung``, ``rung_rank``, ``uncertainty``, ``tied``, ``inseparable``,
    ``separate`` or ``flag``."""
    value: float | str | None
    """What it states: the candidate's value, its place, a gap, or the alert or flag; None where nothing is quoted."""
    compared_with: str | None
    """Id of another candidate, ``median``, ``list`` or the name of a rung; None where nothing is compared."""
    holds: bool = False
    """Whether the independent check (`models.check`) found it supported; nothing else sets this."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The candidate that claims are about, within its table."""

    table: EvidenceTable
    me: Evidence
    labels: Mapping[str, str]
    """How candidates are called, by id."""
    main: DescriptorEvidence | None
    """The ranking descriptor's value; None where it has none."""
    neighbours: tuple[Evidence, ...]
    """Before and after it in the order that is shown, as far as they have the ranking descriptor."""
    partners: tuple[Evidence, ...]
    """Those, and the ends of the list: whom it is compared with."""

    def values(self, name: str) -> list[float]:
        """Those of a descriptor that are known, in the order of the table."""
        found = (one.descriptors[name].value for one in self.table.candidates if name in one.descriptors)
        return [value for value in found if isfinite(value)]


def subject_of(table: EvidenceTable, candidate_id: str) -> Subject:
    """The candidate with this id within its table."""
    rows, ranking = table.candidates, table.ranking_descriptor
    at = next(index for index, one in enumerate(rows) if one.id == candidate_id)
    near = tuple(rows[i] for i in (at - 1, at + 1) if 0 <= i < len(rows) and ranking in rows[i].descriptors)
    ends = tuple(one for one in (rows[0], rows[-1]) if ranking in one.descriptors)
    others = {one.id: one for one in (*near, *ends) if one.id != candidate_id}
    me = rows[at]
    return Subject(table, me, labels(table), me.descriptors.get(ranking), near, tuple(others.values()))


def worded(facts: tuple[str, str, float | str | None, str | None], *texts: str) -> Iterator[Claim]:
    """A claim in each of its wordings.

    Args:
        facts: descriptor, relation, value and what it is compared with, as in `Claim`.
        texts: the wordings.
    """
    for text in texts:
        yield Claim(text, *facts)


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """A number as it is printed: rounded, a true minus sign, its unit."""
    text = f"{value:.{decimals_of(unit) if decimals is None else decimals}f}"
    if not text.strip("-0."):
        text = text.lstrip("-")
    return f"{text.replace('-', '−')} {unit}".rstrip()


def rounded(value: float, unit: str) -> float:
    """A value as it is shown."""
    return round(value, decimals_of(unit))
