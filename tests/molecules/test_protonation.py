"""The form that prevails in water at pH 7.4."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molecules.protonation import protonated
from molecules.smiles import canonical, parse


@pytest.mark.parametrize(
    ("smiles", "in_water"),
    [  # measured pKa: CRC Handbook of Chemistry and Physics, 97th edition, section 5
        ("C=CC(=O)O", "C=CC(=O)[O-]"),  # 4.25
        ("CCCCN", "CCCC[NH3+]"),  # 10.6
        ("CN(C)CC=CC(=O)NC", "C[NH+](C)CC=CC(=O)NC"),
        ("Oc1ccccc1", "Oc1ccccc1"),  # 9.99
        ("Nc1ccccc1", "Nc1ccccc1"),  # 4.87
        ("c1ccncc1", "c1ccncc1"),  # 5.23
        ("c1c[nH]cn1", "c1c[nH]cn1"),  # 6.99
        ("NC(=N)N", "NC(N)=[NH2+]"),  # 13.6
        ("NCCN", "NCC[NH3+]"),  # 9.92 and 6.86
        ("C1CNCCN1", "C1C[NH2+]CCN1"),  # 9.73 and 5.33
        ("NCCCN", "[NH3+]CCC[NH3+]"),  # 10.55 and 8.88
        ("CN(C)C(=N)NC(N)=N", "CN(C)C(=[NH2+])NC(=N)N"),  # metformin: 11.5 and 2.8
        ("NCC(=O)O", "[NH3+]CC(=O)[O-]"),  # glycine: 9.78 and 2.35
        ("CS", "CS"),  # 10.33
        ("CC(=O)NO", "CC(=O)NO"),  # 8.70
        ("O=C1CCC(=O)N1", "O=C1CCC(=O)N1"),  # succinimide: 9.62
        ("c1ccc(-c2nnn[nH]2)cc1", "c1ccc(-c2nnn[n-]2)cc1"),  # 4.4
    ],
)
def test_known_acids_and_bases(smiles: str, in_water: str) -> None:
    assert protonated(smiles) == canonical(in_water)


def test_the_ph_decides() -> None:
    assert protonated("C=CC(=O)O", ph=1.0) == "C=CC(=O)O"
    assert protonated("CCCCN", ph=13.0) == "CCCCN"


@pytest.mark.parametrize(
    "smiles",
    [
        "C[N+](C)(C)CC(=O)[O-]",
        "C[n+]1cc([O-])on1",
        "CC(=O)[CH-][S+](C)C",
        "CCN=[N+]=[N-]",
        "[C-]#[N+]C",
        "C[N+](=O)[O-]",
        "[O-][n+]1ccccc1",
        "C=CC(=O)NC",
        "C=CC(=O)NN",
        "NNC(=O)c1ccncc1",
        "C=CC(=O)NOC",
        "CNC=CC(C)=O",
        "CNC(NC)=C[N+](=O)[O-]",
        "NC(=N)NC#N",
    ],
)
def test_dipoles_and_what_has_no_such_group_stay(smiles: str) -> None:
    assert protonated(smiles) == canonical(smiles)


@given(
    st.sampled_from(
        ["C=CC(=O)N1CCN(C)CC1", "C[C@H](N)C(=O)O", "OC(=O)/C=C/c1ccncc1", "NCCNCCNCCN", "CN(C)C/C=C/C(=O)Nc1ccc(O)cc1"]
    ),
    st.integers(0, 10**6),
)
@settings(max_examples=40, deadline=None)
def test_it_does_not_depend_on_the_order_of_atoms_and_keeps_atoms_and_stereo(smiles: str, seed: int) -> None:
    shuffled = Chem.MolToRandomSmilesVect(parse(smiles), 1, randomSeed=seed)[0]
    found = protonated(shuffled)
    assert found == protonated(smiles)
    before, after = parse(smiles), parse(found)
    assert sorted(a.GetSymbol() for a in before.GetAtoms()) == sorted(a.GetSymbol() for a in after.GetAtoms())
    assert len(Chem.FindMolChiralCenters(before)) == len(Chem.FindMolChiralCenters(after))
