"""VqeResult: the minimum of an ansatz over its parameters, and the path to it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache

import numpy as np
import psutil
from pyscf import lib
from pyscf.fci import spin_op
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from pipeline.errors import ResourceError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.checkpoint import SAME_HARTREE, SECONDS, Checkpoint, Progress
from pipeline.vqe.contraction import hamiltonian_of
from pipeline.vqe.density import State
from pipeline.vqe.determinants import Determinants, Matrix, Vector
from pipeline.vqe.excitations import Excitation, symmetry_allowed
from pipeline.vqe.sector import Sector
from pipeline.vqe.start import Start, acts_on_reference, start_parameters

GRADIENT_TOLERANCE = 1e-5
"""Hartree per radian, Euclidean norm. The energy error is about its square over twice the smallest curvature
(some 0.1 Ha), so below 1e-9 Ha."""
MAX_EVALUATIONS = 500
_LEAST_GAP, _TYPICAL_GAP = 0.1, 1.0
"""Hartree. The second for factors that do not act on the reference determinant."""
STATE_VECTORS = 6
"""Vectors of the sector's dimension alive at once: psi, H psi, the matrix of CI coefficients, and what ⟨S²⟩ takes."""
OTHER_BYTES = 2**27
"""Pair tables, integrals and scratch."""


@dataclass(frozen=True, eq=False, slots=True)
class VqeResult:
    """The converged (or best) state of a VQE."""

    energy_hartree: float
    excitations: tuple[Excitation, ...]
    """Factors of the ansatz in the order they act."""
    parameters: Vector
    """(n_parameters,) radians."""
    state: State
    """CI coefficients, alpha strings × beta strings in PySCF's order; complex for LUCJ."""
    gradient_norm: float
    """Euclidean norm of dE/dθ at the end, hartree per radian."""
    converged: bool
    """`gradient_norm` is at most the tolerance."""
    n_evaluations: int
    """Evaluations of energy and gradient."""
    trace: tuple[float, ...]
    """Energy in hartree at each evaluation."""
    s_squared: float
    """⟨S²⟩ of the state."""


def minimise(
    hamiltonian: Hamiltonian,
    excitations: tuple[Excitation, ...],
    start: Vector | Start | None = None,
    tolerance: float | None = None,
    checkpoint: Checkpoint | None = None,
) -> VqeResult:
    """Minimise the energy of an ansatz by L-BFGS with exact gradients.

    The parameters are scaled by the square root of the energy's second derivatives at the reference determinant, so
    that unit steps suit all of them.

    Args:
        hamiltonian: the active space.
        excitations: the factors of the ansatz in the order they act.
        start: parameters to start from, such as those of a neighbouring geometry, or whose amplitudes to start from;
            None: those of CCSD in sectors where an evaluation takes longer than that, else those of MP2.
        tolerance: gradient norm at which to stop, hartree per radian; `GRADIENT_TOLERANCE` if None.
        checkpoint: what to go on from if it holds the progress of this minimisation, and where to save it.
    """
    sector = Sector.compile(excitations, determinants_of(hamiltonian, excitations))
    tolerance = GRADIENT_TOLERANCE if tolerance is None else tolerance
    # PySCF's threads too cost more than they bring in small sectors, and it calls BLAS from inside them
    with lib.with_omp_threads(sector.n_threads), _thread_pools().limit(limits=1, user_api="blas"):
        return _minimise(hamiltonian, excitations, sector, start, tolerance, checkpoint)


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


def _minimise(
    hamiltonian: Hamiltonian,
    excitations: tuple[Excitation, ...],
    sector: Sector,
    start: Vector | Start | None,
    tolerance: float,
    checkpoint: Checkpoint | None,
) -> VqeResult:
    apply = hamiltonian_of(hamiltonian, sector)
    scale = np.sqrt(curvature(hamiltonian, excitations, sector.n_parameters))
    trace: list[float] = []
    best: Vector = np.zeros(sector.n_parameters)
    best_energy, best_gradient = np.inf, best
    saved = time.monotonic()

    def evaluate(parameters: Vector) -> tuple[float, Vector]:
        nonlocal best_energy, best, best_gradient, saved
        energy, gradient = sector.energy_and_gradient(parameters, apply)
        trace.append(energy + hamiltonian.constant)
        if energy <= best_energy:
            best_energy, best, best_gradient = energy, parameters, gradient
            if checkpoint and time.monotonic() - saved > SECONDS:
                checkpoint.save(Progress(tuple(parameters.tolist()), energy))
                saved = time.monotonic()
        return energy, gradient

    def begin() -> tuple[Vector, float, Vector]:
        progress = checkpoint.load() if checkpoint else None
        if progress and len(progress.parameters) == sector.n_parameters:
            origin = np.array(progress.parameters)
            energy, gradient = evaluate(origin)
            if abs(energy - progress.energy_hartree) < SAME_HARTREE:
                return origin, energy, gradient
        origin = start if isinstance(start, np.ndarray) else start_parameters(hamiltonian, excitations, start)
        return origin, *evaluate(origin)

    origin, energy, gradient = begin()
    if np.linalg.norm(gradient) > tolerance:
        # L-BFGS-B starts with a step of length one along the gradient: make that the quasi-Newton step
        scale /= np.linalg.norm(gradient / scale)
        first = origin * scale

        def scaled(x: Vector) -> tuple[float, Vector]:
            value, slope = (energy, gradient) if np.array_equal(x, first) else evaluate(x / scale)
            return value, slope / scale

        def stop(_x: Vector) -> None:
            if np.linalg.norm(best_gradient) <= tolerance:
                raise StopIteration

        limits = {"maxcor": 20, "maxfun": MAX_EVALUATIONS, "maxiter": MAX_EVALUATIONS, "ftol": 0.0, "gtol": 0.0}
        minimize(scaled, first, jac=True, method="L-BFGS-B", callback=stop, options=limits)
    state = sector.determinants.matrix(sector.state(best))
    gradient_norm = float(np.linalg.norm(best_gradient))
    electrons = (hamiltonian.n_alpha, hamiltonian.n_beta)
    return VqeResult(
        energy_hartree=best_energy + hamiltonian.constant,
        excitations=excitations,
        parameters=best,
        state=state,
        gradient_norm=gradient_norm,
        converged=gradient_norm <= tolerance,
        n_evaluations=len(trace),
        trace=tuple(trace),
        s_squared=float(spin_op.spin_square0(state, hamiltonian.n_orbitals, electrons)[0]),
    )


def determinants_of(hamiltonian: Hamiltonian, excitations: tuple[Excitation, ...]) -> Determinants:
    """The determinants that the excitations lead to: those of one symmetry if all of them keep it."""
    symmetries = hamiltonian.orbital_symmetries()
    kept = len(symmetry_allowed(excitations, symmetries)) == len(excitations)
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    return Determinants.of(n, n_alpha, n_beta, symmetries if kept else None)


def bytes_needed(hamiltonian: Hamiltonian, vectors: int = STATE_VECTORS) -> int:
    """Memory beside the imported packages': `vectors` of the sector's dimension, and tables."""
    return 8 * vectors * hamiltonian.sector_dimension + OTHER_BYTES


def refuse_too_large(hamiltonian: Hamiltonian, vectors: int = STATE_VECTORS) -> None:
    """Raise ResourceError where `bytes_needed` is more than the memory that is free."""
    needed = bytes_needed(hamiltonian, vectors)
    free = psutil.virtual_memory().available
    if needed > free:
        raise ResourceError(
            f"An active space of ({hamiltonian.n_alpha + hamiltonian.n_beta}e,{hamiltonian.n_orbitals}o) has "
            f"{hamiltonian.sector_dimension:,} determinants and needs {needed / 2**30:.1f} GB; "
            f"{free / 2**30:.1f} GB are free.",
            "Choose a smaller active space.",
        )


def curvature(hamiltonian: Hamiltonian, excitations: tuple[Excitation, ...], n_parameters: int) -> Vector:
    """∂²E/∂θ² at θ = 0, hartree, shape (n_parameters,): twice the excited determinants' energy above the reference.

    Energies below 0.1 Ha are raised to it, so that near-degenerate determinants give no wild steps.
    """
    n_alpha, n_beta = hamiltonian.n_alpha, hamiltonian.n_beta
    acting = [x for x in excitations if acts_on_reference(x, n_alpha, n_beta)]
    alpha = np.tile(np.arange(hamiltonian.n_orbitals) < n_alpha, (1 + len(acting), 1))
    beta = np.tile(np.arange(hamiltonian.n_orbitals) < n_beta, (1 + len(acting), 1))
    for k, x in enumerate(acting, start=1):  # the first row is the reference
        alpha[k, [*x.alpha_from, *x.alpha_to]] ^= True
        beta[k, [*x.beta_from, *x.beta_to]] ^= True
    energies = _determinant_energies(hamiltonian, alpha.astype(float), beta.astype(float))
    derivatives = np.zeros(n_parameters)
    np.add.at(derivatives, [x.parameter for x in acting], 2.0 * np.maximum(energies[1:] - energies[0], _LEAST_GAP))
    others = [x.parameter for x in excitations if not acts_on_reference(x, n_alpha, n_beta)]
    np.add.at(derivatives, others, 2.0 * _TYPICAL_GAP)
    return derivatives


def _determinant_energies(hamiltonian: Hamiltonian, alpha: Matrix, beta: Matrix) -> Vector:
    """⟨D|H|D⟩ without the constant, hartree, of determinants with these occupations (n_determinants, n_orbitals)."""
    coulomb = np.einsum("iijj->ij", hamiltonian.two_body)
    exchange = np.einsum("ijji->ij", hamiltonian.two_body)
    both = alpha + beta
    energies = both @ np.diag(hamiltonian.one_body) + 0.5 * np.einsum("di,ij,dj->d", both, coulomb, both)
    for spin in (alpha, beta):
        energies -= 0.5 * np.einsum("di,ij,dj->d", spin, exchange, spin)
    return np.asarray(energies)
