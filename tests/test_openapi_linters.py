"""Other people's linters on the bundled descriptions; they are Node programs that `make lint-openapi` installs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from watchword.specs.loader import bundled

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv-node" / "node_modules" / ".bin"
FICTIONAL = Path(__file__).parent / "dialects" / "lanternhouse"
DESCRIPTIONS = {**bundled(), FICTIONAL.name: FICTIONAL}


def needs(tool: str) -> pytest.MarkDecorator:
    """Leave a test out where a tool is not installed."""
    present = (BIN / tool).exists() and shutil.which("node") is not None
    return pytest.mark.skipif(not present, reason=f"{tool} is not installed; make lint-openapi does that")


def lint(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a linter from the root of the checkout."""
    tool, *rest = words
    quiet = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run([str(BIN / tool), *rest], cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)


@needs("redocly")
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_redocly(name: str) -> None:
    """Redocly's recommended rules find no error."""
    ended = lint("redocly", "lint", "--format=stylish", str(DESCRIPTIONS[name] / "openapi.yaml"))

    assert 0 == ended.returncode, ended.stdout + ended.stderr


@needs("spectral")
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_spectral(name: str, tmp_path: Path) -> None:
    """Spectral's rules for OpenAPI find no error."""
    ruleset = tmp_path / "ruleset.yaml"
    ruleset.write_text('extends: ["spectral:oas"]\n', encoding="utf-8")
    file = str(DESCRIPTIONS[name] / "openapi.yaml")
    ended = lint("spectral", "lint", "--fail-severity=error", "--ruleset", str(ruleset), file)

    assert 0 == ended.returncode, ended.stdout + ended.stderr
