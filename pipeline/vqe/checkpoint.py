"""Checkpoint: where a VQE that was cut off goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

SECONDS = 10.0
"""Between two saves at the least, so that only minimisations that are worth it save at all."""
SAME_HARTREE = 1e-6
"""Progress is taken up only where its parameters still have its energy: orbitals may come out with other signs."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The best point of an unfinished minimisation."""

    parameters: tuple[float, ...]
    """Radians."""
    energy_hartree: float
    """There, without the Hamiltonian's constant."""
    operators: tuple[int, ...] = ()
    """What ADAPT has chosen so far: parameters of its pool."""


class Checkpoint(Protocol):
    """Keeps the progress of one minimisation."""

    def load(self) -> Progress | None:
        """What was saved last, or None."""

    def save(self, progress: Progress) -> None:
        """Keep `progress` in place of what was saved before.

        Raises:
            ResourceError: it is kept, and the time for the minimisation is over.
        """
