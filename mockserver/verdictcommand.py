"""`watchword verdict`: what a client did at a running mock, and whether it was right."""

from __future__ import annotations

import json
from pathlib import Path

import click

from watchword.mockserver.steer.channel import ControlProblem
from watchword.mockserver.steer.connect import connect
from watchword.mockserver.steer.mock import Mock
from watchword.mockserver.verdictrun import run_of
from watchword.reports.files import replace
from watchword.reports.junit import junit
from watchword.reports.outcome import outcome
from watchword.reports.page.document import render
from watchword.reports.records import write_line
from watchword.specs.cli import Command, ConfigurationError
from watchword.specs.errors import nearest

__all__ = ["verdict"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=Command, short_help="Say whether a client did right at a mock.")
@click.argument("mock", default="watchword-mock.json")
@click.option("--space", help="The space that the client used.")
@click.option("--token", envvar="WATCHWORD_CONTROL_TOKEN", help="The control token, where the mock wants one.")
@click.option("--ca-file", type=_FILE, help="The certificate to trust, for https.")
@click.option("--strict", is_flag=True, help="Take recommendations for rules.")
@click.option("--all", "everything", is_flag=True, help="Print the rules that were kept, or not put to the test, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
@click.option("--html", type=_FILE, help="Where to write a page with the requests behind each verdict.")
@click.option("--junit", "junit_file", type=_FILE, help="Where to write JUnit XML.")
@click.option("--records", type=_FILE, help="Where to write the records, which `watchword report` reads.")
def verdict(
    mock: str,
    space: str | None,
    token: str | None,
    ca_file: Path | None,
    strict: bool,
    everything: bool,
    as_json: bool,
    html: Path | None,
    junit_file: Path | None,
    records: Path | None,
) -> int:
    """Say how the client of a running MOCK, a ready file or a URL, kept to the rules for clients of its API.

    The exit code is 0 when no rule is broken, 1 when one is, 4 when the mock cannot be asked, and 7 when too little was
    seen: nothing at all, or a binding rule that forgotten requests may have broken.
    """
    try:
        there = connect(mock, token=token, ca_file=ca_file)
        there = there if space is None else _space(there, space)
        run = run_of(there, strict=strict)
        told = there.verdict()
    except (OSError, ValueError) as error:
        raise ConfigurationError(_words(mock, error)) from None
    found = outcome(run)
    if as_json:
        rows = [
            {
                "rule": row.rule,
                "verdict": row.verdict,
                "level": row.level,
                "basis": row.basis,
                "says": row.says,
                "source": row.source,
                "breaches": [{"says": breach.says, "entries": breach.entries} for breach in row.breaches],
                "entries": row.entries,
                "reason": row.reason,
            }
            for row in told
        ]
        click.echo(json.dumps({"dialect": told.dialect, "exit": found.exit, "verdicts": rows}, indent=2))
    else:
        for row in told:
            if everything or row.verdict in ("fail", "warn", "info", "inconclusive"):
                click.echo(str(row))
        counted = ", ".join(f"{number} {name}" for name, number in run.verdicts.items())
        click.echo(f"{len(list(told))} rules: {counted}")
        click.echo(str(found))
    if html is not None:
        _write(html, render(run), quiet=as_json)
    if junit_file is not None:
        _write(junit_file, junit(run), quiet=as_json)
    if records is not None:
        lines = (write_line(line) for line in (run.run, *run.clauses, run.end) if line is not None)
        _write(records, "".join(f"{line}\n" for line in lines), quiet=as_json)
    return found.exit


def _space(mock: Mock, name: str) -> Mock:
    known = mock.spaces.list()
    if name not in known:
        # To name one that is not there would make it.
        raise ValueError(f"there is no space {name!r}; {nearest(name, known)}")
    return mock.space(name)


def _words(mock: str, error: Exception) -> str:
    if isinstance(error, ControlProblem):
        return f"the mock at {mock} refuses: {error}"
    if isinstance(error, FileNotFoundError):
        return f"no mock is told of in {mock}: {error.strerror}; give its ready file or its URL"
    # Whoever could not be reached is named by what was given, and not by the page that was asked for.
    return (
        str(error)
        if isinstance(error, ValueError)
        else f"nobody answers at {mock}: {getattr(error.__cause__, 'reason', error)}"
    )


def _write(path: Path, text: str, *, quiet: bool) -> None:
    try:
        replace(path, text)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from error
    if not quiet:
        click.echo(f"report: {path}")
