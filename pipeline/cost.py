"""Cost: what ground states would take in time and memory, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pydantic import TypeAdapter

from molecules.species import Species
from pipeline.ground_state import Calculation, ground_state_key
from pipeline.level import LevelOfTheory
from pipeline.mean_field import n_basis
from pipeline.store import Store

SECONDS_AT_100, EXPONENT, FIXED_SECONDS = 0.99, 3.24, 0.43
"""Seconds of one ground state at the quick profile on one of two busy cores: fixed + a (n/100)^p over n basis
functions. Fitted by `benchmarks/cost_model.py`; 0.27 of the fixed seconds are the geometry's."""
OPEN_SHELL_FACTOR = 1.54
SELF_CONSISTENT_DFT_FACTOR = 3.5
SOLVENT_FACTORS = {"alpb": 1.0, "smd": 2.0, "smd-mean-field": 1.5}
"""Of a ground state in a solvent, by solvent model: half of its time goes into SMD, says docs/VALIDATION.md, and half
as much into SMD on the mean field that is there already."""
_BASE_GIGABYTES = 0.7
_AUXILIARY_PER_BASIS = 4.5
_LEAST_SAMPLES = 5
_CALCULATION = TypeAdapter(Calculation)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a batch of ground states would cost."""

    n_species: int
    """Unique ground states."""
    n_stored: int
    """Those that the store has already: free."""
    core_seconds: float
    """Of the others, on one core of this machine."""
    wall_seconds: float
    """The same spread over the workers."""
    gigabytes_per_worker: float
    """Peak memory of the largest species."""
    largest: str
    """Its label and size."""
    machine_factor: float
    """How much slower this machine was than the reference for results in the store; 1 where there are too few."""


def estimate(
    calculations: Iterable[Calculation], level: LevelOfTheory, seed: int, workers: int, store: Store
) -> Estimate:
    """Cost of the ground states that the store lacks, by a power law calibrated on this machine's own results."""
    unique = {ground_state_key(calculation, level, seed): calculation for calculation in calculations}
    stored = store.present(unique)
    waiting = [calculation for key, calculation in unique.items() if key not in stored]
    factor = _machine_factor(store, level)
    seconds = [factor * reference_seconds(calculation, level) for calculation in waiting]
    sizes = [(size(one.species, one.level_of(level)), one) for one in unique.values() if one.choice is not None]
    functions, largest = max(sizes, key=lambda pair: pair[0], default=(0, None))
    return Estimate(
        n_species=len(unique),
        n_stored=len(stored),
        core_seconds=sum(seconds),
        wall_seconds=_makespan(seconds, workers),
        gigabytes_per_worker=_gigabytes(functions, level),
        largest=f"{largest.species.label}, {functions} basis functions" if largest else "none",
        machine_factor=factor,
    )


def size(species: Species, level: LevelOfTheory) -> int:
    """Number of basis functions of a species."""
    return n_basis(species.symbols, level.basis)


def stored_calculation(payload: Mapping[str, Any]) -> Calculation:
    """The calculation of a ground state as the store holds it."""
    return _CALCULATION.validate_python(payload["calculation"])


def reference_seconds(calculation: Calculation, level: LevelOfTheory) -> float:
    """Core-seconds of one ground state on the reference machine."""
    if calculation.choice is None:
        return FIXED_SECONDS
    species, level = calculation.species, calculation.level_of(level)
    seconds: float = FIXED_SECONDS + SECONDS_AT_100 * (size(species, level) / 100) ** EXPONENT
    if species.multiplicity > 1:
        seconds *= OPEN_SHELL_FACTOR
    if level.dft_functional and level.dft_density == "self-consistent":
        seconds *= SELF_CONSISTENT_DFT_FACTOR
    return seconds if species.environment == "gas" else seconds * SOLVENT_FACTORS[level.solvent_model]


def _machine_factor(store: Store, level: LevelOfTheory) -> float:
    ratios: list[float] = []
    for payload, _ in store.newest("ground_state", 50):
        calculation = stored_calculation(payload)
        spent = sum(payload["wall_s"].values())
        if size(calculation.species, calculation.level_of(level)) == payload["n_basis"]:
            ratios.append(spent / reference_seconds(calculation, level))
    return median(ratios) if len(ratios) >= _LEAST_SAMPLES else 1.0


def _makespan(seconds: Sequence[float], workers: int) -> float:
    """Longest first onto the least busy worker."""
    busy = [0.0] * max(workers, 1)
    for duration in sorted(seconds, reverse=True):
        busy[busy.index(min(busy))] += duration
    return max(busy)


def _gigabytes(n_functions: int, level: LevelOfTheory) -> float:
    """Interpreter, and three-index integrals (density fitted) or half the four-index ones held in memory."""
    pairs = n_functions * (n_functions + 1) / 2
    integrals = pairs * _AUXILIARY_PER_BASIS * n_functions if level.density_fit else pairs * pairs / 2
    return _BASE_GIGABYTES + 8 * integrals / 2**30
