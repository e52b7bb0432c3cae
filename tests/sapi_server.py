"""D-Wave's documented interface (SAPI, version 3) on this machine: a small Pegasus annealer and a hybrid solver.

Problems wait for two looks, then hold what simulated annealing gives for what was sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import socket
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import dimod
import numpy as np
from dwave.samplers import SimulatedAnnealingSampler
from dwave.system.testing import MockDWaveSampler

KEY = "secret-key-of-a-test"
QPU, HYBRID = "Advantage_system_of_a_test", "hybrid_binary_quadratic_model_version2"
_SUBMITTED = "2026-01-01T00:00:00.000000Z"
_MEDIA = "application/vnd.dwave.sapi"
_TIMING = {  # microseconds; the terms of D-Wave's documentation
    "version": "1.0.0",
    "typical_programming_time": 14000.0,
    "reverse_annealing_with_reinit_prog_time_delta": 0.0,
    "reverse_annealing_without_reinit_prog_time_delta": 0.0,
    "default_programming_thermalization": 1000.0,
    "default_annealing_time": 20.0,
    "readout_time_model": "pwl_log_log",
    "readout_time_model_parameters": [0.0, 0.7, 1.1, 1.9, 2.8, 3.7, 0.8, 1.2, 1.4, 1.7, 2.1, 2.2],
    "qpu_delay_time_per_sample": 20.0,
    "reverse_annealing_with_reinit_delay_time_delta": 0.0,
    "reverse_annealing_without_reinit_delay_time_delta": 0.0,
    "decorrelation_max_nominal_anneal_time": 2000.0,
    "decorrelation_time_range": [500.0, 10000.0],
    "default_readout_thermalization": 0.0,
}


class Sapi:
    """The server."""

    def __init__(self) -> None:
        self.problems: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, bytes] = {}
        self.troubles: list[Any] = []
        """What becomes of the next submissions and looks: a status, "lost" (done, but no answer), or "fine"."""
        self.fails = False
        self.identity = {"name": QPU, "version": {"graph_id": "0a1b2c"}}
        properties = MockDWaveSampler(topology_type="pegasus", topology_shape=[4]).properties
        self.qpu = properties | {"problem_timing_data": _TIMING}
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                owner.answer(self)

            do_GET = do_POST = do_PUT = answer  # noqa: N815 (names of http.server)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables of D-Wave's package that lead here, and nowhere else; its files are in the folder."""
        (folder / "dwave.conf").write_text("[defaults]\n")
        return {
            "DWAVE_API_ENDPOINT": f"http://127.0.0.1:{self.server.server_port}/sapi/v2/",
            "DWAVE_API_TOKEN": KEY,
            "DWAVE_CACHE_HOME": str(folder / "cache"),
            "DWAVE_CONFIG_FILE": str(folder / "dwave.conf"),
        }

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlparse(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        if handler.headers.get("Content-Encoding") == "deflate":
            body = zlib.decompress(body)
        if handler.headers["X-Auth-Token"] != KEY:
            return send(handler, 401, "", {"error_code": 401, "error_msg": "Invalid token or access denied"})
        path = url.path.removeprefix("/sapi/v2/").strip("/").split("/")
        trouble = self.troubles.pop(0) if path[0] == "problems" and self.troubles else "fine"
        if isinstance(trouble, int):
            return send(handler, trouble, "", {"error_code": trouble, "error_msg": "trouble"})
        kind, content = self.content(handler, path, parse_qs(url.query), body)
        if trouble == "lost":
            handler.close_connection = True
            return handler.connection.shutdown(socket.SHUT_RDWR)
        return send(handler, 200, kind, content)

    def content(
        self, handler: BaseHTTPRequestHandler, path: list[str], query: dict[str, list[str]], body: bytes
    ) -> tuple[str, Any]:
        match [handler.command, *path]:
            case ["GET", "solvers", "remote"]:
                return "solver-definition-list", self.solvers()
            case ["POST", "problems"]:
                return "problems", [self.submitted(problem) for problem in json.loads(body)]
            case ["GET", "problems"] if "label" in query:
                found = [key for key, problem in self.problems.items() if [problem["label"]] == query["label"]]
                return "problems", [self.status(key) for key in found]
            case ["GET", "problems"]:
                return "problems", [self.looked_at(key) for key in query["id"][0].split(",")]
            case ["GET", "problems", key]:
                return "problem", self.looked_at(key)
            case ["POST", "bqm", "multipart"]:
                self.uploads[f"upload-{len(self.uploads)}"] = b""
                return "", {"id": list(self.uploads)[-1]}
            case ["GET", "bqm", "multipart", key, "status"]:
                sums = [hashlib.md5(self.uploads[key]).hexdigest()] if self.uploads[key] else []
                parts = [{"part_number": n, "checksum": one} for n, one in enumerate(sums, start=1)]
                return "", {"status": "UPLOAD_IN_PROGRESS", "parts": parts}
            case ["PUT", "bqm", "multipart", key, "part", "1"]:
                self.uploads[key] = body
                return "", {}
            case ["POST", "bqm", "multipart", _, "combine"]:
                return "", {}
        raise AssertionError((handler.command, path))

    def solvers(self) -> list[dict[str, Any]]:
        hybrid = {
            "category": "hybrid",
            "supported_problem_types": ["bqm"],
            "parameters": {"time_limit": "seconds"},
            "version": "2.2",
            "minimum_time_limit": [[1, 3.0], [1024, 3.0], [4096, 10.0]],
        }
        state = {"status": "ONLINE", "description": "of a test", "avg_load": 0.1}
        return [
            {"identity": self.identity, "properties": self.qpu, **state},
            {"identity": {"name": HYBRID}, "properties": hybrid, **state},
        ]

    def submitted(self, problem: dict[str, Any]) -> dict[str, Any]:
        key = f"problem-{len(self.problems)}"
        self.problems[key] = {"looks": 0, **problem}
        return self.status(key)

    def looked_at(self, key: str) -> dict[str, Any]:
        self.problems[key]["looks"] += 1
        status = self.status(key)
        if status["status"] == "COMPLETED":
            status["answer"] = self.annealed(self.problems[key])
        return status

    def status(self, key: str) -> dict[str, Any]:
        problem = self.problems[key]
        known = {"id": key, "type": problem["type"], "solver": problem["solver"], "label": problem["label"]}
        if problem["looks"] < 3:
            return known | {"status": "PENDING", "submitted_on": _SUBMITTED}
        if self.fails:
            return known | {"status": "FAILED", "submitted_on": _SUBMITTED, "error_message": "a chain was lost"}
        return known | {"status": "COMPLETED", "submitted_on": _SUBMITTED, "solved_on": _SUBMITTED}

    def annealed(self, problem: dict[str, Any]) -> dict[str, Any]:
        sampler = SimulatedAnnealingSampler()
        if problem["type"] == "bqm":
            assert problem["params"]["time_limit"] >= 3
            model = dimod.BQM.from_file(BytesIO(self.uploads[problem["data"]["data"]]))
            best = sampler.sample(model, num_reads=20, num_sweeps=500, seed=0).truncate(1)
            best.info.update(run_time=3_000_000, charge_time=3_000_000, qpu_access_time=0)
            return {"format": "bq", "data": best.to_serializable(use_bytes=False)}
        model = self.sent(problem)
        found = sampler.sample(model, num_reads=problem["params"]["num_reads"], num_sweeps=200, seed=0).aggregate()
        order = np.argsort(list(found.variables))
        bits = (found.record.sample[:, order] > 0).astype(np.uint8)
        return {
            "format": "qp",
            "num_variables": self.qpu["num_qubits"],
            "active_variables": encoded(np.array(sorted(found.variables)), "<i4"),
            "energies": encoded(found.record.energy, "<f8"),
            "num_occurrences": encoded(found.record.num_occurrences, "<i4"),
            "solutions": encoded(np.packbits(bits, axis=1), "u1"),
            "timing": {"qpu_access_time": 123_456},
        }

    def sent(self, problem: dict[str, Any]) -> Any:
        """A problem in the qp format: a number for each qubit, NaN where it is not used, then each coupler in use."""
        numbers = np.frombuffer(base64.b64decode(problem["data"]["lin"]), "<f8")
        linear = {q: float(b) for q, b in zip(self.qpu["qubits"], numbers, strict=True) if not math.isnan(b)}
        couplers = [tuple(pair) for pair in self.qpu["couplers"] if pair[0] in linear and pair[1] in linear]
        biases = np.frombuffer(base64.b64decode(problem["data"]["quad"]), "<f8")
        vartype = {"ising": "SPIN", "qubo": "BINARY"}[problem["type"]]
        return dimod.BQM(linear, dict(zip(couplers, biases.tolist(), strict=True)), 0.0, vartype)


def encoded(numbers: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, dtype=kind).tobytes()).decode()


def send(handler: BaseHTTPRequestHandler, status: int, kind: str, content: Any) -> None:
    data = json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", f"{_MEDIA}.{kind}+json; version=3.0.0" if kind else "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
