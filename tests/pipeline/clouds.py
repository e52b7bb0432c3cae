"""What the tests of vendors' clouds share: a server on this machine, and runs that are killed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlparse

from pipeline.backends.jobs import Consent, QueuedSampler


class Cloud:
    """A server whose `content(method, host, path, query, headers, body)` plays a vendor's interface."""

    def __init__(self):
        self.requests = []
        self.troubles = []  # of the next requests: a status, "lost" (done, but no answer), or "fine"
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.answer(self)

            def do_POST(self):
                owner.answer(self)

            def do_PUT(self):
                owner.answer(self)

            def do_CONNECT(self):
                owner.connect(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler):
        parts = urlparse(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.requests.append((handler.command, unquote(parts.path)))
        trouble = self.troubles.pop(0) if self.troubles else "fine"
        if isinstance(trouble, int):
            status, headers, content = self.trouble(trouble)
        else:
            arguments = (handler.headers.get("Host", ""), unquote(parts.path), parts.query, handler.headers, body)
            status, headers, content = self.content(handler.command, *arguments)
        if trouble == "lost":
            handler.close_connection = True
            return
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def trouble(self, status):
        return status, {}, {"error": {"code": "Trouble", "message": "trouble"}}


def queued(service, store, agreed=True, most=None):
    """A sampler that does not sleep between its questions."""
    return QueuedSampler(service, store, Consent(agreed, most), sleep=lambda _: None)


class Killed(BaseException):
    """No ComputationError: nothing catches it, as nothing catches a signal."""


MOMENTS = ("intention", "submission", "id")


def killed_run(service, store, circuits, after, monkeypatch):
    """A run that ends when the intention is written, when the job is submitted, or when its id is written."""
    replace, submit = store.replace, type(service).submit

    def killed_while_writing(key, stage, payload):
        if after == "submission" and "id" in payload:
            raise Killed
        replace(key, stage, payload)
        if after == "id" and "id" in payload:
            raise Killed

    def killed_before_submitting(self, *arguments):
        if after == "intention":
            raise Killed
        return submit(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(store, "replace", killed_while_writing)
        patched.setattr(type(service), "submit", killed_before_submitting)
        try:
            queued(service, store).sample(circuits, [500], 0)
        except Killed:
            return
    raise AssertionError("the run was not killed")
