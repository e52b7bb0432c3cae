"""Tiny random Llamas 3 and 4, and a liar, for the tests of models."""

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import (
    Llama4Config,
    Llama4ForCausalLM,
    Llama4ForConditionalGeneration,
    Llama4TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from models import placement

placement.best_dtype = lambda: torch.float32  # on every machine: what tests look for would drown in bf16's rounding

TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


def save_tokenizer(folder, template=TEMPLATE):
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|start|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["Its thiol addition energy is lower than that of acrylonitrile."] * 9, trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    if template:
        wrapped.chat_template = template
    wrapped.save_pretrained(folder)
    return len(wrapped)


SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
}
EXPERTS = {"intermediate_size_mlp": 128, "num_local_experts": 2, "head_dim": 16, "attention_chunk_size": 64}


def save_llama(folder, generation, seed=0):
    """A random model of Llama 3's or 4's architecture in a folder."""
    vocabulary = save_tokenizer(folder)
    torch.manual_seed(seed)
    if generation == 3:
        model = LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **SIZES))
    else:
        model = Llama4ForCausalLM(Llama4TextConfig(vocab_size=vocabulary, **SIZES, **EXPERTS))
    model.save_pretrained(folder)
    return folder


def save_seeing_llama(folder):
    """A random Llama 4 that reads pictures too, as Scout and Maverick are kept; returned as well."""
    text = {"vocab_size": save_tokenizer(folder), **SIZES, **EXPERTS}
    vision = {
        "hidden_size": 32,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
        "vision_output_dim": 32,
        "projector_input_dim": 32,
        "projector_output_dim": 32,
    }
    torch.manual_seed(0)
    model = Llama4ForConditionalGeneration(Llama4Config(text_config=text, vision_config=vision)).eval()
    model.save_pretrained(folder)
    return model


class LyingLlama:
    """Says what it is told to say, whatever is offered; prefers the first, or by a secret order."""

    def __init__(self, text, strength=None):
        self.text = text
        self.strength = strength
        self.name = self.hash = f"liar {text}"
        self.asked = 0

    def choice_logprobs(self, conversations, _choices):
        self.asked += len(conversations)
        return [self._odds(conversation[-1]["content"]) for conversation in conversations]

    def _odds(self, question):
        if self.strength is None:
            return [-0.1, -2.4]
        first, second = (line[3:].split(":")[0] for line in question.splitlines()[2:4])
        return [self.strength(first), self.strength(second)]

    def compose(self, *_):
        self.asked += 1
        return self.text
