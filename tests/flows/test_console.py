"""What people read on the console: every text as it was written, brackets too."""

import io

import pytest
from command_line import eigenlead, environment
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress, TextColumn
from rich.table import Table

from flows.console import plain_console

TEXTS = [
    "c1cc[nH]c1",
    "E[adduct] − E[candidate] − E[CH3S−]",
    "C[N+](C)(C)C[C@@H](O)CC(=O)[O-]",
    "compound [bold] 7",
    "lot [/] of [red]",
    "[link=http://example.org]press[/link]",
    "[/bold]",
    "a:key:b :warning:",
    "\\[escaped]",
]


def shown(what: object) -> str:
    file = io.StringIO()
    plain_console(file=file, width=200).print(what)
    return file.getvalue()


@pytest.mark.parametrize("text", TEXTS)
def test_texts_titles_cells_and_columns_are_shown_as_they_are(text):
    table = Table("rung", text, title=text)
    table.add_row(text, text)
    assert shown(text).rstrip("\n") == text
    assert shown(table).count(text) == 4


@pytest.mark.parametrize("text", TEXTS)
def test_a_bar_is_named_as_it_is(text):
    file = io.StringIO()
    column = TextColumn("{task.description}", markup=False)
    with Progress(column, console=plain_console(soft_wrap=False, file=file, width=200, force_terminal=True)) as bar:
        bar.add_task(text, total=1)
    assert text in file.getvalue()


@given(st.text("[]/=:bold nH@+-\\", min_size=1, max_size=30))
def test_no_text_is_read_as_markup(text):
    assert shown(text).rstrip("\n") == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["energy", "c1cc[nH]c1", "--basis", "sto-3g", "--active-space", "2,2"], "c1cc[nH]c1, charge 0"),
        (["sqd", "[CH3-]", "--basis", "sto-3g", "--samples", "10", "--active-space", "2,2"], "[CH3-], charge -1"),
        (["energy", "[red]O[/red]"], "[red]O[/red]"),
        (["energy", "C", "--basis", "[bold]6-31g"], "[bold]6-31g"),
        (["descriptor", "[bold]", "C"], "'[bold]'"),
        (["estimate", "[link=x].smi"], "[link=x].smi"),
        (["compare", "[/]", "[bold]"], "[/]"),
    ],
)
def test_commands_keep_brackets(arguments, text, tmp_path):
    run = eigenlead(*arguments, env=environment(tmp_path / "prefect", EIGENLEAD_STORE=f"sqlite:///{tmp_path}/s.sqlite"))
    assert text in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_the_equation_of_a_descriptor_is_complete(tmp_path):
    env = environment(tmp_path / "prefect", EIGENLEAD_STORE=f"sqlite:///{tmp_path}/s.sqlite")
    run = eigenlead("descriptor", "thiol_addition", "C=CC=O", env=env)
    assert run.returncode == 0, run.stderr
    assert "E[unprotonated adduct] − E[acceptor] − E[CH3S−]" in run.stdout
