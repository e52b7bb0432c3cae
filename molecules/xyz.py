"""XYZ files: a geometry in ångström as many programs write it, with charge and multiplicity where it tells them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from rdkit import Chem

from molecules.conformers import Geometry


class XyzError(ValueError):
    """A file that is not a geometry in XYZ format."""


@dataclass(frozen=True, slots=True)
class XyzFile:
    """What an XYZ file says."""

    geometry: Geometry
    """Its atoms, in the order of the file."""
    charge: int | None
    """First integer of the comment line, where that starts with two integers."""
    multiplicity: int | None
    """Second integer of the comment line: spin multiplicity 2S + 1."""


def read_xyz(path: Path) -> XyzFile:
    """Read a geometry in ångström: a line with the number of atoms, a comment line, then ``symbol x y z`` for each.

    Args:
        path: The file. Its comment line may start with charge and multiplicity, such as ``-1 1``, or name both, such as
            ``charge=-1 multiplicity=1``.

    Returns:
        The geometry, with charge and multiplicity where the file tells them.

    Raises:
        XyzError: When the file is missing or is no single geometry; the message says what to write instead.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise XyzError(f"{path} cannot be read: {error.strerror}. Give the path of an .xyz file.") from error
    while lines and not lines[-1].strip():
        lines.pop()
    count = lines[0].strip() if lines else ""
    if not (count.isascii() and count.isdigit() and int(count) > 0):
        raise XyzError(f"{path}, line 1: {count!r} is no number of atoms. Write how many atoms follow.")
    if len(lines) != int(count) + 2:
        raise XyzError(
            f"{path}: line 1 announces {count} atoms, {max(len(lines) - 2, 0)} lines follow the comment. "
            "Correct the number, and keep one geometry per file."
        )
    atoms = [_atom(f"{path}, line {number}", line) for number, line in enumerate(lines[2:], start=3)]
    geometry = Geometry(tuple(symbol for symbol, _ in atoms), tuple(position for _, position in atoms))
    charge, multiplicity = _state(f"{path}, line 2", lines[1])
    return XyzFile(geometry, charge, multiplicity)


def to_xyz(geometry: Geometry, comment: str = "") -> str:
    """Write a geometry in XYZ format, ångström with eight decimals.

    Args:
        geometry: The atoms.
        comment: The second line; ``charge multiplicity`` there is read back by `read_xyz`.

    Raises:
        ValueError: When the comment has a line break.
    """
    if len(comment.splitlines()) > 1:
        raise ValueError(f"The comment {comment!r} has a line break; an XYZ file has room for one line.")
    atoms = zip(geometry.symbols, geometry.coordinates_angstrom, strict=True)
    rows = [f"{symbol:<2} {x:15.8f} {y:15.8f} {z:15.8f}" for symbol, (x, y, z) in atoms]
    return "\n".join([str(len(rows)), comment, *rows]) + "\n"


def _atom(place: str, line: str) -> tuple[str, tuple[float, float, float]]:
    """Read ``symbol x y z``; an atomic number may stand for the symbol, and further columns are ignored."""
    fields = line.split()
    try:
        x, y, z = (float(field) for field in fields[1:4])
    except ValueError:
        raise XyzError(f"{place}: {line.strip()!r} is no atom. Write symbol x y z, in ångström.") from None
    if not all(math.isfinite(value) for value in (x, y, z)):
        raise XyzError(f"{place}: {line.strip()!r} has a coordinate that is not finite. Write ångström.")
    table = Chem.GetPeriodicTable()
    name = fields[0]
    symbols = {table.GetElementSymbol(number) for number in range(1, 119)}
    symbol = table.GetElementSymbol(int(name)) if name.isdecimal() and 0 < int(name) < 119 else name.capitalize()
    if symbol not in symbols:
        raise XyzError(f"{place}: {name!r} is no element. Write its symbol, such as C or Cl.")
    return symbol, (x, y, z)


def _state(place: str, comment: str) -> tuple[int | None, int | None]:
    """Charge and multiplicity, where the comment starts with two integers or names both."""
    named = [re.search(rf"\b{name}\s*=\s*([+-]?\d+)", comment) for name in ("charge", "multiplicity")]
    try:
        charge, multiplicity = (int(field) for field in ([match[1] for match in named if match] or comment.split()[:2]))
    except ValueError:
        return None, None
    if multiplicity < 1:
        raise XyzError(f"{place}: multiplicity {multiplicity} does not exist. Write 1 for a closed shell.")
    return charge, multiplicity
