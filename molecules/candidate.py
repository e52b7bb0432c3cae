"""Candidate: one molecule to be ranked. Rejection: one input row that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from molecules.conformers import Geometry


@dataclass(frozen=True, slots=True)
class Candidate:
    """One standardised molecule of the library, ready for quantum chemistry."""

    id: str
    """Identifier, unique in the library: ``row-N`` of the first row that holds the molecule."""
    row: int
    """Where it stands: line number of a text file (as an editor shows it), record number of an SDF; from 1."""
    name: str
    """The user's name for it, or its canonical SMILES where the input names none."""
    smiles: str
    """Canonical isomeric SMILES of the standardised parent."""
    inchikey: str
    """Standard InChIKey of the parent."""
    input: str
    """The structure as the user wrote it."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The user's own columns, carried through to the report unchanged."""
    notes: tuple[str, ...] = ()
    """What standardisation changed or could not decide, in sentences for a chemist."""
    stereoisomers: str = ""
    """Which stereoisomers it stands for, as `molecules.stereoisomers` writes them, where its InChIKey alone would not
    tell a racemate or an atropisomer from another candidate; else empty."""
    pose: Geometry | None = None
    """The shape that an SDF record gives it, as in a pocket; atoms in the order of `smiles`, hydrogens last."""

    @property
    def identity(self) -> str:
        """What tells one candidate of a library from another; duplicates are merged by it.

        Two rows of which each is one of two enantiomers may be both of them, so that neither is the other's duplicate.
        """
        return f"{self.stereoisomers} ({self.id})" if "|" in self.stereoisomers else self.stereoisomers or self.inchikey


@dataclass(frozen=True, slots=True)
class Rejection:
    """One input row that could not become a candidate."""

    row: int
    """As in `Candidate.row`."""
    input: str
    """The row as the user wrote it, shortened where it is very long."""
    reason: str
    """What is wrong with it."""
    remedy: str
    """What to write instead."""


@dataclass(frozen=True, slots=True)
class Library:
    """Every row of an input file, as one or the other; merged duplicates are named in the notes of the candidate."""

    candidates: tuple[Candidate, ...]
    rejections: tuple[Rejection, ...]
