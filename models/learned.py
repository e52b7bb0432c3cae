"""Learned ranking: the order that a trained ranker gives the candidates of a screen."""

from __future__ import annotations

import math

from scipy.stats import kendalltau

from models.default_ranking import LLAMA_RANKER
from models.evidence import EvidenceTable
from models.judge import LlamaRanking
from models.ranker import Ranker, Training


def learned_ranking(ranker: Ranker, training: Training, table: EvidenceTable) -> LlamaRanking:
    """Score each candidate by itself, under the screen's question if the ranker knows it, else under its own.

    There are no comparisons, so that no place in one can matter: the consistency is 1 and the bias none.
    """
    question = training.answered(table.question)
    found = ranker.scores(table.candidates, question)
    scores = {one.id: float(score) for one, score in zip(table.candidates, found - found.mean(), strict=True)}
    order = sorted(scores, key=lambda candidate_id: (-scores[candidate_id], candidate_id))
    physics = [-one.rank_physics for one in table.candidates]
    tau = float(kendalltau(list(scores.values()), physics).statistic) if len(physics) > 1 else math.nan
    figures = training.held_out[question]
    known = figures.get(LLAMA_RANKER)
    sentence = (
        f"A ranker trained on {training.molecules} measured molecules ({question}) scored each candidate by itself: "
        "neither names nor places in a list play a part. "
    )
    if known is None:
        sentence += "How it orders molecules that it has not seen was not measured."
    else:
        others = ", ".join(f"{name} {value:.2f}" for name, value in figures.items() if name != LLAMA_RANKER)
        sentence += f"On molecules held out its Spearman correlation with measured values is {known:.2f} ({others})."
    return LlamaRanking(
        scores=scores,
        ranks={candidate_id: rank for rank, candidate_id in enumerate(order, start=1)},
        comparisons=0,
        order_consistency=1.0,
        position_bias=0.5,
        kendall_tau_physics=tau if math.isfinite(tau) else None,
        sentence=sentence,
    )
