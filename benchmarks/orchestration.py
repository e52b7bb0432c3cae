"""What Prefect costs in a screen of 50 molecules, and what a second chemistry process brings."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from machine import described, publish
from prefect import Task, flow
from rdkit import Chem

from flows import chemistry, findings
from flows.bounded_process import Limits, processes
from flows.markdown import table
from flows.request import ScreenRequest
from flows.server import prefect_api
from molecules.candidate import Library
from molecules.measured import measured_set
from molecules.read import read_pasted
from pipeline.ground_state import Calculation, geometry_key
from pipeline.level import PROFILES
from pipeline.objective import objective
from pipeline.store import Store

DRAWN, SEED, ROUNDS = 51, 20261126, 2
SMALLEST, LARGEST = 2, 5
"""Heavy atoms, of the first row: small molecules, so that Prefect's share is large."""
LEVEL = PROFILES["quick"]
LIMITS = Limits(3600.0, 4.0)
PACKAGES = ("prefect", "pyscf", "tblite", "numpy")


@dataclass(frozen=True, slots=True)
class Timed:
    """One way to compute the same ground states."""

    name: str
    workers: int
    seconds: list[float]


def molecules() -> Library:
    """A draw of small molecules from FreeSolv."""
    every = sorted({row.smiles for row in measured_set("freesolv").rows})
    return read_pasted("\n".join(random.Random(SEED).sample([one for one in every if is_small(one)], DRAWN)))


def is_small(smiles: str) -> bool:
    """Whether it has few heavy atoms, all of the first row."""
    numbers = [atom.GetAtomicNum() for atom in Chem.MolFromSmiles(smiles).GetAtoms()]
    return SMALLEST <= len(numbers) <= LARGEST and max(numbers) <= 9


@flow(name="orchestration", log_prints=False)
def with_prefect(calculations: Mapping[str, Calculation], store_url: str, workers: int) -> int:
    """The chemistry of a screen as the product runs it; how much failed."""
    request = ScreenRequest(molecules="C", store=store_url, workers=workers)
    _, failures = chemistry.compute(calculations, LEVEL, request)
    return len(failures)


def without_prefect(calculations: Mapping[str, Calculation], store_url: str, workers: int) -> None:
    """The same batches in the same bounded processes, on plain threads."""
    geometries = {geometry_key(one.species, LEVEL, 0): one.species for one in calculations.values()}
    steps: tuple[tuple[Task[Any, Any], Sequence[Sequence[Any]]], ...] = (
        (chemistry.relax_batch, chemistry.in_batches(list(geometries.values()), chemistry.size_of, workers)),
        (
            chemistry.ground_state_batch,
            chemistry.in_batches(list(calculations.values()), lambda c: chemistry.seconds_of(c, LEVEL), workers),
        ),
    )
    with ThreadPoolExecutor(workers) as pool, processes:
        for task, batches in steps:
            for batch in [pool.submit(task.fn, one, LEVEL, 0, store_url, LIMITS) for one in batches]:
                assert batch.result() == []


def timed(ways: Sequence[Timed], calculations: Mapping[str, Calculation], folder: Path) -> None:
    """One round: each way once, each with an empty store."""
    for way in ways:
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            store = Store(f"sqlite:///{fresh}/store.sqlite")
            start = time.perf_counter()
            if way.name == "Prefect":
                assert with_prefect(calculations, store.url, way.workers) == 0
            else:
                without_prefect(calculations, store.url, way.workers)
            way.seconds.append(time.perf_counter() - start)
            assert store.present(calculations) == set(calculations)


def main() -> None:
    """Time all ways in turn, so that a change of the machine's speed meets all of them."""
    library = molecules()
    calculations = findings.plan(library, objective("solubility"), LEVEL).unique(LEVEL, 0)
    ways = [Timed("plain", 2, []), Timed("Prefect", 2, []), Timed("Prefect", 1, [])]
    with tempfile.TemporaryDirectory() as folder, prefect_api():
        few = dict(list(calculations.items())[:4])
        for way in ways:  # the first start compiles and reads files
            timed([Timed(way.name, way.workers, [])], few, Path(folder))
        for _ in range(ROUNDS):
            timed(ways, calculations, Path(folder))
    plain, prefect, single = (median(way.seconds) for way in ways)
    shares = [(b - a) / b for a, b in zip(ways[0].seconds, ways[1].seconds, strict=True)]
    gains = [b / a for a, b in zip(ways[1].seconds, ways[2].seconds, strict=True)]
    publish(
        "orchestration",
        "# What Prefect costs",
        f"{len(calculations)} ground states of {len(library.candidates)} molecules of {SMALLEST} to {LARGEST} "
        "first-row atoms from FreeSolv, quick profile, geometries included; every way computes the same batches in "
        f"bounded processes, with an empty store. Median seconds of {ROUNDS} rounds, in which the ways take turns.",
        table(
            ("way", "processes", "seconds", "rounds"),
            [
                (way.name, str(way.workers), f"{median(way.seconds):.1f}", ", ".join(f"{s:.1f}" for s in way.seconds))
                for way in ways
            ],
        ),
        f"Prefect takes {100 * median(shares):.1f}% of the time ({', '.join(f'{100 * s:.1f}%' for s in shares)}), "
        f"{(prefect - plain) / len(calculations):.3f} s a ground state, its server on the same cores. Two processes "
        f"compute {median(gains):.2f} times as much as one ({', '.join(f'{g:.2f}' for g in gains)}); {single:.0f} s "
        f"against {prefect:.0f} s.",
        described(PACKAGES, "python benchmarks/orchestration.py", threads=1),
    )


if __name__ == "__main__":
    main()
