"""The command line: ``eigenlead screen | estimate | energy | sqd | descriptor | report | serve | doctor``."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from flows.request import ObjectiveName, ProfileName, ScreenRequest
from models.errors import LlamaError
from molecules.conformers import EmbeddingError, XyzError
from molecules.read import LibraryError
from molecules.smiles import StructureError
from pipeline.errors import ComputationError, InputError, ResourceError

FAILED, WRONG_REQUEST, PARTIAL = 1, 2, 3
CORES = os.cpu_count() or 1

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
console = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)

LibraryPath = Annotated[Path, typer.Argument(help="A .smi, .csv or .sdf file, also .gz.")]
ProfileOption = Annotated[ProfileName, typer.Option(help="How accurate, and how long it takes.")]
ObjectiveOption = Annotated[
    str,
    typer.Option(metavar="NAME|FILE.yaml", help=f"What to rank by: {', '.join(ObjectiveName)}, or a file of yours."),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of every random choice.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes side by side; one core each.")]
StoreOption = Annotated[str, typer.Option(help="SQLAlchemy URL of the result store; empty: the user's own.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Structure = Annotated[str, typer.Argument(metavar="INPUT", help="A SMILES, or an .xyz file used as it is.")]
ChargeOption = Annotated[int | None, typer.Option(help="Total charge; as the input says, else 0.")]
MultiplicityOption = Annotated[int | None, typer.Option(min=1, help="Spin multiplicity; the lowest by default.")]
BasisOption = Annotated[str, typer.Option(help="Gaussian basis set.")]
ActiveSpaceOption = Annotated[str, typer.Option(metavar="E,O", help="Active electrons and orbitals.")]
OrbitalsOption = Annotated[
    str,
    typer.Option(
        help="frontier; fno (MP2 natural virtuals); avas:1,2 (valence p of atoms) or pi:1,2 (their π); "
        "valence (all valence orbitals, optimised for the state)."
    ),
]


@app.command()
def screen(
    library: LibraryPath,
    out: Annotated[Path, typer.Option(help="Folder for the report.")],
    objective: ObjectiveOption = ObjectiveName.covalent.value,
    profile: ProfileOption = ProfileName.quick,
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many of the best get an explanation.")] = 20,
    seed: SeedOption = 0,
    workers: WorkersOption = CORES,
    llama: Annotated[
        str, typer.Option(help="embedded, a local folder, a name on a model hub, or an endpoint's address.")
    ] = "embedded",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a screen was cut off.")] = False,
    store: StoreOption = "",
) -> None:
    """Rank the molecules of a file and explain the ranking."""
    request = ScreenRequest(
        library=str(library),
        out=str(out),
        **_objective(objective),
        profile=profile,
        top=top,
        seed=seed,
        workers=workers,
        llama=llama,
        store=store,
    )
    _show_estimate(request, errors)
    _claim_folder(out, request, resume)
    from flows.report.words import first_sentence
    from flows.report.write import read_report
    from flows.screen import run_screen

    page = run_screen(request)
    report = read_report(page.parent)
    console.print(f"\nReport: {page.resolve()}", highlight=False)
    for candidate in report.candidates[:3]:
        sentence = first_sentence(candidate.explanation.text) if candidate.explanation else ""
        console.print(f"{candidate.rank}. {candidate.name}: {sentence}", highlight=False, markup=False)
    if report.rejected or report.failed:
        errors.print(
            f"{len(report.rejected)} rows were rejected and {len(report.failed)} calculations failed; "
            f"the report and {out / 'rejected.csv'} say why and what to do.",
            markup=False,
        )
        raise typer.Exit(PARTIAL)


@app.command()
def estimate(
    library: LibraryPath,
    objective: ObjectiveOption = ObjectiveName.covalent.value,
    profile: ProfileOption = ProfileName.quick,
    seed: SeedOption = 0,
    workers: WorkersOption = CORES,
    store: StoreOption = "",
) -> None:
    """Say what a screen would cost in time and memory, and why, without running it."""
    request = ScreenRequest(
        library=str(library),
        out="",
        **_objective(objective),
        profile=profile,
        seed=seed,
        workers=workers,
        store=store,
    )
    _show_estimate(request, console)


@app.command()
def energy(
    structure: Structure,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    basis: BasisOption = "def2-svp",
    active_space: ActiveSpaceOption = "",
    orbitals: OrbitalsOption = "frontier",
    ansatz: Annotated[
        str, typer.Option(help="uccsd, uccgsd, 1- to 3-upccgsd, adapt, adapt-qubit, lucj or hardware-efficient.")
    ] = "uccsd",
    functional: Annotated[str, typer.Option(help="hf, or the functional of a Kohn–Sham reference.")] = "hf",
    density_fit: Annotated[bool, typer.Option("--density-fit", help="Fit densities: faster, 1e-5 Ha off.")] = False,
    solvent: Annotated[str, typer.Option(help="water, octanol, or empty for the gas phase.")] = "",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Compute one ground state by VQE, with its null models."""
    from flows.single import EnergyRequest, single_energy

    state = single_energy(
        EnergyRequest(
            structure=structure,
            charge=charge,
            multiplicity=multiplicity,
            basis=basis,
            active_space=active_space,
            orbitals=orbitals,
            ansatz=ansatz,
            functional=functional,
            density_fit=density_fit,
            solvent=solvent,
            seed=seed,
        )
    )
    if as_json:
        _print_json(state.as_json())
        return
    table = Table("rung", "energy, hartree", title=state.title, title_justify="left")
    for rung, value in state.ground_state.energy_hartree.as_dict().items():
        table.add_row(rung, "not computed" if value is None else f"{value:.8f}")
    console.print(table)
    console.print(state.summary, highlight=False, markup=False)
    for flag in state.ground_state.flags:
        errors.print(f"Note: {flag}", markup=False)


@app.command()
def sqd(
    structure: Structure,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    basis: BasisOption = "def2-svp",
    active_space: ActiveSpaceOption = "",
    orbitals: OrbitalsOption = "frontier",
    samples: Annotated[int, typer.Option(min=1, help="Bitstrings drawn from the LUCJ state.")] = 10_000,
    layers: Annotated[int, typer.Option(min=1, help="Of the LUCJ ansatz.")] = 2,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Compute one ground state from samples (SQD), with its null models."""
    from flows.sampling import single_sqd
    from flows.single import EnergyRequest

    result = single_sqd(
        EnergyRequest(
            structure=structure,
            charge=charge,
            multiplicity=multiplicity,
            basis=basis,
            active_space=active_space,
            orbitals=orbitals,
            ansatz="uccsd",
            functional="hf",
            density_fit=False,
            solvent="",
            seed=seed,
        ),
        samples,
        layers,
    )
    if as_json:
        _print_json(result.as_json())
        return
    above = "exact" if result.comparison.exact_hartree is not None else "the lowest"
    columns = ("method", "energy, hartree", f"above {above}, mHa", "determinants", "of the sector")
    table = Table(*columns, title=result.title, title_justify="left")
    for name, value, determinants, share in result.rows():
        error = 1000 * (value - result.comparison.best_hartree)
        table.add_row(name, f"{value:.8f}", f"{error:.3f}", f"{determinants:,}", f"{share:.2%}")
    console.print(table)
    console.print(result.summary, highlight=False, markup=False)
    for flag in result.flags:
        errors.print(f"Note: {flag}", markup=False)


@app.command()
def descriptor(
    name: Annotated[str, typer.Argument(help="Of one in docs/descriptors.md, such as ionisation.")],
    structure: Annotated[
        str, typer.Argument(metavar="INPUT", help="A SMILES; or an .sdf or .xyz file, for its shape.")
    ],
    profile: ProfileOption = ProfileName.quick,
    seed: SeedOption = 0,
    store: StoreOption = "",
    as_json: JsonOption = False,
) -> None:
    """Compute one descriptor: its equation, its species, its value on every rung."""
    from flows.single import descriptor_json, single_descriptor

    values = single_descriptor(name, structure, profile, seed, store)
    if as_json:
        _print_json([descriptor_json(value) for value in values])
        return
    for value in values:
        table = Table("rung", value.unit, title=f"{value.title}: {value.equation}", title_justify="left")
        for rung, number in value.rungs.as_dict().items():
            table.add_row(rung, "not computed" if number is None else f"{number:.3f}")
        console.print(table)
        species = ", ".join(calculation.species.label for calculation in value.calculations)
        console.print(f"Species: {species}", highlight=False, markup=False)
        parts = ", ".join(f"{part} {width:.3f}" for part, width in value.uncertainty_from.items())
        console.print(f"Uncertainty: ±{value.uncertainty:.3f} {value.unit}, from {parts}", highlight=False)
        for flag in value.flags:
            errors.print(f"Note: {flag}", markup=False)


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished screen.")]) -> None:
    """Rebuild the report of a screen from its report.json."""
    from flows.report.write import read_report, write_report

    console.print(f"Report: {write_report(read_report(folder), folder).resolve()}", highlight=False)


@app.command()
def validate(
    data: Annotated[Path | None, typer.Option(help="Folder of measured values; default: ../shared/data.")] = None,
    sets: Annotated[str, typer.Option(help="Of gsh, freesolv, ionisation, bonds; empty: all.")] = "",
    fast: Annotated[bool, typer.Option("--fast", help="Only the smallest molecules, at the quick profile.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side, one core each.")] = os.cpu_count() or 1,
    store: StoreOption = "",
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("docs"),
    compute: Annotated[bool, typer.Option(help="Compute what the store lacks, or only write the page.")] = True,
) -> None:
    """Compare computed values with measured ones and write VALIDATION.md; the store keeps what is computed."""
    from flows.validation.command import DEFAULT_DATA, validate

    names = [name.strip() for name in sets.split(",") if name.strip()]
    page = validate(data or DEFAULT_DATA, names, fast, workers, store, out, console, compute)
    console.print(f"Written: {page}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 4200,
) -> None:
    """Serve screens: Prefect's server and UI, and a worker for the deployment screen/on-demand."""
    from prefect.types.entrypoint import EntrypointType

    from flows.screen import screen as screen_flow
    from flows.server import prefect_server

    with prefect_server(host, port) as address:
        console.print(f"Open {address}/deployments and choose screen/on-demand. Stop with Ctrl-C.", highlight=False)
        screen_flow.serve("on-demand", print_starting_message=False, entrypoint_type=EntrypointType.MODULE_PATH)


@app.command()
def doctor() -> None:
    """Check this installation and say how to mend it."""
    from flows.doctor import examine

    sound = True
    for finding in examine():
        sound = sound and finding.sound
        console.print(
            f"{'ok  ' if finding.sound else 'FAIL'} {finding.what}: {finding.detail}", highlight=False, markup=False
        )
        if not finding.sound:
            console.print(f"     {finding.remedy}", highlight=False, markup=False)
    if not sound:
        raise typer.Exit(FAILED)


def main() -> None:
    """Run the command line; failures become one readable line and an exit code."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    logging.captureWarnings(True)
    try:
        app()
    except (LibraryError, StructureError, XyzError, EmbeddingError, LlamaError, InputError, ResourceError) as error:
        errors.print(str(error), style="red", highlight=False, markup=False)
        sys.exit(WRONG_REQUEST)
    except ComputationError as error:
        errors.print(str(error), style="red", highlight=False, markup=False)
        sys.exit(FAILED)


def _claim_folder(folder: Path, request: ScreenRequest, resume: bool) -> None:
    """Write the request into the folder, unless that holds another request's screen."""
    path = folder / "request.json"
    ours = request.model_dump(mode="json", exclude={"workers"})
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
    from flows.findings import chosen_objective, plan
    from molecules.read import read_library
    from pipeline.cost import EXPONENT
    from pipeline.cost import estimate as cost_of
    from pipeline.level import profile
    from pipeline.store import Store

    library = read_library(Path(request.library))
    level = profile(request.profile)
    calculations = plan(library, chosen_objective(request), level).unique(level, request.seed)
    cost = cost_of(calculations.values(), level, request.seed, request.workers, Store(request.store or None))
    where.print(
        f"{len(library.candidates)} candidates, {len(library.rejections)} rejected rows. "
        f"{cost.n_species} species, {cost.n_stored} of them in the store already.\n"
        f"Chemistry: about {_duration(cost.wall_seconds)} with {request.workers} workers "
        f"({_duration(cost.core_seconds)} on one core); the Llama takes a few minutes more. "
        f"Memory: {cost.gigabytes_per_worker:.1f} GB a worker.\n"
        f"The largest species is {cost.largest}; time grows with about the power "
        f"{EXPONENT:.1f} of that, and this machine takes {cost.machine_factor:.1f} times as long as the reference.",
        highlight=False,
        markup=False,
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")
