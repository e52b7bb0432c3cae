"""Thiol addition: its species and active spaces, what it refuses, and that none of it changes unnoticed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from molecules.michael import find_michael_sites, thiolate_adduct
from molecules.species import THIOLATE
from pipeline.active_space import ActiveSpaceChoice
from pipeline.descriptors import DESCRIPTORS
from pipeline.descriptors.equation import NotApplicableError
from pipeline.descriptors.thiol_addition import _spaces
from pipeline.level import PROFILES

SITES = Path(__file__).with_name("thiol_addition_sites.tsv")
"""Acceptors of every class with 1,4-sites. Stored results rest on these adducts and spaces."""
BEYOND = {
    # acceptor: electrons and orbitals of its space, charges of acceptor and adduct
    "C=C[S+](C)C": (2, 1, 0),
    "C=C[P+](C)(C)C": (2, 1, 0),
    "C=CS(C)(=O)=N": (2, 0, -1),
    "C=CS(=O)c1ccccc1": (2, 0, -1),
    "C=CC(=S)NC": (4, 0, -1),
    "C=Cc1ccccn1": (4, 0, -1),
    "C=Cc1ccncc1": (6, 0, -1),
    "C#Cc1ccncc1": (8, 0, -1),
    "C=Cc1nnc(C)o1": (4, 0, -1),
    "C=CC=[N+](C)C": (4, 1, 0),
    "C=CC=NO": (4, 0, -1),
    "C=CC=[N+](C)[O-]": (4, 0, -1),
    "C=C1C=CC(=O)C=C1": (6, 0, -1),
    "C/C=C/C=C/C(=O)OC": (6, 0, -1),
    "C#CC=CC(C)=O": (8, 0, -1),
    "C=CC=CC=CC=O": (8, 0, -1),
}


def written(choice: ActiveSpaceChoice) -> str:
    """Such as ``(4e,4o) 0:normal 1:across:2``."""
    references = (
        ":".join(str(one) for one in (reference.atom, reference.direction, reference.partner) if one is not None)
        for reference in choice.references
    )
    return " ".join([f"({choice.n_electrons}e,{choice.n_orbitals}o)", *references])


def test_species_and_spaces_stay_those_of_stored_results() -> None:
    with SITES.open(encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t"))[1:]
    assert len({row[0] for row in rows}) > 60
    for acceptor, *expected in rows:
        found = []
        for site in find_michael_sites(acceptor):
            adduct = thiolate_adduct(site, "M")
            found.append([adduct.species.smiles, *(written(space) for space in _spaces(site, adduct))])
        assert expected in found, acceptor


@pytest.mark.parametrize("smiles", BEYOND)
def test_spaces_and_charges_balance_for_every_class_of_acceptor(smiles: str) -> None:
    n_pi, charge, of_adduct = BEYOND[smiles]
    site = next(site for site in find_michael_sites(smiles) if len(site.path) + 2 * (site.bond_order == 3) == n_pi)
    adduct = thiolate_adduct(site, "M")
    at_adduct, at_acceptor = _spaces(site, adduct)
    assert (at_acceptor.n_electrons, at_acceptor.n_orbitals) == (n_pi, n_pi)
    assert (at_adduct.n_electrons, at_adduct.n_orbitals) == (n_pi + 6, n_pi + 3)
    named = {"all": 3, "across": 2, "toward": 1, "normal": 1}
    for choice in (at_adduct, at_acceptor):
        assert sum(named[reference.direction] for reference in choice.references) == choice.n_orbitals
        assert len({(one.atom, one.direction) for one in choice.references}) == len(choice.references)
    assert adduct.species.charge == of_adduct == charge + THIOLATE.charge


@pytest.mark.parametrize("smiles", ["C=C[S+](C)C", "C=CC=[N+](C)C", "C=Cc1cccc[n+]1C"])
def test_a_cation_gives_a_neutral_adduct(smiles: str) -> None:
    adduct, acceptor, thiolate, _ = DESCRIPTORS["thiol_addition"].calculations(smiles, "M", PROFILES["quick"])
    assert [one.species.charge for one in (adduct, acceptor, thiolate)] == [0, 1, -1]


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("c1ccccc1", "M has no C=C or C≡C bond other than in and at rings that RDKit counts as aromatic."),
        ("CNC=CC(C)=O", "gives the group its lone pair, as in vinylogous amides, esters and acids. Additions"),
        ("C=CB(O)O", "of the kinds that are covered: C=O, C=S"),
    ],
)
def test_a_refusal_says_which_it_is(smiles: str, reason: str) -> None:
    with pytest.raises(NotApplicableError) as caught:
        DESCRIPTORS["thiol_addition"].calculations(smiles, "M", PROFILES["quick"])
    assert reason in caught.value.reason
    assert "Other reactions with thiols" in caught.value.remedy
