"""BoundedProcess: a process that calls functions one at a time, within limits of time and memory.

A computation that hangs, takes all memory or crashes costs one call and never the caller, and a process is at hand
again for the next one. Libraries use one thread in it: one process a core is what pays.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar, cast

from pyscf import lib
from threadpoolctl import threadpool_limits

from flows.child import end_with_parent
from pipeline.errors import ResourceError
from pipeline.vqe.solve import load_kernels

_GRACE = 1.1
"""Times the limit after which a call is stopped: what watches the time itself may end before that, and save."""
_FOR_PYSCF, _MOST_FOR_PYSCF = 0.8, 4000
"""Share of the memory that PySCF plans with, buffers and the interpreter taking the rest; and PySCF's own default in
megabytes, so that more memory changes no digit."""
_ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")
}  # read when the libraries load
_LAST_SECONDS = 10.0
"""That a process may take to end after it has closed its connection."""
_STARTED = b"started"

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take."""

    seconds: float
    """Wall time; the start of the process is not counted."""
    gigabytes: float
    """Data in memory, 2^30 bytes: heap and other private writable pages of the process (RLIMIT_DATA)."""


class ClosedError(Exception):
    """The process was closed while it computed."""


class BoundedProcess:
    """Calls functions in a process of its own, which starts with the first call and is replaced when it dies."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def call(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """The function's result, or its exception. A call whose process dies is tried once more, in a new one.

        Args:
            function: one of a module, as pickle wants it.
            args: to call it with.
            kwargs: to call it with.

        Raises:
            ResourceError: the call took more time or memory than the limits allow, or its process died twice.
            ClosedError: `close` was called meanwhile.
        """
        for _ in range(2):
            connection = self._running()
            try:
                connection.send((function, args, kwargs))
                connection.recv_bytes()
                if not connection.poll(_GRACE * self.limits.seconds):
                    self._end()
                    raise ResourceError(
                        f"It took longer than the {_duration(self.limits.seconds)} that it may take, and was stopped.",
                        "Allow more time for it, choose a cheaper profile, or cut the molecule down.",
                    )
                result, error = connection.recv()
            except (EOFError, ConnectionError):
                code = self._end(patience=_LAST_SECONDS)
                if self._closed:
                    raise ClosedError from None
            else:
                if isinstance(error, MemoryError):
                    self._end()  # what it has taken does not all come back
                    raise ResourceError(
                        f"It needs more than the {self.limits.gigabytes:.1f} GB of memory that it may take.",
                        "Allow more memory for it, with fewer workers if need be, or cut the molecule down.",
                    ) from error
                if error is not None:
                    raise error
                return cast("_T", result)
        raise ResourceError(
            f"Its process died twice ({_cause(code)}).",
            "Most often memory ran out: use fewer workers, or a machine with more. Else please report this molecule.",
        )

    def close(self) -> None:
        """End the process, and whatever it computes for another thread. It cannot be used any more."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def _running(self) -> Connection:
        """The connection to the process, which is started unless it runs."""
        with self._lock:
            if self._closed:
                raise ClosedError
            if self._connection is None:
                self._connection, theirs = Pipe()
                with theirs:
                    module = [sys.executable, "-P", "-m", "flows.bounded_process"]
                    self._process = subprocess.Popen(
                        [*module, str(theirs.fileno()), str(self.limits.gigabytes)],
                        pass_fds=[theirs.fileno()],
                        stdin=subprocess.DEVNULL,
                        stdout=2,  # what libraries print is no output of the command
                        env=os.environ
                        | _ONE_THREAD
                        | {
                            "PYSCF_MAX_MEMORY": str(
                                min(int(_FOR_PYSCF * 1024 * self.limits.gigabytes), _MOST_FOR_PYSCF)
                            )
                        },
                    )
            return self._connection

    def _end(self, patience: float = 0.0) -> int:
        """End the process, unless it ends by itself within some seconds; its exit code."""
        with self._lock:
            assert self._process is not None
            assert self._connection is not None
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
            self._process.kill()
            code = self._process.wait()
            self._connection.close()
            self._process = self._connection = None
            return code


class Processes:
    """Bounded processes, one for each thread that calls functions in them.

    As a context it begins anew, and ends them all, with what they compute. Without, as in a Dask worker, they end with
    this process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_thread: dict[int, BoundedProcess] = {}
        self._ended = False

    def __enter__(self) -> None:
        self._ended = False

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ended = True
            for process in self._by_thread.values():
                process.close()
            self._by_thread.clear()

    def call(self, limits: Limits, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function in this thread's process; see `BoundedProcess.call`."""
        return self._mine(limits).call(function, *args, **kwargs)

    def _mine(self, limits: Limits) -> BoundedProcess:
        with self._lock:
            if self._ended:
                raise ClosedError
            process = self._by_thread.get(threading.get_ident())
            if process is None or process.limits != limits:
                if process is not None:
                    process.close()
                process = self._by_thread[threading.get_ident()] = BoundedProcess(limits)
            return process


processes = Processes()
"""Those of this process."""


def call_bounded(limits: Limits, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call a function in a process of this thread; see `BoundedProcess.call`."""
    return processes.call(limits, function, *args, **kwargs)


def start_worker() -> None:
    """Prepare a process that computes: one thread, kernels loaded, and an end when its parent is gone."""
    threadpool_limits(limits=1)
    lib.num_threads(1)
    os.environ["RAYON_NUM_THREADS"] = "1"  # of ffsim, not imported yet
    end_with_parent()
    load_kernels()


def _cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.3g} seconds"


def _serve(connection: Connection, gigabytes: float) -> None:
    """Answer calls until the other side closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    start_worker()
    n_bytes = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, n_bytes))
    with suppress(EOFError):
        while True:
            function, args, kwargs = connection.recv()
            connection.send_bytes(_STARTED)
            _answer(connection, function, args, kwargs)


def _answer(
    connection: Connection, function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    outcome: tuple[object, Exception | None]
    try:
        outcome = function(*args, **kwargs), None
    except Exception as error:
        outcome = None, error
    try:
        connection.send(outcome)
    except Exception as error:  # of pickle, or of the object's own code
        connection.send((None, RuntimeError(f"{outcome!r:.200} cannot be sent back: {error}")))


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), float(sys.argv[2]))
