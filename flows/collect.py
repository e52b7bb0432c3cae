"""Collecting: the evidence of molecules with measured properties, computed by the pipeline itself."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from rich.console import Console

from flows.bounded_process import start_worker
from models import evidence_file
from models.signature import signature
from molecules.measured import measured_set
from molecules.species import neutral
from pipeline.cost import estimate, reference_seconds
from pipeline.descriptors import DescriptorValue
from pipeline.descriptors.solvation import SOLVATION
from pipeline.errors import ComputationError
from pipeline.ground_state import Calculation, ground_state
from pipeline.level import PROFILES, LevelOfTheory
from pipeline.store import open_store

SETS = ("freesolv", "esol")
"""Measured sets whose molecules are collected. GSH rates are never among them: they test what was learned."""
MOST_HEAVY_ATOMS = 8
LEVEL = PROFILES["quick"]
SEED = 20261123
"""Of conformers; the same as in validation, so that ground states are shared."""
_ROWS_BETWEEN_LINES = 20


def collect(
    table: Path, minutes: float, workers: int, store_url: str, console: Console, level: LevelOfTheory = LEVEL
) -> tuple[int, int]:
    """Compute what the table lacks, the cheapest first, and add it row by row.

    Args:
        table: the file to add to.
        minutes: after these no further molecule is begun; what is begun is finished.
        workers: processes side by side.
        store_url: SQLAlchemy URL of the result store; empty: the user's own.
        console: for progress.
        level: of theory.

    Returns:
        How many molecules the table has, and how many are wanted.
    """
    wanted = molecules()
    known = evidence_file.read(table)
    waiting = [smiles for smiles in wanted if smiles not in known]
    states = [calculation for smiles in waiting for calculation in _calculations(smiles, level)]
    cost = estimate(states, level, SEED, workers, open_store(store_url))
    console.print(
        f"{len(known)} of {len(wanted)} molecules are in {table}; {len(states)} ground states to compute, about "
        f"{cost.wall_seconds / 60:.0f} min with {workers} workers, of which {minutes:.0f} are used now"
    )
    began = monotonic()
    done, queue = 0, iter(waiting)
    with ProcessPoolExecutor(workers, get_context("spawn"), start_worker) as pool:
        jobs = {pool.submit(_compute, smiles, level, store_url): smiles for smiles in islice(queue, workers)}
        while jobs:
            job = next(as_completed(jobs))
            smiles, outcome = jobs.pop(job), job.result()
            if isinstance(outcome, str):
                console.print(f"{smiles}: {outcome}")
            else:
                evidence_file.append(table, smiles, *outcome)
                done += 1
                if done % _ROWS_BETWEEN_LINES == 0:
                    console.print(f"{done} of {len(waiting)} molecules after {(monotonic() - began) / 60:.1f} min")
            if monotonic() - began < 60 * minutes and (further := next(queue, None)) is not None:
                jobs[pool.submit(_compute, further, level, store_url)] = further
    return len(known) + done, len(wanted)


def molecules() -> list[str]:
    """SMILES of the molecules to collect, the cheapest first."""
    smiles = {row.smiles for name in SETS for row in measured_set(name).rows}
    species = {one: neutral(one, one, "gas") for one in smiles}
    small = [one for one in smiles if sum(symbol != "H" for symbol in species[one].symbols) <= MOST_HEAVY_ATOMS]
    return sorted(small, key=lambda one: (reference_seconds(_calculations(one, LEVEL)[0], LEVEL), one))


def _calculations(smiles: str, level: LevelOfTheory) -> tuple[Calculation, ...]:
    return SOLVATION.needs(smiles, smiles, level)


def _compute(
    smiles: str, level: LevelOfTheory, store_url: str
) -> tuple[Sequence[DescriptorValue], tuple[float, ...]] | str:
    """Descriptor values and the signature of the state in gas; or why there are none."""
    store = open_store(store_url)
    try:
        states = [ground_state(calculation, level, SEED, store) for calculation in _calculations(smiles, level)]
    except ComputationError as error:
        return f"{error.reason} {error.remedy}"
    except Exception as error:  # whatever it is, the other molecules go on
        return f"Unexpected: {type(error).__name__}: {error}"
    return SOLVATION.values(states), signature(states[0])
