"""Poses: adducts and models in the shape of their molecule."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from molecules.conformers import Geometry, to_mol
from molecules.michael import find_michael_sites, thiolate_adduct
from molecules.model_system import model_system, site_in
from molecules.poses import acceptor_places, acceptor_pose, adduct_places, adduct_pose, completed
from molecules.smiles import canonical, parse

ACCEPTORS = [
    "C=CC(=O)N1CCC[C@H](C1)n1nc(-c2ccccc2)c2c(N)ncnc12",
    "CC/C=C/C(=O)NCc1ccccc1",
    "CC#CC(=O)NCc1ccncc1",
    "C=C=CC(=O)NCc1ccccc1",
    "C=C/C=C/C(=O)NCc1ccccc1",
    "C=Cc1ccnc(NCc2ccccc2)n1",
]
acceptors = pytest.mark.parametrize("smiles", [canonical(smiles) for smiles in ACCEPTORS])


def distances(at: Geometry, atoms: list[int]) -> np.ndarray:
    xyz = at.coordinates()[atoms]
    return np.linalg.norm(xyz[:, None] - xyz[None], axis=2)


def is_sound(smiles: str, at: Geometry) -> bool:
    """Bonds have lengths of bonds, other atoms keep apart, and stereochemistry is that of the SMILES."""
    mol = to_mol(smiles, at)
    xyz, bonded = at.coordinates(), set()
    for bond in mol.GetBonds():
        bonded.add(frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())))
    for i in range(len(xyz)):
        for j in range(i):
            length = np.linalg.norm(xyz[i] - xyz[j])
            if frozenset((i, j)) in bonded and not 0.85 < length < 2.0:
                return False
            if frozenset((i, j)) not in bonded and length < 1.4:
                return False
    Chem.AssignStereochemistryFrom3D(mol)
    wanted = {a.GetIdx(): a.GetProp("_CIPCode") for a in parse(smiles).GetAtoms() if a.HasProp("_CIPCode")}
    return all(mol.GetAtomWithIdx(i).GetPropsAsDict(True).get("_CIPCode") == code for i, code in wanted.items())


@acceptors
def test_the_adduct_keeps_the_acceptors_shape(smiles: str) -> None:
    site, pose = find_michael_sites(smiles)[0], acceptor_pose(smiles)
    adduct = thiolate_adduct(site, "adduct")
    at = adduct_pose(site, adduct, pose)
    assert is_sound(adduct.species.smiles, at)
    was_linear = parse(smiles).GetAtomWithIdx(site.attacked).GetTotalDegree() == 2
    heavy = [i for i in range(len(adduct.from_acceptor)) if not was_linear or i > site.attacked]
    moved = [adduct.from_acceptor[i] for i in heavy]
    assert distances(at, moved) == pytest.approx(distances(pose, heavy), abs=0.35)
    sulfur = np.linalg.norm(at.coordinates()[adduct.sulfur] - at.coordinates()[adduct.attacked])
    assert sulfur == pytest.approx(1.82, abs=0.12)


@acceptors
def test_models_have_the_shape_of_the_whole(smiles: str) -> None:
    site, pose = find_michael_sites(smiles)[0], acceptor_pose(smiles)
    adduct = thiolate_adduct(site, "adduct")
    whole = adduct_pose(site, adduct, pose)
    model = model_system(smiles, site.path, max_heavy=10)
    in_model = thiolate_adduct(site_in(model, site), "model")
    for name, places, of in (
        (model.smiles, acceptor_places(model, pose), pose),
        (in_model.species.smiles, adduct_places(model, in_model, adduct, whole), whole),
    ):
        at = completed(name, places)
        assert is_sound(name, at)
        for atom, place in places.items():
            assert np.linalg.norm(at.coordinates()[atom] - place) < 0.3
        assert set(places.values()) <= set(of.coordinates_angstrom)


def test_a_pose_is_the_same_again() -> None:
    smiles = canonical(ACCEPTORS[0])
    acceptor_pose.cache_clear()
    first = acceptor_pose(smiles)
    acceptor_pose.cache_clear()
    assert acceptor_pose(smiles) == first


@pytest.mark.parametrize("smiles", ["CC#CC(=O)NCc1ccncc1", "C=C=CC(=O)NCc1ccccc1"])
def test_an_attacked_carbon_that_was_linear_is_bent(smiles: str) -> None:
    site = find_michael_sites(smiles)[0]
    adduct = thiolate_adduct(site, "adduct")
    at = adduct_pose(site, adduct, acceptor_pose(site.smiles))
    (end,) = (
        atom.GetIdx()
        for atom in parse(site.smiles).GetAtomWithIdx(site.attacked).GetNeighbors()
        if atom.GetIdx() not in site.chain
    )
    xyz = at.coordinates()
    bonds = [xyz[adduct.from_acceptor[atom]] - xyz[adduct.attacked] for atom in (end, site.chain[1])]
    cosine = bonds[0] @ bonds[1] / np.prod([np.linalg.norm(bond) for bond in bonds])
    assert np.degrees(np.arccos(cosine)) == pytest.approx(122, abs=12)
