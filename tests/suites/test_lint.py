"""`watchword lint`, which was called `watchword check`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchword.specs.loader import bundled
from watchword.suites.lint import check, lint

TARGET = """
[target]
name = "staging"
dialect = "sensu"
url = "https://api.example.test:8080/"

[credentials]
username = "mira"
password = "env:STAGING_PASSWORD"
"""


def linted(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(lint, [str(argument) for argument in arguments])


@pytest.fixture
def dialect(tmp_path: Path) -> Path:
    """Give a copy of a bundled dialect, to be broken."""
    return Path(shutil.copytree(bundled()["sensu"], tmp_path / "copied"))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Give a target file that takes its password from a variable."""
    file = tmp_path / "staging.toml"
    file.write_text(TARGET, "utf-8")
    return file


def test_the_bundled_dialects_are_looked_at() -> None:
    """Without arguments, there is a line for each bundled dialect, and nothing is wrong."""
    done = linted()

    assert 0 == done.exit_code
    assert [f"ok  {name}" for name in bundled()] == [line.partition(":")[0] for line in done.stdout.splitlines()]


def test_a_folder_is_counted(dialect: Path) -> None:
    """A dialect's line says how many operations, clauses and profiles it has."""
    done = linted(dialect)

    assert f"ok  {dialect}: 4 operations, " in done.stdout
    assert " tested), " in done.stdout


@pytest.mark.parametrize("name", ["openapi.yaml", "clauses.yaml", "profiles.yaml"])
def test_each_file_of_a_dialect_is_read(dialect: Path, name: str) -> None:
    """A mistake in any of the three files is an error that names the file, and ends with 4."""
    file = dialect / name
    file.write_text(file.read_text("utf-8") + "\n]", "utf-8")

    done = linted(dialect)

    assert 4 == done.exit_code
    assert "" == done.stdout
    assert f"Error: {file}" in done.stderr


def test_all_paths_are_looked_at(dialect: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in one of several paths does not keep the others from being looked at."""
    monkeypatch.setenv("STAGING_PASSWORD", "not-shown")

    done = linted(dialect, "senso", target)

    assert 4 == done.exit_code
    assert 2 == len(done.stdout.splitlines())
    assert "did you mean 'sensu'?" in done.stderr


def test_a_target_file_is_summed_up(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target's line says what would be tested where, and no credential."""
    monkeypatch.setenv("STAGING_PASSWORD", "not-shown")

    done = linted(target)

    assert f"ok  {target}: staging, sensu at https://api.example.test:8080, 2 credentials\n" == done.stdout
    assert "not-shown" not in done.output


def test_a_variable_that_is_not_set_is_an_error(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target file is no good while a variable that it names is missing."""
    monkeypatch.delenv("STAGING_PASSWORD", raising=False)

    done = linted(target)

    assert 4 == done.exit_code
    assert "STAGING_PASSWORD is not set" in done.stderr


def test_the_old_name_works_and_says_the_new_one(dialect: Path) -> None:
    """`watchword check` does and prints the same, and says on the side what it is called now."""
    (dialect / "clauses.yaml").write_text("]", "utf-8")
    old, new = (CliRunner().invoke(command, ["sensu", str(dialect)]) for command in (check, lint))

    assert (4, new.stdout) == (old.exit_code, old.stdout)
    assert old.stderr.endswith(new.stderr)
    assert "watchword lint" in old.stderr.removesuffix(new.stderr)
