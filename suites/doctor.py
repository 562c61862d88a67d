"""`watchword doctor`: is everything there without which a run against a server proves nothing?"""

from __future__ import annotations

from contextlib import closing

import click

from watchword.reports.exits import Exit
from watchword.reports.records import legible
from watchword.specs.cli import Command, count
from watchword.specs.redaction import Masker
from watchword.suites.arguments import targets_of
from watchword.suites.running.examining import PROBLEM, SKIPPED, WARNING, Examination, place_of
from watchword.suites.running.preflight import RuleBroken, examine
from watchword.suites.running.roster import unambiguous
from watchword.suites.running.session import TargetSession
from watchword.suites.target import Target

__all__ = ["doctor"]

_SHOWN = {PROBLEM: "PROBLEM", WARNING: "WARNING", SKIPPED: "-"}
_CODES = (
    "\b\nExit codes:\n"
    "  0  Nothing stands in the way of a run.\n"
    "  1  The target breaks a rule already in the way it takes logins.\n"
    "  2  Somebody interrupted it.\n"
    "  3  Watchword itself went wrong.\n"
    "  4  The command line or a target file is wrong.\n"
    "  6  The target cannot be reached, or refuses a credential."
)


@click.command(cls=Command, short_help="Look for what stands in the way of a test, before one is made.", epilog=_CODES)
@click.argument("file", nargs=-1)
@click.option("--url", metavar="URL", help="A server without a FILE; WATCHWORD_<ROLE> variables hold its credentials.")
@click.option("--dialect", metavar="NAME", help="The dialect of --url.")
def doctor(file: tuple[str, ...], url: str | None, dialect: str | None) -> int:
    """Look at the servers that FILEs describe: address, proxy, name, connection, TLS, clock, every login.

    What is right is said in a line, and so is what is wrong, with its remedy. These are the checks with which each run begins;
    a run ends at the first problem. Only right credentials are sent, once each, and none again that was refused.
    """
    targets = targets_of(file, url, dialect)
    if not targets:
        raise click.UsageError("name a server: a target FILE, or --url URL with --dialect NAME")
    return max(_look_at(target) for target in unambiguous(targets))


def _look_at(target: Target) -> int:
    masker = Masker()
    with closing(TargetSession(target, masker)) as session:
        click.echo(masker.mask(legible(f"{target.name} ({target.dialect.name}) at {target.url}")))
        try:
            found = examine(session)
        except Exception as error:  # noqa: BLE001 - a traceback might show what nobody should see
            click.echo(f"Error: Watchword itself went wrong: {type(error).__name__}", err=True)
            return Exit.INTERNAL
    # The line above has named the target.
    place = legible(place_of(session))
    for note in found.notes:
        says = note.says.removeprefix(place).removeprefix(":").lstrip()
        click.echo(masker.mask(f"  {_SHOWN.get(note.kind, note.kind):9}{note.check:15}{says}"))
    click.echo(_sum(found))
    return _code(found)


def _sum(found: Examination) -> str:
    problems = len(found.troubles)
    warnings = sum(note.kind == WARNING for note in found.notes)
    more = f", {count(warnings, 'warning')}" if warnings else ""
    return f"{count(problems, 'problem')}{more}" if problems else f"nothing stands in the way of a run{more}"


def _code(found: Examination) -> int:
    if not found.troubles:
        return Exit.CONFORMING
    broken = all(isinstance(trouble, RuleBroken) for trouble in found.troubles)
    return Exit.BROKEN if broken else Exit.PREFLIGHT
