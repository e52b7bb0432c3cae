"""Objectives: files that chemists edit, desirabilities, and scores with their uncertainty."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molecules.species import neutral
from pipeline.descriptors import DescriptorValue
from pipeline.descriptors.residuals import RESIDUALS, with_residual
from pipeline.desirability import LEAST, Known, probability_top_k, scores
from pipeline.errors import InputError
from pipeline.ground_state import Calculation
from pipeline.level import PROFILES
from pipeline.objective import NAMES, Objective, Term, objective, read_objective
from pipeline.rungs import RUNGS, Rungs

WINDOW = Term("thiol_addition", "", -12.0, -5.0, 2.0, 8.0, 1.0, None, None)
REFERENCE = "C=CC(=O)NC"


def descriptor(name: str, value: float, width: float = 0.0, **rungs: float) -> DescriptorValue:
    everywhere = {rung: rungs.get(rung, value) for rung in RUNGS}
    return DescriptorValue(name, name, value, "kcal/mol", {"methods": width}, "", (), Rungs(**everywhere), ())


def of(*terms: Term) -> Objective:
    return Objective("test", "which is best", terms, ())


@given(st.floats(-50, 50))
def test_a_desirability_is_a_trapezoid(value: float) -> None:
    found = float(WINDOW.desirability(np.asarray(value)))
    expected = min(max(min((value + 12) / 7, (8 - value) / 6), 0.0), 1.0)
    assert found == pytest.approx(expected)
    lower_only = replace(WINDOW, one_to=None, zero_above=None)
    assert float(lower_only.desirability(np.asarray(value))) == pytest.approx(min(max((value + 12) / 7, 0.0), 1.0))


def test_a_score_is_the_weighted_geometric_mean_on_every_rung() -> None:
    """By hand: desirabilities of 4/7 with weight 3 and 1/2 with weight 1; on xtb nothing is left of the first."""
    goal = of(replace(WINDOW, weight=3.0), Term("mw", "", None, None, 400.0, 600.0, 1.0, None, None))
    known = Known({"thiol_addition": descriptor("thiol_addition", -8.0, xtb=-20.0)}, {"mw": 500.0})
    (score,) = scores(goal, [known], {}, seed=0)
    assert score.value.value == pytest.approx((4 / 7) ** 0.75 * 0.5**0.25)
    assert score.value.rungs.xtb == pytest.approx(LEAST**0.75 * 0.5**0.25)
    assert score.value.rungs.dft == score.value.value
    assert [part.desirability for part in score.parts] == pytest.approx([4 / 7, 0.5])
    assert score.value.uncertainty == pytest.approx(0.0, abs=1e-12)  # nothing in it is uncertain


def test_a_score_whose_draws_all_agree_is_no_certainty() -> None:
    """Well inside the window no draw leaves it; 4000 draws cannot show what happens less often than that."""
    (score,) = scores(of(WINDOW), [Known({"thiol_addition": descriptor("thiol_addition", -1.0, 0.1)}, {})], {}, seed=0)
    assert score.value.value == 1.0
    assert np.ptp(score.draws) == 0.0
    assert 0.01 < score.value.uncertainty < 0.02


def test_an_estimate_from_the_formula_is_uncertain_and_a_count_is_not() -> None:
    terms = [Term(name, "", None, None, 1.0, 5.0, 1.0, None, None) for name in ("clogp", "hbd")]
    (score,) = scores(of(*terms), [Known({}, {"clogp": 3.0, "hbd": 3.0})], {}, seed=0)
    assert [part.uncertainty for part in score.parts] == [0.68, 0.0]
    assert score.value.uncertainty > 0.02


def test_a_reference_is_subtracted_on_every_rung_and_shared_errors_cancel() -> None:
    goal = of(replace(WINDOW, relative_to=REFERENCE))
    known = Known({"thiol_addition": descriptor("thiol_addition", -28.0, 4.0, dft=-36.0)}, {})
    reference = {("thiol_addition", REFERENCE): descriptor("thiol_addition", -20.0, 4.0, dft=-28.0)}
    (score,) = scores(goal, [known], reference, seed=0)
    assert score.parts[0].value == pytest.approx(-8.0)
    assert score.parts[0].uncertainty == 0.0  # both methods agree on the difference
    assert score.value.rungs.dft == pytest.approx(4 / 7)


def test_a_difference_is_no_better_known_than_validation_says() -> None:
    """Both molecules alone are more uncertain than the residual; that methods agree on the difference is no proof."""
    goal = of(replace(WINDOW, relative_to=REFERENCE))
    value, reference = (
        with_residual(descriptor("thiol_addition", at, 4.0, dft=at - 8.0), PROFILES["quick"]) for at in (-28.0, -20.0)
    )
    assert value.uncertainty == 4.0
    (score,) = scores(goal, [Known({"thiol_addition": value}, {})], {("thiol_addition", REFERENCE): reference}, seed=0)
    residual = RESIDUALS["thiol_addition", "quick"].root_mean_square
    assert score.parts[0].uncertainty == pytest.approx(math.sqrt(2) * residual)


def test_the_reference_less_itself_is_zero_without_doubt() -> None:
    goal = of(replace(WINDOW, relative_to=REFERENCE))
    calculation = Calculation(neutral(REFERENCE, "reference", "water"), None)
    value = with_residual(descriptor("thiol_addition", -20.0, 4.0), PROFILES["quick"])
    value = replace(value, calculations=(calculation,))
    (score,) = scores(goal, [Known({"thiol_addition": value}, {})], {("thiol_addition", REFERENCE): value}, seed=0)
    assert (score.parts[0].value, score.parts[0].uncertainty) == (0.0, 0.0)


def test_a_molecule_without_the_quantity_has_the_stated_desirability() -> None:
    goal = of(replace(WINDOW, absent=0.3), Term("mw", "", None, None, 400.0, 600.0, 1.0, None, None))
    (score,) = scores(goal, [Known({}, {"mw": 300.0})], {}, seed=0)
    assert score.value.value == pytest.approx(math.sqrt(0.3))
    assert score.parts[0].value is None


def test_the_spread_of_a_score_is_that_of_its_values() -> None:
    """On the slope of a single term a score is linear, so its width is that of the value times the slope."""
    (score,) = scores(of(WINDOW), [Known({"thiol_addition": descriptor("thiol_addition", -8.5, 0.35)}, {})], {}, 3)
    assert score.value.uncertainty == pytest.approx(0.05, rel=0.05)
    assert score.draws.mean() == pytest.approx(0.5, abs=0.01)


@given(st.lists(st.floats(-12, -5), min_size=1, max_size=8), st.floats(0, 5), st.integers(1, 10))
def test_chances_are_probabilities_that_sum_to_k(values: list[float], width: float, k: int) -> None:
    known = [Known({"thiol_addition": descriptor("thiol_addition", value, width)}, {}) for value in values]
    chances = probability_top_k(scores(of(WINDOW), known, {}, 0), k)
    assert all(0 <= p <= 1 for p in chances)
    assert sum(chances) == pytest.approx(min(k, len(values)))


def test_without_uncertainty_the_best_are_certain_and_with_much_all_are_alike() -> None:
    values = [-5.5, -6.0, -7.0, -9.0]

    def chances(width: float) -> tuple[float, ...]:
        known = [Known({"thiol_addition": descriptor("thiol_addition", value, width)}, {}) for value in values]
        return probability_top_k(scores(of(WINDOW), known, {}, 0), 2)

    assert chances(0.0) == pytest.approx((1.0, 1.0, 0.0, 0.0), abs=1e-3)
    assert all(0 < p < 1 for p in chances(0.0))  # draws that all agree are no certainty
    assert chances(1e4) == pytest.approx((0.5,) * 4, abs=0.08)
    assert chances(1.0) == chances(1.0)
    alike = scores(of(WINDOW), [Known({"thiol_addition": descriptor("thiol_addition", 99.0)}, {})] * 4, {}, 0)
    assert probability_top_k(alike, 1) == pytest.approx((0.25,) * 4, abs=0.05)
    assert probability_top_k((), 3) == ()


@pytest.mark.parametrize("name", NAMES)
def test_objectives_of_the_project(name: str) -> None:
    goal = objective(name)
    assert goal.name == name
    assert goal.descriptors
    assert all(term.why for term in goal.terms)
    assert {descriptor for descriptor, _ in goal.references} <= set(goal.descriptors)


def test_an_edited_copy_is_an_objective(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = Path("pipeline/objectives/covalent.yaml").read_text()
    file.write_text(text.replace("name: covalent", "name: mine").replace("weight: 3", "weight: 5"))
    mine, theirs = read_objective(file), objective("covalent")
    assert (mine.name, mine.terms[0].weight) == ("mine", 5.0)
    assert mine.terms[1:] == theirs.terms[1:]


MERGED = "a: &a {k: v}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}\n" for old, new in pairwise("abcdefghijk")
)
"""Eleven lines that would unfold to nine to the tenth pairs."""
TERMS = "name: x\nquestion: which\nterms:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "is no YAML"),
        ("- a", "holds no objective"),
        ("name: x\nquestion: which\n", "terms: Field required"),
        ("name: '=1+1'\nquestion: which\nterms: [{value: mw}]", "name: "),
        (TERMS + "  - {value: thiol_addition, zero_bellow: 1}", "term 1, zero_bellow: "),
        (TERMS + "  - {value: charm, one_to: 1, zero_above: 2}", r"term 1 \(charm\): there is no such value"),
        (TERMS + "  - {value: thiol_addition, one_to: 1}", "one side is incomplete"),
        (TERMS + "  - {value: thiol_addition}", "nothing says what is desirable"),
        (TERMS + "  - {value: thiol_addition, one_to: 2, zero_above: 1}", "do not rise"),
        (TERMS + "  - {value: thiol_addition, one_to: .nan, zero_above: 1}", "term 1, one_to: "),
        (TERMS + "  - {value: thiol_addition, one_to: 1, zero_above: 2, weight: 0}", "term 1, weight: "),
        (TERMS + "  - {value: thiol_addition, one_to: 1, zero_above: 2, relative_to: C1}", "relative_to: "),
        (TERMS + "  - {value: mw, one_to: 1, zero_above: 2, relative_to: C}", "relative_to is for descriptors"),
        (TERMS + "  - {value: mw, one_to: 1, zero_above: 2}", "no term is a descriptor"),
        (TERMS + "  - {value: thiol_addition, one_to: 1, zero_above: 2}\nbeside: [luck]", "no descriptor 'luck'"),
        (TERMS + "  - {value: !!python/object/apply:os.system [id]}", "is no YAML"),
        ("x" * 70000, "is larger than 64 KiB"),
        ("name: &a x\nquestion: *a\n", r"references \(\*name\) are not taken"),
        (MERGED, "references"),
        ("[" * 60000, "is no YAML"),
        ("name: 2026-02-30", "is no YAML"),
        ("name: " + "9" * 5000, "is no YAML"),
        ("name: 1" + ":59" * 5000 + ".0", "is no YAML"),
        ("name: !!timestamp x", "is no YAML"),
        ("name: !!bool x", "is no YAML"),
    ],
    ids=lambda value: value[:30],
)
def test_a_wrong_file_is_refused_with_the_place_and_a_remedy(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "objective.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=said) as error:
        read_objective(file)
    assert error.value.remedy
    assert str(file) in error.value.reason


@given(st.text("!&*<>[]{}?:-#|'\"%@` \n\tax0159.,", max_size=60) | st.text(max_size=30))
@settings(deadline=None)
def test_any_text_is_an_objective_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(InputError):
        read_objective(file)


def test_names_and_files_that_are_not_there() -> None:
    with pytest.raises(InputError, match="larger than 64 KiB"):
        read_objective(Path("/dev/zero"))
    with pytest.raises(InputError, match="no objective"):
        objective("beauty")
    with pytest.raises(InputError, match="cannot be read"):
        read_objective(Path("nowhere.yaml"))
