"""Titles: what the titles of a table's columns say of their content."""

from __future__ import annotations

import re
from collections.abc import Sequence

from molecules.row import readable

_COMPOUND = (
    "compound|molecule|mol|cmpd|cpd|chemical|substance|drug|ligand|structure|chembl|pubchem|zinc|cdd|drugbank|bindingdb"
)
_NAMES = (
    re.compile(rf"({_COMPOUND}|preferred|common|generic|iupac)*(name|title|label)"),
    re.compile(rf"(?!structure$)({_COMPOUND})+"),
    re.compile(
        rf"({_COMPOUND}|cas|registry|catalog)*(id|identifier|cid|cas|casrn)|"
        rf"({_COMPOUND}|cas|registry|catalog|id)+(number|no|code|key)"
    ),
)
"""Titles of names, then of compounds, then of identifiers, without blanks and punctuation."""
_PARTS = re.compile(
    r"scaffold|murcko|core|framework|fragment|salt|counterion|solvent|reagent|reactant|r?group|r\d+|linker|query|"
    r"substructure|monomer|metabolite|precursor"
)
"""Words by which a column of structures holds something else than the compounds."""


_STRUCTURE = re.compile(r"(canonical|isomeric|absolute|can|iso|cx)?(smiles|smi|structures?|mol|molecule)")
STRUCTURES = 2
"""The rank from which on a title names structures."""


def structure_rank(title: str) -> int:
    """Tell how well a title names the structures of the compounds.

    Returns:
        3 where it names nothing else, 2 where it does with other words, 1 where it does not, 0 where it names others.
    """
    words = re.findall(r"[a-z0-9]+", readable(title).lower())
    if any(_PARTS.fullmatch(word) for word in words):
        return 0
    if _STRUCTURE.fullmatch("".join(words)):
        return 3
    named = any("smiles" in word or word.endswith("smi") or word in ("structure", "structures") for word in words)
    return STRUCTURES if named and name_rank(title) is None else 1


def name_rank(title: str) -> int | None:
    """Tell how well a title names the names of compounds, 0 best; None: it does not."""
    squashed = re.sub(r"[^a-z0-9]", "", readable(title).lower())
    return next((rank for rank, pattern in enumerate(_NAMES) if pattern.fullmatch(squashed)), None)


def name_columns(titles: Sequence[str]) -> list[int]:
    """Columns of names or identifiers, best first: where a cell of one is empty, the next has the name."""
    ranks = {column: rank for column, title in enumerate(titles) if (rank := name_rank(title)) is not None}
    return sorted(ranks, key=lambda column: ranks[column])
