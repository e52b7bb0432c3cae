"""SQD of LUCJ samples against uniform samples, selected CI and exact CASCI, at the same size of the subspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import typer
from cases import Case, chain
from machine import described, publish
from pyscf import lib

from flows.markdown import table
from pipeline.hamiltonian import Hamiltonian
from pipeline.sqd.compare import exact, first_strings
from pipeline.sqd.samples import lucj_samples, uniform_samples
from pipeline.sqd.selected_ci import selected_ci
from pipeline.sqd.solve import sqd

SAMPLES = (1_000, 10_000, 100_000)
SEEDS = 3
LAYERS = 2
CASES = (
    ("1.1 Å", Case("N2", "N 0 0 0; N 0 0 1.1", "6-31g", 10, 12)),
    ("1.8 Å", Case("N2", "N 0 0 0; N 0 0 1.8", "6-31g", 10, 12)),
    ("1.5 Å", Case("H10 chain", chain(10, 1.5), "sto-3g", 10, 10)),
    ("1.1 Å", Case("N2", "N 0 0 0; N 0 0 1.1", "cc-pvdz", 10, 16)),
)
COLUMNS = ("case", "determinants", "samples", "strings", "% of sector", "LUCJ-SQD", "uniform-SQD", "selected CI")
PACKAGES = ("pyscf", "ffsim", "qiskit-addon-sqd", "jax", "numpy")


@dataclass(frozen=True, slots=True)
class Row:
    """Energies in hartree of one number of samples."""

    n_samples: int
    n_strings: Sequence[int]
    coverage: float
    lucj: Sequence[float]
    uniform: Sequence[float]
    selected_ci: float
    """With the fewest strings that a seed gave."""


def rows_of(hamiltonian: Hamiltonian) -> list[Row]:
    """Disjoint parts of one draw are the seeds, and the start of each the smaller numbers of samples."""
    most = max(SAMPLES)
    drawn = lucj_samples(hamiltonian, SEEDS * most, seed=0, n_layers=LAYERS)
    rows = []
    for count in SAMPLES:
        states = [sqd(hamiltonian, drawn[k * most : k * most + count], seed=k) for k in range(SEEDS)]
        sizes = [state.amplitudes.shape for state in states]
        evenly = [uniform_samples(hamiltonian, count, seed=k) for k in range(SEEDS)]
        uniform = [first_strings(hamiltonian, some, *size) for some, size in zip(evenly, sizes, strict=True)]
        rows.append(
            Row(
                n_samples=count,
                n_strings=sorted(size[0] for size in sizes),
                coverage=sorted(state.coverage for state in states)[SEEDS // 2],
                lucj=sorted(state.energy_hartree for state in states),
                uniform=sorted(state.energy_hartree for state in uniform),
                selected_ci=selected_ci(hamiltonian, *min(sizes)).energy_hartree,
            )
        )
    return rows


def described_case(length: str, case: Case) -> tuple[list[list[str]], list[Row], str]:
    """Lines of the table, what they say, and where zero is."""
    hamiltonian, _ = case.hamiltonian()
    rows = rows_of(hamiltonian)
    known = exact(hamiltonian)
    zero = min(min(*row.lucj, row.selected_ci) for row in rows) if known is None else known

    def above(*energies: float) -> str:
        low, middle, high = (f"{max(1000 * (energies[k] - zero), 0):.2f}" for k in (0, len(energies) // 2, -1))
        return middle if low == high else f"{middle} ({low}–{high})"

    lines = [
        [
            f"{case}, {length}",
            f"{hamiltonian.sector_dimension:,}",
            f"{row.n_samples:,}",
            "–".join(f"{n}" for n in sorted({row.n_strings[0], row.n_strings[-1]})),
            f"{100 * row.coverage:.3f}",
            above(*row.lucj),
            above(*row.uniform),
            above(row.selected_ci),
        ]
        for row in rows
    ]
    return lines, rows, f"{case}, {length}: {zero:.6f} Ha, {'the lowest here' if known is None else 'exact'}."


def main() -> None:
    """Compare what samples of an LUCJ state are worth; one thread."""
    lib.num_threads(1)
    results = [described_case(*case) for case in CASES]
    rows = [row for _, some, _ in results for row in some]
    over_uniform = sum(row.lucj[-1] < row.uniform[0] for row in rows)
    under_selected = sum(row.selected_ci < row.lucj[0] for row in rows)
    publish(
        "sqd",
        "# SQD against its null models",
        f"Millihartree above the exact energy: median (lowest–highest) of {SEEDS} draws of noiseless samples from an "
        f"LUCJ state of {LAYERS} layers with heavy-hex interactions and amplitudes from CCSD. Uniform SQD has as many "
        "strings of each spin, drawn evenly; selected CI has the fewest strings that a draw gave, chosen by "
        "perturbation theory. All have the reference determinant.",
        table(COLUMNS, [line for lines, _, _ in results for line in lines]),
        f"In {over_uniform} of {len(rows)} lines every LUCJ draw lies below every uniform one, and in {under_selected} "
        f"of {len(rows)} selected CI lies below every LUCJ draw.",
        "Zero is: " + " ".join(zero for _, _, zero in results),
        described(PACKAGES, "python benchmarks/sqd.py", 1),
    )


if __name__ == "__main__":
    typer.run(main)
