"""Energy: measured on a sampler's bitstrings, with and without mitigation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from pipeline.backends.backend import Compiled, Counts, Energy, Measured, Sampler
from pipeline.backends.mitigation import (
    Calibration,
    Step,
    Symmetries,
    calibration_circuits,
    extrapolation,
    folded,
    projected,
    readings,
)
from pipeline.backends.settings import IDEAL, Setting, measured_circuit, moments, settings, share_out
from pipeline.errors import InputError

SCALES = (1, 3, 5)
"""Noise scales of zero-noise extrapolation."""
_CALIBRATION_SHARE = 0.1
"""Of the shots."""
_STEP = 1e-4
"""Of a misreading's probability, for derivatives."""


@dataclass(frozen=True, eq=False, slots=True)
class ExactBackend:
    """Reads the state vector: no shots, no noise."""

    name: str = "aer"

    def run(self, circuit: QuantumCircuit, observable: SparsePauliOp, shots: int = 0, seed: int = 0) -> Measured:
        """As `Backend.run`; shots and seed play no part."""
        del shots, seed
        value = float(Statevector(circuit).expectation_value(observable).real)
        compiled = Compiled(circuit, tuple(range(circuit.num_qubits)))
        return Measured(value, 0.0, (), 0, metadata(compiled, 0, {"none": Energy(value, 0.0)}))


@dataclass(frozen=True, eq=False, slots=True)
class SampledBackend:
    """Measures energies on the bitstrings of a sampler."""

    sampler: Sampler
    steps: tuple[Step, ...] = ()
    symmetries: Symmetries = ()

    @property
    def name(self) -> str:
        """The sampler's."""
        return self.sampler.name

    def run(self, circuit: QuantumCircuit, observable: SparsePauliOp, shots: int, seed: int) -> Measured:
        """As `Backend.run`."""
        plan = self.plan(circuit, observable, shots)
        return plan.measured(self.sampler.sample(plan.circuits, plan.shots, seed))

    def plan(self, circuit: QuantumCircuit, observable: SparsePauliOp, shots: int) -> Plan:
        """The circuits that would run.

        With readout mitigation a tenth of the shots calibrates; with zero-noise extrapolation the noise scales share
        the rest in proportion to their weights. Standard errors hold the calibration's too.
        """
        return Plan.of(self.sampler.compile(circuit), observable, shots, self.steps, self.symmetries)


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """The circuits that measure an energy, and what is made of their bitstrings."""

    compiled: Compiled
    steps: tuple[Step, ...]
    plain: tuple[NDArray[np.float64], tuple[Setting, ...]]
    """Constant and settings of H."""
    verified: tuple[NDArray[np.float64], tuple[Setting, ...]]
    """Of H M and M, where symmetry is asked for; else as `plain`."""
    scales: tuple[int, ...]
    weights: NDArray[np.float64]
    circuits: tuple[QuantumCircuit, ...]
    """Every setting at the first noise scale, then at the next; then the two that calibrate."""
    shots: tuple[int, ...]

    @classmethod
    def of(
        cls,
        compiled: Compiled,
        observable: SparsePauliOp,
        shots: int,
        steps: tuple[Step, ...],
        symmetries: Symmetries,
    ) -> Plan:
        """What to measure with so many shots in all.

        Raises:
            InputError: too few shots for the settings, or a step does not fit.
        """
        observables = [observable, *(projected(observable, symmetries) if "symmetry" in steps else ())]
        constants, parts = settings(observables)
        scales, weights = (SCALES, extrapolation(SCALES)) if "zne" in steps else ((1,), np.ones(1))
        calibration = round(_CALIBRATION_SHARE * shots / 2) if "readout" in steps else 0
        spreads = [abs(weight) * part.spread for weight in weights for part in parts]
        if shots - 2 * calibration < 4 * len(spreads):
            raise InputError(
                f"{shots} shots are too few for {len(spreads)} circuits.", f"Use --shots {100 * len(spreads)} or more."
            )
        circuits = []
        for scale in scales:
            scaled = replace(compiled, circuit=folded(compiled.circuit, scale))
            circuits += [measured_circuit(scaled, part.basis) for part in parts]
        share = share_out(spreads, shots - 2 * calibration)
        if calibration:
            circuits += calibration_circuits(compiled)
            share = (*share, calibration, calibration)
        first = tuple(replace(part, coefficients=part.coefficients[:, :1]) for part in parts)
        rest = tuple(replace(part, coefficients=part.coefficients[:, 1:]) for part in parts)
        plain = constants[:1], first
        verified = (constants[1:], rest) if "symmetry" in steps else plain
        return cls(compiled, steps, plain, verified, scales, weights, tuple(circuits), share)

    def measured(self, counts: Sequence[Counts]) -> Measured:
        """The energy from the circuits' bitstrings, with no mitigation and with one step after the other."""
        n = len(self.plain[1])
        by_scale = [counts[n * k : n * (k + 1)] for k in range(len(self.scales))]
        calibration = Calibration.of(counts[-2], counts[-1]) if "readout" in self.steps else None
        energies = {"none": self._energy(by_scale, (), None)}
        for k in range(1, len(self.steps) + 1):
            energies["+".join(self.steps[:k])] = self._energy(by_scale, self.steps[:k], calibration)
        final = list(energies.values())[-1]
        return Measured(
            value_hartree=final.value_hartree,
            standard_error_hartree=final.standard_error_hartree,
            counts=tuple((part.basis, dict(found)) for part, found in zip(self.plain[1], by_scale[0], strict=True)),
            shots=sum(sum(found.values()) for found in counts),
            metadata=metadata(self.compiled, n, energies),
        )

    def _energy(
        self, by_scale: Sequence[Sequence[Counts]], steps: tuple[Step, ...], calibration: Calibration | None
    ) -> Energy:
        parts = self.verified if "symmetry" in steps else self.plain
        weights = self.weights if "zne" in steps else np.ones(1)
        used = by_scale[: len(weights)]
        value_at = partial(_value, parts, used, weights)
        if calibration is None or "readout" not in steps:
            value, variance = value_at(np.tile(IDEAL, (len(self.compiled.places), 1)))
        else:
            value, variance = value_at(calibration.readings())
            variance += _calibration_variance(lambda wrong: value_at(readings(wrong))[0], calibration)
        return Energy(value, float(np.sqrt(max(variance, 0.0))))  # rounding may leave less than nothing


def _value(
    parts: tuple[NDArray[np.float64], tuple[Setting, ...]],
    by_scale: Sequence[Sequence[Counts]],
    weights: NDArray[np.float64],
    readings_of: NDArray[np.float64],
) -> tuple[float, float]:
    """The extrapolated energy and its variance. Of a ratio ⟨H M⟩ / ⟨M⟩ the variance is that of its linear part."""
    constants, group = parts
    value = variance = 0.0
    for weight, counts in zip(weights, by_scale, strict=True):
        means, covariance = moments(group, counts, readings_of)
        means = means + constants
        if len(means) == 1:
            energy, gradient = means[0], np.ones(1)
        else:
            energy = means[0] / means[1]
            gradient = np.array([1.0, -energy]) / means[1]
        value += weight * energy
        variance += weight**2 * float(gradient @ covariance @ gradient)
    return float(value), variance


def _calibration_variance(value_at: Callable[[NDArray[np.float64]], float], calibration: Calibration) -> float:
    """By the derivatives of the energy with respect to each misreading's probability."""
    total = 0.0
    for place in np.ndindex(calibration.wrong.shape):
        shift = np.zeros(calibration.wrong.shape)
        shift[place] = _STEP
        slope = (value_at(calibration.wrong + shift) - value_at(calibration.wrong - shift)) / (2 * _STEP)
        total += slope**2 * float(calibration.variances[place])
    return total


def metadata(compiled: Compiled, n_settings: int, energies: dict[str, Energy]) -> dict[str, object]:
    """As in `Measured`."""
    return {
        "depth": compiled.depth,
        "two_qubit_gates": compiled.two_qubit_gates,
        "settings": n_settings,
        "mitigation": energies,
    }
