"""LlamaError: what can be wrong with a language model. Kept apart from torch, so that it is quick to import."""


class LlamaError(RuntimeError):
    """A Llama cannot be loaded or used; the message says what to do next."""
