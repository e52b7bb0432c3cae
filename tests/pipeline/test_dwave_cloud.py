"""D-Wave's cloud by its own packages, against a server on this machine that plays the documented interface."""

import json
import time

import pytest

from pipeline.backends import jobs
from pipeline.errors import ComputationError, InputError, TransientError
from pipeline.selection.dwave_cloud import Cloud, annealer, hybrid
from pipeline.selection.solvers import solve_all

from test_selection_solvers import by_enumeration, families  # isort: skip

pytest.importorskip("dwave.system")

from sapi_server import HYBRID, KEY, QPU, Sapi

PROBLEM = families(8, 3, 0)
BOTH = pytest.mark.parametrize("solve", [annealer, hybrid])


@pytest.fixture
def sapi(monkeypatch, tmp_path):
    server = Sapi()
    for name, value in server.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


@pytest.fixture
def cloud(store):
    return Cloud(agreed=True, store_url=store.url, sleep=lambda _: time.sleep(0.02))


def without_a_yes(cloud):
    return Cloud(agreed=False, store_url=cloud.store_url, sleep=cloud.sleep)


@BOTH
def test_the_best_choice_through_the_cloud(sapi, store, cloud, solve):
    solution = solve(PROBLEM, 0, cloud)
    assert solution.objective == pytest.approx(by_enumeration(PROBLEM))
    assert solution.seconds == {annealer: 0.123456, hybrid: 3.0}[solve]  # what D-Wave says it took
    (problem,) = sapi.problems.values()
    assert problem["solver"]["name"] == {annealer: QPU, hybrid: HYBRID}[solve]
    assert problem["looks"] == 3  # D-Wave's client drops one of two futures that ask for the same problem at once
    sapi.close()  # known by now: nothing is asked for, and nothing costs
    assert solve(PROBLEM, 0, without_a_yes(cloud)) == solution
    assert KEY not in json.dumps(store.newest("quantum_job", 10))


def test_the_annealer_s_chains_are_told(sapi, cloud):
    assert "qubits, the longest chain" in annealer(PROBLEM, 0, cloud).details
    assert next(iter(sapi.problems.values()))["params"] == {"num_reads": 1000}


@BOTH
def test_nothing_is_submitted_without_a_yes(sapi, store, cloud, solve):
    price = {annealer: r"0\.\d\d s of processor time", hybrid: r"3\.00 s of solver time"}[solve]
    with pytest.raises(InputError, match=f"1 problem .*{price}.* --yes"):
        solve(PROBLEM, 0, without_a_yes(cloud))
    assert not sapi.problems
    assert not sapi.uploads
    assert store.count("quantum_job") == 0


@pytest.mark.usefixtures("sapi")
def test_without_a_yes_the_other_solvers_go_on(cloud):
    solved, skipped = solve_all(PROBLEM, ["mip", "hybrid"], 0, 60, without_a_yes(cloud))
    assert [one.solver for one in solved] == ["mip"]
    assert "--yes" in skipped[0].reason


def test_another_problem_and_another_seed_are_other_submissions(sapi, cloud):
    hybrid(PROBLEM, 0, cloud)
    hybrid(PROBLEM, 1, cloud)
    hybrid(families(8, 4, 0), 0, cloud)
    assert len(sapi.problems) == 3


@BOTH
def test_throttling_and_lost_answers_are_no_second_submissions(sapi, cloud, solve):
    sapi.busy = 2
    sapi.troubles = [429, "fine", "lost", "fine", 503, 429]  # a submission, a search, a submission, a search, two looks
    solve(PROBLEM, 0, cloud)
    assert len(sapi.problems) == 1


class Killed(BaseException):
    pass


@BOTH
@pytest.mark.parametrize("after", ["submission", "id"])
def test_a_run_that_was_killed_goes_on_without_submitting_twice(sapi, cloud, solve, after, monkeypatch):
    from pipeline.store import Store

    replace = Store.replace

    def killed_while_writing(self, key, stage, payload):
        if after == "submission" and "id" in payload:
            raise Killed
        replace(self, key, stage, payload)
        if "id" in payload:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Store, "replace", killed_while_writing)
        with pytest.raises(Killed):
            solve(PROBLEM, 0, cloud)
    assert len(sapi.problems) == 1
    sapi.identity["version"] = {"graph_id": "another"}  # as after a calibration that lost a qubit
    assert solve(PROBLEM, 0, cloud).objective == pytest.approx(by_enumeration(PROBLEM))
    assert len(sapi.problems) == 1


@BOTH
def test_a_failed_problem_says_why_and_may_be_submitted_again(sapi, cloud, solve):
    sapi.fails = True
    with pytest.raises(ComputationError, match="a chain was lost"):
        solve(PROBLEM, 0, cloud)
    sapi.fails = False
    solve(PROBLEM, 0, cloud)
    assert len(sapi.problems) == 2


@pytest.mark.usefixtures("sapi")
def test_a_wrong_key_is_refused_and_shown_nowhere(cloud, monkeypatch):
    monkeypatch.setenv("DWAVE_API_TOKEN", "wrong-key")
    with pytest.raises(InputError, match="DWAVE_API_TOKEN") as raised:
        annealer(PROBLEM, 0, cloud)
    assert "wrong-key" not in str(raised.value)


@pytest.mark.usefixtures("sapi")
def test_a_missing_key_names_the_command_that_makes_it_known(cloud, monkeypatch):
    monkeypatch.delenv("DWAVE_API_TOKEN")
    with pytest.raises(InputError, match="dwave config create"):
        hybrid(PROBLEM, 0, cloud)


@pytest.mark.usefixtures("sapi")
def test_the_key_may_come_from_a_file_of_d_wave_s_package(cloud, monkeypatch, tmp_path):
    monkeypatch.delenv("DWAVE_API_TOKEN")
    (tmp_path / "dwave.conf").write_text(f"[defaults]\ntoken = {KEY}\n")
    assert hybrid(PROBLEM, 0, cloud).solver == "hybrid"


def test_more_compounds_than_the_annealer_takes_are_refused(sapi, cloud):
    with pytest.raises(InputError, match="too few qubits"):
        annealer(families(120, 3, 0), 0, cloud)
    assert not sapi.problems


def test_a_service_that_stays_away_may_come_back(sapi, cloud, monkeypatch):
    monkeypatch.setattr(jobs, "_MOST_REFUSALS", 2)
    sapi.close()
    with pytest.raises(TransientError, match="cannot be reached"):
        hybrid(PROBLEM, 0, cloud)
