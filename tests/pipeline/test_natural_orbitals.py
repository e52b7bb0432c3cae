"""Natural orbitals: those of PySCF, orthonormal, and better for the energy than canonical ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from levels_small import TINY, geometry, moved
from pyscf import mp
from pyscf.fci import direct_spin1
from scipy.spatial.transform import Rotation

from molecules.conformers import Geometry
from pipeline.active_space import ActiveSpaceChoice, Reference, active_space, hamiltonian
from pipeline.errors import InputError
from pipeline.mean_field import MeanField, mean_field
from pipeline.natural_orbitals import natural_virtuals

SMALL = replace(TINY, basis="6-31g")
WATER = geometry(("O", 0, 0, 0), ("H", 0.757, 0.587, 0), ("H", -0.757, 0.587, 0))
METHYL = geometry(("C", 0, 0, 0), ("H", 1.079, 0, 0), ("H", -0.5395, 0.93444, 0), ("H", -0.5395, -0.93444, 0))
CYANO = geometry(("C", 0, 0, 0), ("N", 0, 0, 1.172))
OXYGEN = geometry(("O", 0, 0, 0), ("O", 0, 0, 1.2075))
CASES = [
    pytest.param(WATER, 1, 8, 8, id="water"),
    pytest.param(METHYL, 2, 7, 8, id="methyl"),
    pytest.param(CYANO, 2, 9, 8, id="CN"),
    pytest.param(OXYGEN, 3, 8, 7, id="oxygen"),
]


def energy(reference: MeanField, at: Geometry, choice: ActiveSpaceChoice) -> float:
    """Of the exact ground state in the active space, hartree."""
    integrals = hamiltonian(reference, active_space(reference, at, choice))
    solver = direct_spin1.FCI()
    solver.conv_tol = 1e-11
    sector = (integrals.n_alpha, integrals.n_beta)
    electronic, _ = solver.kernel(integrals.one_body, integrals.two_body, integrals.n_orbitals, sector)
    return float(electronic) + integrals.constant


@pytest.mark.parametrize("density_fit", [False, True])
@pytest.mark.parametrize("n_core", [0, 1])
def test_closed_shells_have_the_natural_orbitals_of_pyscf(n_core: int, density_fit: bool) -> None:
    reference = mean_field(WATER, 0, 1, replace(SMALL, density_fit=density_fit))
    orbitals, occupations = natural_virtuals(reference, n_core)
    peer = mp.MP2(reference.scf, frozen=n_core).run()
    n_active = 5 - n_core
    density = peer.make_rdm1(with_frozen=False)[n_active:, n_active:]
    np.testing.assert_allclose(occupations, np.linalg.eigvalsh(density)[::-1], atol=1e-9)
    _, theirs = peer.make_fno(nvir_act=4)
    overlap = reference.scf.get_ovlp()
    shared = np.linalg.svd(orbitals[:, :4].T @ overlap @ theirs[:, 5:9], compute_uv=False)
    np.testing.assert_allclose(shared, 1.0, atol=1e-8)


@pytest.mark.parametrize("density_fit", [False, True])
@pytest.mark.parametrize(("at", "multiplicity", "electrons", "orbitals"), CASES)
def test_a_natural_space_lies_lower_than_a_canonical_one(
    at: Geometry, multiplicity: int, electrons: int, orbitals: int, density_fit: bool
) -> None:
    reference = mean_field(at, 0, multiplicity, replace(SMALL, density_fit=density_fit))
    canonical = energy(reference, at, ActiveSpaceChoice(electrons, orbitals))
    natural = energy(reference, at, ActiveSpaceChoice(electrons, orbitals, natural=True))
    gained = (reference.energy_hartree - natural) / (reference.energy_hartree - canonical)
    assert gained > 1.15


@pytest.mark.parametrize(("at", "multiplicity", "electrons", "orbitals"), CASES)
def test_natural_orbitals_are_orthonormal_and_keep_the_mean_field(
    at: Geometry, multiplicity: int, electrons: int, orbitals: int
) -> None:
    reference = mean_field(at, 0, multiplicity, SMALL)
    space = active_space(reference, at, ActiveSpaceChoice(electrons, orbitals, natural=True))
    overlap = reference.scf.get_ovlp()
    np.testing.assert_allclose(space.orbitals.T @ overlap @ space.orbitals, np.eye(reference.n_basis), atol=1e-9)
    np.testing.assert_array_equal(space.orbitals[:, : reference.n_alpha], reference.orbitals[:, : reference.n_alpha])
    _, occupations = natural_virtuals(reference, space.n_core)
    assert np.all(np.diff(occupations) <= 1e-12)
    assert 0 <= occupations[-1] <= occupations[0] < 1


def test_larger_natural_spaces_hold_the_smaller_ones() -> None:
    """And the full space is the same in any orbitals."""
    reference = mean_field(WATER, 0, 1, SMALL)
    energies = [energy(reference, WATER, ActiveSpaceChoice(8, n, natural=True)) for n in range(4, 13)]
    assert energies[0] == pytest.approx(reference.energy_hartree, abs=1e-8)
    assert np.all(np.diff(energies) < 0)
    assert energies[-1] == pytest.approx(energy(reference, WATER, ActiveSpaceChoice(8, 12)), abs=1e-8)


def test_natural_orbitals_turn_with_the_molecule() -> None:
    choice = ActiveSpaceChoice(6, 6, natural=True)
    turned = moved(WATER, Rotation.random(random_state=3).as_matrix())
    energies = [energy(mean_field(at, 0, 1, SMALL), at, choice) for at in (WATER, turned)]
    assert energies[0] == pytest.approx(energies[1], abs=1e-8)


@pytest.mark.parametrize(
    ("at", "multiplicity", "n_core"),
    [(geometry(("H", 0, 0, 0)), 2, 0), (geometry(("Li", 0, 0, 0)), 2, 1)],
    ids=["one electron", "one above the core"],
)
def test_a_lone_electron_keeps_the_canonical_orbitals(at: Geometry, multiplicity: int, n_core: int) -> None:
    reference = mean_field(at, 0, multiplicity, SMALL)
    orbitals, occupations = natural_virtuals(reference, n_core)
    np.testing.assert_array_equal(orbitals, reference.orbitals[:, reference.n_alpha :])
    assert not occupations.any()


def test_electrons_of_one_spin_are_correlated_too() -> None:
    triplet = geometry(("H", 0, 0, 0), ("H", 0, 0, 1.5))
    _, occupations = natural_virtuals(mean_field(triplet, 0, 3, replace(TINY, basis="6-31g**")), 0)
    assert occupations[0] > 1e-5


@pytest.mark.parametrize(
    ("choice", "functional", "reason"),
    [
        (ActiveSpaceChoice(4, 4, natural=True), "pbe", "need Hartree–Fock"),
        (ActiveSpaceChoice(4, 3, (Reference(0, "all"),), natural=True), "hf", "either projected or natural"),
        (ActiveSpaceChoice(4, 40, natural=True), "hf", "does not fit"),
    ],
)
def test_what_cannot_be_natural_is_refused_with_advice(choice: ActiveSpaceChoice, functional: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        active_space(mean_field(WATER, 0, 1, replace(SMALL, functional=functional)), WATER, choice)
    assert caught.value.remedy
