"""GroundState: the energy of one species on every rung, and the path that computes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from pydantic import TypeAdapter

from molecules.conformers import Geometry
from molecules.species import Species
from pipeline.active_space import LEAST_OVERLAP, ActiveSpaceChoice, active_space, hamiltonian
from pipeline.errors import ComputationError, InputError, ResourceError
from pipeline.fault_tolerant import FaultTolerant, fault_tolerant
from pipeline.geometry import VERSION as GEOMETRY_VERSION
from pipeline.geometry import RelaxedGeometry, relax, relaxed_state, xtb_energy
from pipeline.hamiltonian import Hamiltonian
from pipeline.level import LevelOfTheory, middle_layer
from pipeline.mean_field import MeanField, dft_energy, mean_field
from pipeline.pdft import Pdft
from pipeline.reaction_path import VERSION as PATH_VERSION
from pipeline.rungs import Rungs
from pipeline.solvation import alpb, smd, smd_of_mean_field
from pipeline.states import exact_state, optimised_exact_state, optimised_vqe_state, vqe_state
from pipeline.store import Store, content_hash
from pipeline.thermochemistry import thermochemistry
from pipeline.vqe.checkpoint import Checkpoint, Progress
from pipeline.vqe.correlation import orbital_correlation
from pipeline.vqe.density import make_rdm1, spin_square
from pipeline.vqe.minimise import refuse_too_large

VERSION = 6
"""Raise it when results of the path below change: stored results of other versions are then not used."""

LEAST_CORRELATION = 0.95
"""Share of the active space's correlation energy below which a VQE state is flagged."""
SPIN_TOLERANCE = 0.01
"""Deviation of ⟨S²⟩ from s(s + 1) above which a state is flagged as contaminated."""
_EXACT_VECTORS = 30
"""Vectors of the sector's dimension that the exact solver holds: Davidson's subspace of 12 and H on it, and copies."""


@dataclass(frozen=True, slots=True)
class Calculation:
    """One ground state to compute: what a term of an equation stands for."""

    species: Species
    choice: ActiveSpaceChoice | None
    """None: GFN2-xTB only."""
    thermal: bool = False
    """Whether to compute vibrations, for an enthalpy at 298.15 K."""
    is_middle_layer: bool = False
    """Whether it belongs to the middle layer of an ONIOM equation: see `pipeline.level.middle_layer`."""

    def level_of(self, level: LevelOfTheory) -> LevelOfTheory:
        """The level at which it is computed where the descriptors are wanted at `level`."""
        return middle_layer(level) if self.is_middle_layer else level


@dataclass(frozen=True, slots=True)
class GroundState:
    """One species at one level of theory."""

    calculation: Calculation
    geometry: Geometry
    """Where the energies were computed."""
    n_electrons: int
    """Active electrons."""
    n_orbitals: int
    """Active spatial orbitals."""
    n_qubits: int
    """Spin orbitals of the active space, before tapering."""
    n_basis: int
    """Basis functions."""
    energy_hartree: Rungs
    """Total energy on every rung, `solvation_hartree` included."""
    solvation_hartree: float
    """By the level's solvent model, at this geometry; part of every rung but xtb, which has ALPB's. Zero in gas."""
    enthalpy_hartree: float
    """H(298.15 K) − E from GFN2-xTB vibrations, zero-point energy included, where the calculation asks for it, else
    zero; no part of `energy_hartree`."""
    ensemble_hartree: float
    """Free energy of the GFN2-xTB conformers above the lowest one's energy, as in `pipeline.geometry`; no part of
    `energy_hartree`."""
    conformer_spread_hartree: float
    """Standard deviation of the conformers' energies, as in `pipeline.geometry`."""
    converged: bool
    """Geometry, SCF, exact solver and VQE all converged."""
    gradient_norm: float
    """Of the VQE at its end, hartree per radian."""
    n_evaluations: int
    """VQE evaluations of energy and gradient."""
    s_squared: float
    """⟨S²⟩ of the VQE state."""
    natural_occupations: tuple[float, ...]
    """Eigenvalues of the VQE state's one-particle density matrix, real part; 0 to 2, largest first."""
    orbital_entropies: tuple[float, ...]
    """Of each active orbital in the VQE state, nats, as in `pipeline.vqe.correlation`."""
    mutual_information: tuple[tuple[float, ...], ...]
    """Of each two active orbitals, nats."""
    trace: tuple[float, ...]
    """VQE energy in hartree at each evaluation, without `solvation_hartree`."""
    parameters: tuple[float, ...]
    """Converged ansatz parameters in radians."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in the energies."""
    wall_s: dict[str, float]
    """Seconds: geometry, xtb, vibrations, mean_field, solvation, dft, active_space, casci, vqe,
    pdft (of the VQE's state), casci_pdft (of the exact one)."""
    fault_tolerant: FaultTolerant | None = None
    """What an error-corrected quantum computer would need for the active space, its orbitals not yet optimised; None:
    there is none, or the store has the state of a version that did not estimate it."""

    @property
    def n_parameters(self) -> int:
        """Number of ansatz parameters."""
        return len(self.parameters)


_GROUND_STATE = TypeAdapter(GroundState)
_RELAXED = TypeAdapter(RelaxedGeometry)
_PROGRESS = TypeAdapter(Progress)


@dataclass(frozen=True, slots=True)
class _StoredCheckpoint:
    """Progress of one VQE in the store."""

    store: Store
    key: str
    deadline: float
    """By `time.monotonic`."""

    def load(self) -> Progress | None:
        payload = self.store.get(self.key)
        return None if payload is None else _PROGRESS.validate_python(payload)

    def save(self, progress: Progress) -> None:
        self.store.replace(self.key, "vqe_progress", _PROGRESS.dump_python(progress, mode="json"))
        if time.monotonic() > self.deadline:
            raise ResourceError(
                "Its time was over before the VQE converged; how far it came is in the store.",
                "Run it again, with more time: it goes on from there.",
            )


def geometry_key(species: Species, level: LevelOfTheory, seed: int) -> str:
    """Hash of what determines `relaxed_geometry`: the same for a molecule and its vertical ions."""
    state = relaxed_state(species)
    versions = (GEOMETRY_VERSION, PATH_VERSION) if species.driven else GEOMETRY_VERSION
    return content_hash("geometry", versions, species.smiles, species.environment, state, level.n_conformers, seed)


def ground_state_key(calculation: Calculation, level: LevelOfTheory, seed: int) -> str:
    """Hash of what determines `ground_state`; the species' label is no part of it."""
    species, level = calculation.species, calculation.level_of(level)
    return content_hash(
        "ground_state",
        VERSION,
        geometry_key(species, level, seed),
        species.charge,
        species.multiplicity,
        calculation.choice,
        calculation.thermal,
        level,
    )


def relaxed_geometry(species: Species, level: LevelOfTheory, seed: int, store: Store) -> RelaxedGeometry:
    """The relaxed geometry, from the store or computed and stored."""
    key = geometry_key(species, level, seed)
    if (payload := store.get(key)) is not None:
        return _RELAXED.validate_python(payload)
    start = time.perf_counter()
    relaxed = relax(species, level, seed)
    store.put(key, "geometry", _RELAXED.dump_python(relaxed, mode="json"), time.perf_counter() - start)
    return relaxed


def stored_ground_state(calculation: Calculation, level: LevelOfTheory, seed: int, store: Store) -> GroundState | None:
    """The ground state if the store has it."""
    payload = store.get(ground_state_key(calculation, level, seed))
    # the label is no part of the key, so the stored one may be another candidate's
    return None if payload is None else replace(_GROUND_STATE.validate_python(payload), calculation=calculation)


def ground_state(
    calculation: Calculation, level: LevelOfTheory, seed: int, store: Store, seconds_allowed: float = inf
) -> GroundState:
    """The ground state on every rung, from the store or computed and stored.

    Args:
        calculation: what to compute.
        level: of theory.
        seed: of the conformers.
        store: of results.
        seconds_allowed: after these a VQE that has not converged saves its progress and stops; no result is stored.

    Raises:
        ComputationError: its class says whether to change the request, make it smaller, or try again.
    """
    if (known := stored_ground_state(calculation, level, seed, store)) is not None:
        return known
    start, deadline = time.perf_counter(), time.monotonic() + seconds_allowed
    with _timed({}, "geometry"):
        relaxed = relaxed_geometry(calculation.species, level, seed, store)
    key = ground_state_key(calculation, level, seed)
    checkpoint = _StoredCheckpoint(store, content_hash("vqe_progress", key), deadline)
    seconds = time.perf_counter() - start
    result = replace(
        compute(calculation, relaxed.geometry, level, relaxed.flags, seconds, checkpoint),
        ensemble_hartree=relaxed.ensemble_hartree,
        conformer_spread_hartree=relaxed.conformer_spread_hartree,
    )
    store.put(key, "ground_state", _GROUND_STATE.dump_python(result, mode="json"), time.perf_counter() - start)
    store.remove(checkpoint.key)
    return result


def integrals(state: GroundState, level: LevelOfTheory) -> Hamiltonian:
    """The Hamiltonian of a ground state's active space, from a mean field at its geometry.

    Args:
        state: with an active space.
        level: at which the descriptors were computed.

    Raises:
        InputError: there is no active space, or its orbitals were optimised.
        ComputationError: as `compute`.
    """
    calculation = state.calculation
    if calculation.choice is None or calculation.choice.optimised:
        raise InputError(f"{calculation.species.label} has no active space of fixed orbitals.", "Measure another one.")
    species = calculation.species
    reference = mean_field(state.geometry, species.charge, species.multiplicity, calculation.level_of(level))
    return hamiltonian(reference, active_space(reference, state.geometry, calculation.choice))


def compute(
    calculation: Calculation,
    geometry: Geometry,
    level: LevelOfTheory,
    geometry_flags: tuple[str, ...] = (),
    geometry_seconds: float = 0.0,
    checkpoint: Checkpoint | None = None,
) -> GroundState:
    """Every rung at a given geometry: GFN2-xTB, mean field, DFT, exact CASCI, VQE, and MC-PDFT on both states.

    A VQE that takes long saves its progress in `checkpoint`, and goes on from there.

    Raises:
        ComputationError: its class says whether to change the request, make it smaller, or try again.
    """
    species, choice, level = calculation.species, calculation.choice, calculation.level_of(level)
    wall: dict[str, float] = {"geometry": geometry_seconds}
    flags = list(geometry_flags)
    charge, multiplicity = species.charge, species.multiplicity

    with _timed(wall, "xtb"):
        xtb = xtb_energy(geometry, charge, multiplicity, species.environment)
    enthalpy = 0.0
    if calculation.thermal:
        with _timed(wall, "vibrations"):
            thermal = thermochemistry(geometry, charge, multiplicity, species.environment)
            enthalpy, flags = thermal.enthalpy_hartree, [*flags, *thermal.flags]
    if choice is None:
        return _xtb_only(calculation, geometry, xtb, enthalpy, tuple(flags), wall)
    with _timed(wall, "mean_field"):
        reference = mean_field(geometry, charge, multiplicity, level)
    with _timed(wall, "solvation"):
        solvation, solvent_converged = _solvation(calculation, geometry, reference, level)
    with _timed(wall, "active_space"):
        space = active_space(reference, geometry, choice)
        integrals = hamiltonian(reference, space)
        refuse_too_large(integrals, _EXACT_VECTORS)
    with _timed(wall, "dft"):
        dft, dft_converged = dft_energy(reference, level) if level.dft_functional else (None, True)
    with _timed(wall, "casci"):
        exact = optimised_exact_state(reference, space) if choice.optimised else exact_state(space, integrals)
    with _timed(wall, "vqe"):
        if choice.optimised:
            vqe = optimised_vqe_state(reference, exact.space, level.ansatz)
        else:
            vqe = vqe_state(space, integrals, level.ansatz, checkpoint)
    with _timed(wall, "pdft"):
        pdft = Pdft(reference, space, level)
        vqe_pdft = pdft.energy(vqe.space, vqe.result.state)
    with _timed(wall, "casci_pdft"):
        exact_pdft = pdft.energy(exact.space, exact.state)

    sector = (integrals.n_alpha, integrals.n_beta)
    density = make_rdm1(vqe.result.state, integrals.n_orbitals, sector)
    correlation = orbital_correlation(vqe.result.state, integrals.n_orbitals, *sector)
    determinant = _reference_energy(integrals)
    flags += _checks(
        expected_s_squared=(multiplicity**2 - 1) / 4,
        states={
            "exact": spin_square(exact.state, integrals.n_orbitals, sector)[0],
            "VQE": vqe.result.s_squared,
        },
        correlation=(determinant - vqe.result.energy_hartree, determinant - exact.energy_hartree),
        overlaps=space.overlaps,
        converged={
            "SCF": reference.converged,
            "SCF in the solvent": solvent_converged,
            "DFT": dft_converged,
            f"exact {'CASSCF' if choice.optimised else 'CASCI'}": exact.converged,
            "VQE": vqe.converged,
        },
    )
    energies = Rungs(
        mean_field=reference.energy_hartree,
        dft=dft,
        casci=exact.energy_hartree,
        casci_pdft=exact_pdft,
        vqe=vqe.result.energy_hartree,
        vqe_pdft=vqe_pdft,
    )
    return GroundState(
        calculation=calculation,
        geometry=geometry,
        n_electrons=sum(sector),
        n_orbitals=integrals.n_orbitals,
        n_qubits=integrals.n_qubits,
        n_basis=reference.n_basis,
        energy_hartree=replace(energies.shifted(solvation), xtb=xtb),
        solvation_hartree=solvation,
        enthalpy_hartree=enthalpy,
        ensemble_hartree=0.0,
        conformer_spread_hartree=0.0,
        converged=all((reference.converged, solvent_converged, dft_converged, exact.converged, vqe.converged))
        and not geometry_flags,
        gradient_norm=vqe.result.gradient_norm,
        n_evaluations=vqe.result.n_evaluations,
        s_squared=vqe.result.s_squared,
        natural_occupations=tuple(float(n) for n in np.linalg.eigvalsh(density)[::-1]),
        orbital_entropies=correlation.entropies,
        mutual_information=correlation.mutual_information,
        trace=vqe.result.trace,
        parameters=tuple(float(theta) for theta in vqe.result.parameters),
        flags=tuple(flags),
        wall_s=wall,
        fault_tolerant=fault_tolerant(integrals),
    )


def _xtb_only(
    calculation: Calculation,
    geometry: Geometry,
    xtb: float,
    enthalpy: float,
    flags: tuple[str, ...],
    wall: dict[str, float],
) -> GroundState:
    """A ground state without an active space."""
    return GroundState(
        calculation=calculation,
        geometry=geometry,
        n_electrons=0,
        n_orbitals=0,
        n_qubits=0,
        n_basis=0,
        energy_hartree=Rungs(xtb=xtb),
        solvation_hartree=0.0,
        enthalpy_hartree=enthalpy,
        ensemble_hartree=0.0,
        conformer_spread_hartree=0.0,
        converged=not flags,
        gradient_norm=0.0,
        n_evaluations=0,
        s_squared=0.0,
        natural_occupations=(),
        orbital_entropies=(),
        mutual_information=(),
        trace=(),
        parameters=(),
        flags=flags,
        wall_s=wall,
    )


def _solvation(
    calculation: Calculation, geometry: Geometry, reference: MeanField, level: LevelOfTheory
) -> tuple[float, bool]:
    """By the level's model in hartree, and its convergence."""
    species = calculation.species
    if species.environment == "gas":
        return 0.0, True
    if level.solvent_model == "smd-mean-field":
        return smd_of_mean_field(reference, species.environment, level)
    state = geometry, species.charge, species.multiplicity, species.environment
    return smd(*state) if level.solvent_model == "smd" else (alpb(*state), True)


def _reference_energy(integrals: Hamiltonian) -> float:
    """Energy of the reference determinant in hartree; the mean field's own where that is Hartree–Fock."""
    h, g = integrals.one_body, integrals.two_body
    energy = integrals.constant
    for n in (integrals.n_alpha, integrals.n_beta):
        energy += float(np.trace(h[:n, :n]))
    for n, m in ((integrals.n_alpha, integrals.n_alpha), (integrals.n_beta, integrals.n_beta)):
        energy += 0.5 * float(np.einsum("iijj", g[:n, :n, :m, :m]) - np.einsum("ijji", g[:n, :m, :m, :n]))
    n, m = integrals.n_alpha, integrals.n_beta
    return energy + float(np.einsum("iijj", g[:n, :n, :m, :m]))


def _checks(
    expected_s_squared: float,
    states: dict[str, float],
    correlation: tuple[float, float],
    overlaps: tuple[float, ...],
    converged: dict[str, bool],
) -> list[str]:
    flags = [f"The {name} did not converge." for name, done in converged.items() if not done]
    for name, s_squared in states.items():
        if abs(s_squared - expected_s_squared) > SPIN_TOLERANCE:
            flags.append(f"The {name} state has ⟨S²⟩ = {s_squared:.2f} in place of {expected_s_squared:.2f}.")
    recovered, whole = correlation
    if whole > 1e-6 and recovered < LEAST_CORRELATION * whole:
        flags.append(f"The VQE recovers {100 * recovered / whole:.0f}% of the active space's correlation energy.")
    if overlaps and min(overlaps) < LEAST_OVERLAP:
        flags.append(f"An active orbital lies only {100 * min(overlaps):.0f}% on the atoms that the descriptor names.")
    return flags


@contextmanager
def _timed(wall: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    except ComputationError as error:
        error.stage = stage
        raise
    finally:
        wall[stage] = time.perf_counter() - start
