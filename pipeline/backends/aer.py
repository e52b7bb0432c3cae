"""Aer: samples of Qiskit's simulator, and of IBM's devices with the noise of their calibration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, transpile

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.errors import InputError, ResourceError

_BASIS = ("rz", "sx", "x", "cx")
_TRIES = 8
"""Seeds of the transpiler; the circuit with the fewest two-qubit gates is taken."""
_MOST_OPERATIONS = 200_000
"""That are given to Aer at once: some hundred megabytes with their noise."""
_SEEDS = 1_000_003
"""Between those of two circuits that are not given at once; Aer counts on from the first one's."""
_MOST_WORK = 10**12
"""Operations with noise, times the elements of the density matrix: about an hour on one core."""


@dataclass(frozen=True, slots=True)
class AerSampler:
    """Noiseless shots of Qiskit Aer."""

    name: str = "aer-shots"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; any two qubits are neighbours."""
        native = transpile(circuit, basis_gates=_BASIS, optimization_level=3, seed_transpiler=0)
        return Compiled(native, tuple(range(circuit.num_qubits)))

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`."""
        with needs("qiskit-aer", "aer"):
            from qiskit_aer import AerSimulator
        return run(AerSimulator(), circuits, shots, seed)


@dataclass(frozen=True, slots=True)
class FakeIbmSampler:
    """An IBM device as it was when its calibration was recorded: its gates, its map, and its noise in Qiskit Aer.

    Gate errors are depolarising with thermal relaxation over the gate's time, readout errors those of each qubit, as
    `NoiseModel.from_backend` makes them of the calibration. Idle qubits and cross-talk have no noise.
    """

    device: str
    """Its class in `qiskit_ibm_runtime.fake_provider`, such as ``FakeTorino``."""

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"ibm-fake:{self.device}"

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`, on the qubits that the transpiler finds least noisy.

        Raises:
            InputError: there is no such device, or it has too few qubits.
        """
        return fewest_gates(circuit, fake_device(self.device))

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`.

        Raises:
            ResourceError: the noise would take hours to simulate.
        """
        with needs("qiskit-aer", "aer"):
            from qiskit_aer import AerSimulator
        _refuse_too_long(circuits)
        device = fake_device(self.device)
        native = transpile(list(circuits), target=device.target, optimization_level=0)
        return run(AerSimulator(noise_model=_noise(self.device)), native, shots, seed)


def fewest_gates(circuit: QuantumCircuit, device: Any) -> Compiled:
    """The circuit transpiled to a Qiskit backend: of several tries the one with the fewest two-qubit gates.

    Raises:
        InputError: the device has too few qubits.
    """
    if circuit.num_qubits > device.num_qubits:
        raise InputError(
            f"{device.name} has {device.num_qubits} qubits, the circuit {circuit.num_qubits}.",
            "Choose a larger device, a smaller active space or a mapping that tapers.",
        )
    target = device.target
    tries = (transpile(circuit, target=target, optimization_level=3, seed_transpiler=seed) for seed in range(_TRIES))
    native = min(tries, key=lambda one: (one.num_nonlocal_gates(), one.depth()))
    return Compiled(native, tuple(native.layout.final_index_layout()))


@cache
def fake_device(name: str) -> Any:
    """A device of `qiskit_ibm_runtime.fake_provider`.

    Raises:
        InputError: there is none of this name, or the package is missing.
    """
    with needs("qiskit-ibm-runtime", "ibm"):
        from qiskit_ibm_runtime import fake_provider
    made = getattr(fake_provider, name, None) if name.startswith("Fake") else None
    if made is None or not hasattr(device := made(), "target"):
        known = [one for one in dir(fake_provider) if one.startswith("Fake") and "Provider" not in one]
        raise InputError(f"There is no fake device {name!r}.", f"Use one of {', '.join(known)}.")
    return device


@cache
def _noise(name: str) -> Any:
    """Takes seconds for a hundred qubits."""
    with needs("qiskit-aer", "aer"):
        from qiskit_aer.noise import NoiseModel
    return NoiseModel.from_backend(fake_device(name))


def run(simulator: Any, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
    """Counts from Aer: of many circuits at once, which reads the noise once, with the most shots that one wants.

    Of these, those that a circuit wants are drawn without replacement.
    """
    generator = np.random.default_rng(seed)
    counts: list[Counts] = []
    for part in _parts(circuits):
        wanted = shots[len(counts) : len(counts) + len(part)]
        result = simulator.run(part, shots=max(wanted), seed_simulator=seed + _SEEDS * len(counts)).result()
        if not result.success:
            raise ResourceError(f"Qiskit Aer failed: {result.status}.", "Choose a smaller active space.")
        for k, n_shots in enumerate(wanted):
            found = result.get_counts(k)
            drawn = generator.multivariate_hypergeometric(list(found.values()), n_shots, method="marginals")
            counts.append({string: int(n) for string, n in zip(found, drawn, strict=True) if n})
    return tuple(counts)


def _parts(circuits: Sequence[QuantumCircuit]) -> Iterator[list[QuantumCircuit]]:
    """As many at a time as Aer has room for."""
    part: list[QuantumCircuit] = []
    for circuit in circuits:
        if part and sum(map(len, part)) + len(circuit) > _MOST_OPERATIONS:
            yield part
            part = []
        part.append(circuit)
    yield part


def _refuse_too_long(circuits: Sequence[QuantumCircuit]) -> None:
    """Refuse to simulate for hours.

    Raises:
        ResourceError: the operations with noise, times the elements of the density matrix, are too many.
    """
    n_qubits = len({qubit for step in circuits[0] for qubit in step.qubits})  # of a state, all circuits use the same
    operations = sum(map(len, circuits))
    if operations * 4**n_qubits > _MOST_WORK:
        raise ResourceError(
            f"The noise of {operations:,} operations on {n_qubits} qubits, in {len(circuits)} circuits, would take "
            "hours to simulate.",
            "Choose a smaller active space, a mapping that tapers, or aer-shots, which has no noise.",
        )
