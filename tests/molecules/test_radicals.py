from collections import Counter

import pytest
from rdkit import Chem

from molecules.radicals import CARBON_HYDROGEN, HETEROATOM_HYDROGEN, find_bonds, homolysis
from molecules.smiles import SmilesError, canonical, parse

MOLECULES = [
    "Cc1ccccc1",
    "CC(=O)N[C@@H](C)c1ccccc1",
    "c1ccc2[nH]ccc2c1",
    "C[N+](C)(C)CC(=O)[O-]",
    "F/C(Cl)=C(/F)CBr",
    "CC(C)/C=C/[C@H](C)O",
    "CS",
    "C#C",
]


def radicals(smiles: str, pattern: str = CARBON_HYDROGEN) -> dict[int, str]:
    """SMILES of the radical by the number of the atom that loses its hydrogen, from 1."""
    return {bond.atom + 1: homolysis(bond, "M")[0].smiles for bond in find_bonds(smiles, pattern)}


@pytest.mark.parametrize(
    ("smiles", "numbers"),
    [
        ("C", [(1,)]),
        ("CC(C)(C)C", [(1, 3, 4, 5)]),
        ("Cc1ccccc1", [(1,), (3, 7), (4, 6), (5,)]),
        ("C1CCCCC1", [(1, 2, 3, 4, 5, 6)]),
        ("C=CC#N", [(1,), (2,)]),
        ("C(Cl)(Cl)(Cl)Cl", []),
    ],
)
def test_bonds_are_found_once_for_each_symmetry_class(smiles: str, numbers: list[tuple[int, ...]]) -> None:
    found = find_bonds(smiles, CARBON_HYDROGEN)
    assert [tuple(atom + 1 for atom in bond.equivalent) for bond in found] == numbers
    mol = Chem.AddHs(parse(canonical(smiles)))
    for bond in found:
        assert bond.smiles == canonical(smiles)
        assert bond.equivalent[0] == bond.atom
        assert bond.symbols == ("C", "H")
        assert mol.GetBondBetweenAtoms(bond.atom, bond.partner) is not None
        assert mol.GetAtomWithIdx(bond.partner).GetSymbol() == "H"


def test_radicals_are_written_as_such() -> None:
    assert radicals("Cc1ccccc1") == {1: "[CH2]c1ccccc1", 3: "Cc1[c]cccc1", 4: "Cc1c[c]ccc1", 5: "Cc1cc[c]cc1"}
    assert radicals("c1cc[nH]c1", HETEROATOM_HYDROGEN) == {4: "C1=C[N]C=C1"}
    assert radicals("CS", HETEROATOM_HYDROGEN) == {2: "C[S]"}
    assert radicals("C[C@H](F)Cl") == {1: "[CH2][C@H](F)Cl", 2: "C[C](F)Cl"}


def test_double_bonds_keep_their_form_except_at_the_radical_centre() -> None:
    assert radicals("C/C=C\\C") == {1: "[CH2]/C=C\\C", 2: "C[C]=CC"}
    assert radicals("F/C(Cl)=C(/F)CBr") == {6: "F/C(Cl)=C(/F)[CH]Br"}


@pytest.mark.parametrize("smiles", MOLECULES)
@pytest.mark.parametrize("pattern", [CARBON_HYDROGEN, HETEROATOM_HYDROGEN])
def test_atoms_and_charge_are_conserved_in_two_doublets(smiles: str, pattern: str) -> None:
    mol = Chem.AddHs(parse(smiles))
    for bond in find_bonds(smiles, pattern):
        radical, hydrogen = homolysis(bond, "M")
        assert (hydrogen.label, hydrogen.smiles, hydrogen.multiplicity) == ("H•", "[H]", 2)
        assert Counter(radical.symbols + hydrogen.symbols) == Counter(atom.GetSymbol() for atom in mol.GetAtoms())
        assert radical.charge + hydrogen.charge == Chem.GetFormalCharge(mol)
        assert (radical.multiplicity, radical.environment, radical.vertical) == (2, "gas", False)
        assert canonical(radical.smiles) == radical.smiles
        assert sum(atom.GetNumRadicalElectrons() for atom in parse(radical.smiles).GetAtoms()) == 1
        assert radical.label == f"M radical at {bond.symbols[0]}{bond.atom + 1}"


def test_any_single_bond_outside_rings_can_break() -> None:
    methyl, benzyl = homolysis(find_bonds("CCc1ccccc1", "[CH3]-[CH2]")[0], "ethylbenzene")
    assert (methyl.smiles, benzyl.smiles) == ("[CH3]", "[CH2]c1ccccc1")
    first, second = homolysis(find_bonds("[H][H]", "[#1]-[#1]")[0], "hydrogen")
    assert first == second
    with pytest.raises(ValueError, match="in a ring"):
        homolysis(find_bonds("C1CC1", "[#6]-[#6]")[0], "cyclopropane")
    with pytest.raises(SmilesError):
        find_bonds("C1CC", CARBON_HYDROGEN)
