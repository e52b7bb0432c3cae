"""Page: a selection as one HTML file that needs no network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import flows.report
from flows.report import words
from flows.selection.document import SelectionDocument
from molecules.depict import svg

_MOST_DRAWINGS = 100
"""Chosen compounds with a drawing, of 20 kB each."""


def page_html(document: SelectionDocument) -> str:
    """The page, in the report's style; whatever comes from the user is escaped."""
    style = Path(flows.report.__file__).with_name("style.css").read_text(encoding="utf-8")
    drawings = {one.id: Markup(svg(one.smiles)) for one in document.chosen[:_MOST_DRAWINGS]}
    return (
        _environment().get_template("page.html.jinja").render(document=document, drawings=drawings, style=Markup(style))
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": words.duration, "two": _two, "three": _three}
    return environment


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace("-", "−")
