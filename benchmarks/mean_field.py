"""What the settings of a ground state cost: basis, fitting, guess, grids, solvent, threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from statistics import median

from machine import described, publish
from pyscf import lib
from pyscf.solvent import smd as pyscf_smd
from threadpoolctl import threadpool_limits

from flows.markdown import table
from molecules.conformers import Geometry
from molecules.species import neutral
from pipeline import solvation
from pipeline.active_space import ActiveSpaceChoice, active_space, hamiltonian
from pipeline.geometry import relax
from pipeline.level import PROFILES, LevelOfTheory
from pipeline.mean_field import converge, dft_energy, mean_field, molecule, scf_solver
from pipeline.pdft import Pdft
from pipeline.rungs import HARTREE_IN_KCAL_MOL
from pipeline.states import vqe_state

STANDARD = PROFILES["standard"]
NAME, SMILES = "methyl acrylate", "C=CC(=O)OC"
REPEATS = 2
PACKAGES = ("pyscf", "pyscf-forge", "numpy", "scipy", "tblite")


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to compute one thing."""

    stage: str
    name: str
    run: Callable[[], float]
    """Its energy in hartree."""


def timed(run: Callable[[], float]) -> tuple[float, float]:
    """Energy, and the seconds of the fastest of a few runs."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        energy = run()
        seconds.append(time.perf_counter() - start)
    return energy, min(seconds)


def settings(at: Geometry) -> Iterator[Setting]:
    """The first of each stage is the standard profile's own."""

    def energy(level: LevelOfTheory) -> Callable[[], float]:
        return lambda: mean_field(at, 0, 1, level).energy_hartree

    yield Setting("mean field", "standard: HF/def2-SVPD, fitted", energy(STANDARD))
    yield Setting("mean field", "without fitting", energy(replace(STANDARD, density_fit=False)))
    yield Setting("mean field", "def2-SVP", energy(replace(STANDARD, basis="def2-svp")))
    yield Setting("mean field", "def2-TZVPD", energy(replace(STANDARD, basis="def2-tzvpd")))
    for guess in ("atom", "huckel", "sap"):
        yield Setting("mean field", f"guess {guess} in place of minao", lambda guess=guess: guessed(at, guess))
    for functional in ("pbe0", "r2scan"):
        level = replace(STANDARD, functional=functional)
        yield Setting("mean field", f"{functional}, grid {level.grid_level}", energy(level))

    reference = mean_field(at, 0, 1, STANDARD)

    def dft(**changes: object) -> Callable[[], float]:
        level = replace(STANDARD, **changes)
        return lambda: dft_energy(reference, level)[0]

    yield Setting("DFT null model", "standard: PBE0 on the HF density", dft())
    for grid in (2, 3):
        yield Setting("DFT null model", f"grid {grid} in place of {STANDARD.grid_level}", dft(grid_level=grid))
    yield Setting("DFT null model", "self-consistent", dft(dft_density="self-consistent"))

    yield Setting("solvation", "standard: SMD", lambda: solvation.smd(at, 0, 1, "water")[0])
    yield Setting("solvation", "PySCF's SMD with 194 points", lambda: pyscf_energy(at, solvation.LEBEDEV_ORDER))
    yield Setting("solvation", "ALPB (quick)", lambda: solvation.alpb(at, 0, 1, "water"))

    space = active_space(reference, at, ActiveSpaceChoice(*STANDARD.frontier))
    integrals = hamiltonian(reference, space)
    state = vqe_state(space, integrals, STANDARD.ansatz, None).result.state
    for level in (STANDARD, replace(STANDARD, grid_level=0), replace(STANDARD, grid_level=3)):
        which = "standard" if level is STANDARD else f"grid {level.grid_level} in place of {STANDARD.grid_level}"
        yield Setting("MC-PDFT", which, lambda level=level: Pdft(reference, space, level).energy(space, state))
    yield Setting("VQE", "standard", lambda: vqe_state(space, integrals, STANDARD.ansatz, None).result.energy_hartree)


def guessed(at: Geometry, guess: str) -> float:
    solver = scf_solver(molecule(at, 0, 1, STANDARD.basis), "hf", STANDARD.grid_level, density_fit=True)
    solver.init_guess = guess
    return float(converge(solver).e_tot)


def pyscf_energy(at: Geometry, lebedev_order: int) -> float:
    """SMD as PySCF does it."""
    mol = molecule(at, 0, 1, solvation.BASIS)
    grid = solvation.ENERGY_GRID_LEVEL
    in_gas, solvated = (scf_solver(mol, solvation.FUNCTIONAL, grid, density_fit=True) for _ in range(2))
    in_gas = converge(in_gas)
    model = pyscf_smd.SMD(mol, "water")
    model.lebedev_order = lebedev_order
    return float(converge(pyscf_smd.smd_for_scf(solvated, model), in_gas.make_rdm1()).e_tot - in_gas.e_tot)


def use_threads(count: int) -> None:
    threadpool_limits(limits=count)
    lib.num_threads(count)


def standard_seconds(at: Geometry) -> float:
    start = time.perf_counter()
    mean_field(at, 0, 1, STANDARD)
    return time.perf_counter() - start


def throughput(at: Geometry) -> list[list[str]]:
    """Seconds a mean field, two of them at a time or one after the other."""
    use_threads(2)
    one_process = median(standard_seconds(at) for _ in range(4))
    use_threads(1)
    with ProcessPoolExecutor(2, get_context("spawn"), use_threads, (1,)) as pool:
        list(pool.map(standard_seconds, [at] * 2))  # imports
        start = time.perf_counter()
        list(pool.map(standard_seconds, [at] * 4))
        two_processes = (time.perf_counter() - start) / 4
    return [
        ["one process, two threads", f"{one_process:.2f}", "1.00"],
        ["two processes, one thread each", f"{two_processes:.2f}", f"{two_processes / one_process:.2f}"],
    ]


def rows(at: Geometry) -> Iterator[list[str]]:
    first: dict[str, tuple[float, float]] = {}
    for setting in settings(at):
        energy, seconds = timed(setting.run)
        base_energy, base_seconds = first.setdefault(setting.stage, (energy, seconds))
        off = f"{HARTREE_IN_KCAL_MOL * (energy - base_energy):+.3f}"
        yield [setting.name, setting.stage, f"{seconds:.2f}", f"{seconds / base_seconds:.2f}", off]


def main() -> None:
    """Measure and write the page."""
    use_threads(1)
    at = relax(neutral(SMILES, NAME, "gas"), replace(STANDARD, n_conformers=1), 1).geometry
    header = ("setting", "stage", "seconds", "ratio", "energy difference (kcal/mol)")
    settings_table = table(header, rows(at))
    publish(
        "mean_field",
        "# What the settings of a ground state cost",
        f"{NAME}, seconds on one core, the faster of {REPEATS} runs; ratio and energy difference to the stage's first "
        "row, which is what the standard profile does. Energies of another basis or functional do not compare.",
        settings_table,
        "## Threads",
        table(("mean fields, throughput", "seconds each", "ratio"), throughput(at)),
        described(PACKAGES, "python benchmarks/mean_field.py", 1),
    )


if __name__ == "__main__":
    main()
