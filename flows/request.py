"""ScreenRequest: the parameters of a screen, and the form in the Prefect UI."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ObjectiveName(StrEnum):
    """What to rank by."""

    covalent = "covalent"
    permeability = "permeability"
    solubility = "solubility"
    oxidative_stability = "oxidative_stability"
    balanced = "balanced"


class ProfileName(StrEnum):
    """How accurate, and how long it takes."""

    quick = "quick"
    standard = "standard"
    accurate = "accurate"


class ScreenRequest(BaseModel):
    """Rank the molecules of a file and explain the ranking."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=True)

    library: Annotated[str, Field(title="Library", description="Path of a .smi, .csv or .sdf file, also .gz.")]
    out: Annotated[str, Field(title="Folder", description="Where the report goes.")]
    objective: Annotated[
        ObjectiveName,
        Field(
            title="Objective",
            description="covalent: as reactive as the warheads of drugs; permeability; solubility; "
            "oxidative_stability; balanced.",
        ),
    ] = ObjectiveName.covalent
    objective_file: Annotated[
        str,
        Field(title="Objective file", description="Path of your own objective in YAML; empty: the one chosen above."),
    ] = ""
    profile: Annotated[
        ProfileName,
        Field(title="Profile", description="quick: minutes for a dozen small molecules; standard and accurate: more."),
    ] = ProfileName.quick
    top: Annotated[
        int, Field(title="Explain", ge=1, le=1000, description="How many of the best get an explanation.")
    ] = 20
    seed: Annotated[int, Field(title="Seed", ge=0, le=2**31 - 1, description="Of every random choice.")] = 0
    workers: Annotated[
        int, Field(title="Workers", ge=1, le=1024, description="Processes side by side, one core each.")
    ] = os.cpu_count() or 1
    llama: Annotated[
        str,
        Field(title="Llama", description="embedded, a local folder, a name on a model hub, or an endpoint's address."),
    ] = "embedded"
    ranker: Annotated[
        str,
        Field(
            title="Ranker",
            description="Path of a ranker.safetensors of `eigenlead train`, whose order then decides; empty: the one "
            "that ships, where it has learned the objective's question.",
        ),
    ] = ""
    store: Annotated[
        str, Field(title="Store", description="SQLAlchemy URL of the result store; empty: the user's own.")
    ] = ""
