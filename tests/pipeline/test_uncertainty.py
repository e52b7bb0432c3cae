"""Uncertainty: its parts, and the residuals of validation."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels_small import ground_state_of

from flows.single import single_descriptor
from flows.validation.partition import log_p, octanol
from flows.validation.sets import bonds, freesolv
from molecules.species import neutral
from pipeline.descriptors import DescriptorValue
from pipeline.descriptors.equation import method_spread, ranking_value, spread
from pipeline.descriptors.ionisation import IONISATION
from pipeline.descriptors.residuals import RESIDUALS, with_residual
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import PROFILES, LevelOfTheory
from pipeline.rungs import HARTREE_IN_EV as EV
from pipeline.rungs import RUNGS, Rungs

KCAL_MOL = 627.5095
TABLES = {
    "bond_dissociation": ("bonds.tsv", {"C–H"}),
    "heteroatom_dissociation": ("bonds.tsv", {"O–H", "N–H", "S–H"}),
    "ionisation.ie_vertical": ("ionisation.tsv", {"IE"}),
    "ionisation.ea_vertical": ("ionisation.tsv", {"EA"}),
    "solvation.water": ("freesolv.tsv", {""}),
    "solvation.octanol": ("octanol.tsv", {""}),
    "solvation.log_p": ("partition.tsv", {""}),
}
"""File in docs/validation, and the groups of its molecules."""
GSH_FAMILIES = {"enone", "ester", "enal"}


def state(at: float, width: float, converged: bool = True) -> GroundState:
    one = ground_state_of(Rungs(vqe_pdft=-1.0))
    moved = tuple((x + at, y, z) for x, y, z in one.geometry.coordinates_angstrom)
    geometry = replace(one.geometry, coordinates_angstrom=moved)
    return replace(one, geometry=geometry, conformer_spread_hartree=width, converged=converged)


def test_species_that_share_a_geometry_share_its_error() -> None:
    rungs = Rungs(vqe_pdft=1.0)
    apart = spread(rungs, KCAL_MOL, [(1.0, state(0.0, 0.001)), (-1.0, state(1.0, 0.002))])
    assert apart["conformers"] == pytest.approx(KCAL_MOL * math.hypot(0.001, 0.002))
    vertical = spread(rungs, KCAL_MOL, [(1.0, state(0.0, 0.001)), (-1.0, state(0.0, 0.001))])
    assert vertical["conformers"] == 0.0


def test_what_did_not_converge_is_as_uncertain_as_the_rungs_are_apart() -> None:
    rungs = Rungs(xtb=99.0, mean_field=7.0, dft=2.0, casci_pdft=1.0, vqe_pdft=1.0)
    assert spread(rungs, 1.0, [(1.0, state(0.0, 0.0, converged=False))])["convergence"] == 3.0
    assert "convergence" not in spread(rungs, 1.0, [(1.0, state(0.0, 0.0))])


def value(name: str, width: float, smiles: str = "CCO", **others: float) -> DescriptorValue:
    parts = {"methods": width, **others}
    calculations = (Calculation(neutral(smiles, smiles, "gas"), None),)
    return DescriptorValue(name, name, 90.0, "kcal/mol", parts, "", calculations, Rungs(vqe_pdft=90.0), ())


def residual(name: str, profile: str) -> float:
    return RESIDUALS[name, profile].root_mean_square


def test_validation_explains_what_the_other_parts_leave() -> None:
    least = residual("bond_dissociation", "quick")
    narrow = with_residual(value("bond_dissociation.weakest", 0.5), PROFILES["quick"])
    assert narrow.uncertainty == pytest.approx(least)
    assert narrow.uncertainty_from["methods"] == 0.5
    assert narrow.flags == ()
    wide = with_residual(value("bond_dissociation.weakest", least + 1.0), PROFILES["quick"])
    assert wide.uncertainty == pytest.approx(least + 1.0)


@given(st.floats(0, 20), st.floats(0, 20), st.sampled_from(list(RESIDUALS)))
def test_nothing_is_better_known_than_validation_says(methods: float, other: float, kind: tuple[str, str]) -> None:
    name, profile = kind
    found = with_residual(value(name, methods, conformers=other, model=other), PROFILES[profile])  # type: ignore[index]
    assert found.uncertainty >= residual(*kind) - 1e-9
    assert found.uncertainty >= math.hypot(residual(*kind), other) - 1e-9  # a model's error comes on top
    assert with_residual(found, PROFILES[profile]).uncertainty == pytest.approx(found.uncertainty)  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "level", "least"),
    [
        ("ionisation.ie_vertical", PROFILES["standard"], 0.2),
        ("ionisation.ea_vertical", PROFILES["accurate"], 0.9),
        ("ionisation.ie_adiabatic", PROFILES["quick"], 0.2),
        ("ionisation.ea_adiabatic", PROFILES["quick"], 0.9),
        ("bond_dissociation.c7", PROFILES["accurate"], 2.4),
        ("heteroatom_dissociation.weakest", PROFILES["accurate"], 3.2),
        ("solvation.water", PROFILES["accurate"], 2.3),
        ("thiol_addition", PROFILES["accurate"], 3.2),
        ("thiol_addition.barrier", PROFILES["accurate"], 3.2),
        ("solvation.log_p", replace(PROFILES["quick"], basis="sto-3g"), 0.9),
        ("solvation.octanol", replace(PROFILES["standard"], n_conformers=1), 1.1),
    ],
)
def test_what_is_not_validated_at_a_level_is_as_uncertain_as_where_it_is_and_says_so(
    name: str, level: LevelOfTheory, least: float
) -> None:
    found = with_residual(value(name, 0.0, "C"), level)
    assert found.uncertainty >= least - 1e-9
    (flag,) = found.flags
    assert flag.startswith("Not validated at this level of theory: ")


def test_what_is_validated_nowhere_says_so() -> None:
    found = with_residual(value("strain", 0.1, relaxation=0.2), PROFILES["quick"])
    assert found.uncertainty == pytest.approx(math.hypot(0.1, 0.2))
    (flag,) = found.flags
    assert flag == (
        "Not validated against measured values: its uncertainty counts only methods and relaxation, and may be too "
        "small."
    )


def test_a_species_larger_than_those_of_validation_says_so() -> None:
    small, large = (
        with_residual(value("solvation.log_p", 0.0, smiles), PROFILES["quick"]) for smiles in ("CCCCCCCC", "CCCCCCCCC")
    )
    assert small.flags == ()
    assert large.flags == (
        "Validated on species of up to 8 heavy atoms, and here is one of 9: its uncertainty may be too small.",
    )


def test_a_formula_is_as_uncertain_as_what_it_is_made_of() -> None:
    """Hardness is a difference; electrophilicity has slopes, here by hand for an ionisation energy of 10 and 0 eV."""
    states = [ground_state_of(Rungs(vqe_pdft=ev / EV)) for ev in (0.0, 10.0, 0.0, 10.0, 0.0)]
    found = {one.name: with_residual(one, PROFILES["quick"]) for one in IONISATION.values(states)}
    ie, ea = (residual(f"ionisation.{name}", "quick") for name in ("ie_vertical", "ea_vertical"))
    assert found["ionisation.ie_vertical"].uncertainty == pytest.approx(ie)
    assert found["ionisation.hardness"].uncertainty == pytest.approx(math.hypot(ie, ea))
    assert found["ionisation.electrophilicity"].uncertainty == pytest.approx(math.hypot(ie / 8, 3 * ea / 8))
    at_standard = with_residual(IONISATION.values(states)[2], PROFILES["standard"])
    assert any(flag.startswith("Not validated at this level") for flag in at_standard.flags)


def test_log_p_of_methanol_is_known_to_no_more_than_it_is_off(tmp_path: Path) -> None:
    """Computed −0.35, measured −0.74 (CRC Handbook); conformers and methods alone would say ± 0.01."""
    values = single_descriptor("solvation", "CO", "quick", 0, f"sqlite:///{tmp_path / 'store.sqlite'}")
    log_p = next(one for one in values if one.name == "solvation.log_p")
    assert math.hypot(*(log_p.uncertainty_from[part] for part in ("methods", "conformers"))) < 0.1
    assert abs(log_p.value - -0.74) < log_p.uncertainty
    assert all(one.uncertainty >= 0.5 for one in values)


def rows(file: str, profile: str, groups: Collection[str]) -> list[dict[str, str]]:
    with (Path("docs/validation") / file).open(encoding="utf-8") as lines:
        return [
            row
            for row in csv.DictReader(lines, delimiter="\t")
            if row["variant"].endswith(profile) and row["group"] in groups and row["vqe_pdft"]
        ]


def root_mean_square(found: Sequence[dict[str, str]]) -> float:
    return math.sqrt(math.fsum((float(row["vqe_pdft"]) - float(row["measured"])) ** 2 for row in found) / len(found))


@pytest.mark.parametrize(("name", "profile"), [kind for kind in RESIDUALS if kind[0] in TABLES])
def test_residuals_are_those_of_the_validation_page(name: str, profile: str) -> None:
    file, groups = TABLES[name]
    found = rows(file, profile, groups)
    expected = root_mean_square(found)
    if name == "heteroatom_dissociation":
        expected = max(expected, root_mean_square(rows(file, profile, {"C–H", *groups})))
    assert residual(name, profile) == pytest.approx(expected, abs=0.051)
    assert RESIDUALS[name, profile].n_values == len(found)


@pytest.mark.parametrize(("name", "profile"), [kind for kind in RESIDUALS if kind[0].startswith("solvation")])
def test_about_two_thirds_of_measured_solvation_lie_within_the_uncertainty(name: str, profile: str) -> None:
    """Of a normal distribution 68% do. Without validation it were 0 to 7%: rungs share one solvent model."""
    file, groups = TABLES[name]
    level, errors, alone, found = PROFILES[profile], [], [], []  # type: ignore[index]
    for row in rows(file, profile, groups):
        rungs = Rungs(**{rung: float(row[rung]) for rung in RUNGS})
        computed = replace(value(name, method_spread(rungs)), value=ranking_value(rungs), rungs=rungs)
        errors.append(abs(computed.value - float(row["measured"])))
        alone.append(computed.uncertainty)
        found.append(with_residual(computed, level).uncertainty)
    assert np.mean(np.less(errors, alone)) < 0.1
    assert 0.6 < np.mean(np.less(errors, found)) < 0.8


@pytest.mark.parametrize("profile", ["quick", "standard"])
@pytest.mark.parametrize(
    ("name", "variant"), [("thiol_addition", "addition energy"), ("thiol_addition.barrier", "barrier")]
)
def test_residuals_of_thiol_addition_are_those_about_the_line(name: str, variant: str, profile: str) -> None:
    found = [row for row in rows("gsh.tsv", profile, GSH_FAMILIES) if row["variant"] == f"{variant}, {profile}"]
    energies, rates = (np.array([float(row[column]) for row in found]) for column in ("vqe_pdft", "measured"))
    off = energies - np.polyval(np.polyfit(rates, energies, 1), rates)
    assert residual(name, profile) == pytest.approx(np.sqrt(np.mean(off**2)), abs=0.051)
    assert RESIDUALS[name, profile].n_values == len(found)


def test_sizes_are_those_of_the_validation_sets() -> None:
    """Of the sets that need no file beside the project."""
    for name, one, groups in (
        ("bond_dissociation", bonds(), {"C–H"}),
        ("heteroatom_dissociation", bonds(), {"O–H", "N–H", "S–H"}),
        ("solvation.water", freesolv(), {""}),
        ("solvation.octanol", octanol(), {""}),
        ("solvation.log_p", log_p(), {""}),
    ):
        for variant in one.variants:
            sizes = [
                sum(symbol != "H" for symbol in calculation.species.symbols)
                for case in variant.cases
                if case.group in groups
                for calculation in case.calculations
            ]
            if (name, variant.profile) in RESIDUALS:
                assert RESIDUALS[name, variant.profile].most_heavy_atoms == max(sizes)
