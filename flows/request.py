"""ScreenRequest: the parameters of a screen, and the form in the Prefect UI."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.store import content_hash

CORES = os.cpu_count() or 1
MOST_PASTED = 200_000
"""Characters of pasted molecules, some thousands of them; Prefect takes 512 KiB of parameters."""
CLUSTER = r"^(|local|slurm|(tcp|tls)://.+)$"
"""What `Cluster` may be."""


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
Neutral = Annotated[
    bool,
    Field(
        title="Neutral forms",
        description="Compute reactivity for the neutral molecule, not for the form that prevails in water at pH 7.4.",
    ),
]
Top = Annotated[int, Field(title="Explain", ge=1, le=1000, description="How many of the best get an explanation.")]
Seed = Annotated[int, Field(title="Seed", ge=0, le=2**31 - 1, description="Of every random choice.")]
Workers = Annotated[int, Field(title="Workers", ge=1, le=1024, description="Processes side by side, one core each.")]
Cluster = Annotated[
    str,
    Field(
        title="Cluster",
        pattern=CLUSTER,
        description="Where the chemistry runs. Empty: in processes of this machine; local: on a Dask cluster of this "
        "machine; tcp://host:8786: the address of a Dask scheduler; slurm: in jobs as ~/.config/dask describes them.",
    ),
]
TimeLimit = Annotated[
    float,
    Field(title="Time limit", gt=0, le=10_080, description="Minutes that one species may take; then it is given up."),
]
MemoryLimit = Annotated[
    float,
    Field(
        title="Memory limit",
        ge=0,
        description="Gigabytes that one species may take; 0: a worker's share of what is free.",
    ),
]
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


def in_order(schema: dict[str, Any]) -> None:
    """Number the properties of a form as they are declared: a database may forget the order of keys."""
    for position, field in enumerate(schema["properties"].values()):
        field["position"] = position


class ScreenRequest(BaseModel):
    """Rank molecules and explain the ranking."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=True, json_schema_extra=in_order)

    molecules: Annotated[
        str,
        Field(
            title="Molecules",
            max_length=MOST_PASTED,
            description="One a line: its SMILES, a blank, its name. Or leave it empty and give a library.",
        ),
    ] = ""
    library: Annotated[
        str,
        Field(title="Library", description="Path of a .smi, .txt, .csv, .tsv or .sdf file, also .gz; empty: pasted."),
    ] = ""
    objective: Objective = ObjectiveName.covalent
    objective_file: ObjectiveFile = ""
    profile: Profile = ProfileName.quick
    neutral: Neutral = False
    top: Top = 20
    seed: Seed = 0
    workers: Workers = CORES
    cluster: Cluster = ""
    time_limit: TimeLimit = 120.0
    memory_limit: MemoryLimit = 0.0
    llama: LlamaSpec = "embedded"
    ranker: RankerFile = ""
    out: Annotated[
        str,
        Field(
            title="Folder", description="Where the report goes; empty under a server: a new one, named after the run."
        ),
    ] = ""
    leaderboards: Annotated[
        str,
        Field(title="Leaderboards", description="Folder of leaderboards to enter the ranking into; empty: none."),
    ] = ""
    store: StoreUrl = ""
    quantum: Annotated[
        str,
        Field(
            title="Quantum backend",
            max_length=200,
            description="Measures the best candidates' energies once more, as circuits: a name of `eigenlead "
            "run-circuit --list`, such as ibm-fake:FakeTorino; empty: nothing is measured.",
        ),
    ] = ""
    quantum_top: Annotated[
        int, Field(title="Measure", ge=1, le=100, description="How many of the best are measured.")
    ] = 3
    shots: Annotated[
        int, Field(title="Shots", ge=100, le=100_000_000, description="For each energy, of all its circuits together.")
    ] = 100_000
    pays: Annotated[
        bool,
        Field(
            title="May cost money", description="Whether a backend may that does. Approval is asked for all the same."
        ),
    ] = False
    max_price: Annotated[
        float, Field(title="Price limit", ge=0, description="Of all energies together, in the vendor's unit; 0: none.")
    ] = 0.0
    credentials: Annotated[
        str,
        Field(
            title="Credentials",
            max_length=200,
            description="Prefect Secret block with the vendor's key; empty: as the worker has it.",
        ),
    ] = ""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        """Refuse molecules that are given twice, or not at all."""
        if bool(self.molecules) == bool(self.library):
            raise ValueError(
                "Molecules and Library are both filled in: leave one of them empty."
                if self.library
                else "There are no molecules: paste some, or give the path of a library."
            )
        return self

    @property
    def key(self) -> str:
        """Content hash, the same in every process: what an approval is given for."""
        return content_hash(self.model_dump(mode="json"))
