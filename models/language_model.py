"""LanguageModel: what ranking and explaining need of a Llama, wherever it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypedDict


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    content: str


class LanguageModel(Protocol):
    """What ranking and explaining need of a Llama."""

    @property
    def name(self) -> str:
        """What to call it in a report."""
        ...

    @property
    def hash(self) -> str:
        """Identity of the weights, for cache keys."""
        ...

    def choice_logprobs(self, conversations: Sequence[Sequence[Message]], choices: Sequence[str]) -> list[list[float]]:
        """Log-probability of each choice as the answer, by conversation."""
        ...

    def compose(
        self, messages: Sequence[Message], parts: Sequence[Sequence[str]], seed: int, temperature: float
    ) -> str:
        """An answer of one sentence of each part, in order, joined by spaces."""
        ...
