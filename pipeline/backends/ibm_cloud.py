"""IBM Quantum's cloud through qiskit-ibm-runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit, transpile

from pipeline.backends.aer import fewest_gates
from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.jobs import Price, State
from pipeline.errors import InputError, TransientError, causes

TOKEN = "QISKIT_IBM_TOKEN"
"""Variable with the key, the one that IBM's own package reads."""
INSTANCE = "QISKIT_IBM_INSTANCE"
"""Variable with the name or the CRN of what pays; without it IBM's package chooses among those of the key."""
_ACCOUNTS = "~/.qiskit/qiskit-ibm.json"
"""Where IBM's own package saves accounts."""
REMEDY = f"Make a key at quantum.cloud.ibm.com and set {TOKEN} to it."
_AGAIN = "Run the command again: it goes on from here."
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


def has_account() -> bool:
    """Whether IBM's own package has saved one."""
    return Path(_ACCOUNTS).expanduser().is_file()


@dataclass(frozen=True, eq=False, slots=True)
class IbmQueue:
    """An IBM device's queue, through the account that IBM's own package finds: its variables, or a saved account."""

    device: str
    kind: str = "ibm"
    _opened: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"{self.kind}:{self.device}"

    @property
    def costs(self) -> bool:
        """Time on a device is paid, or counted."""
        return True

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`, on the qubits that the transpiler finds least noisy."""
        return fewest_gates(circuit, self.backend())

    def find(self, label: str) -> str | None:
        """As `Queue.find`."""
        jobs = tried(lambda: self._service().jobs(limit=1, job_tags=[label]))
        return str(jobs[0].job_id()) if jobs else None

    def state(self, job_id: str) -> State:
        """As `Queue.state`."""
        job = tried(lambda: self._service().job(job_id))
        status = str(tried(job.status))
        if status == "DONE":
            return State("done")
        if status in ("ERROR", "CANCELLED"):
            return State("failed", str(tried(job.error_message) or status))
        return State("waiting")

    def result(self, job_id: str) -> Any:
        """Of a job that is done, as IBM's package reads it."""
        return tried(lambda: self._service().job(job_id).result())

    def backend(self) -> Any:
        """The device.

        Raises:
            InputError: there is none of this name.
            TransientError: IBM does not list its devices now.
        """
        if "backend" not in self._opened:
            self._opened["backend"] = self._found()
        return self._opened["backend"]

    def _found(self) -> Any:
        from qiskit.providers.exceptions import QiskitBackendNotFoundError

        service = self._service()
        try:
            return tried(lambda: service.backend(self.device))
        except InputError as error:
            if not isinstance(error.__context__, QiskitBackendNotFoundError):
                raise
            known = [one.name for one in tried(service.backends)]  # none as well if the list was refused
        if not known:
            raise TransientError("IBM Quantum lists no devices.", _AGAIN)
        raise InputError(f"IBM Quantum has no device {self.device!r} for you.", f"Use one of {', '.join(known)}.")

    def _service(self) -> Any:
        with needs("qiskit-ibm-runtime", "ibm"):
            from qiskit_ibm_runtime import QiskitRuntimeService
        if "service" not in self._opened:
            self._opened["service"] = tried(QiskitRuntimeService)
        return self._opened["service"]


@dataclass(frozen=True, eq=False, slots=True)
class IbmService(IbmQueue):
    """Jobs of SamplerV2 on an IBM device, all of one run in one batch."""

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """IBM charges by time and tells none before."""
        del circuit, shots
        return None

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """As `Service.submit`."""
        from qiskit_ibm_runtime import Batch, SamplerV2

        backend = self.backend()
        if "batch" not in self._opened:
            self._opened["batch"] = tried(lambda: Batch(backend=backend))
        sampler = SamplerV2(mode=self._opened["batch"])
        sampler.options.environment.job_tags = [label]
        native = transpile(circuit, target=backend.target, optimization_level=0)
        return str(tried(lambda: sampler.run([native], shots=shots)).job_id())

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """As `Service.counts`."""
        del shots
        return dict(self.result(job_id)[0].data[circuit.cregs[0].name].get_counts())


def tried(call: Callable[[], Any]) -> Any:
    """What a call of IBM's package gives.

    Raises:
        TransientError: IBM cannot be reached, is busy, or asks for patience.
        InputError: there is no account, or IBM refuses. The message holds no key.
    """
    from qiskit.exceptions import QiskitError
    from qiskit_ibm_runtime.accounts import AccountNotFoundError, InvalidAccountError
    from qiskit_ibm_runtime.exceptions import IBMNotAuthorizedError
    from requests.exceptions import RequestException

    try:
        return call()
    except AccountNotFoundError:
        raise InputError("IBM Quantum wants a key.", REMEDY) from None
    except (QiskitError, RequestException) as error:
        if any(map(_may_pass, causes(error))):
            raise TransientError(f"IBM Quantum is busy or cannot be reached: {type(error).__name__}.", _AGAIN) from None
        if isinstance(error, (InvalidAccountError, IBMNotAuthorizedError)):
            raise InputError("IBM Quantum does not accept the key.", REMEDY) from None
        raise InputError(f"IBM Quantum refuses: {error}.", f"Change the device, the circuit or {INSTANCE}.") from None


def _may_pass(error: BaseException) -> bool:
    from requests.exceptions import RequestException

    response = getattr(error, "response", None)
    if isinstance(error, RequestException) and response is None:
        return True
    status = getattr(error, "status_code", getattr(response, "status_code", 0))
    return bool(status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR)
