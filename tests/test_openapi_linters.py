"""Other people's linters on descriptions; they are Node programs that `make node-packages` installs.

They look at the bundled dialects and the invented one, or at the folders that the variable LINTED names, one a line.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from watchword.specs.loader import bundled

ROOT = Path(__file__).resolve().parent.parent
FICTIONAL = Path(__file__).parent / "dialects" / "lanternhouse"
NAMED = [Path(line).resolve() for line in os.environ.get("LINTED", "").splitlines() if line]
DESCRIPTIONS = {str(folder): folder for folder in NAMED} or {**bundled(), FICTIONAL.name: FICTIONAL}


def lint(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a linter from the root of the checkout."""
    quiet = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run(words, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)


@pytest.mark.needs("redocly")
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_redocly(name: str, tool: Callable[[str], str]) -> None:
    """Redocly's recommended rules find no error."""
    ended = lint(tool("redocly"), "lint", "--format=stylish", str(DESCRIPTIONS[name] / "openapi.yaml"))

    assert 0 == ended.returncode, ended.stdout + ended.stderr


@pytest.mark.needs("spectral")
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_spectral(name: str, tmp_path: Path, tool: Callable[[str], str]) -> None:
    """Spectral's rules for OpenAPI find no error."""
    ruleset = tmp_path / "ruleset.yaml"
    ruleset.write_text('extends: ["spectral:oas"]\n', encoding="utf-8")
    file = str(DESCRIPTIONS[name] / "openapi.yaml")
    ended = lint(tool("spectral"), "lint", "--fail-severity=error", "--ruleset", str(ruleset), file)

    assert 0 == ended.returncode, ended.stdout + ended.stderr
