"""Explanations: always supported by the evidence, whatever the Llama says."""

import dataclasses
import tempfile
from pathlib import Path

import pytest
from evidence_tables import NAMES, scored, table_of
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_llama import LyingLlama, save_llama

from models.check import check_text
from models.explainer import explain, explanation_parts
from models.llama import load_llama
from pipeline.store import Store

LIES = (
    "",
    "It cures cancer.",
    "Its thiol addition energy is −99.9 kcal/mol.",
    "No structural alert was found.",
    "acrylonitrile is lower 5.0.",
    "Its thiol addition energy is −17.2 kcal/mol. It binds to EGFR.",
)


def test_the_llama_composes_six_checked_sentences(llama, store):
    table = table_of(NAMES)
    for evidence in table.candidates[:7]:
        explanation = explain(llama, table, evidence.id, 1, store)
        assert explanation.source == "llama"
        assert explanation.rejected_attempts == 0
        assert explanation.text == " ".join(claim.text for claim in explanation.claims)
        assert len(explanation.claims) == 6
        assert all(claim.holds for claim in explanation.claims)
        assert check_text(explanation.text, table, evidence.id) == ()


def test_explanations_are_deterministic_stored_and_vary_with_the_seed(llama, store, tmp_path):
    table = table_of(NAMES[:5])
    first = explain(llama, table, "row-2", 1, store)
    assert store.count("explanation") == 1
    assert explain(llama, table, "row-2", 1, store) == first
    assert store.count("explanation") == 1
    assert explain(llama, table, "row-2", 1, Store(f"sqlite:///{tmp_path / 'other.sqlite'}")) == first
    assert len({explain(llama, table, "row-2", seed, store).text for seed in range(6)}) > 1


@pytest.mark.parametrize("lie", LIES)
def test_a_liar_never_gets_through(lie, store):
    table = table_of(NAMES)
    for evidence in table.candidates:
        explanation = explain(LyingLlama(lie), table, evidence.id, 1, store, attempts=3)
        assert explanation.source == "template"
        assert explanation.rejected_attempts == 3
        assert lie == "" or explanation.text != lie
        assert check_text(explanation.text, table, evidence.id) == ()


def test_a_liar_that_alters_one_figure_of_a_true_text_is_caught(store):
    table = table_of(NAMES[:6])
    true = " ".join(part[-1].text for part in explanation_parts(table, "row-1"))
    assert explain(LyingLlama(true), table, "row-1", 1, store).source == "llama"
    for index, char in enumerate(true):
        if char.isdigit():
            lie = true[:index] + str((int(char) + 1) % 10) + true[index + 1 :]
            explanation = explain(LyingLlama(lie), table, "row-1", 1, store, attempts=1)
            assert explanation.source == "template"


def test_a_stored_text_is_checked_again(store, llama):
    table = table_of(NAMES[:5])
    keys = []

    class Recorder:
        def get(self, key):
            keys.append(key)

        def put(self, *_):
            pass

    explain(llama, table, "row-1", 1, Recorder())
    store.put(keys[0], "explanation", ["It cures cancer."], 0.0)
    explanation = explain(llama, table, "row-1", 1, store)
    assert "cancer" not in explanation.text
    assert explanation.rejected_attempts == 1


def test_alerts_and_flags_are_never_left_out():
    table = table_of(NAMES)
    for evidence in table.candidates:
        relations = [{claim.relation for claim in part} for part in explanation_parts(table, evidence.id)]
        assert ({"alert"} in relations) == bool(evidence.alerts)
        assert ({"flag"} in relations) == any(d.flags for d in evidence.descriptors.values())


def test_the_end_tells_what_is_uncertain_what_would_change_the_rank_and_what_quantum_changed():
    for table in (table_of(NAMES), scored(table_of(NAMES))):
        for evidence in table.candidates:
            *_, uncertain, change, quantum = explanation_parts(table, evidence.id)
            assert {claim.relation for claim in change} == {"change"}
            assert {claim.relation for claim in quantum} == {"rung_rank"}
            assert {claim.relation for claim in uncertain} <= {"flag", "inseparable", "separate", "uncertainty"}


def test_with_no_other_candidate_nothing_would_change_the_rank():
    table = table_of(NAMES[:1])
    *_, closing = explanation_parts(table, "row-1")
    assert {claim.relation for claim in closing} == {"rung"}


def test_a_candidate_alone_with_little_evidence():
    table = table_of(NAMES[:1])
    alone = dataclasses.replace(table.candidates[0], descriptors={}, properties={}, alerts=())
    table = dataclasses.replace(table, candidates=(alone,))
    assert [[c.text for c in part] for part in explanation_parts(table, alone.id)] == [
        ["No structural alert was found.", "It carries no structural alert."]
    ]


def test_conclusions_need_a_gap_beyond_the_uncertainty():
    table = table_of(NAMES[:2], seed=1)
    wide = tuple(
        dataclasses.replace(
            evidence,
            descriptors={
                "thiol_addition": dataclasses.replace(evidence.descriptors["thiol_addition"], uncertainty=width)
            },
        )
        for evidence, width in zip(table.candidates, (50.0, 1.0), strict=True)
    )
    texts = [c.text for part in explanation_parts(dataclasses.replace(table, candidates=wide), "row-1") for c in part]
    assert any("so their order is open" in text for text in texts)
    assert not any("react more" in text or "turnover" in text for text in texts)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return load_llama(str(save_llama(tmp_path_factory.mktemp("tiny"), 3)))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=30), st.sampled_from(NAMES)), min_size=1, max_size=5),
    st.integers(0, 10**6),
)
def test_no_explanation_violates_the_evidence(tiny, names, seed):
    table = table_of(names, seed)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'store.sqlite'}")
        for evidence in table.candidates[:2]:
            explanation = explain(tiny, table, evidence.id, seed, store)
            assert explanation.source == "llama"
            assert check_text(explanation.text, table, evidence.id) == ()


def test_a_made_up_score_is_explained_by_what_it_is_made_of():
    """Where the score is a desirability, the comparison is of the weightiest descriptor in it."""
    table = scored(table_of(NAMES))
    for row in table.candidates:
        verdict, compared, *_ = explanation_parts(table, row.id)
        assert {claim.descriptor for claim in verdict} == {"desirability"}
        assert {claim.descriptor for claim in compared} == {"thiol_addition"}
