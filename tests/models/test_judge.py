"""The ranker: symmetrical, indifferent to input order, honest about what its order is worth."""

import dataclasses
import math

import numpy as np
import pytest
from evidence_tables import NAMES, table_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from tiny_llama import LyingLlama

from models.evidence import DescriptorEvidence, evidence_columns, evidence_prompt
from models.evidence_file import TITLES
from models.judge import choose_pairs, fit_strengths, judge, trust_sentence
from pipeline.store import Store


def table_of_pair(first, second, table):
    return dataclasses.replace(table, candidates=(first, second))


def test_swapping_two_candidates_negates_the_odds(llama, store, tmp_path):
    table = table_of(NAMES[:2])
    one, two = table.candidates
    swapped = (dataclasses.replace(one, id=two.id), dataclasses.replace(two, id=one.id))
    scores = judge(llama, table, 0, store).scores
    mirrored = judge(llama, table_of_pair(*swapped, table), 0, Store(f"sqlite:///{tmp_path / 'other.sqlite'}")).scores
    assert scores["row-1"] == pytest.approx(mirrored["row-2"], abs=1e-4)
    assert scores["row-1"] == pytest.approx(-scores["row-2"], abs=1e-9)


def test_input_order_plays_no_part(llama, store, tmp_path):
    table = table_of(NAMES[:9])
    ranking = judge(llama, table, 5, store)
    turned = dataclasses.replace(table, candidates=table.candidates[::-1])
    again = judge(llama, turned, 5, Store(f"sqlite:///{tmp_path / 'other.sqlite'}"))
    assert again.scores == pytest.approx(ranking.scores, abs=1e-4)
    assert again.ranks == ranking.ranks


def test_ranking_is_complete(llama, store):
    table = table_of(NAMES[:8])
    seen = []
    ranking = judge(llama, table, 1, store, progress=lambda done, total: seen.append((done, total)))
    shown = {key: round(score, 2) for key, score in ranking.scores.items()}
    assert ranking.ranks == {key: 1 + sum(other > mine for other in shown.values()) for key, mine in shown.items()}
    assert sum(ranking.scores.values()) == pytest.approx(0, abs=1e-9)
    best = min(ranking.ranks, key=ranking.ranks.__getitem__)
    assert shown[best] == max(shown.values())
    assert ranking.comparisons == 16 == store.count("judgement")
    assert seen[-1] == (16, 16)
    assert 0 <= ranking.order_consistency <= 1
    assert 0 < ranking.position_bias < 1


def test_a_rerun_asks_nothing(store):
    table, liar = table_of(NAMES[:7]), LyingLlama("")
    first = judge(liar, table, 1, store)
    asked = liar.asked
    assert judge(liar, table, 1, store) == first
    assert liar.asked == asked == 2 * first.comparisons


def test_a_judge_of_places_only_is_exposed(store):
    ranking = judge(LyingLlama(""), table_of(NAMES[:8]), 1, store)
    assert ranking.order_consistency == 0
    assert ranking.position_bias == pytest.approx(expit(2.3))
    assert set(ranking.scores.values()) == {0.0}
    assert set(ranking.ranks.values()) == {1}
    assert ranking.kendall_tau_physics is None
    assert "the place in the question decides more" in ranking.sentence
    assert "do not base a decision on it" in ranking.sentence


def test_a_judge_who_knows_the_physics_is_believed(store):
    table = table_of(NAMES[:6])
    value = {e.name: e.descriptors["thiol_addition"].value for e in table.candidates}
    ranking = judge(LyingLlama("", lambda name: -value[name]), table, 1, store)
    assert ranking.ranks == {evidence.id: evidence.rank_physics for evidence in table.candidates}
    assert ranking.kendall_tau_physics == pytest.approx(1)
    assert ranking.order_consistency == 1
    assert ranking.sentence.endswith("it can be read beside the physics ranking.")


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_compare(n, store):
    ranking = judge(LyingLlama(""), table_of(NAMES[:n]), 1, store)
    assert (len(ranking.scores), ranking.comparisons, ranking.kendall_tau_physics) == (n, 0, None)
    assert "nothing to compare" in ranking.sentence


@given(st.integers(0, 40), st.integers(0, 9), st.integers(0, 99))
def test_pairs_are_fair_and_connected(n, opponents, seed):
    pairs = choose_pairs(n, opponents, seed)
    assert pairs == choose_pairs(n, opponents, seed)
    assert len(set(pairs)) == len(pairs)
    degree = np.bincount(np.array(pairs, dtype=int).ravel(), minlength=n)
    assert len(set(degree.tolist())) <= 1
    if n > 1:
        assert degree.min() >= min(opponents, n - 1)
        reached, edge = {0}, True
        while edge:
            edge = {k for i, j in pairs if (i in reached) != (j in reached) for k in (i, j)} - reached
            reached |= edge
        assert len(reached) == n
    if n <= 6:
        assert len(pairs) == n * (n - 1) // 2


@settings(max_examples=30)
@given(st.lists(st.integers(-30, 30), min_size=2, max_size=20, unique=True), st.integers(0, 9))
def test_a_planted_order_is_found(planted, seed):
    strengths = np.array(planted) / 10
    pairs = choose_pairs(len(planted), 6, seed)
    wins = expit(np.array([strengths[i] - strengths[j] for i, j in pairs]))
    found = fit_strengths(len(planted), pairs, wins)
    assert found.sum() == pytest.approx(0, abs=1e-9)
    if len(planted) <= 6:  # the prior pulls strengths together, and never swaps them where all pairs were seen
        assert np.argsort(found).tolist() == np.argsort(strengths).tolist()
    assert np.corrcoef(found, strengths)[0, 1] > 0.9


def test_the_prompt_gives_evidence_and_not_the_rank():
    table = table_of(NAMES[:3])
    line = evidence_prompt(table, "row-1", "acrylonitrile")
    assert line.startswith(f"acrylonitrile: {table.candidates[0].descriptors['thiol_addition'].value:.1f}, ")
    assert evidence_columns(table).startswith("thiol addition energy in kcal/mol, ")
    assert line.count(",") == evidence_columns(table).count(",")
    ranked_last = dataclasses.replace(table.candidates[0], rank_physics=99, score_physics=99.0)
    other = dataclasses.replace(table, candidates=(ranked_last, *table.candidates[1:]))
    assert evidence_prompt(other, "row-1", "acrylonitrile") == line


def test_the_prompt_names_no_unit_where_there_is_none():
    first = table_of(NAMES[:1])
    title, unit = TITLES["solvation.log_p"]
    log_p = DescriptorEvidence("solvation.log_p", title, 1.11, unit, None, {}, ())
    row = dataclasses.replace(first.candidates[0], descriptors={log_p.name: log_p})
    table = dataclasses.replace(first, candidates=(row,), ranking_descriptor=log_p.name)
    assert evidence_columns(table) == f"{title}, MW, logP, alerts"
    assert evidence_prompt(table, "row-1", "it").startswith("it: 1.11, ")


def test_the_sentence_follows_the_figures():
    assert "cannot be told from coin flips" in trust_sentence(12, 24, 0.5, 0.1, 0.6)
    assert "less often than coin flips" in trust_sentence(5, 24, 0.9, 0.1, 0.6)
    assert "runs against" in trust_sentence(24, 24, 0.5, -0.9, 0.001)
    assert "beside the physics ranking" in trust_sentence(24, 24, 0.5, 0.9, 0.001)
    assert "do not base a decision" in trust_sentence(12, 24, 0.5, 0.9, 0.001)
    assert "undefined" in trust_sentence(3, 3, 0.5, math.nan, math.nan)
