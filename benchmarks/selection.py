"""Selection by D-Wave's samplers and QAOA against the exact MIP, on measured values of real compounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import typer
from machine import described, publish

from flows.markdown import table
from molecules.measured import measured_set
from molecules.profile import profile
from molecules.similarity import tanimoto
from pipeline.selection.annealing import mock_annealer, simulated_annealing, tabu
from pipeline.selection.exact import exact
from pipeline.selection.problem import Problem
from pipeline.selection.qaoa import SHOTS, qaoa
from pipeline.selection.solution import Solution, best_of

SETS = ("esol", "bace")
ALIKE, COST = 0.4, 0.25
SMALL = ((14, 4), (20, 6), (30, 8), (30, 15))
DRAWS = 5
LARGE = ((500, 20), (500, 50))
SECONDS = 60.0
PACKAGES = ("scipy", "dwave-samplers", "dwave-system", "dimod", "qiskit-aer", "rdkit", "numpy")


def problem(name: str, n: int, k: int, seed: int) -> Problem:
    """`k` of `n` compounds drawn from a measured set, with the weights that `eigenlead select` has; no risk."""
    rows = measured_set(name).rows
    rows = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))[:n]]
    values = np.array([row.value for row in rows])
    costs = np.array([(profile(row.smiles).sa_score - 1) / 9 for row in rows])
    similarity = tanimoto([row.smiles for row in rows])
    np.fill_diagonal(similarity, 0.0)
    overlap = np.clip((similarity - ALIKE) / (1 - ALIKE), 0.0, None)
    return Problem((values - values.min()) / np.ptp(values) - COST * costs, overlap, k)


def ranking(one: Problem) -> float:
    """The objective of the compounds with the most worth."""
    return one.objective(np.argsort(-one.worth)[: one.k].tolist())


def random_choice(one: Problem, seed: int) -> float:
    """The best of as many random bitstrings as QAOA's samples, brought to k as they are."""
    bits = np.random.default_rng(seed).integers(2, size=(SHOTS, one.n))
    return best_of(one, bits)[1]


def small_row(name: str, n: int, k: int) -> list[str]:
    """How often each finds the optimum."""
    found = dict.fromkeys(("annealing", "tabu", "mock-annealer", "qaoa", "random", "ranking"), 0)
    longest = 0.0
    for seed in range(DRAWS):
        one = problem(name, n, k, seed)
        best = exact(one, SECONDS)
        longest = max(longest, best.seconds)
        solved = [solver(one, seed) for solver in (simulated_annealing, tabu, mock_annealer)]
        values = {solution.solver: solution.objective for solution in solved}
        values |= {"random": random_choice(one, seed), "ranking": ranking(one)}
        if n <= 14:
            values["qaoa"] = qaoa(one, seed).objective
        for solver, value in values.items():
            found[solver] += abs(value - best.objective) < 1e-6
    words = [f"{count} of {DRAWS}" for count in found.values()]
    if n > 14:
        words[list(found).index("qaoa")] = "–"
    return [name, f"{k} of {n}", *words, f"{longest:.1f}"]


def large_row(name: str, n: int, k: int) -> list[str]:
    """Objectives, and the distance of the best from the MIP's bound."""
    one = problem(name, n, k, 0)
    solutions: Sequence[Solution] = [exact(one, SECONDS), simulated_annealing(one), tabu(one)]
    best, bound = max(solution.objective for solution in solutions), solutions[0].bound or float("nan")
    pairs = int((one.overlap > 0).sum()) // 2
    return [
        name,
        f"{k} of {n}",
        f"{pairs:,}",
        f"{ranking(one):.3f}",
        *(f"{solution.objective:.3f} ({solution.seconds:.0f} s)" for solution in solutions),
        f"{bound:.3f}",
        f"{max(0.0, bound - best) / abs(best):.2%}",
    ]


def main() -> None:
    small = [small_row(name, n, k) for name in SETS for n, k in SMALL]
    large = [large_row(name, n, k) for name in SETS for n, k in LARGE]
    publish(
        "selection",
        "# Selection: samplers against the exact MIP",
        "Compounds drawn from ESOL (solubility) and BACE (pIC50, a few chemical series); value is the measurement, "
        f"cost the synthetic accessibility (weight {COST}), and pairs with a similarity above {ALIKE} lose up to 1.",
        f"## Up to 30 compounds: how often the exact optimum is found, of {DRAWS} draws",
        "`random` is the best of as many random bitstrings as QAOA draws, brought to k by the same rule: where it "
        "finds the optimum too, QAOA's finding it says nothing of quantum. `ranking` takes those of most worth.",
        table(("set", "choose", "annealing", "tabu", "mock annealer", "QAOA", "random", "ranking", "MIP, s"), small, 2),
        f"## 500 compounds: the MIP has {SECONDS:.0f} s",
        "The gap is that of the best choice found by any to the MIP's bound, above which no choice is.",
        table(("set", "choose", "pairs", "ranking", "MIP", "annealing", "tabu", "bound", "gap"), large, 2),
        described(PACKAGES, "python benchmarks/selection.py"),
    )


if __name__ == "__main__":
    typer.run(main)
