"""States in optimised orbitals: bounds, CASSCF as the limit, and what full valence spaces hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from levels_small import TINY, geometry
from pyscf import gto, mcscf, scf

from molecules.conformers import Geometry
from molecules.species import Species
from pipeline.active_space import ActiveSpaceChoice, active_space, full_valence, hamiltonian
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState, compute
from pipeline.mean_field import mean_field
from pipeline.states import exact_state, optimised_exact_state, optimised_vqe_state, vqe_state

LEVEL = replace(TINY, basis="6-31g")
WATER = geometry(("O", 0.0, 0.0, 0.117), ("H", 0.0, 0.757, -0.470), ("H", 0.0, -0.757, -0.470))
NITROGEN = geometry(("N", 0.0, 0.0, 0.0), ("N", 0.0, 0.0, 1.098))
HYDROGEN = geometry(("H", 0.0, 0.0, 0.0), ("H", 0.0, 0.0, 1.4))
AMINO = geometry(("N", 0.0, 0.0, 0.14), ("H", 0.0, 0.80, -0.49), ("H", 0.0, -0.80, -0.49))


def ground(at: Geometry, charge: int, multiplicity: int, choice: ActiveSpaceChoice) -> GroundState:
    return compute(Calculation(Species("M", "", charge, multiplicity, "gas"), choice), at, LEVEL)


@pytest.mark.parametrize(
    ("symbols", "charge", "numbers"),
    [
        (("H",), 0, (1, 1)),
        (("O", "H", "H"), 0, (8, 6)),
        (("N", "N"), 1, (9, 8)),
        (("S", "H"), -1, (8, 5)),
        (("C", "H", "H", "H", "Br"), 0, (14, 11)),
    ],
)
def test_full_valence_spaces(symbols: tuple[str, ...], charge: int, numbers: tuple[int, int]) -> None:
    choice = full_valence(symbols, charge)
    assert (choice.n_electrons, choice.n_orbitals) == numbers
    assert choice.optimised


def test_metals_have_no_full_valence_space_here() -> None:
    with pytest.raises(InputError, match="Fe"):
        full_valence(("Fe",), 0)


@pytest.mark.parametrize(
    ("at", "multiplicity", "choice"),
    [
        (WATER, 1, ActiveSpaceChoice(4, 4, optimised=True)),
        (WATER, 1, full_valence(WATER.symbols, 0)),
        (AMINO, 2, ActiveSpaceChoice(5, 5, optimised=True)),
    ],
)
def test_optimised_orbitals_lower_the_energy(at: Geometry, multiplicity: int, choice: ActiveSpaceChoice) -> None:
    """And the variational principle holds: mean field ≥ VQE ≥ exact, for each kind of orbitals."""
    reference = mean_field(at, 0, multiplicity, LEVEL)
    space = active_space(reference, at, choice)
    integrals = hamiltonian(reference, space)
    exact, best = exact_state(space, integrals), optimised_exact_state(reference, space)
    vqe = vqe_state(space, integrals, "uccsd", None)
    best_vqe = optimised_vqe_state(reference, best.space, "uccsd")
    assert best.converged
    assert best_vqe.converged
    assert best.energy_hartree < exact.energy_hartree - 1e-4
    assert best.energy_hartree - 1e-8 <= best_vqe.result.energy_hartree <= vqe.result.energy_hartree + 1e-8
    assert best_vqe.result.energy_hartree <= reference.energy_hartree


def test_casscf_is_that_of_pyscf() -> None:
    mol = gto.M(atom="N 0 0 0; N 0 0 1.098", basis="6-31g", verbose=0)
    theirs = mcscf.CASSCF(scf.RHF(mol).run(conv_tol=1e-10), 8, 10)
    theirs.conv_tol = 1e-9
    theirs.kernel()
    state = ground(NITROGEN, 0, 1, full_valence(NITROGEN.symbols, 0))
    assert state.energy_hartree.casci == pytest.approx(theirs.e_tot, abs=1e-6)
    assert state.energy_hartree.vqe == pytest.approx(theirs.e_tot, abs=3e-3)
    assert (state.n_electrons, state.n_orbitals) == (10, 8)
    assert state.converged


def test_two_electrons_are_exact() -> None:
    energy = ground(HYDROGEN, 0, 1, full_valence(HYDROGEN.symbols, 0)).energy_hartree
    assert energy.vqe == pytest.approx(energy.casci, abs=1e-7)
    assert energy.vqe_pdft == pytest.approx(energy.casci_pdft, abs=1e-5)
