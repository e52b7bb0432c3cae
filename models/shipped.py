"""The ranker that ships: what it is for."""

from __future__ import annotations

from safetensors import safe_open

from models.evidence_file import TABLE
from models.language_model import LanguageModel
from models.tasks import QUESTIONS, task_of

ADAPTER = TABLE.with_name("ranker.safetensors")
"""Made by `eigenlead train` for the embedded Llama."""
PROFILE = "quick"
"""Of the computed values that it has learned from: those of another profile are on another scale."""


def applies(llama: LanguageModel, question: str, profile: str) -> bool:
    """Whether the shipped ranker has learned this question, from such values, with this Llama."""
    return task_of(question) in QUESTIONS and profile == PROFILE and ADAPTER.is_file() and llama.hash == _llama_hash()


def _llama_hash() -> str:
    with safe_open(ADAPTER, framework="pt") as content:
        return str((content.metadata() or {}).get("llama"))
