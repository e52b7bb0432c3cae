"""Layers: a Llama cut in two, so that what its frozen lower part makes of a text is computed once."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn


def lower_part(decoder: Any, n_upper: int) -> Any:
    """All but the last layers of a decoder, without its final norm; weights are shared with it.

    Args:
        decoder: transformers' LlamaModel, Llama4TextModel or one built like them.
        n_upper: layers to leave out.
    """
    return _part(decoder, slice(0, _n_layers(decoder, n_upper)), nn.Identity())


def upper_part(decoder: Any, n_upper: int) -> Any:
    """The last layers of a decoder and its final norm, as a copy that may be trained.

    It takes ``inputs_embeds``, what `lower_part` returned, and must not be given a cache.
    """
    part = _part(decoder, slice(_n_layers(decoder, n_upper), None), decoder.norm)
    part.embed_tokens = nn.Identity()
    return copy.deepcopy(part)


def _n_layers(decoder: Any, n_upper: int) -> int:
    n_lower = len(decoder.layers) - n_upper
    if n_upper < 1 or n_lower < 0:
        raise ValueError(f"A model of {len(decoder.layers)} layers has no upper {n_upper}.")
    return n_lower


def _part(decoder: Any, which: slice, norm: nn.Module) -> Any:
    part = copy.copy(decoder)
    part._modules = dict(decoder._modules)
    part.layers, part.norm = decoder.layers[which], norm
    part.config = copy.deepcopy(decoder.config)
    part.config.num_hidden_layers = len(part.layers)
    if types := getattr(decoder.config, "layer_types", None):
        part.config.layer_types = types[which]
    return part
