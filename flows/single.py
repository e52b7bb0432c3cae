"""One molecule at a time: what `eigenlead energy` and `eigenlead descriptor` compute."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from flows.structure import WrittenSpecies, candidate, is_xyz, written_species
from molecules.conformers import Geometry
from molecules.protonation import protonated
from molecules.species import Environment, Species
from pipeline.active_space import ActiveSpaceChoice, Reference, frontier, full_valence
from pipeline.descriptors import DESCRIPTORS, DescriptorValue
from pipeline.descriptors.residuals import with_residual
from pipeline.errors import InputError
from pipeline.ground_state import Calculation, GroundState, compute, ground_state
from pipeline.level import LevelOfTheory, profile
from pipeline.mean_field import n_basis, n_valence
from pipeline.store import Store
from pipeline.vqe.solve import Ansatz

_FULL_SPACE_ORBITALS = 8


@dataclass(frozen=True, slots=True)
class EnergyRequest:
    """The options of `eigenlead energy` and `eigenlead sqd`."""

    structure: str
    """A SMILES, or the path of an .xyz file."""
    charge: int | None
    multiplicity: int | None
    basis: str
    active_space: str
    """``E,O``; empty: all of a small molecule, else up to (8e,8o) around the Fermi level."""
    orbitals: str
    """``frontier``, ``fno`` (MP2 natural virtuals), ``avas:1,2`` or ``pi:1,2`` with atom numbers from 1, or
    ``valence``: all valence orbitals, optimised for the state."""
    ansatz: str
    functional: str
    density_fit: bool
    solvent: str
    """``water``, ``octanol`` or empty."""
    seed: int


@dataclass(frozen=True, slots=True)
class SingleEnergy:
    """One ground state, for people and for programs."""

    title: str
    summary: str
    ground_state: GroundState

    def as_json(self) -> dict[str, Any]:
        """The fields that scripts read."""
        state = self.ground_state
        return {
            "energy_hartree": state.energy_hartree.as_dict(),
            "gradient_norm": state.gradient_norm,
            "n_electrons": state.n_electrons,
            "n_orbitals": state.n_orbitals,
            "n_qubits": state.n_qubits,
            "n_parameters": state.n_parameters,
            "n_evaluations": state.n_evaluations,
            "converged": state.converged,
            "s_squared": state.s_squared,
            "solvation_hartree": state.solvation_hartree,
            "fault_tolerant": asdict(state.fault_tolerant) if state.fault_tolerant else None,
            "wall_s": state.wall_s,
            "natural_occupations": list(state.natural_occupations),
            "orbital_entropies": list(state.orbital_entropies),
            "mutual_information": [list(row) for row in state.mutual_information],
            "flags": list(state.flags),
        }


def single_energy(request: EnergyRequest) -> SingleEnergy:
    """Compute one ground state with its null models; nothing is stored.

    Raises:
        InputError: an option does not fit; the message says which.
    """
    asked = prepared(request)
    state = compute(Calculation(asked.species, asked.choice), asked.geometry, asked.level)
    state = replace(state, flags=(*asked.flags, *state.flags))
    return SingleEnergy(
        title=asked.title,
        summary=f"VQE: {state.n_qubits} qubits, {state.n_parameters} parameters, {state.n_evaluations} evaluations in "
        f"{state.wall_s['vqe']:.2f} s, gradient norm {state.gradient_norm:.1e}, "
        f"{'converged' if state.converged else 'NOT converged'}.",
        ground_state=state,
    )


@dataclass(frozen=True, slots=True)
class AskedState:
    """What a request asks for: a species, its active space, where its atoms are, and at which level."""

    title: str
    """One line that says what it is."""
    species: Species
    choice: ActiveSpaceChoice
    geometry: Geometry
    level: LevelOfTheory
    flags: tuple[str, ...]
    """Sentences on what limits trust in the geometry."""


def prepared(request: EnergyRequest) -> AskedState:
    """Read a request's structure, relax it unless it is a geometry, and choose its active space.

    Raises:
        InputError, StructureError, XyzError: the structure or an option does not fit; the message says which.
    """
    if request.ansatz not in get_args(Ansatz):
        raise InputError(f"There is no ansatz {request.ansatz!r}.", f"Use one of {', '.join(get_args(Ansatz))}.")
    environment = request.solvent or "gas"
    if environment not in get_args(Environment):
        raise InputError(f"There is no solvent {request.solvent!r}.", "Use water, octanol, or leave --solvent out.")
    level = LevelOfTheory(
        basis=request.basis,
        density_fit=request.density_fit,
        functional=request.functional,
        dft_functional="",
        dft_density="hf",
        ontop_functional="tPBE",
        grid_level=3,
        solvent_model="alpb",
        frontier=(8, 8),
        ansatz=cast("Ansatz", request.ansatz),
        n_conformers=8,
    )
    written = written_species(
        request.structure, request.charge, request.multiplicity, cast("Environment", environment), level, request.seed
    )
    species, choice = written.species, _choice(request, written, level)
    title = (
        f"{request.structure}, charge {species.charge}, multiplicity {species.multiplicity}, {request.basis}, "
        f"({choice.n_electrons}e,{choice.n_orbitals}o), {species.environment}"
    )
    return AskedState(title, species, choice, written.geometry, level, written.flags)


def content_of(structure: str) -> str:
    """What a structure enters hashes by: a SMILES, or the text of an .xyz file."""
    return Path(structure).read_text(encoding="utf-8") if is_xyz(structure) else structure


def single_descriptor(
    name: str, structure: str, profile_name: str, seed: int, store_url: str, neutral: bool = False
) -> tuple[DescriptorValue, ...]:
    """Compute one descriptor of one molecule, through the store.

    Args:
        name: of the descriptor.
        structure: a SMILES; or the path of an .sdf file with one record, or of an .xyz file, which give a shape too.
        profile_name: of the level of theory.
        seed: of every random choice.
        store_url: SQLAlchemy URL; empty: the user's own store.
        neutral: of the neutral molecule, also where the form in water at pH 7.4 would be taken.

    Returns:
        Its values; their flags begin with what standardisation changed in the molecule, and its form in water.

    Raises:
        InputError: no such descriptor, or it does not apply.
        StructureError, XyzError, LibraryError: there is no candidate in the structure.
    """
    if name not in DESCRIPTORS:
        raise InputError(f"There is no descriptor {name!r}.", f"Use one of: {', '.join(DESCRIPTORS)}.")
    level, store = profile(profile_name), Store(store_url or None)
    molecule = candidate(structure)
    calculations = DESCRIPTORS[name].needs(molecule.smiles, molecule.smiles, level, molecule.pose, neutral)
    notes = [*molecule.notes]
    if DESCRIPTORS[name].of_form_in_water and not neutral and (form := protonated(molecule.smiles)) != molecule.smiles:
        notes.append(f"Computed for the form that prevails at pH 7.4: {form}.")
    values = DESCRIPTORS[name].values([ground_state(calculation, level, seed, store) for calculation in calculations])
    return tuple(with_residual(replace(value, flags=(*notes, *value.flags)), level) for value in values)


def descriptor_json(value: DescriptorValue) -> dict[str, Any]:
    """The fields that scripts read."""
    return {
        "name": value.name,
        "title": value.title,
        "equation": value.equation,
        "species": [calculation.species.label for calculation in value.calculations],
        "value": value.value,
        "unit": value.unit,
        "uncertainty": value.uncertainty,
        "uncertainty_from": dict(value.uncertainty_from),
        "rungs": value.rungs.as_dict(),
        "flags": list(value.flags),
    }


def _choice(request: EnergyRequest, written: WrittenSpecies, level: LevelOfTheory) -> ActiveSpaceChoice:
    species, geometry = written.species, written.geometry
    if request.orbitals == "valence":
        if request.active_space:
            raise InputError("The valence space has its own size.", "Leave --active-space or --orbitals valence out.")
        return full_valence(geometry.symbols, species.charge)
    references = _references(request.orbitals, written.atoms)
    natural = request.orbitals == "fno"
    if request.active_space:
        try:
            electrons, orbitals = (int(part) for part in request.active_space.split(","))
        except ValueError:
            raise InputError(
                f"{request.active_space!r} is no active space.", "Write electrons and orbitals, such as 4,4."
            ) from None
        return ActiveSpaceChoice(electrons, orbitals, references, natural)
    if references:
        raise InputError("Projected orbitals need their numbers.", "Add --active-space E,O.")
    functions = n_basis(geometry.symbols, request.basis)
    if functions <= _FULL_SPACE_ORBITALS:
        return ActiveSpaceChoice(n_valence(geometry.symbols, request.basis) - species.charge, functions)
    numbers = frontier(geometry.symbols, species.charge, species.multiplicity, level)
    return ActiveSpaceChoice(*numbers, natural=natural)


def _references(orbitals: str, atoms: tuple[int, ...]) -> tuple[Reference, ...]:
    if orbitals in ("frontier", "fno"):
        return ()
    kind, _, numbers = orbitals.partition(":")
    try:
        indices = [int(number) - 1 for number in numbers.split(",")]
    except ValueError:
        indices = []
    in_range = indices and all(0 <= index < len(atoms) for index in indices)
    if kind not in ("avas", "pi") or not in_range:
        raise InputError(
            f"{orbitals!r} names no orbitals of this molecule.",
            f"Use frontier, fno, valence, or avas: or pi: with atom numbers from 1 to {len(atoms)}, such as pi:1,2.",
        )
    return tuple(Reference(atoms[index], "all" if kind == "avas" else "normal") for index in indices)
