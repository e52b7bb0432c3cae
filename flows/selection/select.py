"""Selecting from a finished screen: from its report to a problem, and from solutions to a record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flows.report.document import RankedCandidate, ReportDocument
from flows.selection.document import Compound, SelectionDocument, SkippedSolver, SolverResult, Weights
from molecules.profile import profile
from molecules.similarity import tanimoto
from pipeline.desirability import chances
from pipeline.errors import InputError
from pipeline.objective import Term
from pipeline.ranks import places
from pipeline.selection.dwave_cloud import Cloud
from pipeline.selection.exact import GAP
from pipeline.selection.problem import Problem
from pipeline.selection.solution import Solution
from pipeline.selection.solvers import SOLVERS, solve_all

RANKING = "ranking"
_MOST_COMPOUNDS = 5000
"""The similarities of all pairs of so many take 200 MB, and as much again with each solver."""


def select(
    report: ReportDocument,
    k: int,
    weights: Weights,
    solvers: Sequence[str],
    seed: int,
    seconds: float,
    cloud: Cloud,
) -> SelectionDocument:
    """Choose the k compounds of a screen to make next.

    Args:
        report: of the screen.
        k: how many.
        weights: what counts.
        solvers: names in `pipeline.selection.solvers.SOLVERS`.
        seed: of every random choice.
        seconds: time limit of the exact solver.
        cloud: what D-Wave's cloud may do.

    Raises:
        InputError: there are not k compounds, or no such solver; or none could run.
    """
    candidates = sorted(report.candidates, key=lambda one: one.rank)
    if len(candidates) > _MOST_COMPOUNDS:
        raise InputError(
            f"{len(candidates)} compounds are too many to choose from: every pair is compared.",
            f"Screen up to {_MOST_COMPOUNDS}.",
        )
    compounds = _compounds(candidates, report, k, weights, seed)
    similarity = tanimoto([one.smiles for one in compounds])
    np.fill_diagonal(similarity, 0.0)
    loss = weights.diversity * np.clip((similarity - weights.alike) / (1 - weights.alike), 0.0, None)
    problem = Problem(np.array([one.worth for one in compounds]), loss, k)
    solved, skipped = solve_all(problem, solvers, seed, seconds, cloud)
    if not solved:
        raise InputError(
            f"No solver could choose: {' '.join(one.reason for one in skipped)}", "Add --solver mip, which always can."
        )
    ranking = Solution(RANKING, tuple(range(k)), problem.objective(range(k)), 0.0, None, "By the screen alone.")
    best = solved[0].chosen
    results = sorted([*solved, ranking], key=lambda one: -one.objective)
    request_library = report.request.get("library")
    return SelectionDocument(
        schema_version=1,
        library=Path(request_library).name if isinstance(request_library, str) and request_library else "the library",
        screened=report.provenance.finished,
        n=problem.n,
        k=k,
        weights=weights,
        seed=seed,
        n_alike=int((similarity > weights.alike).sum()) // 2,
        chosen=tuple(_beside(compounds, similarity, i, best) for i in best),
        passed_over=tuple(
            _beside(compounds, similarity, i, best)
            for i, one in enumerate(compounds)
            if one.rank <= k and i not in best
        ),
        solvers=tuple(_result(one, compounds) for one in results),
        skipped=tuple(SkippedSolver(title=SOLVERS[one.solver].title, reason=one.reason) for one in skipped),
        sentence=_sentence(solved, ranking),
    )


def _compounds(
    candidates: Sequence[RankedCandidate], report: ReportDocument, k: int, weights: Weights, seed: int
) -> list[Compound]:
    """Best first, each by itself: what it is like beside others comes with the choice."""
    scores = np.array([one.score for one in candidates])
    spread = float(np.ptp(scores)) if len(scores) else 0.0
    terms = [Term(**one.model_dump(exclude={"title", "unit"})) for one in report.objective.terms]
    known = [[(part.value, part.uncertainty) for part in one.desirabilities] for one in candidates]
    compounds = []
    placed = places([one.rank for one in candidates])
    for one, place, score, chance in zip(candidates, placed, scores, chances(terms, known, k, seed), strict=True):
        accessibility = one.properties.get("sa_score")
        if accessibility is None:
            accessibility = profile(one.smiles).sa_score
        value = float(score - scores.min()) / spread if spread else 0.0
        cost, risk = (accessibility - 1) / 9, 1 - chance
        compounds.append(
            Compound(
                id=one.id,
                name=one.name,
                smiles=one.smiles,
                rank=one.rank,
                place=place,
                value=value,
                cost=cost,
                risk=risk,
                worth=weights.value * value - weights.cost * cost - weights.risk * risk,
                alike=None,
                alike_to=None,
            )
        )
    return compounds


def _beside(compounds: Sequence[Compound], similarity: NDArray[np.float64], i: int, chosen: Sequence[int]) -> Compound:
    """A compound with the most similar one of those chosen."""
    others = [j for j in chosen if j != i]
    if not others:
        return compounds[i]
    nearest = max(others, key=lambda j: float(similarity[i, j]))
    return compounds[i].model_copy(update={"alike": float(similarity[i, nearest]), "alike_to": compounds[nearest].name})


def _result(solution: Solution, compounds: Sequence[Compound]) -> SolverResult:
    return SolverResult(
        solver=solution.solver,
        title="The screen’s ranking" if solution.solver == RANKING else SOLVERS[solution.solver].title,
        objective=solution.objective,
        bound=solution.bound,
        seconds=solution.seconds,
        chosen=tuple(compounds[i].id for i in solution.chosen),
        details=solution.details,
    )


def _sentence(solved: Sequence[Solution], ranking: Solution) -> str:
    best = solved[0].objective
    bounds = [one.bound for one in solved if one.bound is not None]
    gain = best - ranking.objective
    plain = (
        "The first of the ranking are that choice already."
        if gain <= GAP
        else f"The first of the ranking, taken as they come, reach {ranking.objective:.3f}."
    )
    if not bounds:
        return f"The best choice found is worth {best:.3f}; how much better one may be is not known. {plain}"
    gap = max(0.0, min(bounds) - best)
    if gap <= GAP * max(1.0, abs(best)):
        return f"The choice is the best there is, proven: it is worth {best:.3f}. {plain}"
    return (
        f"The best choice found is worth {best:.3f}, and none is worth more than {min(bounds):.3f}: "
        f"a gap of {gap / max(abs(best), GAP):.1%}. {plain}"
    )
