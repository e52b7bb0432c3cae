"""IBM's estimator: the energy, its mitigation and its standard error are IBM's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from pipeline.backends.backend import Compiled, Energy, Measured
from pipeline.backends.energy import metadata
from pipeline.backends.ibm_cloud import IbmQueue, tried
from pipeline.backends.jobs import Consent, Job, Ledger, content
from pipeline.backends.settings import settings
from pipeline.errors import InputError
from pipeline.store import Store, content_hash

KIND = "ibm-estimator"
DEFAULT_LEVEL = 1
"""IBM's own default. 0: none; 1: readout errors; 2: also zero-noise extrapolation, with twirled gates."""
VERSION = 2
_LEAST_SHOTS = 2
"""Of a basis."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the estimator would be asked."""

    compiled: Compiled
    n_settings: int
    """Bases that the Hamiltonian is measured in, where IBM groups its terms qubit by qubit as we do."""
    shots: int
    """Of each basis, before IBM adds its own for mitigation."""


@dataclass(frozen=True, eq=False, slots=True)
class IbmEstimator:
    """Energies by EstimatorV2 on an IBM device, one job in a batch of its own."""

    queue: IbmQueue
    store: Store
    consent: Consent
    resilience: int = DEFAULT_LEVEL
    run_key: str = ""
    """As in `Ledger`."""
    sleep: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return self.queue.name

    def plan(self, circuit: QuantumCircuit, observable: SparsePauliOp, shots: int) -> Estimate:
        """What would run.

        Raises:
            InputError: too few shots, or the device has too few qubits.
        """
        n_settings = len(settings([observable])[1])
        if shots < _LEAST_SHOTS * n_settings:
            raise InputError(
                f"{shots} shots are too few for {n_settings} bases.", f"Use --shots {100 * n_settings} or more."
            )
        compiled = self._ledger.compiled(circuit, self.queue.compile)
        return Estimate(compiled, n_settings, shots // n_settings)

    def run(self, circuit: QuantumCircuit, observable: SparsePauliOp, shots: int, seed: int) -> Measured:
        """As `Backend.run`, submitted once; bitstrings stay at IBM.

        Raises:
            InputError: the user did not agree to pay.
            ComputationError: the job failed.
            TransientError: IBM could not be reached for long; the same call goes on from there.
        """
        plan = self.plan(circuit, observable, shots)
        terms = [(label, float(weight.real)) for label, weight in observable.to_list()]
        job = Job(
            key=content_hash(
                KIND, VERSION, self.name, content(plan.compiled.circuit), terms, plan.shots, self.resilience, seed
            ),
            submit=lambda label: self._submit(plan, observable, seed, label),
            read=self._read,
        )
        if self._ledger.new([job]):
            self.consent.check(
                f"1 job with {plan.shots} shots for each of {plan.n_settings} bases on {self.name}", None
            )
        (found,) = self._ledger.results([job])
        energy = Energy(found["value"], found["standard_error"])
        steps = {f"resilience {self.resilience}" if self.resilience else "none": energy}
        return Measured(
            value_hartree=energy.value_hartree,
            standard_error_hartree=energy.standard_error_hartree,
            counts=(),
            shots=plan.shots * plan.n_settings,
            metadata=metadata(plan.compiled, plan.n_settings, steps),
        )

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self.queue, self.store, self.run_key, self.sleep)

    def _submit(self, plan: Estimate, observable: SparsePauliOp, seed: int, label: str) -> str:
        from qiskit_ibm_runtime import Batch, EstimatorV2

        backend = self.queue.backend()
        circuit = plan.compiled.circuit
        placed = observable.apply_layout(list(plan.compiled.places), num_qubits=circuit.num_qubits)
        options = {
            "resilience_level": self.resilience,
            "default_shots": plan.shots,
            "seed_estimator": seed,
            "environment": {"job_tags": [label]},
        }

        def submitted() -> str:
            with Batch(backend=backend) as batch:
                return str(EstimatorV2(mode=batch, options=options).run([(circuit, placed)]).job_id())

        return str(tried(submitted))

    def _read(self, job_id: str) -> dict[str, Any]:
        data = self.queue.result(job_id)[0].data
        return {"value": float(data.evs), "standard_error": float(data.stds)}
