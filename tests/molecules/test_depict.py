import re
from xml.etree import ElementTree

import pytest

from molecules.depict import STRONG_KCAL_MOL, WEAK_KCAL_MOL, soft_spots, svg
from molecules.smiles import SmilesError

SVG = "{http://www.w3.org/2000/svg}"


def bond_lengths(drawing: str) -> list[float]:
    ends = re.findall(r"class='bond-\d+ atom-\d+ atom-\d+' d='M ([\d.]+),([\d.]+) L ([\d.]+),([\d.]+)'", drawing)
    return [((float(a) - float(c)) ** 2 + (float(b) - float(d)) ** 2) ** 0.5 for a, b, c, d in ends]


def test_a_drawing_is_one_transparent_element_that_scales() -> None:
    drawing = svg("C=CC(=O)Nc1ccccc1", width=300, height=200)
    assert drawing.startswith("<svg")
    root = ElementTree.fromstring(drawing)
    assert root.get("viewBox") == "0 0 300 200"
    assert "max-width:100%" in root.get("style", "")
    assert root.find(f"{SVG}rect") is None


def test_bonds_have_one_length_in_every_drawing() -> None:
    ethane, toluene = (max(bond_lengths(svg(smiles))) for smiles in ("CC", "Cc1ccccc1"))
    assert ethane == pytest.approx(27, abs=0.5)
    assert toluene == pytest.approx(27, abs=0.5)
    assert max(bond_lengths(svg("C" * 40))) < 20


def test_drawings_are_repeatable_and_highlights_are_drawn() -> None:
    plain = svg("C=CC#N")
    assert svg("C=CC#N") == plain
    assert len(ElementTree.fromstring(svg("C=CC#N", highlight=(0, 1))).findall(f"{SVG}ellipse")) == 2
    assert not ElementTree.fromstring(plain).findall(f"{SVG}ellipse")


def test_soft_spots_are_coloured_by_strength() -> None:
    def fills(*enthalpies: float) -> list[str]:
        drawing = ElementTree.fromstring(soft_spots("CCO", dict(enumerate(enthalpies))))
        return [re.findall(r"fill:(#\w+)", mark.get("style", ""))[0] for mark in drawing.findall(f"{SVG}ellipse")]

    def lightness(colour: str) -> int:
        return sum(int(colour[i : i + 2], 16) for i in (1, 3, 5))

    weak, middle, strong = (fills(value)[0] for value in (WEAK_KCAL_MOL, 92.5, STRONG_KCAL_MOL))
    assert lightness(weak) < lightness(middle) < lightness(strong)
    assert fills(WEAK_KCAL_MOL - 20, STRONG_KCAL_MOL + 20) == [weak, strong]
    assert soft_spots("CCO", {}) == svg("CCO")


def test_errors() -> None:
    with pytest.raises(SmilesError):
        svg("C1")
    with pytest.raises(ValueError, match="no atom 4"):
        svg("C=CC#N", highlight=[4])
    with pytest.raises(ValueError, match="no atom 3"):
        soft_spots("CCO", {3: 95.0})
