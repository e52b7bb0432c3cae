"""The commands that learn from measured values or compare with them: ``validate``, ``train`` and ``evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import CORES, SeedOption, StoreOption, WorkersOption, console
from pipeline.errors import InputError


def validate(
    data: Annotated[Path | None, typer.Option(help="Folder of measured values; default: ../shared/data.")] = None,
    sets: Annotated[
        str, typer.Option(help="Of gsh, freesolv, ionisation, bonds, partition, octanol; empty: all.")
    ] = "",
    fast: Annotated[bool, typer.Option("--fast", help="Only the smallest molecules, at the quick profile.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side, one core each.")] = CORES,
    store: StoreOption = "",
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("docs"),
    compute: Annotated[bool, typer.Option(help="Compute what the store lacks, or only write the page.")] = True,
) -> None:
    """Compare computed values with measured ones and write VALIDATION.md; the store keeps what is computed."""
    from flows.validation.command import DEFAULT_DATA, validate

    names = [name.strip() for name in sets.split(",") if name.strip()]
    page = validate(data or DEFAULT_DATA, names, fast, workers, store, out, console, compute)
    console.print(f"Written: {page}")


def train(
    assay: Annotated[
        Path | None, typer.Argument(help="Your own measurements, .csv or .sdf; none: train the ranker that ships.")
    ] = None,
    column: Annotated[str, typer.Option(help="Of the measured values in your file.")] = "",
    lower_is_better: Annotated[bool, typer.Option("--lower-is-better", help="Of that column.")] = False,
    date_column: Annotated[str, typer.Option(help="Of dates: the latest compounds are held out.")] = "",
    collect: Annotated[
        bool, typer.Option("--collect", help="Compute the evidence that the ranker that ships is trained on.")
    ] = False,
    explanations: Annotated[
        bool, typer.Option("--explanations", help="Teach the Llama that ships composing explanations.")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0, help="Of collecting; it goes on when called again.")] = 60,
    llama: Annotated[str, typer.Option(help="embedded, a local folder, or a name on a model hub.")] = "embedded",
    seed: SeedOption = 0,
    workers: WorkersOption = CORES,
    store: StoreOption = "",
    out: Annotated[Path, typer.Option(help="Folder of a ranker of your own.")] = Path("out/ranker"),
) -> None:
    """Train a ranker: on your own measurements, or the one that ships."""
    if collect:
        from flows.collect import collect as collected
        from models.evidence_file import TABLE

        have, wanted = collected(TABLE, minutes, workers, store, console)
        console.print(f"{have} of {wanted} molecules are in {TABLE}.")
        return
    from flows import training

    if explanations:
        console.print(f"Written: {training.train_composer(llama, seed, workers, console)}")
        return
    if assay is None:
        console.print(f"Written: {training.train_shipped(llama, seed, workers, console)}")
        return
    if not column:
        raise InputError("No column is named.", "Say which column holds the measured values: --column pIC50.")
    page = training.train_on_assay(assay, column, lower_is_better, date_column, llama, seed, workers, out, console)
    console.print(f"Written: {page}")


def evaluate(
    llama: Annotated[str, typer.Option(help="embedded, a local folder, or a name on a model hub.")] = "embedded",
    explanations: Annotated[int, typer.Option(min=1, help="How many explanations to try.")] = 1000,
    workers: WorkersOption = CORES,
    store: StoreOption = "",
    data: Annotated[Path | None, typer.Option(help="Folder of measured rates; default: ../shared/data.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("docs"),
) -> None:
    """Compare rankings by the Llama with their baselines on held-out molecules, and write LLAMA.md."""
    from flows import training
    from flows.validation.command import DEFAULT_DATA

    page = training.evaluate(llama, workers, explanations, store, data or DEFAULT_DATA, out, console)
    console.print(f"Written: {page}")
