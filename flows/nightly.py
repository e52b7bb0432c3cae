"""The nightly screen: what has arrived in a folder or a table since the last one, entered into a leaderboard."""

# Annotations are objects here, not strings: Prefect validates a flow's parameters by them in another process.

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from prefect import State, flow, get_run_logger
from prefect.blocks.system import Secret
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field

from flows import approval, artifacts, findings, limits
from flows.folders import REPORT_FOLDER, admitted, confined
from flows.leaderboard import Change, Leaderboard, leaderboard_name, read_leaderboard, set_aside
from flows.request import (
    CORES,
    Cluster,
    LlamaSpec,
    MemoryLimit,
    Objective,
    ObjectiveFile,
    ObjectiveName,
    Profile,
    ProfileName,
    RankerFile,
    ScreenRequest,
    Seed,
    StoreUrl,
    TimeLimit,
    Top,
    Workers,
    in_order,
)
from flows.screen import NothingRankedError, run_screen
from flows.sources import Arrived, in_folder, in_table, write_library
from molecules.candidate import Candidate, Library
from pipeline.errors import InputError
from pipeline.level import profile
from pipeline.objective import objective, read_objective
from pipeline.store import content_hash

_COLUMN = r"^[A-Za-z_][A-Za-z0-9_$ ]*$"


class NightlyRequest(BaseModel):
    """Watch a folder or a table of a database, screen what is new, and keep a leaderboard."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=True, json_schema_extra=in_order)

    folder: Annotated[
        str,
        Field(title="Watched folder", description="With .smi, .csv and .sdf files, also .gz; empty: a table."),
    ] = ""
    database: Annotated[
        str,
        Field(
            title="Database",
            pattern=r"^[A-Za-z0-9_-]*$",
            description="Name of the Secret block, or of the worker's environment variable, that holds the database's "
            "SQLAlchemy URL; empty: the folder is watched.",
        ),
    ] = ""
    table: Annotated[
        str,
        Field(title="Table", pattern=r"^([A-Za-z0-9_$]+\.)?[A-Za-z0-9_$]+$", description="Or view; schema.table."),
    ] = "compounds"
    smiles_column: Annotated[str, Field(title="SMILES column", pattern=_COLUMN, description="Of the table.")] = "smiles"
    name_column: Annotated[
        str, Field(title="Name column", pattern=f"^$|{_COLUMN}", description="Of the table; empty: no names.")
    ] = "name"
    leaderboards: Annotated[
        str,
        Field(
            title="Leaderboards",
            description="Folder of the leaderboards and of their reports; empty under a server: among the reports.",
        ),
    ] = ""
    again: Annotated[
        bool,
        Field(title="Try again", description="Also what failed, was declined or waits for approval; once, as a rule."),
    ] = False
    objective: Objective = ObjectiveName.covalent
    objective_file: ObjectiveFile = ""
    profile: Profile = ProfileName.quick
    top: Top = 20
    seed: Seed = 0
    workers: Workers = CORES
    cluster: Cluster = ""
    time_limit: TimeLimit = 120.0
    memory_limit: MemoryLimit = 0.0
    llama: LlamaSpec = "embedded"
    ranker: RankerFile = ""
    store: StoreUrl = ""


def _run_name() -> str:
    return f"nightly-{flow_run.scheduled_start_time.astimezone():%Y-%m-%d}"


@flow(name="screen", flow_run_name=_run_name)
def nightly(request: NightlyRequest) -> State[str]:
    """Screen the molecules that have arrived since the last run, and enter them into the leaderboard.

    A molecule is new if it is on no line of the leaderboard, by the identity of its standardised form. Where the new
    ones would take more than the limits, a run of a deployment asks for approval and ends.

    Returns:
        A completed state that says what came of it; its result is the path of the leaderboard's folder. A failed one
        where none of the new molecules could be ranked; the leaderboard says why of each.

    Raises:
        InputError: the request is wrong.
    """
    log = get_run_logger()
    level = profile(request.profile)
    goal = read_objective(confined(request.objective_file)) if request.objective_file else objective(request.objective)
    name = leaderboard_name(goal, request.profile, level, request.seed)
    folder = _boards(request) / name
    board = read_leaderboard(folder)
    arrived = _arrived(request)
    known = _known(board, request.again)
    new = [(source, candidate) for source, candidate in arrived.candidates if candidate.identity not in known]
    for source, rejection in arrived.rejections:
        log.warning("%s, row %d: %s %s", source, rejection.row, rejection.reason, rejection.remedy)
    log.info("%d molecules in %s, %d of them new", len(arrived.candidates), _source(request), len(new))
    unread = f"; rows that cannot be read: {len(arrived.rejections)}, see the log" if arrived.rejections else ""
    if not new:
        artifacts.publish_leaderboard(folder, Change(board, board))
        return Completed(message=f"Nothing new{unread}", data=str(folder))

    asked = _screen_request(request, folder, new)
    if approval.was_started_by_a_form_or_schedule():
        plan = findings.plan(Library(tuple(one for _, one in new), ()), goal, level, neutral=False)
        amounts = limits.amounts(asked, level, len(new), plan.unique(level, request.seed))
        if approval.exceeds(amounts):
            subject = f"Screening what is new in {_source(request)}, for the leaderboard {name}"
            approval.ask("screen", asked.key, subject, amounts, asked.model_dump(mode="json"))
            _set_aside(folder, new, asked.key)
            return Completed(name="WaitsForApproval", message=f"{subject}: request {asked.key}", data=str(folder))
    try:
        run_screen(asked)
    except NothingRankedError as nothing:
        return Failed(message=f"New molecules: {len(new)}{unread}. {nothing}", data=nothing)
    return Completed(message=f"New molecules: {len(new)}{unread}", data=str(folder))


def _choices(request: NightlyRequest) -> dict[str, Any]:
    """The fields that a screen has too."""
    return {name: getattr(request, name) for name in NightlyRequest.model_fields.keys() & ScreenRequest.model_fields}


def _screen_request(request: NightlyRequest, folder: Path, new: Sequence[tuple[str, Candidate]]) -> ScreenRequest:
    """The screen of the new molecules, in a folder named after them: a run that was cut off finds its own."""
    out = folder / "screens" / content_hash(sorted(one.identity for _, one in new))[:12]
    write_library(out / "library.csv", new)
    boards = {"leaderboards": str(folder.parent)}
    return admitted(ScreenRequest(library=str(out / "library.csv"), out=str(out), **(_choices(request) | boards)))


def _boards(request: NightlyRequest) -> Path:
    if request.leaderboards:
        return confined(request.leaderboards).resolve()
    if reports := os.environ.get(REPORT_FOLDER):
        return Path(reports) / "leaderboards"
    raise InputError("Nothing says where the leaderboard goes.", "Name a folder of leaderboards.")


def _arrived(request: NightlyRequest) -> Arrived:
    if bool(request.folder) == bool(request.database):
        raise InputError(
            "A nightly screen watches one source, a folder or a table.", "Fill in Watched folder or Database."
        )
    if request.folder:
        return in_folder(confined(request.folder))
    return in_table(_url(request.database), request.table, request.smiles_column, request.name_column)


def _source(request: NightlyRequest) -> str:
    return request.folder or f"{request.database}, table {request.table}"


def _url(name: str) -> str:
    """The database's URL, from a Secret block or the environment: a run's parameters are there for all to read."""
    if url := os.environ.get(name):
        return url
    try:
        secret: Any = Secret.load(name)
        return str(secret.get())
    except ValueError:
        raise InputError(
            f"There is no Secret block and no environment variable {name!r}.",
            "Make the block in Prefect's UI, or set the variable where the worker runs.",
        ) from None


def _known(board: Leaderboard, again: bool) -> set[str]:
    """Identities of the molecules that are not new."""
    ranked = {entry.identity for entry in board.entries}
    return ranked if again else ranked | {one.identity for one in board.unranked}


def _set_aside(folder: Path, new: Sequence[tuple[str, Candidate]], key: str) -> None:
    set_aside(
        folder,
        [candidate for _, candidate in new],
        date.today(),
        f"It waits for the approval of request {key}, or was declined.",
        "Run the deployment approve/nightly with that hash, or the next screen with “Try again”.",
    )
