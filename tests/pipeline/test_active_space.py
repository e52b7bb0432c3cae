"""ActiveSpace: π orbitals that are π orbitals, spaces that balance, requests that cannot be met."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from levels_small import TINY, geometry, moved, planar
from pyscf.fci import direct_spin1
from scipy.spatial.transform import Rotation

from molecules.conformers import Geometry
from molecules.michael import find_michael_sites
from molecules.read import read_library
from molecules.species import THIOLATE, Species, neutral
from pipeline.active_space import (
    LEAST_OVERLAP,
    ActiveSpace,
    ActiveSpaceChoice,
    Reference,
    active_space,
    casci_solver,
    frontier,
    hamiltonian,
)
from pipeline.descriptors import DESCRIPTORS
from pipeline.errors import InputError
from pipeline.geometry import relax
from pipeline.ground_state import Calculation
from pipeline.level import PROFILES
from pipeline.mean_field import MeanField, mean_field

WARHEADS = read_library(Path(__file__).parents[2] / "molecules" / "examples" / "warheads.smi").candidates
ALLYL = Calculation(
    Species("allyl", "[CH2]C=C", 0, 2, "gas"),
    ActiveSpaceChoice(3, 3, tuple(Reference(atom, "normal") for atom in range(3))),
)
LIH = geometry(("Li", 0, 0, 0), ("H", 0, 0, 1.6))


def thiol_addition(smiles: str) -> tuple[Calculation, ...]:
    """Adduct, acceptor and thiolate."""
    return DESCRIPTORS["thiol_addition"].calculations(smiles, smiles, TINY)


def cut(calculation: Calculation, at: Geometry) -> tuple[MeanField, ActiveSpace]:
    species = calculation.species
    reference = mean_field(at, species.charge, species.multiplicity, TINY)
    return reference, active_space(reference, at, calculation.choice)


def exact_energy(calculation: Calculation, at: Geometry) -> float:
    integrals = hamiltonian(*cut(calculation, at))
    sector = (integrals.n_alpha, integrals.n_beta)
    solver = direct_spin1.FCI()
    solver.conv_tol = 1e-11
    energy, _ = solver.kernel(integrals.one_body, integrals.two_body, integrals.n_orbitals, sector)
    return float(energy) + integrals.constant


@pytest.mark.parametrize(
    ("smiles", "n_pi"),
    [
        ("C=CC#N", 4),
        ("C=CC=O", 4),
        ("C=C[N+](=O)[O-]", 4),
        ("O=C1C=CC(=O)N1", 4),
        ("C#CC=O", 4),  # and both orbitals of the in-plane π bond
    ],
)
def test_orbitals_of_a_planar_acceptor_are_pi_or_in_plane(smiles: str, n_pi: int) -> None:
    """Under reflection in the plane a π orbital changes sign, so it has no part on in-plane atomic orbitals."""
    acceptor = thiol_addition(smiles)[1]
    reference, space = cut(acceptor, planar(acceptor.species))
    active = space.orbitals[:, space.n_core : space.n_core + space.n_orbitals]
    odd = np.array([label.strip().endswith("pz") for label in reference.scf.mol.ao_labels()])
    in_plane, out_of_plane = np.abs(active[~odd]).max(axis=0), np.abs(active[odd]).max(axis=0)
    assert np.minimum(in_plane, out_of_plane).max() < 1e-6
    assert np.count_nonzero(in_plane < 1e-6) == n_pi
    assert 2 * space.n_alpha == 2 * space.n_beta == space.n_orbitals  # half filled
    assert min(space.overlaps) > 2 * LEAST_OVERLAP


@pytest.mark.parametrize("smiles", ["C=CC#N", "C=CC=O"])
def test_a_conjugated_acceptor_lies_on_the_atoms_it_names(smiles: str) -> None:
    acceptor = thiol_addition(smiles)[1]
    assert min(cut(acceptor, planar(acceptor.species))[1].overlaps) > 0.95


def test_thiolates_space_is_sulfurs_full_3p_shell() -> None:
    thiolate = thiol_addition("C=CC#N")[2]
    assert thiolate.species == THIOLATE
    _, space = cut(thiolate, relax(THIOLATE, TINY, seed=1).geometry)
    assert (space.n_alpha, space.n_beta, space.n_orbitals) == (3, 3, 3)
    lone_pairs, bond = space.overlaps[:2], space.overlaps[2]
    assert min(lone_pairs) > 0.9
    assert 0.5 < bond < 0.8  # C–S, shared with carbon


@pytest.mark.parametrize("smiles", [candidate.smiles for candidate in WARHEADS])
def test_both_sides_of_thiol_addition_have_the_same_space(smiles: str) -> None:
    """And each space has as many orbitals as the atomic orbitals that it names."""
    adduct, acceptor, thiolate, on_the_way = (calculation.choice for calculation in thiol_addition(smiles))
    assert on_the_way == adduct
    assert adduct.n_electrons == acceptor.n_electrons + thiolate.n_electrons
    assert adduct.n_orbitals == acceptor.n_orbitals + thiolate.n_orbitals
    for choice in (adduct, acceptor, thiolate):
        named = {"all": 3, "across": 2, "toward": 1, "normal": 1}
        assert sum(named[reference.direction] for reference in choice.references) == choice.n_orbitals
    assert acceptor.n_electrons == acceptor.n_orbitals


def test_the_warheads_hold_double_and_triple_bonds() -> None:
    assert {find_michael_sites(candidate.smiles)[0].bond_order for candidate in WARHEADS} == {2, 3}


@pytest.mark.parametrize(
    "calculation",
    [
        *thiol_addition("C=CC#N"),
        *thiol_addition("C#CC=O")[:2],
        ALLYL,
        replace(ALLYL, choice=ActiveSpaceChoice(5, 5)),
    ],
    ids=lambda calculation: f"{calculation.species.label} {calculation.choice.n_orbitals}",
)
def test_rotations_keep_the_mean_field_and_the_metric(calculation: Calculation) -> None:
    """Core, active and empty orbitals are orthonormal, and the reference determinant is the SCF solution."""
    reference, space = cut(calculation, relax(calculation.species, TINY, seed=1).geometry)
    overlap = reference.scf.get_ovlp()
    np.testing.assert_allclose(space.orbitals.T @ overlap @ space.orbitals, np.eye(reference.n_basis), atol=1e-9)
    alpha, beta = (space.orbitals[:, : space.n_core + n] for n in (space.n_alpha, space.n_beta))
    density = np.asarray(reference.scf.make_rdm1()).reshape(-1, reference.n_basis, reference.n_basis).sum(axis=0)
    np.testing.assert_allclose(alpha @ alpha.T + beta @ beta.T, density, atol=1e-9)


@pytest.mark.parametrize("part", [0, 1, 2], ids=["adduct", "acceptor", "thiolate"])
@pytest.mark.parametrize("smiles", ["C=CC#N", "CC=CC(N)=O", "C#CC(=O)OC"])
def test_energy_does_not_depend_on_how_the_molecule_is_turned(smiles: str, part: int) -> None:
    calculation = thiol_addition(smiles)[part]
    at = relax(calculation.species, TINY, seed=1).geometry
    turned = moved(at, Rotation.random(random_state=5).as_matrix())
    assert exact_energy(calculation, turned) == pytest.approx(exact_energy(calculation, at), abs=1e-8)


def test_energy_of_a_diyne_does_not_depend_on_how_it_is_turned() -> None:
    calculation = thiol_addition("OCC#CC#N")[1]
    at = relax(calculation.species, TINY, seed=1).geometry
    turned = moved(at, Rotation.random(random_state=1).as_matrix())
    assert exact_energy(calculation, turned) == pytest.approx(exact_energy(calculation, at), abs=1e-8)


@pytest.mark.parametrize(
    ("smiles", "charge", "multiplicity", "basis", "expected"),
    [
        ("C=C", 0, 1, "def2-svp", (4, 4)),
        ("C=C", 1, 2, "def2-svp", (5, 5)),
        ("[H][H]", 0, 1, "def2-svp", (2, 3)),
        ("[H][H]", 0, 1, "sto-3g", (2, 2)),
        ("[H][H]", 1, 2, "sto-3g", (1, 2)),
        ("[H][H]", -1, 2, "sto-3g", (3, 2)),
        ("[He]", 0, 1, "sto-3g", (2, 1)),
        ("[He]", 0, 1, "def2-svp", (2, 3)),
        ("[H+]", 1, 1, "sto-3g", (0, 1)),
        ("O=O", 0, 3, "sto-3g", (6, 5)),
        ("F", 0, 1, "sto-3g", (4, 3)),
    ],
)
def test_frontier_is_trimmed_to_what_there_is(
    smiles: str, charge: int, multiplicity: int, basis: str, expected: tuple[int, int]
) -> None:
    level = replace(PROFILES["quick"], basis=basis)
    assert frontier(Species("M", smiles, charge, multiplicity, "gas").symbols, charge, multiplicity, level) == expected


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (ActiveSpaceChoice(6, 6), "does not fit"),  # more electrons than there are
        (ActiveSpaceChoice(4, 7), "does not fit"),  # more orbitals than there are
        (ActiveSpaceChoice(3, 4), "does not fit"),  # an odd number for a closed shell
        (ActiveSpaceChoice(4, 1), "does not fit"),  # more electrons than the orbitals hold
        (ActiveSpaceChoice(-2, 2), "does not fit"),
        (ActiveSpaceChoice(2, 2, (Reference(1, "all"),)), r"Atom 1 \(H\) has no valence p orbital"),
        (ActiveSpaceChoice(2, 2, (Reference(1, "toward", 0),)), r"Atom 1 \(H\) has no valence p orbital"),
    ],
)
def test_an_impossible_space_is_the_users_to_change(choice: ActiveSpaceChoice, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        active_space(mean_field(LIH, 0, 1, TINY), LIH, choice)
    assert caught.value.remedy


@pytest.mark.parametrize(("smiles", "atom", "hydrogen"), [("C", 0, 1), ("Cc1ccccc1", 0, 7), ("CO", 1, 5)])
def test_a_bond_to_hydrogen_has_its_bonding_and_antibonding_orbital(smiles: str, atom: int, hydrogen: int) -> None:
    """The antibonding one is made of the atom's 2s too, which would bring in lone pairs if it were named."""
    bond = (Reference(atom, "toward", hydrogen), Reference(hydrogen, "s"))
    calculation = Calculation(neutral(smiles, smiles, "gas"), ActiveSpaceChoice(2, 2, bond))
    at = relax(calculation.species, TINY, seed=1).geometry
    _, space = cut(calculation, at)
    assert (space.n_alpha, space.n_beta, space.n_orbitals) == (1, 1, 2)
    bonding, antibonding = space.overlaps
    assert bonding > 0.9
    assert antibonding > 1.5 * LEAST_OVERLAP
    turned = moved(at, Rotation.random(random_state=5).as_matrix())
    assert exact_energy(calculation, turned) == pytest.approx(exact_energy(calculation, at), abs=1e-8)


def test_hydrogens_orbitals_are_all_of_h2_in_a_minimal_basis() -> None:
    at = geometry(("H", 0, 0, 0), ("H", 0, 0, 0.74))
    both = ActiveSpaceChoice(2, 2, (Reference(0, "s"), Reference(1, "s")))
    hydrogen = neutral("[H][H]", "hydrogen", "gas")
    whole = exact_energy(Calculation(hydrogen, ActiveSpaceChoice(2, 2)), at)
    assert exact_energy(Calculation(hydrogen, both), at) == pytest.approx(whole, abs=1e-9)


def test_a_bond_direction_needs_the_other_atom() -> None:
    at = relax(neutral("C=C", "ethylene", "gas"), TINY, seed=1).geometry
    with pytest.raises(InputError, match="needs a partner"):
        active_space(mean_field(at, 0, 1, TINY), at, ActiveSpaceChoice(2, 2, (Reference(0, "toward"),)))


@pytest.mark.parametrize("density_fit", [True, False])
@pytest.mark.parametrize(
    ("symbols", "choice"), [(("H", "H"), ActiveSpaceChoice(2, 2)), (("O", "H"), ActiveSpaceChoice(3, 3))]
)
def test_integrals_are_those_of_pyscf_with_a_core_and_without(
    symbols: tuple[str, str], choice: ActiveSpaceChoice, density_fit: bool
) -> None:
    at = Geometry(symbols, ((0.0, 0.0, 0.0), (0.0, 0.0, 0.9)))
    reference = mean_field(at, 0, 1 if symbols[0] == "H" else 2, replace(TINY, basis="6-31g", density_fit=density_fit))
    space = active_space(reference, at, choice)
    found = hamiltonian(reference, space)
    one_body, constant = casci_solver(reference, space).get_h1eff(space.orbitals)
    np.testing.assert_allclose(found.one_body, one_body, atol=1e-10)
    assert found.constant == pytest.approx(constant, abs=1e-10)
