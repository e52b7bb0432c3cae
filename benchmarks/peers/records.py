"""Record: what one worker measured on one case, and the file of all records."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from peers.environments import FOLDER

RECORDS = FOLDER / "results.jsonl"
SAME_HARTREE = 1e-6


@dataclass(frozen=True, slots=True)
class Record:
    """One peer on one case."""

    stamp: str
    """When the benchmark that this belongs to began."""
    case: str
    peer: str
    status: str
    """finished, capped (ended by the cap) or failed."""
    stage: str
    """setup, warm-up or run: where it ended."""
    complaint: str = ""
    """The last line that it printed to stderr."""
    version: str = ""
    parameters: int = 0
    setup: float | None = None
    """Seconds."""
    runs: tuple[dict[str, Any], ...] = field(default_factory=tuple)
    """Finished ones after the warm-up: `took`, `all_evaluations`, `converged`, `memory` and `trace`."""
    unfinished: tuple[dict[str, Any], ...] = field(default_factory=tuple)
    """Trace of the run that the cap ended: `seconds`, `energy`, `evaluations`."""

    @property
    def energy(self) -> float:
        """The lowest one seen, hartree."""
        return min(point["energy"] for trace in self._traces() for point in trace)

    @property
    def seconds(self) -> float:
        """Median until an energy within 1e-6 hartree of the lowest."""
        return median(self._arrival(run)["seconds"] for run in self.runs)

    @property
    def evaluations(self) -> int:
        """Until then."""
        return round(median(self._arrival(run)["evaluations"] for run in self.runs))

    @property
    def all_seconds(self) -> float:
        """Median until the minimiser returned."""
        return median(run["took"] for run in self.runs)

    @property
    def all_evaluations(self) -> int:
        return round(median(run["all_evaluations"] for run in self.runs))

    @property
    def memory(self) -> int:
        """Peak of the process, bytes."""
        return max(run["memory"] for run in self.runs)

    @property
    def gave_up(self) -> bool:
        """No run finished, so larger cases are not tried."""
        return not self.runs

    @property
    def has_energy(self) -> bool:
        return any(self._traces())

    def _traces(self) -> list[list[dict[str, Any]]]:
        return [*(run["trace"] for run in self.runs), list(self.unfinished)]

    def _arrival(self, run: dict[str, Any]) -> dict[str, Any]:
        # A run that stopped higher than another has its own minimum.
        lowest = min(point["energy"] for point in run["trace"])
        return next(point for point in run["trace"] if point["energy"] <= lowest + SAME_HARTREE)

    @classmethod
    def of(cls, stamp: str, case: str, peer: str, events: Path, code: int, complaint: str) -> Record:
        """From the events that a worker wrote before it ended with this exit code."""
        status = "finished" if code == 0 else "capped" if code == -14 else "failed"
        stage, facts, runs, trace = "setup", {}, [], []
        for line in events.read_text(encoding="utf-8").splitlines() if events.exists() else []:
            try:
                event = json.loads(line)
            except json.JSONDecodeError:  # the last one of a process that was ended
                break
            if "stage" in event:
                stage, trace = event["stage"], []
            elif "energy" in event:
                trace.append(event)
            elif "took" in event:
                runs += [event | {"trace": trace}] if event["counts"] else []
                trace = []
            else:
                facts |= event
        left = tuple(trace) if status != "finished" else ()
        return cls(stamp, case, peer, status, stage, complaint, **facts, runs=tuple(runs), unfinished=left)

    def save(self) -> None:
        """Append it to the file."""
        FOLDER.mkdir(exist_ok=True)
        with RECORDS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self), ensure_ascii=False) + "\n")


def saved_records() -> list[Record]:
    """All, of every benchmark, in the order they were made."""
    if not RECORDS.exists():
        return []
    lines = RECORDS.read_text(encoding="utf-8").splitlines()
    return [Record(**{**entry, "runs": tuple(entry["runs"])}) for entry in map(json.loads, lines)]
