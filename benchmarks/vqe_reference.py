"""The VQE engine against PySCF's exact solver, and against the same ansatz as a Qiskit circuit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

import typer
from cases import AGAINST_CIRCUIT, AGAINST_EXACT, DIHYDROGEN, Case
from machine import described, publish
from pyscf import lib
from pyscf.fci import direct_spin1
from qiskit.quantum_info import Statevector

from flows.markdown import table
from pipeline.circuits.qiskit import ansatz_circuit, electronic_operator
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.minimise import GRADIENT_TOLERANCE
from pipeline.vqe.solve import solve

REPEATS = 3
AGREEMENT_HARTREE = 1e-7
PACKAGES = ("pyscf", "numpy", "scipy", "numba", "qiskit", "qiskit-nature")
T = TypeVar("T")
EXACT_COLUMNS = (
    *("case", "qubits", "parameters", "evaluations", "gradient norm (Ha)", "VQE (Ha)", "exact (Ha)"),
    *("error (mHa)", "% of correlation", "VQE (s)", "exact (s)", "ratio", "exact, lean (s)", "ratio, lean"),
)


def best_time(run: Callable[[], T]) -> tuple[T, float]:
    """The result, and the shortest seconds of `REPEATS` runs after a warm-up."""
    result, seconds = run(), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return result, min(seconds)


def exact_energy(hamiltonian: Hamiltonian, start_size: int = 400) -> float:
    """PySCF's full CI in the same sector at its default tolerance of 1e-10 Ha.

    `start_size` determinants (PySCF's default) are diagonalised densely for a start; dear where the sector is small.
    """
    electrons = (hamiltonian.n_alpha, hamiltonian.n_beta)
    solver = direct_spin1.FCISolver()
    solver.pspace_size = start_size
    energy, _ = solver.kernel(hamiltonian.one_body, hamiltonian.two_body, hamiltonian.n_orbitals, electrons)
    if not solver.converged:
        raise RuntimeError("The exact solver did not converge: nothing to compare with.")
    return float(energy) + hamiltonian.constant


def against_exact(case: Case) -> list[str]:
    hamiltonian, determinant = case.hamiltonian()
    vqe, vqe_seconds = best_time(lambda: solve(hamiltonian))
    exact, exact_seconds = best_time(lambda: exact_energy(hamiltonian))
    lean, lean_seconds = best_time(lambda: exact_energy(hamiltonian, start_size=1))
    if abs(lean - exact) > AGREEMENT_HARTREE:
        raise RuntimeError(f"{case}: two runs of the exact solver ended in different states.")
    recovered = (determinant - vqe.energy_hartree) / (determinant - exact)
    return [
        str(case),
        f"{hamiltonian.n_qubits}",
        f"{len(vqe.parameters)}",
        f"{vqe.n_evaluations}",
        f"{vqe.gradient_norm:.1e}",
        f"{vqe.energy_hartree:.6f}",
        f"{exact:.6f}",
        f"{1000 * (vqe.energy_hartree - exact):.3f}",
        f"{100 * recovered:.2f}",
        f"{vqe_seconds:.4f}",
        f"{exact_seconds:.4f}",
        f"{vqe_seconds / exact_seconds:.1f}",
        f"{lean_seconds:.4f}",
        f"{vqe_seconds / lean_seconds:.1f}",
    ]


def against_circuit(case: Case) -> list[str]:
    hamiltonian, _ = case.hamiltonian()
    vqe = solve(hamiltonian)
    circuit = ansatz_circuit(vqe.excitations, vqe.parameters, hamiltonian)
    energy = Statevector(circuit).expectation_value(electronic_operator(hamiltonian)).real
    factors, gates = f"{len(vqe.excitations)}", f"{circuit.size()}"
    return [str(case), f"{circuit.num_qubits}", factors, gates, f"{abs(vqe.energy_hartree - energy):.0e}"]


def first_call(threads: int) -> float:
    lib.num_threads(threads)
    hamiltonian, _ = DIHYDROGEN.hamiltonian()
    start = time.perf_counter()
    solve(hamiltonian)
    return time.perf_counter() - start


def first_calls(threads: int) -> tuple[float, float]:
    """Seconds of the first call in a fresh process: without and with numba's cache on disk."""
    with TemporaryDirectory() as cache:
        os.environ["NUMBA_CACHE_DIR"] = cache
        seconds = []
        for _ in range(2):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                seconds.append(fresh.submit(first_call, threads).result())
        del os.environ["NUMBA_CACHE_DIR"]
    return seconds[0], seconds[1]


def main(threads: Annotated[int, typer.Option(min=1, help="Of PySCF, in both solvers.")] = 1) -> None:
    """Compare the VQE engine with an exact solver and a circuit; one thread, as the workers of a screen have."""
    lib.num_threads(threads)
    compiling, cached = first_calls(threads)
    circuit = ("case", "qubits", "factors", "gates", "energy difference (Ha)")
    option = "" if threads == 1 else f" --threads {threads}"
    publish(
        "vqe_reference",
        "# The VQE engine against exact and circuit references",
        "UCCSD minimised by `pipeline.vqe.solve` beside PySCF's full CI on the same Hamiltonian in the same run, "
        "and beside the same ansatz and parameters as a Qiskit circuit on a state vector.",
        "## Against the exact solver",
        table(EXACT_COLUMNS, map(against_exact, AGAINST_EXACT)),
        f"Seconds are the best of {REPEATS} after one warm-up; the ratio is VQE to exact. The VQE stops at a gradient "
        f"norm of {GRADIENT_TOLERANCE:.0e} Ha, the exact solver (`direct_spin1`) at PySCF's default of 1e-10 Ha. By "
        "default that solver first diagonalises 400 determinants densely, which rules its time where the sector is "
        "small; the lean columns are without (`pspace_size` 1), and the fairer ones. Both solvers have the same number "
        "of threads, by default one, as the workers of a screen have.",
        f"The first VQE of a process takes {compiling:.1f} s while numba compiles, {cached:.2f} s from its disk cache.",
        "## Against the circuit",
        table(circuit, map(against_circuit, AGAINST_CIRCUIT)),
        described(PACKAGES, f"python benchmarks/vqe_reference.py{option}", threads),
    )


if __name__ == "__main__":
    typer.run(main)
