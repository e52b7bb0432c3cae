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


def export(folder: Path, header: str, *rows: str) -> Path:
    return write(folder, list(rows), header)


def test_limits_in_a_column_of_relations_are_left_out(tmp_path: Path) -> None:
    rows = [
        "CCO,'>',10000,nM",
        "CCC,'=',12,nM",
        "CCN,,13,nM",
        "CCF,<,1,nM",
        "CCCl,~,5,nM",
        "CCBr,>=,5,nM",
        "CCS,=,4,nM",
    ]
    assay = read_assay(
        export(tmp_path, "smiles,Standard Relation,Standard Value,Standard Units", *rows), "Standard Value"
    )
    assert assay.values.tolist() == [12, 13, 4]
    assert [one.row for one in assay.rejections] == [2, 5, 6, 7]
    assert all("limit" in one.reason and one.remedy for one in assay.rejections)


@pytest.mark.parametrize("titles", ["Relation,IC50,Units", "IC50 Qualifier,IC50,IC50 Units", "operator,IC50,unit"])
def test_relations_and_units_are_found_by_their_titles(tmp_path: Path, titles: str) -> None:
    rows = [
        "CCO,=,12,nM",
        "CCC,=,3,uM",
        "CCN,=,0.002,mM",
        "CCF,=,5,nM",
        "CCS,>,5,nM",
        "CCCl,=,1e-9,M",
        "CCBr,=,7,nmol/L",
    ]
    assay = read_assay(export(tmp_path, f"smiles,{titles}", *rows), "IC50")
    assert assay.unit == "nM"
    assert assay.values == pytest.approx([12, 3000, 2000, 5, 1, 7])


def test_repeats_are_averaged_in_one_unit(tmp_path: Path) -> None:
    rows = ["C=CC#N,=,12,nM", "CCO,>,10000,nM", "C=CC#N,=,1.2,uM", "CCN,=,30,nM", "C=CC#N,>,99,uM"]
    assay = read_assay(export(tmp_path, "smiles,Relation,Value,Units", *rows), "Value")
    assert (assay.unit, assay.values.tolist()) == ("nM", pytest.approx([606, 30]))


def test_the_units_of_another_quantity_are_not_taken(tmp_path: Path) -> None:
    rows = ["CCO,5.1,12,nM", "CCC,6.2,3,uM"]
    file = export(tmp_path, "smiles,pIC50,Ki,Ki Units", *rows)
    assert read_assay(file, "pIC50").values.tolist() == [5.1, 6.2]
    assert read_assay(file, "Ki").values == pytest.approx([12, 3000])
    file = export(tmp_path, "smiles,pChEMBL Value,Standard Value,Standard Units", *rows)
    assay = read_assay(file, "pChEMBL Value")
    assert (assay.values.tolist(), assay.unit) == ([5.1, 6.2], "-log10 M")


def test_pic50_and_concentrations_become_one_unit(tmp_path: Path) -> None:
    rows = ["CCO,6,pIC50", "CCC,100,nM", "CCN,10,nM", "CCF,9,pIC50", "CCS,8,nM"]
    assay = read_assay(export(tmp_path, "smiles,value,unit", *rows), "value")
    assert assay.values == pytest.approx([1000, 100, 10, 1, 8])
    assay = read_assay(export(tmp_path, "smiles,pIC50", "CCO,6", "CCC,100 nM", "CCF,0 nM"), "pIC50")
    assert assay.values == pytest.approx([6, 7])
    assert "no logarithm" in assay.rejections[0].reason


def test_a_unit_without_a_way_to_the_others_costs_its_row(tmp_path: Path) -> None:
    rows = ["CCO,12,nM", "CCC,3,ug.mL-1", "CCN,50,%", "CCF,8,", "CCS,1,uM"]
    assay = read_assay(export(tmp_path, "smiles,value,units", *rows), "value")
    assert assay.values == pytest.approx([12, 1000])
    assert [one.row for one in assay.rejections] == [3, 4, 5]
    conflict = read_assay(export(tmp_path, "smiles,IC50 (nM),Units", "CCO,12,uM", "CCC,1,nM"), "IC50 (nM)")
    assert "by the title" in conflict.rejections[0].reason
    assert conflict.values.tolist() == [1]


def test_rows_of_several_measurements_are_refused(tmp_path: Path) -> None:
    file = export(tmp_path, "smiles,Standard Type,Standard Value", "CCO,IC50,5", "CCC,Ki,6", "CCN,IC50,7")
    with pytest.raises(UnsuitableError, match=r"IC50 \(2 rows\), Ki \(1 rows\).*Keep the rows of one"):
        read_assay(file, "Standard Value")


def test_columns_that_only_sound_like_companions_are_none(tmp_path: Path) -> None:
    rows = ["CCO,5,Smith,lead,B", "CCC,6,Miller,hit,F", "CCN,7,Smith,hit,B"]
    file = export(tmp_path, "smiles,pIC50,Operator,Type,Assay Type", *rows)
    assert read_assay(file, "pIC50").values.tolist() == [5, 6, 7]
    file = export(tmp_path, "smiles,Ki,Relation,Type", "CCO,5,GT,IC50", "CCC,6,EQ,Ki")
    assert read_assay(file, "Ki").values.tolist() == [6]


def test_a_racemate_is_no_repeat_of_its_enantiomer(tmp_path: Path) -> None:
    file = export(tmp_path, "smiles,pIC50", "C[C@H](O)C#N,5", "C[C@H](O)C#N |&1:1|,6", "C[C@@H](O)C#N |&1:1|,8")
    assert read_assay(file, "pIC50").values.tolist() == [5, 7]


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
