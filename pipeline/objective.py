"""Objective: what a ranking is by, as desirability functions of descriptors, properties and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from molecules.profile import PROPERTY_TITLES
from molecules.smiles import StructureError, canonical
from pipeline.descriptors import DESCRIPTORS
from pipeline.errors import InputError

ALERTS = "alerts"
"""The number of structural alerts, as a term's value."""
NAMES = ("covalent", "permeability", "solubility", "oxidative_stability", "balanced")
"""Of the objectives that come with the project: files in `pipeline/objectives`."""
_MOST_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Term:
    """One desirability function: 0 below and above, 1 in a window, straight between; one side may be missing.

    Source: Derringer, Suich, J. Qual. Technol. 12, 214 (1980), with exponents of one.
    """

    value: str
    """A descriptor value such as ``solvation.water``, a number of `molecules.profile.Profile`, or ``alerts``."""
    why: str
    """A reason for people."""
    zero_below: float | None
    one_from: float | None
    """Both or neither: the lower side."""
    one_to: float | None
    zero_above: float | None
    """Both or neither: the upper side."""
    weight: float
    relative_to: str | None
    """Canonical SMILES of a molecule whose value, at the same level, is subtracted."""
    absent: float | None
    """Desirability where a molecule has no such quantity; None: it cannot be ranked."""

    @property
    def descriptor(self) -> str | None:
        """Name in `pipeline.descriptors.DESCRIPTORS`; None of properties and alerts."""
        return None if self.value in PROPERTY_TITLES or self.value == ALERTS else self.value.split(".")[0]

    def desirability(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 to 1 for each value, any shape."""
        corners = [(self.zero_below, 0.0), (self.one_from, 1.0), (self.one_to, 1.0), (self.zero_above, 0.0)]
        places, heights = zip(*[(at, height) for at, height in corners if at is not None], strict=True)
        return np.asarray(np.interp(values, np.array(places), np.array(heights)))


@dataclass(frozen=True, slots=True)
class Objective:
    """One question, and the desirabilities whose weighted geometric mean answers it."""

    name: str
    question: str
    """As a clause after "we ask"."""
    terms: tuple[Term, ...]
    beside: tuple[str, ...]
    """Descriptors that are computed and shown, and do not rank."""

    @property
    def descriptors(self) -> tuple[str, ...]:
        """Names in `pipeline.descriptors.DESCRIPTORS` that a screen computes."""
        ranking = (term.descriptor for term in self.terms if term.descriptor)
        return tuple(dict.fromkeys((*ranking, *self.beside)))

    @property
    def required(self) -> frozenset[str]:
        """Descriptors without which a candidate cannot be ranked."""
        return frozenset(term.descriptor for term in self.terms if term.descriptor and term.absent is None)

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """Descriptor and SMILES of each value that others are compared with."""
        pairs = ((term.descriptor, term.relative_to) for term in self.terms)
        return tuple(dict.fromkeys((name, smiles) for name, smiles in pairs if name and smiles))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


Number = Annotated[float, Field(strict=False)]


class _TermFile(_File):
    value: str
    why: str = ""
    zero_below: Number | None = None
    one_from: Number | None = None
    one_to: Number | None = None
    zero_above: Number | None = None
    weight: Annotated[float, Field(strict=False, gt=0)] = 1.0
    relative_to: str | None = None
    absent: Annotated[float, Field(strict=False, ge=0, le=1)] | None = None


class _ObjectiveFile(_File):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_ -]{0,59}$")]
    question: str
    terms: Annotated[list[_TermFile], Field(min_length=1, max_length=30)]
    beside: list[str] = []


@cache
def objective(name: str) -> Objective:
    """An objective that comes with the project.

    Raises:
        InputError: no objective has this name.
    """
    if name not in NAMES:
        raise InputError(f"There is no objective {name!r}.", f"Use one of {', '.join(NAMES)}, or a .yaml file.")
    file = Path(__file__).with_name("objectives") / f"{name}.yaml"
    return _parsed(file.read_text(encoding="utf-8"), name)


def read_objective(path: Path) -> Objective:
    """An objective from a YAML file, such as an edited copy of one in `pipeline/objectives`.

    Raises:
        InputError: it cannot be read; the message names the place in the file and what to write there.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise InputError(f"{path} is larger than {_MOST_BYTES // 1024} KiB.", "An objective takes a few lines.")
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "Name a YAML file in UTF-8.") from error
    return _parsed(text, str(path))


class _Loader(yaml.SafeLoader):
    """Plain data without references: a few lines of merged ones unfold to more than any memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it untyped
            raise yaml.composer.ComposerError(None, None, "references (*name) are not taken: write it out", mark)
        return super().compose_node(parent, index)


def _parsed(text: str, where: str) -> Objective:
    try:
        data = yaml.load(text, _Loader)
    except (yaml.YAMLError, RecursionError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        # the last four are PyYAML's for scalars that are none of what they say, such as the date 2026-02-30
        raise InputError(f"{where} is no YAML: {error}", "Check indents, colons and quotes there.") from error
    if not isinstance(data, dict):
        raise InputError(f"{where} holds no objective.", "Write name, question and terms, as docs/objectives.md shows.")
    try:
        file = _ObjectiveFile.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{where}: {_place(first['loc'])}: {first['msg']}.", _remedy(first)) from error
    for name in file.beside:
        if name not in DESCRIPTORS:
            raise InputError(
                f"{where}: beside: there is no descriptor {name!r}.", f"Use some of {', '.join(DESCRIPTORS)}."
            )
    terms = tuple(_term(one, f"{where}: term {number} ({one.value})") for number, one in enumerate(file.terms, start=1))
    if not any(term.descriptor for term in terms):
        raise InputError(f"{where}: no term is a descriptor.", "Add one; properties alone need no quantum chemistry.")
    return Objective(file.name, file.question.strip().rstrip("?"), terms, tuple(file.beside))


def _term(one: _TermFile, where: str) -> Term:
    known = {name for descriptor in DESCRIPTORS.values() for name in descriptor.names}
    if one.value not in (*known, *PROPERTY_TITLES, ALERTS):
        raise InputError(
            f"{where}: there is no such value.", f"Use one of {', '.join([*sorted(known), *PROPERTY_TITLES, ALERTS])}."
        )
    lower, upper = (one.zero_below, one.one_from), (one.one_to, one.zero_above)
    if (None in lower) != (lower == (None, None)) or (None in upper) != (upper == (None, None)):
        raise InputError(
            f"{where}: one side is incomplete.", "Give zero_below with one_from, and one_to with zero_above."
        )
    corners = [corner for corner in (*lower, *upper) if corner is not None]
    if not corners:
        raise InputError(
            f"{where}: nothing says what is desirable.", "Give zero_below and one_from, or one_to and zero_above."
        )
    if corners != sorted(corners) or corners[0] == corners[1] or corners[-1] == corners[-2]:
        raise InputError(
            f"{where}: the numbers do not rise.", "Order them zero_below < one_from ≤ one_to < zero_above."
        )
    if one.relative_to is None:
        reference = None
    elif one.value in PROPERTY_TITLES or one.value == ALERTS:
        raise InputError(f"{where}: relative_to is for descriptors.", "Write the window in absolute numbers.")
    else:
        try:
            reference = canonical(one.relative_to)
        except StructureError as error:
            raise InputError(f"{where}: relative_to: {error}", "Write the SMILES of a molecule there.") from error
    rest: Mapping[str, Any] = {
        field.name: getattr(one, field.name) for field in fields(Term) if field.name != "relative_to"
    }
    return Term(relative_to=reference, **rest)


def _place(location: tuple[int | str, ...]) -> str:
    """Where in the file, terms counted from one."""
    words = [f"term {part + 1}" if isinstance(part, int) else part for part in location]
    return ", ".join(words[1:] if len(words) > 1 and words[0] == "terms" else words)


def _remedy(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "Remove it, or mend its spelling: docs/objectives.md lists the keys."
    return "docs/objectives.md says what belongs there."
