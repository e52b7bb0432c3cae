"""One molecule's circuit on a backend: what `eigenlead run-circuit` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flows.single import EnergyRequest, prepared, title_of
from pipeline.active_space import active_space, hamiltonian
from pipeline.backends.backend import Backend, Measured
from pipeline.backends.catalogue import KINDS, kind_of
from pipeline.backends.energy import ExactBackend, SampledBackend
from pipeline.backends.mitigation import Symmetries, steps
from pipeline.circuits.prepare import Prepared
from pipeline.circuits.prepare import prepared as prepared_circuit
from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.mean_field import mean_field
from pipeline.sqd.solve import sqd

SQD = "sqd"


@dataclass(frozen=True, slots=True)
class CircuitRun:
    """A circuit's energy on a backend, for people and for programs."""

    title: str
    backend: str
    state: Prepared
    measured: Measured
    recovered_hartree: float | None
    """By SQD of the readings of Z, with configuration recovery."""

    def rows(self) -> list[tuple[str, float, float | None]]:
        """Name, energy and standard error in hartree: exact, ansatz, then each step of mitigation."""
        rows: list[tuple[str, float, float | None]] = [
            ("exact", self.state.exact_hartree, None),
            ("ansatz, exact", self.state.ansatz_hartree, None),
        ]
        for name, energy in self.measured.metadata["mitigation"].items():
            label = "measured" if name == "none" else f"mitigated: {name}"
            rows.append((label, energy.value_hartree, energy.standard_error_hartree))
        if self.recovered_hartree is not None:
            rows.append(("SQD of its samples", self.recovered_hartree, None))
        return rows

    @property
    def summary(self) -> str:
        """One line on the circuit."""
        metadata = self.measured.metadata
        return (
            f"{self.state.circuit.num_qubits} qubits ({self.state.mapping}), depth {metadata['depth']}, "
            f"{metadata['two_qubit_gates']} two-qubit gates, {metadata['settings']} bases, {self.measured.shots} shots."
        )

    def as_json(self) -> dict[str, Any]:
        """The fields that scripts read."""
        metadata = self.measured.metadata
        mitigation: dict[str, Any] = {
            name: {"energy_hartree": one.value_hartree, "standard_error_hartree": one.standard_error_hartree}
            for name, one in metadata["mitigation"].items()
        }
        if self.recovered_hartree is not None:
            mitigation[SQD] = {"energy_hartree": self.recovered_hartree, "standard_error_hartree": None}
        return {
            "backend": self.backend,
            "energy_hartree": self.measured.value_hartree,
            "standard_error_hartree": self.measured.standard_error_hartree,
            "exact_hartree": self.state.exact_hartree,
            "ansatz_hartree": self.state.ansatz_hartree,
            "shots": self.measured.shots,
            "n_qubits": self.state.circuit.num_qubits,
            "mapping": self.state.mapping,
            "depth": metadata["depth"],
            "two_qubit_gates": metadata["two_qubit_gates"],
            "settings": metadata["settings"],
            "mitigation": mitigation,
        }


def run_circuit(
    request: EnergyRequest, backend: str, mapping: str, shots: int, mitigation: Sequence[str]
) -> CircuitRun:
    """Prepare the VQE's state of one molecule on a backend, and measure its energy.

    Args:
        request: the molecule, its active space and the ansatz.
        backend: a name of `eigenlead run-circuit --list`.
        mapping: from fermions to qubits.
        shots: all together.
        mitigation: names of steps, and ``sqd``.

    Raises:
        ComputationError: its class says whether to change the request, make it smaller, or try again.
    """
    asked = steps([name for name in mitigation if name != SQD])
    kind_of(backend)  # before anything is computed
    species, choice, geometry, level = prepared(request)
    if choice.optimised:
        raise InputError("A circuit's orbitals are fixed.", "Use --orbitals frontier, fno, avas: or pi:.")
    reference = mean_field(geometry, species.charge, species.multiplicity, level)
    integrals = hamiltonian(reference, active_space(reference, geometry, choice))
    state = prepared_circuit(integrals, level.ansatz, mapping)
    measured = backend_of(backend, asked, state.symmetries).run(state.circuit, state.observable, shots, request.seed)
    recovered = _recovered(integrals, measured, mapping, request.seed) if SQD in mitigation else None
    return CircuitRun(title_of(request, species, choice), backend, state, measured, recovered)


def backend_of(name: str, asked: Sequence[str], symmetries: Symmetries) -> Backend:
    """The backend of a name.

    Raises:
        InputError: none has this name, something is missing here, or it takes no mitigation.
    """
    kind, device = kind_of(name)
    if kind.make is None:
        if asked:
            raise InputError("A state vector has no noise.", "Leave --mitigate out, or choose another backend.")
        return ExactBackend(name)
    return SampledBackend(kind.make(device), steps(asked), symmetries)


def listing() -> list[tuple[str, str, str]]:
    """Of each kind of backend: its name, what it is, and what it misses here."""
    return [(kind.name, kind.what, kind.missing()) for kind in KINDS]


def _recovered(integrals: Hamiltonian, measured: Measured, mapping: str, seed: int) -> float:
    """SQD of the bitstrings that were read in the basis of Z."""
    if mapping != "jordan-wigner":
        raise InputError("SQD reads occupations off the qubits.", "Use --mapping jordan-wigner.")
    counts = next((found for basis, found in measured.counts if not set(basis) & set("XY")), None)
    if counts is None:
        raise InputError("SQD needs samples.", "Choose a backend that gives some, such as aer-shots.")
    strings = np.array([[bit == "1" for bit in string] for string in counts])
    samples = np.repeat(strings, list(counts.values()), axis=0)
    return sqd(integrals, samples, seed).energy_hartree
