"""Markdown, as pages of results are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MARKS = {ord(mark): f"\\{mark}" for mark in "\\`*_{}[]#|!~$@"} | {
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("&"): "&amp;",
}
_LINK = re.compile(r"(?<=[a-zA-Z])(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
"""What makes an address a link without any marks."""
_START = re.compile(r"^(?=[-+](?: |$)|[-= ]+$)|^\d+(?=[.)](?: |$))")
"""What begins a list, rules a line or underlines a title."""
_MEANING = re.compile(
    r"""
    [`*<>&|!~$] | \\(?![a-zA-Z0-9]) | (?<![^\W_])_ | _(?![^\W_])     # marks; a _ within a word is none
    | :// | www\. | \w@[\w.-]+\w | \b(?:mailto|xmpp): | (?:https?|ftp):    # links without marks
    | ^(?:[-+]|\#{1,6}|\d+[.)])(?:\s|$) | ^[-=\s]+$                    # lists, titles, lines
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What may have a meaning in Markdown, but for brackets."""
_JOINER = "\u2060"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], n_words: int = 1) -> str:
    """A table: the first columns to the left, the others to the right."""
    rule = ["---" if place < n_words else "---:" for place in range(len(header))]
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, rule, *rows])


def plain(text: str) -> str:
    """Text on one line without meaning in Markdown or HTML: no formatting, links, images, lists or tags."""
    marked = _LINK.sub(r"\\\g<0>", " ".join(text.split()).translate(_MARKS))
    return _START.sub(r"\g<0>\\", marked)


def cell(text: str) -> str:
    """Text in a table of Prefect, whose one UI takes it for Markdown, while the other shows it as it is.

    So it is as it is, as nearly all names and structures can be. In ``[C@H](N)``, which would be a link, an invisible
    joiner parts the brackets. Only what has another meaning still is escaped as by `plain`.
    """
    shown = re.sub(r"\](?=[(\[:])", f"]{_JOINER}", " ".join(text.split()))
    return plain(text) if _MEANING.search(shown) else shown
