"""DefaultRanking: whose order a report is sorted by: the one that measured best, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Literal

from models.evaluate import PHYSICS, ZERO_SHOT, Row, read_rows
from models.ranker import Training
from models.tasks import task_of

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


def default_ranking(training: Training | None, question: str, is_named: bool) -> DefaultRanking:
    """Choose by what was measured.

    Args:
        training: of the ranker that answers the question; None: the Llama judges untrained.
        question: of the objective. Where no measured set answers it, all of them decide on an untrained Llama.
        is_named: whether the user named that ranker, and so wants its order.
    """
    if training is not None:
        others = dict(training.held_out[training.answered(question)])
        own = others.pop(LLAMA_RANKER, None)
        figures = ", ".join(f"{name} {value:.2f}" for name, value in others.items())
        measured = f"its Spearman correlation on molecules held out is {own:.2f}" if own is not None else "not measured"
        if is_named:
            return DefaultRanking("llama", f"The ranker was named; {measured}{f' ({figures})' if figures else ''}.")
        if own is not None and own > others.get(PHYSICS, 1.0):
            return DefaultRanking("llama", f"Of the Llama ranker {measured}, against {figures}.")
        return DefaultRanking("physics", f"The Llama ranker is no better: {measured}, against {figures}.")
    rows = read_rows(RANKINGS)
    chosen = [row for row in rows if row.task == task_of(question)] or rows
    if not chosen:
        return DefaultRanking("physics", "How the Llama ranks has not been measured.")
    physics, llama = (_mean(chosen, name) for name in (PHYSICS, ZERO_SHOT))
    tasks = " and ".join(dict.fromkeys(row.task for row in chosen))
    found = f"Against measured values ({tasks}) physics has a Spearman correlation of {physics:.2f}"
    found += f", the embedded Llama untrained {llama:.2f}"
    return DefaultRanking("llama" if llama > physics else "physics", f"{found}.")


def _mean(rows: Sequence[Row], ranking: str) -> float:
    return fmean(row.spearman for row in rows if row.ranking == ranking)
