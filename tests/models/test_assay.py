"""A chemist's own measurements: what is read, what is refused and why, how it is split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.assay import by_time, check, read_assay
from models.baselines import BASELINES
from models.errors import UnsuitableError
from models.split import folds, groups, held_out
from molecules.similarity import clusters, scaffold

RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccoc1", "c1ccsc1", "C1CCNCC1")
TAILS = ("C", "CC", "CCC", "CO", "CCO", "CN", "CS", "N#CC")


def compounds(rings: int = 6) -> list[str]:
    return [f"{tail}{ring}" for ring in RINGS[:rings] for tail in TAILS]


def write(folder: Path, rows: list[str], header: str = "smiles,pIC50,date") -> Path:
    file = folder / "assay.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def measured(smiles: list[str]) -> list[str]:
    return [f"{one},{4 + i % 7 * 0.5},2026-01-{i % 28 + 1:02}" for i, one in enumerate(smiles)]


def test_measurements_are_read_and_bad_cells_are_named(tmp_path: Path) -> None:
    bad = ["CCCCCC,,2026-01-01", "CCCCC,>10,2026-01-01", "CCCC,high,2026-01-01", "C1CC,5,2026-01-01", "CCCO,5,today"]
    assay = read_assay(write(tmp_path, [*measured(compounds()), *bad]), "pIC50", "date")
    assert len(assay.candidates) == len(assay.values) == len(assay.dates) == 48
    reasons = {one.input: one.reason for one in assay.rejections}
    assert "no value" in reasons["CCCCCC"]
    assert "limit" in reasons["CCCCC"]
    assert "no number" in reasons["CCCC"]
    assert "no date" in reasons["CCCO"]
    assert all(one.remedy for one in assay.rejections)
    assert len(reasons) == 5
    check(assay)


def test_repeated_measurements_are_averaged_and_tell_the_noise(tmp_path: Path) -> None:
    twice = [row for one in compounds()[:6] for row in (f"{one},5.0", f"{one},6.0")]
    assay = read_assay(write(tmp_path, [*twice, *(f"{one},4" for one in compounds()[6:])], "smiles,pIC50"), "pIC50")
    assert assay.values[:6].tolist() == [5.5] * 6
    assert assay.noise == pytest.approx(np.sqrt(0.5))
    with pytest.raises(UnsuitableError, match="mostly noise"):
        check(assay)


def test_what_cannot_teach_a_ranking_is_refused_with_the_reason(tmp_path: Path) -> None:
    def refused(rows: list[str], column: str = "pIC50") -> str:
        with pytest.raises(UnsuitableError) as error:
            check(read_assay(write(tmp_path, rows), column))
        return str(error.value)

    assert "at least 30" in refused(measured(compounds())[:29])
    assert "has no column 'Ki'. It has date, pIC50" in refused(measured(compounds()), "Ki")
    assert "All values are equal" in refused([f"{one},5," for one in compounds()])
    one_series = [f"{'C' * n}c1ccccc1,{n},2026-01-01" for n in range(1, 41)]
    assert "1 scaffolds" in refused(one_series)
    assert "One scaffold has 40 of 50" in refused(
        [*one_series, *measured([f"C{r}" for r in RINGS[1:]]), *measured([f"CCC{r}" for r in RINGS[1:]])]
    )


def test_the_latest_are_held_out(tmp_path: Path) -> None:
    assay = read_assay(write(tmp_path, measured(compounds())), "pIC50", "date")
    latest = by_time(assay, 0.25)
    assert latest.sum() == 12
    dates = np.array([when.toordinal() for when in assay.dates])
    assert dates[latest].min() >= dates[~latest].max()


def test_groups_are_scaffolds_and_clusters() -> None:
    assert scaffold("CCc1ccccc1") == scaffold("c1ccccc1F")
    assert scaffold("CCO") == ""
    group = groups(["CCc1ccccc1", "Fc1ccccc1", "CCCCCO", "CCCCCCO", "N#CC(Cl)Cl"])
    assert group[0] == group[1] != group[2] == group[3] != group[4]
    assert clusters([], 0.5) == []


@given(st.lists(st.integers(0, 8), min_size=1, max_size=60), st.integers(0, 5), st.floats(0.05, 0.6))
def test_groups_are_held_out_whole(members: list[int], seed: int, share: float) -> None:
    group = np.unique(members, return_inverse=True)[1]
    out = held_out(group, share, seed)
    assert out.sum() <= share * len(group) + 1e-9
    assert not set(group[out]) & set(group[~out])
    fold = folds(group, 3, seed)
    assert all(len(set(fold[group == one])) == 1 for one in set(group.tolist()))
    assert np.array_equal(fold, folds(group, 3, seed))


@pytest.mark.parametrize("name", ["ridge", "random forest"])
def test_baselines_find_a_plain_law(name: str) -> None:
    generator = np.random.default_rng(1)
    x = generator.standard_normal((120, 4))
    y = 2 * x[:, 0] - x[:, 1] + 0.1 * generator.standard_normal(120)
    x[3, 2] = np.nan
    group = np.arange(120) % 20
    predicted = BASELINES[name](x[:90], y[:90], group[:90], x[90:], 0)
    assert np.corrcoef(predicted, y[90:])[0, 1] > 0.8
    assert np.array_equal(predicted, BASELINES[name](x[:90], y[:90], group[:90], x[90:], 0))
