"""Jobs: work on a vendor's machines, each submitted once, whatever happens meanwhile.

The store knows each job by the hash of its content, such as circuit, shots and seed. Before a job is submitted its
label is written there, after that its id, at last its result. A run that was cut off goes on from what it finds:
results are taken as they are, an id is asked for, and a label without an id is looked up at the vendor before anything
is submitted again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, TypeVar

from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.circuits.stored import packed, unpacked
from pipeline.errors import ComputationError, InputError, TransientError
from pipeline.store import Store, content_hash

_T = TypeVar("_T")

VERSION = 2
_STAGE, _COMPILED = "quantum_job", "compiled_circuit"
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


class Queue(Protocol):
    """A vendor's queue. Methods raise TransientError where the same call may succeed later."""

    @property
    def name(self) -> str:
        """What users call it."""

    @property
    def costs(self) -> bool:
        """Whether a job costs money."""

    def find(self, label: str) -> str | None:
        """The id of the job that carries the label, if the vendor has it."""

    def state(self, job_id: str) -> State:
        """How far it is."""


class Service(Queue, Protocol):
    """A queue for circuits."""

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`."""

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """Of one job; None where the vendor does not tell."""

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """The id of a new job that carries the label."""

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """Of a job that is done."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user agreed to."""

    agreed: bool
    """To submit what costs money."""
    most: float | None = None
    """Highest price of all jobs together, in the vendor's unit."""

    def check(self, what: str, total: Price | None) -> None:
        """Before what costs money is submitted.

        Raises:
            InputError: the user did not agree to pay, or the price is above the limit or unknown.
        """
        price = f"{total.amount:.2f} {total.unit}" if total else "a price that the service does not tell"
        would = f"This would submit {what} for {price}"
        if not self.agreed:
            raise InputError(f"{would}.", "Add --yes to agree.")
        if self.most is None:
            return
        if total is None:
            raise InputError(f"{would}.", "Leave --max-price out to submit them all the same.")
        if total.amount > self.most:
            raise InputError(
                f"{would}, above the limit of {self.most:g}.", "Use fewer --shots, or a higher --max-price."
            )


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """How to submit a job and to read its result."""

    key: str
    """Hash of what determines it."""
    submit: Callable[[str], str]
    """The id of a new job that carries the label."""
    read: Callable[[str], Any]
    """The result of the id's job, once it is done, as a JSON value."""

    @property
    def label(self) -> str:
        """Its name at the vendor."""
        return f"eigenlead-{self.key}"


@dataclass(frozen=True, eq=False, slots=True)
class Ledger:
    """What the store knows of a queue's jobs."""

    queue: Queue
    store: Store
    run_key: str = ""
    """Hash of what was asked; empty: nothing is kept but jobs."""
    sleep: Callable[[float], None] = time.sleep

    def compiled(self, circuit: QuantumCircuit, compile_for: Callable[[QuantumCircuit], Compiled]) -> Compiled:
        """A circuit of the run, compiled once: its jobs stay the same when the device is calibrated anew."""
        if not self.run_key:
            return self.patiently(lambda: compile_for(circuit))

        def make() -> dict[str, Any]:
            made = self.patiently(lambda: compile_for(circuit))
            return {"circuit": packed(made.circuit), "places": list(made.places)}

        key = content_hash(_COMPILED, VERSION, self.queue.name, self.run_key, content(circuit))
        payload = self.store.kept(key, _COMPILED, make)
        return Compiled(unpacked(payload["circuit"]), tuple(payload["places"]))

    def new(self, jobs: Sequence[Job]) -> list[Job]:
        """Those that are not known to be submitted."""
        return [job for job in jobs if not {"id", "result"} & (self.store.get(job.key) or {}).keys()]

    def results(self, jobs: Sequence[Job]) -> tuple[Any, ...]:
        """Submit what is not submitted yet, then wait for all. What they cost has been agreed to.

        Raises:
            ComputationError: a job failed.
            TransientError: the queue could not be reached for long; the same call goes on from there.
        """
        for job in self.new(jobs):
            self._submit(job)
        return tuple(self._result(job) for job in jobs)

    def patiently(self, call: Callable[[], _T]) -> _T:
        """Try again, with longer and longer pauses, what may pass."""
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(_MOST_REFUSALS):
            try:
                return call()
            except TransientError:
                self.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return call()

    def _submit(self, job: Job) -> None:
        """Unless the vendor knows it already; an answer that was lost may have been a submission."""
        submitted_before = [job.label] if self.store.get(job.key) else []
        self.store.replace(job.key, _STAGE, {"label": job.label})

        def submitted() -> str:
            known = self.queue.find(job.label) if submitted_before else None
            submitted_before.append(job.label)
            return known or job.submit(job.label)

        job_id = self.patiently(submitted)
        self.store.replace(job.key, _STAGE, {"label": job.label, "id": job_id})

    def _result(self, job: Job) -> Any:
        record = self.store.get(job.key) or {}
        if "result" in record:
            return record["result"]
        job_id = record["id"]
        pause = _FIRST_PAUSE_SECONDS
        while (state := self.patiently(lambda: self.queue.state(job_id))).kind == "waiting":
            self.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        if state.kind == "failed":
            self.store.remove(job.key)  # the next run may submit it again
            raise ComputationError(
                f"The job {job_id} failed on {self.queue.name}: {state.reason or 'no reason given'}.",
                "Run the command again to submit it once more.",
            )
        result = self.patiently(lambda: job.read(job_id))
        self.store.replace(job.key, _STAGE, {**record, "result": result})
        return result


@dataclass(frozen=True, eq=False, slots=True)
class QueuedSampler:
    """A sampler whose circuits are jobs of a vendor's service."""

    service: Service
    store: Store
    consent: Consent
    run_key: str = ""
    """As in `Ledger`."""
    sleep: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """The service's."""
        return self.service.name

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`, once in a run."""
        return self._ledger.compiled(circuit, self.service.compile)

    def sample(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int], seed: int) -> tuple[Counts, ...]:
        """As `Sampler.sample`: submits what is not submitted yet, then waits for all.

        Raises:
            InputError: the user did not agree to pay, or the price is above the limit or unknown.
            ComputationError: a job failed.
            TransientError: the service could not be reached for long; the same call goes on from there.
        """
        jobs = {self._job(circuit, n, seed): (circuit, n) for circuit, n in zip(circuits, shots, strict=True)}
        new = [jobs[job] for job in self._ledger.new(list(jobs))]
        if new and self.service.costs:
            n_shots = sum(n for _, n in new)
            price = self.price([circuit for circuit, _ in new], [n for _, n in new])
            self.consent.check(f"{len(new)} jobs with {n_shots} shots on {self.name}", price)
        return self._ledger.results(list(jobs))

    def price(self, circuits: Sequence[QuantumCircuit], shots: Sequence[int]) -> Price | None:
        """Of all jobs together; None where the vendor does not tell."""
        prices = [
            self._ledger.patiently(partial(self.service.price, circuit, n))
            for circuit, n in zip(circuits, shots, strict=True)
        ]
        known = [price for price in prices if price]
        if not known or len(known) < len(prices):
            return None
        return Price(sum(price.amount for price in known), known[0].unit)

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self.service, self.store, self.run_key, self.sleep)

    def _job(self, circuit: QuantumCircuit, shots: int, seed: int) -> Job:
        return Job(
            key=job_key(self.name, circuit, shots, seed),
            submit=lambda label: self.service.submit(circuit, shots, label),
            read=lambda job_id: dict(self.service.counts(job_id, circuit, shots)),
        )


def job_key(name: str, circuit: QuantumCircuit, shots: int, seed: int) -> str:
    """Hash of what determines a job."""
    return content_hash(_STAGE, VERSION, name, content(circuit), shots, seed)


def content(circuit: QuantumCircuit) -> list[Any]:
    """What of a circuit enters hashes."""
    return [
        (
            step.name,
            [float(angle) for angle in step.params],
            [circuit.find_bit(qubit).index for qubit in step.qubits],
            [circuit.find_bit(bit).index for bit in step.clbits],
        )
        for step in circuit.data
    ]
