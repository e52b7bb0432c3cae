"""Rigetti: its gates in pyQuil's PyQVM, with noise."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.transpiler import CouplingMap

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.operations import Link, Turn, bits_of, compiled_for, operations, used_qubits

DEPOLARISING = 0.001
"""Probability after each gate, RZ too, on each of its qubits; a round figure of this project, no calibration."""
_ROWS = 2


@dataclass(frozen=True, slots=True)
class FakeRigettiSampler:
    """RX(±π/2), RZ and CZ on a square lattice, on PyQVM's density matrix with depolarising noise; right readout."""

    name: str = "rigetti-fake"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`, on two rows of a square lattice."""
        columns = math.ceil(circuit.num_qubits / _ROWS)
        return compiled_for(circuit, ["cz"], CouplingMap.from_grid(_ROWS, columns))

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`."""
        with needs("pyquil", "rigetti"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyQVM is deprecated before what replaces it is public
            from pyquil.pyqvm import PyQVM
            from pyquil.simulation import ReferenceDensitySimulator

            generator = np.random.default_rng(seed)
            counts = []
            for circuit, n in zip(circuits, shots, strict=True):
                program, wires, n_qubits = quil_program(circuit)
                machine = PyQVM(
                    n_qubits,
                    quantum_simulator_type=ReferenceDensitySimulator,
                    post_gate_noise_probabilities={"depolarizing": DEPOLARISING},
                    seed=seed,
                )
                machine.execute(program)
                weights = np.real(np.diag(machine.wf_simulator.density)).clip(min=0)
                drawn = generator.multinomial(n, weights / weights.sum())
                found = {_string(index, wires): int(drawn[index]) for index in np.flatnonzero(drawn).tolist()}
                counts.append(found)
        return tuple(counts)


def quil_program(circuit: QuantumCircuit) -> tuple[Any, list[int], int]:
    """A measured circuit without its measurements in Rigetti's gates, the qubit of each bit, and how many qubits."""
    with needs("pyquil", "rigetti"):
        from pyquil import Program
        from pyquil.gates import CZ, RX, RZ
    steps = list(operations(circuit))
    number = {qubit: k for k, qubit in enumerate(used_qubits(steps))}
    program = Program()
    for step in steps:
        if isinstance(step, Turn):
            at = number[step.qubit]
            for angle in (step.lam, step.theta + math.pi):
                program += RZ(angle, at)
                program += RX(math.pi / 2, at)
            program += RZ(step.phi + math.pi, at)
        elif isinstance(step, Link):
            program += CZ(*(number[q] for q in step.qubits))
    return program, [number[qubit] for qubit in bits_of(steps)], len(number)


def _string(index: int, wires: Sequence[int]) -> str:
    return "".join(str(index >> wire & 1) for wire in reversed(wires))
