"""The exact null model: the same problem as a mixed-integer linear program, solved by HiGHS."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from pipeline.errors import ResourceError
from pipeline.selection.problem import Problem
from pipeline.selection.solution import Solution

GAP = 1e-6
"""Relative distance of the bound below which a choice counts as optimal."""
_MOST_CLIQUES = 500
_MOST_CUTS = 3


def exact(problem: Problem, seconds: float = 60.0) -> Solution:
    """The best choice, or the best found in the time with a bound on what is possible.

    A variable y_ij ≥ x_i + x_j − 1 stands for each pair that overlaps. By itself that is a weak relaxation (all x one
    half, all y zero). Cliques of the pairs tighten it: of s chosen members of a clique, s(s − 1)/2 pairs count, which
    is at least a·s − a(a + 1)/2 for every whole a.

    Args:
        problem: what is to be chosen.
        seconds: time limit.

    Raises:
        ResourceError: the time did not suffice for any choice.
    """
    start = time.perf_counter()
    n, k = problem.n, problem.k
    first, second = np.nonzero(np.triu(problem.overlap, 1))
    n_pairs = len(first)
    pair = np.arange(n_pairs)
    products = sparse.csr_array(
        (
            np.concatenate([np.ones(2 * n_pairs), -np.ones(n_pairs)]),
            (np.concatenate([pair, pair, pair]), np.concatenate([first, second, n + pair])),
        ),
        shape=(n_pairs, n + n_pairs),
    )
    number = np.concatenate([np.ones(n), np.zeros(n_pairs)])[None, :]
    constraints = [LinearConstraint(number, k, k)]
    if n_pairs:
        constraints += [LinearConstraint(products, -np.inf, 1), *_clique_cuts(problem, first, second)]
    result = milp(
        np.concatenate([-problem.worth, problem.overlap[first, second]]),
        constraints=constraints,
        bounds=Bounds(0, 1),
        integrality=number[0],
        options={"time_limit": seconds, "mip_rel_gap": GAP},
    )
    if result.x is None:
        raise ResourceError(
            f"No choice of {k} among {n} compounds was found in {seconds:.0f} s.",
            "Allow more time, or let fewer pairs count as alike.",
        )
    chosen = tuple(int(i) for i in np.flatnonzero(result.x[:n] > 0.5))
    objective = problem.objective(chosen)
    bound = max(objective, -float(result.mip_dual_bound))
    optimal = bound - objective <= GAP * max(1.0, abs(objective))
    return Solution(
        solver="mip",
        chosen=chosen,
        objective=objective,
        seconds=time.perf_counter() - start,
        bound=bound,
        details="HiGHS, proven optimal."
        if optimal
        else f"HiGHS, stopped after {seconds:.0f} s: no choice is better than {bound:.4f}.",
    )


def _clique_cuts(problem: Problem, first: NDArray[np.intp], second: NDArray[np.intp]) -> list[LinearConstraint]:
    n, column = problem.n, np.zeros((problem.n, problem.n), dtype=int)
    column[first, second] = column[second, first] = problem.n + np.arange(len(first))
    rows: list[NDArray[np.float64]] = []
    limits = []
    for clique in _cliques(problem.overlap > 0):
        if len(clique) < 3:
            continue
        pairs = column[np.ix_(clique, clique)][np.triu_indices(len(clique), 1)]
        for a in range(1, min(len(clique) - 1, problem.k - 1, _MOST_CUTS) + 1):
            row = np.zeros(n + len(first))
            row[clique], row[pairs] = a, -1
            rows.append(row)
            limits.append(a * (a + 1) / 2)
    if not rows:
        return []
    return [LinearConstraint(sparse.csr_array(np.array(rows)), -np.inf, np.array(limits))]


def _cliques(adjacent: NDArray[np.bool_]) -> list[list[int]]:
    """Cliques that cover the pairs, grown greedily from the compound with the most pairs left."""
    left = adjacent.copy()
    found: list[list[int]] = []
    while left.any() and len(found) < _MOST_CLIQUES:
        start = int(np.argmax(left.sum(axis=1)))
        clique = [start]
        room = adjacent[start].copy()
        while room.any():
            index = np.flatnonzero(room)
            newly_covered = left[index][:, clique].sum(axis=1)
            neighbours = adjacent[index][:, index].sum(axis=1)
            chosen = int(index[np.lexsort((-neighbours, -newly_covered))[0]])
            clique.append(chosen)
            room &= adjacent[chosen]
        left[np.ix_(clique, clique)] = False
        found.append(sorted(clique))
    return found
