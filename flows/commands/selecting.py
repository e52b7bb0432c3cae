"""The command that chooses what to make next: ``select``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from flows.commands.options import JsonOption, SeedOption, StoreOption, console, errors


def select(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished screen.")],
    k: Annotated[int, typer.Option("--k", min=1, help="How many to choose.")],
    value: Annotated[float, typer.Option(min=0, help="Weight of the score.")] = 1.0,
    diversity: Annotated[float, typer.Option(min=0, help="What two compounds with one fingerprint lose.")] = 1.0,
    cost: Annotated[float, typer.Option(min=0, help="Weight of the synthetic accessibility.")] = 0.25,
    risk: Annotated[float, typer.Option(min=0, help="Weight of 1 less the chance of being among the k best.")] = 0.25,
    alike: Annotated[float, typer.Option(min=0, max=0.99, help="Tanimoto similarity from which a pair loses.")] = 0.4,
    solver: Annotated[
        list[str] | None,
        typer.Option(
            help="mip, annealing, tabu, mock-annealer, qaoa, exhaustive; or D-Wave's cloud: annealer, hybrid. "
            "May be given several times; by default mip, annealing, mock-annealer and qaoa."
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Time limit of mip.")] = 60.0,
    seed: SeedOption = 0,
    yes: Annotated[
        bool, typer.Option("--yes", help="Submit to D-Wave's cloud what costs time of your account.")
    ] = False,
    store: StoreOption = "",
    as_json: JsonOption = False,
) -> None:
    """Choose the k compounds to make next, by value, diversity, cost and risk."""
    from flows.report.write import read_report
    from flows.selection.document import Weights, write_selection
    from flows.selection.select import select as selected
    from pipeline.selection.dwave_cloud import Cloud
    from pipeline.selection.solvers import DEFAULTS

    weights = Weights(value=value, diversity=diversity, cost=cost, risk=risk, alike=alike)
    document = selected(read_report(folder), k, weights, solver or DEFAULTS, seed, seconds, Cloud(yes, store))
    page = write_selection(document, folder)
    if as_json:
        sys.stdout.write(document.model_dump_json(indent=1) + "\n")
        return
    table = Table("solver", "objective", "bound", "seconds", title=f"{k} of {document.n}", title_justify="left")
    for one in document.solvers:
        bound = "" if one.bound is None else f"{one.bound:.4f}"
        table.add_row(one.title, f"{one.objective:.4f}", bound, f"{one.seconds:.1f}")
    console.print(table)
    for skipped in document.skipped:
        errors.print(f"{skipped.title} was not run: {skipped.reason}")
    console.print(document.sentence)
    for compound in document.chosen:
        console.print(f"{compound.place}. {compound.name}")
    console.print(f"Page: {page.resolve()}")
