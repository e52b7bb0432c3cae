"""Tasks: the measured properties that rankers are trained on and tested with, joined with the computed evidence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.evidence import Evidence
from models.train import Task
from molecules.measured import measured_set

QUESTIONS: Mapping[str, tuple[str, float]] = {
    "freesolv": ("which is held more strongly by water", -1.0),
    "esol": ("which dissolves better in water", 1.0),
}
"""What better means for each measured set, and the sign that makes a higher number better."""


def measured_tasks(evidence: Mapping[str, Evidence]) -> list[Task]:
    """A task for each measured set, of the molecules that there is evidence of.

    Args:
        evidence: by canonical SMILES, as `models.evidence_file.read` returns it.
    """
    tasks = []
    for name, (question, sign) in QUESTIONS.items():
        rows = [row for row in measured_set(name).rows if row.smiles in evidence]
        candidates = tuple(evidence[row.smiles] for row in rows)
        tasks.append(Task(name, question, candidates, sign * np.array([row.value for row in rows])))
    return tasks
