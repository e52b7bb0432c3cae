"""SoftTokens: numbers as vectors that a Llama reads before a text."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from models.quantum_layer import QuantumLayer
from models.signature import SIGNATURE

StateEncoder = Literal["none", "mlp", "quantum"]
"""What makes tokens of a VQE state's signature."""
N_LAYERS = 3
"""Of the variational circuit."""
_N_SIGNATURE = len(SIGNATURE)
_N_FEATURES = 2 * _N_SIGNATURE
"""Expectation values of the circuit: Z of each qubit and ZZ of each two neighbours. The MLP returns as many."""


class SoftTokens(nn.Module):
    """Numbers of a candidate → vectors of a Llama's width.

    One token is a linear map of the candidate's descriptors and properties, as continuous numbers in the spirit of
    xVal (Golkar et al., arXiv:2310.02989): a small Llama reads digits badly. Where there is a state encoder, a second
    token is a linear map of what it makes of the state's signature.
    """

    def __init__(self, n_numbers: int, width: int, encoder: StateEncoder, generator: torch.Generator) -> None:
        """Draw the parameters.

        Args:
            n_numbers: descriptors and properties of a candidate.
            width: of the Llama's hidden vectors.
            encoder: of the state's signature; ``mlp`` and ``quantum`` have nearly equal numbers of parameters.
            generator: of the draw.
        """
        super().__init__()
        self.numbers = _linear(n_numbers, width, generator)
        self.encoder: nn.Module | None = None
        if encoder == "quantum":
            self.encoder = QuantumLayer(_N_SIGNATURE, N_LAYERS, generator)
        elif encoder == "mlp":
            self.encoder = _mlp(n_parameters(QuantumLayer(_N_SIGNATURE, N_LAYERS, generator)), generator)
        self.state = _linear(_N_FEATURES, width, generator) if self.encoder is not None else None

    @property
    def n_tokens(self) -> int:
        """How many it makes of a candidate."""
        return 1 if self.state is None else 2

    def forward(self, numbers: Tensor, signature: Tensor) -> Tensor:
        """Vectors (batch, n_tokens, width) of standardised numbers (batch, n_numbers) and signatures (batch, 8)."""
        tokens = [self.numbers(numbers)]
        if self.encoder is not None and self.state is not None:
            tokens.append(self.state(self.encoder(torch.tanh(signature) * (math.pi / 2))))
        return torch.stack(tokens, dim=1)


def n_parameters(module: nn.Module) -> int:
    """How many numbers of a module are trained."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def _mlp(budget: int, generator: torch.Generator) -> nn.Module:
    """Two layers with at most so many parameters."""
    hidden = (budget - _N_FEATURES) // (_N_SIGNATURE + 1 + _N_FEATURES)
    return nn.Sequential(
        _linear(_N_SIGNATURE, hidden, generator), nn.Tanh(), _linear(hidden, _N_FEATURES, generator), nn.Tanh()
    )


def _linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(n_in, n_out)
    bound = 1 / math.sqrt(n_in)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-bound, bound, generator=generator)
    return layer
