"""The wheel: what is in it, and that it works far from the checkout, with the extra `suites` and without it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Iterator
from html import unescape
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from watchword.reports.records import EndRecord, RunRecord, write_line
from watchword.specs.loader import bundled
from watchword.suites.judging.workshop import GENERATED

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("specs", "mockserver", "suites", "reports", "detection")
LANTERNHOUSE = ROOT / "tests" / "dialects" / "lanternhouse"
SMALLEST = LANTERNHOUSE.with_name("smallest")
LACKS = "Schemathesis is not installed: pip install 'watchword[suites]'"


def run(*command: str | Path, cwd: Path, code: int = 0, **environ: str) -> str:
    """Run a command in a folder, with nothing of the checkout in its environment, and give what it printed; it ends with `code`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "WATCHWORD", "COV"))}
    done = subprocess.run(
        command, cwd=cwd, env=kept | environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == code, done.stdout[-4000:]
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


def lend(names: Iterable[str], folder: Path) -> None:
    """Lend a folder what is installed here, by links: copying it would take longer than all the tests of this file."""
    for name in names:
        for file in metadata.files(name) or ():
            top = Path(str(file)).parts[0]
            if top not in ("..", "__pycache__") and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / top)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment that holds what it requires and nothing else; give its commands' folder.

    What only an extra brings is not there.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    lend(required("watchword"), site)
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    run(*pip, "check", cwd=folder)
    return folder / "bin"


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the variables that put beside the wheel what the extra `suites` brings: that it can be imported is what counts."""
    folder = tmp_path_factory.mktemp("suites")
    lend(required("watchword", frozenset({"suites"})) - required("watchword"), folder)
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """Give a folder in which nothing is known of Watchword."""
    folder = tmp_path / "away"
    folder.mkdir()
    return folder


@pytest.fixture
def served(request: pytest.FixtureRequest, installed: Path, away: Path) -> Iterator[dict[str, Any]]:
    """Serve a mock with the installed command, and give what its ready file says; of Sensu, unless a test names another dialect."""
    ready = away / "ready.json"
    dialect = getattr(request, "param", "sensu")
    command: list[str | Path] = [installed / "watchword", "mock", dialect, "--port", "0", "--ready-file", ready]
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


def described(served: dict[str, Any], folder: Path) -> Path:
    """Describe a mock in a target file in a folder."""
    facts = {"name": "mock", **{key: served[key] for key in ("dialect", "url", "resource_url")}}
    tables = {"target": facts, "credentials": served["credentials"]}
    lines = [
        [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())] for name, row in tables.items()
    ]
    file = folder / "mock.toml"
    file.write_text("\n".join(line for table in lines for line in table) + "\n", "utf-8")
    return file


def test_the_installed_suites_run_against_a_target_file(
    installed: Path, away: Path, served: dict[str, Any], suites: dict[str, str]
) -> None:
    """The installed suites pass against the installed mock, leave their report where they were started, and leave nothing out."""
    target = described(served, away)
    words = ["-m", "pytest", "--pyargs", "watchword.suites", "--target", target, "--html", "page.html"]

    printed = run(installed / "python", *words, cwd=away, **suites)

    assert ["pass"] == sorted({record["verdict"] for record in records(away) if is_generated(record)})
    assert "Schemathesis" not in printed
    assert (away / "page.html").is_file()
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


def records(folder: Path) -> list[dict[str, Any]]:
    """Give the records of the clauses that were checked in a folder."""
    lines = (folder / "reports" / "out" / "records.jsonl").read_text("utf-8").splitlines()
    return [record for record in map(json.loads, lines) if record["record"] == "clause"]


def is_generated(record: dict[str, Any]) -> bool:
    """Tell whether the check of a clause sends generated requests."""
    return bool(record["check"] == GENERATED)


def test_other_peoples_tests_are_left_alone(installed: Path, away: Path) -> None:
    """In a project without our suites pytest imports no library for our plugins, and of ours what begins them; nothing is written."""
    # The fixture starts a mock all the same, when somebody asks for one.
    (away / "test_a.py").write_text(
        "import json, pathlib, sys, sysconfig\n\n\n"
        "def test_a():\n"
        "    site = sysconfig.get_path('purelib')\n"
        "    there = [n for n, m in list(sys.modules.items()) if str(getattr(m, '__file__', '')).startswith(site)]\n"
        "    pathlib.Path('there.json').write_text(json.dumps(there))\n",
        "utf-8",
    )
    (away / "test_client.py").write_text(
        "def test_client(watchword_mock):\n"
        "    import requests\n\n"
        "    mock = watchword_mock('sensu')\n"
        "    assert requests.get(f'{mock.url}/auth', auth=('mira', 'wrong')).status_code == 401\n",
        "utf-8",
    )

    def libraries(names: Iterable[str]) -> set[str]:
        return {name.partition(".")[0] for name in names}

    words = ["-m", "pytest", "-W", "error", "test_a.py"]
    run(installed / "python", *words, cwd=away, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    without = set(json.loads((away / "there.json").read_text("utf-8")))
    printed = run(installed / "python", *words, "test_client.py", cwd=away)
    more = set(json.loads((away / "there.json").read_text("utf-8"))) - without

    assert {"watchword"} == libraries(more) - libraries(without)
    assert set() == more & {
        "watchword.mockserver.service",
        "watchword.reports.records",
        "watchword.specs.loader",
        "watchword.suites.running.tally",
    }
    assert "2 passed" in printed
    assert "watchword" not in printed.splitlines()[-1]
    assert not (away / "reports").exists()


def test_without_the_extra_the_suites_run(installed: Path, away: Path) -> None:
    """What needs generated requests is not observable and sends nothing, all else is checked; console and page say so once."""
    words = ["test", "--dialect", "sensu", "--topic", "contract"]
    warning = f"no requests can be generated for 4 clauses: {LACKS}"

    printed = run(installed / "watchword", *words, cwd=away)
    page = unescape((away / "reports" / "out" / "report.html").read_text("utf-8"))
    plan = run(installed / "watchword", *words, "--plan", cwd=away)

    left = [record for record in records(away) if is_generated(record)]
    assert {("not_observable", LACKS, 0)} == {(r["verdict"], r["reason"], len(r["exchanges"])) for r in left}
    assert {"pass", "observed"} == {record["verdict"] for record in records(away) if not is_generated(record)}
    assert (1, 1) == (printed.count(f"warning: {warning}"), plan.count(f"warning: {warning}"))
    assert 1 == page.count(warning)
    assert len(left) == plan.count(f"not sent: {LACKS}")


@pytest.mark.parametrize("served", [LANTERNHOUSE], indirect=True, ids=["lanternhouse"])
def test_without_the_extra_a_rule_that_binds_is_undecided(installed: Path, away: Path, served: dict[str, Any]) -> None:
    """Where such a clause binds, the run ends with 7 and says what would decide it; the doctor warns of it before."""
    target = described(served | {"dialect": str(LANTERNHOUSE)}, away)

    doctor = run(installed / "watchword", "doctor", target, cwd=away)
    printed = run(installed / "watchword", "test", target, "--topic", "contract", cwd=away, code=7)

    levels = [record["level"] for record in records(away) if is_generated(record)]
    assert f"{levels.count('must')} binding rules: {LACKS}" in printed
    assert re.search(
        rf"WARNING +generated +no requests can be generated for {len(levels)} clauses: {re.escape(LACKS)}", doctor
    )


def test_another_release_is_not_trusted_in_silence(
    installed: Path, away: Path, tmp_path: Path, served: dict[str, Any]
) -> None:
    """Who has another Schemathesis is told which one is vouched for; one that cannot be used leaves its clauses open, not in error."""
    old = tmp_path / "old"
    (old / "schemathesis").mkdir(parents=True)
    (old / "schemathesis" / "__init__.py").touch()
    (old / "schemathesis-3.1.dist-info").mkdir()
    (old / "schemathesis-3.1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: schemathesis\nVersion: 3.1\n"
    )
    # What a dialect keeps is made by nobody; this one keeps nothing.
    dialect = shutil.copytree(bundled()["sensu"], tmp_path / "sensu", ignore=shutil.ignore_patterns("generated.json"))
    target = described(served | {"dialect": str(dialect)}, away)
    words = ["test", str(target), "--topic", "contract", "-k", "token.contract"]

    printed = run(installed / "watchword", *words, cwd=away, code=7, PYTHONPATH=str(old))

    (record,) = records(away)
    assert "not_observable" == record["verdict"]
    assert record["reason"].startswith("the Schemathesis that is installed cannot be used (")
    assert record["reason"].endswith("): pip install 'watchword[suites]'")
    assert (
        "warning: the checks of 1 clause that send generated requests are judged by Schemathesis 3.1, and only "
        in printed
    )


def test_what_the_extra_brings_is_named(installed: Path, away: Path) -> None:
    """An option of a library that the extra brings is refused in one line that says so."""
    printed = run(installed / "watchword", "test", "--", "--html=page.html", cwd=away, code=4)

    assert "Error: --html wants pytest-html, which is not installed: pip install 'watchword[suites]'" in printed


def test_without_the_extra_faults_are_measured(installed: Path, away: Path) -> None:
    """Clauses whose requests cannot be generated are told as not checked: they guard nothing, and are not called unguarded."""
    folder = Path(shutil.copytree(SMALLEST, away / "smallest"))
    row = (
        "- {id: me.described, topic: contract, says: Every reply is described., level: must, basis: inferred, source: "
    )
    row += f"{{document: smallest, section: Me, line: 3}}, operation: readMe, guarantee: {GENERATED}}}\n"
    register = folder / "clauses.yaml"
    register.write_text(register.read_text("utf-8") + row, "utf-8")
    words = ["faults", folder, "--jobs", "1", "--json", "figures.json"]

    printed = run(installed / "watchword", *words, cwd=away, code=1)
    figures = json.loads((away / "figures.json").read_text("utf-8"))

    assert ["smallest:me.described"] == figures["unchecked"]
    assert "smallest:me.described" not in figures["unguarded"]
    assert f"warning: no requests can be generated for 1 clause: {LACKS}; a fault that nothing else notices" in printed


def test_without_the_extra_records_are_held_against_their_schema(installed: Path, away: Path) -> None:
    """A line that breaks the schema is refused in the same words, and right ones are taken, whichever library looks first."""
    begun = write_line(RunRecord("2026-11-27T08:00:00+00:00", {}, ()))
    ended = write_line(EndRecord({}, 5, 0.0))
    odd = ended.replace('"exit":5', '"exit":"5"')
    (away / "right.jsonl").write_text(f"{begun}\n{ended}\n", "utf-8")
    (away / "wrong.jsonl").write_text(f"{begun}\n{odd}\n", "utf-8")

    run(installed / "watchword", "report", "right.jsonl", cwd=away)
    printed = run(installed / "watchword", "report", "wrong.jsonl", cwd=away, code=4)

    assert "Error: wrong.jsonl:2: exit: '5' is not of type 'integer'" in printed
