"""Progress: how far a screen is, on the console and in the Prefect UI."""

from __future__ import annotations

import time
from types import TracebackType

from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from flows.console import plain_console
from flows.report.words import rough_duration

_LEAST_SECONDS_BETWEEN_ARTIFACTS = 2.0


class Progress:
    """One bar: a rich one where a person watches, log lines elsewhere, and always a Prefect artifact."""

    def __init__(self, title: str, total: int, work: float | None = None) -> None:
        """Start at zero of `total`; use it as a context manager inside a flow.

        Args:
            title: What is being done.
            total: How many there are to do.
            work: What all of them together will cost, in any unit, where they differ; None: one each.
        """
        self._title, self._total, self._done = title, total, 0
        self._work, self._spent = work, 0.0
        self._began = time.monotonic()
        self._updated = 0.0
        self._bar = Bar(
            TextColumn("{task.description:<32}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=plain_console(soft_wrap=False, stderr=True),
        )

    def __enter__(self) -> Progress:
        self._artifact = create_progress_artifact(progress=0.0, description=self._title)
        if self._bar.console.is_terminal:
            self._bar.start()
        self._task = self._bar.add_task(self._title, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._done = self._total
        self._publish()
        self._bar.stop()

    def set(self, done: int) -> None:
        """Say how many are done."""
        self._done = done
        self._bar.update(self._task, completed=done)
        if time.monotonic() - self._updated > _LEAST_SECONDS_BETWEEN_ARTIFACTS:
            self._publish()

    def of(self, done: int, total: int) -> None:
        """Say how many of how many are done, where the total is known only now."""
        self._total = total
        self._bar.update(self._task, total=total)
        self.set(done)

    def advance(self, count: int = 1, work: float = 0.0) -> None:
        """Say that `count` more are done, which cost `work`."""
        self._spent += work
        self.set(self._done + count)

    def describe(self) -> str:
        """How many are done, and how long the others will take, for people."""
        words = f"{self._title}: {self._done} of {self._total}"
        share = self._share()
        if not 0.0 < share < 1.0:
            return words
        return f"{words}, about {rough_duration((time.monotonic() - self._began) * (1.0 - share) / share)} left"

    def _share(self) -> float:
        """Of the work, from 0 to 1."""
        if self._done >= self._total:
            return 1.0
        return self._spent / self._work if self._work else self._done / self._total

    def _publish(self) -> None:
        self._updated = time.monotonic()
        words, artifact = self.describe(), self._artifact
        update_progress_artifact(artifact, 100.0 * self._share(), words)  # type: ignore[arg-type]  # typed as if awaited
        get_run_logger().info(words)
