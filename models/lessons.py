"""Lessons: explanations as a chemist would note them, made from evidence by templates, to teach a Llama composing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.claim import Claim
from models.evidence import EvidenceTable, shown_rank
from models.explainer import explanation_messages, explanation_parts
from models.explanation_trial import trial_tables
from models.language_model import Message
from models.openings import CAUTION, COMFORT, opening_of
from models.style import begins_alike, isolates_quantum, says_what_follows


@dataclass(frozen=True, slots=True)
class Lesson:
    """One question with the answer that a chemist would give."""

    messages: tuple[Message, ...]
    parts: tuple[tuple[str, ...], ...]
    """The sentences offered."""
    answer: str
    """One of each."""


def lessons(count: int, seed: int) -> Iterator[Lesson]:
    """Lessons on made-up evidence; the first of many are those of a few with the same seed.

    Args:
        count: of made-up tables; one about which nothing can be said gives no lesson.
        seed: of all that is made up.
    """
    generator = random.Random(seed)
    for table, candidate_id in trial_tables(count, seed):
        if parts := explanation_parts(table, candidate_id):
            note = " ".join(claim.text for claim in chemists_note(table, candidate_id, parts, generator))
            offered = tuple(tuple(claim.text for claim in part) for part in parts)
            yield Lesson(tuple(explanation_messages(table, candidate_id)), offered, note)


def chemists_note(
    table: EvidenceTable, candidate_id: str, parts: Sequence[Sequence[Claim]], generator: random.Random
) -> list[Claim]:
    """A claim of each part, drawn with the odds of what makes a good note.

    Neighbouring sentences begin differently; a comparison says what follows from it, and is with a candidate rather
    than with the median; words of caution follow good news, and words of comfort bad news; of the rungs the one that
    differs from the ranking one by the quantum step alone is named.
    """
    rank = next(shown_rank(table, one) for one in table.candidates if one.id == candidate_id)
    is_good = 2 * rank <= len(table.candidates)
    note: list[Claim] = []
    for part in parts:
        before = note[-1].text if note else ""
        odds = [_odds(claim, table, before, is_good=is_good) for claim in part]
        note += generator.choices(part, odds)
    return note


def _odds(claim: Claim, table: EvidenceTable, before: str, *, is_good: bool) -> float:
    odds = 0.02 if before and begins_alike(claim.text, before) else 1.0
    if opening := opening_of(claim.text):
        fits = is_good if opening in CAUTION else not is_good if opening in COMFORT else True
        odds *= 4.0 if fits else 0.05
    if claim.relation in ("best", "worst"):
        odds *= 3.0
    if says_what_follows(claim):
        odds *= 8.0
    if claim.compared_with == "median":
        odds *= 0.3
    if claim.descriptor in table.asked[:1]:
        odds *= 3.0
    if isolates_quantum(claim):
        odds *= 6.0
    return odds
