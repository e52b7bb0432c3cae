"""Fit the constants of `pipeline.cost` to the timings in a result store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from statistics import median
from typing import Annotated

import numpy as np
import typer
from machine import described, publish
from numpy.typing import NDArray
from scipy.optimize import least_squares
from sqlalchemy import make_url

from flows.markdown import table
from pipeline.cost import EXPONENT, FIXED_SECONDS, OPEN_SHELL_FACTOR, SECONDS_AT_100, size, stored_calculation
from pipeline.level import PROFILES
from pipeline.store import Store

STAGES = ("geometry", "xtb", "mean_field", "active_space", "dft", "casci", "vqe", "pdft")
LEAST_RECORDS = 20
BIN_WIDTH = 50
"""Basis functions."""
OUTLIER = 0.1
"""Relative error from which a record counts less (soft_l1): the first of a process compiles, others share a core."""
LEAST_SECONDS = 1e-3
"""Of the fixed part, so that its logarithm exists."""
PACKAGES = ("pyscf", "pyscf-forge", "tblite", "numpy", "scipy", "numba")
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Timing:
    """What one ground state took."""

    n_basis: int
    open_shell: bool
    wall_s: dict[str, float]

    @property
    def seconds(self) -> float:
        return sum(self.wall_s.values())


@dataclass(frozen=True, slots=True)
class Constants:
    """The four constants of `pipeline.cost` that a store of quick results determines."""

    fixed_seconds: float
    seconds_at_100: float
    exponent: float
    open_shell_factor: float

    def seconds(self, n_basis: Vector, open_shell: NDArray[np.bool_]) -> Vector:
        closed = self.fixed_seconds + self.seconds_at_100 * (n_basis / 100) ** self.exponent
        return np.asarray(closed * np.where(open_shell, self.open_shell_factor, 1.0))


PRESENT = Constants(FIXED_SECONDS, SECONDS_AT_100, EXPONENT, OPEN_SHELL_FACTOR)


def timings(store: Store) -> list[Timing]:
    """All ground states in the basis of the quick profile."""
    found = []
    for payload, _ in store.newest("ground_state", 1_000_000):
        species = stored_calculation(payload).species
        if size(species, PROFILES["quick"]) == payload["n_basis"]:
            found.append(Timing(payload["n_basis"], species.multiplicity > 1, payload["wall_s"]))
    return found


def fit(n_basis: Vector, open_shell: NDArray[np.bool_], seconds: Vector) -> Constants:
    """Least squares on log(seconds) with a soft_l1 loss, from the present constants."""

    def constants(x: Vector) -> Constants:
        return Constants(float(np.exp(x[0])), float(np.exp(x[1])), float(x[2]), float(np.exp(x[3])))

    def residuals(x: Vector) -> Vector:
        return np.asarray(np.log(constants(x).seconds(n_basis, open_shell) / seconds))

    start = np.array([np.log(FIXED_SECONDS), np.log(SECONDS_AT_100), EXPONENT, np.log(OPEN_SHELL_FACTOR)])
    lower = [np.log(LEAST_SECONDS), -np.inf, 0.0, -np.inf]
    found = least_squares(residuals, start, bounds=(lower, np.inf), loss="soft_l1", f_scale=OUTLIER)
    return constants(found.x)


def bins(records: Iterable[Timing]) -> list[list[str]]:
    """Median seconds by size, for closed and for open shells."""
    by_bin: dict[int, list[Timing]] = {}
    for record in sorted(records, key=lambda r: r.n_basis):
        by_bin.setdefault(record.n_basis // BIN_WIDTH, []).append(record)
    rows = []
    for number, members in by_bin.items():
        row = [f"{number * BIN_WIDTH}–{(number + 1) * BIN_WIDTH - 1}"]
        for open_shell in (False, True):
            seconds = [member.seconds for member in members if member.open_shell == open_shell]
            row += [f"{len(seconds)}", f"{median(seconds):.2f}" if seconds else "–"]
        rows.append(row)
    return rows


def main(store: Annotated[str, typer.Option(help="SQLAlchemy URL; your own store by default.")] = "") -> None:
    """Fit the constants of pipeline/cost.py to the timings in a result store."""
    results = Store(store or None)
    records = timings(results)
    url = make_url(results.url).render_as_string(hide_password=True)
    if len(records) < LEAST_RECORDS:
        run_first = "eigenlead screen molecules/examples/warheads.smi --profile quick --out out/demo"
        where = f" --store {url}" if store else ""
        typer.echo(f"{url} has {len(records)} ground states of the quick profile's basis; a fit needs {LEAST_RECORDS}.")
        typer.echo(f"Compute some first: {run_first}{where}")
        raise typer.Exit(2)

    n_basis = np.array([float(record.n_basis) for record in records])
    open_shell = np.array([record.open_shell for record in records])
    seconds = np.array([record.seconds for record in records])
    fitted = fit(n_basis, open_shell, seconds)
    machine_factor = float(np.median(seconds / PRESENT.seconds(n_basis, open_shell)))

    def row(name: str, constants: Constants, factor: float = 1.0) -> list[str]:
        deviations = np.abs(factor * constants.seconds(n_basis, open_shell) / seconds - 1)
        return [name, *(f"{value:.2f}" for value in astuple(constants)), f"{100 * np.median(deviations):.0f}%"]

    by_stage = {stage: sum(record.wall_s.get(stage, 0.0) for record in records) for stage in STAGES}
    geometries = [wall_s for _, wall_s in results.newest("geometry", 1_000_000)]
    header = ("constants", "FIXED_SECONDS", "SECONDS_AT_100", "EXPONENT", "OPEN_SHELL_FACTOR", "median error")
    scaled = f"present, times {machine_factor:.2f} (the median ratio)"
    publish(
        "cost_model",
        "# The cost of a ground state",
        f"The constants of `pipeline/cost.py` that fit best to the seconds of {len(records)} ground states in the "
        f"quick profile's basis, {open_shell.sum()} of them open shells, of {n_basis.min():.0f} to "
        f"{n_basis.max():.0f} functions.",
        table(header, (row("fitted", fitted), row("present", PRESENT), row(scaled, PRESENT, machine_factor))),
        "The error is the median of |model / measured − 1| on these same records; larger species are extrapolated. "
        "`pipeline.cost` scales its constants by the median ratio to the newest records; the last row, to all. "
        "Seconds are wall time, with as many side by side as the screen had workers, on the machine that filled the "
        "store; the machine named below is where the fit ran.",
        "## Where the time goes",
        table(
            ("stage", "seconds", "share"),
            [(stage, f"{spent:.1f}", f"{100 * spent / seconds.sum():.1f}%") for stage, spent in by_stage.items()],
        ),
        "A geometry that was stored before its ground state was asked for takes no time here; "
        f"the store's {len(geometries)} geometries took {sum(geometries):.1f} s of their own.",
        "## By size",
        table(("basis functions", "closed shells", "median s", "open shells", "median s"), bins(records)),
        described(PACKAGES, f"python benchmarks/cost_model.py{f' --store {url}' if store else ''}"),
    )


if __name__ == "__main__":
    typer.run(main)
