"""compose.yaml, as Docker's Compose reads it, for tests on machines that have no Docker."""

import re
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "compose.yaml"
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


def compose() -> dict[str, Any]:
    """The file with its references resolved, its variables not."""
    return yaml.safe_load(FILE.read_text())


def environment_of(service: str, variables: dict[str, str], places: dict[str, str]) -> dict[str, str]:
    """A service's environment, with values of variables, and with other places for the services' own."""
    found = {}
    for name, value in compose()["services"][service]["environment"].items():
        text = VARIABLE.sub(lambda match: variables[match[1]], value)
        for place, other in places.items():
            text = text.replace(place, other)
        found[name] = text
    return found
