"""Rungs: one energy at every level of approximation, cheapest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal, get_args

RungName = Literal["xtb", "mean_field", "dft", "casci", "casci_pdft", "vqe", "vqe_pdft"]
RUNGS: tuple[RungName, ...] = get_args(RungName)
RANKING_RUNG: RungName = "vqe_pdft"
"""The rung that ranks."""
EXACT_RUNG: RungName = "casci_pdft"
"""Its null model: what separates the two is the VQE alone."""

HARTREE_IN_EV = 27.211386245981
HARTREE_IN_KCAL_MOL = 627.5094740631
"""CODATA 2022; thermochemical calorie."""


@dataclass(frozen=True, slots=True)
class Rungs:
    """One quantity on every rung; None where it was not computed."""

    xtb: float | None = None
    """GFN2-xTB."""
    mean_field: float | None = None
    """(RO)HF or (RO)KS, as the level says."""
    dft: float | None = None
    """The DFT null model."""
    casci: float | None = None
    """Exact diagonalisation in the active space."""
    casci_pdft: float | None = None
    """MC-PDFT on the exact state."""
    vqe: float | None = None
    """VQE in the same active space."""
    vqe_pdft: float | None = None
    """MC-PDFT on the VQE state."""

    def __getitem__(self, rung: RungName) -> float | None:
        value: float | None = getattr(self, rung)
        return value

    def as_dict(self) -> dict[str, float | None]:
        """Rung by rung, cheapest first."""
        return {rung: self[rung] for rung in RUNGS}

    def shifted(self, delta: float) -> Rungs:
        """Every computed rung plus `delta`."""
        return combine([(1.0, self)], constant=delta)


def combine(terms: Iterable[tuple[float, Rungs]], constant: float = 0.0) -> Rungs:
    """Σ coefficient · value + constant, rung by rung; None on a rung that any term lacks."""
    terms = list(terms)
    sums: dict[str, float | None] = {}
    for rung in (field.name for field in fields(Rungs)):
        values = [(coefficient, getattr(value, rung)) for coefficient, value in terms]
        complete = all(value is not None for _, value in values)
        sums[rung] = constant + sum(c * v for c, v in values) if complete else None
    return Rungs(**sums)
