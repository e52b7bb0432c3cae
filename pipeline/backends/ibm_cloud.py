"""IBM Quantum's cloud through qiskit-ibm-runtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qiskit import QuantumCircuit, transpile

from pipeline.backends.aer import fewest_gates
from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.jobs import Price, State
from pipeline.errors import InputError, TransientError

TOKEN = "QISKIT_IBM_TOKEN"
"""Variable with the key, the one that IBM's own package reads."""
REMEDY = f"Make a key at quantum.cloud.ibm.com and set {TOKEN} to it."


@dataclass(frozen=True, eq=False, slots=True)
class IbmService:
    """Jobs of SamplerV2 on an IBM device, all of one run in one batch. Not run here: it needs an account."""

    device: str
    _opened: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"ibm:{self.device}"

    @property
    def costs(self) -> bool:
        """Time on a device is paid, or counted."""
        return True

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`, on the qubits that the transpiler finds least noisy."""
        return fewest_gates(circuit, self._backend())

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """IBM charges by time and tells none before."""
        del circuit, shots
        return None

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """As `Service.submit`."""
        from qiskit_ibm_runtime import Batch, SamplerV2

        backend = self._backend()
        if "batch" not in self._opened:
            self._opened["batch"] = self._tried(lambda: Batch(backend=backend))
        sampler = SamplerV2(mode=self._opened["batch"])
        sampler.options.environment.job_tags = [label]
        native = transpile(circuit, target=backend.target, optimization_level=0)
        return str(self._tried(lambda: sampler.run([native], shots=shots)).job_id())

    def find(self, label: str) -> str | None:
        """As `Service.find`."""
        jobs = self._tried(lambda: self._service().jobs(limit=1, job_tags=[label]))
        return str(jobs[0].job_id()) if jobs else None

    def state(self, job_id: str) -> State:
        """As `Service.state`."""
        job = self._tried(lambda: self._service().job(job_id))
        status = str(self._tried(job.status))
        if status == "DONE":
            return State("done")
        if status in ("ERROR", "CANCELLED"):
            return State("failed", str(job.error_message() or status))
        return State("waiting")

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """As `Service.counts`."""
        del shots
        result = self._tried(lambda: self._service().job(job_id).result())
        register = circuit.cregs[0].name
        return dict(result[0].data[register].get_counts())

    def _service(self) -> Any:
        with needs("qiskit-ibm-runtime", "ibm"):
            from qiskit_ibm_runtime import QiskitRuntimeService
            from qiskit_ibm_runtime.accounts import AccountNotFoundError
        if "service" not in self._opened:
            try:
                self._opened["service"] = self._tried(QiskitRuntimeService)
            except AccountNotFoundError:
                raise InputError("IBM Quantum wants a key.", REMEDY) from None
        return self._opened["service"]

    def _backend(self) -> Any:
        if "backend" not in self._opened:
            self._opened["backend"] = self._tried(lambda: self._service().backend(self.device))
        return self._opened["backend"]

    def _tried(self, call: Any) -> Any:
        from qiskit_ibm_runtime.exceptions import IBMRuntimeError
        from requests.exceptions import ConnectionError as RequestsConnectionError

        try:
            return call()
        except RequestsConnectionError:
            raise TransientError(
                "IBM Quantum cannot be reached.", "Run the command again: it goes on from here."
            ) from None
        except IBMRuntimeError as error:
            raise InputError(f"IBM Quantum refuses: {error}.", REMEDY) from None
