"""Cells as numbers with units: read rightly, or left out with the reason, never misread."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.measurement import Measurement, converted, decimal_marks, known_unit, measurement, unit_in_title

POINT, COMMA = frozenset("."), frozenset(",")
NEITHER: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("cell", "marks", "value", "unit"),
    [
        ("12", NEITHER, 12, ""),
        (" 3.4E+03 ", NEITHER, 3400, ""),
        ("-1.5e-9", NEITHER, -1.5e-9, ""),
        ("−2.5", NEITHER, -2.5, ""),
        ("= 5", NEITHER, 5, ""),
        (".5", NEITHER, 0.5, ""),
        ("5,3", NEITHER, 5.3, ""),
        ("0,500", NEITHER, 0.5, ""),
        ("1,200", POINT, 1200, ""),
        ("1,200", COMMA, 1.2, ""),
        ("1.200", POINT, 1.2, ""),
        ("1.200", NEITHER, 1.2, ""),
        ("1.200", COMMA, 1200, ""),
        ("1,234,567", NEITHER, 1234567, ""),
        ("1.234.567,8", NEITHER, 1234567.8, ""),
        ("1,234.5", NEITHER, 1234.5, ""),
        ("12 nM", NEITHER, 12, "nM"),
        ("12nM", NEITHER, 12, "nM"),
        ("1.2 uM", NEITHER, 1.2, "µM"),
        ("1.2 μM", NEITHER, 1.2, "µM"),
        ("3 µmol/L", NEITHER, 3, "µM"),
        ("50%", NEITHER, 50, "%"),
        ("１２", NEITHER, 12, ""),
    ],
)  # fmt: skip
def test_what_is_one_number_is_read(cell: str, marks: frozenset[str], value: float, unit: str) -> None:
    found = measurement(cell, marks)
    assert found.value == pytest.approx(value)
    assert found.unit == unit


@pytest.mark.parametrize(
    "cell",
    [
        "1_000", "NaN", "inf", "n.d.", "-", "( 5 )", "(5)", "5-10", "2026-01-05", "5/2", "1e400", "10²", "5 ± 1",
        "1,00,000", "1.2.3", "12,34,5", "1 200", "12 (n=3)", "12 mg", "5e", "0x1F", "1,2;3", "#N/A", "1:10", "NT", "+",
        "--", "1O", "TRUE", "NULL", "12 h",
    ],
)  # fmt: skip
def test_what_is_none_is_left_out(cell: str) -> None:
    with pytest.raises(ValueError, match=r"no (finite )?number"):
        measurement(cell, NEITHER)


@pytest.mark.parametrize("cell", [">10", "<0.1 nM", "≥ 5", "~5", "> 10000", "＞10", ">>100", "ca. 5", "≈5", "<=3"])
def test_limits_are_named(cell: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        measurement(cell, NEITHER)


@pytest.mark.parametrize(("cell", "marks"), [("1,200", NEITHER), ("1,200", POINT | COMMA), ("1.200", POINT | COMMA)])
def test_what_has_two_readings_is_left_out(cell: str, marks: frozenset[str]) -> None:
    with pytest.raises(ValueError, match="decimal mark or a thousands separator"):
        measurement(cell, marks)


@given(st.lists(st.floats(0.0001, 1e9), min_size=1, max_size=8), st.booleans(), st.booleans(), st.integers(1, 4))
def test_what_is_read_of_a_column_is_what_was_written(
    values: list[float], comma: bool, grouped: bool, digits: int
) -> None:
    """With a point or a comma before the decimals, and thousands separators or none."""
    swap = str.maketrans(".,", ",.") if comma else {}
    cells = [f"{value:{',' if grouped else ''}.{digits}f}".translate(swap) for value in values]
    marks = decimal_marks(cells)
    for cell, value in zip(cells, values, strict=True):
        with contextlib.suppress(ValueError):  # 1,200 alone
            assert measurement(cell, marks).value == pytest.approx(round(value, digits))


def test_columns_of_one_decimal_mark_are_read_whole() -> None:
    for cells, values in (
        (["1,200", "3.4E+03", "7"], [1200, 3400, 7]),
        (["1,200", "0,5", "7"], [1.2, 0.5, 7]),
        (["1.200", "0,5", "1.234.567"], [1200, 0.5, 1234567]),
        (["5.123", "6.342"], [5.123, 6.342]),
    ):
        marks = decimal_marks(cells)
        assert [measurement(cell, marks).value for cell in cells] == pytest.approx(values)


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("IC50 (nM)", "nM"), ("EC50 [µmol/L]", "µM"), ("Ki_uM", "µM"), ("IC50 nM", "nM"), ("IC50 (uM) hERG", "µM"),
        ("pIC50", "-log10 M"), ("pChEMBL Value", "-log10 M"), ("pIC50 (M)", "-log10 M"), ("-log(M)", "-log10 M"),
        ("% inhibition at 10 µM", "%"), ("Inhibition @ 1 uM", ""), ("t1/2 (min)", ""), ("log k, M", "M"),
        ("activity", ""),
    ],
)  # fmt: skip
def test_units_in_titles(title: str, unit: str) -> None:
    assert unit_in_title(title) == unit


@pytest.mark.parametrize(
    ("text", "unit"), [("nmol.L-1", "nM"), ("UM", "µM"), ("MM", "mM"), ("pki", "-log10 M"), ("%", "%")]
)
def test_units_are_written_one_way(text: str, unit: str) -> None:
    assert known_unit(text) == unit


@given(st.floats(-3, 12), st.sampled_from(["pM", "nM", "µM", "mM", "M"]))
def test_conversion_goes_there_and_back(negative_logarithm: float, unit: str) -> None:
    there = converted(Measurement(negative_logarithm, "-log10 M"), unit)
    assert converted(Measurement(there, unit), "-log10 M") == pytest.approx(negative_logarithm, abs=1e-9)


def test_known_conversions() -> None:
    assert converted(Measurement(1.2, "µM"), "nM") == pytest.approx(1200)
    assert converted(Measurement(9, "-log10 M"), "nM") == pytest.approx(1)
    with pytest.raises(ValueError, match=r"unit is ug\.mL-1"):
        converted(Measurement(1, "ug.mL-1"), "nM")
