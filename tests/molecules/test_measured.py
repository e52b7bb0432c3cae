"""Measured sets: what other packages carry, once each."""

import pytest

from molecules.measured import NAMES, measured_set
from molecules.smiles import canonical

SIZES = {"freesolv": 642, "esol": 1200, "bace": 1500, "lipophilicity": 4000, "partition": 4600}


@pytest.mark.parametrize("name", NAMES)
def test_every_molecule_is_there_once(name: str) -> None:
    found = measured_set(name)
    smiles = [row.smiles for row in found.rows]
    assert len(smiles) == len(set(smiles)) >= SIZES[name]
    assert all(one == canonical(one) for one in smiles[:50])
    assert found.source
    assert found.title


def test_known_values() -> None:
    def value(name: str, smiles: str) -> float:
        return next(row.value for row in measured_set(name).rows if row.smiles == smiles)

    assert value("freesolv", "C") == 2.0  # methane, kcal/mol
    assert value("freesolv", "CC(N)=O") == -9.71  # acetamide
    assert value("esol", "CCCCC") == -3.18  # pentane
    assert value("partition", "CCO") == -0.3  # ethanol, of the CRC Handbook
    assert value("partition", "CCC(C)=O") == 0.29  # butanone
    assert value("partition", "c1ccccc1") == 2.13  # benzene
