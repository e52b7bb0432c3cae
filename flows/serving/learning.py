"""Flows of what learns from measured values or compares with them: train-ranker and validate."""

# Annotations are objects here, not strings: Prefect validates a flow's parameters by them in another process.

import io
from typing import Annotated

from prefect import flow, get_run_logger
from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console

from flows.console import plain_console
from flows.folders import admitted_llama, confined, report_folder
from flows.request import CORES, in_order
from flows.training import train_on_assay
from flows.validation.command import DEFAULT_DATA
from flows.validation.command import validate as compare


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=in_order)


class TrainingRequest(_Form):
    """Train a ranker on measurements of one's own."""

    assay: Annotated[str, Field(title="Measurements", description="Path of a .csv or .sdf file.")]
    column: Annotated[
        str, Field(title="Column", min_length=1, description="Of the measured values in the file, such as pIC50.")
    ]
    lower_is_better: Annotated[bool, Field(title="Lower is better", description="In that column.")] = False
    date_column: Annotated[
        str, Field(title="Date column", description="The latest compounds are held out; empty: whole scaffolds.")
    ] = ""
    llama: Annotated[str, Field(title="Llama", description="embedded, or a local folder.")] = "embedded"
    seed: Annotated[int, Field(title="Seed", ge=0, le=2**31 - 1, description="Of every random choice.")] = 0
    workers: Annotated[int, Field(title="Workers", ge=1, le=1024, description="Threads of the training.")] = CORES


class ValidationRequest(_Form):
    """Compare computed values with measured ones."""

    sets: Annotated[
        str,
        Field(
            title="Sets",
            description="Of gsh, freesolv, ionisation, bonds, partition, octanol, with commas between; empty: all.",
        ),
    ] = ""
    data: Annotated[
        str, Field(title="Data", description="Folder of measured values; empty: the one beside the project.")
    ] = ""
    fast: Annotated[bool, Field(title="Fast", description="Only the smallest molecules, at the quick profile.")] = True
    workers: Annotated[
        int, Field(title="Workers", ge=1, le=1024, description="Processes side by side, one core each.")
    ] = CORES


@flow(name="train-ranker")
def train_ranker(request: TrainingRequest) -> str:
    """Train a ranker on measurements of one's own, and say what it is worth.

    Returns:
        The path of the page on it; ranker.safetensors lies beside.
    """
    page = train_on_assay(
        confined(request.assay),
        request.column,
        request.lower_is_better,
        request.date_column,
        admitted_llama(request.llama),
        request.seed,
        request.workers,
        report_folder(),
        _console(),
    )
    return str(page)


@flow(name="validate")
def validate(request: ValidationRequest) -> str:
    """Compare computed values with measured ones; what the store has is not computed again.

    Returns:
        The path of the page.
    """
    names = [name.strip() for name in request.sets.split(",") if name.strip()]
    data = confined(request.data) if request.data else DEFAULT_DATA
    page = compare(data, names, request.fast, request.workers, "", report_folder(), _console())
    return str(page)


class _Log(io.TextIOBase):
    """Lines of a console as lines of the run's log."""

    def __init__(self) -> None:
        self._log = get_run_logger()

    def write(self, text: str, /) -> int:
        for line in filter(str.strip, text.splitlines()):
            self._log.info("%s", line)
        return len(text)


def _console() -> Console:
    return plain_console(file=_Log(), width=1000)
