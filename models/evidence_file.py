"""EvidenceFile: computed evidence of molecules as a table that is versioned with the project."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from models.evidence import DescriptorEvidence, Evidence, bare_evidence
from models.signature import SIGNATURE
from pipeline.descriptors import DescriptorValue
from pipeline.descriptors.solvation import SOLVATION
from pipeline.rungs import RANKING_RUNG, RUNGS

TABLE = Path(__file__).parent / "data" / "evidence.tsv"
"""Of molecules with measured properties; `eigenlead train --collect` adds to it."""
PROFILE = "quick"
"""Of its computed values: those of another profile are on another scale."""
TITLES: Mapping[str, tuple[str, str]] = {
    "solvation.water": ("free energy of hydration", "kcal/mol"),
    "solvation.octanol": ("free energy of solvation in octanol", "kcal/mol"),
    "solvation.log_p": ("octanol–water partition coefficient from solvation", ""),
}
"""Title and unit of each descriptor in the table (a test holds them against the descriptors themselves)."""
_DECIMALS = 5
_COLUMNS = ("smiles", *(f"{name}@{rung}" for name in SOLVATION.names for rung in RUNGS), *SIGNATURE)


def append(table: Path, smiles: str, values: Iterable[DescriptorValue], signature: Iterable[float]) -> None:
    """Add a molecule's row; a last row that a crash cut short gives way."""
    rungs = {value.name: value.rungs.as_dict() for value in values}
    numbers = [rungs[name][rung] for name in SOLVATION.names for rung in RUNGS]
    cells = ["" if number is None else f"{number:.{_DECIMALS}f}" for number in (*numbers, *signature)]
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.open("a+", encoding="utf-8", newline="") as file:
        whole = _whole_lines(table)
        file.truncate(len(whole.encode()))
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerows([(smiles, *cells)] if whole else [_COLUMNS, (smiles, *cells)])


def read(table: Path = TABLE) -> dict[str, Evidence]:
    """Evidence by SMILES, properties and alerts computed anew; empty where there is no table.

    A last row that a crash cut short is left out.
    """
    rows = csv.DictReader(_whole_lines(table).splitlines(), delimiter="\t") if table.is_file() else ()
    return {row["smiles"]: _evidence(row) for row in rows}


def _whole_lines(table: Path) -> str:
    """The text up to its last end of a line."""
    text = table.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1]


def _evidence(row: Mapping[str, str]) -> Evidence:
    return replace(
        bare_evidence(row["smiles"], row["smiles"], row["smiles"]),
        descriptors=dict(_descriptors(row)),
        signature=tuple(float(row[name]) for name in SIGNATURE),
    )


def _descriptors(row: Mapping[str, str]) -> Iterator[tuple[str, DescriptorEvidence]]:
    for name, (title, unit) in TITLES.items():
        rungs: dict[str, float | None] = {r: float(text) if (text := row[f"{name}@{r}"]) else None for r in RUNGS}
        if (value := rungs[RANKING_RUNG]) is not None:
            yield name, DescriptorEvidence(name, title, value, unit, None, rungs, ())
