"""Which part may import which: import-linter holds the contracts of pyproject.toml, and they can be broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("specs", "mockserver", "suites", "reports", "detection")


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder, with the packages that are found there first."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-logo",
        "--no-cache",
    ]
    environ = {**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run([*command, *options], cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the packages, laid out as they are imported, beside a copy of the contracts."""
    for folder in FOLDERS:
        shutil.copytree(
            ROOT / folder, tmp_path / "watchword" / folder, ignore=shutil.ignore_patterns("__pycache__", "out")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_are_kept() -> None:
    """Imports run one way: from the sides to the descriptions and the records, never across."""
    done = lint_imports(ROOT)

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("specs", "mockserver.world", "The descriptions know nothing of who reads them"),
        ("specs", "reports.records", "The descriptions know nothing of who reads them"),
        ("mockserver", "suites.target", "The mock and the suites never meet"),
        ("suites", "mockserver.launch", "The mock and the suites never meet"),
        ("reports", "specs.loader", "Reports know records and nothing else"),
        ("mockserver", "reports.records", "The mock writes no reports"),
        ("suites", "reports.junit", "Of the reports, the suites know the records only"),
        ("suites", "reports.matrix", "Of the reports, the suites know the records only"),
        ("mockserver", "detection.run", "The measurement composes, and nobody needs it"),
        ("reports", "detection.laws", "The measurement composes, and nobody needs it"),
    ],
)
def test_a_forbidden_import_is_noticed(copy: Path, importer: str, imported: str, contract: str) -> None:
    """One import across a border breaks the contract that guards it."""
    (copy / "watchword" / importer / "trespass.py").write_text(f"import watchword.{imported}\n", "utf-8")

    done = lint_imports(copy)

    assert 1 == done.returncode, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


def test_the_records_are_a_leaf(copy: Path) -> None:
    """The records import no other part of the reports."""
    records = copy / "watchword" / "reports" / "records.py"
    records.write_text(records.read_text("utf-8") + "\nimport watchword.reports.wording\n", "utf-8")

    done = lint_imports(copy)

    assert 1 == done.returncode
    assert "The records are a leaf BROKEN" in done.stdout
