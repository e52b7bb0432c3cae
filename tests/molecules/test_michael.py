from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molecules.michael import MichaelSite, find_michael_sites, thiolate_adduct
from molecules.read import read_library
from molecules.smiles import canonical, parse

EXAMPLES = Path(__file__).parents[2] / "molecules" / "examples"
ACCEPTORS = {
    # acceptor: (group, bond order, number of conjugated atoms, adduct)
    "C=CC(N)=O": ("amide", 2, 2, "CSCC=C(N)[O-]"),
    "C/C=C/C(=O)OC": ("ester", 2, 2, "COC([O-])=CC(C)SC"),
    "C=CC=O": ("aldehyde", 2, 2, "CSCC=C[O-]"),
    "C=CC(C)=O": ("enone", 2, 2, "CSCC=C(C)[O-]"),
    "O=C1C=CCC1": ("enone", 2, 2, "CSC1C=C([O-])CC1"),
    "O=C1C=CC(=O)C=C1": ("enone", 2, 2, "CSC1C=C([O-])C=CC1=O"),
    "CN1C(=O)C=CC1=O": ("imide", 2, 2, "CSC1C=C([O-])N(C)C1=O"),
    "C=C1CCOC1=O": ("ester", 2, 2, "CSCC1=C([O-])OCC1"),
    "C=CC#N": ("nitrile", 2, 2, "CSC[CH-]C#N"),
    "C=C[N+](=O)[O-]": ("nitro", 2, 2, "CSCC=[N+]([O-])[O-]"),
    "C=CS(C)(=O)=O": ("sulfone", 2, 0, "CSC[CH-]S(C)(=O)=O"),
    "C=CS(N)(=O)=O": ("sulfonamide", 2, 0, "CSC[CH-]S(N)(=O)=O"),
    "C=CP(=O)(OC)OC": ("phosphonate", 2, 0, "COP(=O)([CH-]CSC)OC"),
    "C#CC(C)=O": ("ynone", 3, 2, "CSC=C=C(C)[O-]"),
    "C#CC(=O)NC": ("alkynyl amide", 3, 2, "CNC([O-])=C=CSC"),
    "C#CC#N": ("alkynyl nitrile", 3, 2, "CSC=[C-]C#N"),
    "C=C(C#N)C(N)=O": ("amide", 2, 2, "CSCC(C#N)=C(N)[O-]"),
    "C[N+](C)(C)C/C=C/C(N)=O": ("amide", 2, 2, "CSC(C=C(N)[O-])C[N+](C)(C)C"),
    # stereo of other centres and double bonds stays, here next to the reaction
    "C/C=C\\C=C\\C(=O)OC": ("ester", 2, 2, "C/C=C\\C(C=C([O-])OC)SC"),
    "C/C=N/NC(=O)/C=C/[C@H](C)O": ("amide", 2, 2, "C/C=N/NC([O-])=CC(SC)[C@H](C)O"),
}


@pytest.mark.parametrize("smiles", ACCEPTORS)
def test_every_class_of_acceptor_gives_its_adduct(smiles: str) -> None:
    group, order, n_conjugated, expected = ACCEPTORS[smiles]
    site = find_michael_sites(smiles)[0]
    assert (site.group, site.bond_order, len(site.withdrawing)) == (group, order, n_conjugated)
    adduct = thiolate_adduct(site, "M")
    assert adduct.species.smiles == canonical(expected)
    assert adduct.species.charge == Chem.GetFormalCharge(parse(smiles)) - 1
    assert (adduct.species.label, adduct.species.multiplicity) == ("M + CH3S-", 1)
    assert (adduct.species.environment, adduct.species.vertical) == ("water", False)


@pytest.mark.parametrize(
    "smiles",
    [
        "NC(=O)c1ccccc1",
        "C=CCC(N)=O",
        "C=CC",
        "c1ccccc1",
        "O=c1ccc2ccccc2o1",  # coumarin: an aromatic ring
        "CNC=CC(C)=O",  # a vinylogous amide
        "C=C=O",
    ],
)
def test_other_molecules_have_no_site(smiles: str) -> None:
    assert find_michael_sites(smiles) == ()


def test_equivalent_sites_are_one_and_different_ones_are_ranked_by_crowding() -> None:
    assert len(find_michael_sites("O=C1C=CC(=O)C=C1")) == 1
    assert len(find_michael_sites("COC(=O)/C=C/C(=O)OC")) == 1
    assert [site.group for site in find_michael_sites("COC(=O)/C=C/C(C)=O")] == ["enone", "ester"]
    divinyl = find_michael_sites("C=CC(=O)/C=C/C")
    assert [parse(site.smiles).GetAtomWithIdx(site.beta).GetTotalNumHs() for site in divinyl] == [2, 1]
    trisubstituted = find_michael_sites("C=CC(=O)C(C)=C")
    assert [parse(site.smiles).GetAtomWithIdx(site.alpha).GetTotalNumHs() for site in trisubstituted] == [1, 0]


def neighbourhood(mol: Chem.Mol, site: MichaelSite) -> list[str]:
    return [mol.GetAtomWithIdx(i).GetSymbol() for i in (site.beta, site.alpha, *site.withdrawing)]


@given(st.sampled_from(sorted(ACCEPTORS)), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_indices_are_those_of_the_written_smiles_whatever_the_input_order(smiles: str, seed: int) -> None:
    shuffled = Chem.MolToRandomSmilesVect(parse(smiles), 1, randomSeed=seed)[0]
    sites = find_michael_sites(shuffled)
    assert sites == find_michael_sites(smiles)
    for site in sites:
        acceptor = parse(site.smiles)
        assert acceptor.GetBondBetweenAtoms(site.beta, site.alpha).GetBondTypeAsDouble() == site.bond_order
        adduct = thiolate_adduct(site, "M")
        mol = parse(adduct.species.smiles)
        assert Chem.MolToSmiles(mol) == adduct.species.smiles
        assert mol.GetNumHeavyAtoms() == acceptor.GetNumHeavyAtoms() + 2
        chain = (adduct.methyl, adduct.sulfur, adduct.beta, adduct.alpha, *adduct.withdrawing)
        symbols = [mol.GetAtomWithIdx(i).GetSymbol() for i in chain]
        assert symbols == ["C", "S", *neighbourhood(acceptor, site)]
        assert all(mol.GetBondBetweenAtoms(a, b) is not None for a, b in pairwise(chain))
        assert mol.GetAtomWithIdx(adduct.methyl).GetTotalNumHs() == 3
        # nothing but the reacting atoms changes its hydrogens or charge
        assert mol.GetAtomWithIdx(adduct.beta).GetTotalNumHs() == acceptor.GetAtomWithIdx(site.beta).GetTotalNumHs()
        assert mol.GetAtomWithIdx(adduct.alpha).GetTotalNumHs() == acceptor.GetAtomWithIdx(site.alpha).GetTotalNumHs()
        assert sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms()) == 0


def test_every_shipped_warhead_has_a_site() -> None:
    library = read_library(EXAMPLES / "warheads.smi")
    assert len(library.candidates) == 12
    assert all(find_michael_sites(candidate.smiles) for candidate in library.candidates)
    assert max(parse(candidate.smiles).GetNumHeavyAtoms() for candidate in library.candidates) <= 11
