"""ScreenRequest: the parameters of a screen, and the form in the Prefect UI."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipeline.store import content_hash


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


CORES = os.cpu_count() or 1

# Fields that the forms of several flows share.
Objective = Annotated[
    ObjectiveName,
    Field(
        title="Objective",
        description="covalent: as reactive as the warheads of drugs; permeability; solubility; "
        "oxidative_stability; balanced.",
    ),
]
ObjectiveFile = Annotated[
    str,
    Field(title="Objective file", description="Path of your own objective in YAML; empty: the one chosen above."),
]
Profile = Annotated[
    ProfileName,
    Field(title="Profile", description="quick: minutes for a dozen small molecules; standard and accurate: more."),
]
Top = Annotated[int, Field(title="Explain", ge=1, le=1000, description="How many of the best get an explanation.")]
Seed = Annotated[int, Field(title="Seed", ge=0, le=2**31 - 1, description="Of every random choice.")]
Workers = Annotated[int, Field(title="Workers", ge=1, le=1024, description="Processes side by side, one core each.")]
LlamaSpec = Annotated[
    str,
    Field(title="Llama", description="embedded, a local folder, a name on a model hub, or an endpoint's address."),
]
RankerFile = Annotated[
    str,
    Field(
        title="Ranker",
        description="Path of a ranker.safetensors of `eigenlead train`, whose order then decides; empty: the one "
        "that ships, where it has learned the objective's question.",
    ),
]
StoreUrl = Annotated[
    str, Field(title="Store", description="SQLAlchemy URL of the result store; empty: the user's own.")
]


class ScreenRequest(BaseModel):
    """Rank the molecules of a file and explain the ranking."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=True)

    library: Annotated[str, Field(title="Library", description="Path of a .smi, .csv or .sdf file, also .gz.")]
    out: Annotated[str, Field(title="Folder", description="Where the report goes.")]
    objective: Objective = ObjectiveName.covalent
    objective_file: ObjectiveFile = ""
    profile: Profile = ProfileName.quick
    top: Top = 20
    seed: Seed = 0
    workers: Workers = CORES
    llama: LlamaSpec = "embedded"
    ranker: RankerFile = ""
    store: StoreUrl = ""
    leaderboards: Annotated[
        str,
        Field(title="Leaderboards", description="Folder of leaderboards to enter the ranking into; empty: none."),
    ] = ""

    @property
    def key(self) -> str:
        """Content hash, the same in every process: what an approval is given for."""
        return content_hash(self.model_dump(mode="json"))
