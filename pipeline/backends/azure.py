"""Azure Quantum: its local simulator, with noise."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.operations import compiled_for, openqasm

DEPOLARISING = 0.001
"""Probability after each gate on each of its qubits; a round figure of this project, no calibration of a machine."""


@dataclass(frozen=True, slots=True)
class FakeAzureSampler:
    """OpenQASM 3 in the sparse simulator of the Quantum Development Kit, with depolarising noise after each gate.

    It is the simulator behind `qdk.qiskit.QSharpBackend`, which itself leaves noise out.
    """

    name: str = "azure-fake"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; any two qubits are neighbours."""
        return compiled_for(circuit, ["cz"])

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`."""
        os.environ.setdefault("QDK_PYTHON_TELEMETRY", "none")
        with needs("qdk", "azure"):
            from qdk import DepolarizingNoise
            from qdk.openqasm import run
        counts = []
        for k, (circuit, n) in enumerate(zip(circuits, shots, strict=True)):
            noise = DepolarizingNoise(DEPOLARISING)
            found = run(openqasm(circuit), shots=n, noise=noise, as_bitstring=True, seed=1000 * seed + k)
            counts.append(dict(Counter(string[::-1] for string in found)))
        return tuple(counts)
