"""Labels: how candidates are called in prompts and sentences, so that no name can be mistaken for a statement."""

from __future__ import annotations

import re
from collections import Counter

from models.evidence import Evidence, EvidenceTable

RESERVED = frozenset(
    re.findall(
        r"\S+",
        """
    a above acceptors accessibility addition against ahead alert alerts alone also among an and any apart area as at
    away bare be before behind below besides best better bond bonds both breaks by calculated calculation candidate
    candidates carries casci case caution changes clear combined come comes da dft donors downside drop
    drug-likeness easily electron electrophile energy equals ev even exact exceeds exergonic fall falls faster fell
    five fock for found from gap gfn2-xtb give gives glutathione harder hartree hartree–fock has have higher highest
    holds however hydrogen-bond if in instead is it its kcal/mol keep keeps least leave less lies limit lipinski
    lipinski's list list's llama logp lower lowest mc-pdft mean median molecular molecule more move moves no none
    not nothing number of on one only open or order other oxidise pass place places plus points polar possible
    property put puts quantum rank ranked ranks react readily reassuringly rise rises rose rotatable rule said same
    score separates shares should side slower slowly so softer stand step still stronger structural surface
    synthetic takes than that the their them then these they thing things thiol thiols tied to told topological
    turnover two uncertainty unless up value vqe was weaker weight what which will with within without worst would
    xtb å²
""",
    )
)
"""Words that sentences about candidates are made of (a test holds them against the checker's own)."""

_LONGEST = 60
_NUMBER = re.compile(r"[+−–-]?[\d.,]*\d[\d.,]*%?")


def labels(table: EvidenceTable) -> dict[str, str]:
    """Label of each candidate by its id.

    A name is kept as it is where it is unique and none of its words could be read as part of a sentence, such as
    ``2-cyclopenten-1-one``. Any other, such as ``lower 5.0``, is put in quotation marks, and those that are not unique
    get their id.
    """
    words = {word for evidence in table.candidates for word in _title_words(evidence)} | RESERVED
    names = {evidence.id: _clean(evidence.name) or _clean(evidence.id) for evidence in table.candidates}
    counts = Counter(names.values())
    statements = {text for evidence in table.candidates for text in _statements(evidence)}
    found: dict[str, str] = {}
    for candidate_id, name in names.items():
        shown = name
        if len(name) > _LONGEST:
            shown = f"{name[:_LONGEST]}…, {_clean(candidate_id)}"
        elif counts[name] > 1:
            shown = f"{name}, {_clean(candidate_id)}"
        parts = [part.strip(".:!?'’\"").lower() for part in re.split(r"[\s,;:()=]+", name)]
        risky = any(part in words or _NUMBER.fullmatch(part) for part in parts) or not any(map(str.isalpha, name))
        found[candidate_id] = f"“{shown}”" if shown != name or risky or name in statements else name
    return found


def flag_text(flag: str, evidence: Evidence, label: str) -> str:
    """How a flag is quoted in a sentence: in one line; in quotation marks where it repeats a name that could mislead.

    Args:
        flag: one of the candidate's.
        evidence: the candidate.
        label: how `labels` calls it.
    """
    name, text = _clean(evidence.name), _clean(flag).rstrip(". ")
    return f"“{text}”" if name and name != label and name in text else text


def _clean(name: str) -> str:
    """One line of printable characters without the quotation marks that labels use, control tokens broken up."""
    printable = "".join(char if char.isprintable() else " " for char in name).replace("<|", "< |")
    return " ".join(printable.replace("“", '"').replace("”", '"').split())


def _title_words(evidence: Evidence) -> set[str]:
    return {word.lower() for d in evidence.descriptors.values() for word in f"{d.title} {d.unit}".split()}


def _statements(evidence: Evidence) -> set[str]:
    flags = [flag for d in evidence.descriptors.values() for flag in d.flags]
    return {*evidence.alerts, *flags, *(_clean(flag).rstrip(". ") for flag in flags)}
