"""Claims on rungs: what other levels of theory say of a candidate's ranking value, and of its place by it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from models.claim import Claim, Subject, shown, worded
from models.evidence import RUNG_TITLES, DescriptorEvidence
from models.order_claims import places_taken, spot
from pipeline.ranks import ranks


def quantum_step(of: Subject) -> Iterator[Claim]:
    """What other rungs say of the ranking descriptor, where the VQE's value is the one that ranks."""
    main = of.main
    if main is None or main.rungs.get("vqe_pdft") != main.value or not math.isfinite(main.value):
        return
    written = shown(main.value, main.unit)
    for rung in ("casci_pdft", "dft", "xtb"):
        value, title = main.rungs.get(rung), RUNG_TITLES[rung]
        if value is None or not math.isfinite(value):
            continue
        other, facts = shown(value, main.unit), (main.name, "rung", value, rung)
        if rung == "casci_pdft":
            found = (
                (
                    f"Exact {title} gives the same {main.title} as the VQE, {other}.",
                    f"The quantum step changes nothing in its {main.title}: exact {title} also gives {other}.",
                )
                if other == written
                else (f"The quantum step moves its {main.title} from {other} ({title}) to {written}.",)
            )
            yield from worded(
                facts,
                *found,
                f"Without the quantum step ({title}) its {main.title} would be {other}.",
                f"{title} in place of the quantum step puts its {main.title} at {other}.",
            )
        elif other != written:
            yield from worded(
                facts,
                f"{title} alone would put its {main.title} at {other} instead of {written}.",
                f"By {title} alone its {main.title} would be {other}, not {written}.",
            )
        yield from _rung_rank(of, main, rung, title)


def _rung_rank(of: Subject, main: DescriptorEvidence, rung: str, title: str) -> Iterator[Claim]:
    others = [
        e.descriptors[main.name].rungs.get(rung) if main.name in e.descriptors else None for e in of.table.candidates
    ]
    known = [other for other in others if other is not None and math.isfinite(other)]
    if len(known) < len(others) or len(others) < 2:
        return
    there = ranks(known, main.unit, lower_is_better=of.table.lower_is_better)
    rank = there[next(i for i, one in enumerate(of.table.candidates) if one.id == of.me.id)]
    now = places_taken([one.rank_physics for one in of.table.candidates], of.me.rank_physics)
    then = places_taken(there, rank)
    facts, place, other = (main.name, "rung_rank", float(rank), rung), spot(*then), spot(*now)
    if of.table.sorted_by == "llama":
        yield from worded(
            facts,
            f"By {main.title} it would keep {place.removeprefix('in ')} on {title} alone."
            if then == now
            else f"By {main.title} it would be {place} on {title} alone, not {other}.",
        )
    elif then == now:
        yield from worded(
            facts,
            f"Ranked by {title} alone it would keep {place.removeprefix('in ')}.",
            f"{title} alone would leave it {'at ' if then[0] == then[1] else ''}{place}.",
        )
    else:
        if then[0] == then[1] and now[0] == now[1]:
            other = str(now[0])
        yield from worded(
            facts,
            f"Ranked by {title} alone it would be {place} instead of {other}.",
            f"{title} alone would rank it {place}, not {other}.",
        )
