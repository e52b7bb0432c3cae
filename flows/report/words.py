"""Words: numbers, methods and sentences as a chemist reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from pipeline.ranks import decimals_of
from pipeline.rungs import RungName

_DECIMALS = {"kcal/mol": 1, "kJ/mol": 1, "eV": 2, "hartree": 6}
_SENTENCE = re.compile(r".+?[.!?](?=\s+[^\sa-z]|\s*$)", re.DOTALL)


def number(value: float | None, unit: str = "", uncertainty: float | None = None) -> str:
    """A number with as many decimals as its uncertainty or its unit calls for, and a true minus sign.

    >>> number(-12.345, "kcal/mol", 0.84)
    '−12.3'
    >>> number(None)
    '–'
    """
    if value is None:
        return "–"
    if unit in _DECIMALS:
        decimals = _DECIMALS[unit]
    elif math.isclose(value, round(value), abs_tol=1e-9):
        decimals = 0
    elif abs(value) >= 10:
        decimals = 1 if abs(value) < 1000 else 0
    else:
        decimals = max(2, 1 - math.floor(math.log10(abs(value))))
    if uncertainty is not None and not unit:
        decimals = 2  # a score
    elif uncertainty:
        decimals = 0 if uncertainty >= 10 else max(decimals, -math.floor(math.log10(uncertainty)))
    decimals = min(decimals, 6)
    text = f"{value:.{decimals}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "−")


def quantity(value: float | None, unit: str, uncertainty: float | None = None) -> str:
    """A number with its uncertainty and its unit, as in ``−12.3 ± 0.8 kcal/mol``."""
    text = number(value, unit, uncertainty)
    if uncertainty and value is not None:
        text += f" ± {number(uncertainty, unit, uncertainty)}"
    return f"{text} {unit}".rstrip()


def score(value: float) -> str:
    """A score with the decimals that its rank is counted by, and a true minus sign."""
    decimals = decimals_of("")
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def chance(probability: float | None) -> str:
    """A probability that was drawn: in per cent, and never none or all of them."""
    if probability is None:
        return "–"
    return "> 99 %" if probability > 0.99 else "< 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


def duration(seconds: float) -> str:
    """A time span in the two units that matter."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def rough_duration(seconds: float) -> str:
    """A time span that is only estimated, in one unit."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence; decimal points and ``e.g. this`` do not."""
    match = _SENTENCE.match(text.strip())
    return match.group() if match else text.strip()


def sentence(clause: str, end: str = ".") -> str:
    """A clause with a capital letter and an end."""
    clause = clause.strip()
    return clause[:1].upper() + clause[1:] + ("" if clause.endswith((".", "!", "?")) else end)


def rung_titles(level: Mapping[str, Any]) -> dict[RungName, str]:
    """The rungs as a chemist calls them at this level of theory, as in ``PBE0`` for ``dft``."""
    functional, dft = level.get("functional"), _method(level.get("dft_functional"), "DFT")
    return {
        "xtb": "GFN2-xTB",
        "mean_field": "Hartree–Fock" if functional == "hf" else _method(functional, "Mean field"),
        "dft": f"{dft} (HF density)" if level.get("dft_density") == "hf" else dft,
        "casci": "CASCI",
        "casci_pdft": "CASCI + MC-PDFT",
        "vqe": "VQE",
        "vqe_pdft": "VQE + MC-PDFT",
    }


def level_of_theory(level: Mapping[str, Any], largest: tuple[int, int] | None = None) -> str:
    """The fields of `pipeline.level.LevelOfTheory` as a methods section words them; a missing one is left out.

    Args:
        level: the fields.
        largest: electrons and orbitals of the largest active space in the report.
    """
    basis = str(level.get("basis", "")).upper().replace("DEF2-", "def2-")
    parts = [
        f"Up to {level['n_conformers']} conformers" if "n_conformers" in level else "",
        f"GFN2-xTB geometries and {str(level.get('solvent_model', 'alpb')).upper()} solvation",
        f"{_method(level.get('functional'), 'Mean field')}{f'/{basis}' if basis else ''} orbitals",
        f"active spaces up to ({largest[0]}e,{largest[1]}o)" if largest else "",
        f"{_method(level.get('ansatz'), '')} VQE".strip(),
        f"MC-PDFT with {level['ontop_functional']}" if "ontop_functional" in level else "MC-PDFT",
    ]
    return "; ".join(part for part in parts if part) + "."


def _method(name: object, otherwise: str) -> str:
    """A method's name as papers write it, as in ``PBE0``, ``r2SCAN`` or ``UCCSD``."""
    return str(name).upper().replace("R2SCAN", "r2SCAN").replace("Ω", "ω") if name else otherwise
