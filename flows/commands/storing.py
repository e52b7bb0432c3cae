"""The commands of the result store: ``store info``, ``prune``, ``backup`` and ``restore``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.commands.options import StoreOption, console, errors
from pipeline.errors import InputError, TransientError

if TYPE_CHECKING:
    from pipeline.inventory import Holding

store = typer.Typer(no_args_is_help=True, help="Look after the result store.")


@store.command()
def info(store: StoreOption = "") -> None:
    """Say what the store holds: results, size and seconds of work by stage."""
    from flows.report.words import duration
    from pipeline.inventory import inventory, size_bytes
    from pipeline.store import Store

    opened = Store(store or None)
    holdings = inventory(opened)
    console.print(_table(holdings))
    console.print(
        f"{opened.name}: {_results(holdings)}, {_size(size_bytes(opened))} on disk, "
        f"{duration(sum(one.wall_s for one in holdings))} of work.",
    )


@store.command()
def prune(
    older_than: Annotated[
        float | None, typer.Option(min=0, max=36500, metavar="DAYS", help="Results made before that.")
    ] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Results of this stage; may be given again.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete them; without it, only say which.")] = False,
    store: StoreOption = "",
) -> None:
    """Delete old results, or those of a stage; a screen that needs one computes it again."""
    from flows.report.words import duration
    from pipeline.inventory import Selection, compact, inventory
    from pipeline.inventory import prune as delete
    from pipeline.store import Store

    if older_than is None and not stage:
        raise InputError("Nothing says what should go.", "Give --older-than DAYS, or --stage NAME, or both.")
    opened = Store(store or None)
    if unknown := sorted(set(stage or ()) - (known := {one.stage for one in inventory(opened)})):
        raise InputError(f"The store has no stage {unknown[0]!r}.", f"It has {', '.join(sorted(known)) or 'none'}.")
    before = None if older_than is None else datetime.now(UTC) - timedelta(days=older_than)
    selection = Selection(before, tuple(stage or ()))
    holdings = inventory(opened, selection)
    console.print(_table(holdings))
    if not yes:
        console.print(
            f"Nothing is deleted yet. With --yes, {_results(holdings)} would go, which took "
            f"{duration(sum(one.wall_s for one in holdings))} to compute.",
        )
        return
    console.print(f"Deleted: {delete(opened, selection):,} results.")
    try:
        compact(opened)
    except TransientError as error:  # what was asked for is done
        errors.print(f"Note: their room is free for new results, but not for others. {error}")


@store.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, in SQLite's format.")],
    store: StoreOption = "",
) -> None:
    """Write every result into one file, while others may go on using the store."""
    from pipeline.backup import backup as write
    from pipeline.store import Store

    console.print(f"Written: {write(Store(store or None), file):,} results into {file}")


@store.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="That `eigenlead store backup` wrote.")],
    store: StoreOption = "",
) -> None:
    """Add the results of a backup that the store lacks; nothing in the store is overwritten."""
    from pipeline.backup import restore as add
    from pipeline.store import Store

    opened = Store(store or None)
    added, results = add(opened, file)
    console.print(
        f"Added: {added:,} results to {opened.name}, which had the other {results - added:,} already.",
    )


def _table(holdings: Iterable[Holding]) -> Table:
    from flows.report.words import duration

    table = Table("stage", "results", "size", "work", "oldest", "newest")
    for one in holdings:
        days = (f"{moment:%Y-%m-%d}" for moment in (one.oldest, one.newest))
        table.add_row(one.stage, f"{one.results:,}", _size(one.payload_bytes), duration(one.wall_s), *days)
    return table


def _results(holdings: Iterable[Holding]) -> str:
    return f"{sum(one.results for one in holdings):,} results"


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
