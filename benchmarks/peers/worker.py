"""What the workers share: the problem they read and the events they write, one JSON object a line.

A worker is a process in its peer's environment: `python NAME.py INTEGRALS EVENTS BUDGET LIMIT [ARGUMENT …]`. It needs
nothing of Eigenlead, only numpy.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

REPEATS = 5
REPEAT_SECONDS = 60
"""No further run is begun that would end after so many."""
WARM_UP_SECONDS = 60
"""A first run that is shorter only warms up."""
SAME_HARTREE = 1e-6


@dataclass(frozen=True, eq=False)
class Problem:
    """The active space that all peers get."""

    one_body: np.ndarray
    two_body: np.ndarray
    """(pq|rs)"""
    constant: float
    n_alpha: int
    n_beta: int
    hartree_fock: float

    @classmethod
    def read(cls, path: Path) -> Problem:
        with np.load(path) as data:
            one_body, two_body = data["one_body"], data["two_body"]
            n_alpha, n_beta = int(data["n_alpha"]), int(data["n_beta"])
            return cls(one_body, two_body, float(data["constant"]), n_alpha, n_beta, float(data["hartree_fock"]))

    @property
    def n_orbitals(self) -> int:
        return len(self.one_body)

    @property
    def orbital_energies(self) -> np.ndarray:
        """Of the closed shell."""
        g, n = self.two_body, self.n_alpha
        coulomb, exchange = np.einsum("pqii->pq", g[:, :, :n, :n]), np.einsum("piiq->pq", g[:, :n, :n, :])
        return np.diag(self.one_body + 2.0 * coulomb - exchange)

    def mp2_doubles(self) -> np.ndarray:
        """(i, j, a, b): amplitudes i → a for alpha, j → b for beta, of the closed shell."""
        n, e = self.n_alpha, self.orbital_energies
        gap = e[n:] - e[:n, None]
        coupling = self.two_body[:n, n:, :n, n:].transpose(0, 2, 1, 3)
        return -coupling / (gap[:, None, :, None] + gap[None, :, None, :])


class Trace:
    """Energies and when they were known, written as they come so that they outlive the process."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.start()

    def start(self) -> None:
        self.evaluations, self.began = 0, time.perf_counter()
        self.written = self.began

    def add(self, energy: float | None, evaluations: int = 1) -> None:
        """An energy in hartree; None: an evaluation (of the state, say) that gives none."""
        now = time.perf_counter()
        self.evaluations += evaluations
        if energy is not None:
            self.write(seconds=now - self.began, energy=float(energy), evaluations=self.evaluations)
        if now - self.written > 1.0:
            self.file.flush()
            self.written = now

    def write(self, **event: object) -> None:
        self.file.write(json.dumps(event) + "\n")


@dataclass(frozen=True, eq=False)
class Peer:
    """A peer that is ready to minimise."""

    n_parameters: int
    minimise: Callable[[], bool]
    """Adds its energies to the trace; returns whether it converged."""
    reference_energy: Callable[[], float] | None = None
    """One evaluation at the reference determinant, which warms up and shows that the integrals were read rightly."""


def measure(version: str, prepare: Callable[[Problem, Trace], Peer]) -> None:
    """Prepare, warm up, and minimise up to five times, as often as fits into `REPEAT_SECONDS`.

    The process ends after the limit of seconds (0: never) in any of these.
    """
    integrals, events, limit = sys.argv[1:4]
    problem = Problem.read(Path(integrals))
    with Path(events).open("w", encoding="utf-8") as file:
        trace = Trace(file)

        def begin(stage: str) -> None:
            trace.write(stage=stage)
            file.flush()
            signal.alarm(int(limit))  # nothing catches it, so it ends the process
            trace.start()

        begin("setup")
        trace.write(version=version)
        peer = prepare(problem, trace)
        trace.write(setup=time.perf_counter() - trace.began, parameters=peer.n_parameters)
        if peer.reference_energy is not None:
            begin("warm-up")
            off = peer.reference_energy() - problem.hartree_fock
            if abs(off) > SAME_HARTREE:
                raise RuntimeError(f"The reference determinant's energy is off by {off:.1e} Ha.")
        timed: list[float] = []
        warm = False
        while not timed or (len(timed) < REPEATS and sum(timed) + max(timed) <= REPEAT_SECONDS):
            begin("run")
            converged = peer.minimise()
            seconds = time.perf_counter() - trace.began
            counts = warm or seconds > WARM_UP_SECONDS
            timed += [seconds] if counts else []
            warm = True
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            facts = {"all_evaluations": trace.evaluations, "converged": converged, "memory": memory}
            trace.write(took=seconds, counts=counts, **facts)
