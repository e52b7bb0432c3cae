"""Jobs: circuits on a vendor's machines, each submitted once, whatever happens meanwhile.

The store knows each job by the hash of its circuit, shots and seed. Before a job is submitted its label is written
there, after that its id, at last its counts. A run that was cut off goes on from what it finds: counts are taken as
they are, an id is asked for, and a label without an id is looked up at the vendor before anything is submitted again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, TypeVar

from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.errors import ComputationError, InputError, TransientError
from pipeline.store import Store, content_hash

_T = TypeVar("_T")

VERSION = 1
_STAGE = "quantum_job"
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 60.0
_MOST_REFUSALS = 8


@dataclass(frozen=True, slots=True)
class Price:
    """What a vendor would charge."""

    amount: float
    unit: str
    """Such as USD or HQC."""


@dataclass(frozen=True, slots=True)
class State:
    """Of a job at a vendor."""

    kind: Literal["waiting", "done", "failed"]
    reason: str = ""
    """Of a failure, in the vendor's words."""


class Service(Protocol):
    """A vendor's queue. Methods raise TransientError where the same call may succeed later."""

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""

    @property
    def costs(self) -> bool:
        """Whether a job costs money."""

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`."""

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """Of one job; None where the vendor does not tell."""

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """The id of a new job that carries the label."""

    def find(self, label: str) -> str | None:
        """The id of the job that carries the label, if the vendor has it."""

    def state(self, job_id: str) -> State:
        """How far it is."""

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """Of a job that is done."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user agreed to."""

    agreed: bool
    """To submit what costs money."""
    most: float | None = None
    """Highest price of all jobs together, in the vendor's unit."""


@dataclass(frozen=True, eq=False, slots=True)
class QueuedSampler:
    """A sampler whose circuits are jobs of a vendor's service."""

    service: Service
    store: Store
    consent: Consent
    sleep: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """The service's."""
        return self.service.name

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`."""
        return self.service.compile(circuit)

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`: submits what is not submitted yet, then waits for all.

        Raises:
            InputError: the user did not agree to pay, or the price is above the limit or unknown.
            ComputationError: a job failed.
            TransientError: the service could not be reached for long; the same call goes on from there.
        """
        jobs = [
            _Job(job_key(self.name, circuit, n, seed), circuit, n) for circuit, n in zip(circuits, shots, strict=True)
        ]
        self._check_consent([job for job in jobs if not {"id", "counts"} & (self.store.get(job.key) or {}).keys()])
        for job in jobs:
            self._submit(job)
        return tuple(self._counts(job) for job in jobs)

    def _check_consent(self, new: Sequence[_Job]) -> None:
        if not new or not self.service.costs:
            return
        total = self.price([job.circuit for job in new], [job.shots for job in new])
        price = f"{total.amount:.2f} {total.unit}" if total else "a price that the service does not tell"
        what = f"{len(new)} jobs with {sum(job.shots for job in new)} shots on {self.name} for {price}"
        if not self.consent.agreed:
            raise InputError(f"This would submit {what}.", "Add --yes to submit them, or --dry-run to look only.")
        if self.consent.most is None:
            return
        if total is None:
            raise InputError(f"This would submit {what}.", "Leave --max-price out to submit them all the same.")
        if total.amount > self.consent.most:
            raise InputError(
                f"This would submit {what}, above the limit of {self.consent.most:g}.",
                "Use fewer --shots, or a higher --max-price.",
            )

    def price(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int]) -> Price | None:
        """Of all jobs together; None where the vendor does not tell."""
        prices = [
            self._patiently(partial(self.service.price, circuit, n)) for circuit, n in zip(circuits, shots, strict=True)
        ]
        known = [price for price in prices if price]
        if not known or len(known) < len(prices):
            return None
        return Price(sum(price.amount for price in known), known[0].unit)

    def _submit(self, job: _Job) -> None:
        """Unless the store or the vendor knows it already; an answer that was lost may have been a submission."""
        record = self.store.get(job.key)
        if record and ("id" in record or "counts" in record):
            return
        self.store.replace(job.key, _STAGE, {"label": job.label})

        def submitted() -> str:
            known = self.service.find(job.label) if submitted_before else None
            submitted_before.append(job.label)
            return known or self.service.submit(job.circuit, job.shots, job.label)

        submitted_before = [job.label] if record else []
        job_id = self._patiently(submitted)
        self.store.replace(job.key, _STAGE, {"label": job.label, "id": job_id})

    def _counts(self, job: _Job) -> Counts:
        record = self.store.get(job.key) or {}
        if "counts" in record:
            return dict(record["counts"])
        job_id = record["id"]
        pause = _FIRST_PAUSE_SECONDS
        while (state := self._patiently(lambda: self.service.state(job_id))).kind == "waiting":
            self.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        if state.kind == "failed":
            self.store.remove(job.key)  # the next run may submit it again
            raise ComputationError(
                f"The job {job_id} failed on {self.name}: {state.reason or 'no reason given'}.",
                "Run the command again to submit it once more.",
            )
        counts = dict(self._patiently(lambda: self.service.counts(job_id, job.circuit, job.shots)))
        self.store.replace(job.key, _STAGE, {**record, "counts": counts})
        return counts

    def _patiently(self, call: Callable[[], _T]) -> _T:
        """Try again, with longer and longer pauses, what may pass."""
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(_MOST_REFUSALS):
            try:
                return call()
            except TransientError:
                self.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return call()


@dataclass(frozen=True, eq=False, slots=True)
class _Job:
    key: str
    circuit: QuantumCircuit
    shots: int

    @property
    def label(self) -> str:
        """Its name at the vendor."""
        return f"eigenlead-{self.key}"


def job_key(name: str, circuit: QuantumCircuit, shots: int, seed: int) -> str:
    """Hash of what determines a job. Angles enter to a millionth of a radian: what a VQE converges to, no more."""
    gates = [
        (
            step.name,
            [round(float(angle), 6) for angle in step.params],
            [circuit.find_bit(qubit).index for qubit in step.qubits],
            [circuit.find_bit(bit).index for bit in step.clbits],
        )
        for step in circuit.data
    ]
    return content_hash(_STAGE, VERSION, name, gates, shots, seed)
