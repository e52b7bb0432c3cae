"""Failures of a computation, classed by what to do next."""

from __future__ import annotations

from collections.abc import Iterator


class ComputationError(Exception):
    """A species that could not be computed: a record in the report, never the end of the batch."""

    may_pass = False
    """Whether the same call may succeed when it is tried again."""

    def __init__(self, reason: str, remedy: str) -> None:
        """What happened, and what the user can do about it; each one sentence."""
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy
        self.stage = ""
        """Where it happened, such as ``mean_field``; set by the path that runs the stages."""

    def __str__(self) -> str:
        return f"{self.reason} {self.remedy}"


class InputError(ComputationError):
    """The request itself cannot be computed: change it."""


class ResourceError(ComputationError):
    """The request needs more memory or time than there is: make it smaller."""


class ConvergenceError(ComputationError):
    """An iteration did not converge: another geometry, guess or level may."""


class TransientError(ComputationError):
    """The machine, not the request, failed: try again."""

    may_pass = True


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those that led to it: packages wrap what their transport raised, some of it several times."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
