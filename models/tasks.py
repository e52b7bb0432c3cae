"""Tasks: the measured properties that rankers are trained on and tested with, joined with the computed evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.evidence import Evidence
from models.evidence_file import PROFILE, TITLES
from models.train import Task
from molecules.measured import measured_set
from pipeline.objective import objective


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a measured set."""

    text: str
    """What better means, as a clause."""
    sign: float
    """That makes a higher number better."""
    physics: str
    """Descriptor whose lower value should be the better."""


QUESTIONS: Mapping[str, Question] = {
    "freesolv": Question("which is held more strongly by water", -1.0, "solvation.water"),
    "esol": Question("which dissolves better in water", 1.0, "solvation.log_p"),
}
"""By measured set."""
RATES = "gsh"
"""Measured rates with glutathione, which are never taught: they test what was learned."""
RATES_QUESTION = objective("covalent").question
RATES_DESCRIPTOR, RATES_TITLE = "thiol_addition", "thiol addition energy"
"""What physics alone orders them by."""


def task_of(question: str) -> str:
    """The measured set that answers a question; empty where none does."""
    questions = {one.text: name for name, one in QUESTIONS.items()} | {RATES_QUESTION: RATES}
    return questions.get(question, "")


def physics_title(question: str) -> str:
    """Words for the one descriptor that stands for physics where a question was measured."""
    task = task_of(question)
    return RATES_TITLE if task == RATES else TITLES[QUESTIONS[task].physics][0]


def measured_tasks(evidence: Mapping[str, Evidence]) -> list[Task]:
    """A task for each measured set, of the molecules that there is evidence of.

    Args:
        evidence: by canonical SMILES, as `models.evidence_file.read` returns it.
    """
    tasks = []
    for name, question in QUESTIONS.items():
        rows = [row for row in measured_set(name).rows if row.smiles in evidence]
        candidates = tuple(evidence[row.smiles] for row in rows)
        measured = question.sign * np.array([row.value for row in rows])
        tasks.append(Task(name, question.text, candidates, measured, question.physics, PROFILE))
    return tasks
