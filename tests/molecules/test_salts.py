"""The candidate of a salt is the drug and never its counter-ion, however large that is."""

import pytest

from molecules.smiles import StructureError, canonical, parse
from molecules.standardize import standardize

PYRANTEL = "CN1CCCN=C1/C=C/c1cccs1"
PAMOATE = "O=C(O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O"


@pytest.mark.parametrize(
    ("salt", "drug", "left_out"),
    [
        (f"{PYRANTEL}.{PAMOATE}", PYRANTEL, "pamoate"),
        ("NCCc1ccccc1.CC1(C)C2CCC1(CS(=O)(=O)O)C(=O)C2", "NCCc1ccccc1", "camsylate"),
        ("CCCCCCCCCCCC(=O)O.C=CCN", "C=CCN", "laurate"),
        ("OC(=O)C=Cc1ccccc1F.C1CCC(CC1)NC1CCCCC1", "OC(=O)C=Cc1ccccc1F", "dicyclohexylamine"),
        ("C[n+]1ccccc1.[B-](c1ccccc1)(c1ccccc1)(c1ccccc1)c1ccccc1", "C[n+]1ccccc1", "tetraphenylborate"),
        ("CCN1CCCC1.CCCCCCCCCCCCOS(=O)(=O)O", "CCN1CCCC1", "estolate"),
        ("C#CCN.OC(=O)c1ccc2ccccc2c1O", "C#CCN", "xinafoate"),
        ("C=CC(=O)[O-].CCCC[N+](CCCC)(CCCC)CCCC", "C=CC(=O)O", "tetrabutylammonium"),
        ("CCCN.F[P-](F)(F)(F)(F)F", "CCCN", "hexafluorophosphate"),
        ("C=CCCN.[O-][Cl+3]([O-])([O-])[O-]", "C=CCCN", "perchlorate"),
        ("CC(N)Cc1ccccc1.CC(N)Cc1ccccc1.OS(=O)(=O)O", "CC(N)Cc1ccccc1", "sulfate"),
        ("C=CC#N.CN(C)C=O.O", "C=CC#N", "N,N-dimethylformamide, water"),
        ("CCOC(=O)C1CCCN1.NC(CCCN=C(N)N)C(=O)O", "CCOC(=O)C1CCCN1", "arginine"),
        (
            "CN(C)CCOC(c1ccccc1)c1ccccc1.Cn1c(=O)c2[nH]c(Cl)nc2n(C)c1=O",
            "CN(C)CCOC(c1ccccc1)c1ccccc1",
            "8-chlorotheophyllinate",
        ),
        ("CCn1cc[n+](C)c1.N#C[N-]C#N", "CCn1cc[n+](C)c1", "dicyanamide"),
        ("C=CC#N.CCOC(C)=O", "C=CC#N", "ethyl acetate"),
        ("C[C@H](N)C(=O)O.O=C(O)[C@H](O)[C@@H](O)C(=O)O", "C[C@H](N)C(=O)O", "tartrate"),
        ("OC(=O)c1ccccc1O.CCO", "OC(=O)c1ccccc1O", "ethanol"),  # a drug that is a counter-ion elsewhere
        ("[Na+].[O-]C(=O)c1ccccc1", "OC(=O)c1ccccc1", "sodium"),
        ("CC[NH3+].CCN.[Cl-]", "CCN", "chloride"),  # once ionised, once not: one molecule
    ],
)
def test_counter_ions_and_solvents_are_left_out(salt: str, drug: str, left_out: str) -> None:
    found = standardize(parse(salt))
    assert found.smiles == canonical(drug)
    assert f"Stripped from the salt or solvate: {left_out}." in found.notes


@pytest.mark.parametrize(
    "mixture",
    [
        "C=CC(=O)OC.C=CC#N",
        "OC(=O)c1ccccc1O.C[N+](C)(C)CCO",  # choline salicylate: both are in the lists
        "C[C@H](N)CO.C[C@@H](N)CO",  # a racemate drawn as two molecules
        "CC(=O)Nc1ccc(O)cc1.Cn1c(=O)c2c(ncn2C)n(C)c1=O",
        "c1ccccc1.C1CCCCC1",
    ],
)
def test_an_open_choice_is_refused_with_both_molecules(mixture: str) -> None:
    with pytest.raises(StructureError) as caught:
        standardize(parse(mixture))
    assert all(canonical(one) in caught.value.reason for one in mixture.split("."))
    assert "a row of its own" in caught.value.remedy
