"""Llama: a language model from a folder, a hub name or the embedded one, asked for odds or for constrained text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llguidance
import llguidance.hf
import llguidance.numpy
import numpy as np
import torch
from accelerate.hooks import remove_hook_from_module
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from transformers import AutoTokenizer, DynamicCache

from models.embedded import GGUF_SHA256, embedded_folder
from models.errors import LlamaError
from models.language_model import LanguageModel, Message
from models.layers import lower_part, upper_part
from models.placement import Quantisation, load_weights, split_quantisation
from pipeline.store import content_hash

_MOST_TOKENS = 900


@dataclass(frozen=True, slots=True)
class Decisions:
    """A constrained answer as tokens, and where in it there was a choice."""

    tokens: tuple[int, ...]
    """Of the conversation and the answer."""
    positions: tuple[int, ...]
    """Of the token before each choice."""
    allowed: tuple[tuple[int, ...], ...]
    """Tokens that the grammar allowed at each, two or more."""
    chosen: tuple[int, ...]
    """Which of the allowed ones was taken at each, by its place among them."""


class Llama:
    """A causal language model with a chat template. Same input and seed: same output."""

    def __init__(
        self, folder: Path, name: str, weights_hash: str | None = None, quantisation: Quantisation | None = None
    ) -> None:
        """Load the model of a folder; `load_llama` also knows other places.

        Args:
            folder: config.json, safetensors and a tokenizer, as transformers saves them.
            name: what to call it in a report.
            weights_hash: known identity of the weights; None: the SHA-256 of the folder's files.
            quantisation: of the weights as they are loaded; None: as they are stored.
        """
        if not (folder / "config.json").is_file():
            raise LlamaError(f"{folder} holds no config.json: give the folder that save_pretrained wrote")
        stored = weights_hash or _folder_hash(folder)
        self.name = f"{name} ({quantisation})" if quantisation else name
        """What to call it in a report."""
        self.hash = content_hash(stored, quantisation) if quantisation else stored
        """Identity of the weights, for cache keys."""
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            self._model: Any = load_weights(folder, quantisation)
        except (OSError, ValueError, KeyError) as error:
            raise LlamaError(f"{folder} does not load as a language model with safetensors: {error}") from error
        if not self._tokenizer.chat_template:
            raise LlamaError(f"{name} has no chat template: use its instruction-tuned version")
        self._device = self._model.get_input_embeddings().weight.device  # the first layer's, where there are several
        self._width = int(self._model.get_output_embeddings().out_features)
        self._guide = llguidance.hf.from_tokenizer(self._tokenizer, n_vocab=self._width)

    @torch.inference_mode()
    def choice_logprobs(self, conversations: Sequence[Sequence[Message]], choices: Sequence[str]) -> list[list[float]]:
        """Log-probability of each choice as the answer, by conversation.

        Conversations are padded on the right: under a causal mask the padding is never seen, so that a conversation's
        figures do not depend on its neighbours in the batch. What all of them begin with is computed once.

        Args:
            conversations: each ends with the user's turn; one batch.
            choices: answers of one token each, such as ``A`` and ``B``.

        Returns:
            A row for each conversation with one natural logarithm for each choice.
        """
        if not conversations:
            return []
        answers = [self._single_token(choice) for choice in choices]
        rows = [self._prompt(conversation) for conversation in conversations]
        shared = _common_prefix(rows)
        cache = DynamicCache(config=self._model.config)
        if shared:
            self._model(torch.tensor([rows[0][:shared]], device=self._device), past_key_values=cache, logits_to_keep=1)
            cache.batch_repeat_interleave(len(rows))
        tokens, lengths = _padded([row[shared:] for row in rows], self._device)
        # logits: (row, row whose last position it is, vocabulary); the diagonal is wanted. Positions are a list because
        # a tensor would have to be on the device of the last layer, and is moved to that of the first.
        last = [length - 1 for length in lengths.tolist()]
        logits = self._model(tokens, past_key_values=cache, logits_to_keep=last).logits
        logprobs = logits.diagonal(dim1=0, dim2=1).T.float().log_softmax(dim=-1)
        return [[float(value) for value in row] for row in logprobs[:, answers].cpu()]

    def compose(
        self, messages: Sequence[Message], parts: Sequence[Sequence[str]], seed: int, temperature: float
    ) -> str:
        """One sentence of each part, in order, joined by spaces; a grammar leaves nothing else to say."""
        return self.generate(messages, _grammar(parts), _MOST_TOKENS, seed, temperature)

    @torch.inference_mode()
    def generate(
        self, messages: Sequence[Message], grammar: str, max_tokens: int, seed: int, temperature: float
    ) -> str:
        """An answer in the language of a grammar.

        Text that the grammar forces is appended without sampling and read by the model in one go.

        Args:
            messages: the conversation, ending with the user's turn.
            grammar: llguidance's Lark dialect.
            max_tokens: where to stop even if the answer is not finished.
            seed: of this call's own random generator.
            temperature: 0 takes the likeliest token.
        """
        matcher = self._matcher(grammar)
        generator = torch.Generator(self._device).manual_seed(seed)
        cache = DynamicCache(config=self._model.config)
        unread = self._prompt(messages)
        answer: list[int] = []
        while len(answer) < max_tokens:
            forced = matcher.compute_ff_tokens()
            matcher.consume_tokens(forced)
            answer += forced
            unread += forced
            if matcher.is_stopped():
                break
            tokens = torch.tensor([unread], device=self._device)
            logits = self._model(tokens, past_key_values=cache, logits_to_keep=1).logits[0, -1].float()
            logits[torch.from_numpy(~self._allowed(matcher)).to(self._device)] = -torch.inf
            if temperature > 0:
                chances = (logits / temperature).softmax(dim=-1)
                token = int(torch.multinomial(chances, 1, generator=generator))
            else:
                token = int(logits.argmax())
            if token in self._guide.eos_tokens or not matcher.consume_token(token):
                break
            answer.append(token)
            unread = [token]
        return str(self._tokenizer.decode(answer, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def decisions(self, messages: Sequence[Message], parts: Sequence[Sequence[str]], answer: str) -> Decisions:
        """Where an answer, made of one sentence of each part, was a choice: what `compose` would have sampled.

        Args:
            messages: the conversation.
            parts: the sentences that were offered.
            answer: one of each, joined by spaces.
        """
        matcher, rest = self._matcher(_grammar(parts)), answer.encode()
        tokens, found = self._prompt(messages), []
        while True:
            forced = matcher.compute_ff_tokens()
            matcher.consume_tokens(forced)
            tokens += forced
            rest = rest[len(self._guide.decode_bytes(forced)) :]
            if matcher.is_stopped() or not rest:
                break
            allowed = np.flatnonzero(self._allowed(matcher)).tolist()
            token = self._guide.tokenize_bytes(rest)[0]
            if token not in allowed or not matcher.consume_token(token):
                raise ValueError(f"what follows is not among the sentences offered: {rest.decode(errors='replace')}")
            if len(allowed) > 1:
                found.append((len(tokens) - 1, tuple(allowed), allowed.index(token)))
            tokens.append(token)
            rest = rest[len(self._guide.decode_bytes([token])) :]
        positions, allowed_of_each, chosen = zip(*found, strict=True) if found else ((), (), ())
        return Decisions(tuple(tokens), positions, allowed_of_each, chosen)

    def _matcher(self, grammar: str) -> llguidance.LLMatcher:
        matcher = llguidance.LLMatcher(self._guide, llguidance.LLMatcher.grammar_from_lark(grammar))
        if matcher.is_error():
            raise LlamaError(f"the grammar is not valid Lark for llguidance: {matcher.get_error()}")
        return matcher

    def _allowed(self, matcher: llguidance.LLMatcher) -> NDArray[np.bool_]:
        """(vocabulary,) which tokens may come next."""
        bitmask = llguidance.numpy.allocate_token_bitmask(1, self._width)
        llguidance.numpy.fill_next_token_bitmask(matcher, bitmask)
        return np.unpackbits(bitmask[0].view(np.uint8), bitorder="little")[: self._width].astype(bool)

    def _decoder(self) -> Any:
        """The layers of the text model; a Llama 4 has them deeper inside than a Llama 3."""
        part = self._model.get_decoder()
        while not hasattr(part, "layers"):
            part = part.model
        # Where a model is spread over devices, accelerate's hooks replace `forward`. The one here would call all layers
        # from a part of them too, and those of the layers do its work.
        remove_hook_from_module(part)
        vars(part).pop("forward", None)
        return part

    @property
    def width(self) -> int:
        """Of the hidden vectors."""
        return int(self._model.config.get_text_config().hidden_size)

    def upper_layers(self, n_upper: int) -> Any:
        """A copy of the last layers and the final norm, for training: fp32 in main memory.

        See `models.layers.upper_part`.

        Raises:
            LlamaError: the model is quantised, or too large for this machine's memory.
        """
        if getattr(self._model, "is_quantized", False):  # as it was loaded, or as it is stored
            raise LlamaError(f"{self.name} is quantised and cannot be trained further: name one with full weights")
        upper = upper_part(self._decoder(), n_upper)
        if any(parameter.is_meta for parameter in upper.parameters()):
            raise LlamaError(
                f"{self.name} does not fit the memory here and cannot be trained further: name a smaller one"
            )
        remove_hook_from_module(upper, recurse=True)
        return upper.to("cpu", torch.float32)

    def with_upper_layers(self, upper: Any, name: str, weights_hash: str) -> Llama:
        """The same Llama with other last layers, such as `upper_layers` returned; all else is shared.

        Args:
            upper: the layers.
            name: what to call it.
            weights_hash: its identity.
        """
        other = copy(self)
        other.name, other.hash = name, weights_hash
        other._model = deepcopy(self._model, {id(one): one for one in self._model.parameters()})
        layers = other._decoder().layers
        for place, layer in enumerate(upper.layers, start=len(layers) - len(upper.layers)):
            layers[place] = layer.to(self._device, self._model.dtype)
        return other

    def token_vectors(self, tokens: torch.Tensor) -> torch.Tensor:
        """The vectors of the output layer whose products with a last hidden state are the logits of tokens."""
        vectors: torch.Tensor = self._model.get_output_embeddings().weight[tokens].detach().float()
        return vectors

    def activations(self, texts: Sequence[str], n_upper: int) -> tuple[torch.Tensor, torch.Tensor]:
        """What all layers but the last `n_upper` make of texts: see `token_activations`."""
        plain = [self._without_control(text) for text in texts]
        rows = [list(self._tokenizer(text, add_special_tokens=False)["input_ids"]) for text in plain]
        return self.token_activations(rows, n_upper)

    @torch.no_grad()
    def token_activations(self, rows: Sequence[Sequence[int]], n_upper: int) -> tuple[torch.Tensor, torch.Tensor]:
        """What all layers but the last `n_upper` make of rows of tokens.

        What all rows begin with is computed once. Under a causal mask the padding on the right is never seen.

        Returns:
            Hidden vectors (n, longest, width), padded on the right with anything; and the tokens of each row, (n,).
            Both for `upper_layers`: fp32 in main memory.
        """
        lower = lower_part(self._decoder(), n_upper)
        cache, parts, shared = DynamicCache(config=lower.config), [], _common_prefix(rows)
        if shared:
            start = torch.tensor([rows[0][:shared]], device=self._device)
            parts.append(lower(start, past_key_values=cache).last_hidden_state.expand(len(rows), -1, -1))
            cache.batch_repeat_interleave(len(rows))
        tokens, lengths = _padded([row[shared:] for row in rows], self._device)
        parts.append(lower(tokens, past_key_values=cache).last_hidden_state)
        return torch.cat(parts, dim=1).to("cpu", torch.float32), lengths.cpu() + shared

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of a conversation up to where the answer begins. Control tokens in its contents are broken up."""
        plain = [
            {"role": message["role"], "content": self._without_control(message["content"])} for message in messages
        ]
        text = self._tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=True)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _without_control(self, text: str) -> str:
        for token in self._tokenizer.get_added_vocab():
            text = text.replace(token, " ".join(token))
        return text

    def _single_token(self, choice: str) -> int:
        ids = self._tokenizer(choice, add_special_tokens=False)["input_ids"]
        if len(ids) != 1:
            raise LlamaError(f"{choice!r} is {len(ids)} tokens for {self.name}: choices must be single tokens")
        return int(ids[0])


def load_llama(spec: str) -> LanguageModel:
    """A Llama by its place.

    Args:
        spec: ``embedded``; a folder; a name on the Hugging Face hub such as ``meta-llama/Llama-3.2-1B-Instruct``; any
            of them with ``#int8`` or ``#int4`` behind it where memory is short; or the address of an OpenAI-compatible
            endpoint, as `models.served.ServedLlama` takes it.

    Raises:
        LlamaError: there is no usable model at that place; the message says what to do.
    """
    if spec.startswith(("http://", "https://")):
        from models.served import ServedLlama  # OpenAI's client takes a second

        return ServedLlama(spec)
    place, quantisation = split_quantisation(spec)
    if place == "embedded":
        return Llama(embedded_folder(), "SmolLM2-135M-Instruct (embedded)", GGUF_SHA256, quantisation)
    folder = Path(place).expanduser()
    if folder.is_dir():
        return Llama(folder, folder.resolve().name, quantisation=quantisation)
    if place.startswith((".", "/", "~")) or place.count("/") != 1:
        raise LlamaError(f"there is no folder {place}: give a folder, a hub name such as owner/model, or 'embedded'")
    try:
        snapshot = snapshot_download(place, allow_patterns=["*.json", "*.safetensors", "*.jinja", "tokenizer*"])
    except Exception as error:  # the hub client raises many unrelated types: HTTP, cache, validation, connection
        raise LlamaError(
            f"{place} cannot be fetched from the hub ({type(error).__name__}): check the name, the network and, for a "
            "gated model, `hf auth login`; or download it elsewhere and give its folder; or use 'embedded'"
        ) from error
    return Llama(Path(snapshot), place, quantisation=quantisation)


def use_threads(count: int) -> None:
    """Have every model of this process use that many threads."""
    torch.set_num_threads(count)


def _folder_hash(folder: Path) -> str:
    """SHA-256 over everything in a model's folder that determines its answers."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in {".safetensors", ".json", ".jinja"}:
            with path.open("rb") as file:
                total.update(f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def _common_prefix(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with, leaving at least one of each."""
    shortest = min(len(row) for row in rows) - 1
    first = rows[0]
    for index in range(shortest):
        if any(row[index] != first[index] for row in rows):
            return index
    return shortest


def _padded(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids (n, longest), padded on the right, and the length of each row, (n,)."""
    longest = max(len(row) for row in rows)
    tokens = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], device=device)
    return tokens, torch.tensor([len(row) for row in rows], device=device)


def _grammar(parts: Sequence[Sequence[str]]) -> str:
    """A Lark grammar: one sentence of each part, in order. JSON's string escapes are Lark's."""
    rules = [" | ".join(json.dumps(sentence, ensure_ascii=False) for sentence in part) for part in parts]
    names = [f"s{index}" for index in range(len(rules))]
    lines = ["start: " + ' " " '.join(names), *(f"{name}: {rule}" for name, rule in zip(names, rules, strict=True))]
    return "\n".join(lines)
