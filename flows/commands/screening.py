"""The commands around a screen: ``screen``, ``estimate`` and ``report``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.commands.options import (
    CORES,
    PARTIAL,
    LibraryPath,
    NeutralOption,
    ObjectiveOption,
    ProfileOption,
    SeedOption,
    StoreOption,
    WorkersOption,
    console,
    errors,
)
from flows.request import CLUSTER, ObjectiveName, ProfileName, ScreenRequest
from pipeline.errors import InputError

_WHERE_AND_WITHIN = (
    *("workers", "cluster", "time_limit", "memory_limit"),
    *("quantum", "quantum_top", "shots", "pays", "max_price", "credentials"),
)
"""Fields of a request that a screen may be resumed with others of."""


def _cluster(text: str) -> str:
    if not re.match(CLUSTER, text):
        raise typer.BadParameter("give local, slurm, or the address of a Dask scheduler, such as tcp://host:8786")
    return text


def screen(
    library: LibraryPath,
    out: Annotated[Path, typer.Option(help="Folder for the report.")],
    objective: ObjectiveOption = ObjectiveName.covalent.value,
    profile: ProfileOption = ProfileName.quick,
    neutral: NeutralOption = False,
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many of the best get an explanation.")] = 20,
    seed: SeedOption = 0,
    workers: WorkersOption = CORES,
    llama: Annotated[
        str, typer.Option(help="embedded, a local folder, a name on a model hub, or an endpoint's address.")
    ] = "embedded",
    ranker: Annotated[
        str, typer.Option(help="A ranker.safetensors of `eigenlead train`, whose order then decides.")
    ] = "",
    cluster: Annotated[
        str,
        typer.Option(
            metavar="local|slurm|tcp://HOST:PORT",
            callback=_cluster,
            help="Compute on a Dask cluster of this machine, on SLURM, or on the Dask scheduler at this address; "
            "empty: in processes of this machine.",
        ),
    ] = "",
    time_limit: Annotated[
        float, typer.Option(metavar="MINUTES", min=0.01, max=10_080, help="Longest time for one species.")
    ] = 120.0,
    memory_limit: Annotated[
        float,
        typer.Option(
            metavar="GIGABYTES", min=0.0, help="Most memory for one species; 0: a worker's share of what is free."
        ),
    ] = 0.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a screen was cut off.")] = False,
    store: StoreOption = "",
    leaderboards: Annotated[
        str, typer.Option(metavar="DIR", help="Folder of leaderboards to enter the ranking into.")
    ] = "",
    quantum: Annotated[
        str,
        typer.Option(
            metavar="BACKEND", help="Measure the best candidates on this backend too; `run-circuit --list` has names."
        ),
    ] = "",
    quantum_top: Annotated[int, typer.Option(min=1, max=100, help="How many of the best are measured.")] = 3,
    shots: Annotated[
        int, typer.Option(min=100, max=100_000_000, help="For each measured energy, of all its circuits together.")
    ] = 100_000,
    yes: Annotated[bool, typer.Option("--yes", help="Submit what costs money.")] = False,
    max_price: Annotated[
        float, typer.Option(min=0.0, help="Submit nothing dearer, in the vendor's unit; 0: no limit.")
    ] = 0.0,
    credentials: Annotated[str, typer.Option(help="Prefect Secret block with the vendor's key.")] = "",
) -> None:
    """Rank the molecules of a file and explain the ranking."""
    request = ScreenRequest(
        library=str(library),
        out=str(out),
        **_objective(objective),
        profile=profile,
        neutral=neutral,
        top=top,
        seed=seed,
        workers=workers,
        cluster=cluster,
        time_limit=time_limit,
        memory_limit=memory_limit,
        llama=llama,
        ranker=ranker,
        store=store,
        leaderboards=leaderboards,
        quantum=quantum,
        quantum_top=quantum_top,
        shots=shots,
        pays=yes,
        max_price=max_price,
        credentials=credentials,
    )
    _show_estimate(request, errors)
    _claim_folder(out, request, resume)
    from flows.report.words import first_sentence
    from flows.report.write import read_report
    from flows.screen import run_screen
    from pipeline.ranks import places

    page = run_screen(request)
    report = read_report(page.parent)
    console.print(f"\nReport: {page.resolve()}")
    placed = places([candidate.rank for candidate in report.candidates])
    for candidate, place in zip(report.candidates[:3], placed, strict=False):
        sentence = first_sentence(candidate.explanation.text) if candidate.explanation else ""
        console.print(f"{place}. {candidate.name}: {sentence}")
    if report.quantum_step:
        console.print(report.quantum_step.sentence)
    if report.rejected or report.failed:
        errors.print(
            f"{len(report.rejected)} rows were rejected and {len(report.failed)} calculations failed; "
            f"the report and {out / 'rejected.csv'} say why and what to do.",
        )
        raise typer.Exit(PARTIAL)


def estimate(
    library: LibraryPath,
    objective: ObjectiveOption = ObjectiveName.covalent.value,
    profile: ProfileOption = ProfileName.quick,
    neutral: NeutralOption = False,
    seed: SeedOption = 0,
    workers: WorkersOption = CORES,
    store: StoreOption = "",
) -> None:
    """Say what a screen would cost in time and memory, and why, without running it."""
    request = ScreenRequest(
        library=str(library),
        **_objective(objective),
        profile=profile,
        neutral=neutral,
        seed=seed,
        workers=workers,
        store=store,
    )
    _show_estimate(request, console)


def report(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished screen.")]) -> None:
    """Rebuild the report of a screen from its report.json."""
    from flows.report.write import read_report, write_report

    console.print(f"Report: {write_report(read_report(folder), folder).resolve()}")


def _claim_folder(folder: Path, request: ScreenRequest, resume: bool) -> None:
    """Write what determines the result into the folder, unless that holds another request's screen."""
    path = folder / "request.json"
    ours = request.model_dump(mode="json", exclude=set(_WHERE_AND_WITHIN))
    if path.exists():
        theirs = json.loads(path.read_text())
        if theirs != ours:
            changed = ", ".join(sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)))
            raise InputError(
                f"{folder} holds the screen of another request (it differs in: {changed}).",
                "Choose another folder with --out, or remove this one.",
            )
    elif resume:
        raise InputError(f"There is no screen in {folder} to resume.", "Leave --resume out to start one.")
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(ours, indent=1) + "\n")
    temporary.replace(path)


def _objective(text: str) -> dict[str, Any]:
    """The fields of ScreenRequest that name an objective, from a name or the path of a file."""
    if Path(text).suffix.lower() in (".yaml", ".yml"):
        return {"objective_file": text}
    if text not in tuple(ObjectiveName):
        raise InputError(
            f"There is no objective {text!r}.", f"Use one of {', '.join(ObjectiveName)}, or the path of a .yaml file."
        )
    return {"objective": ObjectiveName(text)}


def _show_estimate(request: ScreenRequest, where: Console) -> None:
    from flows.findings import candidates, chosen_objective, plan
    from flows.report.words import rough_duration
    from pipeline.cost import EXPONENT
    from pipeline.cost import estimate as cost_of
    from pipeline.level import profile
    from pipeline.store import Store

    library = candidates(request)
    level = profile(request.profile)
    calculations = plan(library, chosen_objective(request), level, request.neutral).unique(level, request.seed)
    cost = cost_of(calculations.values(), level, request.seed, request.workers, Store(request.store or None))
    where.print(
        f"{len(library.candidates)} candidates, {len(library.rejections)} rejected rows. "
        f"{cost.n_species} species, {cost.n_stored} of them in the store already.\n"
        f"Chemistry: about {rough_duration(cost.wall_seconds)} with {request.workers} workers "
        f"({rough_duration(cost.core_seconds)} on one core); the Llama takes a few minutes more. "
        f"Memory: {cost.gigabytes_per_worker:.1f} GB a worker.\n"
        f"The largest species is {cost.largest}; time grows with about the power "
        f"{EXPONENT:.1f} of that, and this machine takes {cost.machine_factor:.1f} times as long as the reference.",
    )
