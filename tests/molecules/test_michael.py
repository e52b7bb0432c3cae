"""Michael sites: the attacked carbon, the chain that takes up the charge, and the adduct, class by class."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molecules.michael import MichaelSite, find_michael_sites, thiolate_adduct, why_no_site
from molecules.read import read_library
from molecules.smiles import canonical, parse

EXAMPLES = Path(__file__).parents[2] / "molecules" / "examples"
ONE_SITE = {
    # acceptor: (group, bond order, number of conjugated atoms, adduct)
    "C=CC(N)=O": ("amide", 2, 2, "CSCC=C(N)[O-]"),
    "C=CC(=O)NO": ("amide", 2, 2, "CSCC=C([O-])NO"),
    "C/C=C/C(=O)OC": ("ester", 2, 2, "COC([O-])=CC(C)SC"),
    "C=CC=O": ("aldehyde", 2, 2, "CSCC=C[O-]"),
    "C=CC(C)=O": ("enone", 2, 2, "CSCC=C(C)[O-]"),
    "O=C1C=CCC1": ("enone", 2, 2, "CSC1C=C([O-])CC1"),
    "O=C1C=CC(=O)C=C1": ("enone", 2, 2, "CSC1C=C([O-])C=CC1=O"),
    "CN1C(=O)C=CC1=O": ("imide", 2, 2, "CSC1C=C([O-])N(C)C1=O"),
    "C=C1CCOC1=O": ("ester", 2, 2, "CSCC1=C([O-])OCC1"),
    "C=CC(=O)[Si](C)(C)C": ("acyl", 2, 2, "CSCC=C([O-])[Si](C)(C)C"),
    "C=CC#N": ("nitrile", 2, 2, "CSC[CH-]C#N"),
    "C=C[N+](=O)[O-]": ("nitro", 2, 2, "CSCC=[N+]([O-])[O-]"),
    "C=CS(C)(=O)=O": ("sulfone", 2, 0, "CSC[CH-]S(C)(=O)=O"),
    "C=CS(N)(=O)=O": ("sulfonamide", 2, 0, "CSC[CH-]S(N)(=O)=O"),
    "C=CP(=O)(OC)OC": ("phosphoryl", 2, 0, "COP(=O)([CH-]CSC)OC"),
    "C#CC(C)=O": ("ynone", 3, 2, "CSC=C=C(C)[O-]"),
    "C#CC(=O)NC": ("alkynyl amide", 3, 2, "CNC([O-])=C=CSC"),
    "C#CC#N": ("alkynyl nitrile", 3, 2, "CSC=[C-]C#N"),
    "C=C=CC(=O)OC": ("ester", 2, 2, "C=C(C=C([O-])OC)SC"),
    "C=C(C#N)C(N)=O": ("amide", 2, 2, "CSCC(C#N)=C(N)[O-]"),
    "C[N+](C)(C)C/C=C/C(N)=O": ("amide", 2, 2, "CSC(C=C(N)[O-])C[N+](C)(C)C"),
    # stereo of other double bonds and centres stays, here next to the reaction
    "C/C=N/NC(=O)/C=C/[C@H](C)O": ("amide", 2, 2, "C/C=N/NC([O-])=CC(SC)[C@H](C)O"),
    # sulfur and phosphorus, in every way of writing them
    "C=CS(=O)c1ccccc1": ("sulfinyl", 2, 0, "CSC[CH-]S(=O)c1ccccc1"),
    "C=C[S+]([O-])c1ccccc1": ("sulfinyl", 2, 0, "CSC[CH-][S+]([O-])c1ccccc1"),
    "C=C[S@](=O)c1ccc(C)cc1": ("sulfinyl", 2, 0, "CSC[CH-][S@](=O)c1ccc(C)cc1"),
    "C=CS(=O)N(C)C": ("sulfinyl", 2, 0, "CSC[CH-]S(=O)N(C)C"),
    "C=C[S+2]([O-])([O-])C": ("sulfone", 2, 0, "CSC[CH-][S+2](C)([O-])[O-]"),
    "C=CS(C)(=O)=N": ("sulfoximine", 2, 0, "CSC[CH-]S(C)(=N)=O"),
    "C=CS(=O)(=NC)N(C)C": ("sulfoximine", 2, 0, "CN=S(=O)([CH-]CSC)N(C)C"),
    "C=CS(C)=NC": ("sulfilimine", 2, 0, "CSC[CH-]S(C)=NC"),
    "C=CS(C)(=N)=N": ("sulfondiimine", 2, 0, "CSC[CH-]S(C)(=N)=N"),
    "C=CP(=S)(OC)OC": ("phosphoryl", 2, 0, "COP(=S)([CH-]CSC)OC"),
    # cations give neutral adducts: ylides and enamines
    "C=C[S+](C)C": ("sulfonium", 2, 0, "CSC[CH-][S+](C)C"),
    "C=C[S+](C)(C)=O": ("sulfoxonium", 2, 0, "CSC[CH-][S+](C)(C)=O"),
    "C=C[P+](C)(C)C": ("phosphonium", 2, 0, "CSC[CH-][P+](C)(C)C"),
    "C=CC=[N+](C)C": ("iminium", 2, 2, "CSCC=CN(C)C"),
    "C=CC(N)=[NH2+]": ("iminium", 2, 2, "CSCC=C(N)N"),
    "C=Cc1cc[n+](C)cc1": ("azine", 2, 4, "CSC[CH-]c1cc[n+](C)cc1"),
    # C=S, C=N, N=O, N=N
    "C=CC(=S)NC": ("thiocarbonyl", 2, 2, "CNC([S-])=CCSC"),
    "C=CC(=S)SC": ("thiocarbonyl", 2, 2, "CSCC=C([S-])SC"),
    "C=CC=NC": ("imine", 2, 2, "CSCC=C[N-]C"),
    "C=CC(=N)N": ("imine", 2, 2, "CSCC=C(N)[NH-]"),
    "C=CC=NO": ("oxime", 2, 2, "CSCC=C[N-]O"),
    "C=CC=NNC(N)=O": ("hydrazone", 2, 2, "CSCC=C[N-]NC(N)=O"),
    "C=CC=[N+](C)[O-]": ("nitrone", 2, 2, "CSCC=CN(C)[O-]"),
    "C=CN=O": ("nitroso", 2, 2, "CSCC=N[O-]"),
    "C=CN=NC(=O)OC": ("azo", 2, 2, "COC(=O)[N-]N=CCSC"),
    # heteroarenes, where nitrogen takes up the charge
    "C=Cc1ccccn1": ("azine", 2, 2, "CSC[CH-]c1ccccn1"),
    "C=Cc1ccncc1": ("azine", 2, 4, "CSC[CH-]c1ccncc1"),
    "C=Cc1ncccn1": ("azine", 2, 2, "CSC[CH-]c1ncccn1"),
    "C=Cc1ccnnc1": ("azine", 2, 4, "CSC[CH-]c1ccnnc1"),
    "C=Cc1ccc2ccccc2n1": ("azine", 2, 2, "CSC[CH-]c1ccc2ccccc2n1"),
    "C=Cc1ccnc2ccccc12": ("azine", 2, 4, "CSC[CH-]c1ccnc2ccccc12"),
    "C#Cc1ccccn1": ("alkynyl azine", 3, 2, "CSC=[C-]c1ccccn1"),
    "C=Cc1nnc(C)o1": ("azole", 2, 2, "CSC[CH-]c1nnc(C)o1"),
    "C=Cc1noc(C)n1": ("azole", 2, 2, "CSC[CH-]c1noc(C)n1"),
    "C=Cc1nc2ccccc2s1": ("azole", 2, 2, "CSC[CH-]c1nc2ccccc2s1"),
    "C=Cc1ccno1": ("azole", 2, 4, "CSC[CH-]c1ccno1"),
}
SEVERAL_SITES = {
    # acceptor: adducts, the most open site first
    "C=C1C=CC(=O)C=C1": ("CSCc1ccc([O-])cc1", "C=C1C=CC([O-])=CC1SC"),  # p-quinone methide: 1,6 and 1,4
    "C=C1C=CC=CC1=O": ("CSCc1ccccc1[O-]", "C=C1C=CC(SC)C=C1[O-]", "C=C1C([O-])=CC=CC1SC"),  # o-quinone methide
    "C=C1C=CC(=NC)C=C1": ("C[N-]c1ccc(CSC)cc1", "C=C1C=CC([N-]C)=CC1SC"),  # aza-quinone methide
    "CC(=O)N=C1C=CC(=O)C=C1": ("CSC1C=C([O-])C=CC1=NC(C)=O", "CSC1C=C([N-]C(C)=O)C=CC1=O"),  # NAPQI
    "O=C1C=CC=CC1=O": ("CSC1C=CC(=O)C([O-])=C1", "CSC1C=CC=C([O-])C1=O"),  # o-quinone
    "C/C=C/C=C/C(=O)OC": ("C/C=C/C(C=C([O-])OC)SC", "COC([O-])=CC=CC(C)SC"),  # methyl sorbate
    "C/C=C\\C=C\\C(=O)OC": ("C/C=C\\C(C=C([O-])OC)SC", "COC([O-])=CC=CC(C)SC"),
    "C=CC=CC#N": ("CSCC=C[CH-]C#N", "C=CC([CH-]C#N)SC"),
    "C=CC=CS(C)(=O)=O": ("CSCC=C[CH-]S(C)(=O)=O", "C=CC([CH-]S(C)(=O)=O)SC"),
    "C#CC=CC(C)=O": ("CSC=C=CC=C(C)[O-]", "C#CC(C=C(C)[O-])SC"),
    "C=CC#CC(C)=O": ("CSCC=C=C=C(C)[O-]", "C=CC(=C=C(C)[O-])SC"),
    "C=CC=CC=CC=O": ("CSCC=CC=CC=C[O-]", "C=CC=CC(C=C[O-])SC", "C=CC(C=CC=C[O-])SC"),  # 1,8 too
    "NC(=O)C=Cc1ccccn1": ("CSC([CH-]c1ccccn1)C(N)=O", "CSC(C=C(N)[O-])c1ccccn1"),
}
NO_SITE = {
    # molecule: what the reason says
    "NC(=O)c1ccccc1": "has no C=C or C≡C bond other",
    "c1ccccc1": "has no C=C or C≡C bond other",
    "CN=C=S": "has no C=C or C≡C bond.",
    "CC=[N+](C)C": "has no C=C or C≡C bond.",  # an iminium ion without C=C
    "O=c1ccc2ccccc2o1": "in and at rings that RDKit counts as aromatic",  # coumarin
    "O=c1cccccc1": "in and at rings that RDKit counts as aromatic",  # tropone
    "N#CC(C#N)=C1C=CC(=C(C#N)C#N)C=C1": "in and at rings that RDKit counts as aromatic",  # TCNQ
    "C=CCC(N)=O": "of the kinds that are covered: C=O",
    "C=CC": "of the kinds that are covered: C=O",
    "C=C=O": "of the kinds that are covered: C=O",
    "C=C1C=CC=C1": "of the kinds that are covered: C=O",  # fulvene
    "C=CB(O)O": "of the kinds that are covered: C=O",
    "C=C[N+](C)(C)C": "of the kinds that are covered: C=O",
    "C=CN=[N+]=[N-]": "of the kinds that are covered: C=O",
    "C=CC(C)=[N+]=[N-]": "of the kinds that are covered: C=O",
    "C=CN=C=O": "of the kinds that are covered: C=O",
    "C=Cc1ccc([N+](=O)[O-])cc1": "carries, directly or over further such bonds, an electron-withdrawing group",
    "C=Cc1cccnc1": "azines and azoles whose nitrogen takes up the charge",  # 3-vinylpyridine
    "C=Cc1cncnc1": "azines and azoles whose nitrogen takes up the charge",
    "C=Cc1c[nH]cn1": "azines and azoles whose nitrogen takes up the charge",  # 4-vinylimidazole
    "C=Cc1cnco1": "azines and azoles whose nitrogen takes up the charge",
    "C=Cc1cn2ccccc2n1": "azines and azoles whose nitrogen takes up the charge",
    "CNC=CC(C)=O": "a heteroatom on the attacked carbon",  # a vinylogous amide
    "COC=CC(C)=O": "a heteroatom on the attacked carbon",
    "CC([O-])=CC(C)=O": "a heteroatom on the attacked carbon",  # the enolate of a diketone
    "COC(=O)C1=CNC=C(C(=O)OC)C1": "a heteroatom on the attacked carbon",  # a dihydropyridine
    "CNC=C[N+](=O)[O-]": "a heteroatom on the attacked carbon",  # a nitroenamine
}


def adducts(smiles: str) -> list[str]:
    return [thiolate_adduct(site, "M").species.smiles for site in find_michael_sites(smiles)]


@pytest.mark.parametrize("smiles", ONE_SITE)
def test_every_class_of_acceptor_gives_its_adduct(smiles: str) -> None:
    group, order, n_conjugated, expected = ONE_SITE[smiles]
    (site,) = find_michael_sites(smiles)
    assert (site.group, site.bond_order, len(site.chain), len(site.withdrawing)) == (group, order, 2, n_conjugated)
    adduct = thiolate_adduct(site, "M")
    assert adduct.species.smiles == canonical(expected)
    assert adduct.species.charge == Chem.GetFormalCharge(parse(smiles)) - 1
    assert (adduct.species.label, adduct.species.multiplicity) == ("M + CH3S-", 1)
    assert (adduct.species.environment, adduct.species.vertical) == ("water", False)


@pytest.mark.parametrize("smiles", SEVERAL_SITES)
def test_longer_chains_and_second_groups_give_further_sites(smiles: str) -> None:
    assert adducts(smiles) == [canonical(expected) for expected in SEVERAL_SITES[smiles]]


@pytest.mark.parametrize("smiles", NO_SITE)
def test_other_molecules_have_no_site_and_the_reason_is_true(smiles: str) -> None:
    assert find_michael_sites(smiles) == ()
    assert NO_SITE[smiles] in why_no_site(smiles)


def test_equivalent_sites_are_one_and_different_ones_are_ranked_by_crowding() -> None:
    assert len(find_michael_sites("O=C1C=CC(=O)C=C1")) == 1
    assert len(find_michael_sites("COC(=O)/C=C/C(=O)OC")) == 1
    assert [site.group for site in find_michael_sites("COC(=O)/C=C/C(C)=O")] == ["enone", "ester"]
    divinyl = find_michael_sites("C=CC(=O)/C=C/C")
    assert [parse(site.smiles).GetAtomWithIdx(site.attacked).GetTotalNumHs() for site in divinyl] == [2, 1]
    trisubstituted = find_michael_sites("C=CC(=O)C(C)=C")
    assert [parse(site.smiles).GetAtomWithIdx(site.chain[1]).GetTotalNumHs() for site in trisubstituted] == [1, 0]


@pytest.mark.parametrize(
    ("mapped", "plain"),
    [
        ("O=C1[CH:7]=CC(=O)C=C1", "O=C1C=CC(=O)C=C1"),
        ("[CH2:1]=[CH:2][C:3](=[O:4])[NH:5][CH3:6]", "C=CC(=O)NC"),
        ("[CH2:1]=C1C=CC(=O)[CH:2]=C1", "C=C1C=CC(=O)C=C1"),
    ],
)
def test_atom_maps_tell_no_equivalent_atoms_apart(mapped: str, plain: str) -> None:
    assert find_michael_sites(mapped) == find_michael_sites(plain)


def neighbourhood(mol: Chem.Mol, site: MichaelSite) -> list[str]:
    return [mol.GetAtomWithIdx(i).GetSymbol() for i in site.path]


@given(st.sampled_from(sorted([*ONE_SITE, *SEVERAL_SITES])), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_indices_are_those_of_the_written_smiles_whatever_the_input_order(smiles: str, seed: int) -> None:
    shuffled = Chem.MolToRandomSmilesVect(parse(smiles), 1, randomSeed=seed)[0]
    sites = find_michael_sites(shuffled)
    assert sites == find_michael_sites(smiles)
    for site in sites:
        acceptor = parse(site.smiles)
        assert acceptor.GetBondBetweenAtoms(*site.chain[:2]).GetBondTypeAsDouble() == site.bond_order
        adduct = thiolate_adduct(site, "M")
        mol = parse(adduct.species.smiles)
        assert Chem.MolToSmiles(mol) == adduct.species.smiles
        assert mol.GetNumHeavyAtoms() == acceptor.GetNumHeavyAtoms() + 2
        path = [adduct.from_acceptor[i] for i in site.path]
        chain = (adduct.methyl, adduct.sulfur, *path)
        symbols = [mol.GetAtomWithIdx(i).GetSymbol() for i in chain]
        assert symbols == ["C", "S", *neighbourhood(acceptor, site)]
        assert path[0] == adduct.attacked
        assert all(mol.GetBondBetweenAtoms(a, b) is not None for a, b in pairwise(chain))
        assert mol.GetAtomWithIdx(adduct.methyl).GetTotalNumHs() == 3
        # no hydrogen moves, one atom of the path takes the charge, and every electron stays paired
        for old, new in enumerate(adduct.from_acceptor):
            before, after = acceptor.GetAtomWithIdx(old), mol.GetAtomWithIdx(new)
            assert after.GetTotalNumHs() == before.GetTotalNumHs()
            assert after.GetFormalCharge() == before.GetFormalCharge() or new in path
        assert sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms()) == 0


def test_every_shipped_warhead_has_a_site() -> None:
    library = read_library(EXAMPLES / "warheads.smi")
    assert len(library.candidates) == 12
    assert all(find_michael_sites(candidate.smiles) for candidate in library.candidates)
    assert max(parse(candidate.smiles).GetNumHeavyAtoms() for candidate in library.candidates) <= 11
