"""Chemistry: what a screen computes, in processes of this machine or of a Dask cluster.

A Prefect task is a batch of species. It computes them one after the other in a bounded process, so that a species that
hangs, needs too much memory or crashes is a record and the others go on; see `flows.bounded_process`. What is worth
keeping is in the store, under its content hash; Prefect caches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from prefect import State, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.futures import PrefectFuture, as_completed
from prefect.tasks import Task, exponential_backoff

from flows.bounded_process import Limits, call_bounded
from flows.cluster import Cluster, cluster, own_limits
from flows.findings import Failed
from flows.progress import Progress
from flows.request import ScreenRequest
from molecules.species import Species
from pipeline.cost import reference_seconds
from pipeline.errors import ComputationError
from pipeline.ground_state import (
    Calculation,
    GroundState,
    geometry_key,
    ground_state,
    ground_state_key,
    relaxed_geometry,
    stored_ground_state,
)
from pipeline.level import LevelOfTheory
from pipeline.measured_state import Measurement, measured_state, measured_state_key, planned_measurement
from pipeline.store import open_store

_BATCHES_PER_WORKER = 6
_LARGEST_BATCH = 25

_T = TypeVar("_T")


def compute(
    calculations: Mapping[str, Calculation], level: LevelOfTheory, request: ScreenRequest
) -> tuple[dict[str, GroundState], list[Failed]]:
    """Compute what the store lacks, geometries first; then take everything out of the store.

    Args:
        calculations: by their keys.
        level: of theory.
        request: where, with how many workers, and what one species may take.

    Raises:
        InputError: the cluster cannot be used.
        TransientError: the store cannot be written, as on a full disk.
    """
    store = open_store(request.store)
    waiting = {key: calculations[key] for key in calculations.keys() - store.present(calculations)}
    get_run_logger().info(
        "%d species: %d from the store, %d to compute",
        len(calculations),
        len(calculations) - len(waiting),
        len(waiting),
    )
    failures: list[Failed] = []
    if waiting:
        with cluster(request, store) as where:
            batches = _Batches(where, level, request.seed, store.url, Limits(60 * request.time_limit, where.gigabytes))
            failures = _compute(waiting, batches)
    states = {key: stored_ground_state(c, level, request.seed, store) for key, c in calculations.items()}
    return {key: state for key, state in states.items() if state is not None}, failures


def measure(
    measurements: Mapping[str, Measurement], level: LevelOfTheory, request: ScreenRequest, plan_only: bool = False
) -> list[Failed]:
    """Measure ground states on a backend into the store; what failed, by the state's key.

    Args:
        measurements: by the keys of their ground states, which the store has.
        level: of theory.
        request: where, with how many workers, and what one species may take.
        plan_only: only find out what would be submitted, and its price.

    Raises:
        InputError: the cluster cannot be used.
        TransientError: the store cannot be written.
    """
    store = open_store(request.store)
    stored = store.present(measured_state_key(one, level, request.seed) for one in measurements.values())
    waiting = [one for one in measurements.values() if measured_state_key(one, level, request.seed) not in stored]
    if not waiting:
        return []
    title, batch = ("Circuits compiled", plan_batch) if plan_only else ("Energies measured", measure_batch)
    with cluster(request, store) as where:
        batches = _Batches(where, level, request.seed, store.url, Limits(60 * request.time_limit, where.gigabytes))
        return batches.run(title, batch, waiting, lambda one: seconds_of(one.calculation, level))


@dataclass(frozen=True, slots=True)
class _Batches:
    """What all batches of a screen share."""

    cluster: Cluster
    level: LevelOfTheory
    seed: int
    store_url: str
    limits: Limits

    def run(
        self, title: str, task: Task[Any, Any], items: Sequence[_T], cost: Callable[[_T], tuple[float, str]]
    ) -> list[Failed]:
        """Run a task over batches of the items, the costliest first; what failed."""
        if not items:
            return []
        shared = {"level": self.level, "seed": self.seed, "store_url": self.store_url, "limits": self.limits}
        failures: list[Failed] = []
        batches = in_batches(items, cost, self.cluster.workers)
        with Progress(title, len(items), sum(cost(item)[0] for item in items)) as progress:
            futures = {self.cluster.runner.submit(task, {"batch": batch, **shared}): batch for batch in batches}
            for future in as_completed(list(futures)):
                failures += _outcome(future)
                batch = futures[future]
                progress.advance(len(batch), sum(cost(item)[0] for item in batch))
        return failures


def _compute(waiting: Mapping[str, Calculation], batches: _Batches) -> list[Failed]:
    """Geometries, then ground states; what failed."""
    level, seed = batches.level, batches.seed
    geometries = {geometry_key(c.species, level, seed): c.species for c in waiting.values()}
    geometries = {key: geometries[key] for key in geometries.keys() - open_store(batches.store_url).present(geometries)}
    failures = batches.run("Geometries", relax_batch, list(geometries.values()), size_of)
    unrelaxed = {failure.key: failure for failure in failures}
    ready = []
    for key, calculation in waiting.items():
        if failure := unrelaxed.get(geometry_key(calculation.species, level, seed)):
            failures.append(replace(failure, key=key, label=calculation.species.label))
        else:
            ready.append(calculation)
    return failures + batches.run("Ground states", ground_state_batch, ready, lambda one: seconds_of(one, level))


def in_batches(items: Sequence[_T], cost: Callable[[_T], tuple[float, str]], workers: int) -> list[list[_T]]:
    """The items, the costliest first, in several batches for each worker."""
    ordered = sorted(items, key=cost, reverse=True)
    size = min(-(-len(ordered) // (_BATCHES_PER_WORKER * workers)), _LARGEST_BATCH)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def size_of(species: Species) -> tuple[float, str]:
    """What a geometry costs, by the number of atoms, and its label."""
    return len(species.symbols), species.label


def seconds_of(calculation: Calculation, level: LevelOfTheory) -> tuple[float, str]:
    """What a ground state costs, by the cost model, and its label."""
    return reference_seconds(calculation, level), calculation.species.label


def _outcome(future: PrefectFuture[Any]) -> list[Failed]:
    """What failed in a batch. What a batch that ended early had not stored is missing, and is reported so.

    Raises:
        TransientError: the batch failed, again and again, for a cause that ends the others too.
    """
    try:
        outcome = future.result(raise_on_failure=False)
    except Exception as error:  # of Dask, when several workers that had it died
        outcome = error
    if isinstance(outcome, list):
        return outcome
    if isinstance(outcome, ComputationError):
        raise outcome
    get_run_logger().error("A batch ended early: %s", outcome)
    return []


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


@task(name="relax geometries", **_BATCH)
def relax_batch(
    batch: Sequence[Species], level: LevelOfTheory, seed: int, store_url: str, limits: Limits
) -> list[Failed]:
    """Relax a batch of geometries into the store."""
    store, limits = open_store(store_url), own_limits(limits)
    return each(
        batch,
        lambda species: call_bounded(limits, relaxed_geometry, species, level, seed, store),
        lambda species: (geometry_key(species, level, seed), species.label, "geometry"),
    )


@task(name="ground states", **_BATCH)
def ground_state_batch(
    batch: Sequence[Calculation], level: LevelOfTheory, seed: int, store_url: str, limits: Limits
) -> list[Failed]:
    """Compute a batch of ground states on every rung into the store."""
    store, limits = open_store(store_url), own_limits(limits)
    return each(
        batch,
        lambda one: call_bounded(limits, ground_state, one, level, seed, store, limits.seconds),
        lambda one: (ground_state_key(one, level, seed), one.species.label, "ground state"),
    )


@task(name="measure energies", **_BATCH)
def measure_batch(
    batch: Sequence[Measurement], level: LevelOfTheory, seed: int, store_url: str, limits: Limits
) -> list[Failed]:
    """Measure a batch of ground states on a backend into the store."""
    store, limits = open_store(store_url), own_limits(limits)
    return each(
        batch,
        lambda one: call_bounded(limits, measured_state, one, level, seed, store),
        lambda one: (ground_state_key(one.calculation, level, seed), one.calculation.species.label, "circuit"),
    )


@task(name="plan measurements", **_BATCH)
def plan_batch(
    batch: Sequence[Measurement], level: LevelOfTheory, seed: int, store_url: str, limits: Limits
) -> list[Failed]:
    """Find out what a batch of measurements would submit and cost, into the store."""
    store, limits = open_store(store_url), own_limits(limits)
    return each(
        batch,
        lambda one: call_bounded(limits, planned_measurement, one, level, seed, store),
        lambda one: (ground_state_key(one.calculation, level, seed), one.calculation.species.label, "circuit"),
    )


def each(
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
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
            reason = f"Unexpected {type(error).__name__}: {error}."
            failures.append(Failed(key, label, stage, reason, "Please report it with this molecule."))
    return failures
