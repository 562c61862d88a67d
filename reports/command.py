"""`watchword report`: reports made again from the records of a run."""

from __future__ import annotations

from pathlib import Path

import click

from watchword.reports.files import replace
from watchword.reports.junit import junit
from watchword.reports.outcome import outcome
from watchword.reports.page.document import render
from watchword.reports.records import RECORDS_FILE, BrokenRecords, Exit
from watchword.reports.remedies import remedies
from watchword.reports.schema import read_checked
from watchword.reports.summary import headline, verdict_line

__all__ = ["report"]

_FILE = click.Path(dir_okay=False, path_type=Path)


class _Refused(click.ClickException):
    """The records or the place for a report are no good."""

    exit_code = Exit.USAGE


@click.command(short_help="Rebuild the reports of a run from its records.")
@click.argument("records", type=click.Path(path_type=Path))
@click.option("--html", type=_FILE, help="Where to write the page (without --junit: report.html beside RECORDS).")
@click.option("--junit", "junit_file", type=_FILE, help="Where to write JUnit XML.")
def report(records: Path, html: Path | None, junit_file: Path | None) -> None:
    """Rebuild the reports of a run from RECORDS, a records.jsonl or the directory that holds one.

    Exits with 0 whatever the verdicts are, and with 4 when the records are broken or a report cannot be written.
    """
    source = records / RECORDS_FILE if records.is_dir() else records
    try:
        run = read_checked(source)
    except BrokenRecords as trouble:
        raise _Refused(str(trouble)) from trouble
    if html is None and junit_file is None:
        html = source.with_name("report.html")
    click.echo(headline(run))
    click.echo(verdict_line(run))
    click.echo(str(outcome(run)))
    for line in remedies(run.clauses):
        click.echo(f"  {line}")
    if html is not None:
        _write(html, render(run))
    if junit_file is not None:
        _write(junit_file, junit(run))


def _write(path: Path, text: str) -> None:
    try:
        replace(path, text)
    except OSError as trouble:
        raise _Refused(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble
    click.echo(f"report: {path}")
