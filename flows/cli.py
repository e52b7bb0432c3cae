"""The command line, ``eigenlead screen`` and its other commands."""

from __future__ import annotations

import logging
import os
import sys

import typer

from flows.commands.circuits import circuit
from flows.commands.comparing import compare
from flows.commands.learning import evaluate, train, validate
from flows.commands.options import FAILED, WRONG_REQUEST, errors
from flows.commands.running import run_circuit
from flows.commands.screening import estimate, report, screen
from flows.commands.selecting import select
from flows.commands.serving import doctor, serve
from flows.commands.single import descriptor, energy, sqd
from flows.commands.storing import store
from models.errors import LlamaError, UnsuitableError
from molecules.conformers import EmbeddingError
from molecules.read import LibraryError
from molecules.smiles import StructureError
from molecules.xyz import XyzError
from pipeline.errors import ComputationError, InputError, ResourceError

_WRONG = (
    *(LibraryError, StructureError, XyzError, EmbeddingError),
    *(LlamaError, UnsuitableError, InputError, ResourceError),
)
"""Errors of the request or of the whole input."""

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
COMMANDS = (
    *(screen, estimate, energy, sqd, circuit, run_circuit, descriptor),
    *(report, compare, select, validate, train, evaluate, serve, doctor),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(store, name="store")


def main() -> None:
    """Run the command line; failures become one readable line and an exit code."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    logging.captureWarnings(True)
    try:
        app()
    except _WRONG as error:
        errors.print(str(error), style="red")
        sys.exit(WRONG_REQUEST)
    except ComputationError as error:
        errors.print(str(error), style="red")
        sys.exit(FAILED)
