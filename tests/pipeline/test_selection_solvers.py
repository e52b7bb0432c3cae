"""Selection: the QUBO has the problem's optimum, and every solver finds it where it is small."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.selection.annealing import exhaustive, mock_annealer, simulated_annealing, tabu
from pipeline.selection.dwave_cloud import Cloud
from pipeline.selection.exact import exact
from pipeline.selection.problem import Problem, qubo, with_k
from pipeline.selection.qaoa import qaoa
from pipeline.selection.solvers import solve_all


def families(n: int, k: int, seed: int, n_families: int = 6) -> Problem:
    """Compounds in families, the members of which overlap, and the best of which tend to be kin."""
    generator = np.random.default_rng(seed)
    family = generator.integers(n_families, size=n)
    worth = generator.random(n_families)[family] + 0.3 * generator.random(n)
    overlap = (family[:, None] == family) * generator.random((n, n))
    overlap = np.triu(overlap, 1)
    return Problem(worth, overlap + overlap.T, k)


def by_enumeration(problem: Problem) -> float:
    return max(problem.objective(choice) for choice in combinations(range(problem.n), problem.k))


@pytest.mark.parametrize("seed", range(10))
def test_the_qubos_minimum_is_the_best_choice(seed: int) -> None:
    problem = families(12, 2 + seed % 8, seed)
    bits = np.arange(2**12)[:, None] >> np.arange(12) & 1
    energies = qubo(problem).energies(bits)
    assert -energies.min() == pytest.approx(by_enumeration(problem))
    assert bits[energies.argmin()].sum() == problem.k


@pytest.mark.parametrize("seed", range(6))
def test_the_mip_finds_and_proves_the_best_choice(seed: int) -> None:
    problem = families(14, 5, seed)
    solution = exact(problem)
    assert solution.objective == pytest.approx(by_enumeration(problem), abs=1e-6)
    assert solution.bound == pytest.approx(solution.objective, abs=1e-5)


@pytest.mark.parametrize(("n", "k"), [(10, 3), (20, 10), (30, 8), (30, 1), (30, 30), (30, 15)])
def test_annealing_equals_the_exact_optimum_up_to_thirty(n: int, k: int) -> None:
    pytest.importorskip("dwave.samplers")
    for seed in range(5):
        problem = families(n, k, seed)
        best = exact(problem).objective
        assert simulated_annealing(problem, seed).objective == pytest.approx(best, abs=1e-6)
        assert len(simulated_annealing(problem, seed).chosen) == k


def test_tabu_search_and_every_choice_of_bits_agree() -> None:
    pytest.importorskip("dwave.samplers")
    problem = families(12, 4, 3)
    best = by_enumeration(problem)
    assert tabu(problem).objective == pytest.approx(best)
    assert exhaustive(problem).objective == pytest.approx(best)


def test_the_annealers_graph_is_embedded_in() -> None:
    pytest.importorskip("dwave.system")
    problem = families(12, 4, 0)
    solution = mock_annealer(problem)
    assert solution.objective == pytest.approx(by_enumeration(problem))
    assert "qubits, the longest chain" in solution.details
    with pytest.raises(InputError, match="Give at most 60"):
        mock_annealer(families(61, 4, 0))


def test_qaoa_finds_the_best_choice_more_often_than_chance() -> None:
    pytest.importorskip("qiskit_aer")
    from pipeline.selection.qaoa import sample

    problem = families(8, 3, 1)
    assert qaoa(problem).objective == pytest.approx(by_enumeration(problem))
    samples, _ = sample(problem, seed=0, layers=3)
    energies = qubo(problem).energies(samples)
    chance = 1 / 2**problem.n
    assert np.isclose(energies, -by_enumeration(problem)).mean() > 4 * chance
    with pytest.raises(InputError, match="Give at most 16"):
        qaoa(families(17, 4, 0))


def test_a_sample_is_brought_to_k_at_the_least_loss() -> None:
    problem = Problem(np.array([3.0, 2.0, 1.0]), np.zeros((3, 3)), 2)
    assert with_k(problem, np.array([1, 1, 1])) == (0, 1)
    assert with_k(problem, np.array([0, 0, 0])) == (0, 1)
    assert with_k(problem, np.array([0, 1, 1])) == (1, 2)


def test_kin_of_a_chosen_compound_is_passed_over() -> None:
    overlap = np.array([[0.0, 0.9, 0.0], [0.9, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert exact(Problem(np.array([1.0, 0.95, 0.5]), overlap, 2)).chosen == (0, 2)


def test_too_many_are_refused() -> None:
    with pytest.raises(InputError, match="Choose between 1 and 3"):
        Problem(np.ones(3), np.zeros((3, 3)), 4)


def test_a_solver_that_cannot_run_says_why_and_the_others_go_on() -> None:
    solved, skipped = solve_all(families(17, 3, 0), ["mip", "qaoa"], seed=0, seconds=60, cloud=Cloud())
    assert [one.solver for one in solved] == ["mip"]
    assert [(one.solver, one.reason) for one in skipped] == [("qaoa", "takes up to 16 compounds, and here are 17.")]
    with pytest.raises(InputError, match="There is no solver 'luck'"):
        solve_all(families(5, 3, 0), ["luck"], seed=0, seconds=60, cloud=Cloud())
