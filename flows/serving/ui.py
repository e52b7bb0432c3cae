"""UI: Prefect's server, whose pages are told to talk to nobody else."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from prefect.server.api import server
from starlette.middleware.base import RequestResponseEndpoint

_POLICY = (
    "connect-src 'self'; img-src 'self' data: blob:; form-action 'self'; "
    "base-uri 'self'; object-src 'none'; frame-ancestors 'none'"
)
"""Prefect's pages load a service that measures their use, whatever its analytics setting says; molecules are nobody
else's business."""


def create_app() -> FastAPI:
    """Prefect's server with its UI, under a policy that browsers hold its pages to."""
    app = server.create_app()

    @app.middleware("http")
    async def _with_policy(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app
