"""VqeSolver in each place where PySCF takes an FCI solver; two active electrons make UCCSD exact."""

from __future__ import annotations

from functools import cache
from os import devnull
from typing import Any, get_args

import numpy as np
import pytest
from levels_small import TINY, geometry
from molecules_small import WATER, active_space
from pyscf import ao2mo, gto, mcpdft, mcscf, qmmm, scf, solvent
from pyscf.geomopt import ase_solver

from pipeline.active_space import ActiveSpaceChoice
from pipeline.active_space import active_space as cut_active_space
from pipeline.active_space import hamiltonian as integrals_of
from pipeline.mean_field import mean_field
from pipeline.pdft import Pdft
from pipeline.vqe.pyscf_solver import VqeSolver
from pipeline.vqe.solve import Ansatz, solve

CASES: dict[str, tuple[str, str, int, int, int]] = {
    # name: atoms, basis, spin (2S), active orbitals, active electrons
    "H2": ("H 0 0 0; H 0 0 0.74", "6-31g", 0, 2, 2),
    "LiH": ("Li 0 0 0; H 0 0 1.7", "sto-3g", 0, 2, 2),
    "H2O (4e,4o)": (WATER, "6-31g", 0, 4, 4),
    "CH3": ("C 0 0 0; H 1.12 0 0; H -0.54 0.9353 0; H -0.54 -0.9353 0", "sto-3g", 1, 3, 3),
    "NH": ("N 0 0 0; H 0 0 1.04", "6-31g", 2, 4, 4),
}
CHARGES = ([(0.0, 0.3, -2.5), (0.4, 0.0, 3.0)], [0.5, -0.4])


@cache
def field(name: str) -> Any:
    atoms, basis, spin, _, _ = CASES[name]
    mol = gto.M(atom=atoms, basis=basis, spin=spin, verbose=0)
    return (scf.ROHF if spin else scf.RHF)(mol).run(conv_tol=1e-12)


def multiconfigurational(kind: Any, name: str, vqe: bool = True, reference: Any = None) -> Any:
    """A CASCI or CASSCF object, tightly converged, with the VQE or with PySCF's own solver."""
    mc = kind(reference or field(name), *CASES[name][3:])
    mc.fcisolver.conv_tol = 1e-12
    if hasattr(mc, "internal_rotation"):
        mc.conv_tol, mc.conv_tol_grad, mc.internal_rotation = 1e-9, 1e-5, vqe and CASES[name][4] > 2
    if vqe:
        mc.fcisolver = VqeSolver()
    return mc


def solved(kind: Any, name: str, vqe: bool = True, reference: Any = None) -> Any:
    mc = multiconfigurational(kind, name, vqe, reference).run()
    assert mc.converged
    assert mc.fcisolver.converged
    return mc


def energy_from_density_matrices(mc: Any) -> float:
    one_body, constant = mc.get_h1cas()
    two_body = ao2mo.restore(1, np.asarray(mcscf.CASCI(mc._scf, mc.ncas, mc.nelecas).get_h2eff(mc.mo_coeff)), mc.ncas)
    one, two = mc.fcisolver.make_rdm12(mc.ci, mc.ncas, mc.nelecas)
    return float(constant + np.einsum("pq,pq", one_body, one) + 0.5 * np.einsum("pqrs,pqrs", two_body, two))


@pytest.mark.parametrize("symmetry", [1, 4, 8])
@pytest.mark.parametrize("electrons", [4, (2, 2)])
def test_kernel_is_the_pipelines_vqe(symmetry: int, electrons: int | tuple[int, int]) -> None:
    hamiltonian, _, _ = active_space("H2O (4e,4o)")
    eri = ao2mo.restore(symmetry, hamiltonian.two_body, 4)
    solver = VqeSolver()
    assert not solver.converged
    energy, state = solver.kernel(hamiltonian.one_body, eri, 4, electrons, ecore=hamiltonian.constant)
    expected = solve(hamiltonian)
    assert energy == pytest.approx(expected.energy_hartree, abs=1e-10)
    np.testing.assert_allclose(state, expected.state, atol=1e-8)
    assert solver.converged


def test_a_search_that_continues_starts_from_the_last_parameters() -> None:
    hamiltonian, _, _ = active_space("H2O (4e,4o)")
    solver = VqeSolver()
    arguments = (hamiltonian.one_body, hamiltonian.two_body, 4)
    energy, state = solver.kernel(*arguments, 4)
    assert solver.result is not None
    cold = solver.result.n_evaluations
    assert solver.kernel(*arguments, 4, ci0=state)[0] == pytest.approx(energy, abs=1e-9)
    assert solver.result.n_evaluations < cold
    solver.kernel(*arguments, (3, 1), ci0=state)  # other sizes: not from there
    assert solver.converged


@pytest.mark.parametrize("kind", [mcscf.CASCI, mcscf.CASSCF])
@pytest.mark.parametrize("name", ["H2", "LiH"])
def test_two_electrons_are_exact(name: str, kind: Any) -> None:
    assert solved(kind, name).e_tot == pytest.approx(solved(kind, name, vqe=False).e_tot, abs=2e-8)


@pytest.mark.parametrize("ansatz", get_args(Ansatz))
def test_casci_is_the_pipelines_vqe(ansatz: Ansatz) -> None:
    mc = multiconfigurational(mcscf.CASCI, "H2O (4e,4o)")
    mc.fcisolver = VqeSolver(ansatz)
    tolerance = 1e-3 if ansatz == "lucj" else 1e-8  # it has several minima, and the orbitals' signs choose
    expected = solve(active_space("H2O (4e,4o)")[0], ansatz).energy_hartree
    assert mc.kernel()[0] == pytest.approx(expected, abs=tolerance)
    assert mc.converged


@pytest.mark.parametrize("name", ["H2O (4e,4o)", "CH3", "NH"])
def test_casscf_optimises_the_orbitals_of_the_vqe(name: str) -> None:
    mc = solved(mcscf.CASSCF, name)
    exact = solved(mcscf.CASSCF, name, vqe=False)
    assert exact.e_tot - 1e-8 <= mc.e_tot < solved(mcscf.CASCI, name).e_tot - 1e-3
    assert mc.e_tot == pytest.approx(exact.e_tot, abs=1e-4)
    densities = mc.fcisolver.make_rdm12(mc.ci, mc.ncas, mc.nelecas)
    assert np.linalg.norm(mc.get_grad(casdm1_casdm2=densities)) < 1e-4
    assert mc.ci is mc.fcisolver.result.state  # PySCF took no step off the ansatz
    assert energy_from_density_matrices(mc) == pytest.approx(mc.e_tot, abs=1e-9)


@pytest.mark.parametrize("name", ["H2O (4e,4o)", "CH3", "NH"])
def test_density_matrices_and_spin(name: str) -> None:
    mc = solved(mcscf.CASCI, name)
    solver, n, (n_alpha, n_beta) = mc.fcisolver, mc.ncas, mc.nelecas
    arguments = (mc.ci, n, (n_alpha, n_beta))
    alpha, beta = solver.make_rdm1s(*arguments)
    assert (np.trace(alpha), np.trace(beta)) == pytest.approx((n_alpha, n_beta))
    one, two = solver.make_rdm12(*arguments)
    np.testing.assert_allclose(alpha + beta, one, atol=1e-12)
    np.testing.assert_allclose(solver.make_rdm1(*arguments), one, atol=1e-12)
    electrons = n_alpha + n_beta
    assert np.einsum("ppqq", two) == pytest.approx(electrons * (electrons - 1))
    _, (same_alpha, opposite, same_beta) = solver.make_rdm12s(*arguments)
    np.testing.assert_allclose(same_alpha + same_beta + opposite + opposite.transpose(2, 3, 0, 1), two, atol=1e-12)
    assert energy_from_density_matrices(mc) == pytest.approx(mc.e_tot, abs=1e-9)
    spin = (n_alpha - n_beta) / 2
    s_squared, multiplicity = solver.spin_square(*arguments)
    assert s_squared == pytest.approx(spin * (spin + 1), abs=1e-4)
    assert multiplicity == pytest.approx(2 * spin + 1, abs=1e-4)


def test_natural_orbitals_describe_the_same_state() -> None:
    mc = multiconfigurational(mcscf.CASSCF, "H2O (4e,4o)")
    mc.natorb = True
    mc.kernel()
    density = mc.fcisolver.make_rdm1(mc.ci, mc.ncas, mc.nelecas)
    np.testing.assert_allclose(density, np.diag(np.diag(density)), atol=1e-8)
    assert energy_from_density_matrices(mc) == pytest.approx(mc.e_tot, abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "model"),
    [(mcscf.CASCI, solvent.ddCOSMO), (mcscf.CASCI, solvent.PCM), (mcscf.CASSCF, solvent.ddCOSMO)],
)
def test_solvent(kind: Any, model: Any) -> None:
    vqe, exact = (model(multiconfigurational(kind, "LiH", vqe)) for vqe in (True, False))
    for mc in (vqe, exact):
        for _ in range(6):  # PySCF's CASSCF polarises the solvent by the orbitals that it starts from
            mc.kernel(mc.mo_coeff)
        assert mc.converged
    assert vqe.e_tot == pytest.approx(exact.e_tot, abs=2e-8)
    assert vqe.e_tot < solved(kind, "LiH").e_tot - 1e-3


@pytest.mark.parametrize("kind", [mcscf.CASCI, mcscf.CASSCF])
def test_point_charges(kind: Any) -> None:
    embedded = qmmm.mm_charge(scf.RHF(field("LiH").mol), *CHARGES).run(conv_tol=1e-12)
    vqe, exact = (solved(kind, "LiH", vqe, embedded) for vqe in (True, False))
    assert vqe.e_tot == pytest.approx(exact.e_tot, abs=2e-8)
    assert abs(vqe.e_tot - solved(kind, "LiH").e_tot) > 1e-3
    forces = [mc.nuc_grad_method().kernel() for mc in (vqe, exact)]
    np.testing.assert_allclose(*forces, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(mcscf.CASCI, "LiH"), (mcscf.CASCI, "H2O (4e,4o)"), (mcscf.CASSCF, "H2O (4e,4o)"), (mcscf.CASSCF, "CH3")],
)
def test_nuclear_gradient_equals_finite_differences(kind: Any, name: str) -> None:
    mol = field(name).mol
    direction = np.random.default_rng(3).normal(size=(mol.natm, 3))
    direction /= np.linalg.norm(direction)
    gradient = np.vdot(solved(kind, name).nuc_grad_method().kernel(), direction)
    scanner, step = multiconfigurational(kind, name).as_scanner(), 1e-3
    scanner(mol)
    up, down = (
        scanner(mol.set_geom_(mol.atom_coords() + s * step * direction, unit="Bohr", inplace=False)) for s in (1, -1)
    )
    assert abs(gradient) > 1e-3
    assert gradient == pytest.approx((up - down) / (2 * step), abs=3e-6)


def test_geometry_optimisation() -> None:
    """By ASE, which is installed with the project, through PySCF; geomeTRIC and berny are not."""
    lengths = []
    for vqe in (True, False):
        mc = multiconfigurational(mcscf.CASSCF, "H2", vqe, scf.RHF(gto.M(atom="H 0 0 0; H 0 0 0.8", verbose=0)))
        converged, relaxed = ase_solver.kernel(mc, logfile=devnull, fmax=1e-3)
        assert converged
        lengths.append(np.linalg.norm(np.subtract(*relaxed.atom_coords(unit="Angstrom"))))
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-4)
    assert lengths[0] == pytest.approx(0.7349, abs=1e-3)  # full CI in STO-3G


def test_mc_pdft() -> None:
    at = geometry(("O", 0.0, 0.0, 0.0), ("H", 0.757, 0.587, 0.0), ("H", -0.757, 0.587, 0.0))
    reference = mean_field(at, 0, 1, TINY)
    space = cut_active_space(reference, at, ActiveSpaceChoice(4, 4))
    state = solve(integrals_of(reference, space), TINY.ansatz).state
    expected = Pdft(reference, space, TINY).energy(space, state)
    mc = mcpdft.CASCI(reference.scf, TINY.ontop_functional, 4, 4, grids_level=TINY.grid_level)
    mc.fcisolver = VqeSolver(TINY.ansatz)
    mc.kernel(space.orbitals)
    assert mc.e_tot == pytest.approx(expected, abs=1e-8)


def test_mc_pdft_with_optimised_orbitals() -> None:
    energies = []
    for vqe in (True, False):
        mc = mcpdft.CASSCF(field("LiH"), "tPBE", 2, 2, grids_level=0)
        if vqe:
            mc.fcisolver = VqeSolver()
        mc.run(conv_tol=1e-9, conv_tol_grad=1e-5)
        energies.append(mc.e_tot)
    assert energies[0] == pytest.approx(energies[1], abs=1e-6)


def test_what_would_leave_the_ansatz_or_the_ground_state_is_refused() -> None:
    with pytest.raises(AttributeError):
        multiconfigurational(mcscf.CASCI, "LiH").fcisolver.nroots = 2
    with pytest.raises(AttributeError):
        multiconfigurational(mcscf.CASSCF, "LiH").newton().kernel()
    with pytest.raises(AttributeError):
        multiconfigurational(mcscf.CASSCF, "LiH").state_average([0.5, 0.5]).kernel()
