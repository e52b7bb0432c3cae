"""Solvers by name, and which of them a problem is small enough for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import ComputationError, InputError
from pipeline.selection import annealing, dwave_cloud
from pipeline.selection.dwave_cloud import Cloud
from pipeline.selection.exact import exact
from pipeline.selection.problem import Problem
from pipeline.selection.qaoa import MOST_QUBITS, qaoa
from pipeline.selection.solution import Solution


@dataclass(frozen=True, slots=True)
class Solver:
    """One way to choose."""

    title: str
    most: int | None
    """Compounds that it takes; None: any number."""
    solve: Callable[[Problem, int, float, Cloud], Solution]
    """Of a problem, a seed, a time limit in seconds, which only the exact one heeds, and what the cloud may do."""


SOLVERS: Mapping[str, Solver] = {
    "mip": Solver("Exact MIP (HiGHS)", None, lambda problem, _, seconds, __: exact(problem, seconds)),
    "annealing": Solver(
        "Simulated annealing", None, lambda problem, seed, *_: annealing.simulated_annealing(problem, seed)
    ),
    "tabu": Solver("Tabu search", None, lambda problem, seed, *_: annealing.tabu(problem, seed)),
    "mock-annealer": Solver(
        "Annealer’s graph, simulated",
        annealing.MOST_EMBEDDED,
        lambda problem, seed, *_: annealing.mock_annealer(problem, seed),
    ),
    "qaoa": Solver("QAOA on Aer", MOST_QUBITS, lambda problem, seed, *_: qaoa(problem, seed)),
    "exhaustive": Solver(
        "Every choice of bits", annealing.MOST_EXHAUSTIVE, lambda problem, *_: annealing.exhaustive(problem)
    ),
    "annealer": Solver(
        "D-Wave annealer", 150, lambda problem, seed, _, cloud: dwave_cloud.annealer(problem, seed, cloud)
    ),
    "hybrid": Solver("D-Wave hybrid", None, lambda problem, seed, _, cloud: dwave_cloud.hybrid(problem, seed, cloud)),
}
DEFAULTS = ("mip", "annealing", "mock-annealer", "qaoa")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A solver that did not run, or failed."""

    solver: str
    reason: str


def solve_all(
    problem: Problem, names: Sequence[str], seed: int, seconds: float, cloud: Cloud
) -> tuple[list[Solution], list[Skipped]]:
    """Solve a problem by several solvers, best first; those that cannot are told with their reason.

    Raises:
        InputError: there is no such solver.
    """
    if unknown := [name for name in names if name not in SOLVERS]:
        raise InputError(f"There is no solver {unknown[0]!r}.", f"Use one of {', '.join(SOLVERS)}.")
    solved, skipped = [], []
    for name in dict.fromkeys(names):
        solver = SOLVERS[name]
        if solver.most is not None and problem.n > solver.most:
            skipped.append(Skipped(name, f"takes up to {solver.most} compounds, and here are {problem.n}."))
            continue
        try:
            solved.append(solver.solve(problem, seed, seconds, cloud))
        except ComputationError as error:
            skipped.append(Skipped(name, str(error)))
    return sorted(solved, key=lambda one: -one.objective), skipped
