"""How the speed of language models is timed, by this project and by the worker of a peer alike; needs nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

REPEATS = 3


def fastest(*runs: Callable[[], object]) -> list[float]:
    """Seconds of each run at its fastest, after one that warms up; in turns, so that a disturbance hits all alike."""
    seconds = [[_seconds(run) for run in runs] for _ in range(REPEATS + 1)]
    return [min(column) for column in zip(*seconds[1:], strict=True)]


def speeds(write: Callable[[int], object], n_prompt: int, n_written: int) -> Sequence[float]:
    """Tokens read and tokens written a second.

    Args:
        write: reads the prompt and writes this many tokens; the first of them is what reading it gives.
        n_prompt: tokens of the prompt.
        n_written: tokens to write, besides the first.
    """
    reading, both = fastest(lambda: write(1), lambda: write(1 + n_written))
    return n_prompt / reading, n_written / (both - reading)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
