"""What each ansatz costs and reaches: parameters, CNOTs, evaluations and error, at equilibrium and stretched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cases import Case, chain
from machine import described, publish
from pyscf import lib
from pyscf.fci import direct_spin1
from qiskit import QuantumCircuit, transpile

import pipeline.vqe.adapt
from flows.markdown import table
from pipeline.circuits.qiskit import ansatz_circuit
from pipeline.hamiltonian import Hamiltonian
from pipeline.vqe.adapt import adapt
from pipeline.vqe.checkpoint import Progress
from pipeline.vqe.determinants import Vector
from pipeline.vqe.excitations import uccsd
from pipeline.vqe.minimise import VqeResult, minimise
from pipeline.vqe.sector import Sector
from pipeline.vqe.solve import Ansatz, excitations_of, solve

CASES = (
    Case("N2, 1.1 Å", "N 0 0 0; N 0 0 1.1", "sto-3g", 10, 8),
    Case("N2, 1.8 Å", "N 0 0 0; N 0 0 1.8", "sto-3g", 10, 8),
    Case("H8 chain, 0.8 Å", chain(8, 0.8), "sto-3g", 8, 8),
    Case("H8 chain, 1.6 Å", chain(8, 1.6), "sto-3g", 8, 8),
)
ANSAETZE: tuple[Ansatz, ...] = ("uccsd", "uccgsd", "1-upccgsd", "2-upccgsd", "hardware-efficient", "lucj")
CHEMICAL_ACCURACY = 1.6e-3
"""Hartree: 1 kcal/mol."""
COLUMNS = ("case", "ansatz", "parameters", "CNOTs", "evaluations", "converged", "seconds", "error (mHa)", "⟨S²⟩")
PACKAGES = ("pyscf", "numpy", "scipy", "numba", "qiskit", "ffsim")


class _FirstWithin:
    """Watches ADAPT grow through its checkpoint, for the first round within chemical accuracy."""

    def __init__(self, target: float) -> None:
        self.target = target
        self.reached: Progress | None = None

    def load(self) -> Progress | None:
        return self.reached

    def save(self, progress: Progress) -> None:
        if self.reached is None and progress.energy_hartree <= self.target:
            self.reached = progress
            raise StopIteration


def cnots(circuit: QuantumCircuit) -> int:
    """Two-qubit gates after Qiskit's compiler at its default level, all-to-all."""
    return int(transpile(circuit, basis_gates=["cx", "rz", "sx", "x"], optimization_level=2).count_ops().get("cx", 0))


def exact_energy(hamiltonian: Hamiltonian) -> float:
    electrons = (hamiltonian.n_alpha, hamiltonian.n_beta)
    solver = direct_spin1.FCISolver()
    solver.conv_tol = 1e-11
    energy, _ = solver.kernel(hamiltonian.one_body, hamiltonian.two_body, hamiltonian.n_orbitals, electrons)
    return float(energy) + hamiltonian.constant


def row(case: Case, name: str, hamiltonian: Hamiltonian, result: VqeResult, seconds: float) -> list[str]:
    gates = "—"
    if result.excitations:
        gates = f"{cnots(ansatz_circuit(result.excitations, result.parameters, hamiltonian))}"
    error = 1000 * (result.energy_hartree - exact_energy(hamiltonian))
    return [
        *(case.name, name, f"{len(result.parameters)}", gates, f"{result.n_evaluations}"),
        *("yes" if result.converged else "no", f"{seconds:.2f}", f"{error:.2f}", f"{result.s_squared:.4f}"),
    ]


def grown(hamiltonian: Hamiltonian, ansatz: Ansatz) -> tuple[str, VqeResult]:
    """ADAPT until it first comes within chemical accuracy, or until its own end."""
    pool = excitations_of(hamiltonian, ansatz)
    watch = _FirstWithin(exact_energy(hamiltonian) + CHEMICAL_ACCURACY - hamiltonian.constant)
    with counted_evaluations() as count:
        try:
            name, result = f"{ansatz}, to its end", adapt(hamiltonian, pool, checkpoint=watch)
        except StopIteration:
            assert watch.reached is not None
            size = len(watch.reached.operators)
            name, result = f"{ansatz}, to 1.6 mHa", adapt(hamiltonian, pool, max_operators=size, checkpoint=watch)
    return name, replace(result, n_evaluations=count[0])


@contextmanager
def counted_evaluations() -> Iterator[list[int]]:
    """How often energy and gradient were evaluated."""
    count, evaluate = [0], Sector.energy_and_gradient

    def counted(*arguments: Any) -> tuple[float, Vector]:
        count[0] += 1
        return evaluate(*arguments)

    Sector.energy_and_gradient = counted
    yield count
    Sector.energy_and_gradient = evaluate


def rows(case: Case) -> list[list[str]]:
    hamiltonian, _ = case.hamiltonian()
    found = []
    for ansatz in ANSAETZE:
        start = time.perf_counter()
        result = solve(hamiltonian, ansatz)
        found.append(row(case, ansatz, hamiltonian, result, time.perf_counter() - start))
        if ansatz == "uccsd":
            whole = uccsd(hamiltonian.n_orbitals, hamiltonian.n_alpha, hamiltonian.n_beta)
            start = time.perf_counter()
            result = minimise(hamiltonian, whole)
            name = "uccsd, symmetry not used"
            found.append(row(case, name, hamiltonian, result, time.perf_counter() - start))
    for ansatz in ("adapt", "adapt-qubit"):
        start = time.perf_counter()
        name, result = grown(hamiltonian, ansatz)
        found.append(row(case, name, hamiltonian, result, time.perf_counter() - start))
    return found


def main() -> None:
    lib.num_threads(1)
    pipeline.vqe.adapt.SECONDS = 0.0  # to see every round
    solve(CASES[0].hamiltonian()[0])  # compiles
    publish(
        "vqe_ansaetze",
        "# What each ansatz costs and reaches",
        "Error is against full CI of the same active space. ADAPT rows end where the error first falls below 1.6 mHa, "
        "or where ADAPT ends by itself (steepest gradient below 1e-3 Ha, or 200 operators). CNOTs are counted after "
        "Qiskit's compiler at level 2 without a coupling map; LUCJ's circuit is not built here.",
        table(COLUMNS, (line for case in CASES for line in rows(case))),
        described(PACKAGES, "python benchmarks/vqe_ansaetze.py", threads=1),
    )


if __name__ == "__main__":
    main()
