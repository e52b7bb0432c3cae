"""Amazon Braket's devices through its SDK, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.braket import PYTHON, REMEDY
from pipeline.backends.jobs import Price, State
from pipeline.backends.operations import bits_of, compiled_for, openqasm, operations, used_qubits
from pipeline.errors import ComputationError, InputError, TransientError

CREDENTIALS_REMEDY = "Run aws configure, or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION."
_WORKER = Path(__file__).with_name("braket_cloud_worker.py")
_AGAIN = "Run the command again: it goes on from here."


@dataclass(frozen=True, eq=False, slots=True)
class BraketService:
    """Tasks on a device of Amazon Braket, which maps them to its gates and qubits."""

    device: str
    """Resource name, or its last part: ``Cepheus-1-108Q``, ``Forte-1``, ``Garnet``, ``sv1``."""
    _opened: dict[str, subprocess.Popen[str]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"braket:{self.device}"

    @property
    def costs(self) -> bool:
        """Simulators are paid by the minute."""
        return True

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; Braket maps what is no neighbour."""
        return compiled_for(circuit, ["cz"])

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """Of the task and its shots; None for simulators."""
        del circuit
        amount = self._ask("price", device=self.device, shots=shots)
        return None if amount is None else Price(amount, "USD")

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """As `Service.submit`; the label is a tag."""
        source = openqasm(circuit, library=False)
        return str(self._ask("submit", device=self.device, source=source, shots=shots, label=label))

    def find(self, label: str) -> str | None:
        """As `Service.find`, among the device's tasks; one that failed does not count."""
        found = self._ask("find", device=self.device, label=label)
        return None if found is None else str(found)

    def state(self, job_id: str) -> State:
        """As `Service.state`."""
        status, reason = self._ask("state", task=job_id)
        if status == "COMPLETED":
            return State("done")
        if status in ("FAILED", "CANCELLED"):
            return State("failed", reason or status.lower())
        return State("waiting")

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """As `Service.counts`, from the bucket. A string has a letter for each measured qubit, in Braket's order."""
        del shots
        measured, found = self._ask("counts", task=job_id)
        steps = list(operations(circuit))
        places = [measured.index(used_qubits(steps).index(qubit)) for qubit in reversed(bits_of(steps))]
        return {"".join(string[place] for place in places): n for string, n in found.items()}

    def _ask(self, call: str, **arguments: Any) -> Any:
        """One call in Braket's environment.

        Raises:
            TransientError: Braket cannot be reached, is busy, or the device is away.
            InputError: credentials or the environment are missing, or Braket refuses the request.
            ComputationError: the process in that environment ended.
        """
        questions, answers = self._worker()
        try:
            questions.write(json.dumps({"call": call, "arguments": arguments}) + "\n")
            questions.flush()
            content = json.loads(answers.readline())
        except (BrokenPipeError, ValueError):
            self._opened.clear()
            raise ComputationError("The process that runs Amazon Braket ended.", REMEDY) from None
        if "answer" in content:
            return content["answer"]
        raise _failure(content["trouble"], content["reason"])

    def _worker(self) -> tuple[IO[str], IO[str]]:
        """The ends of the pipes of a process that ends when this one does."""
        if "worker" not in self._opened:
            python = os.environ.get(PYTHON, "")
            pipe = subprocess.PIPE
            try:
                self._opened["worker"] = subprocess.Popen(
                    [python, "-I", str(_WORKER)], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
                )
            except OSError as error:
                raise InputError(f"Braket's Python {python!r} cannot be run: {error.strerror}.", REMEDY) from None
        worker = self._opened["worker"]
        return cast("IO[str]", worker.stdin), cast("IO[str]", worker.stdout)


def _failure(trouble: str, reason: str) -> ComputationError:
    reason = reason.rstrip(".")
    if trouble == "away":
        return TransientError(f"Amazon Braket cannot be reached: {reason}.", _AGAIN)
    if trouble == "busy":
        return TransientError(f"Amazon Braket is busy: {reason}.", _AGAIN)
    if trouble == "key":
        return InputError(f"Amazon does not accept the credentials: {reason}.", CREDENTIALS_REMEDY)
    if trouble == "missing":
        return InputError(f"The SDK of Amazon Braket is not installed: {reason}.", REMEDY)
    return InputError(f"Amazon Braket refuses the request: {reason}.", "Change the device or the circuit.")
