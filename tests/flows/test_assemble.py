"""What a screen says of its own ranking: what the VQE changed."""

from dataclasses import replace

import pytest
from evidence_tables import table_of

from flows.assemble import quantum_effect
from pipeline.rungs import RUNGS

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


def test_a_change_that_is_not_shown_moves_nobody():
    """Ranks are by values as they are shown: in kcal/mol, with one decimal."""
    nudged = with_rungs(
        table_of(NAMES), lambda row: {"casci_pdft": round(row.descriptors["thiol_addition"].value, 1) + 0.02}
    )
    effect = quantum_effect(nudged)
    assert effect.rank_changes == ()
    assert effect.kendall_tau["casci_pdft"] == pytest.approx(1.0)


def test_what_the_exact_state_ties_is_no_swap():
    table = table_of(NAMES)
    first, second = table.candidates[:2]
    level = second.descriptors["thiol_addition"].value
    effect = quantum_effect(
        with_rungs(
            table,
            lambda row: {"casci_pdft": level if row.id == first.id else row.descriptors["thiol_addition"].value},
        )
    )
    (change,) = effect.rank_changes
    assert (change.id, change.rank_vqe_pdft, change.rank_casci_pdft) == (second.id, 2, 1)
    assert (change.sharing_vqe_pdft, change.sharing_casci_pdft) == (1, 2)
    assert effect.sentence.startswith("The VQE gives 1 of 8 candidates another rank")


@pytest.mark.parametrize(("n", "words"), [(2, "both candidates are tied"), (8, "all 8 candidates are tied")])
def test_where_all_are_tied_there_is_no_agreement_to_tell(n, words):
    effect = quantum_effect(with_rungs(table_of(NAMES[:n]), lambda _: dict.fromkeys(RUNGS, -3.0)))
    assert words in effect.sentence
    assert set(effect.kendall_tau.values()) == {None}


def test_a_candidate_without_a_rung_takes_no_part_in_its_order():
    table = table_of(NAMES)
    effect = quantum_effect(
        with_rungs(
            table,
            lambda row: {"casci_pdft": None if row.id == "row-3" else row.descriptors["thiol_addition"].value},
        )
    )
    assert "the 7 candidates" in effect.sentence


def test_in_the_llamas_order_it_is_said_that_this_is_about_physics():
    effect = quantum_effect(replace(table_of(NAMES), sorted_by="llama"))
    assert effect.sentence.startswith("This is about the order by thiol addition energy; the list is in the Llama's. ")


def test_one_candidate_has_no_order():
    assert "no order" in quantum_effect(table_of(NAMES[:1])).sentence
