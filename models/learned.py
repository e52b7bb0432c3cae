"""Learned ranking: the order that a trained ranker gives the candidates of a screen."""

from __future__ import annotations

import math

from scipy.stats import kendalltau

from models.default_ranking import LLAMA_RANKER, held_out_figures
from models.evidence import EvidenceTable
from models.judge import LlamaRanking
from models.ranker import Ranker, Training
from pipeline.ranks import ranks


def learned_ranking(ranker: Ranker, training: Training, table: EvidenceTable, profile: str) -> LlamaRanking:
    """Score each candidate by itself, under the screen's question if the ranker knows it, else under its own.

    There are no comparisons, so that no place in one can matter: the consistency is 1 and the bias none.

    Args:
        ranker: that scores.
        training: what it has learned from.
        table: the evidence of the whole screen.
        profile: of the screen.
    """
    question = training.answered(table.question)
    found = ranker.scores(table.candidates, question)
    scores = {one.id: float(score) for one, score in zip(table.candidates, found - found.mean(), strict=True)}
    given = ranks(list(scores.values()))
    physics = [one.rank_physics for one in table.candidates]
    tau = float(kendalltau(given, physics).statistic) if len(physics) > 1 else math.nan
    figures = held_out_figures(training, question, profile)
    known = figures.get(LLAMA_RANKER)
    sentence = (
        f"A ranker trained on {training.molecules} measured molecules ({'; '.join(training.held_out)}) scored each "
        "candidate by itself: neither names nor places in a list play a part. "
    )
    if question != table.question:
        sentence += f"It was asked {question}, since it has not learned this screen's question. "
    if known is None:
        sentence += f"How it orders by that at the profile {profile} was not measured."
    else:
        others = ", ".join(f"{name} {value:.2f}" for name, value in figures.items() if name != LLAMA_RANKER)
        sentence += f"On molecules held out its Spearman correlation with measured values is {known:.2f} ({others})."
    return LlamaRanking(
        scores=scores,
        ranks=dict(zip(scores, given, strict=True)),
        comparisons=0,
        order_consistency=1.0,
        position_bias=0.5,
        kendall_tau_physics=tau if math.isfinite(tau) else None,
        sentence=sentence,
    )
