"""ADAPT: an ansatz that grows by the excitation with the steepest gradient."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.determinants import Vector
from pipeline.vqe.excitations import Excitation
from pipeline.vqe.minimise import VqeResult, determinants_of, hamiltonian_of, minimise
from pipeline.vqe.sector import Sector

POOL_TOLERANCE = 1e-3
"""Hartree per radian, largest gradient in the pool at which growth ends."""
MAX_OPERATORS = 200
_LOOSENESS = 0.1


def adapt(
    hamiltonian: Hamiltonian,
    pool: tuple[Excitation, ...],
    tolerance: float = POOL_TOLERANCE,
    max_operators: int = MAX_OPERATORS,
) -> VqeResult:
    """ADAPT-VQE: append the operator of the pool with the largest |dE/dθ| at θ = 0, minimise over all, and so on.

    The gradients of the whole pool come from one backward sweep with all angles zero. An operator is all excitations
    that share a parameter.

    Source: Grimsley, Economou, Barnes, Mayhall, Nat. Commun. 10, 3007 (2019); qubit excitations: Yordanov et al.,
    Commun. Phys. 4, 228 (2021).

    Args:
        hamiltonian: the active space.
        pool: the excitations to choose from.
        tolerance: largest pool gradient at which growth ends, hartree per radian.
        max_operators: growth ends there at the latest, unconverged.

    Returns:
        The result over all rounds: `trace` and `n_evaluations` count every evaluation, that of the pool as well.
    """
    choices = Sector.compile(pool, determinants_of(hamiltonian, pool))
    apply = hamiltonian_of(hamiltonian, choices)
    operators = {
        index: tuple(members)
        for index, members in groupby(sorted(pool, key=lambda x: x.parameter), key=lambda x: x.parameter)
    }
    result = minimise(hamiltonian, ())
    trace = result.trace
    pool_converged = False
    for grown in range(max_operators + 1):
        psi = choices.determinants.vector(result.state)
        gradient = choices.gradient(np.zeros(choices.n_parameters), psi, apply(psi))
        trace += result.trace[-1:]
        steepest = int(np.argmax(np.abs(gradient))) if len(gradient) else 0
        pool_converged = not len(gradient) or abs(gradient[steepest]) < tolerance
        if pool_converged or grown == max_operators:
            break
        factors = tuple(replace(x, parameter=grown) for x in operators[steepest])
        start: Vector = np.append(result.parameters, 0.0)
        loose = _LOOSENESS * abs(gradient[steepest])  # as exact as the next choice needs
        result = minimise(hamiltonian, (*result.excitations, *factors), start, loose)
        trace += result.trace
    result = minimise(hamiltonian, result.excitations, result.parameters)
    trace += result.trace
    return replace(result, converged=result.converged and pool_converged, n_evaluations=len(trace), trace=trace)
