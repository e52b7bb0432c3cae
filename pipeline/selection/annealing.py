"""Annealing: D-Wave's samplers on the QUBO, on this machine."""

from __future__ import annotations

import time
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.selection.problem import Problem, Qubo, qubo
from pipeline.selection.solution import Solution, best_of

READS = 50
SWEEPS = 2000
_HOT, _COLD = 0.5, 100.0
"""Inverse temperatures at the start and at the end, in units of the inverse of the QUBO's scale."""
TABU_MILLISECONDS = 200
MOST_EXHAUSTIVE = 18
"""Compounds for which every one of the 2^n choices is looked at."""
MOST_EMBEDDED = 60
"""Compounds on the mock of a quantum annealer: every pair is coupled, and finding chains for more takes minutes."""
_PEGASUS = [16]
"""Size of the graph of D-Wave's Advantage systems, 5,640 qubits when all of them work."""


def simulated_annealing(problem: Problem, seed: int = 0) -> Solution:
    """Simulated annealing (dwave-samplers), the best of `READS` reads.

    Raises:
        InputError: D-Wave's packages are not installed.
    """
    scale = qubo(problem).scale
    return _sampled(
        problem,
        "annealing",
        package("dwave.samplers").SimulatedAnnealingSampler(),
        f"Simulated annealing, {READS} reads of {SWEEPS} sweeps",
        num_reads=READS,
        num_sweeps=SWEEPS,
        beta_range=(_HOT / scale, _COLD / scale),
        seed=seed,
    )


def tabu(problem: Problem, seed: int = 0) -> Solution:
    """Tabu search (dwave-samplers), the best of ten searches of 0.2 s, or 2 ms a compound where that is more.

    Raises:
        InputError: D-Wave's packages are not installed.
    """
    milliseconds = max(TABU_MILLISECONDS, 2 * problem.n)
    return _sampled(
        problem,
        "tabu",
        package("dwave.samplers").TabuSampler(),
        f"Tabu search, 10 times {milliseconds / 1000:.1f} s",
        num_reads=10,
        timeout=milliseconds,
        seed=seed,
    )


def exhaustive(problem: Problem) -> Solution:
    """Every choice of bits, by dimod's exact solver.

    Raises:
        InputError: there are too many compounds, or D-Wave's packages are not installed.
    """
    if problem.n > MOST_EXHAUSTIVE:
        raise InputError(
            f"{problem.n} compounds have 2^{problem.n} choices.",
            f"Give at most {MOST_EXHAUSTIVE}, or use another solver.",
        )
    return _sampled(problem, "exhaustive", package("dimod").ExactSolver(), f"All 2^{problem.n} choices of bits")


def mock_annealer(problem: Problem, seed: int = 0) -> Solution:
    """The QUBO on the graph of D-Wave's Advantage (Pegasus P16), with simulated annealing in place of its qubits.

    It shows what the embedding costs; a real annealer has noise and limited precision too.

    Raises:
        InputError: there are too many compounds, or D-Wave's packages are not installed.
    """
    if problem.n > MOST_EMBEDDED:
        raise InputError(
            f"{problem.n} compounds, all pairs of which are coupled, are too many for the mock annealer.",
            f"Give at most {MOST_EMBEDDED}, or use another solver.",
        )
    samplers = package("dwave.samplers")
    scale = qubo(problem).scale
    mock = package("dwave.system.testing").MockDWaveSampler(
        topology_type="pegasus",
        topology_shape=_PEGASUS,
        substitute_sampler=samplers.SimulatedAnnealingSampler(),
        substitute_kwargs={"num_sweeps": SWEEPS, "seed": seed, "beta_range": (_HOT / scale, _COLD / scale)},
    )
    composite = package("dwave.system").EmbeddingComposite(mock)
    return _sampled(
        problem,
        "mock-annealer",
        composite,
        f"Embedded in Pegasus P16, annealed there by simulation, {READS} reads",
        num_reads=READS,
        embedding_parameters={"random_seed": seed},
        return_embedding=True,
    )


def _sampled(problem: Problem, name: str, sampler: Any, words: str, **options: Any) -> Solution:
    start = time.perf_counter()
    result = sampler.sample(model(qubo(problem)), **options)
    order = np.argsort(list(result.variables))
    samples = np.repeat(np.asarray(result.record.sample)[:, order], result.record.num_occurrences, axis=0)
    embedding = result.info.get("embedding_context", {}).get("embedding")
    if embedding:
        chains = [len(chain) for chain in embedding.values()]
        words += f"; {sum(chains)} qubits, the longest chain {max(chains)}"
    return solution(problem, name, samples, time.perf_counter() - start, words)


def solution(problem: Problem, name: str, samples: NDArray[np.integer], seconds: float, words: str) -> Solution:
    """The best of the samples, with words on how they came about.

    Args:
        problem: what is to be chosen.
        name: of the solver.
        samples: (samples, n) bits.
        seconds: that it took.
        words: the beginning of a sentence.
    """
    chosen, objective, n_feasible = best_of(problem, samples)
    words += f"; {n_feasible} of {len(samples)} samples chose {problem.k} compounds by themselves."
    return Solution(name, chosen, objective, seconds, None, words)


def model(energy: Qubo) -> Any:
    """The QUBO as dimod's model of bits."""
    first, second = np.triu_indices(len(energy.linear), 1)
    return package("dimod").BinaryQuadraticModel.from_numpy_vectors(
        energy.linear, (first, second, energy.quadratic[first, second]), energy.constant, "BINARY"
    )


def package(name: str) -> ModuleType:
    """A module of D-Wave's packages.

    Raises:
        InputError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"The package {error.name} is not installed.", "Run: pip install 'eigenlead[dwave]'"
        ) from error
