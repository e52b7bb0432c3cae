"""Reports over HTTP: the five files of finished screens, to read and nothing else."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

_MEDIA_TYPES = {
    "report.html": "text/html; charset=utf-8",
    "report.json": "application/json",
    "ranking.csv": "text/csv; charset=utf-8",
    "rejected.csv": "text/csv; charset=utf-8",
    "candidates.sdf": "chemical/x-mdl-sdfile",
}
"""By the name of a file that is served."""
_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "sandbox allow-scripts; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The page has a stricter policy about scripts; a sandbox keeps it away from what else the host serves."""


def reports_app(folder: Path, password: str | None) -> Starlette:
    """An application that serves the report files in a folder and in the folders below it.

    Args:
        folder: of the reports.
        password: ``user:password`` that a browser has to give; None: none.
    """
    root = folder.resolve()

    def file(request: Request) -> Response:
        if password is not None and not _knows(request, password):
            challenge = {"WWW-Authenticate": 'Basic realm="Eigenlead reports", charset="UTF-8"'}
            return PlainTextResponse("The password is that of the Prefect UI.\n", 401, headers=_HEADERS | challenge)
        path = _served(root, request.path_params["path"])
        if path is None:
            return PlainTextResponse("There is no such report.\n", 404, headers=_HEADERS)
        return FileResponse(path, media_type=_MEDIA_TYPES[path.name], headers=_HEADERS)

    return Starlette(routes=[Route("/{path:path}", file, methods=["GET"])])


def _served(root: Path, name: str) -> Path | None:
    """The file that an address names, if it is a report's and, its links resolved, inside the folder."""
    try:
        path = (root / name).resolve()
        served = path.is_relative_to(root) and path.name in _MEDIA_TYPES and path.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, with a null byte, or a loop of links
        return None
    return path if served else None


def _knows(request: Request, password: str) -> bool:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True)
    except ValueError:
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(given, password.encode())
