"""Core potentials: what of an atom a basis set describes, and what a potential stands for."""

from __future__ import annotations

import pytest
from levels_small import geometry
from pyscf import gto, scf
from pyscf.data.nist import HARTREE2EV

from molecules.conformers import Geometry
from pipeline.errors import InputError
from pipeline.mean_field import converge, molecule, n_valence, scf_solver

TETRAHEDRON = ((1, 1, 1), (-1, -1, 1), (-1, 1, -1), (1, -1, -1))
METHANE = geometry(("C", 0.0, 0.0, 0.0), *(("H", *(0.629 * x for x in corner)) for corner in TETRAHEDRON))
HYDROGEN_HALIDES = {
    "Cl": geometry(("Cl", 0.0, 0.0, 0.0), ("H", 0.0, 0.0, 1.275)),
    "Br": geometry(("Br", 0.0, 0.0, 0.0), ("H", 0.0, 0.0, 1.414)),
    "I": geometry(("I", 0.0, 0.0, 0.0), ("H", 0.0, 0.0, 1.609)),
}


def halomethane(halogen: str, bond: float) -> Geometry:
    hydrogens = ((1.03, 0.0), (-0.515, 0.892), (-0.515, -0.892))
    return geometry(("C", 0.0, 0.0, 0.0), (halogen, 0.0, 0.0, bond), *(("H", x, y, -0.35) for x, y in hydrogens))


def energy(atoms: Geometry, basis: str, charge: int = 0) -> float:
    return float(converge(scf_solver(molecule(atoms, charge, 1 + charge, basis), "hf", 0, False)).e_tot)


@pytest.mark.parametrize(
    ("atoms", "basis", "potentials", "about"),
    [
        (halomethane("Br", 1.94), "lanl2dz", {"Br": "lanl2dz"}, -52.5),
        (METHANE, "ccecp-cc-pvdz", {"C": "ccecp", "H": "ccecp"}, -7.83),
        (halomethane("I", 2.14), "ma-def2-svp", {"I": "def2-tzvp"}, -336.3),
        (METHANE, "bfd-vdz", {"C": "bfd", "H": "bfd"}, -7.85),
        (halomethane("Cl", 1.78), "sbkjc", {"C": "sbkjc", "Cl": "sbkjc"}, -22.0),
        (halomethane("I", 2.14), "def2-mtzvp", {"I": "def2-svp"}, -336.2),
    ],
)
def test_a_basis_has_the_potentials_of_its_family(atoms, basis, potentials, about):
    """As in PySCF with the potentials named by hand."""
    theirs = gto.M(
        atom=list(zip(atoms.symbols, atoms.coordinates().tolist(), strict=True)), basis=basis, ecp=potentials, verbose=0
    )
    ours = energy(atoms, basis)
    assert ours == pytest.approx(scf.RHF(theirs).run(conv_tol=1e-10).e_tot, abs=1e-7)
    assert ours == pytest.approx(about, abs=0.2)


FAMILIES = "def2-svp ma-def2-svp def2-svpd def2-mtzvp lanl2dz unc-lanl2dz crenbl sbkjc ccecp-cc-pvdz bfd-vdz"


@pytest.mark.parametrize("basis", FAMILIES.split())
@pytest.mark.parametrize(("halogen", "ionisation_ev"), [("Cl", 11.7), ("Br", 10.8), ("I", 9.8)])
def test_what_a_valence_electron_is_bound_by_does_not_depend_on_the_core(basis, halogen, ionisation_ev):
    """Of HX, by ΔSCF. Without its potential such a basis gives from −97 to +30 eV."""
    atoms = HYDROGEN_HALIDES[halogen]
    assert HARTREE2EV * (energy(atoms, basis, 1) - energy(atoms, basis)) == pytest.approx(ionisation_ev, abs=0.35)


@pytest.mark.parametrize(
    ("symbol", "basis", "electrons"),
    [
        ("C", "lanl2dz", 6),  # of the light atoms it describes all electrons
        ("Cl", "lanl2dz", 7),
        ("Br", "LANL2DZ", 7),
        ("Br", "lanl08", 7),
        ("Br", "def2svp", 35),
        ("I", "def2-TZVPP", 25),
        ("I", "ma-def2-tzvp", 25),
        ("I", "def2-universal-jkfit", 25),
        ("I", "dyall-v2z", 53),
        ("I", "sto-3g", 53),
        ("I", "cc-pvdz-pp", 25),
        ("Zn", "aug-cc-pvtz-pp", 20),
        ("Ag", "cc-pwcvdz-pp", 19),
        ("C", "stuttgart", 4),
        ("N", "crenbl", 5),
        ("S", "ccecp-aug-cc-pvtz", 6),
        ("S", "ccecp-he-cc-pvdz", 14),
        ("H", "bfd-vtz", 1),
        ("Se", "stuttgart@2s2p", 6),
        ("B", "qavg-vszps", 3),
        ("Cl", "cc-pvdz-dk", 17),
    ],
)
def test_the_potential_stands_for_the_core_that_the_functions_lack(symbol, basis, electrons):
    assert n_valence([symbol], basis) == electrons


@pytest.mark.parametrize(
    ("symbol", "basis", "reason"),
    [
        ("C", "gth-dzvp", "no functions for the core of C"),
        ("I", "minao", "no functions for the core of I"),
        ("Ag", "cc-pvdz-pp-nr", "no functions for the core of Ag"),
        ("Br", "sap-grasp-small", "no functions for the core of Br"),
        ("Br", "cc-pvdz-dk", "contracted for a relativistic Hamiltonian"),
        ("Se", "ano-rcc", "contracted for a relativistic Hamiltonian"),
        ("I", "cc-pvtz-dk3", "contracted for a relativistic Hamiltonian"),
        ("Br", "lanl2tz", "cannot be used here"),
        ("I", "6-31g**", "cannot be used here"),
        ("C", "6-31g(xx)", "cannot be used here"),
        ("C", "cc-pvdz@9s", "cannot be used here"),
        ("C", "ccecp", "cannot be used here"),
        ("Br", "cc-pvdz@2s1p", "do not fit into the 5 functions"),
    ],
)
def test_other_functions_are_refused_with_a_remedy(symbol, basis, reason):
    with pytest.raises(InputError, match=reason) as refused:
        n_valence([symbol], basis)
    assert refused.value.remedy.startswith("Use a")


def test_a_charge_may_take_no_electron_of_the_core():
    carbon = geometry(("C", 0.0, 0.0, 0.0))
    assert molecule(carbon, 4, 1, "6-31g").nelectron == 2
    assert molecule(carbon, 4, 1, "ccecp-cc-pvdz").nelectron == 0
    with pytest.raises(InputError, match="more electrons than there are"):
        molecule(carbon, 6, 1, "ccecp-cc-pvdz")
