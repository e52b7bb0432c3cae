"""ffsim: `UCCSDOpRestrictedReal`, the exponential of all excitations at once, minimised by its linear method.

It has no gradient of UCCSD; by finite differences, L-BFGS-B takes thirty times as long for LiH.
"""

from __future__ import annotations

from importlib.metadata import version

import ffsim
import numpy as np
from ffsim import UCCSDOpRestrictedReal
from ffsim.optimize import minimize_linear_method
from scipy.optimize import OptimizeResult
from worker import Peer, Problem, Trace, measure


def prepare(problem: Problem, trace: Trace) -> Peer:
    n, electrons = problem.n_orbitals, (problem.n_alpha, problem.n_beta)
    electronic = ffsim.MolecularHamiltonian(problem.one_body, problem.two_body, problem.constant)
    hamiltonian = ffsim.linear_operator(electronic, norb=n, nelec=electrons)
    reference = ffsim.hartree_fock_state(n, electrons)
    doubles = problem.mp2_doubles()
    start = UCCSDOpRestrictedReal(np.zeros((len(doubles), n - len(doubles))), doubles).to_parameters()

    def state(parameters: np.ndarray) -> np.ndarray:
        operator = UCCSDOpRestrictedReal.from_parameters(parameters, norb=n, nocc=problem.n_alpha)
        trace.add(None)
        return ffsim.apply_unitary(reference, operator, norb=n, nelec=electrons)

    def step(result: OptimizeResult) -> None:
        trace.add(result.fun, evaluations=0)

    def minimise() -> bool:
        tolerances = {"ftol": 1e-11, "gtol": 1e-6}
        return bool(minimize_linear_method(state, hamiltonian, start, callback=step, **tolerances).success)

    def reference_energy() -> float:
        psi = state(np.zeros_like(start))
        return float(np.vdot(psi, hamiltonian @ psi).real)

    return Peer(len(start), minimise, reference_energy)


if __name__ == "__main__":
    measure(f"ffsim {version('ffsim')}", prepare)
