"""One molecule at a time: what `eigenlead energy` and `eigenlead descriptor` compute."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

from pyscf import gto
from rdkit import Chem

from molecules.conformers import Geometry
from molecules.given_pose import molecule_in_xyz
from molecules.read import read_library
from molecules.smiles import canonical, parse
from molecules.species import Environment, Species
from molecules.xyz import read_xyz
from pipeline.active_space import ActiveSpaceChoice, Reference, frontier, full_valence
from pipeline.descriptors import DESCRIPTORS, DescriptorValue
from pipeline.descriptors.residuals import with_residual
from pipeline.errors import InputError
from pipeline.geometry import relax
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
    species, choice, geometry, level = prepared(request)
    state = compute(Calculation(species, choice), geometry, level)
    return SingleEnergy(
        title=title_of(request, species, choice),
        summary=f"VQE: {state.n_qubits} qubits, {state.n_parameters} parameters, {state.n_evaluations} evaluations in "
        f"{state.wall_s['vqe']:.2f} s, gradient norm {state.gradient_norm:.1e}, "
        f"{'converged' if state.converged else 'NOT converged'}.",
        ground_state=state,
    )


def prepared(request: EnergyRequest) -> tuple[Species, ActiveSpaceChoice, Geometry, LevelOfTheory]:
    """What a request asks for: a species, its active space, where its atoms are, and at which level.

    Raises:
        InputError: an option does not fit; the message says which.
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
    species, geometry = _species(request, cast("Environment", environment), level)
    return species, _choice(request, species, geometry, level), geometry, level


def content_of(structure: str) -> str:
    """What a structure enters hashes by: a SMILES, or the text of an .xyz file."""
    return Path(structure).read_text(encoding="utf-8") if structure.lower().endswith(".xyz") else structure


def title_of(request: EnergyRequest, species: Species, choice: ActiveSpaceChoice) -> str:
    """One line that says what was computed."""
    return (
        f"{request.structure}, charge {species.charge}, multiplicity {species.multiplicity}, {request.basis}, "
        f"({choice.n_electrons}e,{choice.n_orbitals}o), {species.environment}"
    )


def single_descriptor(
    name: str, structure: str, profile_name: str, seed: int, store_url: str
) -> tuple[DescriptorValue, ...]:
    """Compute one descriptor of one molecule, through the store.

    Args:
        name: of the descriptor.
        structure: a SMILES; or the path of an .sdf file with one record, or of an .xyz file, which give a shape too.
        profile_name: of the level of theory.
        seed: of every random choice.
        store_url: SQLAlchemy URL; empty: the user's own store.

    Raises:
        InputError: no such descriptor, or it does not apply.
    """
    if name not in DESCRIPTORS:
        raise InputError(f"There is no descriptor {name!r}.", f"Use one of: {', '.join(DESCRIPTORS)}.")
    level, store = profile(profile_name), Store(store_url or None)
    parent, pose = _molecule(structure)
    calculations = DESCRIPTORS[name].needs(parent, parent, level, pose)
    values = DESCRIPTORS[name].values([ground_state(calculation, level, seed, store) for calculation in calculations])
    return tuple(with_residual(value, level) for value in values)


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


def _molecule(structure: str) -> tuple[str, Geometry | None]:
    """Canonical SMILES, and the shape where the input has one."""
    path = Path(structure)
    if path.suffix.lower() == ".xyz":
        return molecule_in_xyz(path)
    if path.suffix.lower() != ".sdf":
        return canonical(structure), None
    library = read_library(path)
    if library.rejections:
        raise InputError(library.rejections[0].reason, library.rejections[0].remedy)
    if len(library.candidates) > 1:
        raise InputError(f"{path} holds {len(library.candidates)} molecules.", "Give one, or screen them all.")
    return library.candidates[0].smiles, library.candidates[0].pose


def _species(request: EnergyRequest, environment: Environment, level: LevelOfTheory) -> tuple[Species, Geometry]:
    if request.structure.lower().endswith(".xyz"):
        file = read_xyz(Path(request.structure))
        charge = _first(request.charge, file.charge, 0)
        multiplicity = _first(request.multiplicity, file.multiplicity, _lowest(file.geometry.symbols, charge))
        label = Path(request.structure).name
        return Species(label, "", charge, multiplicity, environment), file.geometry
    smiles = canonical(request.structure)
    charge = _first(request.charge, Chem.GetFormalCharge(parse(smiles)))
    unrelaxed = Species(smiles, smiles, charge, 1, environment)
    multiplicity = _first(request.multiplicity, _lowest(unrelaxed.symbols, charge))
    species = Species(smiles, smiles, charge, multiplicity, environment)
    return species, relax(species, level, request.seed).geometry


def _choice(request: EnergyRequest, species: Species, geometry: Geometry, level: LevelOfTheory) -> ActiveSpaceChoice:
    if request.orbitals == "valence":
        if request.active_space:
            raise InputError("The valence space has its own size.", "Leave --active-space or --orbitals valence out.")
        return full_valence(geometry.symbols, species.charge)
    references = _references(request.orbitals, geometry)
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


def _references(orbitals: str, geometry: Geometry) -> tuple[Reference, ...]:
    if orbitals in ("frontier", "fno"):
        return ()
    kind, _, atoms = orbitals.partition(":")
    try:
        indices = [int(atom) - 1 for atom in atoms.split(",")]
    except ValueError:
        indices = []
    in_range = indices and all(0 <= index < len(geometry.symbols) for index in indices)
    if kind not in ("avas", "pi") or not in_range:
        raise InputError(
            f"{orbitals!r} names no orbitals of this molecule.",
            "Use frontier, fno, valence, or avas: or pi: with atom numbers from 1 to "
            f"{len(geometry.symbols)}, such as pi:1,2.",
        )
    return tuple(Reference(index, "all" if kind == "avas" else "normal") for index in indices)


def _lowest(symbols: tuple[str, ...], charge: int) -> int:
    electrons: int = sum(gto.charge(symbol) for symbol in symbols) - charge
    return 1 + electrons % 2


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)
