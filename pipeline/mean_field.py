"""MeanField: the SCF solution that the active space is cut from, and the DFT null model beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf import dft, gto, scf
from pyscf.lib.exceptions import BasisNotFoundError

from molecules.conformers import Geometry
from pipeline.core_potential import core_potentials
from pipeline.density_fitting import check_fit
from pipeline.errors import InputError
from pipeline.level import LevelOfTheory

CONVERGENCE_HARTREE = 1e-9
MAX_CYCLES, MAX_SECOND_ORDER_CYCLES = 60, 50
LEVEL_SHIFT_HARTREE = 0.3
SMALL_GAP_HARTREE, SMALL_GAP_ANION_HARTREE = 0.2, 0.1
"""Between the highest occupied and the lowest empty orbital: below it, stability is examined. Organic molecules in
Hartree–Fock have 0.35 and more; closed-shell anions in diffuse functions 0.15, the lowest empty orbital being that of a
free electron."""
LEAST_DESCENT_HARTREE = 0.01
"""A lower solution counts from here on: it is another state. Smaller gains come of a broken symmetry, which makes other
rungs worse: in O2/STO-3G it gains 1.5 millihartree, and PBE0 on that density loses 17."""
_MOST_DESCENTS = 2


@dataclass(frozen=True, eq=False, slots=True)
class MeanField:
    """A restricted (open-shell) SCF solution in the gas phase."""

    energy_hartree: float
    orbitals: NDArray[np.float64]
    """(n_basis, n_basis) molecular-orbital coefficients: doubly occupied, singly occupied, empty."""
    n_alpha: int
    n_beta: int
    converged: bool
    scf: Any
    """PySCF's SCF object. Only this package's modules look inside."""

    @property
    def n_basis(self) -> int:
        """Number of basis functions."""
        return len(self.orbitals)


def check_state(symbols: Iterable[str], charge: int, multiplicity: int) -> None:
    """Raise InputError where the electrons of these atoms cannot have this multiplicity."""
    protons = sum(gto.charge(symbol) for symbol in symbols)
    n_electrons, unpaired = protons - charge, multiplicity - 1
    if n_electrons < 0:
        raise InputError("The charge takes more electrons than there are.", "Use a lower charge.")
    if multiplicity < 1 or n_electrons < unpaired or (n_electrons - unpaired) % 2:
        raise InputError(
            f"{n_electrons} electrons cannot have multiplicity {multiplicity}.",
            f"Use an {'odd' if n_electrons % 2 == 0 else 'even'} multiplicity, or another charge.",
        )


def molecule(geometry: Geometry, charge: int, multiplicity: int, basis: str) -> gto.Mole:
    """PySCF's molecule, with the core potentials that belong to the basis; what does not fit becomes a readable error.

    Raises:
        InputError: charge and multiplicity do not fit, or the basis is unknown, lacks an element, or has neither
            functions nor a potential for its core.
    """
    check_state(geometry.symbols, charge, multiplicity)
    try:
        potentials = core_potentials(geometry.symbols, basis)
        n_core = sum(potentials[symbol][0] for symbol in geometry.symbols if symbol in potentials)
        check_state(geometry.symbols, charge + n_core, multiplicity)
        mol = gto.M(
            atom=list(zip(geometry.symbols, geometry.coordinates().tolist(), strict=True)),
            basis=basis,
            ecp=potentials,
            charge=charge,
            spin=multiplicity - 1,
            verbose=0,
        )
    except (BasisNotFoundError, KeyError, RuntimeError, OSError, AssertionError) as error:
        raise InputError(
            f"The basis {basis!r} cannot be used here: {error}.", "Use a basis that has all elements, such as def2-svp."
        ) from error
    if max(mol.nelec) > mol.nao:
        raise InputError(
            f"{mol.nelectron} electrons do not fit into the {mol.nao} functions of {basis!r}.", "Use a larger basis."
        )
    return mol


def n_basis(symbols: Iterable[str], basis: str) -> int:
    """Number of basis functions of these atoms, without any integral.

    Raises:
        InputError: the basis is unknown or lacks an element.
    """
    return sum(_n_basis_of_element(symbol, basis) for symbol in symbols)


@cache
def _n_basis_of_element(symbol: str, basis: str) -> int:
    return int(_atom(symbol, basis).nao)


def n_valence(symbols: Iterable[str], basis: str) -> int:
    """Electrons of these neutral atoms that no core potential stands for."""
    return sum(int(_atom(symbol, basis).nelectron) for symbol in symbols)


@cache
def _atom(symbol: str, basis: str) -> gto.Mole:
    return molecule(Geometry((symbol,), ((0.0, 0.0, 0.0),)), 0, gto.charge(symbol) % 2 + 1, basis)


def mean_field(geometry: Geometry, charge: int, multiplicity: int, level: LevelOfTheory) -> MeanField:
    """Solve the SCF equations, as `converge` does, and go down from an unstable solution.

    Raises:
        InputError: charge, multiplicity, basis or functional do not fit, or densities cannot be fitted in the basis.
    """
    mol = molecule(geometry, charge, multiplicity, level.basis)
    if level.density_fit:
        check_fit(_atom(symbol, level.basis) for symbol in sorted(set(geometry.symbols)))
    solver = _lowest(converge(scf_solver(mol, level.functional, level.grid_level, level.density_fit)))
    order = np.argsort(-solver.mo_occ, kind="stable")  # doubly, singly, empty; by energy within each
    n_alpha, n_beta = mol.nelec
    return MeanField(
        energy_hartree=float(solver.e_tot),
        orbitals=np.asarray(solver.mo_coeff)[:, order],
        n_alpha=int(n_alpha),
        n_beta=int(n_beta),
        converged=bool(solver.converged),
        scf=solver,
    )


def semicanonical(orbitals: NDArray[np.float64], fock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotate orbitals (n_basis, k) among themselves so that the Fock matrix (n_basis, n_basis) is diagonal in them."""
    if orbitals.shape[1] == 0:
        return orbitals
    _, rotation = np.linalg.eigh(orbitals.T @ fock @ orbitals)
    return np.asarray(orbitals @ rotation)


def dft_energy(reference: MeanField, level: LevelOfTheory) -> tuple[float, bool]:
    """Energy in hartree of the level's DFT null model on the density the level asks for, and its convergence."""
    solver = scf_solver(reference.scf.mol, level.dft_functional, level.grid_level, level.density_fit)
    if level.density_fit:
        solver.with_df = reference.scf.with_df
    density = reference.scf.make_rdm1()
    if level.dft_density == "hf":
        return float(solver.energy_tot(dm=density)), True
    solver = converge(solver, density)
    return float(solver.e_tot), bool(solver.converged)


def converge(solver: Any, density: NDArray[np.float64] | None = None, tolerance: float = CONVERGENCE_HARTREE) -> Any:
    """Solve SCF equations: DIIS; where that fails, DIIS with a level shift; where that fails, a second-order solver.

    Args:
        solver: PySCF's SCF object.
        density: to start from; None: PySCF's guess.
        tolerance: of the energy, hartree.

    Returns:
        PySCF's SCF object, whose `converged` says whether any of them succeeded.
    """
    solver.conv_tol, solver.max_cycle = tolerance, MAX_CYCLES
    solver.kernel(dm0=density)
    if not solver.converged:
        solver.level_shift = LEVEL_SHIFT_HARTREE
        solver.kernel(dm0=solver.make_rdm1())
        solver.level_shift = 0.0
    return solver if solver.converged else _second_order(solver, solver.mo_coeff)


def _lowest(solver: Any) -> Any:
    """The solution itself, or a lower one where it is unstable against rotations of its orbitals.

    Examined where the lowest empty orbital lies low: the examination takes ten times as long as an open shell's SCF.
    """
    for _ in range(_MOST_DESCENTS):
        if not _doubtful(solver):
            break
        orbitals, _, stable, _ = solver.stability(return_status=True)
        if stable:
            break
        lower = _second_order(solver, orbitals)
        if not lower.converged or lower.e_tot > solver.e_tot - LEAST_DESCENT_HARTREE:
            break
        solver = lower
    return solver


def _second_order(solver: Any, orbitals: NDArray[np.float64]) -> Any:
    newton = solver.newton()
    newton.max_cycle = MAX_SECOND_ORDER_CYCLES
    newton.kernel(orbitals, solver.mo_occ)
    return newton.undo_soscf()


def _doubtful(solver: Any) -> bool:
    """Whether an empty orbital of either spin lies low; in open shells each spin has energies of its own."""
    energy, occupation = solver.mo_energy, solver.mo_occ
    is_closed_anion = solver.mol.charge < 0 and not solver.mol.spin
    small = SMALL_GAP_ANION_HARTREE if is_closed_anion else SMALL_GAP_HARTREE
    gaps = [
        empty.min() - full.max()
        for least, of_spin in ((1, getattr(energy, "mo_ea", energy)), (2, getattr(energy, "mo_eb", energy)))
        if (empty := of_spin[occupation < least]).size and (full := of_spin[occupation >= least]).size
    ]
    return bool(gaps and min(gaps) < small)


def scf_solver(mol: gto.Mole, functional: str, grid_level: int, density_fit: bool) -> Any:
    """PySCF's restricted (open-shell) SCF object, Hartree–Fock or Kohn–Sham, not yet solved.

    Raises:
        InputError: there is no such functional.
    """
    if functional == "hf":
        solver = scf.ROHF(mol) if mol.spin else scf.RHF(mol)
    else:
        try:
            dft.libxc.parse_xc(functional)
        except (KeyError, ValueError) as error:
            raise InputError(f"There is no functional {functional!r}.", "Use a name such as pbe0 or r2scan.") from error
        solver = dft.ROKS(mol, xc=functional) if mol.spin else dft.RKS(mol, xc=functional)
        solver.grids.level = grid_level
    return solver.density_fit() if density_fit else solver
