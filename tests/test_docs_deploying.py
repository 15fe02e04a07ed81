"""docs/deploying.md: its template deploys, and its commands do what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.aws.serving import serving

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL))


def test_once_around(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    # The CLI's own script cannot stand in a folder whose name has a space.
    (tmp_path / "aws").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awscli "$@"\n')
    (tmp_path / "aws").chmod(0o755)
    path = os.environ["PATH"]
    (tmp_path / "template.yaml").write_text(block("yaml"), encoding="utf-8")
    (tmp_path / "src" / "app.py").write_text(block("python"), encoding="utf-8")
    with serving(seed=1) as url:
        environment = {
            "PATH": os.pathsep.join((str(tmp_path), str(Path(sys.executable).parent), path)),
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_PAGER": "",
        }
        script = block("sh").replace(
            "paddock clock advance", f"paddock clock --port {url.rpartition(':')[2]} advance"
        )
        done = subprocess.run(
            ["bash", "-ec", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "taken" in done.stdout
    assert 'a ride: {"to": "Potsdam"}' in done.stdout
    assert "No changes to deploy" in done.stdout + done.stderr
