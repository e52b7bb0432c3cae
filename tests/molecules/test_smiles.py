import pickle

import pytest

from molecules.smiles import SmilesError, canonical, parse


@pytest.mark.parametrize(
    ("smiles", "place", "remedy"),
    [
        ("C1CC", "unclosed ring: “C1CC”", "Close every ring"),
        ("C=CC(=O", "character 5: “C=CC(=O”", "Balance the parentheses"),
        ("CN(C)(C)(C)C", "N (atom 2)", "[N+]"),
        ("c1cccn1", "N (atom 5)", "[nH]"),
        ("cc", "C (atom 1)", "capitals"),
        ("acrylamide", "character 1: “acrylamide”", "structure editor"),
        ("C=CC–N", "Character 5, '–'", "dash"),
        ("CC O", "Character 3", "Remove it"),
        ("C\0C", "'\\x00'", "Remove it"),
        (" ", "empty", "C=CC#N"),
    ],
)
def test_an_error_quotes_the_place_and_says_what_to_write(smiles: str, place: str, remedy: str) -> None:
    with pytest.raises(SmilesError) as caught:
        parse(smiles)
    assert place in caught.value.reason
    assert remedy in caught.value.remedy
    assert "\0" not in str(caught.value)


def test_long_input_is_quoted_around_the_place() -> None:
    with pytest.raises(SmilesError, match=r"character 81: “…C+\(C”"):
        parse("C" * 80 + "(C")


def test_errors_survive_the_trip_between_processes() -> None:
    error = SmilesError("reason", "remedy")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_canonical_smiles_is_one_for_all_writings() -> None:
    assert canonical(" N#CC=C ") == canonical("C=CC#N") == "C=CC#N"
