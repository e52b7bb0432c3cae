"""Composer: the last layers of the embedded Llama, taught by lessons which sentences make a good note."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from models.evidence_file import TABLE
from models.fit import fit
from models.language_model import LanguageModel
from models.lessons import Lesson
from models.llama import Decisions, Llama
from pipeline.store import content_hash

ADAPTER = TABLE.with_name("composer.safetensors")
"""Made by `eigenlead train --explanations` for the embedded Llama."""
N_UPPER, RANK, ALPHA = 4, 8, 16
"""Layers that are adapted; rank and scale of LoRA (Hu et al., arXiv:2106.09685) on their queries and values."""
EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 4, 8, 2e-3, 0.01
_READ_TOGETHER = 4
_FORMAT = "eigenlead composer 1"


@dataclass(frozen=True, slots=True)
class Teaching:
    """What a composer has learned from, and how it measured."""

    lessons: int
    seed: int
    seconds: float
    loss_before: float
    """Mean of −ln p of the sentences' choices in lessons held out, by the Llama as it was."""
    loss_after: float
    """The same, once taught."""


@dataclass(frozen=True, eq=False, slots=True)
class Studied:
    """A lesson as the adapted layers get it: what the frozen ones make of it, and its decisions."""

    hidden: Tensor
    """(n_tokens, width)"""
    decisions: Decisions


class Composer(nn.Module):
    """The last layers of a Llama with LoRA, as they choose among the tokens that a grammar allows."""

    def __init__(self, llama: Llama, seed: int = 0) -> None:
        """A composer that is not taught yet: it chooses as the Llama does.

        Args:
            llama: whose other layers stay as they are.
            seed: of the first parameters.
        """
        super().__init__()
        self.llama = llama
        upper = llama.upper_layers(N_UPPER).requires_grad_(False)
        lora = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=["q_proj", "v_proj"])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.upper = inject_adapter_in_model(lora, upper)

    def study(self, lessons: Sequence[Lesson], progress: Callable[[int, int], None] | None = None) -> list[Studied]:
        """Lessons read by the frozen layers: what takes time."""
        decisions = [self.llama.decisions(one.messages, one.parts, one.answer) for one in lessons]
        found: list[Studied] = []
        for start in range(0, len(decisions), _READ_TOGETHER):
            some = decisions[start : start + _READ_TOGETHER]
            hidden, lengths = self.llama.token_activations([one.tokens for one in some], N_UPPER)
            found += [Studied(hidden[i, : lengths[i]].clone(), one) for i, one in enumerate(some)]
            if progress is not None:
                progress(len(found), len(lessons))
        return found

    def forward(self, studied: Sequence[Studied]) -> Tensor:
        """The mean of −ln p over all decisions of some lessons."""
        longest = max(len(one.hidden) for one in studied)
        hidden = torch.stack([pad(one.hidden, (0, 0, 0, longest - len(one.hidden))) for one in studied])
        states = self.upper(inputs_embeds=hidden, use_cache=False).last_hidden_state
        where = [(row, place) for row, one in enumerate(studied) for place in one.decisions.positions]
        allowed = [tokens for one in studied for tokens in one.decisions.allowed]
        chosen = [which for one in studied for which in one.decisions.chosen]
        most = max(map(len, allowed))
        ids = torch.tensor([[*tokens, *[tokens[0]] * (most - len(tokens))] for tokens in allowed])
        is_real = torch.arange(most) < torch.tensor([[len(tokens)] for tokens in allowed])
        rows, places = zip(*where, strict=True)
        logits = torch.einsum("dtw,dw->dt", self.llama.token_vectors(ids), states[list(rows), list(places)])
        return cross_entropy(logits.masked_fill(~is_real, -torch.inf), torch.tensor(chosen))

    def trained(self) -> dict[str, Tensor]:
        """The parameters of the adapter, by name."""
        return dict(get_peft_model_state_dict(self.upper))

    def load_trained(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the parameters that `trained` returned."""
        set_peft_model_state_dict(self.upper, dict(tensors))

    def save(self, file: Path, teaching: Teaching) -> None:
        """Write the adapter as safetensors, with what it learned from."""
        metadata = {"format": _FORMAT, "llama": self.llama.hash, "teaching": json.dumps(asdict(teaching))}
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in self.trained().items()}, file, metadata)


def teach(
    composer: Composer,
    studied: Sequence[Studied],
    seed: int,
    checkpoint: Path | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> float:
    """Fit a composer to lessons, in place: cross-entropy where the grammar leaves a choice, and nowhere else.

    Args:
        composer: to teach.
        studied: what `Composer.study` made of the lessons.
        seed: of the order of lessons.
        checkpoint: as `models.fit.fit` takes it.
        progress: as `models.fit.fit` takes it.

    Returns:
        Seconds that it took, over all runs.
    """
    generator = np.random.default_rng(seed)
    n_batches = max(1, len(studied) // BATCH)
    batches = [np.array_split(generator.permutation(len(studied)), n_batches) for _ in range(EPOCHS)]

    def loss(rows: NDArray[np.int64]) -> Tensor:
        value: Tensor = composer([studied[row] for row in rows])
        return value

    return fit(composer, batches, loss, LEARNING_RATE, WEIGHT_DECAY, checkpoint, progress)


@torch.no_grad()
def mean_loss(composer: Composer, studied: Sequence[Studied]) -> float:
    """Mean of −ln p over the decisions of lessons, lesson by lesson."""
    return float(np.mean([float(composer([one])) for one in studied if one.decisions.positions]))


def taught(llama: LanguageModel, file: Path = ADAPTER) -> LanguageModel:
    """The Llama as it explains: with the adapter that ships, where that was made for it; else as it is."""
    if not isinstance(llama, Llama) or not file.is_file():
        return llama
    with safe_open(file, framework="pt") as content:
        metadata = content.metadata() or {}
    if metadata.get("format") != _FORMAT or metadata["llama"] != llama.hash:
        return llama
    composer = Composer(llama)
    composer.load_trained(load_file(file))
    upper = composer.upper.requires_grad_(False)
    with file.open("rb") as content:
        identity = content_hash(llama.hash, hashlib.file_digest(content, "sha256").hexdigest())
    return llama.with_upper_layers(upper, f"{llama.name}, taught to explain", identity)


def teaching_of(file: Path = ADAPTER) -> Teaching:
    """What a composer's file says of its making."""
    with safe_open(file, framework="pt") as content:
        return Teaching(**json.loads(content.metadata()["teaching"]))
