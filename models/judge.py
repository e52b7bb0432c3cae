"""Ranking: a Llama judges pairs of candidates, and its judgements are made into one order."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import binomtest, kendalltau

from models.evidence import EvidenceTable, evidence_columns, evidence_prompt
from models.language_model import LanguageModel, Message
from models.names import labels
from pipeline.ranks import ranks
from pipeline.store import Store, content_hash

JUDGEMENT_VERSION = 2
"""Changes when the prompt changes; enters the key of every stored judgement."""

PRIOR_WIDTH = 2.0
"""Standard deviation of the Gaussian prior on strengths: keeps unanimous judgements finite."""

_PAIRS_PER_BATCH = 4


@dataclass(frozen=True, slots=True)
class LlamaRanking:
    """The order that a Llama's pairwise judgements give, and how far it can be trusted."""

    scores: Mapping[str, float]
    """Bradley–Terry strength by candidate id, in log-odds, summing to zero; higher is better."""
    ranks: Mapping[str, int]
    """By candidate id; 1 is best, shared by scores that are shown alike."""
    comparisons: int
    """How many pairs were judged, each in both orders."""
    order_consistency: float
    """Share of pairs whose winner stays the same when the two change places: 1 is perfect, 0.5 is what coins give, 0 is
    a judge that looks at the place only; 1 without pairs."""
    position_bias: float
    """Mean probability that the first-named wins; 0.5 is fair."""
    kendall_tau_physics: float | None
    """Rank correlation with the physics ranking; None where it is undefined, as for fewer than two candidates."""
    sentence: str
    """What these figures say of the order."""


def judge(
    llama: LanguageModel,
    table: EvidenceTable,
    seed: int,
    store: Store,
    comparisons_per_candidate: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> LlamaRanking:
    """Rank candidates by a Llama's pairwise judgements.

    Each pair is asked in both orders, and the two log-odds are averaged, so that a candidate's place in the question
    does not decide. The averages are fitted by the model of Bradley and Terry (Biometrika 39, 324, 1952).

    Args:
        llama: the judge.
        table: the evidence; its order plays no part.
        seed: of the choice of pairs.
        store: judgements are kept here, so that no pair is asked twice.
        comparisons_per_candidate: opponents of each candidate, at least.
        progress: called with pairs done and pairs in all.
    """
    labelled = labels(table)
    lines = {candidate_id: evidence_prompt(table, candidate_id, label) for candidate_id, label in labelled.items()}
    ids = sorted(lines)
    pairs = choose_pairs(len(ids), comparisons_per_candidate, seed)
    # one row for each pair (i, j): log-odds that the first-named wins, with i first and with j first
    first_wins = np.zeros((len(pairs), 2))
    for start in range(0, len(pairs), _PAIRS_PER_BATCH):
        batch = pairs[start : start + _PAIRS_PER_BATCH]
        prompts = [
            (_question(table, lines[ids[i]], lines[ids[j]]), _question(table, lines[ids[j]], lines[ids[i]]))
            for i, j in batch
        ]
        first_wins[start : start + len(batch)] = _ask(llama, prompts, store)
        if progress is not None:
            progress(start + len(batch), len(pairs))
    log_odds = (first_wins[:, 0] - first_wins[:, 1]) / 2
    strengths = fit_strengths(len(ids), pairs, expit(log_odds))
    scores = {candidate_id: float(strength) for candidate_id, strength in zip(ids, strengths, strict=True)}
    given = dict(zip(ids, ranks([scores[candidate_id] for candidate_id in ids]), strict=True))
    kept = int(np.sum(first_wins[:, 0] * first_wins[:, 1] < 0))
    bias = float(expit(first_wins).mean()) if pairs else 0.5
    physics = {evidence.id: evidence.rank_physics for evidence in table.candidates}
    correlation = kendalltau([given[i] for i in ids], [physics[i] for i in ids]) if len(ids) > 1 else None
    tau, p_value = (float(correlation.statistic), float(correlation.pvalue)) if correlation else (math.nan, math.nan)
    return LlamaRanking(
        scores=scores,
        ranks=given,
        comparisons=len(pairs),
        order_consistency=kept / len(pairs) if pairs else 1.0,
        position_bias=bias,
        kendall_tau_physics=tau if math.isfinite(tau) else None,
        sentence=trust_sentence(kept, len(pairs), bias, tau, p_value),
    )


def choose_pairs(n: int, opponents: int, seed: int) -> list[tuple[int, int]]:
    """Which of `n` candidates to compare: all pairs of six or fewer, else a connected graph in which all are alike.

    Candidates are put on a ring in random order, and each meets those at a few fixed distances to either side.

    Returns:
        Sorted pairs (i, j) with i < j; every candidate is in at least min(opponents, n − 1) of them.
    """
    distances = max(1, math.ceil(opponents / 2))
    if n <= 6 or distances > (n - 1) // 2:
        return [(i, j) for i in range(n) for j in range(i + 1, n)]
    generator = np.random.default_rng(seed)
    ring = generator.permutation(n)
    further = generator.choice(np.arange(2, (n - 1) // 2 + 1), size=distances - 1, replace=False)
    chosen = set()
    for distance in (1, *(int(value) for value in further)):
        for place in range(n):
            i, j = int(ring[place]), int(ring[(place + distance) % n])
            chosen.add((min(i, j), max(i, j)))
    return sorted(chosen)


def fit_strengths(n: int, pairs: Sequence[tuple[int, int]], wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bradley–Terry strengths with a Gaussian prior: the maximum of the posterior.

    Args:
        n: number of candidates.
        pairs: (i, j), shape (m, 2).
        wins: probability that i beats j, shape (m,).

    Returns:
        Strengths in log-odds, shape (n,), summing to zero.
    """
    if not pairs:
        return np.zeros(n)
    left, right = np.asarray(pairs).T

    def loss(strengths: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = strengths[left] - strengths[right]
        # −p ln σ(m) − (1 − p) ln σ(−m) = ln(1 + e^−m) + (1 − p) m
        value = np.sum(np.logaddexp(0, -margin) + (1 - wins) * margin) + np.sum(strengths**2) / (2 * PRIOR_WIDTH**2)
        slope = expit(margin) - wins
        gradient = strengths / PRIOR_WIDTH**2
        np.add.at(gradient, left, slope)
        np.add.at(gradient, right, -slope)
        return float(value), gradient

    solution = minimize(loss, np.zeros(n), jac=True, method="L-BFGS-B", options={"gtol": 1e-9})
    strengths = np.asarray(solution.x, dtype=np.float64)
    strengths -= strengths.mean()
    return strengths


def trust_sentence(kept: int, pairs: int, bias: float, tau: float, p_value: float) -> str:
    """What the figures of a ranking say of it, in words for a chemist.

    Args:
        kept: pairs whose winner stayed the same in both orders.
        pairs: pairs in all.
        bias: mean probability that the first-named wins.
        tau: Kendall's with the physics ranking; NaN if undefined.
        p_value: of `tau`.
    """
    if pairs == 0:
        return "There was nothing to compare, so the Llama's order says nothing."
    interval = binomtest(kept, pairs, 0.5).proportion_ci(confidence_level=0.95, method="exact")
    if interval.low > 0.5:
        verdict = "more often than coin flips would, so the evidence and not the place in the question moves it"
    elif interval.high < 0.5:
        verdict = "less often than coin flips would: the place in the question decides more than the evidence does"
    else:
        verdict = "which cannot be told from coin flips"
    if not math.isfinite(tau):
        agreement = "Its agreement with the physics ranking is undefined"
    elif p_value >= 0.05:
        agreement = "Its order shows no significant relation to the physics ranking"
    else:
        agreement = f"Its order {'agrees with' if tau > 0 else 'runs against'} the physics ranking"
    figures = f" (Kendall's tau {tau:.2f}, p = {p_value:.2g})" if math.isfinite(tau) else ""
    trusted = interval.low > 0.5 and math.isfinite(tau) and p_value < 0.05 and tau > 0
    advice = "it can be read beside the physics ranking" if trusted else "do not base a decision on it"
    return (
        f"The Llama kept its choice in {kept} of {pairs} pairs when the two changed places (95% interval "
        f"{interval.low:.2f} to {interval.high:.2f}), {verdict}; the first-named won with mean probability {bias:.2f}. "
        f"{agreement}{figures}: {advice}."
    )


def _question(table: EvidenceTable, first: str, second: str) -> list[Message]:
    """What all pairs share comes first: it is then read once a batch."""
    return [
        {"role": "system", "content": "You compare drug candidates by calculated evidence. Answer A or B."},
        {
            "role": "user",
            "content": f"Of A and B, {table.question}?\nName: {evidence_columns(table)}\nA. {first}\nB. {second}",
        },
    ]


def _ask(
    llama: LanguageModel, prompts: Sequence[tuple[list[Message], list[Message]]], store: Store
) -> NDArray[np.float64]:
    """Log-odds that the first-named wins, shape (pairs, 2): each pair in both orders."""
    keys = [content_hash(("llama_judgement", JUDGEMENT_VERSION, llama.hash, *both)) for both in prompts]
    found = {key: store.get(key) for key in keys}
    missing = [(key, both) for key, both in zip(keys, prompts, strict=True) if found[key] is None]
    if missing:
        start = time.perf_counter()
        answers = llama.choice_logprobs([prompt for _, both in missing for prompt in both], ["A", "B"])
        wall_s = (time.perf_counter() - start) / len(missing)
        odds = np.array([first - second for first, second in answers]).reshape(-1, 2)
        for (key, _), row in zip(missing, odds, strict=True):
            found[key] = [float(row[0]), float(row[1])]
            store.put(key, "judgement", found[key], wall_s)
    return np.array([found[key] for key in keys], dtype=float).reshape(-1, 2)
