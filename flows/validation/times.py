"""Times: seconds per ground state against heavy atoms, and the share of each stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from flows.markdown import table
from flows.validation.tables import STAGES, TimeRow

_MOST_QUANTUM_SHARE = 0.3
"""Of the mean field's time that VQE and MC-PDFT may take."""


def times(rows: Iterable[TimeRow]) -> Iterator[str]:
    """Paragraphs on seconds per ground state against heavy atoms, by level, and on the share of each stage."""
    yield (
        "Median seconds of a ground state on one core, and the share of its stages; shares are of the sums over all. "
        "VQE and MC-PDFT stand beside the mean field that they start from."
    )
    by_profile: dict[str, dict[int, list[Mapping[str, float]]]] = {}
    for row in rows:
        by_profile.setdefault(row.profile, {}).setdefault(row.heavy_atoms, []).append(row.seconds)
    lines = [
        [profile, str(heavy), str(len(walls)), f"{median(sum(wall.values()) for wall in walls):.1f}", *_shares(walls)]
        for profile, by_size in by_profile.items()
        for heavy, walls in sorted(by_size.items())
    ]
    yield table(("level", "heavy atoms", "ground states", "seconds", *STAGES, "(vqe + pdft) / mean field"), lines)
    for profile, by_size in by_profile.items():
        walls = [wall for one in by_size.values() for wall in one]
        share = _quantum_share(walls)
        longest = max(STAGES, key=lambda stage: sum(wall.get(stage, 0.0) for wall in walls))
        bar = "within" if share <= _MOST_QUANTUM_SHARE else "beyond"
        yield (
            f"{profile[:1].upper()}{profile[1:]}: VQE and MC-PDFT take {share:.0%} of the mean field's time, {bar} the "
            f"bar of {_MOST_QUANTUM_SHARE:.0%}; most time goes into: {longest}."
        )


def _shares(walls: Sequence[Mapping[str, float]]) -> list[str]:
    whole = sum(sum(wall.values()) for wall in walls)
    shares = [f"{sum(wall.get(stage, 0.0) for wall in walls) / whole:.0%}" for stage in STAGES]
    return [*shares, f"{_quantum_share(walls):.0%}"]


def _quantum_share(walls: Sequence[Mapping[str, float]]) -> float:
    field = sum(wall.get("mean_field", 0.0) for wall in walls)
    return sum(wall.get("vqe", 0.0) + wall.get("pdft", 0.0) for wall in walls) / field if field else 0.0
