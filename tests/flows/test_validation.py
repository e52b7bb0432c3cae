"""Validation: statistics, reading of sets, a run that is killed and goes on, and a page that says what was missed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels_small import TINY
from rich.console import Console
from scipy.stats import spearmanr

from flows.validation import page
from flows.validation.command import validate
from flows.validation.page import Result
from flows.validation.partition import N_STANDARD, log_p, octanol, partition_baselines
from flows.validation.run import outcomes, run
from flows.validation.sets import (
    N_FREESOLV,
    SEED,
    ValidationSet,
    bonds,
    freesolv,
    gsh,
    hybrid,
    ionisation,
    substituents,
    with_e_isomers,
)
from flows.validation.statistics import (
    difference,
    interval,
    mean_absolute_error,
    misplaced,
    root_mean_square_error,
    spearman,
)
from flows.validation.tables import read_values
from pipeline.ground_state import stored_ground_state
from pipeline.store import Store

GSH = "id\tname\tfamily\tsmiles\tlog10_k_gsh_L_per_mol_min\n"
ROWS = "a\tacrolein\tenal\tC=CC=O\t4.0\nb\tcrotonaldehyde\tenal\tCC=CC=O\t1.5\nc\tacrylonitrile\tnitrile\tC=CC#N\t0.9\n"
QUIET = Console(quiet=True)


def tiny(one: ValidationSet, n_cases: int) -> ValidationSet:
    """Its first variant at a tiny level."""
    return replace(one, variants=(replace(one.variants[0], level=TINY, cases=one.variants[0].cases[:n_cases]),))


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=30))
def test_spearman_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    expected = spearmanr(x, y).statistic if np.ptp(x) and np.ptp(y) else 0.0
    assert spearman(x, y) == pytest.approx(expected, abs=1e-12)


def test_intervals_hold_the_value_and_shrink_with_the_sample() -> None:
    generator = np.random.default_rng(1)
    x = generator.standard_normal(200)
    y = x + 0.5 * generator.standard_normal(200)
    small, large = interval(spearman, x[:20], y[:20]), interval(spearman, x, y)
    assert small.low <= small.value <= small.high
    assert large.high - large.low < small.high - small.low
    assert interval(spearman, x, y) == large  # the same seed


def test_paired_differences_are_sharper_than_separate_ones() -> None:
    generator = np.random.default_rng(2)
    measured = generator.standard_normal(60)
    first = measured + generator.standard_normal(60)
    second = first + 0.01 * generator.standard_normal(60)
    paired = difference(spearman, first, second, measured)
    alone = interval(spearman, first, measured)
    assert paired.high - paired.low < 0.1 * (alone.high - alone.low)
    assert difference(spearman, first, first, measured) == replace(paired, value=0.0, low=0.0, high=0.0)


def test_a_missing_value_counts_as_the_mean_error() -> None:
    measured = np.array([0.0, 0.0, 0.0])
    assert mean_absolute_error(np.array([1.0, 3.0, np.nan]), measured) == 2.0
    assert root_mean_square_error(np.array([1.0, 3.0, np.nan]), measured) == pytest.approx(np.sqrt(5))
    assert misplaced(np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])).tolist() == [2.0, -1.0, -1.0]


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CC=CC(C)=O", "C/C=C/C(C)=O"),
        ("C/C=C\\C=O", "C/C=C\\C=O"),  # a given Z stays
        ("CC1=CCCC1=O", "CC1=CCCC1=O"),
        ("CC(=O)C=C(C)C", "CC(=O)C=C(C)C"),
    ],
)
def test_open_double_bonds_become_e(smiles: str, expected: str) -> None:
    assert with_e_isomers(smiles) == expected


@pytest.mark.parametrize(
    ("smiles", "count"), [("C=CC=O", 0), ("C=C(C)C=O", 1), ("C/C=C/C=O", 1), ("CC(C)=CC=O", 2), ("CC=C(C)C=O", 2)]
)
def test_substituents_are_those_of_the_reacting_bond(smiles: str, count: int) -> None:
    assert substituents(smiles) == count


def test_the_draw_from_freesolv_is_the_protocols() -> None:
    one = freesolv()
    names = [case.name for case in one.variants[0].cases]
    assert len(set(names)) == N_FREESOLV == 80
    assert SEED == 20261123
    assert [case.name for case in freesolv().variants[1].cases] == names
    assert all(len(case.calculations) == 2 for case in one.variants[0].cases)


def test_log_p_and_octanol_are_of_the_molecules_that_the_protocol_names() -> None:
    one, other = log_p(), octanol()
    quick, standard = (variant.cases for variant in one.variants)
    assert (len(quick), len(standard)) == (291, N_STANDARD)
    measured = {case.calculations[0].species.smiles: case.measured for case in quick}
    assert measured["CCC(C)=O"] == 0.29
    assert all(case.calculations[0].species.charge == 0 for case in quick)
    assert {case.calculations for case in standard} != {case.calculations for case in quick[:N_STANDARD]}
    assert len(other.variants[0].cases) == 207
    ethanol = next(case for case in other.variants[0].cases if case.calculations[0].species.smiles == "CCO")
    assert ethanol.measured == pytest.approx(-5.00 + 0.30 * 1.3642, abs=0.01)  # hydration of FreeSolv, RT ln 10
    of_two = {case.calculations[0].species.smiles for case in other.variants[1].cases}
    assert of_two <= {case.calculations[0].species.smiles for case in standard}


def test_baselines_of_log_p_are_estimates_in_its_unit() -> None:
    one = log_p()
    measured = np.array([case.measured for case in one.variants[0].cases])
    crippen, mean = partition_baselines(one).values()
    assert mean_absolute_error(crippen, measured) < mean_absolute_error(mean, measured)
    assert root_mean_square_error(mean, measured) == pytest.approx(measured.std())
    assert list(partition_baselines(octanol())) == ["The mean of the measured values for every molecule"]


def test_a_baseline_that_is_closer_than_the_calculation_is_said_to_be() -> None:
    """From the table beside the page: nothing is computed."""
    one = log_p()
    found = outcomes(one, {}, "sqlite://", read_values(Path("docs/validation/partition.tsv")))
    assert all(outcome.rungs for of_variant in found.values() for outcome in of_variant)
    said = "\n".join(page.section(Result(one, found, partition_baselines(one))))
    assert "Crippen's log P from the structural formula is closer to the measured values than `vqe_pdft`" in said
    assert "every molecule is closer" not in said


def test_bonds_balance_and_cite() -> None:
    one = bonds()
    cases = one.variants[0].cases
    assert len([case for case in cases if case.group.startswith("C–")]) >= 25
    for case in cases:
        molecule, first, second = (c.choice.n_electrons if c.choice else 0 for c in case.calculations)
        assert molecule == first + second == 2


def test_given_geometries_stay_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "ionisation").mkdir()
    for name, state in (("plus", "charge=1 multiplicity=2"), ("neutral", "charge=0 multiplicity=1")):
        (tmp_path / "ionisation" / f"{name}.xyz").write_text(f"2\n{state}\nH 0 0 0\nF 0 0 0.92\n")
    (tmp_path / "ionisation" / "reference.tsv").write_text(
        "quantity\tformula\tminuend\tsubtrahend\treference_kcal_mol\n"
        "ionisation_energy\tHF\tplus.xyz\tneutral.xyz\t371.3\n"
    )
    one = tiny(ionisation(tmp_path), 1)
    (case,) = one.variants[0].cases
    assert case.measured == pytest.approx(16.10, abs=0.01)
    assert all(calculation.species.rigid for calculation in case.calculations)
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    problems = run([one], 1, url, QUIET)
    (outcome,) = outcomes(one, problems, url)[one.variants[0].name]
    assert outcome.rungs
    assert outcome.rungs.vqe_pdft == pytest.approx(16.1, abs=5.0)
    assert outcome.flags == ()
    states = [stored_ground_state(c, one.variants[0].level, SEED, Store(url)) for c in case.calculations]
    assert {state.geometry for state in states if state} == {case.calculations[0].species.pose}


def test_a_run_that_is_killed_loses_nothing_that_it_finished(tmp_path: Path) -> None:
    (tmp_path / "gsh_kinetics.tsv").write_text(GSH + ROWS)
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    script = (
        "import sys; sys.path.insert(0, 'tests/flows')\n"
        "from pathlib import Path\nfrom test_validation import *\n"
        f"if __name__ == '__main__':\n    run([tiny(gsh(Path({str(tmp_path)!r})), 3)], 1, {url!r}, QUIET)\n"
    )
    (tmp_path / "job.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": "tests:tests/flows:."}
    job = subprocess.Popen([sys.executable, tmp_path / "job.py"], env=environment, start_new_session=True)
    store = Store(url)
    while store.count("ground_state") < 2 and job.poll() is None:
        time.sleep(0.05)
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    finished = store.count("ground_state")
    assert finished >= 2
    one = tiny(gsh(tmp_path), 3)
    shown = Console(record=True, file=StringIO())
    problems = run([one], 1, url, shown)
    wanted = len({calculation for case in one.variants[0].cases for calculation in case.calculations})
    assert f"{wanted - finished} ground states to compute" in shown.export_text()
    results = outcomes(one, problems, url)[one.variants[0].name]
    assert all(outcome.rungs for outcome in results)
    result = Result(one, {one.variants[0].name: results}, {})
    assert "Spearman correlation of" in page.verdict(result)
    written = page.write([result], [], "test", tmp_path / "docs").read_text()
    assert "misses the bar" in written or "meets the bar" in written
    assert (tmp_path / "docs" / "images" / "validation-gsh.svg").read_text().startswith("<?xml")
    assert len((tmp_path / "docs" / "validation" / "gsh.tsv").read_text().splitlines()) == 4


def test_what_cannot_be_computed_is_named(tmp_path: Path) -> None:
    one = tiny(bonds(), 1)
    (case,) = one.variants[0].cases
    hopeless = replace(
        case,
        name="hopeless",
        calculations=tuple(
            replace(c, choice=replace(c.choice, n_orbitals=99) if c.choice else None) for c in case.calculations
        ),
    )
    one = replace(one, variants=(replace(one.variants[0], cases=(case, hopeless)),))
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    problems = run([one], 1, url, QUIET)
    results = outcomes(one, problems, url)[one.variants[0].name]
    assert results[0].rungs
    assert results[1].rungs is None
    written = page.write([Result(one, {one.variants[0].name: results}, {})], [], "test", tmp_path).read_text()
    assert "Not computed: hopeless (An active space of" in written
    assert "1 could not be computed" in written


def test_another_machine_goes_on_from_the_tables(tmp_path: Path) -> None:
    """With an empty store nothing is computed again, and the page is the same; what the code computes otherwise is."""
    one, url = tiny(bonds(), 2), f"sqlite:///{tmp_path / 'store.sqlite'}"
    one = replace(one, variants=(*one.variants, hybrid(one.variants[0])))
    problems = run([one], 1, url, QUIET)
    first = page.write([Result(one, outcomes(one, problems, url), {})], [], "test", tmp_path)
    before, rows = first.read_text(), list(read_values(tmp_path / "validation" / "bonds.tsv"))
    assert [row.molecule for row in rows] == [case.name for case in one.variants[0].cases]
    empty, shown = "sqlite://", Console(record=True, file=StringIO())
    run([one], 1, empty, shown, {row.key for row in rows})
    assert "0 ground states to compute" in shown.export_text()
    assert "tPBE0" in before
    again = Result(one, outcomes(one, {}, empty, rows), {})
    assert page.write([again], [], "test", tmp_path).read_text() == before
    other = replace(one, variants=(replace(one.variants[0], level=replace(TINY, basis="6-31g")),))
    assert all(outcome.rungs is None for outcome in outcomes(other, {}, empty, rows)[one.variants[0].name])


def test_sections_of_other_sets_stay(tmp_path: Path) -> None:
    one = tiny(bonds(), 1)
    empty = Result(one, outcomes(one, {}, "sqlite://"), {})
    page.write([empty], [], "test", tmp_path)
    other = replace(one, name="other", title="Another set")
    written = page.write([replace(empty, of=other)], [], "test", tmp_path).read_text()
    assert written.count("computed so far") == 4  # in the summary and in its section, of both
    assert written.index("## Bond dissociation") < written.index("## Another set")


@pytest.mark.slow
def test_the_fast_subset_runs_without_measured_data(tmp_path: Path) -> None:
    written = validate(
        tmp_path / "nowhere", [], True, 1, f"sqlite:///{tmp_path / 's.sqlite'}", tmp_path / "docs", QUIET
    ).read_text()
    assert "Not compared: gsh." in written
    assert "Not compared: ionisation." in written
    assert "## Hydration free energies" in written
    assert "## Bond dissociation enthalpies" in written
    assert written.count("VQE and MC-PDFT take") == 4
