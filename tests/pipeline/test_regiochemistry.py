"""Regiochemistry: where thiolates add when sites compete, as known from experiment."""

from __future__ import annotations

import pytest

from molecules.michael import thiolate_adduct
from molecules.smiles import canonical
from pipeline.regiochemistry import addition_site

KNOWN = {
    # acceptor: its adduct
    "C=CC(=O)/C=C/C": "C/C=C/C([O-])=CCSC",  # the open end of divinyl ketones
    "C=C1C=CC(=O)C=C1": "CSCc1ccc([O-])cc1",  # p-quinone methide, at the exocyclic carbon
    "C=C1C=CC=CC1=O": "CSCc1ccccc1[O-]",  # o-quinone methide
    "C=C1C=CC(=NC)C=C1": "C[N-]c1ccc(CSC)cc1",  # aza-quinone methide
    "CC(=O)N=C1C=CC(=O)C=C1": "CSC1C=C([N-]C(C)=O)C=CC1=O",  # NAPQI, beside the carbonyl group as glutathione does
    "C/C=C/C=C/C(=O)OC": "COC([O-])=CC=CC(C)SC",  # methyl sorbate, at carbon 5
    "C=CC=C[N+](=O)[O-]": "CSCC=CC=[N+]([O-])[O-]",
}


@pytest.mark.parametrize("smiles", KNOWN)
def test_the_site_is_that_of_the_lowest_adduct(smiles: str) -> None:
    choice = addition_site(canonical(smiles))
    assert choice is not None
    assert thiolate_adduct(choice.site, "M").species.smiles == canonical(KNOWN[smiles])
    assert choice.flags == ()


def test_no_acceptor_has_no_site() -> None:
    assert addition_site("CCO") is None
