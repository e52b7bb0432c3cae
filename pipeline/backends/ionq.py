"""IonQ: native gates, a noisy simulation of them here, and IonQ's cloud."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.google import counts_of
from pipeline.backends.operations import Link, Turn, bits_of, compiled_for, operations

DEPOLARISING = (0.0002666666666666667, 0.004949333333333333)
"""Strength r after gates on one and two qubits of Forte 1: an error of each Pauli string with r/4 and r/16. Source:
docs.ionq.com/guides/simulation-with-noise-models, the model of IonQ's own noisy simulator."""


@dataclass(frozen=True, slots=True)
class NativeGate:
    """A gate of IonQ's Forte; angles in turns, as its API has them."""

    name: str
    """``gpi2`` or ``zz``."""
    qubits: tuple[int, ...]
    turns: float
    """Phase of gpi2; of zz its angle, exp(−iπ angle Z Z)."""


def native_gates(circuit: QuantumCircuit) -> tuple[list[NativeGate], list[int]]:
    """The gates of a measured circuit and the qubit of each classical bit.

    Each turn is two gpi2 pulses; rotations about Z are kept in the phases of the pulses that follow.
    """
    steps = list(operations(circuit))
    return list(_native(steps)), bits_of(steps)


def _native(steps: Sequence[Any]) -> Iterator[NativeGate]:
    frame: dict[int, float] = {}  # rotation about Z still to be done, radians
    for step in steps:
        if isinstance(step, Turn):  # Rz(φ + π) Rx(π/2) Rz(θ + π) Rx(π/2) Rz(λ)
            angle = frame.get(step.qubit, 0.0) + step.lam
            yield NativeGate("gpi2", (step.qubit,), _turns(-angle))
            angle += step.theta + math.pi
            yield NativeGate("gpi2", (step.qubit,), _turns(-angle))
            frame[step.qubit] = angle + step.phi + math.pi
        elif isinstance(step, Link):
            yield NativeGate("zz", step.qubits, step.angle / (2 * math.pi))


def _turns(radians: float) -> float:
    """In [−½, ½]."""
    return math.remainder(radians / (2 * math.pi), 1.0)


def compiled(circuit: QuantumCircuit) -> Compiled:
    """In turns and ZZ rotations; any two ions are neighbours."""
    return compiled_for(circuit, ["rzz"])


@dataclass(frozen=True, slots=True)
class FakeIonqSampler:
    """IonQ's Forte gates with depolarising noise after each, on Cirq's density matrix. Readout has no errors."""

    name: str = "ionq-fake"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`."""
        return compiled(circuit)

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`."""
        with needs("cirq-ionq", "ionq"):
            import cirq
        simulator = cirq.DensityMatrixSimulator(seed=seed)
        return tuple(
            counts_of(simulator.run(_noisy(circuit), repetitions=n)) for circuit, n in zip(circuits, shots, strict=True)
        )


def _noisy(circuit: QuantumCircuit) -> Any:
    with needs("cirq-ionq", "ionq"):
        import cirq
        import cirq_ionq
    one, two = DEPOLARISING
    after_one, after_two = cirq.depolarize(3 * one / 4), cirq.depolarize(15 * two / 16, n_qubits=2)
    gates, bits = native_gates(circuit)
    moments: list[Any] = []
    for gate in gates:
        ions = [cirq.LineQubit(q) for q in gate.qubits]
        made = cirq_ionq.GPI2Gate(phi=gate.turns) if gate.name == "gpi2" else cirq_ionq.ZZGate(theta=gate.turns)
        moments += [made.on(*ions), (after_one if gate.name == "gpi2" else after_two).on(*ions)]
    return cirq.Circuit([*moments, cirq.Moment(cirq.measure(*(cirq.LineQubit(q) for q in bits), key="b"))])
