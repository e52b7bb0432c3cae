"""What a screen says of its own ranking: what the VQE changed."""

from dataclasses import replace

import pytest
from evidence_tables import table_of

from flows.assemble import quantum_effect

NAMES = [f"candidate {i}" for i in range(8)]


def with_rungs(table, change):
    """The table with each candidate's rungs of the ranking descriptor changed."""
    rows = []
    for row in table.candidates:
        main = row.descriptors["thiol_addition"]
        descriptors = {**row.descriptors, "thiol_addition": replace(main, rungs={**main.rungs, **change(row)})}
        rows.append(replace(row, descriptors=descriptors))
    return replace(table, candidates=tuple(rows))


def test_a_vqe_that_finds_the_exact_state_changes_nothing_and_it_is_said():
    def exact(row):
        return {"casci_pdft": row.descriptors["thiol_addition"].value}

    effect = quantum_effect(with_rungs(table_of(NAMES), exact))
    assert effect.rank_changes == ()
    assert effect.kendall_tau["casci_pdft"] == pytest.approx(1.0)
    assert "exactly as the exact state" in effect.sentence
    assert "nothing that a classical computer did not find" in effect.sentence


def test_a_swap_of_two_candidates_is_named():
    table = table_of(NAMES)
    values = {row.id: row.descriptors["thiol_addition"].value for row in table.candidates}
    first, second = (row.id for row in table.candidates[:2])
    swapped = {**values, first: values[second], second: values[first]}
    effect = quantum_effect(with_rungs(table, lambda row: {"casci_pdft": swapped[row.id]}))
    assert [(c.id, c.rank_vqe_pdft, c.rank_casci_pdft) for c in effect.rank_changes] == [(first, 1, 2), (second, 2, 1)]
    assert effect.sentence.startswith("The VQE gives 2 of 8 candidates another rank than the exact state")
    assert effect.kendall_tau["casci_pdft"] == pytest.approx(1 - 4 / 56)


def test_a_rung_that_was_not_computed_has_no_agreement():
    effect = quantum_effect(with_rungs(table_of(NAMES), lambda _: {"dft": None}))
    assert effect.kendall_tau["dft"] is None
    assert "DFT" not in effect.sentence


def test_one_candidate_has_no_order():
    assert "no order" in quantum_effect(table_of(NAMES[:1])).sentence
