"""Which part may import which: import-linter holds the contracts of pyproject.toml, and they can be broken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
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


def floors_of_contracts(folder: str) -> list[set[str]]:
    """Give the floors of a folder, the lowest first, as the contracts have them; the suites' own tests count as one."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == f"floors-{folder}")
    floors = [{re.sub(r"^test_\w+", "test_*", room.strip()) for room in layer.split("|")} for layer in reversed(layers)]
    return [floor for floor in floors if floor != {"__main__"}]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_architecture_is_told_as_it_is(folder: str) -> None:
    """ARCHITECTURE has the floors of each folder as the contracts have them."""
    row = re.search(rf"^\| `{folder}/`.*?\| (.*?) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)

    assert row is not None
    assert floors_of_contracts(folder) == [set(re.findall(r"`([\w*]+)`", floor)) for floor in row[1].split(" · ")]


def test_the_contracts_are_kept() -> None:
    """Imports run one way: from the sides to the descriptions and the records, never across."""
    done = lint_imports(ROOT)

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("specs", "mockserver.state.world", "The descriptions know nothing of who reads them"),
        ("specs", "reports.records", "The descriptions know nothing of who reads them"),
        ("mockserver", "suites.target", "The mock and the suites never meet"),
        ("suites", "mockserver.launch", "The mock and the suites never meet"),
        ("reports", "specs.loader", "Reports know records and nothing else"),
        ("mockserver", "reports.records", "The mock writes no reports"),
        ("suites", "reports.junit", "Of the reports, the suites know verdicts, exit codes, records and outcomes only"),
        ("suites", "reports.page", "Of the reports, the suites know verdicts, exit codes, records and outcomes only"),
        (
            "suites",
            "reports.detection.matrix",
            "Of the reports, the suites know verdicts, exit codes, records and outcomes only",
        ),
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


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("specs/values/api.py", "specs.loader", "The floors of specs"),
        ("mockserver/service.py", "mockserver.control", "The floors of mockserver"),
        ("mockserver/console/page.py", "mockserver.control", "The floors of mockserver"),
        ("mockserver/state/world.py", "mockserver.http.server", "The floors of mockserver"),
        ("mockserver/http/connection.py", "mockserver.http.server", "The floors of mockserver.http"),
        ("mockserver/rules/case.py", "mockserver.rules.decide", "The floors of mockserver.rules"),
        ("mockserver/faults/fault.py", "mockserver.faults.catalogue", "The floors of mockserver.faults"),
        ("suites/acting/steps.py", "suites.sending.probe", "The floors of suites"),
        ("suites/sending/budget.py", "suites.judging.contract", "The floors of suites"),
        ("suites/judging/expect.py", "suites.judging.judge", "The floors of suites.judging"),
        ("suites/running/check.py", "suites.running.runner", "The floors of suites.running"),
        ("reports/records.py", "reports.wording", "The floors of reports"),
        ("reports/page/cells.py", "reports.page.document", "The floors of reports.page"),
        ("detection/laws.py", "detection.run", "The floors of detection"),
    ],
)
def test_an_import_from_above_is_noticed(copy: Path, module: str, imported: str, contract: str) -> None:
    """A module that imports from a floor above its own, or from another room of the same, breaks its folder's contract."""
    with (copy / "watchword" / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport watchword.{imported}\n")

    done = lint_imports(copy)

    assert 1 == done.returncode, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


@pytest.mark.parametrize("room", ["specs", "mockserver/faults", "suites/acting/provoke", "reports/page"])
def test_a_module_without_a_floor_is_noticed(copy: Path, room: str) -> None:
    """A module that no floor of its folder names breaks the folder's contract."""
    (copy / "watchword" / room / "stray.py").write_text('"""Nowhere."""\n', "utf-8")

    done = lint_imports(copy)

    assert 1 == done.returncode
    assert "stray" in done.stdout
