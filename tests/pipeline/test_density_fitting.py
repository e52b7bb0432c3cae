"""Density fitting: errors of atoms foretell those of molecules."""

from __future__ import annotations

import pytest

from pipeline.density_fitting import LARGEST_ERROR_HARTREE, check_fit, fit_error
from pipeline.errors import InputError
from pipeline.mean_field import _atom, converge, scf_solver


@pytest.mark.parametrize(
    ("symbol", "basis", "suits"),
    [
        ("Br", "def2-svp", True),
        ("I", "def2-svpd", True),
        ("Cl", "cc-pvdz", True),
        ("Br", "ccecp-cc-pvdz", True),
        ("I", "sbkjc", True),
        ("Br", "lanl2dz", False),
        ("Br", "cc-pvdz", False),
        ("Se", "6-31g*", False),
        ("Br", "crenbl", False),
        ("I", "sto-3g", False),
    ],
)
def test_a_basis_is_refused_where_the_energy_of_the_atom_would_be_wrong(symbol, basis, suits):
    atom = _atom(symbol, basis)
    exact, fitted = (converge(scf_solver(atom, "hf", 0, fit)).e_tot for fit in (False, True))
    assert (abs(fitted - exact) < LARGEST_ERROR_HARTREE) == suits
    if suits:
        check_fit([atom])
    else:
        with pytest.raises(InputError, match="hartree off") as refused:
            check_fit([atom])
        assert "--density-fit" in refused.value.remedy


@pytest.mark.parametrize("basis", ["def2-svp", "def2-svpd", "def2-tzvpd"])
@pytest.mark.parametrize("symbol", ["H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I"])
def test_the_bases_of_the_profiles_fit_every_element_of_candidates(symbol, basis):
    assert fit_error(_atom(symbol, basis)) < 2e-4


def test_an_element_without_fitting_functions_is_refused():
    with pytest.raises(InputError, match="no fitting functions"):
        check_fit([_atom("Zn", "cc-pvdz")])
