"""The quantum step: a screen's best candidates measured on backends, as users run it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import report_example as examples
from command_line import eigenlead, environment
from ionq_server import KEY, Ionq

from flows.report.page import page_html
from pipeline.store import Store

LIBRARY = "C#N hydrogen cyanide\nC#C acetylene\nC=O formaldehyde\n"


class Screen:
    """One screen of three molecules, resumed with one backend after another."""

    def __init__(self, folder: Path, llama: Path) -> None:
        self.folder = folder
        (folder / "library.smi").write_text(LIBRARY)
        self.store = Store(f"sqlite:///{folder / 'store.sqlite'}")
        self._command = [
            *("screen", str(folder / "library.smi"), "--objective", "solubility", "--llama", str(llama)),
            *("--workers", "2", "--top", "1", "--store", self.store.url, "--out", str(folder / "out")),
        ]
        self._env = environment(folder / "prefect")

    def run(self, *more: str, **variables: str) -> tuple[int, str]:
        """Its exit code, and what it said."""
        run = eigenlead(*self._command, *more, env=self._env | variables)
        return run.returncode, run.stdout + run.stderr

    def step(self) -> dict[str, Any]:
        """What its report says of the backend."""
        found: dict[str, Any] = json.loads((self.folder / "out" / "report.json").read_text())["quantum_step"]
        return found


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Screen:
    found = Screen(tmp_path_factory.mktemp("quantum"), tiny_llama)
    code, said = found.run()
    assert code == 0, said
    assert found.step() is None
    return found


@pytest.fixture
def ionq() -> Iterator[Ionq]:
    server = Ionq(waiting_looks=0)
    yield server
    server.server.shutdown()


@pytest.mark.slow
def test_a_state_vector_reads_the_exact_values(screen: Screen) -> None:
    code, said = screen.run("--resume", "--quantum", "aer")
    assert code == 0, said
    step = screen.step()
    assert len(step["candidates"]) == 3
    for one in step["candidates"]:
        assert one["measured"]["value"] == pytest.approx(one["exact"]["value"], abs=1e-4)
        assert one["measured"]["rank"] == one["exact"]["rank"]
        assert one["mitigated"] is None
    assert step["kendall_tau"] == {"measured": 1.0}
    assert all(0 < one["n_qubits"] <= 6 for one in step["species"])  # of 8, tapered
    assert "all keep their places" in said
    assert 'id="backend"' in (screen.folder / "out" / "report.html").read_text()


@pytest.mark.slow
def test_noise_shows_and_what_was_measured_is_not_measured_again(screen: Screen) -> None:
    pytest.importorskip("qiskit_ibm_runtime")
    options = ("--resume", "--quantum", "ibm-fake:FakeTorino", "--quantum-top", "1", "--shots", "20000")
    code, said = screen.run(*options)
    assert code == 0, said
    step = screen.step()
    assert len(step["candidates"]) == 1
    for one in step["species"]:
        error = one["energies"]["none"]["value_hartree"] - one["exact_hartree"]
        assert error > 5 * one["energies"]["none"]["standard_error_hartree"]  # noise only mixes higher states in
        mitigated = one["energies"]["readout+symmetry"]["value_hartree"] - one["exact_hartree"]
        assert abs(mitigated) < error
    (candidate,) = step["candidates"]
    assert candidate["measured"]["standard_error"] > 0
    count = screen.store.count("measured_state")
    assert screen.run(*options)[0] == 0
    assert screen.store.count("measured_state") == count
    again = screen.step()
    assert again["candidates"] == step["candidates"]


@pytest.mark.slow
def test_a_machine_that_costs_money_wants_a_yes_and_keeps_to_a_price(screen: Screen, ionq: Ionq) -> None:
    place = {"IONQ_API_KEY": KEY, "IONQ_REMOTE_HOST": ionq.address.removesuffix("/v0.4")}
    options = ("--resume", "--quantum", "ionq:qpu.forte-1", "--quantum-top", "1", "--shots", "20000")
    code, said = screen.run(*options, **place)
    assert code != 0
    assert "costs money" in said
    assert "--yes" in said
    assert not ionq.requests
    code, said = screen.run(*options, "--yes", "--max-price", "1", **place)
    assert code != 0
    assert "above the limit of 1" in said
    assert not ionq.posts()
    code, said = screen.run(*options, "--yes", **place)
    assert code == 0, said
    jobs = len(ionq.posts())
    step = screen.step()
    bases = sum(one["circuits"] for one in step["species"])
    assert bases + 2 <= jobs <= bases + 2 * len(step["species"])  # what calibrates the readout may be the same job
    for one in step["species"]:
        read = one["energies"]["none"]
        assert abs(read["value_hartree"] - one["exact_hartree"]) < 5 * read["standard_error_hartree"]
    assert screen.run(*options, "--yes", **place)[0] == 0
    assert len(ionq.posts()) == jobs
    for file in (screen.folder / "out").iterdir():
        assert KEY not in file.read_text()


def test_the_page_shows_what_a_backend_read() -> None:
    page = page_html(examples.example())
    section = page[page.index('id="backend"') : page.index('id="fault-tolerant"')]
    assert section.count('<th scope="row">') == 3 + 3
    assert "a single determinant: no circuit" in section
    assert 'id="backend"' not in page_html(examples.example().model_copy(update={"quantum_step": None}))
