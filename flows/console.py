"""Console: where commands write what people read."""

from __future__ import annotations

from typing import Any

from rich.console import Console


def plain_console(soft_wrap: bool = True, **options: Any) -> Console:
    """A rich console that shows every text as it is; styles are given by argument.

    Rich would take ``[nH]`` of a SMILES for a style and drop it, and ``:key:`` of a name for an emoji.

    Args:
        soft_wrap: Whether long lines are left to the terminal.
        **options: As rich's Console.
    """
    return Console(markup=False, emoji=False, highlight=False, soft_wrap=soft_wrap, **options)
