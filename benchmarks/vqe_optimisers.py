"""Which optimiser needs the fewest evaluations of energy and gradient: UCCSD from MP2 amplitudes."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import numpy as np
from cases import Case, chain
from machine import described, publish
from pyscf import lib
from scipy.optimize import minimize

from flows.markdown import table
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.contraction import hamiltonian_of
from pipeline.vqe.determinants import Vector
from pipeline.vqe.minimise import GRADIENT_TOLERANCE, curvature, determinants_of, minimise
from pipeline.vqe.sector import Sector
from pipeline.vqe.solve import excitations_of
from pipeline.vqe.start import start_parameters

CASES = (
    Case("H2O", "O 0 0 0; H 0.757 0.587 0; H -0.757 0.587 0", "6-31g", 8, 8),
    Case("N2, 1.1 Å", "N 0 0 0; N 0 0 1.1", "sto-3g", 10, 8),
    Case("N2, 1.8 Å", "N 0 0 0; N 0 0 1.8", "sto-3g", 10, 8),
    Case("H8 chain, 0.8 Å", chain(8, 0.8), "sto-3g", 8, 8),
    Case("H8 chain, 1.6 Å", chain(8, 1.6), "sto-3g", 8, 8),
    Case("H10 chain, 0.8 Å", chain(10, 0.8), "sto-3g", 10, 10),
)
WITHIN_HARTREE = 1e-6
MAX_EVALUATIONS = 500
DIFFERENCE = 1e-4
"""Radians, norm of the step of a Hessian-vector product by differences of gradients."""
METHODS = (
    "the engine",
    "L-BFGS, scaled",
    "BFGS, scaled",
    "BFGS",
    "L-BFGS",
    "conjugate gradients, scaled",
    "Newton-CG, scaled",
)


class _MinimisedError(Exception):
    pass


class _Counted:
    """Energy and gradient in scaled parameters; every evaluation counts."""

    def __init__(self, hamiltonian: Hamiltonian, scaled: bool) -> None:
        excitations = excitations_of(hamiltonian, "uccsd")
        self.sector = Sector.compile(excitations, determinants_of(hamiltonian, excitations))
        self.apply = hamiltonian_of(hamiltonian, self.sector)
        self.constant = hamiltonian.constant
        scale = np.sqrt(curvature(hamiltonian, excitations, self.sector.n_parameters))
        self.scale = scale if scaled else np.ones_like(scale)
        self.start = start_parameters(hamiltonian, excitations, "mp2") * self.scale
        self.trace: list[float] = []

    def __call__(self, x: Vector) -> tuple[float, Vector]:
        energy, gradient = self.sector.energy_and_gradient(x / self.scale, self.apply)
        self.trace.append(energy + self.constant)
        if np.linalg.norm(gradient) <= GRADIENT_TOLERANCE or len(self.trace) > MAX_EVALUATIONS:
            raise _MinimisedError
        return energy, gradient / self.scale

    def times(self, x: Vector, direction: Vector) -> Vector:
        """Hessian times a vector: one more evaluation."""
        step = DIFFERENCE / np.linalg.norm(direction)
        return np.asarray((self(x + step * direction)[1] - self(x)[1]) / step)


def trace_of(hamiltonian: Hamiltonian, method: str) -> list[float]:
    """Energy at each evaluation until the gradient norm is below the engine's tolerance."""
    if method == "the engine":
        return list(minimise(hamiltonian, excitations_of(hamiltonian, "uccsd"), "mp2").trace)
    name, _, scaled = method.partition(", ")
    counted = _Counted(hamiltonian, bool(scaled))
    scipys = {"L-BFGS": "L-BFGS-B", "conjugate gradients": "CG"}.get(name, name)
    options = {"L-BFGS-B": {"maxcor": 20, "ftol": 0.0, "gtol": 0.0}}.get(
        scipys, {"gtol": 0.0} if name == "BFGS" else {}
    )
    hessian = {"hessp": counted.times} if name == "Newton-CG" else {}
    with suppress(_MinimisedError):
        minimize(counted, counted.start, jac=True, method=scipys, options=options, **hessian)
    return counted.trace


def evaluations(traces: list[list[float]]) -> list[str]:
    """To 1e-6 hartree above the lowest energy that any method found, and to the gradient norm."""
    lowest = min(min(trace) for trace in traces)
    cells = []
    for trace in traces:
        within = next(
            (k for k, energy in zip(count(1), trace, strict=False) if energy <= lowest + WITHIN_HARTREE), None
        )
        ended = f"{len(trace)}" if len(trace) <= MAX_EVALUATIONS else "—"
        cells.append(f"{'—' if within is None else within} / {ended}")
    return cells


def main() -> None:
    lib.num_threads(1)
    lines = []
    for case in CASES:
        hamiltonian, _ = case.hamiltonian()
        lines.append([case.name, *evaluations([trace_of(hamiltonian, method) for method in METHODS])])
    publish(
        "vqe_optimisers",
        "# Evaluations of energy and gradient by optimiser",
        "UCCSD from MP2 amplitudes. The first number is the evaluations until the energy is within 1e-6 Ha of the "
        "lowest that any of the methods found, the second those until the gradient norm is below "
        f"{GRADIENT_TOLERANCE:.0e} Ha; — where {MAX_EVALUATIONS} did not suffice. Scaled: parameters times the square "
        "root of the second derivatives at the reference determinant. The engine is scaled L-BFGS whose first step is "
        "the quasi-Newton one. Newton-CG's Hessian-vector products are differences of gradients, and count. Linear "
        "method and natural gradient were not tried: each step needs the tangent vectors, as many as parameters.",
        table(("case", *METHODS), lines),
        described(("pyscf", "numpy", "scipy", "numba"), "python benchmarks/vqe_optimisers.py", threads=1),
    )


if __name__ == "__main__":
    main()
