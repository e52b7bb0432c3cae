"""Ranks: one more than the number of values that are strictly better, as they are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ranks import decimals_of, place, places, ranks

VALUES = st.lists(st.floats(-99, 99) | st.integers(0, 30).map(lambda hundredths: hundredths / 1000), max_size=25)


@given(VALUES, st.sampled_from(("", "kcal/mol", "eV")), st.booleans())
def test_a_rank_counts_who_is_better_as_shown(values, unit, lower_is_better):
    shown = [float(f"{value:.{decimals_of(unit)}f}") for value in values]  # what a reader sees
    better = [sum(b < a if lower_is_better else b > a for b in shown) for a in shown]
    assert ranks(values, unit, lower_is_better=lower_is_better) == [1 + count for count in better]


@given(VALUES)
def test_places_that_are_shared_cover_the_list_once(values):
    given = ranks(values)
    covered = []
    for words in set(places(given)):
        first, _, last = words.removesuffix(", tied").partition("–")
        covered += range(int(first), int(last or first) + 1)
    assert sorted(covered) == list(range(1, len(values) + 1))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([0.4], [1]),
        ([0.4, 0.4], [1, 1]),
        ([0.874, 0.866], [1, 1]),  # both are shown as 0.87
        ([0.875, 0.8649], [1, 2]),
        ([-0.001, 0.001, 0.0], [1, 1, 1]),  # none is shown with a sign
        ([1.0, 0.9981, 0.9951, 0.9949], [1, 1, 1, 4]),
    ],
)
def test_values_shown_alike_share_a_rank(values, expected):
    assert ranks(values) == expected


def test_a_shared_rank_is_shown_as_the_places_it_stands_for():
    assert places([1, 1, 1, 4, 5, 5]) == ["1–3, tied", "1–3, tied", "1–3, tied", "4", "5–6, tied", "5–6, tied"]
    assert (place(7, 1), place(7, 2)) == ("7", "7–8, tied")
