"""What a screen plans and finds, without computing anything."""

from dataclasses import replace

import pytest
from evidence_tables import table_of
from levels_small import TINY

from flows.findings import Findings, evidence_table, find, in_order, plan, scored
from flows.request import ObjectiveName
from models.judge import LlamaRanking
from molecules.candidate import Candidate, Library
from pipeline.descriptors import DescriptorValue
from pipeline.errors import InputError
from pipeline.ground_state import ground_state_key
from pipeline.objective import NAMES, objective
from pipeline.rungs import RUNGS, Rungs

ACRYLAMIDE, BENZENE = (
    Candidate(id=name, row=row, name=name, smiles=smiles, inchikey="", input=smiles)
    for row, (name, smiles) in enumerate({"acrylamide": "C=CC(N)=O", "benzene": "c1ccccc1"}.items(), start=1)
)
LIBRARY = Library((ACRYLAMIDE, BENZENE), ())


def test_a_required_descriptor_refuses_and_an_optional_one_does_not():
    covalent = plan(LIBRARY, objective("covalent"), TINY, neutral=False)
    assert [failure.name for failure in covalent.refused] == ["benzene"]
    assert covalent.calculations["benzene"] == {}
    balanced = plan(LIBRARY, objective("balanced"), TINY, neutral=False)
    assert balanced.refused == ()
    assert "thiol_addition" not in balanced.calculations["benzene"]
    assert "thiol_addition" in balanced.calculations["acrylamide"]


def test_the_molecule_that_others_are_compared_with_is_computed_too():
    covalent = plan(LIBRARY, objective("covalent"), TINY, neutral=False)
    ((_, calculations),) = covalent.references.items()
    keys = {ground_state_key(calculation, TINY, 0) for calculation in calculations}
    assert keys <= covalent.unique(TINY, 0).keys()


def test_nothing_is_ranked_where_the_reference_failed_and_it_is_said():
    goal = objective("covalent")
    covalent = plan(LIBRARY, goal, TINY, neutral=False)
    found = find(LIBRARY, covalent, {}, (), TINY, 0)
    assert scored(LIBRARY, covalent, found, goal, 0) == {}
    assert evidence_table(LIBRARY, found, goal, {}).candidates == ()
    assert any(failure.id == "reference" for failure in found.failed)


def test_a_reference_without_the_quantity_is_a_wrong_request():
    goal = objective("covalent")
    wrong = replace(goal, terms=(replace(goal.terms[0], relative_to="C"),))
    with pytest.raises(InputError, match="relative_to"):
        plan(LIBRARY, wrong, TINY, neutral=False)


def test_of_equal_scores_the_surer_one_comes_first():
    """Both lie within the window; the first, by its uncertainty, may lie outside."""
    goal = replace(objective("covalent"), terms=(replace(objective("covalent").terms[0], relative_to=None),))
    library = Library((ACRYLAMIDE, replace(BENZENE, smiles="C=CC#N")), ())
    the_plan = plan(library, goal, TINY, neutral=False)

    def value(width):
        rungs = Rungs(**dict.fromkeys(RUNGS, -4.5))
        return DescriptorValue("thiol_addition", "", -4.5, "kcal/mol", {"methods": width}, "", (), rungs, ())

    values = {"acrylamide": {"thiol_addition": value(3.0)}, "benzene": {"thiol_addition": value(0.1)}}
    found = Findings(values, {}, {}, ())
    ranking = scored(library, the_plan, found, goal, 0)
    assert list(ranking) == ["benzene", "acrylamide"]
    rows = evidence_table(library, found, goal, ranking).candidates
    assert [row.rank_physics for row in rows] == [1, 1]  # which is first says nothing: both have the score 1


def test_the_llamas_order_comes_with_its_scores_and_ties():
    table = table_of(["a", "b", "c"])
    scores = {"row-1": 0.101, "row-2": -3.0, "row-3": 0.104}
    ranking = LlamaRanking(scores, {"row-1": 1, "row-2": 3, "row-3": 1}, 0, 1.0, 0.5, None, "")
    shown = in_order(table, ranking)
    assert [(row.id, row.rank_llama, row.score_llama) for row in shown.candidates] == [
        ("row-3", 1, 0.104),
        ("row-1", 1, 0.101),
        ("row-2", 3, -3.0),
    ]
    assert shown.sorted_by == "llama"
    assert [row.rank_physics for row in shown.candidates] == [3, 1, 2]


def test_the_form_offers_the_objectives_of_the_project():
    assert tuple(ObjectiveName) == NAMES
