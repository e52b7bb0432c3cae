"""Run: every ground state of the validation sets, through the store, in processes side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from time import monotonic

from rich.console import Console

from flows.bounded_process import start_worker
from flows.validation.sets import MIXED, Case, ValidationSet, Variant
from flows.validation.statistics import SEED
from flows.validation.tables import TimeRow, ValueRow
from pipeline.cost import estimate, reference_seconds
from pipeline.descriptors import DescriptorValue
from pipeline.errors import ComputationError
from pipeline.ground_state import Calculation, GroundState, ground_state, ground_state_key, stored_ground_state
from pipeline.level import LevelOfTheory
from pipeline.mean_field import mean_field
from pipeline.rungs import Rungs
from pipeline.store import Store, content_hash, open_store

_STATES_BETWEEN_LINES = 10
NOT_YET = "not computed yet"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: its value, or why there is none."""

    case: Case
    rungs: Rungs | None
    """The value on every rung, in the set's unit or kcal/mol."""
    flags: tuple[str, ...]
    problem: str
    """Why there is no value; `NOT_YET` where it was not tried."""
    key: str
    """Of its ground states, as in `flows.validation.tables`."""
    times: tuple[TimeRow, ...]
    """Of those ground states that the store holds."""


def run(
    sets: Iterable[ValidationSet], workers: int, store_url: str, console: Console, known: Collection[str] = ()
) -> Mapping[str, str]:
    """Compute what the store lacks, the cheapest first.

    Args:
        sets: with the cases to compute.
        workers: processes side by side.
        store_url: SQLAlchemy URL of the result store.
        console: for progress.
        known: keys of cases that have a value already.

    Returns:
        Why a ground state could not be computed, by its key.
    """
    store = open_store(store_url)
    waiting = _waiting(sets, store, known)
    order = sorted(waiting, key=lambda key: reference_seconds(*waiting[key]))
    _announce(waiting, workers, store, console)
    problems: dict[str, str] = {}
    began = monotonic()
    with ProcessPoolExecutor(workers, get_context("spawn"), start_worker) as pool:
        jobs = {pool.submit(_compute, *waiting[key], store_url): key for key in order}
        for done, job in enumerate(as_completed(jobs), start=1):
            key = jobs[job]
            if complaint := job.result():
                problems[key] = complaint
                console.print(f"{waiting[key][0].species.label}: {complaint}")
            if done % _STATES_BETWEEN_LINES == 0 or done == len(jobs):
                console.print(f"{done} of {len(jobs)} ground states after {(monotonic() - began) / 60:.1f} min")
    return problems


def outcomes(
    one: ValidationSet, problems: Mapping[str, str], store_url: str, known: Iterable[ValueRow] = ()
) -> Mapping[str, tuple[Outcome, ...]]:
    """What the store says of each case, or else a table, by variant; a ground state that several share is read once."""
    store = open_store(store_url)
    in_table = {(row.variant, row.key): row for row in known}

    @cache
    def stored(calculation: Calculation, level: LevelOfTheory) -> GroundState | None:
        return stored_ground_state(calculation, level, SEED, store)

    def outcome(case: Case, variant: Variant) -> Outcome:
        keys = [ground_state_key(calculation, variant.level, SEED) for calculation in case.calculations]
        states = [stored(calculation, variant.level) for calculation in case.calculations]
        found = [state for state in states if state is not None]
        times = tuple(
            TimeRow(variant.profile, own, state.geometry.n_heavy, state.wall_s)
            for own, state in zip(keys, states, strict=True)
            if state is not None
        )
        key = content_hash(keys)
        if len(found) == len(states):
            value = _picked(case.values(found), variant.value)
            return Outcome(case, value.rungs, value.flags, "", key, times)
        if row := in_table.get((variant.name.removesuffix(MIXED), key)):
            return Outcome(case, None if row.problem else row.rungs, row.flags, row.problem, key, times)
        problem = next((problems[own] for own in keys if own in problems), NOT_YET)
        return Outcome(case, None, (), problem, key, times)

    return {variant.name: tuple(outcome(case, variant) for case in variant.cases) for variant in one.variants}


def lowest_empty_orbital(calculation: Calculation, level: LevelOfTheory, store_url: str, compute: bool) -> float | None:
    """Energy of the mean field's lowest empty orbital in hartree, at the stored geometry.

    None where there is no such geometry, or, unless it may be computed, no stored energy.
    """
    store = open_store(store_url)
    key = content_hash("lumo", ground_state_key(calculation, level, SEED))
    if (known := store.get(key)) is not None:
        return float(known)
    state = stored_ground_state(calculation, level, SEED, store) if compute else None
    if state is None:
        return None
    began = monotonic()
    solver = mean_field(state.geometry, calculation.species.charge, calculation.species.multiplicity, level).scf
    energy = float(solver.mo_energy[solver.mo_occ == 0].min())
    store.put(key, "lumo", energy, monotonic() - began)
    return energy


def _waiting(
    sets: Iterable[ValidationSet], store: Store, known: Collection[str]
) -> dict[str, tuple[Calculation, LevelOfTheory]]:
    wanted: dict[str, tuple[Calculation, LevelOfTheory]] = {}
    for one in sets:
        for variant in one.variants:
            for case in variant.cases:
                keys = [ground_state_key(calculation, variant.level, SEED) for calculation in case.calculations]
                if content_hash(keys) not in known:
                    wanted |= {key: (one, variant.level) for key, one in zip(keys, case.calculations, strict=True)}
    stored = store.present(wanted)
    return {key: pair for key, pair in wanted.items() if key not in stored}


def _announce(
    waiting: Mapping[str, tuple[Calculation, LevelOfTheory]], workers: int, store: Store, console: Console
) -> None:
    minutes = 0.0
    for level in {level for _, level in waiting.values()}:
        calculations = [calculation for calculation, other in waiting.values() if other == level]
        minutes += estimate(calculations, level, SEED, workers, store).wall_seconds / 60
    console.print(f"{len(waiting)} ground states to compute, about {minutes:.0f} min with {workers} workers")


def _compute(calculation: Calculation, level: LevelOfTheory, store_url: str) -> str:
    """Nothing, or why it failed."""
    try:
        ground_state(calculation, level, SEED, open_store(store_url))
    except ComputationError as error:
        return f"{error.reason} {error.remedy}"
    except Exception as error:  # whatever it is, the other molecules go on
        return f"Unexpected: {type(error).__name__}: {error}"
    return ""


def _picked(values: Sequence[DescriptorValue], name: str) -> DescriptorValue:
    return next(value for value in values if not name or value.name == name)
