"""ActiveSpace: the electrons and orbitals that the quantum computer gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray
from pyscf import ao2mo, gto, lib, mcscf

from molecules.conformers import Geometry
from pipeline.errors import InputError
from pipeline.hamiltonian import Hamiltonian
from pipeline.level import LevelOfTheory
from pipeline.mean_field import MeanField, n_basis, n_valence, semicanonical
from pipeline.natural_orbitals import natural_virtuals

LEAST_OVERLAP = 0.3
"""A projected orbital with less than this on the named atomic orbitals does not describe them; flagged."""
_LINEAR_DEGREES = 160.0
_BOND_FACTOR = 1.3
_OFF_AXIS_ANGSTROM = 0.1


@dataclass(frozen=True, slots=True)
class Reference:
    """Valence orbitals of one atom that an active space must describe: of its p shell, or ``s``."""

    atom: int
    """Index into the geometry."""
    direction: Literal["all", "normal", "toward", "across", "s"]
    """``all`` three p; the one ``normal`` to the local plane (a π orbital); the one ``toward`` the partner (a σ bond);
    the two ``across`` the bond to the partner (both π orbitals of a triple bond). Or ``s``: a hydrogen's only one."""
    partner: int | None = None
    """The other atom of ``toward`` and ``across``."""


@dataclass(frozen=True, slots=True)
class ActiveSpaceChoice:
    """Which active space a descriptor asks for. Without references: around the Fermi level."""

    n_electrons: int
    n_orbitals: int
    references: tuple[Reference, ...] = ()
    """Atomic orbitals onto which occupied and empty orbitals are projected (AVAS)."""
    natural: bool = False
    """Without references: the empty orbitals are the most occupied MP2 natural ones, in place of the canonical."""
    optimised: bool = False
    """Orbitals are optimised from there: exact CASCI becomes CASSCF, the VQE an orbital-optimised one."""


@dataclass(frozen=True, eq=False, slots=True)
class ActiveSpace:
    """An active space of one mean field."""

    n_alpha: int
    n_beta: int
    n_orbitals: int
    n_core: int
    """Doubly occupied orbitals below it."""
    orbitals: NDArray[np.float64]
    """(n_basis, n_basis) coefficients: core, active, empty."""
    overlaps: tuple[float, ...]
    """Share of each active orbital in the span of the reference orbitals, 0 to 1; empty for a frontier space."""


def frontier(symbols: Sequence[str], charge: int, multiplicity: int, level: LevelOfTheory) -> tuple[int, int]:
    """Electrons and orbitals of the level's frontier space, trimmed to what the species has.

    Args:
        symbols: its atoms.
        charge: its charge.
        multiplicity: its multiplicity.
        level: says how many, for a closed shell; every unpaired electron adds one electron and one orbital.
    """
    electrons, orbitals = level.frontier
    unpaired = multiplicity - 1
    n_beta = (n_valence(symbols, level.basis) - charge - unpaired) // 2
    pairs = min(electrons // 2, n_beta)
    virtual = min(orbitals - electrons // 2, n_basis(symbols, level.basis) - n_beta - unpaired)
    return 2 * pairs + unpaired, pairs + unpaired + virtual


def full_valence(symbols: Sequence[str], charge: int) -> ActiveSpaceChoice:
    """All valence electrons in all valence orbitals, which are optimised.

    Args:
        symbols: the atoms: hydrogen, helium, and boron to neon with the elements below them up to krypton.
        charge: of the species.

    Raises:
        InputError: an atom is of another group.
    """
    references: list[Reference] = []
    n_electrons, n_orbitals = -charge, 0
    for atom, symbol in enumerate(symbols):
        electrons = _n_valence_electrons(symbol)
        only_s = symbol in ("H", "He")
        references += [Reference(atom, "s")] if only_s else [Reference(atom, "s"), Reference(atom, "all")]
        n_electrons, n_orbitals = n_electrons + electrons, n_orbitals + (1 if only_s else 4)
    return ActiveSpaceChoice(n_electrons, n_orbitals, tuple(references), optimised=True)


def _n_valence_electrons(symbol: str) -> int:
    for row, first in (("H He", 1), ("B C N O F Ne", 3), ("Al Si P S Cl Ar", 3), ("Ga Ge As Se Br Kr", 3)):
        if symbol in row.split():
            return first + row.split().index(symbol)
    raise InputError(
        f"The valence space of {symbol} is not defined here.", "Use elements of main groups 13 to 18, and hydrogen."
    )


def active_space(mean_field: MeanField, geometry: Geometry, choice: ActiveSpaceChoice) -> ActiveSpace:
    """Cut the active space out of the mean field's orbitals.

    With references: AVAS (Sayfutyarova, Sun, Chan, Knizia, J. Chem. Theory Comput. 13, 4063 (2017)) with chosen
    numbers in place of a threshold, so that both sides of an equation balance, and with π orbitals taken normal to
    the local plane (PiOS: Sayfutyarova, Hammes-Schiffer, J. Chem. Theory Comput. 15, 1679 (2019)). Natural: occupied
    orbitals around the Fermi level and the frozen natural orbitals that correlate them most, as in
    `pipeline.natural_orbitals`. Orbitals are semi-canonical within the active space. Singly occupied orbitals are
    always active.

    Raises:
        InputError: the molecule does not have these electrons and orbitals, or the choice contradicts itself.
    """
    if choice.references and choice.natural:
        raise InputError("An active space is either projected or natural.", "Leave one of the two out.")
    n_unpaired = mean_field.n_alpha - mean_field.n_beta
    n_pairs, odd = divmod(choice.n_electrons - n_unpaired, 2)
    n_virtual = choice.n_orbitals - n_pairs - n_unpaired
    n_core = mean_field.n_beta - n_pairs
    room = mean_field.n_basis - mean_field.n_alpha
    if odd or n_pairs < 0 or n_virtual < 0 or n_core < 0 or n_virtual > room:
        raise InputError(
            f"An active space of ({choice.n_electrons}e,{choice.n_orbitals}o) does not fit a species with "
            f"{mean_field.n_alpha} alpha and {mean_field.n_beta} beta electrons in {mean_field.n_basis} orbitals.",
            "Choose other numbers of active electrons and orbitals.",
        )
    orbitals = mean_field.orbitals
    overlaps: tuple[float, ...] = ()
    if choice.references:
        orbitals, overlaps = _projected(mean_field, geometry, choice.references, n_pairs, n_virtual)
    elif choice.natural:
        orbitals = _natural(mean_field, n_core, n_virtual)
    return ActiveSpace(
        n_alpha=n_pairs + n_unpaired,
        n_beta=n_pairs,
        n_orbitals=choice.n_orbitals,
        n_core=n_core,
        orbitals=orbitals,
        overlaps=overlaps,
    )


def hamiltonian(mean_field: MeanField, space: ActiveSpace) -> Hamiltonian:
    """Integrals of the active space in the field of the frozen core."""
    solver = casci_solver(mean_field, space)
    core, active, _ = np.split(space.orbitals, [solver.ncore, solver.ncore + space.n_orbitals], axis=1)
    density = 2.0 * core @ core.T
    if solver.ncore:  # exchange is several times as fast from few orbitals as from the density that they make
        density = lib.tag_array(density, mo_coeff=core, mo_occ=np.full(solver.ncore, 2.0))
    kinetic_and_nuclei, potential = solver.get_hcore(), np.asarray(solver.get_veff(solver.mol, density))
    constant = solver.energy_nuc() + np.vdot(kinetic_and_nuclei + 0.5 * potential, density)
    one_body = active.T @ (kinetic_and_nuclei + potential) @ active
    two_body = ao2mo.restore(1, np.asarray(solver.get_h2eff(space.orbitals)), space.n_orbitals)
    return Hamiltonian(
        constant=float(constant),
        one_body=np.asarray(one_body),
        two_body=two_body,
        n_alpha=space.n_alpha,
        n_beta=space.n_beta,
    )


def casci_solver(mean_field: MeanField, space: ActiveSpace) -> Any:
    """PySCF's CASCI object of this active space; density fitted where the mean field is."""
    return mcscf.CASCI(mean_field.scf, space.n_orbitals, (space.n_alpha, space.n_beta))


def _natural(mean_field: MeanField, n_core: int, n_virtual: int) -> NDArray[np.float64]:
    virtual, _ = natural_virtuals(mean_field, n_core)
    parts = np.split(virtual, [n_virtual], axis=1)
    fock = _fock(mean_field)
    return np.hstack([mean_field.orbitals[:, : mean_field.n_alpha], *(semicanonical(part, fock) for part in parts)])


def _projected(
    mean_field: MeanField, geometry: Geometry, references: Sequence[Reference], n_pairs: int, n_virtual: int
) -> tuple[NDArray[np.float64], tuple[float, ...]]:
    mol = mean_field.scf.mol
    minimal = gto.M(atom=mol._atom, unit="bohr", basis="minao", charge=mol.charge, spin=mol.spin, verbose=0)
    span = _reference_orbitals(minimal, geometry, references)  # (n_minimal, n_references)
    metric = span.T @ minimal.intor_symmetric("int1e_ovlp") @ span
    cross = span.T @ gto.intor_cross("int1e_ovlp", minimal, mol)  # (n_references, n_basis)
    projector = cross.T @ np.linalg.solve(metric, cross)
    n_alpha, n_beta = mean_field.n_alpha, mean_field.n_beta
    parts = np.split(mean_field.orbitals, [n_beta, n_alpha], axis=1)
    occupied, occupied_share = _most_overlapping(parts[0], projector, n_pairs)
    virtual, virtual_share = _most_overlapping(parts[2], projector, n_virtual)
    fock = _fock(mean_field)
    active_occupied = semicanonical(occupied[:, :n_pairs], fock)
    active_virtual = semicanonical(virtual[:, :n_virtual], fock)
    core = semicanonical(occupied[:, n_pairs:], fock)
    empty = semicanonical(virtual[:, n_virtual:], fock)
    orbitals = np.hstack([core, active_occupied, parts[1], active_virtual, empty])
    return orbitals, (*occupied_share[:n_pairs].tolist(), *virtual_share[:n_virtual].tolist())


def _fock(mean_field: MeanField) -> NDArray[np.float64]:
    """(n_basis, n_basis) Fock matrix, in open shells that of the alpha electrons."""
    fock = mean_field.scf.get_fock()
    return np.asarray(getattr(fock, "focka", fock))


def _most_overlapping(
    orbitals: NDArray[np.float64], projector: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotate orbitals so that their shares in the projector are extremal, largest first."""
    if orbitals.shape[1] == 0 or count == 0:
        return orbitals, np.zeros(orbitals.shape[1])
    shares, rotation = np.linalg.eigh(orbitals.T @ projector @ orbitals)
    return orbitals @ rotation[:, ::-1], np.clip(shares[::-1], 0.0, 1.0)


def _reference_orbitals(minimal: gto.Mole, geometry: Geometry, references: Sequence[Reference]) -> NDArray[np.float64]:
    """Unit columns over the minimal basis, one for each named orbital."""
    labels = minimal.ao_labels(fmt=None)
    named = [reference.atom for reference in references]
    columns = []
    for reference in references:
        shells = [(label[2], k) for k, label in enumerate(labels) if label[0] == reference.atom]
        momentum = "s" if reference.direction == "s" else "p"
        valence = max((shell for shell, _ in shells if shell.endswith(momentum)), default=None)
        if valence is None:
            raise InputError(
                f"Atom {reference.atom} ({geometry.symbols[reference.atom]}) has no valence {momentum} orbital.",
                "Name an atom from boron on.",
            )
        functions = [k for shell, k in shells if shell == valence]
        for direction in _directions(geometry, reference, named):
            column = np.zeros(minimal.nao)
            column[functions] = direction
            columns.append(column)
    return np.column_stack(columns)


def _directions(geometry: Geometry, reference: Reference, named: Sequence[int]) -> list[NDArray[np.float64]]:
    if reference.direction == "s":
        return [np.ones(1)]
    if reference.direction == "all":
        return list(np.eye(3))
    if reference.direction == "normal":
        return [_normal(geometry, reference.atom, named)]
    if reference.partner is None:
        raise InputError(f"The direction {reference.direction!r} needs a partner atom.", "Name the other atom.")
    xyz = geometry.coordinates()
    axis = xyz[reference.partner] - xyz[reference.atom]
    axis /= np.linalg.norm(axis)
    if reference.direction == "toward":
        return [axis]
    across = np.linalg.svd(axis[None, :])[2][1:]
    return [across[0], across[1]]


def _normal(
    geometry: Geometry, atom: int, named: Sequence[int], visited: frozenset[int] = frozenset()
) -> NDArray[np.float64]:
    """Unit normal of the plane of an atom and its neighbours.

    Terminal atoms and the middle of a linear chain have none of their own: they take that of the nearest named
    atom, made perpendicular to the line between the two.
    """
    xyz = geometry.coordinates()
    bonds = xyz[_neighbours(geometry, atom)] - xyz[atom]
    bonds /= np.linalg.norm(bonds, axis=1, keepdims=True)
    if len(bonds) >= 3:
        ends = bonds[:3]
        return _unit(np.cross(ends[1] - ends[0], ends[2] - ends[0]))
    if len(bonds) == 2 and np.degrees(np.arccos(np.clip(bonds[0] @ bonds[1], -1, 1))) < _LINEAR_DEGREES:
        return _unit(np.cross(bonds[0], bonds[1]))
    others = [other for other in named if other != atom and other not in visited]
    if not others:
        axis = bonds[0] if len(bonds) else np.array([0.0, 0.0, 1.0])
        # by the atom farthest from the line, so that it turns with the molecule
        off_axis = np.cross(axis, xyz - xyz[atom])
        farthest = off_axis[np.argmax(np.linalg.norm(off_axis, axis=1))]
        if np.linalg.norm(farthest) > _OFF_AXIS_ANGSTROM:
            return _unit(farthest)
        return np.asarray(np.linalg.svd(axis[None, :])[2][1])
    nearest = min(others, key=lambda other: float(np.linalg.norm(xyz[other] - xyz[atom])))
    inherited = _normal(geometry, nearest, named, visited | {atom})
    axis = _unit(xyz[nearest] - xyz[atom])
    return _unit(inherited - (inherited @ axis) * axis)


def _neighbours(geometry: Geometry, atom: int) -> list[int]:
    """Bonded atoms by distance, nearest first."""
    xyz = geometry.coordinates()
    distances = np.linalg.norm(xyz - xyz[atom], axis=1)
    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in geometry.symbols])
    bonded = np.flatnonzero((distances < _BOND_FACTOR * (radii + radii[atom])) & (np.arange(len(xyz)) != atom))
    return [int(k) for k in bonded[np.argsort(distances[bonded])]]


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))
