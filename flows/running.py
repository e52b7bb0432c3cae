"""One molecule's circuit on a backend: what `eigenlead run-circuit` does."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import numpy as np

from flows.single import AskedState, EnergyRequest, content_of, prepared
from pipeline.active_space import active_space, hamiltonian
from pipeline.backends.backend import Backend, Measured
from pipeline.backends.catalogue import KINDS, kind_of, opened
from pipeline.backends.jobs import Consent, Price
from pipeline.backends.mitigation import Step, steps
from pipeline.backends.plan import planned
from pipeline.circuits.prepare import Prepared
from pipeline.circuits.prepare import prepared as prepared_circuit
from pipeline.circuits.stored import stored_state
from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.mean_field import mean_field
from pipeline.sqd.solve import sqd
from pipeline.store import content_hash, open_store

SQD = "sqd"
JORDAN_WIGNER = "jordan-wigner"


@dataclass(frozen=True, slots=True)
class CircuitRun:
    """A circuit's energy on a backend, for people and for programs."""

    title: str
    backend: str
    state: Prepared
    measured: Measured
    recovered_hartree: float | None
    """By SQD of the readings of Z, with configuration recovery."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in the geometry."""

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
            "flags": list(self.flags),
        }


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where and how a circuit runs."""

    backend: str
    """A name of `eigenlead run-circuit --list`."""
    mapping: str
    """From fermions to qubits."""
    shots: int
    """All together."""
    mitigation: tuple[str, ...]
    """Names of steps, and ``sqd``."""
    resilience: int | None
    """Level of a vendor's own mitigation; None: the vendor's default."""
    agreed: bool
    """To pay for it."""
    most: float | None
    """Highest price, in the vendor's unit."""
    credentials: str
    """A Prefect Secret block with the vendor's key; empty: the vendor's own configuration."""
    store_url: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would run."""

    title: str
    backend: str
    n_circuits: int
    shots: int
    depth: int
    two_qubit_gates: int
    price: Price | None
    """None: free, or the vendor does not tell."""
    costs: bool

    @property
    def summary(self) -> str:
        """One line for people."""
        price = f"{self.price.amount:.2f} {self.price.unit}" if self.price else "the service does not tell its price"
        return (
            f"{self.n_circuits} circuits, {self.shots} shots, depth {self.depth}, "
            f"{self.two_qubit_gates} two-qubit gates each; {price if self.costs else 'free'}. Nothing was run."
        )

    def as_json(self) -> dict[str, Any]:
        """The fields that scripts read."""
        return {
            "backend": self.backend,
            "circuits": self.n_circuits,
            "shots": self.shots,
            "depth": self.depth,
            "two_qubit_gates": self.two_qubit_gates,
            "costs": self.costs,
            "price": {"amount": self.price.amount, "unit": self.price.unit} if self.price else None,
        }


def run_circuit(request: EnergyRequest, options: RunOptions) -> CircuitRun:
    """Prepare the VQE's state of one molecule on a backend, and measure its energy.

    Args:
        request: the molecule, its active space and the ansatz.
        options: where and how.

    Raises:
        ComputationError: its class says whether to change the request, make it smaller, or try again.
    """
    made = _made(request, options)
    run_key = content_hash(
        "circuit_run", made.key, options.backend, options.shots, options.mitigation, options.resilience, request.seed
    )
    backend = _opened(made, options, run_key)
    measured = backend.run(made.state.circuit, made.state.observable, options.shots, request.seed)
    recovered = _recovered(made.integrals(), measured, request.seed) if SQD in options.mitigation else None
    return CircuitRun(made.asked.title, options.backend, made.state, measured, recovered, made.asked.flags)


def dry_run(request: EnergyRequest, options: RunOptions) -> DryRun:
    """What `run_circuit` would run, and its price; nothing is submitted.

    Raises:
        ComputationError: as `run_circuit`.
    """
    made = _made(request, options)
    plan = planned(_opened(made, options, ""), made.state.circuit, made.state.observable, options.shots)
    compiled = plan.compiled
    numbers = (plan.circuits, plan.shots, compiled.depth, compiled.two_qubit_gates)
    return DryRun(made.asked.title, options.backend, *numbers, plan.price, plan.costs)


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """What is to be measured."""

    asked: AskedState
    key: str
    """Hash of what determines the state."""
    state: Prepared
    steps: tuple[Step, ...]
    """Of mitigation."""
    integrals: Callable[[], Hamiltonian]
    """Of the active space."""


def _made(request: EnergyRequest, options: RunOptions) -> _Made:
    """The state from the store, or prepared: the same one for every backend."""
    asked_steps = steps([name for name in options.mitigation if name != SQD])
    use_credentials(options.backend, options.credentials)
    kind_of(options.backend)[0].check(options.mitigation, options.resilience)  # before anything is computed
    if SQD in options.mitigation and options.mapping != JORDAN_WIGNER:
        raise InputError("SQD reads occupations off the qubits.", f"Use --mapping {JORDAN_WIGNER}.")
    asked = prepared(request)
    if asked.choice.optimised:
        raise InputError("A circuit's orbitals are fixed.", "Use --orbitals frontier, fno, avas: or pi:.")

    @cache
    def integrals() -> Hamiltonian:
        reference = mean_field(asked.geometry, asked.species.charge, asked.species.multiplicity, asked.level)
        return hamiltonian(reference, active_space(reference, asked.geometry, asked.choice))

    key = content_hash(replace(request, structure=content_of(request.structure)), options.mapping)
    store = open_store(options.store_url)
    state = stored_state(key, store, lambda: prepared_circuit(integrals(), asked.level.ansatz, options.mapping))
    return _Made(asked, key, state, asked_steps, integrals)


def _opened(made: _Made, options: RunOptions, run_key: str) -> Backend:
    store, consent = open_store(options.store_url), Consent(options.agreed, options.most)
    return opened(options.backend, made.steps, made.state.symmetries, store, consent, run_key, options.resilience)


def use_credentials(backend: str, credentials: str) -> None:
    """Give the vendor's client the key of a Prefect Secret block, if one is named, in this process and its children.

    Raises:
        InputError: the backend takes no key, or there is no such block.
    """
    if not credentials:
        return
    from prefect.blocks.system import Secret

    key = backend.partition(":")[0]
    variable = next((kind.variable for kind in KINDS if kind.key == key and kind.secret), "")
    if not variable:
        raise InputError(f"The backend {backend} takes no credentials.", "Leave --credentials out.")
    try:
        block = cast("Secret[str]", Secret.load(credentials))
    except ValueError:
        raise InputError(
            f"There is no Secret block {credentials!r}.",
            f"Make one: prefect block create secret, or set {variable}.",
        ) from None
    os.environ[variable] = block.get()


def listing() -> list[tuple[str, str, str]]:
    """Of each kind of backend: its name, what it is, and what it misses here."""
    return [(kind.name, kind.what, kind.missing()) for kind in KINDS]


def _recovered(integrals: Hamiltonian, measured: Measured, seed: int) -> float:
    """SQD of the bitstrings that were read in the basis of Z."""
    counts = next((found for basis, found in measured.counts if not set(basis) & set("XY")), None)
    if counts is None:
        raise InputError("No basis of this Hamiltonian is that of Z.", "Leave the mitigation sqd out.")
    strings = np.array([[bit == "1" for bit in string] for string in counts])
    samples = np.repeat(strings, list(counts.values()), axis=0)
    return sqd(integrals, samples, seed).energy_hartree
