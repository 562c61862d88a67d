"""`watchword lint`: look for mistakes in dialects and target files, without sending anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from watchword.specs.cli import CONFIGURATION_ERROR, Command, count
from watchword.specs.errors import Gathering, SpecError
from watchword.specs.fetched import hold_to_documents
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.reading.generated import FILE, MEND, is_stale
from watchword.specs.reading.sources import hold_to_sources
from watchword.specs.worldcommand import look_at
from watchword.suites.target import TargetError, read_target

__all__ = ["check", "lint"]


@click.command(cls=Command, short_help="Look for mistakes in dialects and target files.")
@click.argument("path", nargs=-1)
@click.option(
    "--documents",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with the documents, as they were fetched: hold their digests and lines against the register.",
)
def lint(path: tuple[str, ...], documents: Path | None) -> int:
    """Look for mistakes in dialects and target files; the exit code is 4 when there is one.

    PATH is the folder of a dialect, the name of a bundled one, a target file (*.toml), or a world file (*.yaml) that names
    its dialect. Without any, all bundled dialects are looked at. Everything that is wrong is told at once, operation by
    operation, with YAML to paste where something is left out. Nothing is sent anywhere, so nothing is said of a server;
    variables that a target file names as env:NAME have to be set.
    """
    return _look_at(path, documents)


@click.command(cls=Command, hidden=True)
@click.argument("path", nargs=-1)
def check(path: tuple[str, ...]) -> int:
    """Do what `watchword lint` does, under its old name."""
    click.echo("watchword check is called watchword lint now; the check of a server is watchword test", err=True)
    return _look_at(path)


def _look_at(path: tuple[str, ...], documents: Path | None = None) -> int:
    wrong = 0
    for name in path or tuple(bundled()):
        try:
            click.echo(f"ok  {name}: {_what(name, documents)}")
        except SpecError as trouble:
            wrong += 1
            click.echo("\n\n".join(_told(trouble)), err=True)
        except TargetError as trouble:
            wrong += 1
            click.echo(f"Error: {trouble}", err=True)
    return CONFIGURATION_ERROR if wrong else 0


def _told(trouble: SpecError) -> Iterator[str]:
    """Tell everything that is wrong, operation by operation, and first what concerns none."""
    groups: dict[str, list[SpecError]] = {"": []}
    for one in trouble.every:
        groups.setdefault(one.about, []).append(one)
    for about, errors in groups.items():
        if about:
            yield f"At the operation {about}, {count(len(errors), 'mistake')}:"
        yield from (f"Error: {one}" for one in errors)


def _what(name: str, documents: Path | None) -> str:
    if name.endswith(".toml"):
        return _target(name)
    return look_at(Path(name)) if name.endswith((".yaml", ".yml")) else _dialect(name, documents)


def _dialect(name: str, documents: Path | None) -> str:
    dialect = load_dialect(name)
    gathering = Gathering()
    # Wrong or right, each file is read; how much `declared` holds depends on the catalogue.
    for part in ("clauses", "profiles", "manners", "declared", "documents"):
        with gathering.part():
            getattr(dialect, part)
    stale = False
    with gathering.part():
        stale = is_stale(dialect.api)
    gathering.end()
    with gathering.part():
        hold_to_sources(dialect.clauses, dialect.documents, dialect.folder)
    fetched: tuple[str, ...] = ()
    if documents:
        with gathering.part():
            fetched = hold_to_documents(dialect.clauses, dialect.documents, dialect.folder, documents)
    gathering.end()
    tested = sum(clause.untested is None for clause in dialect.clauses)
    return (
        f"{count(len(dialect.api.operations), 'operation')}, "
        f"{count(len(dialect.clauses), 'clause')} ({tested} tested), "
        f"{count(len(dialect.profiles), 'profile')}"
        + (f", {count(len(fetched), 'document')} as fetched" if documents else "")
        + (f"; {FILE} is not used, for it is of another description: {MEND}" if stale else "")
    )


def _target(name: str) -> str:
    target = read_target(Path(name))
    return f"{target.name}, {target.dialect.name} at {target.url}, {count(len(target.credentials), 'credential')}"
