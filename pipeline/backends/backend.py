"""Backend: what measures the energy of a circuit's state, and what that needs of a vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

Counts = Mapping[str, int]
"""How often each bitstring was read; qubit 0 is the last letter, as in Qiskit."""


@dataclass(frozen=True, slots=True)
class Energy:
    """A measured energy."""

    value_hartree: float
    standard_error_hartree: float
    """One standard deviation of the mean, from the shots' own scatter; zero where it was not sampled."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a backend measured."""

    value_hartree: float
    standard_error_hartree: float
    counts: tuple[tuple[str, dict[str, int]], ...]
    """Pauli letters that were read (qubit 0 last), and how often each bitstring came; of the unscaled noise."""
    shots: int
    """All of them, calibration included; 0 where the state vector was read."""
    metadata: dict[str, Any]
    """``depth``, ``two_qubit_gates`` and ``settings`` (circuits with different bases), and ``mitigation``: the energy
    with none of it and with one step after the other, as `Energy`."""


class Backend(Protocol):
    """Measures the energy of the state that a circuit prepares."""

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""

    def run(self, circuit: QuantumCircuit, observable: SparsePauliOp, shots: int, seed: int) -> Measured:
        """⟨observable⟩ in the state that the circuit makes of |0…0⟩.

        Args:
            circuit: without measurements, of gates on one and two qubits.
            observable: hartree, constant included.
            shots: of all circuits together.
            seed: of the simulators' random numbers; a QPU runs the same seed once only.

        Raises:
            ComputationError: its class says whether to change the request, make it smaller, or try again.
        """


@dataclass(frozen=True, eq=False, slots=True)
class Compiled:
    """A circuit in a device's gates on its qubits."""

    circuit: QuantumCircuit
    """Native two-qubit gates, routed; without measurements."""
    places: tuple[int, ...]
    """Which of its qubits holds each qubit of the state at its end."""

    @property
    def two_qubit_gates(self) -> int:
        """Gates on more than one qubit."""
        return int(self.circuit.num_nonlocal_gates())

    @property
    def depth(self) -> int:
        """Of the native circuit."""
        return int(self.circuit.depth())


class Sampler(Protocol):
    """A vendor's part: it compiles, and reads bitstrings."""

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """The circuit in native gates, routed and optimised."""

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """Bitstrings of each circuit.

        Args:
            circuits: each a `Compiled.circuit`, perhaps with noise scaled up, then any gates on single qubits, then
                measurements. Translated one gate at a time: nothing is optimised away.
            shots: of each.
            seed: of a simulator's random numbers.
        """
