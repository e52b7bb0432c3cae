"""IonQ's cloud through its REST interface, version 0.4."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import httpx
from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.ionq import compiled, native_gates
from pipeline.backends.jobs import Price, State
from pipeline.errors import InputError, TransientError

KEY = "IONQ_API_KEY"
"""Variable with the key, the one that IonQ's own packages read."""
REMEDY = f"Make a key at cloud.ionq.com and set {KEY} to it."
HOST = "IONQ_REMOTE_HOST"
"""Variable with the address of another server, the one that IonQ's own packages read."""
_HOST, _VERSION = "https://api.ionq.co", "v0.4"
SIMULATOR = "simulator"
_SHOW = {"gpi2": "phase", "zz": "angle"}
_SECONDS = 30.0


def api_key() -> str:
    """The user's key.

    Raises:
        InputError: there is none.
    """
    if key := os.environ.get(KEY):
        return key
    raise InputError("IonQ wants a key.", REMEDY)


def address() -> str:
    """Of the interface."""
    return f"{os.environ.get(HOST) or _HOST}/{_VERSION}"


@dataclass(frozen=True, slots=True)
class IonqService:
    """Jobs on IonQ's machines, in native gates, so that nothing is optimised there."""

    device: str
    """``simulator``, ``simulator:forte-1`` with that machine's noise model, or a machine such as ``qpu.forte-1``."""
    key: str = field(repr=False)
    address: str = field(default_factory=address)

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"ionq:{self.device}"

    @property
    def costs(self) -> bool:
        """IonQ's simulators are free."""
        return self._backend != SIMULATOR

    @property
    def _backend(self) -> str:
        return self.device.partition(":")[0]

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; any two ions are neighbours."""
        return compiled(circuit)

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """IonQ's own estimate."""
        gates, bits = native_gates(circuit)
        pairs = sum(len(gate.qubits) == 2 for gate in gates)
        answer = self._ask(
            "GET",
            "/jobs/estimate",
            params={
                "backend": self._backend,
                "qubits": _width(circuit, bits),
                "shots": shots,
                "1q_gates": len(gates) - pairs,
                "2q_gates": pairs,
            },
        )
        return Price(float(answer["estimated_cost"]), str(answer["cost_unit"]))

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """As `Service.submit`."""
        answer = self._ask("POST", "/jobs", json=self.request(circuit, shots, label))
        return str(answer["id"])

    def request(self, circuit: QuantumCircuit, shots: int, label: str) -> dict[str, Any]:
        """The body of a new job."""
        gates, bits = native_gates(circuit)
        program = [
            {
                "gate": gate.name,
                **({"target": gate.qubits[0]} if len(gate.qubits) == 1 else {"targets": list(gate.qubits)}),
                _SHOW[gate.name]: gate.turns,
            }
            for gate in gates
        ]
        noise = self.device.partition(":")[2]
        return {
            "type": "ionq.circuit.v1",
            "name": label,
            "backend": self._backend,
            "shots": shots,
            "input": {"gateset": "native", "qubits": _width(circuit, bits), "circuit": program},
            **({"noise": {"model": noise}} if noise else {}),
        }

    def find(self, label: str) -> str | None:
        """As `Service.find`, among the newest jobs: IonQ cannot be asked by name."""
        answer = self._ask("GET", "/jobs", params={"limit": 100})
        return next((str(job["id"]) for job in answer.get("jobs", ()) if job.get("name") == label), None)

    def state(self, job_id: str) -> State:
        """As `Service.state`."""
        job = self._ask("GET", f"/jobs/{job_id}")
        status = job["status"]
        if status == "completed":
            return State("done")
        if status in ("failed", "canceled"):
            failure = job.get("failure") or {}
            return State("failed", failure.get("error") or failure.get("code") or status)
        return State("waiting")

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """As `Service.counts`. IonQ gives shares of bitstrings as numbers, qubit 0 the lowest bit."""
        shares = self._ask("GET", f"/jobs/{job_id}/results/probabilities")
        _, bits = native_gates(circuit)
        counts: dict[str, int] = {}
        for state, share in shares.items():
            string = "".join(str(int(state) >> qubit & 1) for qubit in reversed(bits))
            counts[string] = counts.get(string, 0) + round(share * shots)
        return {string: n for string, n in counts.items() if n}

    def _ask(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        """One request.

        Raises:
            TransientError: IonQ cannot be reached, is busy, or asks for patience.
            InputError: IonQ refuses the request. The message holds no key.
        """
        headers = {"Authorization": f"apiKey {self.key}"}
        try:
            answer = httpx.request(method, self.address + path, headers=headers, timeout=_SECONDS, **parts)
        except httpx.TransportError as error:
            raise TransientError(
                f"IonQ cannot be reached: {type(error).__name__}.", "Run the command again: it goes on from here."
            ) from None
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise TransientError(
                f"IonQ is busy: status {answer.status_code}.", "Run the command again: it goes on from here."
            )
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise InputError("IonQ does not accept the key.", REMEDY)
        if answer.is_error:
            raise InputError(
                f"IonQ refuses the request: status {answer.status_code}, {answer.text[:200]}.",
                "Change the device or the circuit.",
            )
        content: dict[str, Any] = answer.json()
        return content


def _width(circuit: QuantumCircuit, bits: list[int]) -> int:
    return int(max(circuit.num_qubits, len(bits)))
