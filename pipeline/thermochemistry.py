"""Thermochemistry: what the motion of the nuclei adds to an energy, from GFN2-xTB frequencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms, units
from ase.thermochemistry import IdealGasThermo
from numpy.typing import NDArray

from molecules.conformers import Geometry
from molecules.species import Environment
from pipeline.errors import ConvergenceError
from pipeline.geometry import xtb_atoms
from pipeline.mean_field import check_state

TEMPERATURE_KELVIN = 298.15
PRESSURE_PASCAL = 1e5
STEP_ANGSTROM = 0.005
"""Displacement of the central differences; half and twice of it change enthalpies by less than 0.01 kcal/mol."""
SCF_ACCURACY = 0.01
"""tblite's; a hundredth of its default thresholds, so that noise in the gradient does not become low frequencies."""
LEAST_IMAGINARY_CM = 150.0
"""An imaginary frequency below this is a flat rotation, such as that of a methyl group, relaxed to a finite force. It
counts as a real one, as in xtb, so that an enthalpy does not jump by RT with the sign of noise."""
FREE_ROTOR_CM = 100.0
"""Where a mode is half a vibration and half a free rotation in the entropy; Grimme's choice."""
_LINEAR = 1e-4
"""Smallest moment of inertia of a molecule that is not linear, in units of the largest; at a bend of about 1°."""


@dataclass(frozen=True, slots=True)
class Thermochemistry:
    """Corrections to an electronic energy: rigid rotor, harmonic oscillators, ideal gas, at 298.15 K and 1 bar."""

    zero_point_hartree: float
    """Half the sum of the frequencies."""
    enthalpy_hartree: float
    """Zero-point energy and the heat of vibration, rotation and translation, with pressure times volume."""
    gibbs_hartree: float
    """`enthalpy_hartree` less temperature times entropy, with low modes as free rotors and symmetry number 1."""
    frequencies_cm: tuple[float, ...]
    """Harmonic, in cm⁻¹, lowest first, without translation and rotation; imaginary ones are negative."""
    flags: tuple[str, ...]
    """Sentences on what limits trust in it."""


def thermochemistry(geometry: Geometry, charge: int, multiplicity: int, environment: Environment) -> Thermochemistry:
    """Frequencies at a relaxed geometry by central differences of GFN2-xTB gradients, and what follows from them.

    Rigid rotor, harmonic oscillator and ideal gas: McQuarrie, Statistical Mechanics (1976), chapters 5, 6 and 8.
    In the entropy low modes turn into free rotors: Grimme, Chem. Eur. J. 18, 9955 (2012). Frequencies are not scaled.
    In a solvent the ideal gas stays: corrections are those of a solute that turns and moves freely.

    Args:
        geometry: A minimum of GFN2-xTB in that state and environment.
        charge: Total charge.
        multiplicity: Spin multiplicity.
        environment: Where it is.

    Raises:
        InputError: charge and multiplicity do not fit.
        ConvergenceError: the xTB self-consistent field does not converge.
    """
    check_state(geometry.symbols, charge, multiplicity)
    atoms = xtb_atoms(geometry, charge, multiplicity, environment)
    atoms.calc.set(accuracy=SCF_ACCURACY)
    try:
        frequencies = vibrations(atoms)
    except RuntimeError as error:
        raise ConvergenceError(f"GFN2-xTB does not converge: {error}.", "Check charge and multiplicity.") from error
    imaginary = frequencies < -LEAST_IMAGINARY_CM
    real = np.abs(frequencies[~imaginary]) * units.invcm  # eV
    # of translation, rotation and spin only
    rigid = IdealGasThermo(
        [], _shape(atoms), atoms=atoms, symmetrynumber=1, spin=(multiplicity - 1) / 2, vib_selection="all"
    )
    zero_point = 0.5 * float(real.sum())
    enthalpy = zero_point + _heat(real) + rigid.get_enthalpy(TEMPERATURE_KELVIN, verbose=False)
    entropy = rigid.get_entropy(TEMPERATURE_KELVIN, PRESSURE_PASCAL, verbose=False) + _entropy(real, atoms)
    flags = [
        f"An imaginary frequency of {-frequency:.0f}i cm⁻¹ is left out: the geometry is no minimum of GFN2-xTB."
        for frequency in frequencies[imaginary]
    ]
    return Thermochemistry(
        zero_point_hartree=zero_point / units.Hartree,
        enthalpy_hartree=float(enthalpy) / units.Hartree,
        gibbs_hartree=float(enthalpy - TEMPERATURE_KELVIN * entropy) / units.Hartree,
        frequencies_cm=tuple(float(frequency) for frequency in frequencies),
        flags=tuple(flags),
    )


def vibrations(atoms: Atoms) -> NDArray[np.float64]:
    """Harmonic frequencies in cm⁻¹, lowest first, imaginary ones negative; 3N − 6, of a linear molecule 3N − 5."""
    if len(atoms) == 1:
        return np.zeros(0)
    weights = np.repeat(atoms.get_masses() ** -0.5, 3)
    weighted = weights[:, None] * hessian(atoms) * weights
    inner = _inner_motion(atoms)  # (3N, n_modes)
    curvatures = np.linalg.eigvalsh(inner.T @ weighted @ inner)
    to_ev = units._hbar * units.m / np.sqrt(units._e * units._amu)  # of √(eV/Å²/u)
    return np.asarray(np.sign(curvatures) * np.sqrt(np.abs(curvatures)) * to_ev / units.invcm)


def hessian(atoms: Atoms) -> NDArray[np.float64]:
    """(3N, 3N) second derivatives in eV/Å² by central differences of forces, made symmetric."""
    moved, start = atoms.copy(), atoms.get_positions()
    moved.calc = atoms.calc
    rows = []
    for atom in range(len(atoms)):
        for axis in range(3):
            forces = []
            for sign in (1, -1):
                positions = start.copy()
                positions[atom, axis] += sign * STEP_ANGSTROM
                moved.set_positions(positions)
                forces.append(moved.get_forces().ravel())
            rows.append((forces[1] - forces[0]) / (2 * STEP_ANGSTROM))
    matrix = np.array(rows)
    return np.asarray(0.5 * (matrix + matrix.T))


def _inner_motion(atoms: Atoms) -> NDArray[np.float64]:
    """(3N, n_modes) orthonormal mass-weighted displacements that neither translate nor rotate the molecule."""
    arms = atoms.get_positions() - atoms.get_center_of_mass()
    axes = _rotation_axes(atoms)
    outer = [np.broadcast_to(axis, arms.shape) for axis in np.eye(3)] + [np.cross(axis, arms) for axis in axes]
    columns = [(np.sqrt(atoms.get_masses())[:, None] * motion).ravel() for motion in outer]
    full, _ = np.linalg.qr(np.column_stack(columns), mode="complete")
    return np.asarray(full[:, len(columns) :])


def _rotation_axes(atoms: Atoms) -> NDArray[np.float64]:
    """(n, 3) principal axes about which the molecule can be turned."""
    moments, axes = atoms.get_moments_of_inertia(vectors=True)
    return np.asarray(axes[moments > _LINEAR * moments.max()] if moments.max() > 0 else np.zeros((0, 3)))


def _shape(atoms: Atoms) -> str:
    return {0: "monatomic", 2: "linear", 3: "nonlinear"}[len(_rotation_axes(atoms))]


def _heat(energies: NDArray[np.float64]) -> float:
    """Heat that harmonic oscillators of these energies (eV) take up from 0 K, in eV."""
    return float((energies / np.expm1(energies / (units.kB * TEMPERATURE_KELVIN))).sum())


def _entropy(energies: NDArray[np.float64], atoms: Atoms) -> float:
    """Entropy of modes of these energies (eV) in eV/K: vibrations, and free rotors where they are low.

    Equations 3 to 8 of Grimme (2012), with the molecule's mean moment of inertia for his B_av.
    """
    reduced = energies / (units.kB * TEMPERATURE_KELVIN)
    vibrating = reduced / np.expm1(reduced) - np.log(-np.expm1(-reduced))
    frequency = energies / units.invcm * 100 * units._c  # s⁻¹
    mean_moment = atoms.get_moments_of_inertia().mean() * units._amu * 1e-20  # kg m²
    moment = units._hplanck / (8 * np.pi**2 * frequency)
    moment = moment * mean_moment / (moment + mean_moment)
    thermal = units._k * TEMPERATURE_KELVIN
    rotating = 0.5 + 0.5 * np.log(8 * np.pi**3 * moment * thermal / units._hplanck**2)
    share = 1 / (1 + (FREE_ROTOR_CM * units.invcm / energies) ** 4)
    return float(units.kB * (share * vibrating + (1 - share) * rotating).sum())
