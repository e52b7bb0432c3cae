"""Selecting from a finished screen: the command, its files and its page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import report_example as examples
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from flows.cli import app
from flows.report.write import write_report
from flows.selection.document import SelectionDocument, Weights, write_selection
from flows.selection.select import select
from pipeline.errors import InputError
from pipeline.selection.dwave_cloud import Cloud

TWINS = ("a", "C=CC(=O)Nc1ccccc1"), ("b", "C=CC(=O)Nc1ccccc1C"), ("c", "C=CC(=O)Nc1ccc(C)cc1"), ("d", "C=CC#N")


def selected(k: int, **weights: float) -> SelectionDocument:
    report = examples.document(tuple(examples.candidate(i, *one) for i, one in enumerate(TWINS, start=1)))
    return select(report, k, Weights(**weights), ["mip"], seed=0, seconds=60, cloud=Cloud())


def test_value_alone_is_the_ranking() -> None:
    document = selected(2, diversity=0, cost=0, risk=0)
    assert [one.name for one in document.chosen] == ["a", "b"]
    assert document.passed_over == ()
    assert "are that choice already" in document.sentence


def test_diversity_passes_over_a_twin() -> None:
    document = selected(2, diversity=3, cost=0, risk=0)
    assert [one.name for one in document.chosen] == ["a", "d"]
    assert [(one.name, one.alike_to) for one in document.passed_over] == [("b", "a")]
    assert document.solvers[0].objective > next(one for one in document.solvers if one.solver == "ranking").objective
    assert "proven" in document.sentence


def test_what_is_tied_with_the_kth_is_passed_over_too() -> None:
    names = enumerate(TWINS, start=1)
    rows = [
        examples.candidate(i, *one).model_copy(update={"rank": rank})
        for (i, one), rank in zip(names, (1, 2, 2, 4), strict=True)
    ]
    document = select(
        examples.document(tuple(rows)),
        2,
        Weights(diversity=0, cost=0, risk=0),
        ["mip"],
        seed=0,
        seconds=60,
        cloud=Cloud(),
    )
    assert [(one.name, one.place) for one in document.chosen] == [("a", "1"), ("b", "2–3, tied")]
    assert [(one.name, one.place) for one in document.passed_over] == [("c", "2–3, tied")]


def test_risk_is_of_the_k_that_are_asked_for() -> None:
    assert all(one.risk == 0 for one in selected(4).chosen)
    assert any(one.risk > 0 for one in selected(1).chosen)


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(InputError, match="Choose between 1 and 4"):
        selected(5)


def test_the_command_writes_the_record_and_the_page(tmp_path: Path) -> None:
    pytest.importorskip("dwave.samplers")
    write_report(examples.example(), tmp_path)
    result = CliRunner().invoke(app, ["select", str(tmp_path), "--k", "4", "--solver", "mip", "--solver", "annealing"])
    assert result.exit_code == 0, result.output
    record = SelectionDocument.model_validate(json.loads((tmp_path / "selection.json").read_text()))
    assert len(record.chosen) == 4
    assert {one.solver for one in record.solvers} == {"mip", "annealing", "ranking"}


def test_the_cloud_is_asked_once_and_after_a_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dwave.system")
    from sapi_server import Sapi

    write_report(examples.example(), tmp_path)
    sapi = Sapi()
    for name, value in sapi.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    asked = ["select", str(tmp_path), "--k", "4", "--solver", "hybrid", "--store", f"sqlite:///{tmp_path}/store.sqlite"]
    try:
        refused = CliRunner().invoke(app, asked)
        assert isinstance(refused.exception, InputError)
        assert "3.00 s of solver time. Add --yes" in str(refused.exception)
        beside = CliRunner().invoke(app, [*asked, "--solver", "mip"])
        assert beside.exit_code == 0
        assert "Add --yes" in beside.output
        assert not sapi.problems
        for options in (["--yes"], []):  # the second time it is known
            result = CliRunner().invoke(app, [*asked, *options])
            assert result.exit_code == 0, result.output
            assert len(sapi.problems) == 1
        record = SelectionDocument.model_validate(json.loads((tmp_path / "selection.json").read_text()))
        assert {one.solver for one in record.solvers} == {"hybrid", "ranking"}
    finally:
        sapi.close()


def test_the_page_is_whole_and_runs_nothing(tmp_path: Path) -> None:
    document = select(examples.hostile(), 3, Weights(), ["mip"], seed=0, seconds=60, cloud=Cloud())
    page = write_selection(document, tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            tab = browser.new_page()
            problems: list[str] = []
            tab.on("console", lambda message: problems.append(message.text))
            tab.on("request", lambda request: problems.append(request.url) if "file:" not in request.url else None)
            tab.goto(page.as_uri())
            assert tab.evaluate("window.hacked") is None
            assert tab.locator(".podium svg").count() == 3
            assert tab.locator("#solvers tbody tr").count() == 2
            assert problems == []
        finally:
            browser.close()
