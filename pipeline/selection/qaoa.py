"""QAOA: the QUBO on Aer's simulator."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from scipy.optimize import minimize

from pipeline.errors import InputError
from pipeline.selection.problem import Problem, Qubo, qubo
from pipeline.selection.solution import Solution, best_of

LAYERS = 3
SHOTS = 2048
MOST_QUBITS = 16
"""One for each compound; a state vector doubles with each."""
_MOST_EVALUATIONS = 150


def qaoa(problem: Problem, seed: int = 0, layers: int = LAYERS) -> Solution:
    """The quantum approximate optimisation algorithm: Farhi, Goldstone, Gutmann, arXiv:1411.4028.

    Its angles start on a ramp, as in annealing, and are optimised on the state's energy; then the state is sampled.

    Args:
        problem: what is to be chosen.
        seed: of the samples.
        layers: pairs of phase and mixer.

    Raises:
        InputError: there are too many compounds, or Aer is not installed.
    """
    if problem.n > MOST_QUBITS:
        raise InputError(
            f"QAOA would need {problem.n} qubits.", f"Give at most {MOST_QUBITS} compounds, or use another solver."
        )
    start = time.perf_counter()
    samples, evaluations = sample(problem, seed, layers)
    chosen, objective, n_feasible = best_of(problem, samples)
    return Solution(
        solver="qaoa",
        chosen=chosen,
        objective=objective,
        seconds=time.perf_counter() - start,
        bound=None,
        details=f"QAOA of {layers} layers on {problem.n} simulated qubits, {evaluations} evaluations; "
        f"{n_feasible} of {SHOTS} samples chose {problem.k} compounds by themselves.",
    )


def sample(problem: Problem, seed: int, layers: int) -> tuple[NDArray[np.int8], int]:
    """(SHOTS, n) bits of the optimised state, and how many energies it took."""
    energy = qubo(problem)
    energies = energy.energies(_all_bits(problem.n))
    scale = float(energies.std()) or 1.0
    circuit, parameters = circuit_of(energy, layers, scale)
    simulator = _simulator()
    with_state = circuit.copy()
    with_state.save_probabilities()

    def mean(angles: NDArray[np.float64]) -> float:
        bound = with_state.assign_parameters(dict(zip(parameters, angles, strict=True)))
        return float(simulator.run(bound).result().data()["probabilities"] @ energies) / scale

    ramp = (np.arange(layers) + 0.5) / layers
    result = minimize(
        mean, np.concatenate([ramp, 1 - ramp]), method="COBYLA", options={"maxiter": _MOST_EVALUATIONS, "rhobeg": 0.2}
    )
    measured = circuit.assign_parameters(dict(zip(parameters, result.x, strict=True)))
    measured.measure_all()
    memory = simulator.run(measured, shots=SHOTS, seed_simulator=seed, memory=True).result().get_memory()
    return np.array([[int(bit) for bit in reversed(word)] for word in memory], dtype=np.int8), int(result.nfev)


def circuit_of(energy: Qubo, layers: int, scale: float) -> tuple[QuantumCircuit, list[Parameter]]:
    """The circuit, and its parameters: phases in units of 1/scale first, then mixing angles."""
    n = len(energy.linear)
    phases = [Parameter(f"γ{layer}") for layer in range(layers)]
    mixings = [Parameter(f"β{layer}") for layer in range(layers)]
    # x = (1 − Z)/2
    pairs = energy.quadratic / 4
    singles = -energy.linear / 2 - energy.quadratic.sum(axis=1) / 4
    circuit = QuantumCircuit(n)
    circuit.h(range(n))
    for phase, mixing in zip(phases, mixings, strict=True):
        for i in range(n):
            circuit.rz(2 * singles[i] / scale * phase, i)
            for j in range(i):
                circuit.rzz(2 * pairs[i, j] / scale * phase, i, j)
        circuit.rx(-2 * mixing, range(n))  # the sign for which a ramp leads down, not up
    return circuit, phases + mixings


def _all_bits(n: int) -> NDArray[np.int64]:
    """(2^n, n); bit i of a row's number is qubit i."""
    return np.asarray((np.arange(2**n)[:, None] >> np.arange(n)) & 1)


def _simulator() -> Any:
    try:
        from qiskit_aer import AerSimulator
    except ModuleNotFoundError as error:
        raise InputError("Qiskit Aer is not installed.", "Run: pip install 'eigenlead[aer]'") from error
    return AerSimulator(method="statevector", max_parallel_threads=1)
