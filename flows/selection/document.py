"""SelectionDocument: what was chosen of a screen and how sure that is. Written as selection.json."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Weights(_Record):
    """What counts, and how much."""

    value: float = Field(default=1.0, ge=0, description="Of the score, which runs from 0 to 1 over the screen.")
    diversity: float = Field(default=1.0, ge=0, description="What two compounds with one fingerprint lose.")
    cost: float = Field(default=0.25, ge=0, description="Of the synthetic accessibility, 0 easy to 1 hard.")
    risk: float = Field(default=0.25, ge=0, description="Of 1 less the chance of being among the k best.")
    alike: float = Field(default=0.4, ge=0, lt=1, description="Tanimoto similarity from which a pair loses; at 1 all.")


class Compound(_Record):
    """One compound of the screen as the problem sees it."""

    id: str = Field(description="Identifier in the screen's report.")
    name: str = Field(description="The user's name for it.")
    smiles: str = Field(description="Canonical isomeric SMILES.")
    rank: int = Field(description="Rank in the screen.")
    place: str = Field(description="The same in words, ties as ties.")
    value: float = Field(description="The score, 0 the lowest of the screen to 1 the highest.")
    cost: float = Field(description="(Synthetic accessibility − 1) / 9.")
    risk: float = Field(description="1 less the chance of being among the k best, given the uncertainties.")
    worth: float = Field(description="By itself: the weighted value less the weighted cost and risk.")
    alike: float | None = Field(description="Tanimoto similarity to the most similar chosen one; null: none other.")
    alike_to: str | None = Field(description="The name of that one.")


class SolverResult(_Record):
    """What one solver chose."""

    solver: str = Field(description="Name of the solver; ranking: the first k of the screen, without solving.")
    title: str = Field(description="Words for it.")
    objective: float = Field(description="Of its choice; higher is better.")
    bound: float | None = Field(description="No choice is better than this; null where nothing is proven.")
    seconds: float = Field(description="Wall time.")
    chosen: tuple[str, ...] = Field(description="Identifiers.")
    details: str = Field(description="How it came about.")


class SkippedSolver(_Record):
    """A solver that did not run."""

    title: str = Field(description="Words for it.")
    reason: str = Field(description="Why not.")


class SelectionDocument(_Record):
    """Which compounds to make next, and by whom it was found."""

    schema_version: Literal[1] = Field(description="Version of this schema.")
    library: str = Field(description="File name of the screen's library.")
    screened: AwareDatetime = Field(description="When the screen ended.")
    n: int = Field(description="Compounds to choose from.")
    k: int = Field(description="Compounds to choose.")
    weights: Weights = Field(description="What counts.")
    seed: int = Field(description="Of every random choice.")
    n_alike: int = Field(description="Pairs of compounds that are alike.")
    chosen: tuple[Compound, ...] = Field(description="The best choice found, in the order of the screen.")
    passed_over: tuple[Compound, ...] = Field(description="Ranked up to k in the screen, and not chosen.")
    solvers: tuple[SolverResult, ...] = Field(description="Best first, the plain ranking among them.")
    skipped: tuple[SkippedSolver, ...] = Field(description="Solvers that did not run.")
    sentence: str = Field(description="How good the choice is, in words.")


def write_selection(document: SelectionDocument, folder: Path) -> Path:
    """Write selection.json and selection.html into the folder of the screen.

    Returns:
        The path of the page.

    Raises:
        OSError: the folder cannot be written to.
    """
    from flows.report.write import replace_text
    from flows.selection.page import page_html

    replace_text(folder / "selection.json", document.model_dump_json(indent=1) + "\n")
    replace_text(folder / "selection.html", page_html(document))
    return folder / "selection.html"
