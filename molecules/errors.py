"""Errors: what a structure can have wrong, said with what to write instead."""

from __future__ import annotations


class StructureError(ValueError):
    """A structure that the pipeline cannot take."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        """What is wrong, with the place."""
        self.remedy = remedy
        """What to write instead."""

    def __reduce__(self) -> tuple[type[StructureError], tuple[str, str]]:
        return type(self), (self.reason, self.remedy)
