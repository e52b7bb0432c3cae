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
    """Total charge, where the comment line tells it."""
    multiplicity: int | None
    """Spin multiplicity 2S + 1, where the comment line tells it."""


def read_xyz(path: Path) -> XyzFile:
    """Read a geometry in ångström: a line with the number of atoms, a comment line, then ``symbol x y z`` for each.

    Atomic numbers may stand for symbols, numbers may follow a symbol (``C12``), exponents may be Fortran's
    (``1.0D-3``), blank lines and further columns are passed over, and where the comment is that of extended XYZ, its
    ``Properties`` say which columns hold what.

    Args:
        path: The file. Its comment line may name charge and multiplicity, such as ``charge=-1``,
            ``charge: -1, mult: 1`` or ``q=-1 uhf=0``, or start with both, such as ``-1 1``; other numbers mean nothing.

    Returns:
        The geometry, with charge and multiplicity where the file tells them.

    Raises:
        XyzError: When the file is missing or is no single geometry in ångström, or its comment contradicts itself; the
            message says what to write instead.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise XyzError(f"{path} cannot be read: {error.strerror}. Give the path of an .xyz file.") from error
    lines = list(enumerate(text.splitlines(), start=1))
    while lines and not lines[0][1].strip():
        del lines[0]
    number, count = (lines[0][0], lines[0][1].strip()) if lines else (1, "")
    if not (count.isascii() and count.isdigit() and int(count) > 0):
        raise XyzError(f"{path}, line {number}: {count!r} is no number of atoms. Write how many atoms follow.")
    comment = lines[1][1] if len(lines) > 1 else ""
    rows = [(number, line) for number, line in lines[2:] if line.strip()]
    if len(rows) != int(count):
        raise XyzError(
            f"{path}: line {number} announces {count} atoms, {len(rows)} lines follow the comment. "
            "Correct the number, and keep one geometry per file."
        )
    place = f"{path}, line {number + 1}"
    if re.search(r"\bbohrs?\b", comment, re.IGNORECASE):
        raise XyzError(f"{place}: the comment says bohr. Give the coordinates in ångström, and take the word out.")
    columns = _columns(place, comment)
    atoms = [_atom(f"{path}, line {number}", line, columns) for number, line in rows]
    geometry = Geometry(tuple(symbol for symbol, _ in atoms), tuple(position for _, position in atoms))
    return XyzFile(geometry, *_state(place, comment))


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


def _columns(place: str, comment: str) -> tuple[int, int]:
    """Where symbol and position start in an atom's line: 0 and 1, unless extended XYZ says otherwise."""
    properties = re.search(r"(?<!\S)Properties=[\"']?([\w:]+)", comment, re.IGNORECASE)
    if not properties:
        return 0, 1
    fields = properties[1].split(":")
    starts, column = {}, 0
    for name, width in zip(fields[::3], fields[2::3], strict=False):
        starts[name.lower()] = column
        column += int(width) if width.isdecimal() else 1
    symbol = next((starts[name] for name in ("species", "element", "z", "numbers") if name in starts), None)
    if symbol is None or "pos" not in starts:
        raise XyzError(f"{place}: Properties name no species and pos. Write Properties=species:S:1:pos:R:3.")
    return symbol, starts["pos"]


def _atom(place: str, line: str, columns: tuple[int, int]) -> tuple[str, tuple[float, float, float]]:
    """Read the symbol and the position that start in the given columns."""
    fields = line.split()
    first, last = columns[1], columns[1] + 3
    try:
        x, y, z = (float(re.sub("[dD]", "e", field)) for field in fields[first:last])
        name = fields[columns[0]]
    except (ValueError, IndexError):
        raise XyzError(f"{place}: {line.strip()!r} is no atom. Write symbol x y z, in ångström.") from None
    if not all(math.isfinite(value) for value in (x, y, z)):
        raise XyzError(f"{place}: {line.strip()!r} has a coordinate that is not finite. Write ångström.")
    table = Chem.GetPeriodicTable()
    elements = [table.GetElementSymbol(number) for number in range(1, 119)]
    if name.isdecimal() and 0 < int(name) <= len(elements):
        return elements[int(name) - 1], (x, y, z)
    symbol = re.sub(r"\d+$", "", name).capitalize()
    if symbol not in elements:
        raise XyzError(f"{place}: {name!r} is no element. Write its symbol, such as C or Cl.")
    return symbol, (x, y, z)


_BEFORE = r"(?<![\w:.-])(?:(?:total|net|formal|molecular|overall|system|spin)[_ -]?)?"
_VALUE = r"\s*[=:]\s*[\"']?([^\s,;\"'})\]]*)"
_NUMBER = r"\s+([+\-\u2212]?\d[^\s,;]*)"
_CHARGE = re.compile(rf"{_BEFORE}(?:(?:charge|chrg|chg)[\"']?(?:{_VALUE}|{_NUMBER})|q{_VALUE})", re.IGNORECASE)
_MULTIPLICITY = re.compile(
    rf"{_BEFORE}(?:(?:multiplicity|multip|mult)[\"']?(?:{_VALUE}|{_NUMBER})|2s\+1{_VALUE})", re.IGNORECASE
)
_M = re.compile(rf"{_BEFORE}m{_VALUE}", re.IGNORECASE)
"""Like ``s``, where the charge is named too: one letter alone may mean anything."""
_UNPAIRED = re.compile(rf"{_BEFORE}(?:uhf|unpaired(?:[_ ]electrons)?)[\"']?{_VALUE}", re.IGNORECASE)
_SPIN = re.compile(rf"{_BEFORE}spin[\"']?{_VALUE}", re.IGNORECASE)
_S = re.compile(rf"{_BEFORE}s{_VALUE}", re.IGNORECASE)
_LEADING = re.compile(r"\s*([+\-\u2212]?\d)[\s,]+(\d)(?=\s*$|[\s,;]+[^\s\d+.,;\u2212-])")
"""Two whole numbers of one digit at the start, with no third number behind them: counters and energies are none."""
_OF_ATOMS = re.compile(
    r"(?:nuclear|partial|atomic|point|core|mulliken|l(?:ö|oe)wdin|hirshfeld|bader|resp|esp|nbo|npa|cm5)\s+$"
)
"""Words that say that a charge is not the total."""


def _state(place: str, comment: str) -> tuple[int | None, int | None]:
    """Charge and multiplicity, where the comment tells them."""
    charges = [
        _whole(place, "charge", match)
        for match in _CHARGE.finditer(comment)
        if not _OF_ATOMS.search(comment[: match.start()].lower())
    ]
    named = [*_MULTIPLICITY.finditer(comment), *(_M.finditer(comment) if charges else ())]
    multiplicities = [_whole(place, "multiplicity", match) for match in named]
    multiplicities += [_whole(place, "number of electrons", match) + 1 for match in _UNPAIRED.finditer(comment)]
    if spin := _SPIN.search(comment) or (_S.search(comment) if charges else None):
        if spin[1].strip("0.") or not spin[1]:
            raise XyzError(
                f"{place}: {spin[0].strip()!r} may mean S, 2S or 2S + 1. Write multiplicity= with 2S + 1 in its place."
            )
        multiplicities.append(1)
    if leading := _LEADING.match(comment):
        charges.append(_integer(leading[1]))
        multiplicities.append(int(leading[2]))
    for what, values in (("charge", charges), ("multiplicity", multiplicities)):
        if len(set(values)) > 1:
            raise XyzError(
                f"{place}: the comment says {what} {' and '.join(map(str, values))}. Leave one of them in it."
            )
    charge, multiplicity = next(iter(charges), None), next(iter(multiplicities), None)
    if multiplicity is not None and multiplicity < 1:
        raise XyzError(f"{place}: multiplicity {multiplicity} does not exist. Write 1 for a closed shell.")
    return charge, multiplicity


def _whole(place: str, what: str, match: re.Match[str]) -> int:
    """The whole number in a match: ``-1``, ``+1``, ``1-``, ``-1.0``."""
    written = next((group for group in match.groups() if group is not None), "").rstrip("=")
    if not re.fullmatch(r"[+\-\u2212]?\d+(\.0*)?|\d+[+\-\u2212]", written):
        raise XyzError(f"{place}: {match[0].strip()!r} names no whole number as {what}. Write it such as {what}=1.")
    return _integer(written)


def _integer(written: str) -> int:
    digits = re.sub(r"\.0*$|[+\-\u2212]", "", written)
    return -int(digits) if re.search(r"[-\u2212]", written) else int(digits)
