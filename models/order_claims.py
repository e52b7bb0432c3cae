"""Claims on an order: which place a candidate has, what would change it, and what tells it from its neighbours."""

from __future__ import annotations

import math
from collections.abc import Iterator

from models.claim import Claim, Subject, rounded, shown, worded
from models.evidence import DescriptorEvidence, Evidence, shown_rank

BOUNDS = {"desirability": (0.01, 1.0)}
"""Ranking descriptors that have a least and a greatest value (`pipeline.desirability`): beyond it nothing can move."""

_FINE = 9
"""Decimals that leave out the rounding noise of a difference of rounded values."""


def standing(of: Subject) -> Iterator[Claim]:
    """Value by the ranking descriptor, and place in the order that is shown."""
    if (main := of.main) is None or not math.isfinite(main.value):
        return
    written, name = shown(main.value, main.unit), of.labels[of.me.id]
    yield from worded(
        (main.name, "value", main.value, None),
        f"Its {main.title} is {written}.",
        f"The calculation puts its {main.title} at {written}.",
        f"The {main.title} of {name} is {written}.",
    )
    if len(of.table.candidates) == 1:
        yield from worded(
            (main.name, "rank", 1.0, "list"),
            f"It is the only candidate that is ranked, with a {main.title} of {written}.",
        )
    elif of.table.sorted_by == "llama":
        yield from _llama_standing(of, main, written)
    else:
        yield from _physics_standing(of, main, written, name)
        yield from _extremes(of, main, written)


def _physics_standing(of: Subject, main: DescriptorEvidence, written: str, name: str) -> Iterator[Claim]:
    first, last = places_taken([one.rank_physics for one in of.table.candidates], of.me.rank_physics)
    count, facts = len(of.table.candidates), (main.name, "rank", float(first), "list")
    if first == last:
        place = f"number {first} of {count}"
        yield from worded(
            facts,
            f"By {main.title} it ranks {place}, with {written}.",
            f"By {main.title}, {name} ranks {place} ({written}).",
            f"It comes in as {place} by {main.title}, with {written}.",
        )
    else:
        place = f"places {first} to {last} of {count}"
        yield from worded(
            facts,
            f"By {main.title} it shares {place}, with {written}.",
            f"By {main.title}, {name} shares {place} ({written}).",
            f"It shares {place} by {main.title}, with {written}.",
        )


def _llama_standing(of: Subject, main: DescriptorEvidence, written: str) -> Iterator[Claim]:
    rows, mine = of.table.candidates, shown_rank(of.table, of.me)
    assert of.me.score_llama is not None
    place = spot(*places_taken([shown_rank(of.table, one) for one in rows], mine))
    physics = spot(*places_taken([one.rank_physics for one in rows], of.me.rank_physics))
    score = shown(of.me.score_llama, "")
    yield from worded(
        ("llama", "rank", float(mine), "list"),
        f"The Llama puts it {place} of {len(rows)}, with a score of {score}; "
        f"by {main.title} it is {physics}, with {written}.",
        f"With a score of {score} the Llama puts it {place} of {len(rows)}; "
        f"by {main.title} it is {physics}, with {written}.",
    )


def _extremes(of: Subject, main: DescriptorEvidence, written: str) -> Iterator[Claim]:
    """Of three or more candidates that all have the value, the single one at an end."""
    values = [rounded(value, main.unit) for value in of.values(main.name)]
    mine = rounded(main.value, main.unit)
    if len(values) < max(3, len(of.table.candidates)):
        return
    for end, extreme, word in (("lowest", min(values), "lower"), ("highest", max(values), "higher")):
        if mine == extreme and values.count(extreme) == 1:
            quality = "best" if (end == "lowest") == of.table.lower_is_better else "worst"
            yield from worded(
                (main.name, end, main.value, "list"),
                f"At {written}, its {main.title} is the {end} of the {len(values)} candidates.",
                f"No other candidate has a {word} {main.title} than its {written}.",
            )
            yield from worded(
                (main.name, quality, main.value, "list"),
                f"By {main.title} it is the {quality} of the {len(values)} candidates, at {written}.",
                f"It is the {quality} of the {len(values)} candidates by {main.title} ({written}).",
            )


def change(of: Subject) -> Iterator[Claim]:
    """What would change its place: the gap to the one above or, for the first, to the one below.

    The gap is that of the values as they are shown. In the Llama's order no gap in a descriptor decides.
    """
    main, rank = of.main, of.me.rank_physics
    given = [evidence.rank_physics for evidence in of.table.candidates]
    above = [other for other in given if other < rank]
    below = [other for other in given if other > rank]
    if main is None or of.table.sorted_by == "llama" or given.count(rank) > 1 or not (above or below):
        return
    there = max(above) if above else min(below)
    partner = next(evidence for evidence in of.table.candidates if evidence.rank_physics == there)
    theirs = partner.descriptors.get(main.name)
    if theirs is None or given.count(there) > 1 or theirs.unit != main.unit:
        return
    if not math.isfinite(theirs.value - main.value):
        return
    move = round(rounded(theirs.value, main.unit) - rounded(main.value, main.unit), _FINE)
    rises, least_and_most = move > 0, BOUNDS.get(main.name)
    gap, name = shown(abs(move), main.unit), of.labels[partner.id]
    if (
        move == 0
        or rises != (bool(above) != of.table.lower_is_better)
        or (least_and_most and rounded(theirs.value, main.unit) == least_and_most[rises])
    ):
        return
    verb, past = ("rise", "rose") if rises else ("fall", "fell")
    facts = (main.name, "change", abs(move), partner.id)
    if above:
        yield from worded(
            facts,
            f"A {verb} of its {main.title} by more than {gap} would put it before {name}.",
            f"It would move ahead of {name} if its {main.title} {past} by more than {gap}.",
            f"To pass {name}, its {main.title} would have to {verb} by more than {gap}.",
        )
    else:
        yield from worded(
            facts,
            f"A {verb} of its {main.title} by more than {gap} would put it behind {name}.",
            f"It would drop behind {name} if its {main.title} {past} by more than {gap}.",
            f"Its place before {name} holds unless its {main.title} {verb}s by more than {gap}.",
        )


def separations(of: Subject) -> Iterator[Claim]:
    """Ties with its neighbours, and gaps to them; in the Llama's order no gap in a descriptor tells anything."""
    if of.main is not None and of.table.sorted_by == "physics" and math.isfinite(of.main.value):
        for partner in of.neighbours:
            yield from _separation(of, of.main, partner)


def _separation(of: Subject, main: DescriptorEvidence, partner: Evidence) -> Iterator[Claim]:
    """Whether the ranking value tells it from a neighbour: what is shown and what was computed have to agree."""
    theirs, name, written = partner.descriptors[main.name], of.labels[partner.id], shown(main.value, main.unit)
    if main.unit != theirs.unit or not math.isfinite(theirs.value):
        return
    between = round(abs(rounded(main.value, main.unit) - rounded(theirs.value, main.unit)), _FINE)
    if between == 0:
        yield from worded(
            (main.name, "tied", main.value, partner.id),
            f"It is tied with {name} by {main.title}: both come to {written}.",
            f"By {main.title} nothing separates it from {name}: both come to {written}.",
        )
        return
    if main.uncertainty is None or theirs.uncertainty is None:
        return
    combined = math.hypot(main.uncertainty, theirs.uncertainty)
    if not math.isfinite(combined):
        return
    gap, limit = shown(between, main.unit), f"the combined uncertainty of ±{shown(combined, main.unit)}"
    is_within = abs(main.value - theirs.value) <= combined
    if is_within != (between <= rounded(combined, main.unit)):
        return
    if is_within:
        yield from worded(
            (main.name, "inseparable", between, partner.id),
            f"The gap to {name} ({gap}) is within {limit}, so their order is open.",
            f"Its order with {name} is open: the gap of {gap} is within {limit}.",
        )
    else:
        yield from worded(
            (main.name, "separate", between, partner.id),
            f"The gap to {name} ({gap}) exceeds {limit}.",
            f"It is told apart from {name}: the gap of {gap} exceeds {limit}.",
        )


def places_taken(given: list[int], rank: int) -> tuple[int, int]:
    """The first and the last place that a rank stands for among the ranks that were given."""
    return rank, rank + given.count(rank) - 1


def spot(first: int, last: int) -> str:
    """One place, or those that are shared, in words."""
    return f"number {first}" if first == last else f"in places {first} to {last}"
