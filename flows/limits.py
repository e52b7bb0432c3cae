"""Limits: what a screen that was started by a form or a schedule may use without a person's approval."""

from __future__ import annotations

from collections.abc import Mapping

from prefect.variables import Variable
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.approval import Amount
from flows.request import ScreenRequest
from pipeline.cost import estimate
from pipeline.errors import InputError
from pipeline.ground_state import Calculation
from pipeline.level import LevelOfTheory
from pipeline.store import open_store

VARIABLE = "eigenlead_limits"
"""Name of the Prefect variable that sets them, as JSON with the fields of `Limits`."""


class Limits(BaseModel):
    """Above any of these a screen waits for approval."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: float = Field(default=8.0, gt=0, description="Wall-clock hours of the chemistry.")
    gigabytes: float = Field(default=32.0, gt=0, description="Memory of all workers together.")
    candidates: int = Field(default=1000, ge=0, description="Molecules in one screen.")


def limits() -> Limits:
    """Those in force: what the operators of the server have set, else the defaults.

    Raises:
        InputError: the variable is wrong.
    """
    try:
        return Limits.model_validate(Variable.get(VARIABLE) or {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the value"
        raise InputError(
            f"Prefect's variable {VARIABLE} is wrong: {where}: {first['msg']}.",
            f"Set it to JSON with any of {', '.join(Limits.model_fields)}, or delete it.",
        ) from error


def amounts(
    request: ScreenRequest, level: LevelOfTheory, n_candidates: int, calculations: Mapping[str, Calculation]
) -> tuple[Amount, ...]:
    """What the ground states of a screen would use, beside what they may."""
    cost = estimate(calculations.values(), level, request.seed, request.workers, open_store(request.store))
    allowed = limits()
    return (
        Amount("time", cost.wall_seconds / 3600, allowed.hours, "h"),
        Amount("memory", cost.gigabytes_per_worker * request.workers, allowed.gigabytes, "GB"),
        Amount("candidates", n_candidates, allowed.candidates, ""),
    )
