import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molecules.smiles import StructureError, canonical, parse
from molecules.standardize import MAX_HEAVY_ATOMS, Standardized, standardize

MOLECULES = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "CN(C)C/C=C/C(=O)Nc1cc2c(Nc3ccc(F)c(Cl)c3)ncnc2cc1O[C@H]1CCOC1",  # afatinib
    "C=CC(=O)N1CCC[C@H](C1)n1nc(-c2ccc(Oc3ccccc3)cc2)c2c(N)ncnc12",  # ibrutinib
    "C[C@H](N)C(=O)[O-].[Na+]",
    "OC(=O)/C=C/C(=O)O.NCCc1c[nH]c2ccc(O)cc12",
    "Oc1nc(N)nc2[nH]cnc12",
    "CC(O)=CC(C)=O",
    "[NH3+][C@@H](Cc1c[nH]cn1)C(=O)[O-]",
    "C/C=C/C=C\\C(=O)CC(F)Cl",
    "C[N+](C)(C)CC(=O)[O-]",
    "CN(=O)=O",
    "[2H]C([2H])([2H])Oc1ccccc1",
    "C[S+](C)[CH-]C(C)=O",
    "[O-]c1c[n+](C)no1",
    "C[N+](C)(C)CC(=O)O.[Cl-]",
    "[NH3+]CC(C(=O)[O-])CC(=O)O.[Na+]",
)


def standard(smiles: str) -> Standardized:
    return standardize(parse(smiles))


@given(st.sampled_from(MOLECULES), st.integers(0, 10**6))
@settings(max_examples=80, deadline=None)
def test_the_result_does_not_depend_on_the_order_of_atoms(smiles: str, seed: int) -> None:
    shuffled = Chem.MolToRandomSmilesVect(parse(smiles), 1, randomSeed=seed)[0]
    assert standard(shuffled) == standard(smiles)


@pytest.mark.parametrize("smiles", MOLECULES)
def test_standardising_twice_changes_nothing(smiles: str) -> None:
    once = standard(smiles)
    twice = standard(once.smiles)
    assert (twice.smiles, twice.inchikey) == (once.smiles, once.inchikey)
    assert canonical(once.smiles) == once.smiles


@pytest.mark.parametrize(
    "smiles",
    [
        "C=CC(N)=O",
        "C=CC(=O)Nc1ccccc1",
        "C/C=C/C(=O)NC",
        "C/C=C\\C(=O)OC",
        "C=C(C)C(=O)OC",
        "O=C1C=CCCC1",
        "O=C1C=CC(=O)CC1",  # RDKit's own choice is hydroquinone
        "C/C=C/C(=O)CC/C=C/C",
        "CC(C)=CC(C)=O",
        "C=CCC(N)=O",  # no acceptor, and it must not become one
        "C=CC#N",
        "CS(=O)(=O)C=C",
        "C#CC(=O)NC",
        "O=C1C=CC(=O)C=C1",
        "CN1C(=O)C=CC1=O",
        "N#CC(=Cc1ccccc1)C(N)=O",
        "C[C@@H]1CCCCC1=O",  # a stereocentre that keto-enol exchange would lose
        "O=C(/C=C/c1ccccc1)/C=C/c1ccccc1",
    ],
)
def test_warheads_and_stereo_survive_unchanged(smiles: str) -> None:
    assert standard(smiles).smiles == canonical(smiles)


@pytest.mark.parametrize(
    ("smiles", "parent", "note"),
    [
        ("C=CC(=O)[O-].[Na+]", "C=CC(=O)O", "sodium"),
        ("CC(=O)O[Na]", "CC(=O)O", "sodium"),
        ("C=CC(=O)Nc1ccccc1.Cl.O", "C=CC(=O)Nc1ccccc1", "chloride, water"),
        ("CN.O=C(O)/C=C\\C(=O)O", "CN", "maleate"),
        ("O=C(O)/C=C\\C(=O)O.Cl", "O=C(O)/C=C\\C(=O)O", "chloride"),
        ("[NH3+]CC(=O)[O-]", "NCC(=O)O", "zwitterion"),
        ("C[N+](C)(C)C.[Cl-]", "C[N+](C)(C)C", "permanent charge of +1"),
        ("[13CH3]C(=O)C[2H]", "CC(C)=O", "13C, 2H"),
        ("CC(F)C=CBr", "CC(F)C=CBr", "1 stereocentre and 1 double bond"),
        ("CC(F)C(F)C", "CC(F)C(C)F", "2 stereocentres,"),
    ],
)
def test_changes_are_noted(smiles: str, parent: str, note: str) -> None:
    result = standard(smiles)
    assert result.smiles == canonical(parent)
    assert any(note in sentence for sentence in result.notes)


def test_a_clean_molecule_has_no_notes_and_the_known_inchikey() -> None:
    # InChIKeys as in PubChem: acrylonitrile CID 7855, aspirin CID 2244
    assert standard("C=CC#N") == Standardized("C=CC#N", "NLHHRLWOUZZQLW-UHFFFAOYSA-N", ())
    assert standard("CC(=O)Oc1ccccc1C(=O)O").inchikey == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1", "iron (Fe)"),
        ("N[Pt](N)(Cl)Cl", "platinum (Pt)"),
        ("CCCC[Li]", "lithium (Li)"),
        ("C[As](C)C", "arsenic (As)"),
        ("C=C[CH2]", "unpaired electrons on C"),
        ("*C=C", "attachment point"),
        ("[Na+].[Cl-]", "no carbon"),
        ("O", "no carbon"),
        ("C=CC(=O)OC.C=CC#N", "mixture of 2 molecules"),
        ("C" * (MAX_HEAVY_ATOMS + 1), "61 heavy atoms"),
    ],
)
def test_unsuitable_molecules_are_refused_with_a_remedy(smiles: str, reason: str) -> None:
    with pytest.raises(StructureError) as caught:
        standard(smiles)
    assert reason in caught.value.reason
    assert caught.value.remedy.endswith(".")


def test_the_largest_allowed_molecule_is_taken_and_the_input_is_left_alone() -> None:
    mol = parse("C" * MAX_HEAVY_ATOMS + ".[Na+].[Cl-]")
    before = Chem.MolToSmiles(mol)
    assert standardize(mol).smiles == "C" * MAX_HEAVY_ATOMS
    assert Chem.MolToSmiles(mol) == before


@pytest.mark.parametrize(
    "smiles",
    [
        "Nc1nc2c(ncn2COCCO)c(=O)[nH]1",  # acyclovir: RDKit's 3H form lies 20.8 kcal/mol higher
        "CC(=O)NO",
        "C=CC(=O)NO",
        "O=C(CCCCCCC(=O)Nc1ccccc1)NO",  # vorinostat
        "CNC(=C[N+](=O)[O-])NC",  # the core of ranitidine
        "Nc1ncnc2[nH]cnc12",  # adenine, 9H and 7H
        "Nc1ncnc2nc[nH]c12",
        "O=c1[nH]c(=O)c2[nH]cnc2[nH]1",  # xanthine
        "Oc1ccccn1",
        "O=c1cccc[nH]1",
        "CC(=O)CC(C)=O",
        "CC(O)=CC(C)=O",
        "Cc1cc(=O)[nH][nH]1",
        "ON=Cc1ccccc1",
        "NC(=O)NO",
        "C=C(O)C=C",
        "S=c1cc[nH]cc1",
        "CN=C(NC)NC#N",  # the core of cimetidine
        "O=C1NC(=O)C(=O)C(=O)N1",
    ],
)
def test_the_tautomer_that_was_drawn_is_computed(smiles: str) -> None:
    assert standard(smiles).smiles == canonical(smiles)
    assert not any("tautomer" in note for note in standard(smiles).notes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nc1ncnc2[nH]cnc12", "Nc1ncnc2nc[nH]c12"),
        ("Oc1ccccn1", "O=c1cccc[nH]1"),
        ("CC(=O)NO", "CC(O)=NO"),
        ("Cc1cc[nH]n1", "Cc1ccn[nH]1"),
        ("NC(=N)NC", "NC(N)=NC"),
    ],
)
def test_tautomers_of_heteroatoms_are_one_molecule(one: str, other: str) -> None:
    assert standard(one).inchikey == standard(other).inchikey
    assert standard(one).smiles != standard(other).smiles
