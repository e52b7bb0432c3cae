"""Folders: which files a served flow may read and write."""

from __future__ import annotations

import os
import re
from pathlib import Path

from prefect.runtime import flow_run

from flows.request import ScreenRequest
from pipeline.errors import InputError

FOLDERS = "EIGENLEAD_FOLDERS"
"""Variable: folders that file parameters may lie in, separated as in PATH; unset: any, as on the command line."""
LLAMAS = "EIGENLEAD_LLAMAS"
"""Variable: Llamas that a served flow may use beside the embedded one, separated by blanks."""
CLUSTERS = "EIGENLEAD_CLUSTERS"
"""Variable: clusters that a served flow may use beside this machine, separated by blanks: addresses, or slurm."""
REPORT_FOLDER = "EIGENLEAD_REPORT_FOLDER"
"""Variable: folder of the reports that are served."""
REPORTS = "EIGENLEAD_REPORTS"
"""Variable: address that they are served at."""


def allowed() -> tuple[Path, ...]:
    """The configured folders, resolved; empty: no limit."""
    return tuple(Path(folder).resolve() for folder in os.environ.get(FOLDERS, "").split(os.pathsep) if folder)


def confined(path: str | Path) -> Path:
    """A file parameter, resolved with its symbolic links; unchanged where no folders are configured.

    A relative path is looked for in each of the folders, and else in the working directory: there a library may go by
    its name alone.

    Raises:
        InputError: the path lies in none of the configured folders.
    """
    folders = allowed()
    if not folders:
        return Path(path)
    try:
        places = [(place / path).resolve() for place in (*folders, Path.cwd())]
        inside = [place for place in places if any(place.is_relative_to(folder) for folder in folders)]
        found = next((place for place in inside if place.exists()), places[-1])
    except (OSError, ValueError, RuntimeError):  # too long, or with a null byte; a loop of links
        inside = []
    if not inside or found not in inside:
        raise InputError(
            f"{str(path)!r} lies in none of the folders that this server reads: {', '.join(map(str, folders))}.",
            "Put the file there, or have the folder named by `eigenlead serve --folder`.",
        )
    return found


def admitted(request: ScreenRequest) -> ScreenRequest:
    """The request with every path confined, and with a folder for its report.

    Raises:
        InputError: the request reaches for a file, Llama, cluster or store that is not for it, or there is nowhere to
            write.
    """
    out = request.out or str(report_folder())
    if not allowed():
        return request.model_copy(update={"out": out})
    if request.store:
        raise InputError("A served screen uses the server's own result store.", "Leave the field Store empty.")
    if request.cluster not in ("", "local", *os.environ.get(CLUSTERS, "").split()):
        raise InputError(
            f"This server does not offer the cluster {request.cluster!r}.",
            f"Leave the field Cluster empty, or have the cluster named in {CLUSTERS} where the worker runs.",
        )
    names = ("library", "objective_file", "ranker", "leaderboards")
    files = {name: value for name in names if (value := getattr(request, name))}
    checked = {name: str(confined(path)) for name, path in (files | {"out": out}).items()}
    return request.model_copy(update=checked | {"llama": admitted_llama(request.llama)})


def report_folder() -> Path:
    """Where the current run writes, if it was not told: a folder of its name among the reports that are served.

    Raises:
        InputError: no reports are served.
    """
    if not (reports := os.environ.get(REPORT_FOLDER)):
        raise InputError("Nothing says where the report goes.", "Name a folder.")
    name = f"{flow_run.name}-{str(flow_run.id)[:8]}"
    return Path(reports) / re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")


def admitted_llama(spec: str) -> str:
    """The Llama's name, where a served flow may use it.

    Raises:
        InputError: it may not.
    """
    if not allowed():
        return spec
    place, mark, quantisation = spec.partition("#")
    if place == "embedded" or spec in os.environ.get(LLAMAS, "").split():
        return spec  # an endpoint is sent the server's key, and a name on a hub is fetched
    try:
        return f"{confined(place)}{mark}{quantisation}"
    except InputError as error:
        raise InputError(
            f"This server does not offer the Llama {spec!r}.",
            "Use embedded, or have another one named by `eigenlead serve --llama`.",
        ) from error
