"""ServedLlama: a language model behind an OpenAI-compatible endpoint, such as vLLM's."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import openai

from models.errors import LlamaError
from models.language_model import Message
from pipeline.store import content_hash

KEY = "EIGENLEAD_LLAMA_KEY"
"""Environment variable of the endpoint's key; unset: none is asked for."""
SECONDS, RETRIES = 120.0, 4
"""Of one request; and how often one is repeated that was throttled, timed out or broke off, with growing pauses."""
SIDE_BY_SIDE = 8
VERDICT = 3.0
"""Log-odds that a verdict stands for where the endpoint tells no probabilities: 20 to 1."""
_TOP = 20
_MAX_TOKENS = 1200
_T = TypeVar("_T")


class ServedLlama:
    """A model that someone else runs. Answers are validated here: servers differ in what they hold a model to."""

    def __init__(self, address: str) -> None:
        """Find the endpoint and its model.

        Args:
            address: ``http://host:8000/v1``, the endpoint's first model, or ``http://host:8000/v1#name`` for another.

        Raises:
            LlamaError: the endpoint does not answer, or has no such model.
        """
        url, _, wanted = address.partition("#")
        self._client = openai.OpenAI(
            base_url=url, api_key=os.environ.get(KEY, "none"), timeout=SECONDS, max_retries=RETRIES
        )
        offered = [model.id for model in _asked(url, self._client.models.list)]
        if wanted and wanted not in offered:
            raise LlamaError(f"{url} serves no model {wanted!r}: it serves {', '.join(offered) or 'none'}")
        if not offered:
            raise LlamaError(f"{url} serves no model: start it with one")
        self._model = wanted or offered[0]
        self._url = url
        self.name = f"{self._model} (served)"
        """What to call it in a report."""
        self.hash = content_hash("served", url, self._model)
        """Identity for cache keys: an endpoint does not tell its weights."""

    def choice_logprobs(self, conversations: Sequence[Sequence[Message]], choices: Sequence[str]) -> list[list[float]]:
        """Log-probability of each choice as the answer, by conversation.

        Where the endpoint tells no probabilities it is asked for a verdict, which counts as `VERDICT`.

        Raises:
            LlamaError: it does not answer, or answers something else.
        """
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return list(pool.map(lambda conversation: self._odds(conversation, choices), conversations))

    def compose(
        self, messages: Sequence[Message], parts: Sequence[Sequence[str]], seed: int, temperature: float
    ) -> str:
        """One sentence of each part, in order, joined by spaces.

        Raises:
            LlamaError: it does not answer, or not with sentences that were offered.
        """
        names = [f"sentence_{number}" for number in range(1, len(parts) + 1)]
        answer = self._structured(messages, dict(zip(names, parts, strict=True)), seed, temperature)
        return " ".join(answer[name] for name in names)

    def _odds(self, conversation: Sequence[Message], choices: Sequence[str]) -> list[float]:
        reply = self._asked(
            messages=list(conversation), max_tokens=1, temperature=0.0, logprobs=True, top_logprobs=_TOP
        )
        told = reply.logprobs.content if reply.logprobs else None
        if told:
            found = {choice: -float("inf") for choice in choices}
            for candidate in told[0].top_logprobs:
                if (token := candidate.token.strip()) in found:
                    found[token] = max(found[token], candidate.logprob)
            if all(value > -float("inf") for value in found.values()):
                return [found[choice] for choice in choices]
        verdict = self._structured(conversation, {"answer": choices}, 0, 0.0)["answer"]
        return [0.0 if choice == verdict else -VERDICT for choice in choices]

    def _structured(
        self, messages: Sequence[Message], fields: dict[str, Sequence[str]], seed: int, temperature: float
    ) -> dict[str, str]:
        """One of the offered texts for each field."""
        schema = {
            "type": "object",
            "properties": {name: {"type": "string", "enum": list(offered)} for name, offered in fields.items()},
            "required": list(fields),
            "additionalProperties": False,
        }
        reply = self._asked(
            messages=list(messages),
            max_tokens=_MAX_TOKENS,
            temperature=temperature,
            seed=seed,
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": schema, "strict": True},
            },
        )
        try:
            answer = json.loads(reply.message.content or "")
        except ValueError as error:
            raise LlamaError(f"{self.name} answered no JSON: use a server with structured output") from error
        if not isinstance(answer, dict) or any(answer.get(name) not in offered for name, offered in fields.items()):
            raise LlamaError(f"{self.name} answered what it was not offered: use a server with structured output")
        return answer

    def _asked(self, **request: Any) -> Any:
        """The first choice of a completion."""
        reply = _asked(self._url, lambda: self._client.chat.completions.create(model=self._model, **request))
        if not reply.choices:
            raise LlamaError(f"{self.name} answered nothing: look at the server's log")
        return reply.choices[0]


def _asked(url: str, call: Callable[[], _T]) -> _T:
    try:
        return call()
    except openai.AuthenticationError as error:
        raise LlamaError(f"{url} wants a key: put it into {KEY}") from error
    except openai.RateLimitError as error:
        raise LlamaError(f"{url} is busy even after {RETRIES} pauses: try again later") from error
    except openai.APIConnectionError as error:  # time-outs and broken answers are such
        raise LlamaError(
            f"{url} does not answer within {SECONDS:.0f} s: is it running, is the address right?"
        ) from error
    except openai.OpenAIError as error:
        raise LlamaError(f"{url} refuses: {error}") from error
