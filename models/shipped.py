"""The ranker that ships: what it is for."""

from __future__ import annotations

from safetensors import safe_open

from models.evidence_file import PROFILE, TABLE
from models.language_model import LanguageModel
from models.tasks import QUESTIONS, task_of

ADAPTER = TABLE.with_name("ranker.safetensors")
"""Made by `eigenlead train` for the embedded Llama."""


def applies(llama: LanguageModel, question: str, profile: str) -> bool:
    """Whether the shipped ranker has learned this question, from such values, with this Llama."""
    return task_of(question) in QUESTIONS and profile == PROFILE and was_measured(llama)


def was_measured(llama: LanguageModel) -> bool:
    """Whether it is the Llama that `eigenlead evaluate` measured, for which the shipped ranker was made."""
    if not ADAPTER.is_file():
        return False
    with safe_open(ADAPTER, framework="pt") as content:
        return (content.metadata() or {}).get("llama") == llama.hash
