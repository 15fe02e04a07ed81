"""compose.yaml cannot be run where there is no engine, so everything else about it is checked.

The schema is the Compose specification's own, in the copy that check-jsonschema carries.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ROOT / "compose.yaml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return services


def validate(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*command, file], capture_output=True, text=True, check=False)


@pytest.mark.process
def test_it_meets_the_compose_specification() -> None:
    done = validate(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.process
def test_the_specification_can_refuse(tmp_path: Path) -> None:
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchek:"))
    done = validate(broken)
    assert done.returncode == 1
    assert "healthchek" in done.stdout


def test_only_loopback_is_published(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:4566:4566"]


def test_nothing_is_interpolated() -> None:
    assert "$" not in COMPOSE.read_text()


def test_the_image_holds_the_four_packages(services: dict[str, Any]) -> None:
    dockerfile = services["paddock"]["build"]["dockerfile_inline"]
    copied = {
        word
        for line in re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert all((ROOT / name).exists() for name in copied), copied
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {*packages, "pyproject.toml", project["project"]["readme"], "LICENSE"}
    assert needed | {"constraints.txt"} == copied


def test_the_lab_reaches_the_service_by_its_name(services: dict[str, Any]) -> None:
    serve = services["paddock"]["command"]
    host, port = serve[serve.index("--host") + 1], serve[serve.index("--port") + 1]
    assert host == "0.0.0.0"
    assert services["lab"]["environment"]["AWS_ENDPOINT_URL"] == f"http://paddock:{port}"
    assert f"http://127.0.0.1:{port}/" in services["paddock"]["healthcheck"]["test"][-1]
    assert services["lab"]["depends_on"] == {"paddock": {"condition": "service_healthy"}}
    assert services["lab"]["image"] == services["paddock"]["image"]


def test_the_lab_is_there(services: dict[str, Any]) -> None:
    module = services["lab"]["command"][-1]
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module


@pytest.mark.process
def test_serve_takes_these_options(services: dict[str, Any]) -> None:
    program, verb, *options = services["paddock"]["command"]
    assert program == "paddock"
    script = "import sys; from lab.cli import main; sys.exit(main())"
    help_text = subprocess.run(
        [sys.executable, "-c", script, verb, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert all(option in help_text for option in options if option.startswith("--"))
