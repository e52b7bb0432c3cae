"""The commands for an installation: ``serve`` and ``doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import FAILED, console


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
