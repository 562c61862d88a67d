"""`watchword lint`: look for mistakes in dialects and target files, without sending anything."""

from __future__ import annotations

from pathlib import Path

import click

from watchword.specs.cli import CONFIGURATION_ERROR, Command, count
from watchword.specs.errors import SpecError
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.worldcommand import look_at
from watchword.suites.target import TargetError, read_target

__all__ = ["check", "lint"]


@click.command(cls=Command, short_help="Look for mistakes in dialects and target files.")
@click.argument("path", nargs=-1)
def lint(path: tuple[str, ...]) -> int:
    """Look for mistakes in dialects and target files; the exit code is 4 when there is one.

    PATH is the folder of a dialect, the name of a bundled one, a target file (*.toml), or a world file (*.yaml) that names
    its dialect. Without any, all bundled dialects are looked at. Nothing is sent anywhere, so nothing is said of a server; variables that a target file names
    as env:NAME have to be set.
    """
    return _look_at(path)


@click.command(cls=Command, hidden=True)
@click.argument("path", nargs=-1)
def check(path: tuple[str, ...]) -> int:
    """Do what `watchword lint` does, under its old name."""
    click.echo("watchword check is called watchword lint now; the check of a server is watchword test", err=True)
    return _look_at(path)


def _look_at(path: tuple[str, ...]) -> int:
    wrong = 0
    for name in path or tuple(bundled()):
        try:
            click.echo(f"ok  {name}: {_what(name)}")
        except (SpecError, TargetError) as trouble:
            wrong += 1
            click.echo(f"Error: {trouble}", err=True)
    return CONFIGURATION_ERROR if wrong else 0


def _what(name: str) -> str:
    if name.endswith(".toml"):
        return _target(name)
    return look_at(Path(name)) if name.endswith((".yaml", ".yml")) else _dialect(name)


def _dialect(name: str) -> str:
    dialect = load_dialect(name)
    tested = sum(clause.untested is None for clause in dialect.clauses)
    _ = dialect.manners
    _ = dialect.declared  # wrong or right, it is read; how much it declares depends on the catalogue
    return (
        f"{count(len(dialect.api.operations), 'operation')}, "
        f"{count(len(dialect.clauses), 'clause')} ({tested} tested), "
        f"{count(len(dialect.profiles), 'profile')}"
    )


def _target(name: str) -> str:
    target = read_target(Path(name))
    return f"{target.name}, {target.dialect.name} at {target.url}, {count(len(target.credentials), 'credential')}"
