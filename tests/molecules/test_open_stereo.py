"""Only stereochemistry that exists and was left open is reported."""

import pytest

from molecules.open_stereo import open_stereo
from molecules.smiles import parse


@pytest.mark.parametrize(
    "smiles",
    [
        "CN=[N+]=[N-]",
        "CN=C=O",
        "CN=C=S",
        "CC=C=O",
        "CC(=O)C=[N+]=[N-]",
        "CN=C=NC",
        "FS(F)(F)(F)(F)c1ccccc1",
        "C1CN2CCC1CC2",
        "C1CC2CCC1C2",
        "C1CC2CCC1CC2",
        "C1N2CN3CN1CN(C2)C3",
        "C1C2CC3CC1CC(C2)C3",
        "CC12CCC(CC1)C2",
        "OC1CCN(CC1)C",
        "CN(CC)CCC",
        "CC1(C)CCCCC1",
        "F[C@H](Cl)Br",
        "C/C=C/C",
        "C1=CCCCC1",
        "N=C(N)N",
        "N=C(N)c1ccccc1",
        "CN=C(NC)NC#N",
        "CP(=O)(O)OCC",
        "COP(=O)([O-])C",
        "CS(=O)O",
        "CS(C)=N",
        "CS(=O)(=O)N=S(C)C",
        "CC[N+]1(C)CCN(c2ccccc2)CC1",  # the other nitrogen of the ring inverts
        "CC1CCN(C)CC1",
        "C12CC1C2",
        "C1CC2CC2C1",
        "C1CCC2OC2C1",
        "C1NCC2CC12",
        "C=C[C@H]1CN2CC[C@H]1C[C@H]2[C@H](O)c1ccnc2ccc(OC)cc12",  # quinine: its bridgehead nitrogen has no choice
        "CN1[C@@H]2CC[C@H]1C[C@@H](O)C2",  # tropine
    ],
)
def test_nothing_is_open(smiles: str) -> None:
    assert open_stereo(parse(smiles)) == (0, 0)


@pytest.mark.parametrize(
    ("smiles", "counts"),
    [
        ("CC(F)Cl", (1, 0)),
        ("CC=CC", (0, 1)),
        ("CC(F)C=CC", (1, 1)),
        ("C=CS(=O)c1ccccc1", (1, 0)),
        ("O=C1CC2CCC1C2", (2, 0)),  # norcamphor: the two mirror images
        ("CC1CCC(C)CC1", (2, 0)),  # cis and trans
        ("CC=NO", (0, 1)),
        ("C1CCC2CCCCC2C1", (2, 0)),  # decalin, cis and trans
        ("CC1CC2CC12", (3, 0)),
        ("CC=C1CCC(C)CC1", (1, 1)),
        ("CC1CCC(C)(F)CC1", (2, 0)),
        ("CC(F)C12CCN(CC1)CC2", (1, 0)),
        ("CC=S=O", (0, 1)),  # sulfines are bent
        ("CC1CN2CCC1CC2", (1, 0)),
    ],
)
def test_what_is_open_is_counted(smiles: str, counts: tuple[int, int]) -> None:
    assert open_stereo(parse(smiles)) == counts
