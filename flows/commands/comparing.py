"""The command that holds two screens against each other: ``compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.commands.options import console

if TYPE_CHECKING:
    from flows.comparison.sections import Section


def compare(
    before: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished screen.")],
    after: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a later one.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html|FILE.md", help="Write it as a page, beside showing it.")
    ] = None,
) -> None:
    """Say what differs between two screens: candidates, ranks, values beyond their uncertainty, settings."""
    from flows.comparison.compare import compare as compared
    from flows.comparison.page import check_suffix, write_comparison
    from flows.comparison.sections import sections
    from flows.report.write import read_report

    if out is not None:
        check_suffix(out)
    screens = [(folder, read_report(folder)) for folder in (before, after)]
    found = sections(compared(screens[0][1], screens[1][1]), screens)
    for section in found:
        _show(section)
    if out is not None:
        write_comparison(found, out)
        console.print(f"Written: {out}")


def _show(section: Section) -> None:
    console.print(f"\n{section.title}", style="bold")
    if section.text:
        console.print(section.text)
    if section.rows:
        table = Table()
        for place, title in enumerate(section.header):
            table.add_column(title, justify="left" if place < section.n_words else "right", overflow="fold")
        for row in section.rows:
            table.add_row(*row)
        console.print(table)
