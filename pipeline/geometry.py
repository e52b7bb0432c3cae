"""RelaxedGeometry: the GFN2-xTB minimum of a species, in gas or in a solvent, free or held near a pose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from ase import Atoms
from ase.constraints import Hookean
from ase.data import atomic_numbers, covalent_radii
from ase.optimize import BFGS
from ase.units import Hartree, kB
from numpy.typing import NDArray
from rdkit import Chem
from tblite.ase import TBLite

from molecules.conformers import EmbeddingError, Geometry, conformers
from molecules.smiles import parse
from molecules.species import Environment, Species
from pipeline.errors import ConvergenceError, InputError
from pipeline.level import LevelOfTheory
from pipeline.mean_field import check_state
from pipeline.reaction_path import Top, highest_point

VERSION = 3
"""Raise it when this module's results change: stored results of other versions are then not used."""

FORCE_TOLERANCE = 0.02
"""eV/Å, largest force on an atom: energies are then within about 0.1 kcal/mol of the minimum."""
MAX_STEPS = 400
OPEN_SHELL_SHAKE_ANGSTROM = 0.05
"""Standard deviation of the displacements that open shells start with. Force fields know no radicals: they make vinyl
and acetyl linear and methoxy threefold, saddle points that an optimiser does not leave without a push."""
_SHAKE_SEED = 1
HEAVIEST = 86
"""Radon: the last atomic number of GFN2-xTB."""
_LOOSE_SHAKE_ANGSTROM, _LOOSE_STEPS = 0.02, 100
POSE_FREEDOM_ANGSTROM = 0.3
"""How far a heavy atom of a pose may move at no cost: bonds and angles lose what the refinement or the force field of
the pose put into them, torsions stay. Conformers within this are one conformer too, in `molecules.conformers`."""
POSE_STIFFNESS = 5.0
"""eV/Å² beyond that, 115 kcal/mol/Å²; the restraint's energy is not in the result."""
SAME_HARTREE, _SAME_MOMENTS = 2e-4, 0.02
"""Optimised conformers that differ by less, in energy and relatively in moments of inertia, are one minimum."""
RT_HARTREE = kB * 298.15 / Hartree
PATHS = 2
"""Minima, the lowest ones, from which a driven species starts."""
_BROKEN, _FORMED = 1.45, 1.15
"""In units of the sum of covalent radii: a bond longer than the first is broken, an unbonded pair of heavy atoms
shorter than the second is a new bond."""


@dataclass(frozen=True, slots=True)
class RelaxedGeometry:
    """The lowest minimum found."""

    geometry: Geometry
    """Atoms in the order of the species' SMILES, hydrogens last."""
    energy_hartree: float
    """GFN2-xTB energy, with ALPB where the species is in a solvent."""
    ensemble_hartree: float
    """−RT ln Σ exp(−ΔE/RT) over the distinct minima, ΔE from the lowest, so at most zero: what the freedom to be in any
    of them adds to a free energy at 298.15 K. Mirror images count once."""
    conformer_spread_hartree: float
    """Standard deviation of the minima's energies, weighted by Boltzmann factors."""
    n_conformers: int
    """Conformers that were optimised."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in it."""


@dataclass(frozen=True, slots=True)
class RelaxedState:
    """What a geometry is relaxed in, besides the species' atoms and environment."""

    charge: int
    multiplicity: int
    pose: Geometry | None
    """Where heavy atoms are held."""
    rigid: bool
    """Whether all atoms are there, exactly."""
    driven: tuple[int, int] | None
    """Atoms that are pulled apart."""


def relaxed_state(species: Species) -> RelaxedState:
    """The state in which the geometry is relaxed: that of the closed-shell parent for a vertical species."""
    freedom = species.pose, species.rigid, species.driven
    if species.vertical:
        return RelaxedState(Chem.GetFormalCharge(parse(species.smiles)), 1, *freedom)
    return RelaxedState(species.charge, species.multiplicity, *freedom)


def relax(species: Species, level: LevelOfTheory, seed: int) -> RelaxedGeometry:
    """Optimise MMFF94 conformers with GFN2-xTB and keep the lowest; or the one pose that the species is held near.

    In a pose hydrogens are free, and heavy atoms within `POSE_FREEDOM_ANGSTROM` of where they were; a rigid species
    stays as it is.

    Raises:
        InputError: RDKit finds no three-dimensional structure, or charge, multiplicity or pose do not fit.
        ConvergenceError: GFN2-xTB converges for none of the conformers.
    """
    state = relaxed_state(species)
    check_state(species.symbols, state.charge, state.multiplicity)
    if species.rigid and species.pose:
        energy = xtb_energy(species.pose, state.charge, state.multiplicity, species.environment)
        return RelaxedGeometry(species.pose, energy, 0.0, 0.0, 1, ())
    starts = _starts(species, level, seed)
    minima: list[tuple[float, Geometry, bool]] = []
    failure: Exception | None = None
    for start in starts:
        try:
            minima.append(_optimise(start, state, species.environment))
        except RuntimeError as error:
            failure = error
    if not minima:
        raise ConvergenceError(
            f"GFN2-xTB does not converge for {species.label}: {failure}.",
            "Check that the structure is chemically sensible; a smaller model of it may work.",
        )
    minima.sort(key=lambda minimum: minimum[0])
    if species.driven:
        return _at_the_top(species, species.driven, [geometry for _, geometry, _ in minima[:PATHS]])
    energy, geometry, converged = minima[0]
    flags = rearrangements(species.smiles, geometry)
    if not converged:
        flags.append(f"The geometry is not fully relaxed after {MAX_STEPS} steps.")
    ensemble, spread = _ensemble(species.smiles, minima)
    return RelaxedGeometry(geometry, energy, ensemble, spread, len(minima), tuple(flags))


def _at_the_top(species: Species, driven: tuple[int, int], minima: Iterable[Geometry]) -> RelaxedGeometry:
    """The lowest of the highest points on the ways from a few minima."""
    tops: list[Top] = []
    for minimum in minima:
        atoms = xtb_atoms(minimum, species.charge, species.multiplicity, species.environment)
        tops.append(highest_point(atoms, *driven))
    lowest = min(tops, key=lambda top: (not top.is_maximum, top.energy_hartree))
    return RelaxedGeometry(lowest.geometry, lowest.energy_hartree, 0.0, 0.0, len(tops), lowest.flags)


def _ensemble(smiles: str, minima: Sequence[tuple[float, Geometry, bool]]) -> tuple[float, float]:
    """The fields of `RelaxedGeometry`, from those of the minima, lowest first, that converged and kept their bonds."""
    kept: list[tuple[float, NDArray[np.float64]]] = []
    for energy, geometry, converged in minima:
        moments = _moments(geometry)
        known = any(
            energy - other < SAME_HARTREE and np.allclose(moments, others, rtol=_SAME_MOMENTS) for other, others in kept
        )
        if converged and not known and not rearrangements(smiles, geometry):
            kept.append((energy, moments))
    if not kept:
        return 0.0, 0.0
    energies = np.array([energy for energy, _ in kept]) - kept[0][0]
    weights = np.exp(-energies / RT_HARTREE)
    mean = float(np.average(energies, weights=weights))
    return -RT_HARTREE * float(np.log(weights.sum())), float(
        np.sqrt(np.average((energies - mean) ** 2, weights=weights))
    )


def _moments(geometry: Geometry) -> NDArray[np.float64]:
    return np.asarray(Atoms(list(geometry.symbols), geometry.coordinates()).get_moments_of_inertia())


def _starts(species: Species, level: LevelOfTheory, seed: int) -> tuple[Geometry, ...]:
    if species.pose:
        if species.pose.symbols != replace(species, pose=None).symbols:
            raise InputError(
                f"The pose of {species.label} does not have the atoms of {species.smiles}.",
                "Give its atoms in the order of that SMILES, hydrogens last.",
            )
        return (species.pose,)
    try:
        return conformers(species.smiles, level.n_conformers, seed)
    except EmbeddingError as error:
        raise InputError(
            f"No three-dimensional structure of {species.label} was found: {error}", "Check the stereochemistry."
        ) from error


def xtb_energy(geometry: Geometry, charge: int, multiplicity: int, environment: Environment) -> float:
    """GFN2-xTB energy in hartree at a geometry; in a solvent with the ALPB model.

    Source: Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 15, 1652 (2019); ALPB: Ehlert, Stahn, Spicher, Grimme,
    J. Chem. Theory Comput. 17, 4250 (2021).

    Raises:
        InputError: charge and multiplicity do not fit.
        ConvergenceError: the xTB self-consistent field does not converge.
    """
    check_state(geometry.symbols, charge, multiplicity)
    try:
        return float(xtb_atoms(geometry, charge, multiplicity, environment).get_potential_energy() / Hartree)
    except RuntimeError as error:
        raise ConvergenceError(f"GFN2-xTB does not converge: {error}.", "Check charge and multiplicity.") from error


def xtb_atoms(geometry: Geometry, charge: int, multiplicity: int, environment: Environment) -> Atoms:
    """ASE's atoms with the GFN2-xTB calculator of that state and solvent.

    Raises:
        InputError: GFN2-xTB has no parameters for an element.
    """
    if heavy := [symbol for symbol in geometry.symbols if atomic_numbers[symbol] > HEAVIEST]:
        raise InputError(
            f"GFN2-xTB, by which geometries are relaxed, has no parameters for {heavy[0]}.", "Use elements up to radon."
        )
    atoms = Atoms(list(geometry.symbols), geometry.coordinates())
    solvation = None if environment == "gas" else ("alpb", environment)
    atoms.calc = TBLite(method="GFN2-xTB", charge=charge, multiplicity=multiplicity, solvation=solvation, verbosity=0)
    return atoms


def loosely_relaxed(start: Geometry, charge: int, multiplicity: int, environment: Environment) -> Atoms:
    """A first look: ten times looser than `relax`, so that energies are within a few kcal/mol in a tenth of the time.

    Radicals have to lose most of their strain even so, since that is what delocalises them.

    Raises:
        RuntimeError: the xTB self-consistent field does not converge.
    """
    atoms = xtb_atoms(start, charge, multiplicity, environment)
    if multiplicity > 1:
        atoms.rattle(_LOOSE_SHAKE_ANGSTROM, seed=_SHAKE_SEED)
    BFGS(atoms, logfile=None).run(fmax=10 * FORCE_TOLERANCE, steps=_LOOSE_STEPS)
    return atoms


def _optimise(start: Geometry, state: RelaxedState, environment: Environment) -> tuple[float, Geometry, bool]:
    atoms = xtb_atoms(start, state.charge, state.multiplicity, environment)
    if state.pose:
        atoms.set_constraint(_restraints(state.pose))
    elif state.multiplicity > 1:
        atoms.rattle(OPEN_SHELL_SHAKE_ANGSTROM, seed=_SHAKE_SEED)
    converged = len(atoms) == 1 or BFGS(atoms, logfile=None).run(fmax=FORCE_TOLERANCE, steps=MAX_STEPS)
    atoms.set_constraint()
    geometry = Geometry.of(start.symbols, atoms.get_positions())
    return float(atoms.get_potential_energy() / Hartree), geometry, bool(converged)


def _restraints(pose: Geometry) -> list[Hookean]:
    """Flat-bottomed springs that hold heavy atoms."""
    return [
        Hookean(i, position, k=POSE_STIFFNESS, rt=POSE_FREEDOM_ANGSTROM)
        for i, (symbol, position) in enumerate(zip(pose.symbols, pose.coordinates_angstrom, strict=True))
        if symbol != "H"
    ]


def rearrangements(smiles: str, geometry: Geometry) -> list[str]:
    """Bonds that the geometry has broken, to hydrogen too, and bonds between heavy atoms that it has formed.

    Args:
        smiles: What the molecule is.
        geometry: Its atoms in written order, hydrogens last.

    Returns:
        A sentence for each.
    """
    mol = Chem.AddHs(parse(smiles))
    xyz = geometry.coordinates()
    flags = []
    for i, j in combinations(range(mol.GetNumAtoms()), 2):
        pair = f"{geometry.symbols[i]}{i + 1} and {geometry.symbols[j]}{j + 1}"
        radii = sum(covalent_radii[atomic_numbers[geometry.symbols[k]]] for k in (i, j))
        relative = float(np.linalg.norm(xyz[i] - xyz[j])) / radii
        bonded = mol.GetBondBetweenAtoms(i, j) is not None
        if bonded and relative > _BROKEN:
            flags.append(f"On relaxation the bond between {pair} broke.")
        elif not bonded and relative < _FORMED and "H" not in (geometry.symbols[i], geometry.symbols[j]):
            flags.append(f"On relaxation {pair} came into bonding distance.")
    return flags
