"""IBM's documented interface on this machine, with FakeManilaV2's recorded description as its only device.

The client finds it as a proxy of the hosts below `ibm.test`, so that every address is laid out as IBM's is. Jobs wait
for two looks, then hold what Qiskit Aer gives for the circuits that were sent, without noise.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import jwt
from qiskit.primitives import BackendEstimatorV2
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2
from qiskit_ibm_runtime import RuntimeDecoder, RuntimeEncoder, fake_provider

KEY = "secret-key-of-a-test"
DEVICE = "ibm_manila"
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef:4567-89ab::"
_RECORDED = Path(fake_provider.__file__).parent / "backends" / "manila"
_ROOT = "/api/v1"


class Ibm:
    """The server."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.troubles: list[Any] = []
        """What becomes of the next calls to jobs: a status, "lost" (done, but no answer), or "fine"."""
        self.fails = False
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                owner.answer(self)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815 (names of http.server)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.environment = {
            "QISKIT_IBM_TOKEN": KEY,
            "QISKIT_IBM_URL": "http://ibm.test",
            "QISKIT_IBM_INSTANCE": CRN,
            "IAM_URL": "http://iam.ibm.test",
            "http_proxy": f"http://127.0.0.1:{self.server.server_port}",
        }

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlparse(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0))).decode()
        if url.hostname == "iam.ibm.test":
            return self.token(handler, parse_qs(body))
        if handler.headers["Authorization"] not in self.tokens:
            return send(handler, 401, refusal("the token is not known", 1207))
        if url.hostname == "api.global-search-tagging.ibm.test":
            allocations = {"extensions": {"backends": [DEVICE]}}
            plan = {"service_plan_unique_id": "plan", "name": "ours", "tags": []}
            return send(handler, 200, {"items": [{"crn": CRN, "doc": allocations, **plan}]})
        if url.hostname == "globalcatalog.ibm.test":
            names = {"overview_ui": {"en": {"display_name": "Open"}}}
            return send(handler, 200, {**names, "metadata": {"pricing": {"type": "free"}}})
        assert url.hostname == "quantum.ibm.test"
        assert handler.headers["Service-CRN"] == CRN
        path = url.path.removeprefix(_ROOT)
        troubled = path.startswith(("/jobs", "/backends")) and self.troubles
        trouble = self.troubles.pop(0) if troubled else "fine"
        if isinstance(trouble, int):
            return send(handler, trouble, refusal("trouble", trouble))
        content = self.content(handler.command, path, parse_qs(url.query), body)
        if trouble == "lost":
            handler.close_connection = True
            return handler.connection.shutdown(socket.SHUT_RDWR)
        return send(handler, 204 if content is None else 200, content)

    tokens: tuple[str, ...] = ()

    def token(self, handler: BaseHTTPRequestHandler, form: dict[str, list[str]]) -> None:
        if form["apikey"] != [KEY]:
            return send(
                handler, 400, {"errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found."}
            )
        now = int(time.time())
        token = jwt.encode({"iat": now, "exp": now + 3600}, "for-tests-only-and-long-enough-for-it", algorithm="HS256")
        self.tokens = (*self.tokens, f"Bearer {token}")
        times = {"expires_in": 3600, "expiration": now + 3600}
        return send(handler, 200, {"access_token": token, "token_type": "Bearer", **times})

    def content(self, method: str, path: str, query: dict[str, list[str]], body: str) -> Any:
        match [method, *path.strip("/").split("/")]:
            case ["GET", "backends"]:
                return {"devices": [{"name": DEVICE, "status": {"name": "online"}, "qubits": 5}]}
            case ["GET", "backends", name, "status"]:
                return {"backend_version": "1.2.6", "state": True, "status": "active", "length_queue": 0}
            case ["GET", "backends", name, kind]:
                assert name == DEVICE
                file = {"configuration": "conf_manila.json", "properties": "props_manila.json"}[kind]
                return {**json.loads((_RECORDED / file).read_text()), "backend_name": DEVICE}
            case ["GET", "instances", "usage"]:
                return {"usage_limit_reached": False, "usage_consumed_seconds": 0}
            case ["POST", "sessions"]:
                session_id = f"session-{len(self.sessions)}"
                self.sessions[session_id] = json.loads(body) | {"accepting_jobs": True}
                return {"id": session_id}
            case ["PATCH", "sessions", session_id]:
                self.sessions[session_id] |= json.loads(body)
                return None
            case ["POST", "jobs"]:
                job_id = f"job-{len(self.jobs)}"
                self.jobs[job_id] = {"looks": 0, "sent": body, **json.loads(body)}
                assert self.sessions[self.jobs[job_id]["session_id"]]["accepting_jobs"]
                return {"id": job_id, "backend": DEVICE}
            case ["GET", "jobs"]:
                found = [self.shown(key) for key, job in self.jobs.items() if job["tags"] == query["tags"]]
                return {"jobs": found, "count": len(found)}
            case ["GET", "jobs", job_id]:
                self.jobs[job_id]["looks"] += 1
                return self.shown(job_id)
            case ["GET", "jobs", job_id, "results"]:
                return "Traceback: a qubit was lost" if self.fails else results(self.jobs[job_id]["sent"])
        raise AssertionError((method, path))

    def shown(self, job_id: str) -> dict[str, Any]:
        job = self.jobs[job_id]
        state = {"status": "Queued" if job["looks"] < 3 else "Completed"}
        if self.fails:
            state = {"status": "Failed", "reason": "a qubit was lost"}
        program = {"program": {"id": job["program_id"]}, "tags": job["tags"], "session_id": job["session_id"]}
        return {"id": job_id, "backend": DEVICE, "state": state, "created": "2026-01-01T00:00:00Z", **program}


def results(sent: str) -> str:
    """Of a job's body, in the encoding of IBM's package."""
    job = json.loads(sent, cls=RuntimeDecoder)
    params = job["params"]
    if job["program_id"] == "sampler":
        pubs = [(circuit, None, shots) for circuit, _, shots in params["pubs"]]
        return json.dumps(SamplerV2(seed=0).run(pubs).result(), cls=RuntimeEncoder)
    pubs = [(circuit, observable) for circuit, observable, *_ in params["pubs"]]
    precision = params["options"]["default_shots"] ** -0.5
    estimator = BackendEstimatorV2(backend=AerSimulator(seed_simulator=0))
    return json.dumps(estimator.run(pubs, precision=precision).result(), cls=RuntimeEncoder)


def refusal(message: str, code: int) -> dict[str, Any]:
    return {"error": {"message": message, "code": code}, "errors": [{"message": message, "code": code}]}


def send(handler: BaseHTTPRequestHandler, status: int, content: Any) -> None:
    data = b"" if content is None else content.encode() if isinstance(content, str) else json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
