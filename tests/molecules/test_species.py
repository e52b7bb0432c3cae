import pytest

from molecules.smiles import SmilesError
from molecules.species import THIOLATE, Species, anion, cation, neutral


def test_a_closed_shell_molecule_has_its_formal_charge_and_canonical_smiles() -> None:
    assert neutral("N#CC=C", "acrylonitrile", "gas") == Species("acrylonitrile", "C=CC#N", 0, 1, "gas")
    assert neutral("C[N+](C)(C)C", "tetramethylammonium", "water").charge == 1


def test_the_thiolate_is_methanethiolate_in_water() -> None:
    assert neutral("[S-]C", "CH3S-", "water") == THIOLATE


def test_vertical_ions_differ_by_one_electron() -> None:
    molecule = neutral("C=CC#N", "acrylonitrile", "gas")
    assert cation(molecule) == Species("acrylonitrile cation", "C=CC#N", 1, 2, "gas", vertical=True)
    assert anion(molecule) == Species("acrylonitrile anion", "C=CC#N", -1, 2, "gas", vertical=True)
    assert cation(THIOLATE).charge == 0


def test_ions_may_relax() -> None:
    molecule = neutral("C=CC#N", "acrylonitrile", "gas")
    assert cation(molecule, vertical=False) == Species("acrylonitrile cation, relaxed", "C=CC#N", 1, 2, "gas")
    assert anion(molecule, vertical=False) == Species("acrylonitrile anion, relaxed", "C=CC#N", -1, 2, "gas")


def test_ions_of_ions_and_radicals_are_refused() -> None:
    with pytest.raises(ValueError, match="closed-shell"):
        cation(cation(THIOLATE))
    with pytest.raises(ValueError, match="1 unpaired electrons"):
        neutral("[CH3]", "methyl", "gas")
    with pytest.raises(SmilesError):
        neutral("C1CC", "open", "gas")
