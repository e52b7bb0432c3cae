"""Page: a comparison as a file in Markdown or HTML."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import flows.report
from flows.comparison.sections import Section
from flows.markdown import plain, table
from flows.report.write import replace_text
from pipeline.errors import InputError


def check_suffix(file: Path) -> None:
    """Refuse a file of a kind that cannot be written.

    Raises:
        InputError: its name ends in neither .md nor .html.
    """
    if file.suffix not in _WRITERS:
        raise InputError(f"{file} is neither Markdown nor HTML.", "End its name in .md or .html.")


def write_comparison(sections: Iterable[Section], file: Path) -> None:
    """Write a comparison, whole or not at all.

    Raises:
        InputError: as `check_suffix`.
        OSError: the file cannot be written.
    """
    check_suffix(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_text(file, _WRITERS[file.suffix](sections))


def markdown(sections: Iterable[Section]) -> str:
    """Sections as Markdown; whatever comes from a report is text in it."""
    blocks = []
    for level, section in enumerate(sections):
        blocks += [f"{'##' if level else '#'} {section.title}", plain(section.text)]
        if section.rows:
            cells = ([plain(cell) for cell in row] for row in section.rows)
            blocks.append(table([plain(title) for title in section.header], cells, section.n_words))
    return "\n\n".join(filter(None, blocks)) + "\n"


def html(sections: Iterable[Section]) -> str:
    """Sections as a page in the report's style, that needs no network; whatever comes from a report is escaped."""
    style = Path(flows.report.__file__).with_name("style.css").read_text(encoding="utf-8")
    return _environment().get_template("page.html.jinja").render(sections=tuple(sections), style=Markup(style))


_WRITERS = {".md": markdown, ".html": html}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
