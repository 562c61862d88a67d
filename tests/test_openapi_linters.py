"""Other people's linters on descriptions; they are Node programs that `make node-packages` installs.

They look at the bundled dialects and the invented one, or at the folders that the variable LINTED names, one a line.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import cache
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


@cache
def is_clean(*words: str) -> bool:
    """Tell whether a linter finds nothing in any description: Node takes longer to start than to look at all of them."""
    return lint(*words, *(str(folder / "openapi.yaml") for folder in DESCRIPTIONS.values())).returncode == 0


def errors(name: str, *words: str) -> str:
    """Give what a linter says of a description with errors; nothing where it finds none."""
    if is_clean(*words):
        return ""
    ended = lint(*words, str(DESCRIPTIONS[name] / "openapi.yaml"))
    return ended.stdout + ended.stderr if ended.returncode else ""


@pytest.mark.needs("redocly")
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_redocly(name: str, tool: Callable[[str], str]) -> None:
    """Redocly's recommended rules find no error."""
    assert not errors(name, tool("redocly"), "lint", "--format=stylish")


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a file that asks Spectral for its rules for OpenAPI."""
    file = tmp_path_factory.mktemp("spectral") / "ruleset.yaml"
    file.write_text('extends: ["spectral:oas"]\n', encoding="utf-8")
    return str(file)


@pytest.mark.needs("spectral")
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_spectral(name: str, ruleset: str, tool: Callable[[str], str]) -> None:
    """Spectral's rules for OpenAPI find no error."""
    assert not errors(name, tool("spectral"), "lint", "--fail-severity=error", "--ruleset", ruleset)
