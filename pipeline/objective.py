"""Objective: what a ranking is by."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import InputError


@dataclass(frozen=True, slots=True)
class Objective:
    """One question, the descriptor that answers it, and the descriptors shown beside it."""

    name: str
    question: str
    """As a clause after "which candidate"."""
    ranking_descriptor: str
    """Dotted name of the value that ranks."""
    lower_is_better: bool
    descriptors: tuple[str, ...]
    """Names in `pipeline.descriptors.DESCRIPTORS` that a screen computes; the ranking one is among them."""

    def score(self, value: float) -> float:
        """Higher is better."""
        return -value if self.lower_is_better else value


OBJECTIVES: dict[str, Objective] = {
    "covalent": Objective(
        name="covalent",
        question="which candidate adds a thiol, such as glutathione or a cysteine, most readily",
        ranking_descriptor="thiol_addition",
        lower_is_better=True,
        descriptors=("thiol_addition", "ionisation"),
    ),
}


def objective(name: str) -> Objective:
    """A named objective.

    Raises:
        InputError: no objective has this name.
    """
    if name not in OBJECTIVES:
        raise InputError(f"There is no objective {name!r}.", f"Use one of: {', '.join(OBJECTIVES)}.")
    return OBJECTIVES[name]
