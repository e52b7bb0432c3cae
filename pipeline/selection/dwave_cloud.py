"""D-Wave's cloud: its annealers and its hybrid solver on the QUBO, each problem submitted once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.backends.jobs import Consent, Job, Ledger, Price, State
from pipeline.errors import InputError, TransientError, causes
from pipeline.selection.annealing import model, package, solution
from pipeline.selection.problem import Problem, qubo
from pipeline.selection.solution import Solution
from pipeline.store import Store, content_hash

VERSION = 1
READS = 1000
"""Of an annealer."""
REMEDY = "Run dwave config create, or set DWAVE_API_TOKEN to your key."
_STAGE = "embedding"
_DIGITS = 9
_MICROSECONDS = 1e6
_AGAIN = "Run the command again: it goes on from here."
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


@dataclass(frozen=True, slots=True)
class Cloud:
    """What the cloud's solvers may do, and where their problems are remembered."""

    agreed: bool = False
    """To pay for them."""
    store_url: str = ""
    sleep: Callable[[float], None] = time.sleep


def annealer(problem: Problem, seed: int, cloud: Cloud) -> Solution:
    """A quantum annealer of D-Wave, on chains of qubits that suit coupled pairs (clique embedding).

    Args:
        problem: what is to be chosen.
        seed: D-Wave takes none; another one is another submission.
        cloud: what the user agreed to.

    Raises:
        InputError: no credentials, no agreement, too many compounds, or D-Wave's packages are not installed.
        ComputationError: the problem failed.
        TransientError: the service could not be reached.
    """
    queue = _Queue(lambda: package("dwave.system").DWaveCliqueSampler())
    store = Store(cloud.store_url or None)
    key = _key("annealer", problem, seed)
    place = content_hash(_STAGE, key)
    energy = model(qubo(problem))

    def embedded() -> dict[int, tuple[int, ...]]:
        if chains := queue.sampler.clique(range(problem.n)):
            return dict(chains)
        raise InputError(f"{queue.name} has too few qubits for {problem.n} compounds.", "Leave this solver out.")

    def submit(label: str) -> str:
        chains = embedded()
        store.replace(place, _STAGE, [[int(qubit) for qubit in chains[i]] for i in range(problem.n)])
        qpu = queue.sampler.child
        target = package("dwave.embedding").embed_bqm(energy, chains, qpu.adjacency)
        return queue.submitted(lambda: qpu.solver.sample_bqm(target, label=label, num_reads=READS))

    def read(job_id: str) -> dict[str, Any]:
        chains = dict(enumerate(store.get(place) or ()))
        answer = queue.answer(job_id)
        seconds = answer.info["timing"].get("qpu_access_time", 0) / _MICROSECONDS
        samples = package("dwave.embedding").unembed_sampleset(answer, chains, energy)
        return _record(samples, seconds) | {"chains": [len(chain) for chain in chains.values()]}

    def price() -> Price | None:
        n_qubits = sum(map(len, embedded().values()))
        try:
            wanted = queue.sampler.child.solver.estimate_qpu_access_time(n_qubits, num_reads=READS)
        except (KeyError, ValueError):  # the solver describes no timing
            return None
        return Price(wanted / _MICROSECONDS, "s of processor time")

    found = _found(queue, store, cloud, Job(key, submit, read), f"1 problem with {READS} reads", price)
    words = f"D-Wave's annealer, {READS} reads; {sum(found['chains'])} qubits, the longest chain {max(found['chains'])}"
    return _solution(problem, "annealer", found, words)


def hybrid(problem: Problem, seed: int, cloud: Cloud) -> Solution:
    """D-Wave's hybrid solver, for as long as it takes at least.

    Args:
        problem: what is to be chosen.
        seed: D-Wave takes none; another one is another submission.
        cloud: what the user agreed to.

    Raises:
        InputError: no credentials, no agreement, or D-Wave's packages are not installed.
        ComputationError: the problem failed.
        TransientError: the service could not be reached.
    """
    queue = _Queue(lambda: package("dwave.system").LeapHybridSampler())
    energy = model(qubo(problem))

    def limit() -> float:
        return float(queue.sampler.min_time_limit(energy))

    def submit(label: str) -> str:
        return queue.submitted(lambda: queue.sampler.solver.sample_bqm(energy, label=label, time_limit=limit()))

    def read(job_id: str) -> dict[str, Any]:
        answer = queue.answer(job_id)
        return _record(answer, answer.info.get("run_time", 0) / _MICROSECONDS)

    job = Job(_key("hybrid", problem, seed), submit, read)
    found = _found(
        queue, Store(cloud.store_url or None), cloud, job, "1 problem", lambda: Price(limit(), "s of solver time")
    )
    return _solution(problem, "hybrid", found, "D-Wave's hybrid solver")


@dataclass(frozen=True, eq=False, slots=True)
class _Queue:
    """Problems at D-Wave, through the account that its own package finds."""

    open: Callable[[], Any]
    """A sampler of D-Wave's, which holds a solver and its client."""
    costs: bool = True
    _opened: dict[str, Any] = field(default_factory=dict, init=False)
    _futures: dict[str, Any] = field(default_factory=dict, init=False)

    @property
    def name(self) -> str:
        """The solver's."""
        return f"D-Wave's {self._solver.name}"

    @property
    def sampler(self) -> Any:
        """Opened when it is asked for."""
        if "sampler" not in self._opened:
            unreadable = package("dwave.cloud.config.exceptions").ConfigFileError
            try:
                self._opened["sampler"] = _tried(self.open)
            except (ValueError, unreadable) as error:  # the former where a key is missing
                raise InputError(f"D-Wave's cloud wants credentials: {error}.", REMEDY) from None
        return self._opened["sampler"]

    @property
    def _solver(self) -> Any:
        return getattr(self.sampler, "child", self.sampler).solver

    def submitted(self, call: Callable[[], Any]) -> str:
        """The id of the problem that a call submits.

        Its future is kept: of two that D-Wave's client asks about at the same time, one is never answered.
        """

        def known() -> Any:
            future = call()
            job_id = future.wait_id() or future.result()  # the result of a refusal raises
            self._futures[job_id] = future
            return job_id

        return str(_tried(known))

    def find(self, label: str) -> str | None:
        """As `Queue.find`."""
        problems = package("dwave.cloud.api").Problems.from_config(self._solver.client.config)
        with problems:
            known = _tried(lambda: problems.list_problems(label=label, max_results=1))
        return known[0].id if known else None

    def state(self, job_id: str) -> State:
        """As `Queue.state`; D-Wave's client asks in the background."""
        if job_id not in self._futures:
            self._futures[job_id] = self._solver.client.retrieve_answer(job_id)
            self._futures[job_id].solver = self._solver  # the one it was submitted to may have another graph by now
        future = self._futures[job_id]
        if not future.done():
            return State("waiting")
        try:
            _tried(future.result)
        except TransientError:
            del self._futures[job_id]
            raise
        except InputError as error:
            return State("failed", error.reason)
        return State("done")

    def answer(self, job_id: str) -> Any:
        """Samples of a problem that is done."""
        return self._futures[job_id].wait_sampleset()

    def close(self) -> None:
        """End the client's threads."""
        if "sampler" in self._opened:
            self._solver.client.close()


def _found(
    queue: _Queue, store: Store, cloud: Cloud, job: Job, what: str, price: Callable[[], Price | None]
) -> dict[str, Any]:
    """What `_record` kept, of this run or of one before."""
    ledger = Ledger(queue, store, sleep=cloud.sleep)
    if ledger.new([job]):
        total = ledger.patiently(price)  # before anything is written: there is a key, and room for the problem
        Consent(cloud.agreed).check(f"{what} to {queue.name}", total)
    (found,) = ledger.results([job])
    queue.close()
    return dict(found)


def _key(solver: str, problem: Problem, seed: int) -> str:
    energy = qubo(problem)
    numbers = [np.round(part, _DIGITS).tolist() for part in (energy.linear, energy.quadratic)]
    return content_hash("dwave", VERSION, solver, numbers, READS, seed)


def _record(samples: Any, seconds: float) -> dict[str, Any]:
    """What the store keeps: how often each choice of bits came, compound 0 first, and the time that was charged."""
    order = np.argsort(list(samples.variables))
    counts: dict[str, int] = {}
    for bits, n in zip(np.asarray(samples.record.sample)[:, order], samples.record.num_occurrences, strict=True):
        string = "".join(map(str, bits))
        counts[string] = counts.get(string, 0) + int(n)
    return {"counts": counts, "seconds": seconds}


def _solution(problem: Problem, name: str, found: dict[str, Any], words: str) -> Solution:
    strings = np.array([[int(bit) for bit in string] for string in found["counts"]])
    samples = np.repeat(strings, list(found["counts"].values()), axis=0)
    return solution(problem, name, samples, found["seconds"], words)


def _tried(call: Callable[[], Any]) -> Any:
    """What a call of D-Wave's package gives.

    Raises:
        TransientError: D-Wave cannot be reached, is busy, or asks for patience.
        InputError: D-Wave refuses. The message holds no key.
    """
    exceptions = package("dwave.cloud.exceptions")
    from requests.exceptions import RequestException

    known = (RequestException, exceptions.ProblemUploadError, exceptions.CanceledFutureError)
    try:
        return call()
    except known as error:
        if any(map(_may_pass, causes(error))):
            raise TransientError(f"D-Wave is busy or cannot be reached: {type(error).__name__}.", _AGAIN) from None
        if isinstance(error, package("dwave.cloud.api.exceptions").ResourceAuthenticationError):
            raise InputError("D-Wave does not accept the key.", REMEDY) from None
        raise InputError(f"D-Wave refuses: {error}.", "Change the problem, or leave the solver out.") from None


def _may_pass(error: BaseException) -> bool:
    from requests.exceptions import ConnectionError as Unreachable
    from requests.exceptions import Timeout

    exceptions = package("dwave.cloud.exceptions")
    timeout = package("dwave.cloud.api.exceptions").RequestTimeout
    if isinstance(error, (Unreachable, Timeout, timeout, exceptions.SolverOfflineError)):
        return True
    status = getattr(error, "error_code", None) or 0
    return bool(status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR)
