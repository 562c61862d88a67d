"""`watchword new`: begin a dialect, from nothing or from a plain OpenAPI document."""

from __future__ import annotations

import re
from pathlib import Path

import click

from watchword.specs.cli import Command, ConfigurationError, count
from watchword.specs.drafting.draft import MINIMAL, draft
from watchword.specs.errors import nearest
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.vocabulary import ROLES

__all__ = ["new"]

_NAME = re.compile(r"[a-z][a-z0-9]*([-_.][a-z0-9]+)*")
_NONE = "-"


@click.command(cls=Command, short_help="Begin a dialect, from nothing or from an OpenAPI document.")
@click.argument("name", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A plain OpenAPI document, 3.0 or 3.1, JSON or YAML.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: take each guess, and mark it for review.")
def new(name: Path, source: Path | None, yes: bool) -> None:
    """Write the folder NAME: a dialect that lints, mocks and runs at once.

    From an OpenAPI document it takes the operations that give, renew and end tokens, and one that a token opens. What their
    members mean is asked where a name does not tell for certain. Each way in which a request can be wrong becomes a row of the
    register, and nothing that was guessed can fail a run until somebody raises its level.
    """
    if not _NAME.fullmatch(name.name):
        raise ConfigurationError(
            f"{name.name!r} is no name for a dialect: small letters, digits, and - _ . between them"
        )
    if name.name in bundled():
        raise ConfigurationError(f"a dialect {name.name} is bundled, and would hide this one: choose another name")
    if name.exists():
        raise ConfigurationError(
            f"{name} exists already, and nothing in it is written over: choose another name or remove it"
        )
    made = draft(name.name, source or MINIMAL, _guess if yes or source is None else _asked)
    try:
        name.mkdir(parents=True)
        for file, text in made.files.items():
            (name / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be written: {error.strerror}") from error
    # What the lint would find in it is found now.
    written = load_dialect(name)
    _ = written.clauses, written.profiles, written.manners
    for note in made.notes:
        click.echo(f"note: {note}")
    click.echo(
        f"{name}: {count(len(made.operations), 'operation')} ({', '.join(made.operations)}), {count(made.rows, 'clause')}"
    )
    click.echo(
        f"{count(made.marks, 'guess').replace('guesss', 'guesses')} to be reviewed:  grep -n review: {name}/*.yaml"
    )
    click.echo(f"Serve it:  watchword mock {name}")


def _guess(where: str, side: str, guess: str | None) -> str | None:
    return guess


def _asked(where: str, side: str, guess: str | None) -> str | None:
    while True:
        try:
            told = click.prompt(f"{where} ({side}): which role? {_NONE} for none", default=guess or _NONE)
        except click.Abort:
            raise ConfigurationError("nobody answers: give --yes to take each guess") from None
        if told == _NONE:
            return None
        if told in ROLES:
            return str(told)
        click.echo(f"there is no role {told!r}: {nearest(told, ROLES)}")
