"""The screen: from a file of molecules to a ranked and explained report."""

# Annotations are objects here, not strings: Prefect validates a flow's parameters by them in another process.

import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import cast

from prefect import State, flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Failed

from flows import approval, artifacts, assemble, chemistry, findings, leaderboard, limits, quantum, tasks
from flows.folders import admitted
from flows.progress import Progress
from flows.report.document import ReportDocument, RunTime
from flows.report.write import write_report
from flows.request import ScreenRequest
from flows.server import prefect_api
from pipeline.errors import InputError
from pipeline.level import profile


def _run_name() -> str:
    request = flow_run.parameters["request"]
    request = request if isinstance(request, ScreenRequest) else ScreenRequest(**request)
    goal = Path(request.objective_file).stem or request.objective
    library = Path(request.library).name.split(".")[0] or "pasted"
    return f"screen-{library}-{goal}"


class NothingRankedError(InputError):
    """No candidate of a screen could be ranked; its report is there and says why."""


def run_screen(request: ScreenRequest) -> Path:
    """Run `screen` against the configured Prefect API or a temporary one.

    Returns:
        The path of report.html.

    Raises:
        NothingRankedError: no candidate could be ranked.
    """
    with prefect_api():
        return Path(cast("str", screen(request)))


@flow(name="screen", flow_run_name=_run_name)
def screen(request: ScreenRequest) -> str | State[str]:
    """Rank molecules by an objective, and explain the ranking.

    Every finished geometry, ground state, judgement and explanation is in the store before the next one starts, so
    a screen that was cut off goes on where it stopped when it is run again. A run of a deployment that would take more
    than the limits is suspended until a person approves it.

    Returns:
        The path of report.html; where no candidate could be ranked, a failed state that says why, after the report.
    """
    log = get_run_logger()
    started, clock = datetime.now().astimezone(), time.perf_counter()
    request = admitted(request)
    quantum.check(request)
    level, goal = profile(request.profile), findings.chosen_objective(request)
    library = tasks.read(request)
    log.info("%d candidates, %d rejected rows", len(library.candidates), len(library.rejections))

    # the Llama first, so that a missing model costs no chemistry
    llama = tasks.llama_identity(request.llama, request.workers)
    ranker, default = tasks.choose_ranking(request, goal.question)

    plan = findings.plan(library, goal, level, request.neutral)
    calculations = plan.unique(level, request.seed)
    if approval.was_started_by_a_form_or_schedule():
        amounts = limits.amounts(request, level, len(library.candidates), calculations)
        if approval.exceeds(amounts):
            subject = f"A screen of {Path(request.library).name or 'pasted molecules'} by {goal.name}"
            approval.wait_for_approval(subject, amounts, request.key)
    states, failures = chemistry.compute(calculations, level, request)
    found = findings.find(library, plan, states, failures, level, request.seed)
    scores = findings.scored(library, plan, found, goal, request.seed)
    table = findings.evidence_table(library, found, goal, scores)
    computed = time.perf_counter() - clock

    ranking, explanations = None, {}
    if table.candidates:
        with Progress("The Llama compares", 1) as progress:
            ranking = tasks.rank(
                table, request.llama, ranker, request.profile, request.seed, request.store, progress.of
            )
        if default.by == "llama":
            table = findings.in_order(table, ranking)
        best = [candidate.id for candidate in table.candidates[: request.top]]
        with Progress("The Llama explains", len(best)) as progress:
            explanations = tasks.explain_best(table, best, request.llama, request.seed, request.store, progress.set)
    total = time.perf_counter() - clock
    seconds = RunTime(chemistry=computed, llama=total - computed, total=total)
    made_by = assemble.provenance(request, level, llama, started, seconds)
    report = assemble.document(
        request, library, goal, level, found, table, scores, ranking, default, explanations, made_by
    )
    page = write_report(report, Path(request.out))
    artifacts.publish(report, page)
    if request.quantum and table.candidates:
        screened = quantum.Screened(library, plan, found, goal, table, level)
        report = report.model_copy(update={"quantum_step": quantum.measure(request, screened)})
        page = write_report(report, Path(request.out))
        artifacts.publish(report, page)
    if request.leaderboards:
        name = leaderboard.leaderboard_name(goal, request.profile, level, request.seed)
        folder = Path(request.leaderboards) / name
        change = leaderboard.enter(folder, report, page, library.candidates)
        artifacts.publish_leaderboard(folder, change)
    log.info("Report: %s", page.resolve())
    if report.candidates:
        return str(page)
    nothing = nothing_ranked(report, page)
    log.info("%s", nothing)
    return Failed(message=str(nothing), data=nothing)


def nothing_ranked(report: ReportDocument, page: Path) -> NothingRankedError:
    """Why a report ranks no candidate: the reason that it gives most often, whichever molecule that names."""
    reasons = [(one.reason, one.remedy, one.reason.replace(one.name, "")) for one in report.failed]
    reasons = reasons or [(one.reason, one.remedy, one.reason) for one in report.rejected]
    kinds = Counter(kind for *_, kind in reasons)
    reason, remedy, kind = max(reasons, key=lambda one: kinds[one[-1]])
    return NothingRankedError(
        f"No candidate could be ranked: rejected rows {len(report.rejected)}, failed calculations "
        f"{len(report.failed)}. The reason in {kinds[kind]} of {len(reasons)}: {reason}",
        f"{remedy} All reasons are in {page.resolve()}.",
    )
