"""Sets: what is compared with experiment, and by which variants."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
from rdkit import Chem

from flows.validation.statistics import SEED
from molecules.measured import Measured, MeasuredSet, MissingDataError, measured_set
from molecules.radicals import BreakableBond, find_bonds
from molecules.smiles import canonical, parse
from molecules.species import Species
from molecules.xyz import read_xyz
from pipeline.active_space import ActiveSpaceChoice, frontier, full_valence
from pipeline.descriptors import DESCRIPTORS, DescriptorValue
from pipeline.descriptors.bond_dissociation import dissociation, dissociation_enthalpy
from pipeline.descriptors.ionisation import electron_removal, flag_unbound
from pipeline.descriptors.solvation import hydration
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState
from pipeline.level import PROFILES, LevelOfTheory, Profile
from pipeline.regiochemistry import addition_site
from pipeline.rungs import HARTREE_IN_EV, HARTREE_IN_KCAL_MOL

N_FREESOLV = 80
IONISATION_LEVEL = replace(
    PROFILES["accurate"], basis="aug-cc-pvtz", dft_density="hf", solvent_model="alpb", n_conformers=1
)
"""Full-valence spaces are chosen by species."""
TPBE0 = 0.25
MIXED = ", tPBE0"
"""What the name of a variant gains where it is mixed; tables have the values of the variant without."""
Values = Callable[[Sequence[GroundState]], Sequence[DescriptorValue]]


@dataclass(frozen=True, slots=True)
class Case:
    """One molecule or bond, at one level."""

    name: str
    group: str
    """Its family, such as ``enone``."""
    measured: float
    calculations: tuple[Calculation, ...]
    values: Values
    """Ground states of `calculations` in their order → descriptor values."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to compute a whole set."""

    name: str
    level: LevelOfTheory
    profile: str
    """Name of the level for people."""
    value: str
    """Dotted name of the descriptor value that is compared; empty: the first."""
    cases: tuple[Case, ...]
    falls: bool = False
    """True: the larger the value, the smaller the measured quantity should be."""
    hybrid: float = 0.0
    """Share of the wave function's own energy in MC-PDFT; 0.25 is tPBE0 (Pandharkar, Hermes, Truhlar, Gagliardi,
    J. Phys. Chem. Lett. 11, 10158 (2020)). Nothing more has to be computed for it."""


def hybrid(variant: Variant) -> Variant:
    """The same with tPBE0."""
    return replace(variant, name=f"{variant.name}{MIXED}", hybrid=TPBE0)


@dataclass(frozen=True, slots=True)
class ValidationSet:
    """Measured values of one kind, and the variants that are compared with them, the primary one first."""

    name: str
    title: str
    measured: str
    """What was measured, with its unit."""
    unit: str
    source: str
    variants: tuple[Variant, ...]
    orders_only: bool = False
    """True: the values are no estimates of what was measured, so that only orders are compared."""
    least_spearman: float | None = None
    most_error: float | None = None
    """Bars; None: none."""
    aim: float | None = None
    """Spearman."""


def gsh(data: Path) -> ValidationSet:
    """Glutathione kinetics of Michael acceptors: thiol addition energies and barriers."""
    rows = measured_rows(data / "gsh_kinetics.tsv")

    def energy(profile: Profile) -> Variant:
        level = PROFILES[profile]
        cases = tuple(_described(row, "thiol_addition", level) for row in rows)
        return Variant(f"addition energy, {profile}", level, profile, "thiol_addition", cases, falls=True)

    def barrier(energies: Variant) -> Variant:
        return replace(energies, name=f"barrier, {energies.profile}", value="thiol_addition.barrier")

    standard, quick = energy("standard"), energy("quick")
    electrophilicity = replace(
        quick,
        name="electrophilicity index, quick",
        value="ionisation.electrophilicity",
        cases=tuple(_described(row, "ionisation", quick.level) for row in rows),
        falls=False,
    )
    return ValidationSet(
        name="gsh",
        title="Rates of Michael acceptors with glutathione",
        measured="log k, L/(mol min)",
        unit="",
        source="Böhme, Thaens, Paschke, Schüürmann, Chem. Res. Toxicol. 22, 742 (2009), and later work of the group",
        variants=(
            standard,
            quick,
            hybrid(standard),
            barrier(standard),
            barrier(quick),
            hybrid(barrier(standard)),
            electrophilicity,
        ),
        orders_only=True,
        least_spearman=0.75,
        aim=0.85,
    )


def freesolv() -> ValidationSet:
    """Hydration free energies of a fixed draw from FreeSolv.

    Raises:
        InputError: the package that carries it is not installed.
    """
    data = measured_in("freesolv")
    picked = np.random.default_rng(SEED).choice(len(data.rows), N_FREESOLV, replace=False)

    def case(row: Measured, level: LevelOfTheory) -> Case:
        gas, water, _ = DESCRIPTORS["solvation"].calculations(row.smiles, row.name, level)
        return Case(row.name, "", row.value, (gas, water), _hydration)

    def variant(profile: Profile) -> Variant:
        level = PROFILES[profile]
        cases = tuple(case(data.rows[i], level) for i in picked)
        return Variant(f"hydration, {profile}", level, profile, "solvation.water", cases)

    return ValidationSet(
        name="freesolv",
        title="Hydration free energies",
        measured="hydration free energy, kcal/mol",
        unit="kcal/mol",
        source=f"{N_FREESOLV} of the {len(data.rows)} molecules of {data.source}",
        variants=(variant("standard"), variant("quick")),
        least_spearman=0.92,
        most_error=1.2,
    )


def ionisation(data: Path) -> ValidationSet:
    """Ionisation energies and electron affinities at given geometries."""
    folder = data / "ionisation"
    rows = measured_rows(folder / "reference.tsv")

    def case(row: Mapping[str, str], level: LevelOfTheory, valence: bool) -> Case:
        upper, lower = (_given(folder / row[side]) for side in ("minuend", "subtrahend"))
        electrons, orbitals = frontier(lower.symbols, lower.charge, lower.multiplicity, level)
        choices = (
            [full_valence(one.symbols, one.charge) for one in (upper, lower)]
            if valence
            else [ActiveSpaceChoice(electrons - 1, orbitals), ActiveSpaceChoice(electrons, orbitals)]
        )
        calculations = tuple(map(Calculation, (upper, lower), choices))
        kind = "IE" if row["quantity"] == "ionisation_energy" else "EA"
        measured = float(row["reference_kcal_mol"]) * HARTREE_IN_EV / HARTREE_IN_KCAL_MOL
        return Case(f"{kind} of {row['formula']}", kind, measured, calculations, partial(_electron, kind))

    def variant(name: str, level: LevelOfTheory, profile: str, valence: bool) -> Variant:
        return Variant(name, level, profile, "", tuple(case(row, level, valence) for row in rows))

    valence = variant("full valence, optimised, aug-cc-pVTZ", IONISATION_LEVEL, "full valence, aug-cc-pVTZ", True)
    return ValidationSet(
        name="ionisation",
        title="Ionisation energies and electron affinities",
        measured="energy to remove an electron, eV",
        unit="eV",
        source="G21IP and G21EA of GMTKN55: Goerigk et al., Phys. Chem. Chem. Phys. 19, 32184 (2017); "
        "experiment without zero-point motion",
        variants=(
            valence,
            variant("frontier, quick", PROFILES["quick"], "quick", False),
            hybrid(valence),
        ),
        most_error=0.25,
    )


def bonds() -> ValidationSet:
    """Bond dissociation enthalpies."""
    text = files("flows.validation").joinpath("bond_dissociation.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))

    def case(row: Mapping[str, str]) -> Case:
        bond = find_bonds(row["molecule"], row["bond"])[0]
        name = f"{bond.symbols[0]}–{bond.symbols[1]} of {row['molecule']}"
        values = partial(_enthalpy, bond)
        return Case(name, "–".join(bond.symbols), float(row["measured_kcal_mol"]), dissociation(bond, name), values)

    def variant(profile: Profile) -> Variant:
        cases = tuple(case(row) for row in rows)
        return Variant(f"dissociation enthalpy, {profile}", PROFILES[profile], profile, "", cases)

    standard = variant("standard")
    return ValidationSet(
        name="bonds",
        title="Bond dissociation enthalpies",
        measured="bond dissociation enthalpy at 298 K, kcal/mol",
        unit="kcal/mol",
        source="Blanksby, Ellison, Acc. Chem. Res. 36, 255 (2003); Luo, Comprehensive Handbook of Chemical Bond "
        "Energies, CRC Press (2007)",
        variants=(standard, variant("quick"), hybrid(standard)),
        most_error=3.0,
    )


def with_e_isomers(smiles: str) -> str:
    """The E isomer where the SMILES leaves the geometry of a double bond open."""
    mol = parse(smiles)
    Chem.FindPotentialStereoBonds(mol)  # marks those that have two forms
    for bond in mol.GetBonds():
        if bond.GetStereo() == Chem.BondStereo.STEREOANY:
            bond.SetStereo(Chem.BondStereo.STEREOE)
    return canonical(Chem.MolToSmiles(mol))


def substituents(smiles: str) -> int:
    """Non-hydrogen neighbours, beyond the acceptor itself, of the reacting bond of the site that is computed."""
    choice = addition_site(smiles)
    if choice is None:
        raise ValueError(f"{smiles} is no Michael acceptor.")
    mol = parse(choice.site.smiles)
    return sum(mol.GetAtomWithIdx(i).GetDegree() for i in choice.site.chain[:2]) - 3


def _described(row: Mapping[str, str], descriptor: str, level: LevelOfTheory) -> Case:
    smiles, described = with_e_isomers(row["smiles"]), DESCRIPTORS[descriptor]
    calculations = described.calculations(smiles, row["name"], level)
    return Case(row["name"], row["family"], float(row["log10_k_gsh_L_per_mol_min"]), calculations, described.values)


def _given(file: Path) -> Species:
    """The species of an XYZ file, exactly there."""
    given = read_xyz(file)
    return Species(file.stem, "", given.charge or 0, given.multiplicity or 1, "gas", pose=given.geometry, rigid=True)


def _hydration(states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    gas, water = states
    return (hydration(gas, water),)


def _electron(kind: str, states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    upper, lower = states
    value = electron_removal(kind.lower(), kind, "E[less an electron] − E[with it]", upper, lower)
    return (flag_unbound(value),)


def _enthalpy(bond: BreakableBond, states: Sequence[GroundState]) -> tuple[DescriptorValue, ...]:
    return (dissociation_enthalpy("bond_dissociation", bond, *states),)


def measured_in(name: str) -> MeasuredSet:
    """A set of measured values that a package carries.

    Raises:
        InputError: the package is not installed.
    """
    try:
        return measured_set(name)
    except MissingDataError as error:
        raise InputError(f"The measured values of {name} are not here.", str(error)) from error


def measured_rows(file: Path) -> list[dict[str, str]]:
    """Rows of a table of measured values.

    Raises:
        InputError: there is no such file.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            return list(csv.DictReader(lines, delimiter="\t"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error}.", "Give the folder of measured values by --data.") from error
