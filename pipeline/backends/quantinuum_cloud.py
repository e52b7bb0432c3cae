"""Quantinuum's machines through Nexus and its client, qnexus."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from qiskit import QuantumCircuit

from pipeline.backends.backend import Compiled, Counts
from pipeline.backends.extras import needs
from pipeline.backends.jobs import Price, State
from pipeline.backends.operations import compiled_for
from pipeline.backends.quantinuum import tket_circuit
from pipeline.errors import InputError, TransientError

_T = TypeVar("_T")

TOKEN = "EIGENLEAD_NEXUS_TOKEN"
"""Variable with a refresh token of Nexus, for where nobody can log in. Nexus has no variable of its own for it."""
REMEDY = f"Run: qnx login, or set {TOKEN} to a refresh token of Nexus."
PROJECT = "eigenlead"
"""In Nexus, where circuits and jobs are kept."""
MOST_SHOTS = 10_000
"""Of one job."""
_FREE = ("SC", "LE")
_NAME = re.compile(r"(H2-[12])(E|SC|LE)?")
_SECONDS = 60.0
_AGAIN = "Run the command again: it goes on from here."


def logged_in() -> bool:
    """Whether `qnx login` has left a token here; Nexus may still refuse it."""
    folder = os.environ.get("NEXUS_TOKEN_PATH", ".qnx/auth")
    return (Path.home() / folder / "token.json").exists()


@dataclass(frozen=True, eq=False, slots=True)
class QuantinuumService:
    """Jobs on Quantinuum's H2 machines, in native gates and without its optimisation."""

    device: str
    """``H2-1`` or ``H2-2``; with ``E`` its emulator with noise, with ``LE`` the one without, with ``SC`` the syntax
    checker, which reads zeros."""
    token: str = field(default="", repr=False)
    """Of `TOKEN`; empty: what `qnx login` has left."""
    _opened: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """As in `eigenlead run-circuit --list`."""
        return f"quantinuum:{self.device}"

    @property
    def costs(self) -> bool:
        """Emulators with noise take credits too; syntax checkers and emulators without noise take none."""
        return not self.device.endswith(_FREE)

    def compile(self, circuit: QuantumCircuit) -> Compiled:
        """As `Sampler.compile`; any two ions are neighbours.

        Raises:
            InputError: there is no such machine.
        """
        self._machine()
        return compiled_for(circuit, ["rzz"])

    def price(self, circuit: QuantumCircuit, shots: int) -> Price | None:
        """By Quantinuum's formula, 5 + shots (N₁ + 10 N₂ + 5 Nₘ) / 5000.

        N₁ and N₂ count the gates on one and two qubits, Nₘ each qubit's preparation and measurement. Rz, which is no
        pulse there, is counted as a gate: Quantinuum may charge less.
        """
        translated = self._translated(circuit, shots)
        n_pairs, n_read = translated.n_2qb_gates(), len(translated.qubit_readout)
        n_single = translated.n_gates - n_pairs - n_read
        operations = n_single + 10 * n_pairs + 5 * (translated.n_qubits + n_read)
        return Price(5 + shots * operations / 5000, "HQC")

    def submit(self, circuit: QuantumCircuit, shots: int, label: str) -> str:
        """As `Service.submit`: a circuit, which is free to keep there, and a job, both of this name."""
        translated = self._translated(circuit, shots)

        def submitted(nexus: Any) -> str:
            project = nexus.projects.get_or_create(name=PROJECT)
            program = nexus.circuits.upload(translated, project=project, name=label)
            job = nexus.start_execute_job(
                programs=[program],
                n_shots=[shots],
                backend_config=nexus.QuantinuumConfig(device_name=self.device, no_opt=True),
                name=label,
                project=project,
            )
            return str(job.id)

        return self._asked(submitted)

    def find(self, label: str) -> str | None:
        """As `Service.find`; of several, the newest that did not fail."""

        def found(nexus: Any) -> str | None:
            from qnexus.models.filters import SortFilterEnum
            from qnexus.models.job_status import JobStatusEnum as Status

            jobs = nexus.jobs.get_all(
                name_exact=[label],
                job_status=[Status.SUBMITTED, Status.QUEUED, Status.RUNNING, Status.COMPLETED],
                sort_filters=[SortFilterEnum.CREATED_DESC],
                page_size=1,
            )
            return next((str(job.id) for job in jobs), None)

        return self._asked(found)

    def state(self, job_id: str) -> State:
        """As `Service.state`."""
        job = self._asked(lambda nexus: nexus.jobs.get(id=job_id))
        status = job.last_status.value
        if status == "COMPLETED":
            return State("done")
        if status in ("ERROR", "CANCELLED", "TERMINATED", "DEPLETED"):
            return State("failed", job.last_status_detail.error_detail or job.last_message or status)
        return State("waiting")

    def counts(self, job_id: str, circuit: QuantumCircuit, shots: int) -> Counts:
        """As `Service.counts`. Nexus gives bits from the lowest on."""
        del circuit, shots
        found = self._asked(
            lambda nexus: nexus.jobs.results(nexus.jobs.get(id=job_id))[0].download_result().get_counts()
        )
        return {"".join(map(str, reversed(bits))): int(n) for bits, n in found.items()}

    def _machine(self) -> str:
        """The machine that this is, emulates or checks."""
        if not (name := _NAME.fullmatch(self.device)):
            raise InputError(
                f"There is no Quantinuum machine {self.device!r}.", "Use H2-1 or H2-2, or these with E, LE or SC."
            )
        return name[1]

    def _translated(self, circuit: QuantumCircuit, shots: int) -> Any:
        if shots > MOST_SHOTS:
            raise InputError(f"{self.device} takes {MOST_SHOTS} shots a circuit, not {shots}.", "Use fewer --shots.")
        return tket_circuit(circuit, self._machine())

    def _nexus(self) -> Any:
        """The client, logged in."""
        with needs("qnexus", "quantinuum"):
            import qnexus
            from qnexus.client import get_nexus_client
            from qnexus.config import CONFIG
        if self.token and "login" not in self._opened:
            CONFIG.store_tokens = False  # or it would write the token to a file
            qnexus.login_with_token(self.token)
            self._opened["login"] = True
        get_nexus_client().timeout = httpx.Timeout(_SECONDS)  # it has none of its own
        return qnexus

    def _asked(self, call: Callable[[Any], _T]) -> _T:
        """What the client answers.

        Raises:
            TransientError: Nexus cannot be reached, is busy, or asks for patience.
            InputError: Nexus refuses the request or the login. The message holds no token.
        """
        with needs("qnexus", "quantinuum"):
            from qnexus import exceptions
        try:
            return call(self._nexus())
        except httpx.TransportError as error:
            raise TransientError(f"Nexus cannot be reached: {type(error).__name__}.", _AGAIN) from None
        except exceptions.AuthenticationError:
            raise InputError("Nexus does not accept the login.", REMEDY) from None
        except (exceptions.ZeroMatches, exceptions.DataGone):
            raise InputError("Nexus no longer has this job.", "Use another --seed to submit a new one.") from None
        except httpx.HTTPStatusError as error:
            raise _refusal(error.response.status_code, error.response.text) from None
        except (exceptions.ResourceFetchFailed, exceptions.ResourceCreateFailed) as error:
            raise _refusal(error.status_code or 0, error.message) from None


def _refusal(status: int, words: str) -> InputError | TransientError:
    if status == httpx.codes.TOO_MANY_REQUESTS or httpx.codes.is_server_error(status):
        return TransientError(f"Nexus is busy: status {status}.", _AGAIN)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return InputError("Nexus does not accept the login.", REMEDY)
    return InputError(
        f"Nexus refuses the request: status {status}, {words[:200]}.", "Change the device or the circuit."
    )
