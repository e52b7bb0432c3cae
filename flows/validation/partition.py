"""Partition: the sets on log P and on solvation in octanol, of the molecules that were collected at `quick`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from flows.validation.sets import Case, ValidationSet, Variant, measured_in
from flows.validation.statistics import SEED, Vector
from models import evidence_file
from molecules.measured import Measured
from molecules.profile import profile
from pipeline.descriptors.solvation import KCAL_MOL_IN_LOG_P, SOLVATION
from pipeline.level import PROFILES, Profile

N_STANDARD = 20
"""Molecules that are computed at the standard profile too."""


def log_p() -> ValidationSet:
    """Octanol–water partition coefficients of neutral molecules.

    Raises:
        InputError: a package that carries measured values is not installed.
    """
    rows = _collected()
    return ValidationSet(
        name="partition",
        title="Octanol–water partition",
        measured="octanol–water partition coefficient, log P",
        unit="log units",
        source=f"{len(rows)} of the molecules of {measured_in('partition').source}",
        variants=_variants("log P", "solvation.log_p", rows, {row.smiles: row.value for row in rows}),
        least_spearman=0.85,
        most_error=0.7,
    )


def octanol() -> ValidationSet:
    """Free energies of solvation in octanol: of hydration, and what log P says of the way from water to octanol.

    Raises:
        InputError: a package that carries measured values is not installed.
    """
    rows, freesolv = _collected(), measured_in("freesolv")
    hydration = {row.smiles: row.value for row in freesolv.rows}
    measured = {
        row.smiles: hydration[row.smiles] - row.value / KCAL_MOL_IN_LOG_P for row in rows if row.smiles in hydration
    }
    return ValidationSet(
        name="octanol",
        title="Solvation free energies in octanol",
        measured="free energy of hydration − RT ln 10 · log P, kcal/mol",
        unit="kcal/mol",
        source=f"{len(measured)} molecules of {freesolv.source}; {measured_in('partition').source}",
        variants=_variants("octanol", "solvation.octanol", rows, measured),
        least_spearman=0.92,
        most_error=1.2,
    )


def partition_baselines(one: ValidationSet) -> Mapping[str, Vector]:
    """Estimates of the primary variant's measured values without a calculation.

    Args:
        one: what `log_p` or `octanol` gives.
    """
    cases = one.variants[0].cases
    measured = np.array([case.measured for case in cases])
    known = {"The mean of the measured values for every molecule": np.full(len(cases), measured.mean())}
    if one.name == "octanol":
        return known
    crippen = [profile(case.calculations[0].species.smiles).clogp for case in cases]
    return {"Crippen's log P from the structural formula": np.array(crippen), **known}


def _collected() -> Sequence[Measured]:
    """Those with a measured log P, by SMILES."""
    collected = evidence_file.read()
    return sorted((row for row in measured_in("partition").rows if row.smiles in collected), key=lambda row: row.smiles)


def _variants(
    name: str, value: str, rows: Sequence[Measured], measured: Mapping[str, float]
) -> tuple[Variant, Variant]:
    """At `quick` all rows that have a measured value, at `standard` those of a draw of all rows."""
    drawn = {rows[i].smiles for i in np.random.default_rng(SEED).choice(len(rows), N_STANDARD, replace=False)}

    def variant(at: Profile, smiles: Collection[str]) -> Variant:
        level = PROFILES[at]
        cases = tuple(
            Case(
                row.name,
                "",
                measured[row.smiles],
                SOLVATION.calculations(row.smiles, row.name, level),
                SOLVATION.values,
            )
            for row in rows
            if row.smiles in smiles and row.smiles in measured
        )
        return Variant(f"{name}, {at}", level, at, value, cases)

    return variant("quick", measured), variant("standard", drawn)
