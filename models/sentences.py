"""Sentences of a text about a candidate, as the checker reads them: a form with slots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models.evidence import PROPERTY_TITLES, RUNG_TITLES, Evidence, EvidenceTable
from models.names import flag_text, labels


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text."""

    written: str
    """With an ASCII minus sign."""
    unit: str
    """Empty where none follows."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, cut into what can be looked up and the words between."""

    text: str
    """As written."""
    form: str
    """In lower case, with a capital letter for each slot: N name, D title, V number, Q rung, A alert, F flag."""
    slots: tuple[Any, ...]
    """From left to right: Evidence, descriptor key, Number, rung key, alert, flag."""


def sentences(text: str, table: EvidenceTable, subject: Evidence) -> Iterator[Sentence]:
    """Cut a text into sentences and slots, reading from left to right and the longest known phrase first."""
    phrases = {phrase: slot for phrase, slot in _phrases(table, subject).items() if phrase and phrase in text}
    known = re.compile(
        "|".join(
            re.escape(phrase) + (r"(?![\w-])" if phrase[-1].isalnum() else "")
            for phrase in sorted(phrases, key=len, reverse=True)
        )
        or r"(?!)"
    )
    units = sorted({unit for unit in units_of(table).values() if unit}, key=len, reverse=True)
    number = re.compile(
        r"([−-]?\d+(?:\.\d+)?)(?!\.?\d)"
        rf"(?: ({'|'.join(map(re.escape, units))})(?![\w/²³·^-])|(?![\w%/-]))",
        re.ASCII,
    )
    form: list[str] = []
    slots: list[Any] = []
    start = position = 0
    while position < len(text):
        inside_word = position > start and (text[position - 1].isalnum() or text[position - 1] in "-−_.'’")
        if not inside_word and (match := known.match(text, position)):
            letter, slot = phrases[match.group()]
        elif not inside_word and (match := number.match(text, position)):
            letter, slot = "V", Number(match[1].replace("−", "-"), match[2] or "")
        else:
            form.append(text[position].lower())
            position += 1
            if form[-1] == "." and (position == len(text) or text[position].isspace()):
                yield Sentence(text[start:position].strip(), "".join(form).strip(), tuple(slots))
                form, slots, start = [], [], position
            continue
        form.append(letter)
        slots.append(slot)
        position = match.end()
    if text[start:].strip():
        yield Sentence(text[start:].strip(), "".join(form).strip(), tuple(slots))


def _phrases(table: EvidenceTable, subject: Evidence) -> dict[str, tuple[str, Any]]:
    """Every phrase that becomes a slot: its letter and what it stands for."""
    phrases: dict[str, tuple[str, Any]] = {}
    names = labels(table)
    titles = [(key, title) for key, (title, _) in PROPERTY_TITLES.items()]
    titles += [(key, d.title) for evidence in table.candidates for key, d in evidence.descriptors.items()]
    for key, title in dict.fromkeys(titles):
        for written in (title, title[:1].upper() + title[1:]):
            if phrases.get(written, ("D", key)) != ("D", key):
                raise ValueError(f"two descriptors are called {title!r}: give them titles that differ")
            phrases[written] = ("D", key)
    phrases |= {title: ("Q", rung) for rung, title in RUNG_TITLES.items()}
    phrases |= {alert: ("A", alert) for alert in subject.alerts}
    for descriptor in subject.descriptors.values():
        phrases |= {flag_text(flag, subject, names[subject.id]): ("F", flag) for flag in descriptor.flags}
    by_id = {evidence.id: evidence for evidence in table.candidates}
    return phrases | {label: ("N", by_id[candidate_id]) for candidate_id, label in names.items()}


def units_of(table: EvidenceTable) -> dict[str, str]:
    """Unit of every descriptor and property as it is written after a number, by key; empty where none is."""
    found = {key: unit for key, (_, unit) in PROPERTY_TITLES.items()}
    for evidence in table.candidates:
        found |= {key: descriptor.unit for key, descriptor in evidence.descriptors.items()}
    return found
