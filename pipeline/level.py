"""LevelOfTheory: everything that determines an energy besides the species; and the named profiles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pipeline.errors import InputError
from pipeline.vqe.solve import Ansatz

Profile = Literal["quick", "standard", "accurate"]


@dataclass(frozen=True, slots=True)
class LevelOfTheory:
    """How geometries and ground states are computed. Part of every content hash."""

    basis: str
    """Name of a Gaussian basis set that PySCF knows."""
    density_fit: bool
    """Density fitting of the Coulomb and exchange integrals, with PySCF's matching auxiliary basis."""
    functional: str
    """Of the mean field whose orbitals span the active space: ``hf``, or an exchange–correlation functional."""
    dft_functional: str
    """Of the DFT null model; empty: none."""
    dft_density: Literal["hf", "self-consistent"]
    """Density of the DFT null model. ``hf``: the functional is evaluated once, on the Hartree–Fock density, which
    spares an SCF and the delocalisation error of anions (HF-DFT: Vuckovic, Song, Kozlowski, Sim, Burke,
    J. Chem. Theory Comput. 15, 6636 (2019))."""
    ontop_functional: str
    """On-top functional of MC-PDFT (tPBE: Li Manni et al., J. Chem. Theory Comput. 10, 3669 (2014))."""
    grid_level: int
    """PySCF's level of the integration grids for DFT and MC-PDFT, 0 to 9."""
    solvent_model: Literal["alpb", "smd", "smd-mean-field"]
    """Of every rung but xtb, which has ALPB. ``alpb``: GFN2-xTB energy with ALPB minus without (Ehlert, Stahn, Spicher,
    Grimme, J. Chem. Theory Comput. 17, 4250 (2021)). ``smd``: as in `pipeline.solvation` (Marenich, Cramer,
    Truhlar, J. Phys. Chem. B 113, 6378 (2009)); ``smd-mean-field``: with the level's own mean field in it."""
    frontier: tuple[int, int]
    """Electrons and orbitals of a neutral molecule's frontier active space; trimmed to what the molecule has."""
    ansatz: Ansatz
    n_conformers: int
    """MMFF94 conformers that GFN2-xTB optimises; the lowest is used."""


PROFILES: dict[Profile, LevelOfTheory] = {
    "quick": LevelOfTheory(
        basis="def2-svp",
        density_fit=True,
        functional="hf",
        dft_functional="pbe0",
        dft_density="hf",
        ontop_functional="tPBE",
        grid_level=1,
        solvent_model="alpb",
        frontier=(4, 4),
        ansatz="uccsd",
        n_conformers=4,
    ),
    "standard": LevelOfTheory(
        basis="def2-svpd",
        density_fit=True,
        functional="hf",
        dft_functional="pbe0",
        dft_density="hf",
        ontop_functional="tPBE",
        grid_level=1,
        solvent_model="smd",
        frontier=(6, 6),
        ansatz="uccsd",
        n_conformers=8,
    ),
    "accurate": LevelOfTheory(
        basis="def2-tzvpd",
        density_fit=True,
        functional="hf",
        dft_functional="pbe0",
        dft_density="self-consistent",
        ontop_functional="tPBE",
        grid_level=2,
        solvent_model="smd",
        frontier=(8, 8),
        ansatz="uccsd",
        n_conformers=16,
    ),
}
"""quick: double zeta, minutes for a dozen small molecules. standard: diffuse functions, which anions need, and SMD.
accurate: triple zeta, and a self-consistent DFT null model."""


def middle_layer(level: LevelOfTheory) -> LevelOfTheory:
    """The level for what growing a model system changes: double zeta without diffuse functions.

    SMD stays, with the mean field that is there already. ALPB would not do: in gas GFN2-xTB puts too much of an anion's
    charge on a large heteroaromatic ring, so that ALPB minus gas misses 16 kcal/mol where the adduct of sotorasib's
    model is grown.
    """
    solvent_model = "smd-mean-field" if level.solvent_model == "smd" else level.solvent_model
    return replace(level, basis=PROFILES["quick"].basis, solvent_model=solvent_model)


def profile(name: str) -> LevelOfTheory:
    """The level of theory of a named profile.

    Raises:
        InputError: no profile has this name.
    """
    for known, level in PROFILES.items():
        if known == name:
            return level
    raise InputError(f"There is no profile {name!r}.", f"Use one of {', '.join(PROFILES)}.")
