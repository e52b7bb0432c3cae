"""Google's processors through its Quantum Engine and the engine's client in cirq-google."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from qiskit import QuantumCircuit

from pipeline.backends.aer import fewest_gates
from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.google import UNKNOWN_ERROR, Grid, counts_of, packages
from pipeline.backends.jobs import Price, State
from pipeline.errors import InputError, TransientError

_T = TypeVar("_T")

PROJECT = "GOOGLE_CLOUD_PROJECT"
"""Variable with the project that jobs belong to, the one that cirq-google reads."""
KEY = "GOOGLE_APPLICATION_CREDENTIALS"
"""Variable with the file of a service account's key, as Google's packages read it; its content serves here too."""
REMEDY = f"Run: gcloud auth application-default login, or set {KEY} to the key file of a service account."
_CZ_ERROR = "two_qubit_parallel_cz_gate_xeb_pauli_error_per_cycle"
_PATIENCE_SECONDS = 1
"""For which the client itself repeats what failed; longer pauses are those of `QueuedSampler`."""
_FAILED = ("FAILURE", "CANCELLED")
_AGAIN = "Run the command again: it goes on from here."


def configured() -> bool:
    """Whether `gcloud` has left credentials here; Google may still refuse them."""
    folder = os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config/gcloud"
    return (Path(folder) / "application_default_credentials.json").exists()


def project() -> str:
    """The project that pays.

    Raises:
        InputError: there is none.
    """
    if name := os.environ.get(PROJECT):
        return name
    raise InputError("Google wants a project.", f"Set {PROJECT} to one that may use the Quantum Engine.")


def key() -> str:
    """The content of a service account's key, where the variable holds that and no file's name; else empty."""
    value = os.environ.get(KEY, "").strip()
    return value if value.startswith("{") else ""


@dataclass(frozen=True, eq=False, slots=True)
class GoogleService:
    """Jobs on a Google processor.

    A circuit is a program of the engine, its label the program's id, and ``job-0`` its job; ``job-1`` follows where
    that failed. Google refuses an id that it has already, so an answer that was lost never makes a second job.
    """

    processor: str
    project: str
    key: str = field(default="", repr=False)
    """Content of a service account's key; empty: what Google's packages find."""
    client: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Arguments of the engine's gRPC client, such as another transport."""
    _opened: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"google:{self.processor}"

    @property
    def costs(self) -> bool:
        """Time on a processor is granted, and counted."""
        return True

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`, on the qubits whose CZ gates err least in the processor's current calibration.

        Raises:
            InputError: the processor has too few qubits, or no CZ gate.
        """
        return fewest_gates(circuit, self._grid())

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """Google tells none."""
        del circuit, shots
        return None

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """As `Service.submit`."""
        program = self._grid().translated(circuit)
        # the configuration of the processor that Google runs by default
        default = self._asked(lambda engine: engine.get_processor(self.processor).get_sampler())
        job_id = next(name for name in _names() if self._job(label, name) is None)
        self._asked(lambda engine: engine.create_program(program, program_id=label), but=HTTPStatus.CONFLICT)
        self._asked(
            lambda engine: engine.get_program(label).run_sweep(
                self.processor,
                job_id=job_id,
                repetitions=shots,
                run_name=default.run_name,
                snapshot_id=default.snapshot_id,
                device_config_name=default.device_config_name,
            ),
            but=HTTPStatus.CONFLICT,
        )
        return f"{label}/{job_id}"

    def find(self, label: str) -> str | None:
        """As `Service.find`; failed jobs are passed over."""
        for name in _names():
            job = self._job(label, name)
            if job is None:
                return None
            if job.execution_status.state.name not in _FAILED:
                return f"{label}/{name}"
        return None

    def state(self, job_id: str) -> State:
        """As `Service.state`."""
        job = self._job(*job_id.split("/"))
        if job is None:
            return State("failed", "it is no longer there")
        status = job.execution_status
        if status.state.name == "SUCCESS":
            return State("done")
        if status.state.name in _FAILED:
            return State("failed", status.failure.error_message or status.state.name)
        return State("waiting")

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """As `Service.counts`."""
        del circuit, shots
        program, name = job_id.split("/")
        results = self._asked(lambda engine: engine.get_program(program).get_job(name).results())
        return counts_of(results[0])

    def _job(self, program: str, name: str) -> Any:
        return self._asked(
            lambda engine: engine.context.client.get_job(self.project, program, name, False), but=HTTPStatus.NOT_FOUND
        )

    def _grid(self) -> Grid:
        if "grid" not in self._opened:
            cirq, _ = packages()
            processor = self._engine().get_processor(self.processor)
            device = self._asked(lambda _: processor.get_device(), but=HTTPStatus.NOT_FOUND)
            if device is None:
                raise InputError(f"There is no Google processor {self.processor!r}.", "Use one that your project has.")
            if cirq.CZ not in device.metadata.gateset:
                raise InputError(f"{self.processor} has no CZ gate.", "Choose another processor.")
            calibration = self._asked(lambda _: processor.get_current_calibration())
            measured = calibration[_CZ_ERROR] if calibration is not None and _CZ_ERROR in calibration else {}
            errors = {frozenset(pair): float(value[0]) for pair, value in measured.items()}
            self._opened["grid"] = Grid.of(
                self.processor, device, lambda *pair: errors.get(frozenset(pair), UNKNOWN_ERROR)
            )
        grid: Grid = self._opened["grid"]
        return grid

    def _engine(self) -> Any:
        if "engine" not in self._opened:
            _, cirq_google = packages()
            from cirq_google.engine.engine import EngineContext
            from cirq_google.engine.engine_client import EngineClient
            from google.oauth2.service_account import Credentials

            arguments = dict(self.client)
            if self.key:
                try:
                    arguments["credentials"] = Credentials.from_service_account_info(json.loads(self.key))
                except ValueError:
                    raise InputError("Google's key is none of a service account.", REMEDY) from None
            client = EngineClient(arguments, verbose=False, max_retry_delay_seconds=_PATIENCE_SECONDS)
            # without streaming: a stream waits for the result, and a job shall outlive this process
            context = EngineContext(client=client, enable_streaming=False)
            self._opened["engine"] = cirq_google.Engine(self.project, context=context)
        return self._opened["engine"]

    def _asked(self, call: Callable[[Any], _T], but: HTTPStatus | None = None) -> _T | Any:
        """What the engine answers; None where it refuses with this one status.

        Raises:
            TransientError: Google cannot be reached, is busy, or asks for patience.
            InputError: Google refuses the request or the credentials. The message holds no key.
        """
        packages()
        from cirq_google.engine.engine_client import EngineException
        from google.auth.exceptions import GoogleAuthError

        try:
            return call(self._engine())
        except TimeoutError as error:
            raise TransientError(f"Google's engine cannot be reached: {error}.", _AGAIN) from None
        except GoogleAuthError:
            raise InputError("Google finds no credentials, or does not accept them.", REMEDY) from None
        except EngineException as error:
            status = getattr(error.__cause__, "code", None) or HTTPStatus.INTERNAL_SERVER_ERROR
            if status == but:
                return None
            raise _refusal(status, str(error)) from None


def _names() -> map[str]:
    return map("job-{}".format, count())


def _refusal(status: int, words: str) -> InputError | TransientError:
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(f"Google's engine is busy: {words[:200]}.", _AGAIN)
    if status == HTTPStatus.UNAUTHORIZED:
        return InputError("Google does not accept the credentials.", REMEDY)
    return InputError(
        f"Google refuses the request: status {status:d}, {words[:200]}.", "Change the device or the project."
    )
