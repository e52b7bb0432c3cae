"""Model systems of approved covalent drugs: what stays, what is cut, and how models grow."""

from __future__ import annotations

import pytest
from rdkit import Chem

from molecules.michael import find_michael_sites, thiolate_adduct
from molecules.model_system import MAX_HEAVY_ATOMS, ModelSystem, grown, model_system, site_in
from molecules.smiles import canonical, parse

DRUGS = {
    "ibrutinib": "C=CC(=O)N1CCC[C@H](C1)n1nc(-c2ccc(Oc3ccccc3)cc2)c2c(N)ncnc12",
    "osimertinib": "C=CC(=O)Nc1cc(Nc2nccc(n2)-c2cn(C)c3ccccc23)c(OC)cc1N(C)CCN(C)C",
    "sotorasib": "C=CC(=O)N1CCN([C@@H](C)C1)c1nc(=O)n(-c2c(C)ccnc2C(C)C)c2nc(-c3c(O)cccc3F)c(F)cc12",
    "afatinib": "CN(C)C/C=C/C(=O)Nc1cc2c(Nc3ccc(F)c(Cl)c3)ncnc2cc1O[C@H]1CCOC1",
    "a vinylpyrimidine": "C=Cc1ccnc(n1)Nc1ccc(OCCN2CCOCC2)cc1",
    "a dienamide": "C/C=C/C=C/C(=O)NCCc1ccc(OCCN2CCOCC2)cc1",
}
drugs = pytest.mark.parametrize("smiles", DRUGS.values(), ids=DRUGS)


def model(smiles: str) -> ModelSystem:
    site = find_michael_sites(smiles)[0]
    return model_system(smiles, site.path)


def rings(smiles: str) -> int:
    mol = parse(smiles)  # held: its ring information does not outlive it
    return int(mol.GetRingInfo().NumRings())


@drugs
def test_a_model_is_a_part_of_the_molecule_around_the_warhead(smiles: str) -> None:
    one = model(smiles)
    whole, part = parse(one.whole), parse(one.smiles)
    assert part.GetNumHeavyAtoms() <= MAX_HEAVY_ATOMS
    assert set(one.centre) <= set(one.atoms)
    assert whole.HasSubstructMatch(Chem.MolFromSmarts(one.smiles.replace("[nH]", "n")))
    for atom, origin in zip(part.GetAtoms(), one.atoms, strict=True):
        there = whole.GetAtomWithIdx(origin)
        assert (atom.GetSymbol(), atom.IsInRing()) == (there.GetSymbol(), there.IsInRing())
        cut = sum(origin in bond for bond in one.cuts)
        assert atom.GetTotalNumHs() == there.GetTotalNumHs() + cut
        assert atom.GetFormalCharge() == there.GetFormalCharge()


@drugs
def test_cuts_are_single_acyclic_bonds_and_no_amide(smiles: str) -> None:
    one = model(smiles)
    whole = parse(one.whole)
    amides = whole.GetSubstructMatches(Chem.MolFromSmarts("C(=O)-[#7]"))
    for inside, outside in one.cuts:
        bond = whole.GetBondBetweenAtoms(inside, outside)
        assert bond.GetBondType() == Chem.BondType.SINGLE
        assert not bond.IsInRing()
        assert not any({inside, outside} == {carbon, nitrogen} for carbon, _, nitrogen in amides)


@drugs
def test_a_model_reacts_as_the_molecule_does(smiles: str) -> None:
    site, one = find_michael_sites(smiles)[0], model(smiles)
    inside = site_in(one, site)
    assert inside in find_michael_sites(one.smiles)
    assert inside.group == site.group
    assert thiolate_adduct(inside, "model").species.charge == -1


@drugs
def test_models_grow_up_to_the_whole(smiles: str) -> None:
    one = model(smiles)
    while len(one.atoms) < parse(one.whole).GetNumHeavyAtoms():
        larger = grown(one)
        assert set(one.atoms) < set(larger.atoms)
        assert rings(larger.smiles) >= rings(one.smiles)
        one = larger
    assert (one.smiles, one.cuts) == (one.whole, ())
    assert grown(one) == one


def test_small_molecules_stay_whole() -> None:
    one = model("C=CC(=O)Nc1ccccc1")
    assert (one.smiles, one.cuts) == (one.whole, ())


def test_stereocentres_inside_are_kept() -> None:
    assert "@" in model(DRUGS["sotorasib"]).smiles
    assert "/" in model(DRUGS["afatinib"]).smiles


@pytest.mark.parametrize("centre", [(), (99,)])
def test_a_centre_has_to_be_there(centre: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no part of"):
        model_system(canonical("C=CC=O"), centre)
