"""Azure Quantum through azure-quantum: machines of several makers in one workspace, all in QIR."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.jobs import Price, State
from pipeline.backends.operations import compiled_for, openqasm
from pipeline.errors import InputError, TransientError

KEY = "AZURE_QUANTUM_CONNECTION_STRING"
"""Variable with the workspace's connection string, the one that Azure's own package reads."""
REMEDY = f"Copy the connection string from the workspace's access keys at portal.azure.com and set {KEY} to it."
FREE = ("ionq.simulator", "rigetti.sim.qvm")
_AS_IT_IS: dict[str, dict[str, Any]] = {
    "quantinuum": {"tket-opt-level": 0},
    "ionq": {"error-mitigation": {"debias": False}},
}
"""What keeps a provider from optimising the gates, or from replacing the shots by something smoother."""
_AGAIN = (408, 409, 429)
"""Too slow, already there (an upload whose answer was lost), too often."""
_AGAIN_REMEDY = "Run the command again: it goes on from here."


@dataclass(frozen=True, eq=False, slots=True)
class AzureService:
    """Jobs on the targets of an Azure Quantum workspace. Providers route and make native gates themselves."""

    device: str
    """A target, such as ``quantinuum.qpu.h2-1``, ``ionq.qpu.forte-1`` or ``rigetti.sim.qvm``."""
    _opened: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"azure:{self.device}"

    @property
    def costs(self) -> bool:
        """Emulators are paid too; syntax checkers are not, and read zeros only."""
        return self.device not in FREE

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; the provider maps what is no neighbour."""
        return compiled_for(circuit, ["cz"])

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """Azure tells the price of a job only when it is done."""
        del circuit, shots
        return None

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """As `Service.submit`: the program goes to the workspace's storage, then the job to its queue.

        Raises:
            InputError: the workspace does not have the target.
        """
        os.environ.setdefault("QDK_PYTHON_TELEMETRY", "none")
        with needs("qdk", "azure"):
            from qdk import TargetProfile
            from qdk.openqasm import compile as qir
        target = self._target()
        program = qir(openqasm(circuit), target_profile=TargetProfile.from_str(target.target_profile))
        with _answers():
            job = target.submit(
                program, name=label, shots=shots, input_params=_AS_IT_IS.get(target.provider_id.lower())
            )
        return str(job.id)

    def find(self, label: str) -> str | None:
        """As `Service.find`; one that failed does not count."""
        with _answers():
            jobs = self._workspace().list_jobs(name_match=label)
        return next((str(job.id) for job in jobs if _state(job).kind != "failed"), None)

    def state(self, job_id: str) -> State:
        """As `Service.state`."""
        with _answers():
            return _state(self._workspace().get_job(job_id))

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """As `Service.counts`, without shots that lost a qubit. Azure gives bits as lists, bit 0 first."""
        del circuit, shots
        with _answers():
            histogram = self._workspace().get_job(job_id).get_results_histogram()
        return {
            "".join(map(str, reversed(found["outcome"]))): int(found["count"])
            for found in histogram.values()
            if set(found["outcome"]) <= {0, 1}
        }

    def _workspace(self) -> Any:
        with needs("azure-quantum", "azure"):
            from azure.quantum import Workspace
        if "workspace" not in self._opened:
            try:
                self._opened["workspace"] = Workspace.from_connection_string(os.environ.get(KEY, ""))
            except ValueError:
                raise InputError("Azure Quantum wants a workspace's connection string.", REMEDY) from None
        return self._opened["workspace"]

    def _target(self) -> Any:
        if "target" not in self._opened:
            with _answers():
                targets = {target.name: target for target in self._workspace().get_targets()}
            if self.device not in targets:
                raise InputError(f"The workspace has no target {self.device!r}.", f"Use one of {', '.join(targets)}.")
            self._opened["target"] = targets[self.device]
        return self._opened["target"]


def _state(job: Any) -> State:
    if job.has_succeeded():
        return State("done")
    if job.has_completed():
        error = job.details.error_data
        return State("failed", str((error and (error.message or error.code)) or job.details.status))
    return State("waiting")


@contextmanager
def _answers() -> Iterator[None]:
    """Around requests, which Azure's client repeats by itself at first.

    Raises:
        TransientError: Azure cannot be reached, is busy, or asks for patience.
        InputError: Azure refuses the request. The message holds no key.
    """
    with needs("azure-quantum", "azure"):
        from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
    try:
        yield
    except (ServiceRequestError, ServiceResponseError) as error:
        raise TransientError(f"Azure cannot be reached: {type(error).__name__}.", _AGAIN_REMEDY) from None
    except HttpResponseError as error:
        status = error.status_code or 0
        if status in _AGAIN or status >= 500:
            raise TransientError(f"Azure is busy: status {status}.", _AGAIN_REMEDY) from None
        if status in (401, 403):
            raise InputError("Azure does not accept the key.", REMEDY) from None
        raise InputError(
            f"Azure refuses the request: status {status}, {str(error.message)[:200]}.",
            "Change the target or the circuit.",
        ) from None
