"""Qiskit Nature: `UCCSD` on qubits tapered by symmetry, `VQE` with reverse-mode gradients and L-BFGS-B."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
from qiskit import transpile
from qiskit.primitives import StatevectorEstimator
from qiskit_algorithms import VQE
from qiskit_algorithms.gradients import ReverseEstimatorGradient
from qiskit_algorithms.optimizers import L_BFGS_B
from qiskit_nature.second_q.circuit.library import UCCSD, HartreeFock
from qiskit_nature.second_q.hamiltonians import ElectronicEnergy
from qiskit_nature.second_q.mappers import ParityMapper
from qiskit_nature.second_q.problems import ElectronicStructureProblem
from worker import Peer, Problem, Trace, measure

GATES = ["cx", "h", "rx", "rz", "s", "sdg", "sx", "x"]


def prepare(problem: Problem, trace: Trace) -> Peer:
    n, electrons = problem.n_orbitals, (problem.n_alpha, problem.n_beta)
    electronic = ElectronicStructureProblem(ElectronicEnergy.from_raw_integrals(problem.one_body, problem.two_body))
    electronic.num_particles, electronic.num_spatial_orbitals = electrons, n
    mapper = electronic.get_tapered_mapper(ParityMapper(num_particles=electrons))
    operator = mapper.map(electronic.hamiltonian.second_q_op())
    ansatz = UCCSD(n, electrons, mapper, initial_state=HartreeFock(n, electrons, mapper))
    # As gates: StatevectorEstimator would exponentiate a dense matrix for each excitation.
    circuit = transpile(ansatz, basis_gates=GATES, optimization_level=1)
    estimator = StatevectorEstimator()
    solver = VQE(
        estimator,
        circuit,
        L_BFGS_B(maxfun=10_000),
        gradient=ReverseEstimatorGradient(),
        initial_point=mp2_amplitudes(problem, ansatz),
        callback=lambda _count, _parameters, energy, _metadata: trace.add(energy + problem.constant),
    )

    def minimise() -> bool:
        solver.compute_minimum_eigenvalue(operator)
        return True  # L_BFGS_B says nothing of convergence

    def reference_energy() -> float:
        job = estimator.run([(circuit, operator, np.zeros(circuit.num_parameters))])
        return float(job.result()[0].data.evs) + problem.constant

    return Peer(circuit.num_parameters, minimise, reference_energy)


def mp2_amplitudes(problem: Problem, ansatz: UCCSD) -> np.ndarray:
    """One for each excitation; Qiskit Nature's `MP2InitialPoint` fails where fewer orbitals are empty than occupied."""
    n, n_occupied, doubles = problem.n_orbitals, problem.n_alpha, problem.mp2_doubles()
    amplitudes = np.zeros(len(ansatz.excitation_list))
    for k, (leave, enter) in enumerate(ansatz.excitation_list):
        if len(leave) == 2:
            (i, j), (a, b) = (p % n for p in leave), (p % n - n_occupied for p in enter)
            same_spin = (leave[0] < n) == (leave[1] < n)
            amplitudes[k] = doubles[i, j, a, b] - (doubles[i, j, b, a] if same_spin else 0.0)
    return amplitudes


if __name__ == "__main__":
    packages = ("qiskit", "qiskit-nature", "qiskit-algorithms")
    names = ("Qiskit", "Nature", "Algorithms")
    measure(", ".join(f"{name} {version(package)}" for name, package in zip(names, packages, strict=True)), prepare)
