"""The `watchword` command itself, and `watchword clauses`."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from watchword.specs.cli import HOMES, SUMMARIES, Command, ConfigurationError, Group, main
from watchword.specs.errors import SpecError
from watchword.specs.loader import load_dialect


def run(*words: str, command: click.Command = main) -> Result:
    """Run the command to its end."""
    return CliRunner().invoke(command, list(words))


def failing(error: BaseException) -> click.Command:
    """Make a command that ends in an exception."""

    def fail() -> None:
        raise error

    return Command("failing", callback=fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.UsageError("no"), 4),
        (click.BadParameter("no"), 4),
        (ConfigurationError("no"), 4),
        (SpecError("file.yaml", 3, "no", "try yes"), 4),
        (click.ClickException("no"), 1),
        (click.exceptions.Exit(7), 7),
        (KeyboardInterrupt(), 2),
        (SystemExit(6), 6),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_exit_codes(error: BaseException, code: int) -> None:
    """What a command ends in decides its exit code."""
    assert code == run(command=failing(error)).exit_code


def test_spec_error_is_shown_with_its_place_and_hint() -> None:
    """An error in data names file and line, and how to mend it."""
    shown = run(command=failing(SpecError("file.yaml", 3, "no such key", "try another"))).stderr

    assert "Error: file.yaml:3: no such key\n\nhint: try another\n" == shown


@pytest.mark.parametrize("name", sorted(SUMMARIES))
def test_list_introduces_commands_as_they_do_themselves(name: str) -> None:
    """What the list of commands says without importing one is the first paragraph of the command's own help."""
    context = click.Context(main)
    command = main.get_command(context, name)

    assert command is not None
    assert SUMMARIES[name] == ("" if command.hidden else command.get_short_help_str(1000))


def test_homes_are_the_entry_points() -> None:
    """Where the table says that a command is, its entry point says it, too."""
    offers = importlib.metadata.entry_points(group="watchword.commands")

    assert HOMES == {entry.name: entry.value for entry in offers if entry.value.startswith("watchword.")}


def test_help_imports_no_command() -> None:
    """Neither the mock nor the suites nor what validates data is imported for the list of commands."""
    code = (
        "import sys\nfrom watchword.specs.cli import main\n"
        "try:\n    main(['--help'])\nfinally:\n    print('\\n'.join(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "watchword.specs.cli" in shown
    assert not {"watchword.mockserver", "watchword.suites", "jsonschema", "asyncio", "yaml"} & set(shown)


def test_group_without_a_command() -> None:
    """Without a subcommand there is help, and the exit code of a wrong command line."""
    result = run()

    assert 4 == result.exit_code
    assert "Usage:" in result.output


def test_commands_are_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subcommands come from entry points; one that cannot be imported leaves the others working."""
    group = "watchword.commands"
    offers = [
        importlib.metadata.EntryPoint("clauses", "watchword.specs.command:clauses", group),
        importlib.metadata.EntryPoint("broken", "watchword.no_such_module:broken", group),
    ]
    looked: list[str] = []

    def entry_points(group: str) -> list[importlib.metadata.EntryPoint]:
        looked.append(group)
        return offers

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)

    listed = run("--help")
    assert [group] == looked
    assert (0, True, True) == (listed.exit_code, "clauses" in listed.output, "broken" in listed.output)
    assert 0 == run("clauses", "--help").exit_code
    broken = run("broken")
    assert 1 == broken.exit_code
    assert "no_such_module" in broken.stderr
    assert isinstance(main, Group)


def test_clauses() -> None:
    """The register of a dialect is printed whole, with counts."""
    dialect = load_dialect("sensu")
    result = run("clauses", "sensu")

    assert 0 == result.exit_code
    assert all(clause.full_id in result.output for clause in dialect.clauses)
    assert f"{len(dialect.clauses)} clauses; " in result.output.splitlines()[-1]


def test_clauses_filtered() -> None:
    """Topic, level and untested narrow the list down, and JSON gives the same rows."""
    wanted = [c.full_id for c in load_dialect("rator").clauses if c.topic == "brand_keys" and c.level == "must"]
    words = ("clauses", "rator", "--topic", "brand_keys", "--level", "must")
    rows = json.loads(run(*words, "--json").output)
    untested = json.loads(run("clauses", "--untested", "--json").output)

    assert wanted == [row["clause"] for row in rows]
    assert all(clause in run(*words).output for clause in wanted)
    assert untested
    assert all(row["untested"] for row in untested)
