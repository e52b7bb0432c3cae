"""The commands for an installation: ``serve`` and ``doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import FAILED, console


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine's need a password.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65534, help="Port to listen on; reports are on the next one.")] = 4200,
    folder: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Folder of libraries that the form may name; may be given again."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the reports.")] = Path("out"),
    llama: Annotated[
        list[str] | None, typer.Option(metavar="SPEC", help="Llama that the form may name; may be given again.")
    ] = None,
    notify: Annotated[
        str,
        typer.Option(metavar="TYPE/NAME", help="Notification block of the server, to tell failures and new leaders."),
    ] = "",
) -> None:
    """Serve screens: Prefect's server with its forms, a worker, and the finished reports."""
    from flows.serving.service import EXAMPLES, Service
    from flows.serving.service import serve as run

    service = Service(host, port, (EXAMPLES, *(folder or ())), out, tuple(llama or ()), notify)
    try:
        run(service, console)
    except KeyboardInterrupt:
        console.print("Stopped.")


def doctor() -> None:
    """Check this installation and say how to mend it."""
    from flows.doctor import examine

    sound = True
    for finding in examine():
        sound = sound and finding.sound
        console.print(f"{'ok  ' if finding.sound else 'FAIL'} {finding.what}: {finding.detail}")
        if not finding.sound:
            console.print(f"     {finding.remedy}")
    if not sound:
        raise typer.Exit(FAILED)
