"""Charges are written one way, and protons alone are moved to make them few."""

import pytest
from rdkit import Chem

from molecules.charges import neutralised, recombined
from molecules.smiles import canonical, parse
from molecules.standardize import standardize


@pytest.mark.parametrize(
    "smiles",
    [
        "Cn1cc([O-])[o+]n1",
        "[O-]c1c[n+](C)no1",  # sydnone
        "C[S+](C)[CH-]C(C)=O",  # its proton must not move to the methyl
        "CC(=O)[CH-][N+]#N",
        "CC(=O)C=[N+]=[N-]",
        "COC(=O)[CH-][P+](c1ccccc1)(c1ccccc1)c1ccccc1",
        "C[n+]1ccc([O-])cc1",
        "C[N+](C)(C)CC(=O)[O-]",
        "C[n+]1cccc(C(=O)[O-])c1",
        "CCN=[N+]=[N-]",
        "C[N+]([O-])=Cc1ccccc1",
        "[O-][n+]1ccccc1",
        "[C-]#[N+]c1ccccc1",
        "C[N+]#[C-]",
        "CC#[N+][O-]",
        "[N-]=[N+]=C1C=CC(=O)C=C1",
        "F[B-](F)(F)C=C",
        "[BH3-]C#N",
        "[BH3-][NH2+]C",
        "C[NH+](C)[BH3-]",
        "[NH3+]CC[B-](F)(F)F",
        "N#[N+]c1ccccc1",
        "c1ccc[cH+]cc1",
        "c1cc[cH-]c1",
        "C[O+](C)C",
        "C[S+](C)C",
        "C[N+](C)(C)CCO",  # no acid that could balance it
        "C[N+](C)(C)c1cccc(O)c1",
    ],
)
def test_what_no_proton_can_neutralise_stays_as_it_was_drawn(smiles: str) -> None:
    assert standardize(parse(smiles)).smiles == canonical(smiles)


@pytest.mark.parametrize(
    ("smiles", "neutral"),
    [
        ("C[N+](C)(C)CC(=O)O", "C[N+](C)(C)CC(=O)[O-]"),  # betaine hydrochloride holds betaine
        ("C[N+](C)(C)C[C@H](O)CC(=O)O", "C[N+](C)(C)C[C@H](O)CC(=O)[O-]"),
        ("C[n+]1cccc(C(=O)O)c1", "C[n+]1cccc(C(=O)[O-])c1"),
        ("C[S+](C)CCS(=O)(=O)O", "C[S+](C)CCS(=O)(=O)[O-]"),
        ("C[N+](C)(C)CCOP(=O)(O)O", "C[N+](C)(C)CCOP(=O)([O-])O"),
        ("C[N+](C)(C)CC(C(=O)[O-])CS(=O)(=O)[O-]", "C[N+](C)(C)CC(C(=O)O)CS(=O)(=O)[O-]"),
        ("C[N+](C)(C)CC(C(=O)O)C[N+](C)(C)C", "C[N+](C)(C)CC(C(=O)[O-])C[N+](C)(C)C"),
        ("[NH3+]CC(=O)[O-]", "NCC(=O)O"),
        ("NC(=[NH2+])N", "NC(=N)N"),
        ("[O-]c1ccccc1", "Oc1ccccc1"),
        ("c1cc[nH+]cc1", "c1ccncc1"),
        ("[CH2-]C#N", "CC#N"),
        ("C[SH+]C", "CSC"),
        ("C[N-]S(C)(=O)=O", "CNS(C)(=O)=O"),
        ("CC(=O)C=C([O-])C", "CC(=O)C=C(O)C"),
        ("[O-]C(=O)C[n+]1cc([O-])on1", "OC(=O)C[n+]1cc([O-])on1"),
    ],
)
def test_protons_alone_are_moved(smiles: str, neutral: str) -> None:
    found = standardize(parse(smiles))
    assert found.smiles == canonical(neutral)
    assert any("Protons were moved" in note for note in found.notes)


@pytest.mark.parametrize(
    ("separated", "usual"),
    [
        ("C[S+](C)[O-]", "CS(C)=O"),
        ("C=C[S@+]([O-])c1ccccc1", "C=C[S@](=O)c1ccccc1"),
        ("C[S+2]([O-])([O-])C", "CS(C)(=O)=O"),
        ("C[P+](C)(C)[O-]", "CP(C)(C)=O"),
        ("C[P+](C)(C)[S-]", "CP(C)(C)=S"),
        ("C[S+](C)[N-]C", "CS(C)=NC"),
        ("C[S+]([O-])(=NC)C", "CS(C)(=O)=NC"),
        ("C[Se+](C)[O-]", "C[Se](C)=O"),
        ("C[P+](C)(C)[N-]C", "CP(C)(C)=NC"),
    ],
)
def test_sulfoxides_and_their_kin_are_written_one_way(separated: str, usual: str) -> None:
    assert Chem.MolToSmiles(recombined(parse(separated))) == canonical(usual)
    one, other = standardize(parse(separated)), standardize(parse(usual))
    assert (one.smiles, one.inchikey) == (other.smiles, other.inchikey)


def test_a_neutral_molecule_is_handed_back_as_it_is() -> None:
    mol = parse("C=CC(=O)Nc1ccccc1")
    assert neutralised(mol) is mol
