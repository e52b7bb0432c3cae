"""The screen: from a file of molecules to a ranked and explained report."""

# Annotations are objects here, not strings: Prefect validates a flow's parameters by them in another process.

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from prefect import Task, flow, get_run_logger
from prefect.futures import as_completed
from prefect.runtime import flow_run
from prefect.task_runners import ProcessPoolTaskRunner

from flows import approval, artifacts, assemble, findings, leaderboard, limits, tasks
from flows.folders import admitted
from flows.progress import Progress
from flows.report.document import RunTime
from flows.report.write import write_report
from flows.request import ScreenRequest
from flows.server import prefect_api
from pipeline.cost import reference_seconds
from pipeline.ground_state import Calculation, GroundState, geometry_key, stored_ground_state
from pipeline.level import LevelOfTheory, profile

_BATCHES_PER_WORKER = 6
_LARGEST_BATCH = 25

_T = TypeVar("_T")


def _run_name() -> str:
    request = flow_run.parameters["request"]
    request = request if isinstance(request, ScreenRequest) else ScreenRequest(**request)
    goal = Path(request.objective_file).stem or request.objective
    library = Path(request.library).name.split(".")[0] or "pasted"
    return f"screen-{library}-{goal}"


def run_screen(request: ScreenRequest) -> Path:
    """Run `screen` with the request's number of workers, against the configured Prefect API or a temporary one.

    Returns:
        The path of report.html.
    """
    runner: Any = ProcessPoolTaskRunner(max_workers=request.workers, initializer=tasks.start_worker)
    with prefect_api():
        return Path(screen.with_options(task_runner=runner)(request))


@flow(
    name="screen",
    flow_run_name=_run_name,
    task_runner=ProcessPoolTaskRunner(initializer=tasks.start_worker),  # type: ignore[arg-type]  # Prefect's class is generic in the result
)
def screen(request: ScreenRequest) -> str:
    """Rank molecules by an objective, and explain the ranking.

    Every finished geometry, ground state, judgement and explanation is in the store before the next one starts, so
    a screen that was cut off goes on where it stopped when it is run again. A run of a deployment that would take more
    than the limits is suspended until a person approves it.

    Returns:
        The path of report.html.
    """
    log = get_run_logger()
    started, clock = datetime.now().astimezone(), time.perf_counter()
    request = admitted(request)
    level, goal = profile(request.profile), findings.chosen_objective(request)
    library = tasks.read(request)
    log.info("%d candidates, %d rejected rows", len(library.candidates), len(library.rejections))

    # the Llama first, so that a missing model costs no chemistry
    llama = tasks.llama_identity(request.llama, request.workers)
    ranker, default = tasks.choose_ranking(request, goal.question)

    plan = findings.plan(library, goal, level)
    calculations = plan.unique(level, request.seed)
    if approval.was_started_by_a_form_or_schedule():
        amounts = limits.amounts(request, level, len(library.candidates), calculations)
        if approval.exceeds(amounts):
            subject = f"A screen of {Path(request.library).name or 'pasted molecules'} by {goal.name}"
            approval.wait_for_approval(subject, amounts, request.key)
    states, failures = _compute(calculations, level, request)
    found = findings.find(library, plan, states, failures, level, request.seed)
    scores = findings.scored(library, plan, found, goal, request.seed)
    table = findings.evidence_table(library, found, goal, scores)
    chemistry = time.perf_counter() - clock

    ranking, explanations = None, {}
    if table.candidates:
        with Progress("The Llama compares", 1) as progress:
            ranking = tasks.rank(table, request.llama, ranker, request.seed, request.store, progress.of)
        if default.by == "llama":
            table = findings.in_order(table, ranking.ranks)
        best = [candidate.id for candidate in table.candidates[: request.top]]
        with Progress("The Llama explains", len(best)) as progress:
            explanations = tasks.explain_best(table, best, request.llama, request.seed, request.store, progress.set)
    total = time.perf_counter() - clock
    seconds = RunTime(chemistry=chemistry, llama=total - chemistry, total=total)
    made_by = assemble.provenance(request, level, llama, started, seconds)
    report = assemble.document(
        request, library, goal, level, found, table, scores, ranking, default, explanations, made_by
    )
    page = write_report(report, Path(request.out))
    artifacts.publish(report, page)
    if request.leaderboards:
        name = leaderboard.leaderboard_name(goal, request.profile, level, request.seed)
        folder = Path(request.leaderboards) / name
        change = leaderboard.enter(folder, report, page, library.candidates)
        artifacts.publish_leaderboard(folder, change)
    log.info("Report: %s", page.resolve())
    return str(page)


def _compute(
    calculations: dict[str, Calculation], level: LevelOfTheory, request: ScreenRequest
) -> tuple[dict[str, GroundState], list[findings.Failed]]:
    """Compute what the store lacks, geometries first; then take everything out of the store."""
    store = tasks.open_store(request.store)
    waiting = {key: calculations[key] for key in calculations.keys() - store.present(calculations)}
    geometries = {geometry_key(c.species, level, request.seed): c.species for c in waiting.values()}
    geometries = {key: geometries[key] for key in geometries.keys() - store.present(geometries)}
    get_run_logger().info(
        "%d species: %d from the store, %d to compute",
        len(calculations),
        len(calculations) - len(waiting),
        len(waiting),
    )
    failures = _in_batches(
        "Geometries", tasks.relax_batch, list(geometries.values()), lambda s: (len(s.symbols), s.label), level, request
    )
    unrelaxed = {failure.key: failure for failure in failures}
    ready = {}
    for key, calculation in waiting.items():
        if failure := unrelaxed.get(geometry_key(calculation.species, level, request.seed)):
            failures.append(replace(failure, key=key, label=calculation.species.label))
        else:
            ready[key] = calculation
    failures += _in_batches(
        "Ground states",
        tasks.ground_state_batch,
        list(ready.values()),
        lambda c: (reference_seconds(c, level), c.species.label),
        level,
        request,
    )
    states = {key: stored_ground_state(c, level, request.seed, store) for key, c in calculations.items()}
    return {key: state for key, state in states.items() if state is not None}, failures


def _in_batches(
    title: str,
    task: Task[Any, Any],
    items: Sequence[_T],
    cost: Callable[[_T], tuple[float, str]],
    level: LevelOfTheory,
    request: ScreenRequest,
) -> list[findings.Failed]:
    """Run a task over batches in the worker processes, the costliest items first."""
    if not items:
        return []
    ordered = sorted(items, key=cost, reverse=True)
    size = min(-(-len(ordered) // (_BATCHES_PER_WORKER * request.workers)), _LARGEST_BATCH)
    batches = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    failures: list[findings.Failed] = []
    with Progress(title, len(ordered), sum(cost(item)[0] for item in ordered)) as progress:
        futures = {task.submit(batch, level, request.seed, request.store): batch for batch in batches}
        for future in as_completed(list(futures)):
            outcome = future.result(raise_on_failure=False)
            if isinstance(outcome, list):
                failures += outcome
            else:  # the worker process died: what it had not stored is missing, and is reported so
                get_run_logger().error("A batch ended early: %s", outcome)
            batch = futures[future]
            progress.advance(len(batch), sum(cost(item)[0] for item in batch))
    return failures
