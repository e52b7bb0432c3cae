"""What a campaign would cost: seconds per species against size, and a funnel of 10^3, 10^5 and 10^7 candidates."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Annotated

import typer
from machine import described
from rdkit import Chem

from flows.bounded_process import BoundedProcess, Limits
from flows.markdown import table
from molecules.measured import measured_set
from molecules.profile import profile
from molecules.read import read_pasted
from pipeline.cost import EXPONENT, reference_seconds, size
from pipeline.descriptors import DESCRIPTORS
from pipeline.ground_state import Calculation, GroundState, ground_state, relaxed_geometry
from pipeline.level import PROFILES, LevelOfTheory
from pipeline.objective import objective
from pipeline.store import Store

PAGE = Path(__file__).parents[1] / "docs" / "SCALING.md"
SERIES = {
    "acrylamide": "C=CC(N)=O",
    "N-phenylacrylamide": "C=CC(=O)Nc1ccccc1",
    "N-(biphenyl-4-yl)acrylamide": "C=CC(=O)Nc1ccc(cc1)-c1ccccc1",
    "N-(4-phenoxyphenyl)-2-acrylamidoacetamide": "C=CC(=O)NCC(=O)Nc1ccc(Oc2ccccc2)cc1",
}
"""Of rising size."""
STAGES = ("geometry", "xtb", "mean_field", "active_space", "dft", "casci", "vqe", "pdft", "casci_pdft")
DRAWN, SEED = 300, 20261126
TIMED_BY_XTB = 12
CAMPAIGNS = (1_000, 100_000, 10_000_000)
KEPT = (0.5, 0.1, 0.02)
"""Share that goes on behind alerts, behind GFN2-xTB, and behind the quick profile: a plan, no finding."""
LEAST = 50
"""Candidates that the last stage gets where there are so many."""
EFFICIENCY = 0.9
"""Of many processes side by side; two reach more, says benchmarks/results/orchestration.md."""
PACKAGES = ("pyscf", "tblite", "rdkit", "numpy")


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the funnel."""

    name: str
    seconds: float
    """On one core, for one candidate."""


def library() -> list[str]:
    """Drug-like molecules: a draw from the lipophilicity set."""
    every = sorted({row.smiles for row in measured_set("lipophilicity").rows})
    return random.Random(SEED).sample(every, DRAWN)


def calculations_of(smiles: str, level: LevelOfTheory) -> tuple[Calculation, ...]:
    """Ground states of the solubility objective."""
    names = objective("solubility").descriptors
    return tuple(one for name in names for one in DESCRIPTORS[name].needs(smiles, smiles, level))


def timed_series(store: Store) -> list[tuple[str, GroundState]]:
    """The ground state in gas of each molecule of the series, one after the other in one process of one thread."""
    level = PROFILES["quick"]
    process = BoundedProcess(Limits(3600.0, 12.0))
    try:
        found = []
        for name, smiles in SERIES.items():
            gas = next(one for one in calculations_of(smiles, level) if one.species.environment == "gas")
            process.call(relaxed_geometry, gas.species, level, SEED, store)
            found.append((name, process.call(ground_state, gas, level, 0, store)))
        return found
    finally:
        process.close()


def stages(smiles: list[str], store: Store) -> list[Stage]:
    """Seconds of each step for one candidate, mean over the draw."""
    start = time.perf_counter()
    candidates = read_pasted("\n".join(smiles)).candidates
    for one in candidates:
        profile(one.smiles)
    alerts = (time.perf_counter() - start) / len(smiles)
    quick, standard = PROFILES["quick"], PROFILES["standard"]
    process = BoundedProcess(Limits(3600.0, 12.0))
    spent = []
    try:
        for one in candidates[:TIMED_BY_XTB]:
            start = time.perf_counter()
            for calculation in calculations_of(one.smiles, quick):
                process.call(relaxed_geometry, calculation.species, quick, 0, store)
            spent.append(time.perf_counter() - start)
    finally:
        process.close()

    def modelled(level: LevelOfTheory) -> float:
        return mean(sum(reference_seconds(c, level) for c in calculations_of(one.smiles, level)) for one in candidates)

    return [
        Stage("read, standardise, alerts", alerts),
        Stage("geometries and energies by GFN2-xTB", mean(spent)),
        Stage("quick: mean field and all rungs on it", modelled(quick)),
        Stage("standard: mean field, SMD and all rungs", modelled(standard)),
    ]


def funnel(steps: list[Stage], n: int, euros: float) -> list[tuple[str, ...]]:
    """Candidates, core hours and euros of each step, and in all."""
    rows, total = [], 0.0
    left = n
    for step, kept in zip(steps, (*KEPT, 1.0), strict=True):
        hours = left * step.seconds / 3600
        total += hours
        rows.append(
            (f"{n:,}", step.name, f"{left:,}", seconds_of(step.seconds), hours_of(hours), f"{hours * euros:,.2f}")
        )
        left = min(left, max(round(kept * left), LEAST))
    wall = f"{hours_of(total / (100 * EFFICIENCY))} on 100 cores"
    return [*rows, (f"{n:,}", f"**all**, {wall}", "", "", f"**{hours_of(total)}**", f"**{total * euros:,.2f}**")]


def seconds_of(seconds: float) -> str:
    """With two digits that count."""
    return f"{float(f'{seconds:.2g}'):,g}"


def hours_of(hours: float) -> str:
    """In hours, with as many digits as matter."""
    return f"{hours:,.0f} h" if hours >= 100 else f"{hours:.2g} h"


def main(
    euros: Annotated[float, typer.Option(help="Price of a core for an hour.")] = 0.05,
    out: Annotated[Path, typer.Option(help="The page to write.")] = PAGE,
) -> None:
    """Measure, and write docs/SCALING.md."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.sqlite")
        series = timed_series(store)
        smiles = library()
        steps = stages(smiles, store)
    heavy = [Chem.MolFromSmiles(one).GetNumHeavyAtoms() for one in smiles]
    quick = PROFILES["quick"]
    rows = []
    for name, state in series:
        total = sum(state.wall_s.values())
        species = state.calculation.species
        atoms = sum(symbol != "H" for symbol in species.symbols)
        parts = [f"{state.wall_s.get(stage, 0.0):.2f}" for stage in STAGES]
        rows.append(
            (
                name,
                str(atoms),
                str(size(species, quick)),
                *parts,
                f"{total:.1f}",
                f"{reference_seconds(state.calculation, quick):.1f}",
            )
        )
    plan = [row for n in CAMPAIGNS for row in funnel(steps, n, euros)]
    page = "\n\n".join(
        (
            "# Scaling",
            "What a species costs, how far more cores help, and what a campaign would take. "
            "`python benchmarks/scaling.py` writes this page.",
            "## A species against its size",
            "Seconds of a ground state in gas at the quick profile, on one core with one thread, its geometry "
            "included. The last column is the law of `eigenlead estimate`, which grows with the power "
            f"{EXPONENT:.2f} of the basis functions.",
            table(("molecule", "heavy atoms", "basis functions", *STAGES, "all", "law"), rows),
            "The mean field and what stands on its density take the time, the VQE next to none. "
            "[VALIDATION.md](VALIDATION.md) has the same for every set and profile, by heavy atoms.",
            "## More cores",
            "Ground states are independent, so a screen is as parallel as it has species. "
            "[orchestration.md](../benchmarks/results/orchestration.md) has what two processes gain over one, and what "
            "Prefect costs. What is lost is shared memory bandwidth and the last batches. The plan below reckons with "
            f"{100 * EFFICIENCY:.0f}% efficiency on many cores, which this project could not measure: it had two. "
            "[Clusters](how-to/cluster.md) says how to use more machines.",
            "## A funnel",
            f"Candidates like {DRAWN} molecules drawn from the lipophilicity set (median {median(heavy):.0f} heavy "
            f"atoms, seed {SEED}), objective `solubility`: three ground states each. Of what enters a stage, alerts "
            f"pass {100 * KEPT[0]:.0f}%, GFN2-xTB {100 * KEPT[1]:.0f}%, the quick profile {100 * KEPT[2]:.0f}%, and "
            f"the last stage gets {LEAST} at the least. These shares are a plan; what they lose has not been "
            "measured. Alerts and GFN2-xTB are timed here, the rest comes from the law, beyond the sizes it was "
            f"fitted to. A core costs {euros:g} euros an hour (`--euros`).",
            table(("candidates", "stage", "enter", "core s each", "core hours", "euros"), plan, n_words=2),
            described(PACKAGES, "python benchmarks/scaling.py", threads=1),
        )
    )
    out.write_text(page + "\n", encoding="utf-8")
    typer.echo(page)


if __name__ == "__main__":
    typer.run(main)
