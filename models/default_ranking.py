"""DefaultRanking: whose order a report is sorted by: the one that measured best, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.evaluate import PHYSICS, ZERO_SHOT, read_rows
from models.evidence import RUNG_TITLES
from models.ranker import Training
from models.tasks import physics_title, task_of
from pipeline.rungs import RANKING_RUNG

RANKINGS = Path(__file__).parent / "data" / "rankings.tsv"
"""What `eigenlead evaluate` measured."""
LLAMA_RANKER = "Llama ranker"
"""The key of a ranker's own figure in `Training.held_out`."""


@dataclass(frozen=True, slots=True)
class DefaultRanking:
    """Whose order decides."""

    by: Literal["physics", "llama"]
    why: str
    """A sentence."""


def default_ranking(
    training: Training | None, question: str, profile: str, *, is_named: bool, was_measured: bool
) -> DefaultRanking:
    """Choose by what was measured for this question, at this profile, of this ranker; quote nothing else.

    Args:
        training: of the ranker that answers the question; None: the Llama judges untrained.
        question: of the objective.
        profile: of the screen.
        is_named: whether the user named that ranker, and so wants its order.
        was_measured: whether the Llama is the one whose untrained order was measured.
    """
    if training is None:
        return _untrained(question, profile, was_measured=was_measured)
    answered = training.answered(question)
    figures = held_out_figures(training, answered, profile)
    own = figures.pop(LLAMA_RANKER, None)
    others = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
    unknown = f"how it orders by that at the profile {profile} was not measured"
    measured = unknown if own is None else f"its Spearman correlation on molecules held out is {own:.2f}"
    if is_named:
        beside = f" ({others})" if others else ""
        return DefaultRanking("llama", f"The ranker was named; it answers {answered}; {measured}{beside}.")
    if own is None:
        return DefaultRanking("physics", f"The Llama ranker answers {answered}; {unknown}.")
    if own > figures.get(_physics(question), 1.0):
        return DefaultRanking("llama", f"Of the Llama ranker {measured}, against {others}.")
    return DefaultRanking("physics", f"The Llama ranker is no better: {measured}, against {others}.")


def held_out_figures(training: Training, question: str, profile: str) -> dict[str, float]:
    """What a ranker and its baselines measured on a question, in words; empty where that was at another profile.

    Args:
        training: of the ranker.
        question: that it answers.
        profile: of the screen, which counts where the ranker reads computed values.
    """
    if training.profile not in ("", profile):
        return {}
    found = training.held_out.get(question, {})
    return {_physics(question) if name == PHYSICS else name: value for name, value in found.items()}


def _physics(question: str) -> str:
    """What ``physics alone`` is for a question: not the objective's score, which takes more into account."""
    return f"{physics_title(question)} alone" if task_of(question) else PHYSICS


def _untrained(question: str, profile: str, *, was_measured: bool) -> DefaultRanking:
    task = task_of(question)
    found = {
        row.ranking: row.spearman
        for row in read_rows(RANKINGS)
        if (row.task, row.profile, row.rung) == (task, profile, RANKING_RUNG)
    }
    if not was_measured or not {PHYSICS, ZERO_SHOT} <= found.keys():
        return DefaultRanking(
            "physics",
            f"How this Llama orders by this question at the profile {profile} has not been held against measured "
            "values, so that physics decides.",
        )
    physics, llama = found[PHYSICS], found[ZERO_SHOT]
    return DefaultRanking(
        "llama" if llama > physics else "physics",
        f"Against measured values ({task}, profile {profile}, {RUNG_TITLES[RANKING_RUNG]}) the {_physics(question)} "
        f"has a Spearman correlation of {physics:.2f}, the embedded Llama untrained {llama:.2f}.",
    )
