"""A server on this machine that plays IonQ's documented interface, version 0.4, for the tests of several folders."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import numpy as np

KEY = "secret-key-of-a-test"


class Ionq:
    """The server: jobs wait for some looks, then hold what a simulation of their native gates gives."""

    def __init__(self, waiting_looks=2):
        self.waiting_looks = waiting_looks
        self.jobs = {}
        self.requests = []
        self.troubles = []  # what becomes of the next requests: a status, "lost" (done, but no answer), or "fine"
        self.fails = False
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def do_POST(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/v0.4"

    def posts(self):
        return [path for method, path in self.requests if method == "POST"]

    def answer(self, handler):
        path, query = urlparse(handler.path).path.removeprefix("/v0.4"), parse_qs(urlparse(handler.path).query)
        self.requests.append((handler.command, path))
        body = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length", 0))) or "null")
        if handler.headers["Authorization"] != f"apiKey {KEY}":
            return self.send(handler, 401, {"error": "Unauthorized Error"})
        trouble = self.troubles.pop(0) if self.troubles else "fine"
        if isinstance(trouble, int):
            return self.send(handler, trouble, {"error": "trouble"})
        content = self.content(handler.command, path, query, body)
        if trouble == "lost":
            return handler.connection.close()
        return self.send(handler, 200, content)

    def content(self, method, path, query, body):
        if method == "POST":
            job_id = f"job-{len(self.jobs)}"
            self.jobs[job_id] = {"id": job_id, "name": body["name"], "status": "ready", "looks": 0, "body": body}
            return {"id": job_id, "status": "ready"}
        if path == "/jobs/estimate":
            pairs, shots = int(query["2q_gates"][0]), int(query["shots"][0])
            return {"estimated_cost": 0.001 * pairs * shots, "cost_unit": "USD"}
        if path == "/jobs":
            return {"jobs": [{"id": job["id"], "name": job["name"]} for job in self.jobs.values()]}
        job = self.jobs[path.split("/")[2]]
        if path.endswith("/results/probabilities"):
            return probabilities(job["body"])
        job["looks"] += 1
        if job["looks"] <= self.waiting_looks:
            return {"id": job["id"], "status": "running"}
        if self.fails:
            return {"id": job["id"], "status": "failed", "failure": {"code": "SystemError", "error": "ion lost"}}
        return {"id": job["id"], "status": "completed"}

    @staticmethod
    def send(handler, status, content):
        data = json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


def probabilities(body):
    """Of the native gates, by their matrices in IonQ's documentation; rounded to shots."""
    assert body["input"]["gateset"] == "native"
    n = body["input"]["qubits"]
    state = np.zeros((2,) * n, dtype=complex)
    state[(0,) * n] = 1
    for gate in body["input"]["circuit"]:
        if gate["gate"] == "gpi2":
            phase = np.exp(2j * np.pi * gate["phase"])
            matrix = np.array([[1, -1j / phase], [-1j * phase, 1]]) / np.sqrt(2)
            axis = n - 1 - gate["target"]
            state = np.moveaxis(np.tensordot(matrix, state, (1, axis)), 0, axis)
        else:
            a, b = (n - 1 - target for target in gate["targets"])
            signs = [np.moveaxis(np.array([1, -1]).reshape(2, *(1,) * (n - 1)), 0, axis) for axis in (a, b)]
            state = state * np.exp(-1j * np.pi * gate["angle"] * signs[0] * signs[1])
    drawn = np.random.default_rng(0).multinomial(body["shots"], np.abs(state.ravel()) ** 2)
    return {str(index): count / body["shots"] for index, count in enumerate(drawn.tolist()) if count}
