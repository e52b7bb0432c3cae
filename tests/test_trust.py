"""Trust: nothing that comes from outside is run. Pickles, YAML tags and models' own code are programs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [path for package in ("molecules", "pipeline", "models", "flows") for path in (ROOT / package).rglob("*.py")]
PICKLERS = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
LOADERS = {
    "torch.load": "weights_only=True",
    "np.load": "allow_pickle=False",
    "numpy.load": "allow_pickle=False",
    "AutoModelForCausalLM.from_pretrained": "trust_remote_code=False",
    "AutoTokenizer.from_pretrained": "trust_remote_code=False",
}
"""What each has to be told."""
RUNNERS = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"}


def offences(source: str) -> Iterator[str]:
    """Every way in which a module could run what it reads."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
            yield from (f"imports {name}" for name in modules if name.split(".")[0] in PICKLERS)
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        said = {f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in node.keywords}
        if called in LOADERS and LOADERS[called] not in said and not any(one.startswith("gguf_file=") for one in said):
            yield f"{called} without {LOADERS[called]}"
        if called in RUNNERS:
            yield called
        if called == "yaml.load" and [ast.unparse(one) for one in node.args[1:]] != ["_Loader"]:
            yield "yaml.load with another loader than the objective's"
        yield from (one for one in said if one in ("shell=True", "trust_remote_code=True", "allow_pickle=True"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_it_reads(path: Path) -> None:
    assert list(offences(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "np.load(file)",
        "AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)",
        "yaml.load(text, yaml.Loader)",
        "eval(text)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_what_would_run_is_found(source: str) -> None:
    assert list(offences(source))
