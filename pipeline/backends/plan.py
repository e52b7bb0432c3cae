"""Plan: what a backend would run, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from pipeline.backends.backend import Backend, Compiled
from pipeline.backends.energy import SampledBackend
from pipeline.backends.ibm_estimator import IbmEstimator
from pipeline.backends.jobs import Price, QueuedSampler
from pipeline.errors import InputError


@dataclass(frozen=True, eq=False, slots=True)
class Planned:
    """What would run."""

    circuits: int
    """Calibration and copies with more noise included; what IBM adds for its own mitigation is not."""
    jobs: int
    shots: int
    """All together."""
    compiled: Compiled
    costs: bool
    price: Price | None
    """None: free, or the vendor does not tell."""


def planned(backend: Backend, circuit: QuantumCircuit, observable: SparsePauliOp, shots: int) -> Planned:
    """What `Backend.run` would run; nothing is submitted.

    Raises:
        InputError: the backend has no shots, or too few are asked for.
    """
    if isinstance(backend, IbmEstimator):
        asked = backend.plan(circuit, observable, shots)
        return Planned(asked.n_settings, 1, asked.n_settings * asked.shots, asked.compiled, costs=True, price=None)
    if not isinstance(backend, SampledBackend):
        raise InputError("A state vector has no shots to plan.", "Leave --dry-run out, or choose another backend.")
    plan = backend.plan(circuit, observable, shots)
    sampler = backend.sampler
    n, total = len(plan.circuits), sum(plan.shots)
    if not isinstance(sampler, QueuedSampler) or not sampler.service.costs:
        return Planned(n, n, total, plan.compiled, costs=False, price=None)
    return Planned(n, n, total, plan.compiled, costs=True, price=sampler.price(plan.circuits, plan.shots))
