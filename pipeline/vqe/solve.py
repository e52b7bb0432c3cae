"""VqeResult: the minimum of an ansatz over its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import psutil
from numpy.typing import NDArray
from pyscf.fci import direct_spin1, spin_op
from scipy.optimize import minimize

from pipeline.errors import InputError, ResourceError
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.excitations import Excitation, uccsd
from pipeline.vqe.sector import Matrix, Sector, Vector

Ansatz = Literal["uccsd"]

GRADIENT_TOLERANCE = 1e-5
"""Hartree per radian, Euclidean norm. The energy error is about its square over twice the smallest curvature
(some 0.1 Ha), so below 1e-9 Ha."""
MAX_EVALUATIONS = 500
STATE_VECTORS = 12
"""Vectors of the sector's dimension alive at once: psi, H psi, the bra, and what PySCF's contraction allocates."""


@dataclass(frozen=True, eq=False, slots=True)
class VqeResult:
    """The converged (or best) state of a VQE."""

    energy_hartree: float
    parameters: Vector
    """(n_parameters,) radians."""
    state: Matrix
    """CI coefficients, alpha strings × beta strings in PySCF's order."""
    gradient_norm: float
    """Euclidean norm of dE/dθ at the end, hartree per radian."""
    converged: bool
    """`gradient_norm` is at most `GRADIENT_TOLERANCE`."""
    n_evaluations: int
    """Evaluations of energy and gradient."""
    trace: tuple[float, ...]
    """Energy in hartree at each evaluation."""
    s_squared: float
    """⟨S²⟩ of the state."""


def excitations_of(ansatz: Ansatz, n_orbitals: int, n_alpha: int, n_beta: int) -> tuple[Excitation, ...]:
    """The factors of a named ansatz, in the order they act.

    Raises:
        InputError: no ansatz has this name.
    """
    if ansatz == "uccsd":
        return uccsd(n_orbitals, n_alpha, n_beta)
    raise InputError(f"There is no ansatz {ansatz!r}.", "Use uccsd.")


def solve(hamiltonian: Hamiltonian, ansatz: Ansatz = "uccsd") -> VqeResult:
    """Minimise the energy of the ansatz from MP2 amplitudes by L-BFGS with exact gradients.

    The parameters are scaled by the square root of the orbital-energy denominators, the leading part of the
    diagonal Hessian, so that unit steps suit all of them.

    Raises:
        ResourceError: the sector's vectors would not fit into the memory that is free now.
    """
    refuse_too_large(hamiltonian)
    n, n_alpha, n_beta = hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta
    excitations = excitations_of(ansatz, n, n_alpha, n_beta)
    sector = Sector.compile(excitations, n, n_alpha, n_beta)
    absorbed = direct_spin1.absorb_h1e(hamiltonian.one_body, hamiltonian.two_body, n, (n_alpha, n_beta), 0.5)

    def apply(psi: Matrix) -> Matrix:
        return np.asarray(direct_spin1.contract_2e(absorbed, psi, n, (n_alpha, n_beta)))

    start, denominators = _mp2(hamiltonian, excitations, sector.n_parameters)
    scale = np.sqrt(2.0 * denominators)
    trace: list[float] = []
    best_energy, best, best_gradient = np.inf, start, np.zeros_like(start)

    def evaluate(scaled: Vector) -> tuple[float, Vector]:
        nonlocal best_energy, best, best_gradient
        energy, gradient = sector.energy_and_gradient(scaled / scale, apply)
        trace.append(energy + hamiltonian.constant)
        if energy <= best_energy:
            best_energy, best, best_gradient = energy, scaled / scale, gradient
        return energy, gradient / scale

    def stop(_scaled: Vector) -> None:
        if np.linalg.norm(best_gradient) <= GRADIENT_TOLERANCE:
            raise StopIteration

    if sector.n_parameters:
        limits = {"maxcor": 20, "maxfun": MAX_EVALUATIONS, "maxiter": MAX_EVALUATIONS, "ftol": 0.0, "gtol": 0.0}
        minimize(evaluate, start * scale, jac=True, method="L-BFGS-B", callback=stop, options=limits)
    else:
        evaluate(start)
    state = sector.state(best)
    gradient_norm = float(np.linalg.norm(best_gradient))
    return VqeResult(
        energy_hartree=best_energy + hamiltonian.constant,
        parameters=best,
        state=state,
        gradient_norm=gradient_norm,
        converged=gradient_norm <= GRADIENT_TOLERANCE,
        n_evaluations=len(trace),
        trace=tuple(trace),
        s_squared=float(spin_op.spin_square0(state, n, (n_alpha, n_beta))[0]),
    )


def refuse_too_large(hamiltonian: Hamiltonian) -> None:
    """Raise ResourceError where the sector's vectors would not fit into the free memory."""
    needed = 8 * STATE_VECTORS * hamiltonian.sector_dimension
    free = psutil.virtual_memory().available
    if needed > free:
        raise ResourceError(
            f"An active space of ({hamiltonian.n_alpha + hamiltonian.n_beta}e,{hamiltonian.n_orbitals}o) has "
            f"{hamiltonian.sector_dimension:,} determinants and needs {needed / 2**30:.1f} GB; "
            f"{free / 2**30:.1f} GB are free.",
            "Choose a smaller active space.",
        )


def _mp2(
    hamiltonian: Hamiltonian, excitations: tuple[Excitation, ...], n_parameters: int
) -> tuple[Vector, NDArray[np.float64]]:
    """MP2 doubles and first-order singles as a start, and the denominators, both of shape (n_parameters,).

    Denominators below 0.1 Ha are raised to it, so that near-degenerate orbitals give no wild start.
    """
    h, g = hamiltonian.one_body, hamiltonian.two_body
    na, nb = hamiltonian.n_alpha, hamiltonian.n_beta
    coulomb = np.einsum("pqii->pq", g[:, :, :na, :na]) + np.einsum("pqii->pq", g[:, :, :nb, :nb])
    fock_alpha = h + coulomb - np.einsum("piiq->pq", g[:, :na, :na, :])
    fock_beta = h + coulomb - np.einsum("piiq->pq", g[:, :nb, :nb, :])
    start = np.zeros(n_parameters)
    denominators = np.ones(n_parameters)
    for x in excitations:
        gap = sum(fock_alpha[a, a] - fock_alpha[i, i] for i, a in zip(x.alpha_from, x.alpha_to, strict=True))
        gap += sum(fock_beta[a, a] - fock_beta[i, i] for i, a in zip(x.beta_from, x.beta_to, strict=True))
        gap = max(gap, 0.1)
        if x.alpha_from and x.beta_from:
            coupling = g[x.alpha_from[0], x.alpha_to[0], x.beta_from[0], x.beta_to[0]]
        elif len(x.alpha_from or x.beta_from) == 2:
            (i, j), (a, b) = x.alpha_from or x.beta_from, x.alpha_to or x.beta_to
            coupling = g[i, a, j, b] - g[i, b, j, a]
        elif x.alpha_from:
            coupling = fock_alpha[x.alpha_from[0], x.alpha_to[0]]
        else:
            coupling = fock_beta[x.beta_from[0], x.beta_to[0]]
        start[x.parameter] = -coupling / gap
        denominators[x.parameter] = gap
    return start, denominators
