"""From a file of mixed rows to standardised candidates with properties and alerts: seconds, memory, accounting."""

from __future__ import annotations

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from machine import described, publish
from mixed_rows import SEED, SHARES, MixedRow, accounted, mixed_rows

from flows.markdown import table
from molecules.candidate import Library
from molecules.profile import profile
from molecules.read import read_library

SIZES = (1_000, 5_000, 10_000)
PROCESSES = 2
COMPARED = 1_000
"""Rows that one process reads too."""
PACKAGES = ("rdkit", "numpy")


@dataclass(frozen=True, slots=True)
class Run:
    """One file."""

    library: Library
    n_alerts: int
    """Candidates with a structural alert."""
    reading_s: float
    alerts_s: float
    main_megabytes: float
    """Peak of the main process so far."""
    worker_megabytes: float
    """Peak of the largest other process so far."""


def run(file: Path) -> Run:
    start = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        library = read_library(file, pool)
        read = time.perf_counter()
        profiles = pool.map(profile, [one.smiles for one in library.candidates], chunksize=50)
        n_alerts = sum(bool(one.alerts) for one in profiles)
        done = time.perf_counter()
    main, worker = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return Run(library, n_alerts, read - start, done - read, main, worker)


def written(rows: Sequence[MixedRow], folder: Path) -> Path:
    file = folder / f"{len(rows)}.smi"
    file.write_text("".join(f"{row.structure} {row.kind}-{number}\n" for number, row in enumerate(rows, 1)))
    return file


def timing(size: int, one: Run) -> list[str]:
    total = one.reading_s + one.alerts_s
    memory = (f"{one.main_megabytes:.0f}", f"{one.worker_megabytes:.0f}")
    return [f"{size:,}", f"{one.reading_s:.1f}", f"{one.alerts_s:.1f}", f"{total:.1f}", f"{size / total:.0f}", *memory]


def fates(rows: Sequence[MixedRow], library: Library) -> list[list[str]]:
    """What became of the rows of each kind."""
    candidates, rejections = ({one.row for one in some} for some in (library.candidates, library.rejections))
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in SHARES}
    for number, row in enumerate(rows, 1):
        fate = "candidate" if number in candidates else "rejected" if number in rejections else "merged"
        counts[row.kind].update((fate, "rows"))
    counts["all"] = sum(counts.values(), Counter())
    return [
        [kind, *(f"{count[fate]:,}" for fate in ("rows", "candidate", "merged", "rejected"))]
        for kind, count in counts.items()
    ]


def main() -> None:
    """Measure and write the page."""
    rows = mixed_rows(max(SIZES))
    with tempfile.TemporaryDirectory() as folder:
        runs = {size: run(written(rows[:size], Path(folder))) for size in SIZES}
        start = time.perf_counter()
        alone = read_library(Path(folder) / f"{COMPARED}.smi")
        alone_s = time.perf_counter() - start
    assert alone == runs[COMPARED].library
    assert all(accounted(one.library) == list(range(1, size + 1)) for size, one in runs.items())
    most = runs[max(SIZES)]
    header = ("rows", "read, standardise (s)", "alerts (s)", "total (s)", "rows/s", "main (MB)", "worker (MB)")
    publish(
        "intake",
        "# Ten thousand mixed rows",
        f"Files of mixed rows through `read_library` and `profile` in {PROCESSES} processes; their start is in the "
        "seconds. Memory is the peak of the main process and of the larger worker.",
        table(header, (timing(size, one) for size, one in runs.items())),
        f"One process reads and standardises {COMPARED:,} rows in {alone_s:.1f} s, with the same result to the letter.",
        "## Every row accounted for",
        f"Of {max(SIZES):,} rows, each number from 1 to {max(SIZES):,} is found once, as a candidate, merged into one "
        f"or rejected with reason and remedy. {most.n_alerts:,} candidates have a structural alert.",
        table(("kind", "rows", "candidates", "merged", "rejected"), fates(rows, most.library)),
        "Measured molecules, and those of salts, come from FreeSolv, ESOL, BACE and the lipophilicity set, from "
        "solvents to drugs; duplicates have another order of atoms; huge are peptides of 35 to 80 residues. "
        f"A salt whose two molecules are both in the lists of counter-ions is rejected. Seed {SEED}.",
        described(PACKAGES, "python benchmarks/intake.py", 1),
    )


if __name__ == "__main__":
    main()
