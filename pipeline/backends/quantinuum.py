"""Quantinuum: its gates in the local emulator of pytket-quantinuum, with noise."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.operations import Link, Turn, bits_of, compiled_for, operations, used_qubits
from pipeline.errors import InputError

MACHINES = ("H1-1LE", "H2-1LE")
NOISE = {"p1": 3e-5, "p2": 1e-3, "p_meas": 2e-3, "p_init": 1e-4}
"""Depolarising after gates on one and two qubits, and flips of readout and preparation; rounded figures of this
project in the range of such machines, no calibration of theirs."""


@dataclass(frozen=True, slots=True)
class FakeQuantinuumSampler:
    """PhasedX, Rz and ZZPhase in PECOS, which pytket-quantinuum runs its local emulators with.

    Those emulators have no noise of their own, so PECOS's depolarising model is put in: one trajectory a shot, about
    half a millisecond each.
    """

    machine: str

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"quantinuum-fake:{self.machine}"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; any two ions are neighbours.

        Raises:
            InputError: there is no such machine.
        """
        if self.machine not in MACHINES:
            raise InputError(f"There is no local emulator {self.machine!r}.", f"Use one of {', '.join(MACHINES)}.")
        return compiled_for(circuit, ["rzz"])

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`."""
        with needs("pytket-quantinuum[pecos]", "quantinuum"):
            from pecos.error_models.depolarizing_error_model import DepolarizingErrorModel
            from pytket_pecos import Emulator
        counts = []
        for k, (circuit, n) in enumerate(zip(circuits, shots, strict=True)):
            translated = tket_circuit(circuit, self.machine)
            noise = DepolarizingErrorModel(error_params=dict(NOISE))
            emulator = Emulator(translated, error_model=noise, qsim="state-vector", seed=1000 * seed + k)
            readouts = emulator.run(n).to_readouts()
            counts.append(dict(Counter("".join(map(str, row[::-1])) for row in readouts.tolist())))
        return tuple(counts)


def tket_circuit(circuit: QuantumCircuit, machine: str) -> Any:
    """A measured circuit in the machine's gates, checked by pytket-quantinuum."""
    with needs("pytket-quantinuum[pecos]", "quantinuum"):
        from pytket import Circuit, OpType
        from pytket.extensions.quantinuum import QuantinuumAPIOffline, QuantinuumBackend
    steps = list(operations(circuit))
    number = {qubit: k for k, qubit in enumerate(used_qubits(steps))}
    result = Circuit(len(number), circuit.num_clbits)
    for step in steps:
        if isinstance(step, Turn):  # Rz(φ + λ) after a turn about the axis at π/2 − λ of the equator; half turns
            result.add_gate(OpType.PhasedX, [step.theta / math.pi, 0.5 - step.lam / math.pi], [number[step.qubit]])
            result.Rz((step.phi + step.lam) / math.pi, number[step.qubit])
        elif isinstance(step, Link):
            result.ZZPhase(step.angle / math.pi, *(number[q] for q in step.qubits))
    for bit, qubit in enumerate(bits_of(steps)):
        result.Measure(number[qubit], bit)
    backend = QuantinuumBackend(machine, api_handler=QuantinuumAPIOffline())
    if not backend.valid_circuit(result):
        raise InputError(f"{machine} does not take this circuit.", "Choose a smaller active space.")
    return result
