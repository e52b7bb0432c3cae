"""llama.cpp reads a prompt and writes on: `python llama_cpp.py`, a request as JSON on stdin, the answer on stdout."""

from __future__ import annotations

import json
import sys

import xllamacpp
from timing import speeds


def main() -> None:
    request = json.load(sys.stdin)
    params = xllamacpp.CommonParams()
    params.model.path = request["gguf"]
    params.n_ctx, params.n_parallel, params.n_gpu_layers, params.verbosity = 2048, 1, 0, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = request["threads"]
    server = xllamacpp.Server(params)
    prompt, n_written = request["prompt"], request["n_written"]

    def write(count: int) -> str:
        asked = {"prompt": prompt, "n_predict": count, "temperature": 0, "ignore_eos": True, "cache_prompt": False}
        answer = server.handle_completions(asked)
        if answer["usage"]["completion_tokens"] != count or answer["usage"]["prompt_tokens"] != len(prompt):
            raise RuntimeError(f"{count} tokens after {len(prompt)} were asked for: {answer['usage']}")
        return str(answer["choices"][0]["text"])

    reading, writing = speeds(write, len(prompt), n_written)
    built = xllamacpp.get_system_info().strip(" |\n")
    print(json.dumps({"reading": reading, "writing": writing, "text": write(1 + n_written), "built": built}))


if __name__ == "__main__":
    main()
