"""The embedded Llama itself. Slow: converted once a session (about 40 s), into a folder of the test's own."""

import math
import os

import pytest
import torch
from evidence_tables import NAMES, table_of

from models.check import check_text
from models.embedded import GGUF_SHA256, embedded_folder
from models.explainer import explain
from models.explanation_trial import run_trial
from models.judge import judge
from models.llama import load_llama
from pipeline.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("EIGENLEAD_CACHE")
    os.environ["EIGENLEAD_CACHE"] = str(folder)
    yield folder
    os.environ.pop("EIGENLEAD_CACHE")
    if before is not None:
        os.environ["EIGENLEAD_CACHE"] = before


@pytest.fixture(scope="module")
def embedded(cache):
    assert not list(cache.iterdir())
    return load_llama("embedded")


def test_it_is_converted_once(embedded, cache):
    weights = cache / "smollm2-135m-instruct-b179c952" / "model.safetensors"
    made = weights.stat().st_mtime_ns
    again = load_llama("embedded")
    assert again.hash == embedded.hash == GGUF_SHA256
    assert weights.stat().st_mtime_ns == made
    assert [path.name for path in cache.iterdir()] == [embedded_folder().name]


def test_it_reads_english_as_the_original_does(embedded):
    text = "The capital of France is Paris, and the Seine flows through the city on its way to the sea."
    ids = torch.tensor([embedded._tokenizer(text)["input_ids"]])
    with torch.no_grad():
        loss = embedded._model(ids, labels=ids).loss
    assert math.exp(float(loss)) < 25


def test_digits_are_tokens_of_their_own(embedded):
    tokens = embedded._tokenizer.tokenize("at 12.375 kcal/mol")
    assert [token for token in tokens if any(map(str.isdigit, token))] == list("12375")


def test_it_has_its_chat_template_and_knows_france(embedded):
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = embedded._tokenizer.decode(embedded._prompt(question))
    assert prompt.endswith("<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n")
    answer = embedded.generate(question, 'start: "The capital of France is " /[A-Z][a-z]{2,12}/ "."', 20, 0, 0.0)
    assert answer == "The capital of France is Paris."


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(("bits", "package"), [("int8", "torchao"), ("int4", "bitsandbytes")])
def test_quantised_it_still_knows_france(bits, package):
    pytest.importorskip(package)
    question = [{"role": "user", "content": "What is the capital of France?"}]
    answer = load_llama(f"embedded#{bits}").generate(
        question, 'start: "The capital of France is " /[A-Z][a-z]{2,12}/ "."', 20, 0, 0.0
    )
    assert answer == "The capital of France is Paris."


def test_it_ranks_and_explains(embedded, store):
    table = table_of(NAMES[:4])
    ranking = judge(embedded, table, 1, store)
    assert sorted(ranking.ranks.values()) == [1, 2, 3, 4]
    explanation = explain(embedded, table, "row-1", 1, store)
    assert explanation.source == "llama"
    assert check_text(explanation.text, table, "row-1") == ()


def test_fifty_explanations_make_no_false_claim(embedded, tmp_path):
    trial = run_trial(embedded, 50, 20261125, Store(f"sqlite:///{tmp_path / 'store.sqlite'}"))
    assert trial.false_claims == 0
    assert trial.by_llama >= 45
