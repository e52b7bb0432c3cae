"""Style: how an explanation reads, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.claim import Claim
from models.openings import opening_of


@dataclass(frozen=True, slots=True)
class Style:
    """Shares over many explanations."""

    begins_alike: float
    """Of neighbouring sentences, those that begin with the same word: a list does, a note does not."""
    tied: float
    """Of sentences after the first, those with an opening that ties them to the one before."""
    says_what_follows: float
    """Of explanations, those in which a comparison ends in what it means."""
    isolates_quantum: float
    """Of explanations, those that name the rung which differs from the ranking one by the quantum step alone."""


def style_of(explanations: Sequence[Sequence[Claim]]) -> Style:
    """How explanations read, each as the claims it consists of; one without claims is left out."""
    known = [claims for claims in explanations if claims]
    neighbours = [(one.text, other.text) for claims in known for one, other in pairwise(claims)]
    return Style(
        begins_alike=_share([begins_alike(one, other) for one, other in neighbours]),
        tied=_share([bool(opening_of(other)) for _, other in neighbours]),
        says_what_follows=_share([any(map(says_what_follows, claims)) for claims in known]),
        isolates_quantum=_share([any(map(isolates_quantum, claims)) for claims in known]),
    )


def begins_alike(text: str, other: str) -> bool:
    """Whether two sentences begin with the same word."""
    return text.split(maxsplit=1)[0] == other.split(maxsplit=1)[0]


def says_what_follows(claim: Claim) -> bool:
    """Whether a claim is a comparison that ends in what it means."""
    return claim.relation in ("lower", "higher") and (", so " in claim.text or " exergonic: " in claim.text)


def isolates_quantum(claim: Claim) -> bool:
    """Whether a claim on rungs names the one that differs by the quantum step alone."""
    return claim.relation in ("rung", "rung_rank") and claim.compared_with == "casci_pdft"


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0
