"""compose.yaml: what it names is there, what is secret is not in it. Its parts run in tests/flows/test_team.py."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from compose_file import FILE, VARIABLE, compose

ROOT = FILE.parent
SERVICES = compose()["services"]


def test_the_file_has_the_keys_of_the_specification_and_no_others() -> None:
    assert {key for key in compose() if not key.startswith("x-")} == {"name", "services", "volumes", "configs"}
    known = {"image", "build", "restart", "command", "environment", "ports", "volumes", "configs"}
    known |= {"depends_on", "healthcheck", "hostname"}
    for service in SERVICES.values():
        assert set(service) <= known
        assert (
            all(isinstance(value, str) for value in service["environment"].values()) if "environment" in service else 1
        )


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name: str) -> None:
    service = SERVICES[name]
    for other, how in service.get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[other]
    for volume in service.get("volumes", []):
        source = volume.rsplit(":", 1)[0]
        assert source in compose()["volumes"] or VARIABLE.fullmatch(source)
    for config in service.get("configs", []):
        assert config["source"] in compose()["configs"]
    for value in service.get("environment", {}).values():
        for host in re.findall(r"(?:@|//)([a-z]+):\d+", value):
            assert host in SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    assert re.fullmatch(r"[a-z]+:\d+\.\d+[\w.-]*", SERVICES[name]["image"])


def test_what_has_no_default_is_asked_for_and_no_secret_is_in_the_file() -> None:
    uses = VARIABLE.findall(FILE.read_text())
    asked = {name for name, how, _ in uses if how == "?"}
    given = {name for name, how, _ in uses if how == "-"}
    assert {name for name, _, _ in uses} == asked | given
    assert asked == {"POSTGRES_PASSWORD", "EIGENLEAD_LOGIN", "EIGENLEAD_HOST"}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "AUTH" in name:
                assert VARIABLE.fullmatch(value)
            assert re.findall(r"://\w+:([^@/]+)@", value) in ([], [value[value.find("${") : value.find("}") + 1]])


def test_the_database_and_the_messages_stay_inside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["server", "worker"]


def test_the_image_has_what_the_services_start() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "make setup" in text
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-slim-bookworm$", text, re.MULTILINE)
    assert re.search(r"^USER eigenlead$", text, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ".venv" in ignored
    assert {Path(SERVICES[name]["command"][0]).name for name in ("server", "services", "worker")} == {
        *("prefect", "eigenlead"),
    }


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "place"), [("kubernetes", "eigenlead-data"), ("docker", "/srv/eigenlead:/data")])
def test_the_templates_of_other_work_pools_are_made_as_the_guide_says(kind: str, place: str, tmp_path: Path) -> None:
    """What a template gives by default is what its own schema allows."""
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed: apt-get install jq")
    guide = (ROOT / "docs/how-to/team.md").read_text()
    (commands,) = (block for block in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL) if f"> {kind}.json" in block)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "PREFECT_HOME": str(tmp_path)}
    subprocess.run(["bash", "-ec", commands], cwd=tmp_path, env=env, check=True)
    template = json.loads((tmp_path / f"{kind}.json").read_text())
    assert place in json.dumps(template)
    given = {name: one["default"] for name, one in template["variables"]["properties"].items() if one.get("default")}
    assert given["image"].endswith("eigenlead:0.1.0")
    jsonschema.validate(given, template["variables"])
