"""Regiochemistry: where thiolates add when sites compete, as known from experiment."""

from __future__ import annotations

import pytest

from molecules.michael import find_michael_sites, thiolate_adduct
from molecules.smiles import canonical
from pipeline.regiochemistry import addition_site

KNOWN = {
    # acceptor: its adduct
    "C=CC(=O)/C=C/C": "C/C=C/C([O-])=CCSC",  # the open end of divinyl ketones
    "C=C1C=CC(=O)C=C1": "CSCc1ccc([O-])cc1",  # p-quinone methide, at the exocyclic carbon
    "CC=C1C=CC(=O)C=C1": "CSC(C)c1ccc([O-])cc1",  # the same where that carbon is not the more open one
    "C=C1C=CC=CC1=O": "CSCc1ccccc1[O-]",  # o-quinone methide
    "C=C1C=CC(=NC)C=C1": "C[N-]c1ccc(CSC)cc1",  # aza-quinone methide
    "CC(=O)N=C1C=CC(=O)C=C1": "CSC1C=C([N-]C(C)=O)C=CC1=O",  # NAPQI, beside the carbonyl group as glutathione does
    "O=C1C=CC=CC1=O": "CSC1C=CC=C([O-])C1=O",  # o-quinone, beside the carbonyl group as cysteine does
}
UNDECIDED = {
    # acceptor: the adduct that is computed, of two that GFN2-xTB does not tell apart on the way
    "C/C=C/C=C/C=O": "C/C=C/C(C=C[O-])SC",  # the shorter chain
    "C=CC=CC(C)=O": "CSCC=CC=C(C)[O-]",  # the more open carbon
}


@pytest.mark.parametrize("smiles", KNOWN)
def test_the_site_is_the_known_one(smiles: str) -> None:
    choice = addition_site(canonical(smiles))
    assert choice is not None
    assert thiolate_adduct(choice.site, "M").species.smiles == canonical(KNOWN[smiles])
    assert choice.flags == ()


@pytest.mark.parametrize("smiles", UNDECIDED)
def test_chains_of_different_lengths_that_are_close_go_by_openness_and_a_flag_names_the_other(smiles: str) -> None:
    choice = addition_site(canonical(smiles))
    assert choice is not None
    assert thiolate_adduct(choice.site, "M").species.smiles == canonical(UNDECIDED[smiles])
    (other,) = (site for site in find_michael_sites(smiles) if site != choice.site)
    (flag,) = choice.flags
    assert f"may also add to atom {other.attacked + 1}, over a conjugated chain of another length" in flag


def test_no_acceptor_has_no_site() -> None:
    assert addition_site("CCO") is None
