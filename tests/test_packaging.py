"""The wheel: what is in it, and that it works far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from watchword.specs.loader import bundled

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("specs", "mockserver", "suites", "reports", "detection")


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    """Run a command in a folder, with nothing of the checkout in its environment, and give what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "WATCHWORD", "COV"))}
    done = subprocess.run(
        command, cwd=cwd, env=kept | environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def tracked() -> list[str]:
    """Give the names of the files that are, or are about to be, in the repository."""
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT).split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a source distribution of a clean copy of the repository, and of that the wheel."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", source / "dist", source, cwd=source)
    return next((source / "dist").glob("*.whl"))


def required(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Give the names of the distributions that one requires here, and of those that they require."""
    found: set[str] = set()
    waiting = [(name, extras)]
    while waiting:
        asking, extras = waiting.pop()
        for requirement in map(Requirement, metadata.requires(asking) or ()):
            wanted = not requirement.marker or any(requirement.marker.evaluate({"extra": e}) for e in extras | {""})
            if wanted and requirement.name not in found:
                found.add(requirement.name)
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment that holds what it requires and nothing else; give its commands' folder."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # What is installed here already is lent by links, as copying it would take longer than all the tests of this file.
    for name in required("watchword"):
        for file in metadata.files(name) or ():
            top = Path(str(file)).parts[0]
            if top not in ("..", "__pycache__") and not (site / top).exists():
                (site / top).symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / top)
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    run(*pip, "check", cwd=folder)
    return folder / "bin"


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """Give a folder in which nothing is known of Watchword."""
    folder = tmp_path / "away"
    folder.mkdir()
    return folder


@pytest.fixture
def served(installed: Path, away: Path) -> Iterator[dict[str, Any]]:
    """Serve a mock with the installed command, and give what its ready file says."""
    ready = away / "ready.json"
    command: list[str | Path] = [installed / "watchword", "mock", "sensu", "--port", "0", "--ready-file", ready]
    with subprocess.Popen(command, cwd=away, stdout=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        # The command prints after it has written the file.
        mock.stdout.readline()
        yield json.loads(ready.read_text("utf-8"))
        mock.terminate()
        mock.stdout.read()

    assert 0 == mock.returncode


def test_the_wheel_holds_what_the_repository_holds(wheel: Path) -> None:
    """Every file of the five folders is in the wheel, below `watchword` and nowhere else."""
    there = {f"watchword/{name}" for name in tracked() if name.split("/")[0] in FOLDERS}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert there == {name for name in names if ".dist-info/" not in name}


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    """The licence travels with the code."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read("watchword-0.1.0.dist-info/licenses/LICENSE")

    assert (ROOT / "LICENSE").read_bytes() == text


def test_the_installed_packages_are_typed(installed: Path) -> None:
    """A type checker finds the marker of each package, and no short name was put beside them."""
    script = (
        "import importlib.util as u, pathlib\n"
        f"for part in {FOLDERS!r}:\n"
        "    origin = u.find_spec(f'watchword.{part}').origin\n"
        "    print(part, (pathlib.Path(origin).parent / 'py.typed').is_file(), u.find_spec(part))\n"
    )

    printed = run(installed / "python", "-c", script, cwd=installed)

    assert [f"{part} True None" for part in FOLDERS] == printed.splitlines()


def test_the_installed_data_is_in_order(installed: Path, away: Path) -> None:
    """`watchword lint` finds the bundled dialects in the installed package."""
    printed = run(installed / "watchword", "lint", cwd=away)

    assert ["ok"] * len(bundled()) == [line.split()[0] for line in printed.splitlines()]


def test_the_mock_is_a_module_too(installed: Path, away: Path) -> None:
    """`python -m watchword.mockserver` is `watchword mock`."""
    printed = run(installed / "python", "-m", "watchword.mockserver", "--help", cwd=away)

    assert "Usage: python -m watchword.mockserver" in printed


def test_the_installed_suites_run_against_a_target_file(installed: Path, away: Path, served: dict[str, Any]) -> None:
    """The installed suites pass against the installed mock, and leave their report where they were started."""
    lines = [
        "[target]",
        'name = "mock"',
        f'dialect = "{served["dialect"]}"',
        f'url = "{served["url"]}"',
        "[credentials]",
    ]
    lines += [f"{role} = {json.dumps(value)}" for role, value in served["credentials"].items()]
    (away / "mock.toml").write_text("\n".join(lines) + "\n", "utf-8")

    printed = run(
        installed / "python", "-m", "pytest", "--pyargs", "watchword.suites", "--target", "mock.toml", cwd=away
    )

    assert f"report: {away / 'reports' / 'out' / 'report.html'}" in printed
    assert ["junit.xml", "records.jsonl", "report.html"] == sorted(p.name for p in (away / "reports" / "out").iterdir())


def test_the_installed_suites_run_against_a_url(installed: Path, away: Path, served: dict[str, Any]) -> None:
    """A URL, a dialect and variables with the credentials are enough to run one suite."""
    variables = {f"WATCHWORD_{role.upper()}": value for role, value in served["credentials"].items()}
    options = ["--target-url", served["url"], "--dialect", served["dialect"], "--report-dir", "out"]

    run(
        installed / "python",
        "-m",
        "pytest",
        "--pyargs",
        "watchword.suites.test_refresh",
        *options,
        cwd=away,
        **variables,
    )

    assert (away / "out" / "report.html").is_file()


def test_the_installed_command_tests_a_server(installed: Path, away: Path, served: dict[str, Any]) -> None:
    """`watchword test` works far from the checkout, and calls the checks by the names they have there."""
    variables = {f"WATCHWORD_{role.upper()}": value for role, value in served["credentials"].items()}
    words = ["test", "--url", served["url"], "--dialect", served["dialect"], "--topic", "refresh", "-k", "works"]

    printed = run(installed / "watchword", *words, "--", "--collect-only", "-q", cwd=away, **variables)

    assert "suites/test_refresh.py::test_refresh[sensu:renew.works]" in printed


def test_other_peoples_tests_are_left_alone(installed: Path, away: Path) -> None:
    """In a project without our suites, the installed plugins load none of their machinery and write nothing."""
    heavy = {
        "schemathesis",
        "uvloop",
        "jsonschema",
        "watchword.reports.page.document",
        "watchword.suites.running.tally",
        "watchword.mockserver.service",
        "watchword.specs.loader",
    }
    (away / "test_own.py").write_text(
        f"import sys\n\ndef test_own():\n    assert [] == sorted({heavy!r} & set(sys.modules))\n", "utf-8"
    )

    printed = run(installed / "python", "-m", "pytest", "-p", "no:schemathesis", "-W", "error", "test_own.py", cwd=away)

    assert "1 passed" in printed
    assert "watchword" not in printed.splitlines()[-1]
    assert not (away / "reports").exists()
