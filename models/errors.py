"""Errors of models. Kept apart from torch, so that they are quick to import."""


class UnsuitableError(ValueError):
    """Measurements cannot teach a ranking; the message says why, and what would."""


class LlamaError(RuntimeError):
    """A Llama cannot be loaded or used; the message says what to do next."""
