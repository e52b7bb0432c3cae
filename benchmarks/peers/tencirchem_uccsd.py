"""TenCirChem: `UCCSD` with its own screening and order of excitations, minimised as its `kernel` does."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import tencirchem
from scipy.optimize import minimize
from worker import Peer, Problem, Trace, measure


def prepare(problem: Problem, trace: Trace) -> Peer:
    n = problem.n_orbitals
    # The fastest that fits into 24 GB: tables of all excitations up to 20 qubits, by JAX where that pays for itself.
    tencirchem.set_backend("jax" if n == 10 else "numpy")
    ansatz = tencirchem.UCCSD.from_integral(
        problem.one_body,
        problem.two_body,
        problem.n_alpha + problem.n_beta,
        e_core=problem.constant,
        engine="civector" if n <= 10 else "civector-large",
        mo_coeff=np.eye(n),  # the given orbitals, not those of another mean field
        init_method="zeros",
        pick_ex2=False,
        run_hf=False,
        run_mp2=False,
        run_ccsd=False,
        run_fci=False,
    )
    ansatz.pick_ex2 = True
    ansatz.ex_ops, ansatz.param_ids, ansatz.init_guess = ansatz.get_ex_ops(ansatz.t1, problem.mp2_doubles())
    function = ansatz.get_opt_function()
    rounding = np.finfo(float).eps

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        energy, gradient = function(parameters)
        trace.add(energy)
        return energy, gradient

    def minimise() -> bool:
        options = {"ftol": 10 * rounding, "gtol": 100 * rounding}  # TenCirChem's own
        start = np.array(ansatz.init_guess)
        return bool(minimize(evaluate, start, jac=True, method="L-BFGS-B", options=options).success)

    return Peer(ansatz.n_params, minimise, lambda: float(function(np.zeros(ansatz.n_params))[0]))


if __name__ == "__main__":
    measure(f"TenCirChem {version('tencirchem')}", prepare)
