"""A served Llama: over HTTP, with a server that is slow, busy, sloppy or broken."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from evidence_tables import NAMES, table_of

from models import served
from models.errors import LlamaError
from models.explainer import explain
from models.judge import judge
from models.language_model import Message
from models.llama import load_llama
from models.served import ServedLlama
from pipeline.store import Store

QUESTION: list[Message] = [{"role": "user", "content": "A or B?"}]
PARTS = (("One.", "Two."), ("Three.", "Four."))
Reply = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


class Server:
    """Plays the chat-completions API; `replies` are used up first, then `usual` answers."""

    def __init__(self, usual: Reply) -> None:
        self.usual, self.replies, self.requests = usual, list[Reply](), list[dict[str, Any]]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                models = [{"id": name, "object": "model", "created": 0, "owned_by": "us"} for name in ("llama-4", "b")]
                self.send((200, {}, json.dumps({"object": "list", "data": models}).encode()))

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(request)
                self.send((outer.replies.pop(0) if outer.replies else outer.usual)(request))

            def send(self, reply: tuple[int, dict[str, str], bytes]) -> None:
                status, headers, body = reply
                self.send_response(status)
                for name, value in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(body)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


def completion(content: str, odds: dict[str, float] | None = None) -> tuple[int, dict[str, str], bytes]:
    told = odds and [
        {
            "token": content,
            "logprob": 0.0,
            "bytes": None,
            "top_logprobs": [{"token": token, "logprob": value, "bytes": None} for token, value in odds.items()],
        }
    ]
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": content},
        "logprobs": {"content": told} if told else None,
    }
    return (
        200,
        {},
        json.dumps(
            {"id": "1", "object": "chat.completion", "created": 0, "model": "llama-4", "choices": [choice]}
        ).encode(),
    )


def sensible(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """The last of what is offered; odds where they are asked for."""
    if request.get("logprobs"):
        return completion("B", {" B": -0.2, "A": -1.7, "C": -4.0})
    fields = request["response_format"]["json_schema"]["schema"]["properties"]
    return completion(json.dumps({name: field["enum"][-1] for name, field in fields.items()}))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(served, "SECONDS", 1.0)
    one = Server(sensible)
    yield one
    one.http.shutdown()
    one.http.server_close()


def test_odds_and_sentences(server: Server) -> None:
    llama = load_llama(server.url)
    assert llama.name == "llama-4 (served)"
    assert llama.choice_logprobs([QUESTION, QUESTION], ["A", "B"]) == [[-1.7, -0.2]] * 2
    assert llama.compose(QUESTION, PARTS, 7, 0.5) == "Two. Four."
    asked = server.requests[-1]
    assert (asked["seed"], asked["temperature"], asked["model"]) == (7, 0.5, "llama-4")


def test_a_model_by_name(server: Server) -> None:
    assert load_llama(f"{server.url}#b").name == "b (served)"
    assert load_llama(f"{server.url}#b").hash != load_llama(server.url).hash
    with pytest.raises(LlamaError, match="it serves llama-4, b"):
        load_llama(f"{server.url}#c")


def test_a_server_without_odds_gives_verdicts(server: Server) -> None:
    server.usual = lambda request: completion("B") if request.get("logprobs") else sensible(request)
    assert ServedLlama(server.url).choice_logprobs([QUESTION], ["A", "B"]) == [[-served.VERDICT, 0.0]]


def test_throttling_time_outs_and_half_answers_are_asked_again(server: Server) -> None:
    release = threading.Event()

    def slow(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        release.wait(3.0)
        return sensible(request)

    def busy(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        return 429, {"Retry-After": "0"}, b"{}"

    def half(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Length": "9999", "Connection": "close"}, sensible(request)[2][:40]

    server.replies = [busy, slow, half]
    assert ServedLlama(server.url).compose(QUESTION, PARTS, 0, 0.0) == "Two. Four."
    release.set()
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (lambda _: completion('{"sentence_1": "One."'), "answered no JSON"),
        (lambda _: completion('{"sentence_1": "One.", "sentence_2": "It cures."}'), "was not offered"),
        (lambda _: completion('["One."]'), "was not offered"),
        (lambda _: (401, {}, b'{"error": {"message": "no"}}'), "EIGENLEAD_LLAMA_KEY"),
        (lambda _: (400, {}, b'{"error": {"message": "too long"}}'), "refuses"),
        (
            lambda _: (200, {}, b'{"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": []}'),
            "nothing",
        ),
    ],
)
def test_what_cannot_be_used_says_what_to_do(server: Server, reply: Reply, said: str) -> None:
    server.usual = reply
    with pytest.raises(LlamaError, match=said):
        ServedLlama(server.url).compose(QUESTION, PARTS, 0, 0.0)


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "RETRIES", 0)
    with pytest.raises(LlamaError, match="does not answer"):
        load_llama("http://127.0.0.1:9/v1")


def test_it_ranks_and_explains_as_any_other(server: Server, tmp_path: Any) -> None:
    table, store = table_of(NAMES[:5]), Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    llama = load_llama(server.url)
    ranking = judge(llama, table, 0, store)
    assert ranking.order_consistency == 0.0  # it always says B
    explanation = explain(llama, table, table.candidates[0].id, 0, store)
    assert explanation.source == "llama"
    assert all(claim.holds for claim in explanation.claims)
    server.usual = lambda _: completion("It cures cancer.")
    other = explain(llama, table, table.candidates[1].id, 0, store)
    assert (other.source, other.rejected_attempts) == ("template", 2)
