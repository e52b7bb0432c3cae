"""ADAPT: an ansatz that grows by the excitation with the steepest gradient."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.checkpoint import SAME_HARTREE, SECONDS, Checkpoint, Progress
from pipeline.vqe.contraction import hamiltonian_of
from pipeline.vqe.determinants import Vector
from pipeline.vqe.excitations import Excitation
from pipeline.vqe.minimise import VqeResult, determinants_of, minimise
from pipeline.vqe.sector import Sector

POOL_TOLERANCE = 1e-3
"""Hartree per radian, largest gradient in the pool at which growth ends."""
MAX_OPERATORS = 200
_LOOSENESS = 0.01
"""Gradient norm to which each round converges, as a share of the steepest gradient in the pool. At 0.1 a stretched H8
chain needs 193 operators to 1.6 mHa, at 0.01 it needs 185."""
_PLACES = 12
"""Where an operator may go in. At the end alone, stretched N2 needs 98 operators to 1.6 mHa; among these 66."""
_CLEARLY = 1.02
"""An earlier place is taken where the gradient is so many times steeper than at all later ones."""


@dataclass(frozen=True, slots=True)
class _Growth:
    """Where the pool is steepest."""

    gradient: float
    """Hartree per radian, absolute."""
    operator: int
    """Parameter in the pool."""
    place: int
    """How many of the chosen operators act before it."""


def adapt(
    hamiltonian: Hamiltonian,
    pool: tuple[Excitation, ...],
    tolerance: float = POOL_TOLERANCE,
    max_operators: int = MAX_OPERATORS,
    checkpoint: Checkpoint | None = None,
) -> VqeResult:
    """ADAPT-VQE: insert the operator of the pool with the largest |dE/dθ| at θ = 0, minimise over all, and so on.

    An operator is all excitations that share a parameter. It goes in at the end, the start or one of ten places
    between; there the gradients of the whole pool come from one backward sweep with all angles zero.

    Source: Grimsley, Economou, Barnes, Mayhall, Nat. Commun. 10, 3007 (2019); qubit excitations: Yordanov et al.,
    Commun. Phys. 4, 228 (2021).

    Args:
        hamiltonian: the active space.
        pool: the excitations to choose from.
        tolerance: largest pool gradient at which growth ends, hartree per radian.
        max_operators: growth ends there at the latest, unconverged.
        checkpoint: what to go on from if it holds the progress of this growth, and where to save it after a round.

    Returns:
        The result over all rounds: `trace` and `n_evaluations` count every evaluation, those of the pool as well.
    """
    choices = Sector.compile(pool, determinants_of(hamiltonian, pool))
    apply = hamiltonian_of(hamiltonian, choices)
    operators = {
        index: tuple(members)
        for index, members in groupby(sorted(pool, key=lambda x: x.parameter), key=lambda x: x.parameter)
    }

    def ansatz(sequence: Sequence[int]) -> tuple[Excitation, ...]:
        return tuple(replace(x, parameter=k) for k, operator in enumerate(sequence) for x in operators[operator])

    def steepest() -> _Growth | None:
        psi = choices.determinants.vector(np.real(result.state))
        bra = apply(psi)
        end, best = len(sequence), None
        for place in sorted({round(len(sequence) * k / (_PLACES - 1)) for k in range(_PLACES)}, reverse=True):
            undone = Sector.compile(ansatz(sequence[place:end]), choices.determinants)
            undone.undo(result.parameters[place:end], psi, bra)
            end = place
            gradient = np.abs(choices.gradient(np.zeros(choices.n_parameters), psi, bra))
            operator = int(np.argmax(gradient)) if len(gradient) else 0
            if len(gradient) and (best is None or gradient[operator] > _CLEARLY * best.gradient):
                best = _Growth(float(gradient[operator]), operator, place)
        return best

    def resumed() -> tuple[list[int], VqeResult] | None:
        progress = checkpoint.load() if checkpoint else None
        if progress is None or not operators.keys() >= set(progress.operators):
            return None
        start = np.array(progress.parameters)
        there = minimise(hamiltonian, ansatz(progress.operators), start, tolerance=np.inf)
        same = abs(there.energy_hartree - hamiltonian.constant - progress.energy_hartree) < SAME_HARTREE
        return (list(progress.operators), there) if same else None

    sequence, result = resumed() or ([], minimise(hamiltonian, ()))
    trace = result.trace
    saved = time.monotonic()
    while True:
        growth = steepest()
        trace += result.trace[-1:]
        pool_converged = growth is None or growth.gradient < tolerance
        if growth is None or pool_converged or len(sequence) >= max_operators:
            break
        sequence.insert(growth.place, growth.operator)
        start: Vector = np.insert(result.parameters, growth.place, 0.0)
        result = minimise(hamiltonian, ansatz(sequence), start, _LOOSENESS * growth.gradient)
        trace += result.trace
        if checkpoint and time.monotonic() - saved > SECONDS:
            energy = result.energy_hartree - hamiltonian.constant
            checkpoint.save(Progress(tuple(result.parameters.tolist()), energy, tuple(sequence)))
            saved = time.monotonic()
    result = minimise(hamiltonian, result.excitations, result.parameters)
    trace += result.trace
    return replace(result, converged=result.converged and pool_converged, n_evaluations=len(trace), trace=trace)
