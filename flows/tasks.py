"""Tasks: thin, each one call of a pure function over a batch.

What is worth keeping is in the store, under its content hash; Prefect caches nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.tasks import Task, exponential_backoff
from pyscf import lib
from threadpoolctl import threadpool_limits

from flows.child import end_with_parent
from flows.findings import Failed, candidates
from flows.request import ScreenRequest
from models.composer import taught
from models.default_ranking import DefaultRanking, default_ranking
from models.errors import LlamaError
from models.evidence import EvidenceTable
from models.explainer import Explanation, explain
from models.judge import LlamaRanking, judge
from models.language_model import LanguageModel
from models.learned import learned_ranking
from models.llama import Llama, load_llama, use_threads
from models.ranker import Ranker, Training, load_ranker
from models.shipped import ADAPTER, applies
from molecules.candidate import Library
from molecules.species import Species
from pipeline.errors import ComputationError
from pipeline.ground_state import Calculation, geometry_key, ground_state, ground_state_key, relaxed_geometry
from pipeline.level import LevelOfTheory
from pipeline.store import Store
from pipeline.vqe.solve import load_kernels

_T = TypeVar("_T")


def _may_pass(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    error = state.result(raise_on_failure=False)
    return isinstance(error, ComputationError) and error.may_pass


_BATCH: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "retries": 2,
    "retry_delay_seconds": exponential_backoff(backoff_factor=2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": _may_pass,
}


def start_worker() -> None:
    """Prepare a worker process: one thread, kernels loaded, and an end when its parent is gone, even by kill -9."""
    threadpool_limits(limits=1)
    lib.num_threads(1)
    os.environ["RAYON_NUM_THREADS"] = "1"  # of ffsim, not imported yet
    end_with_parent()
    load_kernels()


@cache
def open_store(url: str) -> Store:
    """One store object a process; an empty URL is the user's own store."""
    return Store(url or None)


@task(name="read library", cache_policy=NO_CACHE)
def read(request: ScreenRequest) -> Library:
    """Read the molecules."""
    return candidates(request)


@task(name="relax geometries", **_BATCH)
def relax_batch(batch: Sequence[Species], level: LevelOfTheory, seed: int, store_url: str) -> list[Failed]:
    """Relax a batch of geometries into the store."""
    store = open_store(store_url)
    return _each(
        batch,
        lambda species: relaxed_geometry(species, level, seed, store),
        lambda species: (geometry_key(species, level, seed), species.label, "geometry"),
    )


@task(name="ground states", **_BATCH)
def ground_state_batch(batch: Sequence[Calculation], level: LevelOfTheory, seed: int, store_url: str) -> list[Failed]:
    """Compute a batch of ground states on every rung into the store."""
    store = open_store(store_url)
    return _each(
        batch,
        lambda calculation: ground_state(calculation, level, seed, store),
        lambda calculation: (ground_state_key(calculation, level, seed), calculation.species.label, "ground state"),
    )


def _each(
    batch: Sequence[_T], compute: Callable[[_T], object], identify: Callable[[_T], tuple[str, str, str]]
) -> list[Failed]:
    """Compute all; what fails for good is a record, what may pass is raised, so that the task is tried again."""
    failures = []
    for item in batch:
        key, label, stage = identify(item)
        try:
            compute(item)
        except ComputationError as error:
            if error.may_pass:
                raise
            failures.append(Failed(key, label, error.stage or stage, error.reason, error.remedy))
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, MemoryError) as error:
            reason = f"Unexpected {type(error).__name__}: {error}."
            failures.append(Failed(key, label, stage, reason, "Please report it with this molecule."))
    return failures


@cache
def _llama(spec: str) -> LanguageModel:
    return load_llama(spec)


@cache
def _composer(spec: str) -> LanguageModel:
    return taught(_llama(spec))


@cache
def _ranker(file: Path, spec: str) -> tuple[Ranker, Training]:
    llama = _llama(spec)
    if not isinstance(llama, Llama):
        raise LlamaError("A served Llama takes no ranker: leave it out, or give a folder, a hub name or `embedded`.")
    return load_ranker(file, llama)


@task(name="choose the ranking", cache_policy=NO_CACHE)
def choose_ranking(request: ScreenRequest, question: str) -> tuple[Path | None, DefaultRanking]:
    """The ranker that answers the question, if any, and whose order decides; a bad one fails before the chemistry."""
    if request.ranker:
        file: Path | None = Path(request.ranker)
    else:
        file = ADAPTER if applies(_llama(request.llama), question, request.profile) else None
    training = None if file is None else _ranker(file, request.llama)[1]
    return file, default_ranking(training, question, bool(request.ranker))


@task(name="rank with the Llama", cache_policy=NO_CACHE)
def rank(
    table: EvidenceTable,
    spec: str,
    ranker: Path | None,
    seed: int,
    store_url: str,
    progress: Callable[[int, int], None],
) -> LlamaRanking:
    """Have a ranker score the candidates, or the Llama compare them."""
    if ranker is not None:
        return learned_ranking(*_ranker(ranker, spec), table)
    return judge(_llama(spec), table, seed, open_store(store_url), progress=progress)


@task(name="explain", cache_policy=NO_CACHE)
def explain_best(
    table: EvidenceTable, best: Sequence[str], spec: str, seed: int, store_url: str, progress: Callable[[int], None]
) -> dict[str, Explanation]:
    """Have the Llama explain the candidates with these ids."""
    explanations = {}
    for done, candidate_id in enumerate(best, start=1):
        explanations[candidate_id] = explain(_composer(spec), table, candidate_id, seed, open_store(store_url))
        progress(done)
    return explanations


@task(name="load the Llama", cache_policy=NO_CACHE)
def llama_identity(spec: str, threads: int) -> tuple[str, str]:
    """Load the Llama for this process; its name and content hash."""
    use_threads(threads)
    llama = _llama(spec)
    return llama.name, llama.hash
