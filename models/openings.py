"""Openings: words that tie a sentence to the one before, so that a text reads as a note and not as a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from models.claim import Claim

_OPENINGS = {
    "alert": ("However", "On the downside"),
    "no_alerts": ("On the plus side", "Reassuringly"),
    "satisfied": ("On the plus side", "Reassuringly"),
    "flag": ("That said", "Even so"),
    "inseparable": ("That said", "Even so"),
    "separate": ("What is more",),
    "change": ("As things stand",),
}
"""By relation; where it is not known whether a sentence speaks for or against, there is none."""
CAUTION, COMFORT = ("However", "On the downside", "That said", "Even so"), ("On the plus side", "Reassuringly")
"""Of sentences that speak against a candidate or its value, and for them."""
_LOWERED = frozenset({"A", "At", "By", "Caution", "It", "Its", "No", "Of", "One", "The", "To"})
"""First words that are written small inside a sentence; a name or a title may not be."""


def opened(claim: Claim, *, contrasts: bool) -> Iterator[Claim]:
    """The claim with each opening that fits it; none for one that begins with a name.

    Args:
        claim: to open.
        contrasts: whether what was said before it speaks for the candidate, so that words of caution may follow.
    """
    first, _, rest = claim.text.partition(" ")
    if first in _LOWERED:
        for opening in _OPENINGS.get(claim.relation, ()):
            if contrasts or opening not in CAUTION:
                yield replace(claim, text=f"{opening}, {first.lower()} {rest}")


def opening_of(text: str) -> str:
    """What a sentence opens with; empty where it opens with what it says."""
    first = text.partition(", ")[0]
    return first if any(first in words for words in _OPENINGS.values()) else ""
