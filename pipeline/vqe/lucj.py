"""LUCJ: the local unitary cluster Jastrow ansatz, and its minimum."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from ffsim import UCJOpSpinBalanced
from ffsim.linalg.util import antihermitians_from_parameters, antihermitians_to_parameters
from numpy.typing import NDArray
from scipy.linalg import expm_frechet
from scipy.optimize import minimize

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.contraction import hamiltonian_of
from pipeline.vqe.density import spin_square
from pipeline.vqe.determinants import Determinants, Vector
from pipeline.vqe.excitations import Excitation
from pipeline.vqe.jastrow import Jastrow, Ket, Slopes
from pipeline.vqe.minimise import GRADIENT_TOLERANCE, VqeResult, refuse_too_large
from pipeline.vqe.sector import Sector
from pipeline.vqe.start import Start, start_parameters

STATE_VECTORS = 14
"""Real vectors of the sector's dimension alive at once, measured with (12e,12o)."""
MAX_EVALUATIONS = 2000
"""The energy has long flat valleys: two layers of 6 orbitals take 1000 to 2000."""
_FIRST_STEP = 0.5
"""Times the gradient: one over a typical curvature in hartree."""
_MEMORY = 100
"""Steps that L-BFGS remembers; with 20 it takes up to three times as many evaluations."""

_PERTURBATION = 0.01
"""Radians, standard deviation. Symmetry can lead the search from amplitudes to a saddle point and keep it there: CH3+
(4e,4o) with two layers ends at 3.3 millihartree above CASCI without, 1.5 with it."""

Pairs = list[tuple[int, int]]


def lucj(hamiltonian: Hamiltonian, n_layers: int = 2, start: Vector | Start | None = None) -> VqeResult:
    """Minimise the energy of exp(K′) Π exp(K) exp(iJ) exp(−K) on the reference determinant.

    The antihermitian K and K′ rotate the orbitals of both spins alike. J = ½ Σ J_pq n_p n_q couples only the orbitals
    of `interaction_pairs`, so that a layer is shallow on a quantum computer. Sz is exact; ⟨S²⟩ and the spatial symmetry
    are not, and the state is complex. The energy has several minima: this is the one downhill from `start`.

    Source: Motta et al., Chem. Sci. 14, 11213 (2023).

    Args:
        hamiltonian: the active space.
        n_layers: number of factors exp(K) exp(iJ) exp(−K).
        start: parameters as `operator_of` takes them, whose number then tells the layers, or whose amplitudes to start
            from; None: the choice of `start_parameters`. To amplitudes a small random perturbation is added, always
            the same.

    Returns:
        The result without excitations and with a complex state.

    Raises:
        ResourceError: the sector's vectors would not fit into the memory that is free now.
    """
    refuse_too_large(hamiltonian, STATE_VECTORS)
    if isinstance(start, np.ndarray):
        parameters = start
    else:
        parameters = start_of(hamiltonian, n_layers, start)
        parameters += np.random.default_rng(0).normal(scale=_PERTURBATION, size=parameters.shape)
    n, electrons = hamiltonian.n_orbitals, (hamiltonian.n_alpha, hamiltonian.n_beta)
    jastrow = Jastrow.compile(n, *electrons)
    determinants = Determinants.of(n, *electrons)
    apply = hamiltonian_of(hamiltonian, Sector.compile((), determinants))
    trace: list[float] = []
    best_energy, best, best_gradient = np.inf, parameters, np.zeros_like(parameters)

    def apply_complex(psi: Ket) -> Ket:
        return apply(psi.real.copy()) + 1j * apply(psi.imag.copy())

    def evaluate(parameters: Vector) -> tuple[float, Vector]:
        nonlocal best_energy, best, best_gradient
        energy, slopes = jastrow.energy_and_slopes(operator_of(parameters, hamiltonian), apply_complex)
        gradient = gradient_of(slopes, parameters, n)
        trace.append(energy + hamiltonian.constant)
        if energy <= best_energy:
            best_energy, best, best_gradient = energy, parameters, gradient
        return energy, gradient

    first = evaluate(parameters)
    if np.linalg.norm(best_gradient) > GRADIENT_TOLERANCE:
        scale = 1.0 / (_FIRST_STEP * np.linalg.norm(best_gradient))  # the first step of L-BFGS-B has length one
        origin = parameters * scale

        def scaled(x: Vector) -> tuple[float, Vector]:
            energy, gradient = first if np.array_equal(x, origin) else evaluate(x / scale)
            return energy, gradient / scale

        def stop(_x: Vector) -> None:
            if np.linalg.norm(best_gradient) <= GRADIENT_TOLERANCE:
                raise StopIteration

        limits = {"maxcor": _MEMORY, "maxfun": MAX_EVALUATIONS, "maxiter": MAX_EVALUATIONS, "ftol": 0.0, "gtol": 0.0}
        minimize(scaled, origin, jac=True, method="L-BFGS-B", callback=stop, options=limits)
    state: NDArray[Any] = jastrow.state(operator_of(best, hamiltonian)).reshape(determinants.shape)
    gradient_norm = float(np.linalg.norm(best_gradient))
    return VqeResult(
        energy_hartree=best_energy + hamiltonian.constant,
        excitations=(),
        parameters=best,
        state=state,
        gradient_norm=gradient_norm,
        converged=gradient_norm <= GRADIENT_TOLERANCE,
        n_evaluations=len(trace),
        trace=tuple(trace),
        s_squared=spin_square(state, n, electrons)[0],
    )


def interaction_pairs(n_orbitals: int) -> tuple[Pairs, Pairs]:
    """Orbitals that J couples for equal spins, and for opposite spins.

    On a heavy-hexagonal chip each spin lies on a line of qubits, and a qubit between the lines joins every fourth
    orbital's two spins. Source: ffsim's explanation of LUCJ.
    """
    return [(p, p + 1) for p in range(n_orbitals - 1)], [(p, p) for p in range(0, n_orbitals, 4)]


def operator_of(parameters: Vector, hamiltonian: Hamiltonian) -> UCJOpSpinBalanced:
    """The ansatz as ffsim's operator: orbital rotations and J matrices of each layer, and the final rotation.

    Args:
        parameters: in ffsim's order and radians; of each layer K (the real, then the imaginary parts above the
            diagonal and on it), J of equal spins, J of opposite spins; last K′.
        hamiltonian: the active space.
    """
    n = hamiltonian.n_orbitals
    pairs = interaction_pairs(n)
    n_layers = (len(parameters) - n * n) // UCJOpSpinBalanced.n_params(n, 1, interaction_pairs=pairs)
    return UCJOpSpinBalanced.from_parameters(
        parameters, norb=n, n_reps=n_layers, interaction_pairs=pairs, with_final_orbital_rotation=True
    )


def gradient_of(slopes: Slopes, parameters: Vector, n_orbitals: int) -> Vector:
    """Derivatives by the parameters of `operator_of` from those by the operator's matrices, shape (n_parameters,).

    An orbital rotation changes with K by the exponential's Fréchet derivative L, for which tr(M L(K, dK)) =
    tr(L(K, M) dK).
    """
    n, square, n_layers = n_orbitals, n_orbitals**2, len(slopes.coulomb)
    gradient = np.empty_like(parameters)
    layers, of_layers = (v[:-square].reshape(n_layers, -1) for v in (parameters, gradient))
    exponents = antihermitians_from_parameters(np.append(layers[:, :square], parameters[-square:]), n, n_layers + 1)
    pulled_back = [expm_frechet(k, m, compute_expm=False) for k, m in zip(exponents, slopes.rotations, strict=True)]
    by_entry = np.array(pulled_back)
    by_entry = 2.0 * (by_entry.conj().transpose(0, 2, 1) - by_entry)
    coulomb = slopes.coulomb.copy()
    for matrices in (by_entry, coulomb):  # a parameter off the diagonal stands for two entries
        matrices[..., range(n), range(n)] /= 2.0
    *of_layers[:, :square], gradient[-square:] = antihermitians_to_parameters(by_entry).reshape(-1, square)
    pairs = [np.array(p, dtype=np.int64).reshape(-1, 2).T for p in interaction_pairs(n)]
    of_layers[:, square:] = np.hstack([coulomb[:, k, rows, columns] for k, (rows, columns) in enumerate(pairs)])
    return gradient


def start_of(hamiltonian: Hamiltonian, n_layers: int, start: Start | None = None) -> Vector:
    """Parameters from amplitudes: the largest terms of the factorised doubles, and the singles as K′.

    Terms between orbitals that J does not couple are left out. An open shell's unpaired electrons count as occupied
    orbitals only.

    Source: Motta et al., Chem. Sci. 14, 11213 (2023), as implemented in ffsim.
    """
    n, n_occupied = hamiltonian.n_orbitals, max(hamiltonian.n_alpha, hamiltonian.n_beta)
    occupied, virtual = range(n_occupied), range(n_occupied, n)
    singles = [((i,), (a,), (), ()) for i, a in product(occupied, virtual)]
    doubles = [((i,), (a,), (j,), (b,)) for i, j, a, b in product(occupied, occupied, virtual, virtual)]
    excitations = tuple(Excitation(*orbitals, k) for k, orbitals in enumerate([*singles, *doubles]))
    amplitudes = start_parameters(hamiltonian, excitations, start)
    t1 = amplitudes[: len(singles)].reshape(n_occupied, n - n_occupied)
    t2: NDArray[np.float64] = amplitudes[len(singles) :].reshape(n_occupied, n_occupied, n - n_occupied, n - n_occupied)
    t2 = (t2 + t2.transpose(1, 0, 3, 2)) / 2.0
    pairs = interaction_pairs(n)
    operator = UCJOpSpinBalanced.from_t_amplitudes(t2, t1=t1, n_reps=n_layers, interaction_pairs=pairs)
    return np.asarray(operator.to_parameters(interaction_pairs=pairs))
