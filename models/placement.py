"""Placement: a Llama's weights on the devices of this machine, in the precision that they are fast in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, TorchAoConfig
from transformers.utils import is_bitsandbytes_available, is_torchao_available
from transformers.utils import logging as transformers_logging

from models.errors import LlamaError

Quantisation = Literal["int8", "int4"]
"""Weights of linear layers in 8 bits, by torchao, or in the 4 bits of NF4, by bitsandbytes; the rest as it is.

Weights only: what is computed with them is not quantised, so that an answer does not depend on others in its batch, as
it does by bitsandbytes' 8 bits (LLM.int8, Dettmers et al., arXiv:2208.07339).
"""
_IS_INSTALLED: Mapping[Quantisation, Callable[[], bool]] = {
    "int8": is_torchao_available,
    "int4": is_bitsandbytes_available,
}
"""Whether its package is there, and new enough for transformers."""
_BF16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
"""Instruction sets that compute with bf16: two of x86, two of ARM."""

transformers_logging.disable_progress_bar()  # a load of a second needs no bar, and reports go to the same terminal
transformers_logging.set_verbosity_error()  # no list of what is left of a multimodal file; what is missing is checked


def split_quantisation(spec: str) -> tuple[str, Quantisation | None]:
    """``place#int8`` → the place and how to quantise its weights.

    Raises:
        LlamaError: it says something else after its ``#``.
    """
    place, mark, wanted = spec.partition("#")
    for known in get_args(Quantisation):
        if wanted == known:
            return place, known
    if mark:
        raise LlamaError(f"{spec} ends in #{wanted}: say {' or '.join(f'#{one}' for one in get_args(Quantisation))}")
    return place, None


def load_weights(folder: Path, quantisation: Quantisation | None) -> Any:
    """The causal language model of a folder; of a multimodal one, such as Llama 4, its text side.

    Args:
        folder: config.json and safetensors.
        quantisation: of weights that are stored in full; None leaves them, and those that are stored quantised.

    Raises:
        LlamaError: the weights are not all there, or not to be had like that; the message says what to do.
        OSError, ValueError, KeyError: the folder holds no such model.
    """
    if quantisation is not None and _has_experts(folder):
        raise LlamaError(
            f"{folder} cannot be quantised as it is loaded, its experts would stay as they are: give a checkpoint that "
            "is stored quantised, or serve the model and give the endpoint's address"
        )
    if quantisation is not None and not _IS_INSTALLED[quantisation]():
        raise LlamaError(
            f"{folder}#{quantisation} needs a package that is not installed, or too old: "
            "run `pip install 'eigenlead[quantised]'`"
        )
    dtype = best_dtype()
    try:
        # None would hide how a checkpoint is stored, so that no recipe is no argument
        recipe = {} if quantisation is None else {"quantization_config": _recipe(quantisation, dtype)}
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            device_map=device_map(),
            **recipe,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except ImportError as error:  # weights that are stored quantised; the error names the command
        raise LlamaError(f"{folder} needs a package that is not installed: {error}") from error
    except RuntimeError as error:
        raise LlamaError(f"{folder} does not load here: {error}") from error
    if missing := sorted(report["missing_keys"]):
        raise LlamaError(f"{folder} lacks weights of its model, such as {missing[0]}: get it again")
    return model.eval()


def best_dtype() -> torch.dtype:
    """bf16 on GPUs and on processors with instructions for it, fp32 elsewhere."""
    if torch.cuda.is_available():
        return torch.bfloat16
    return torch.bfloat16 if computes_bf16(torch.cpu.get_capabilities()) else torch.float32


def computes_bf16(processor: Mapping[str, Any]) -> bool:
    """Whether a processor of these capabilities, by torch's names, has instructions for bf16; without, it is slow."""
    return any(processor.get(name) for name in _BF16)


def device_map() -> Any:
    """For transformers: over all GPUs, and main memory for what they cannot hold; None without GPUs."""
    return "auto" if torch.cuda.is_available() else None


def _has_experts(folder: Path) -> bool:
    """Whether it is a mixture of experts: transformers keeps them in one tensor, which is no linear layer."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return "num_experts_per_tok" in config.get("text_config", config)


def _recipe(quantisation: Quantisation, dtype: torch.dtype) -> Any:
    if quantisation == "int4":
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
    from torchao.quantization import Int8WeightOnlyConfig  # it is optional

    return TorchAoConfig(Int8WeightOnlyConfig())
