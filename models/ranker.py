"""Ranker: a Llama reward model that scores one candidate's evidence under a stated question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from models.errors import LlamaError
from models.evidence import Evidence
from models.llama import Llama
from models.signature import SIGNATURE
from models.soft_tokens import SoftTokens, StateEncoder

PROPERTIES = ("mw", "clogp", "tpsa", "hbd", "hba", "rotatable_bonds", "qed", "sa_score")
_TARGETS = ["q_proj", "v_proj"]
_BATCH = 16
_FORMAT = "eigenlead ranker 1"


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a ranker is made of, besides the Llama."""

    descriptors: tuple[str, ...]
    """Dotted names of the descriptors that it reads; the others of a candidate are not seen."""
    n_upper: int = 2
    """Upper layers of the Llama that are adapted; those below are frozen."""
    rank: int = 8
    """Of LoRA (Hu et al., arXiv:2106.09685) on the query and value projections."""
    alpha: int = 16
    """LoRA's scale."""
    encoder: StateEncoder = "quantum"
    """Of the VQE state's signature."""
    seed: int = 0
    """Of the first parameters."""


@dataclass(frozen=True, slots=True)
class Training:
    """What a ranker has learned from, and how it measured."""

    held_out: Mapping[str, Mapping[str, float]]
    """By question, a clause that says what better meant: Spearman correlation with measured values on molecules held
    out, by ranking: its own, ``Llama ranker``, and its baselines'; empty where it was not measured."""
    profile: str
    """Of the computed values that it learned from; empty: it reads none."""
    molecules: int
    seed: int
    seconds: float
    """Of all runs, where the training was cut off and went on."""

    def answered(self, question: str) -> str:
        """The question that is answered where this one is asked: this one if it was learned, else its own, a guess."""
        return question if question in self.held_out else next(iter(self.held_out))


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What the frozen layers make of the candidates' texts: the same for every training."""

    hidden: Tensor
    """(n, n_tokens, width), padded on the right."""
    lengths: Tensor
    """(n,) tokens of each text."""

    def __getitem__(self, rows: Any) -> Reading:
        return Reading(self.hidden[rows], self.lengths[rows])


@dataclass(frozen=True, eq=False, slots=True)
class Encoded:
    """Candidates as the adapted layers get them."""

    reading: Reading
    numbers: Tensor
    """(n, n_numbers) standardised."""
    signatures: Tensor
    """(n, 8) standardised."""

    def __getitem__(self, rows: Any) -> Encoded:
        return Encoded(self.reading[rows], self.numbers[rows], self.signatures[rows])


@dataclass(frozen=True, slots=True)
class Scale:
    """Means and standard deviations of numbers over the training set, (n,) each."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Scale:
        """Of rows (m, n), nan where a value is missing; a column that says nothing gets the deviation 1."""
        known = np.where(np.isfinite(values).any(axis=0), values, 0.0)
        deviation = np.nanstd(known, axis=0)
        return cls(tuple(np.nanmean(known, axis=0).tolist()), tuple(np.where(deviation > 0, deviation, 1.0).tolist()))

    def __call__(self, values: NDArray[np.float64]) -> Tensor:
        """Standardised, a missing value at the mean."""
        scaled = (values - np.array(self.mean)) / np.array(self.deviation)
        return torch.from_numpy(np.nan_to_num(scaled, nan=0.0)).float()


class Ranker(nn.Module):
    """The last layers of a Llama with LoRA, and a linear head on the last token.

    A candidate is scored alone, and its name is not read: neither names nor the order of a list change a score.
    """

    def __init__(self, llama: Llama, architecture: Architecture, numbers: Scale, signatures: Scale) -> None:
        """A ranker that is not trained yet.

        Args:
            llama: whose layers below the adapted ones stay as they are.
            architecture: of the adapter.
            numbers: scale of `numbers_of`.
            signatures: scale of signatures.
        """
        super().__init__()
        self.architecture, self.scales = architecture, (numbers, signatures)
        self.llama = llama
        generator = torch.Generator().manual_seed(architecture.seed)
        upper = llama.upper_layers(architecture.n_upper).requires_grad_(False)
        lora = LoraConfig(r=architecture.rank, lora_alpha=architecture.alpha, target_modules=_TARGETS)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(architecture.seed)
            self.upper = inject_adapter_in_model(lora, upper)
        self.tokens = SoftTokens(len(numbers.mean), llama.width, architecture.encoder, generator)
        self.head = nn.Linear(llama.width, 1, bias=False)
        nn.init.zeros_(self.head.weight)

    def read(self, candidates: Sequence[Evidence], question: str) -> Reading:
        """The texts of candidates under a question, read by the frozen layers: what takes time."""
        texts = [prompt(candidate, question, self.architecture.descriptors) for candidate in candidates]
        parts = [
            self.llama.activations(texts[start : start + _BATCH], self.architecture.n_upper)
            for start in range(0, len(texts), _BATCH)
        ]
        longest = max(hidden.shape[1] for hidden, _ in parts)
        padded = [nn.functional.pad(hidden, (0, 0, 0, longest - hidden.shape[1])) for hidden, _ in parts]
        return Reading(torch.cat(padded), torch.cat([lengths for _, lengths in parts]))

    def encode(self, candidates: Sequence[Evidence], reading: Reading) -> Encoded:
        """Candidates with their numbers on this ranker's scales."""
        signatures = np.array([candidate.signature or [np.nan] * len(SIGNATURE) for candidate in candidates])
        numbers = self.scales[0](numbers_of(candidates, self.architecture.descriptors))
        return Encoded(reading, numbers, self.scales[1](signatures))

    def forward(self, encoded: Encoded) -> Tensor:
        """Scores (n,); higher is better."""
        tokens = self.tokens(encoded.numbers, encoded.signatures)
        hidden = torch.cat((tokens, encoded.reading.hidden), dim=1)
        last = tokens.shape[1] + encoded.reading.lengths - 1
        states = self.upper(inputs_embeds=hidden, use_cache=False).last_hidden_state
        scores: Tensor = self.head(states[torch.arange(len(last)), last]).squeeze(-1)
        return scores

    @torch.inference_mode()
    def scores(
        self, candidates: Sequence[Evidence], question: str, reading: Reading | None = None
    ) -> NDArray[np.float64]:
        """Scores of candidates under a question, (n,); higher is better.

        Args:
            candidates: whom to score.
            question: as a clause.
            reading: what `read` made of them, where it is there already.
        """
        if not candidates:
            return np.zeros(0)
        encoded = self.encode(candidates, reading or self.read(candidates, question))
        found = [self(encoded[start : start + _BATCH]) for start in range(0, len(candidates), _BATCH)]
        return np.asarray(torch.cat(found).double())

    def save(self, file: Path, training: Training) -> None:
        """Write the adapter as safetensors, with all that makes the ranker again from the same Llama."""
        scales = [asdict(scale) for scale in self.scales]
        described = {"architecture": asdict(self.architecture), "scales": scales, "training": asdict(training)}
        metadata = {"format": _FORMAT, "llama": self.llama.hash, "ranker": json.dumps(described)}
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in self.trained().items()}, file, metadata)

    def trained(self) -> dict[str, Tensor]:
        """The parameters of the adapter, by name."""
        parts = {"tokens": self.tokens.state_dict(), "head": self.head.state_dict()}
        own = {f"{part}.{name}": tensor for part, state in parts.items() for name, tensor in state.items()}
        lora = get_peft_model_state_dict(self.upper)
        return {**own, **{f"lora.{name}": tensor for name, tensor in lora.items()}}

    def load_trained(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the parameters that `save` wrote."""

        def part(prefix: str) -> dict[str, Tensor]:
            return {name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)}

        self.tokens.load_state_dict(part("tokens."))
        self.head.load_state_dict(part("head."))
        set_peft_model_state_dict(self.upper, part("lora."))


def load_ranker(file: Path, llama: Llama) -> tuple[Ranker, Training]:
    """The ranker of an adapter file, on the Llama that it was trained on, and what it learned from.

    Raises:
        LlamaError: the file is no adapter, or one of another Llama.
    """
    try:
        with safe_open(file, framework="pt") as content:
            metadata = content.metadata() or {}
            tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    except Exception as error:  # safetensors raises its own and the system's errors
        raise LlamaError(f"{file} cannot be read as an adapter: {error}. Train one with `eigenlead train`.") from error
    if metadata.get("format") != _FORMAT:
        raise LlamaError(f"{file} is no ranker of Eigenlead. Train one with `eigenlead train`.")
    if metadata["llama"] != llama.hash:
        raise LlamaError(f"{file} was trained on another Llama than {llama.name}: train one for it, or use that one.")
    described = json.loads(metadata["ranker"])
    numbers, signatures = (Scale(**{key: tuple(value) for key, value in one.items()}) for one in described["scales"])
    architecture = {**described["architecture"], "descriptors": tuple(described["architecture"]["descriptors"])}
    ranker = Ranker(llama, Architecture(**architecture), numbers, signatures)
    ranker.load_trained(tensors)
    return ranker, Training(**described["training"])


def prompt(candidate: Evidence, question: str, descriptors: Sequence[str]) -> str:
    """The text that is scored: the question, then figures; neither name, structure nor rank."""
    figures = [
        f"{known.title} {known.value:.2f} {known.unit}".rstrip()
        for name in descriptors
        if (known := candidate.descriptors.get(name)) is not None
    ]
    figures += [f"{title} {candidate.properties[key]:.{decimals}f}" for key, (title, decimals) in _SHORT.items()]
    alerts = f"alerts {len(candidate.alerts)}"
    return f"Which is better, by {question}? {'; '.join([*figures, alerts])}. Score:"


_SHORT = {
    "mw": ("MW", 0),
    "clogp": ("logP", 1),
    "tpsa": ("PSA", 0),
    "hbd": ("donors", 0),
    "hba": ("acceptors", 0),
    "rotatable_bonds": ("rotatable bonds", 0),
}


def numbers_of(candidates: Sequence[Evidence], descriptors: Sequence[str]) -> NDArray[np.float64]:
    """(n, n_numbers) descriptor values and properties, nan where there is none; what baselines get too."""
    return np.array(
        [
            [
                *(one.value if (one := candidate.descriptors.get(name)) else np.nan for name in descriptors),
                *(candidate.properties.get(key, np.nan) for key in PROPERTIES),
                float(len(candidate.alerts)),
            ]
            for candidate in candidates
        ]
    )
