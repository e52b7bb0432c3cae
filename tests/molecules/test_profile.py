from dataclasses import asdict

import pytest

from molecules.profile import PROPERTY_TITLES, profile


def test_aspirin_has_its_published_properties() -> None:
    # ChEMBL25: MW 180.16, ALogP (Crippen) 1.31, TPSA 63.60 Å², QED 0.55, 1 donor, 3 acceptors, 2 rotatable bonds
    aspirin = profile("CC(=O)Oc1ccccc1C(=O)O")
    assert aspirin.mw == pytest.approx(180.16, abs=0.005)
    assert aspirin.clogp == pytest.approx(1.31, abs=0.005)
    assert aspirin.tpsa == pytest.approx(63.60, abs=0.005)
    assert aspirin.qed == pytest.approx(0.55, abs=0.005)
    assert (aspirin.hbd, aspirin.hba, aspirin.rotatable_bonds) == (1, 3, 2)
    assert aspirin.alerts == ("Brenk: phenol_ester",)


def test_caffeine_has_its_published_properties() -> None:
    # ChEMBL113: MW 194.19, ALogP (Crippen) -1.03, TPSA 61.82 Å², QED 0.54, no donor, no rotatable bond
    caffeine = profile("Cn1c(=O)c2c(ncn2C)n(C)c1=O")
    assert caffeine.mw == pytest.approx(194.19, abs=0.005)
    assert caffeine.clogp == pytest.approx(-1.03, abs=0.005)
    assert caffeine.tpsa == pytest.approx(61.82, abs=0.005)
    assert caffeine.qed == pytest.approx(0.54, abs=0.005)
    assert (caffeine.hbd, caffeine.rotatable_bonds, caffeine.alerts) == (0, 0, ())


def test_synthetic_accessibility_separates_easy_from_hard() -> None:
    # Ertl and Schuffenhauer (2009): 1 easy, 10 hard; drugs mostly 2 to 5, complex natural products above 6
    easy = profile("CC(=O)Oc1ccccc1C(=O)O").sa_score
    morphine = profile("CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5").sa_score
    assert 1 <= easy < 2.5 < 4 < morphine < 10


@pytest.mark.parametrize(
    ("smiles", "alert"),
    [
        ("O=C1C=CC(=O)C=C1", "PAINS: quinone_A(370)"),
        ("CC=O", "Brenk: aldehyde"),
        ("C=CC(N)=O", "Brenk: Michael_acceptor_1"),
        ("C[N+](=O)[O-]", "Brenk: nitro_group"),
    ],
)
def test_alerts_name_their_family(smiles: str, alert: str) -> None:
    assert any(found.lower() == alert.lower() for found in profile(smiles).alerts)


def test_every_number_has_a_title() -> None:
    numbers = [name for name, value in asdict(profile("CCO")).items() if name != "alerts" and value is not None]
    assert list(PROPERTY_TITLES) == numbers
