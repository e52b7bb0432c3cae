"""Google: Cirq's simulator, and Google's processors as Cirq's virtual engine has them."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CZGate, RZGate, SXGate
from qiskit.transpiler import InstructionProperties, Target

from pipeline.backends.aer import fewest_gates
from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.operations import Link, Turn, bits_of, compiled_for, operations
from pipeline.errors import InputError

UNKNOWN_ERROR = 0.1
"""Of a CZ gate that was not calibrated: it is avoided."""


@dataclass(frozen=True, slots=True)
class CirqSampler:
    """Noiseless shots of Cirq's state-vector simulator."""

    name: str = "cirq"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; any two qubits are neighbours."""
        return compiled_for(circuit, ["cz"], tries=1)

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`."""
        with needs("cirq", "google"):
            import cirq
        simulator = cirq.Simulator(seed=seed)
        return tuple(
            counts_of(simulator.run(cirq_circuit(circuit, {}), repetitions=n))
            for circuit, n in zip(circuits, shots, strict=True)
        )


@dataclass(frozen=True, slots=True)
class FakeGoogleSampler:
    """A Google processor in Cirq's virtual engine: its grid, CZ as its gate, and noise from its median calibration.

    The noise is `cirq_google.NoiseModelFromGoogleNoiseProperties`: depolarising and thermal errors of each gate,
    entangling errors, and readout of each qubit, on a density matrix.
    """

    processor: str
    """Of `cirq_google.engine.list_virtual_processors`, such as ``willow_pink``."""

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"google-fake:{self.processor}"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`, on the qubits whose CZ gates err least.

        Raises:
            InputError: there is no such processor, or it has too few qubits.
        """
        return fewest_gates(circuit, _virtual(self.processor))

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`."""
        cirq, cirq_google = packages()
        translated = [_virtual(self.processor).translated(circuit) for circuit in circuits]
        engine = cirq_google.engine.create_default_noisy_quantum_virtual_machine(
            self.processor, simulator_class=cirq.DensityMatrixSimulator, seed=seed
        )
        sampler = engine.get_processor(self.processor).get_sampler()
        results = sampler.run_batch(translated, repetitions=list(shots))
        return tuple(counts_of(one[0]) for one in results)


def cirq_circuit(circuit: QuantumCircuit, named: Mapping[int, Any]) -> Any:
    """A measured circuit in Cirq's PhasedXZ and CZ gates.

    Args:
        circuit: measured.
        named: Cirq's qubits by Qiskit's numbers; a line where they are missing.
    """
    with needs("cirq", "google"):
        import cirq
    steps = list(operations(circuit))
    moments: list[Any] = []

    def qubit(number: int) -> Any:
        return named.get(number, cirq.LineQubit(number))

    for step in steps:
        if isinstance(step, Turn):
            matrix = _rz(step.phi) @ _ry(step.theta) @ _rz(step.lam)
            moments.append(cirq.single_qubit_matrix_to_phxz(matrix).on(qubit(step.qubit)))
        elif isinstance(step, Link):
            moments.append(cirq.CZ(*(qubit(q) for q in step.qubits)))
    moments.append(cirq.Moment(cirq.measure(*(qubit(q) for q in bits_of(steps)), key="b")))
    return cirq.Circuit(moments)


def _rz(angle: float) -> Any:
    return np.diag(np.exp(np.array([-0.5j, 0.5j]) * angle))


def _ry(angle: float) -> Any:
    cosine, sine = np.cos(angle / 2), np.sin(angle / 2)
    return np.array([[cosine, -sine], [sine, cosine]])


def counts_of(result: Any) -> Counts:
    """Of a result whose measurement has the key ``b``."""
    bits = result.measurements["b"].astype(int)  # the engine's client gives booleans
    strings = Counter("".join(map(str, row[::-1])) for row in bits.tolist())
    return dict(strings)


def packages() -> tuple[Any, Any]:
    """Cirq, and Google's part of it.

    Raises:
        InputError: they are missing.
    """
    with needs("cirq-google", "google"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cirq
        import cirq_google
    logging.getLogger("cirq_google").setLevel(logging.ERROR)
    return cirq, cirq_google


@dataclass(frozen=True, eq=False)
class Grid:
    """A processor for Qiskit's transpiler."""

    name: str
    device: Any
    """Cirq's, which checks circuits."""
    qubits: tuple[Any, ...]
    """Cirq's, by Qiskit's numbers."""
    target: Target

    @staticmethod
    def of(name: str, device: Any, error: Callable[[Any, Any], float]) -> Grid:
        """A processor whose CZ gates err that often on pairs of qubits."""
        qubits = tuple(sorted(device.metadata.qubit_set))
        number = {qubit: k for k, qubit in enumerate(qubits)}
        errors = {
            (number[a], number[b]): InstructionProperties(error=error(a, b))
            for pair in device.metadata.nx_graph.edges
            for a, b in (pair, pair[::-1])
        }
        target = Target(num_qubits=len(qubits))
        target.add_instruction(CZGate(), errors)
        angle = Parameter("angle")
        for gate in (RZGate(angle), SXGate(), Measure()):
            target.add_instruction(gate, {(k,): None for k in range(len(qubits))})
        return Grid(name, device, qubits, target)

    @property
    def num_qubits(self) -> int:
        """All of them."""
        return len(self.qubits)

    def translated(self, circuit: QuantumCircuit) -> Any:
        """A measured circuit as Cirq's on this processor, checked."""
        made = cirq_circuit(circuit, dict(enumerate(self.qubits)))
        self.device.validate_circuit(made)
        return made


@cache
def _virtual(processor: str) -> Grid:
    cirq, cirq_google = packages()
    known = cirq_google.engine.list_virtual_processors()
    if processor not in known:
        raise InputError(f"There is no Google processor {processor!r}.", f"Use one of {', '.join(known)}.")
    device = cirq_google.engine.create_device_from_processor_id(processor)
    noise = cirq_google.engine.load_device_noise_properties(processor)

    def error(*pair: Any) -> float:
        rates = [
            rate
            for identifier, rate in noise.gate_pauli_errors.items()
            if identifier.gate_type is cirq.CZPowGate and set(identifier.qubits) == set(pair)
        ]
        return max(rates, default=UNKNOWN_ERROR)

    return Grid.of(processor, device, error)
