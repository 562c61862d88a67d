"""`watchword lint`, which was called `watchword check`."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchword.specs.loader import bundled, load_dialect
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


SMALLEST = Path(__file__).parent.parent / "dialects" / "smallest"


@pytest.fixture
def smallest(tmp_path: Path) -> Path:
    """Give a copy of a small dialect, to be broken."""
    return Path(shutil.copytree(SMALLEST, tmp_path / "smallest"))


def changed(file: Path, *changes: tuple[str, str]) -> None:
    """Replace texts in a file, each of which stands in it."""
    text = file.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")


def test_everything_is_told_at_once(smallest: Path) -> None:
    """Mistakes in several files, rows and operations are told together, by operation, each with its line."""
    clauses, profiles = smallest / "clauses.yaml", smallest / "profiles.yaml"
    changed(clauses, ("when: password.wrong", "when: password.wrnog"), ("operation: readMe", "operation: readMee"))
    changed(clauses, ("present: [access_token]", "present: [refresh_token]"))
    changed(
        profiles,
        ("body.empty, body.malformed, body.not_an_object, ", ""),
        ("            with: unauthorized", "            with: unathorized"),
    )

    done = linted(smallest)

    assert (4, 1) == (done.exit_code, done.stderr.count("At the operation logIn, 3 mistakes:"))
    for file, line, says in (
        (clauses, 9, "no reply of the operation carries a 'refresh_token'"),
        (clauses, 17, "there is no condition 'password.wrnog'"),
        (clauses, 33, "there is no operation 'readMee'"),
        (profiles, 17, "nothing is said of 3 conditions"),
        (profiles, 35, "there is no reply 'unathorized'"),
    ):
        assert 1 == done.stderr.count(f"Error: {file}:{line}: {says}"), done.stderr


def test_what_is_wrong_by_the_schema_is_told_at_once(smallest: Path) -> None:
    """Of mistakes in the shape of a file none hides another."""
    changed(
        smallest / "clauses.yaml",
        ("level: must", "level: shall"),
        ("basis: documented", "basis: document"),
        ("topic: error_codes", "topc: error_codes"),
    )

    done = linted(smallest)

    assert all(says in done.stderr for says in ("'shall' is not valid", "'document' is not valid", "no key 'topc'"))
    assert 3 == done.stderr.count("Error: ")


def test_the_yaml_can_be_pasted(smallest: Path) -> None:
    """What the lint offers for undecided conditions makes the file right, once the reply is named."""
    file = smallest / "profiles.yaml"
    refuse = file.read_text("utf-8")
    begin, end = refuse.index("        refuse:"), refuse.index("        accept: [body.no_content_type]")
    file.write_text(refuse[:begin] + refuse[end:], "utf-8")
    told = linted(smallest).stderr
    offered = told[told.index("refuse:\n") :].replace("REPLY", "bad request")

    changed(file, ("        accept: [body", textwrap.indent(offered, "        ") + "        accept: [body"))

    assert 0 == linted(smallest).exit_code


@pytest.mark.parametrize("where", ["operation", "profile"])
def test_the_usual_refusal(smallest: Path, where: str) -> None:
    """`otherwise` decides every condition of which nothing else is said, for one operation or for all."""
    file = smallest / "profiles.yaml"
    whole = load_dialect(SMALLEST).profile("documented").operations["logIn"]
    changed(file, ("body.empty, body.malformed, body.not_an_object, ", ""))
    if where == "operation":
        changed(
            file,
            (
                "        accept: [body.no_content_type]",
                "        otherwise: unauthorized\n        accept: [body.no_content_type]",
            ),
        )
    else:
        changed(file, ("    unrouted:", "    otherwise: unauthorized\n    unrouted:"))

    found = load_dialect(smallest).profile("documented").operations["logIn"]

    assert {rule.condition for rule in whole.rules} == {rule.condition for rule in found.rules}
    assert whole.accepts == found.accepts
    assert [("body.empty", 401), ("body.malformed", 401), ("body.not_an_object", 401)] == sorted(
        (r.condition, r.reply.status) for r in found.rules[-3:]
    )


def test_an_unknown_usual_refusal(smallest: Path) -> None:
    """The usual refusal is one of the replies."""
    changed(smallest / "profiles.yaml", ("    unrouted:", "    otherwise: unathorized\n    unrouted:"))

    assert "there is no reply 'unathorized'" in linted(smallest).stderr
