"""`watchword report`: reports made again from the records of a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from watchword.reports.history import BrokenHistory, Point, read_history, remember
from watchword.reports.junit import junit
from watchword.reports.merging import merged
from watchword.reports.outcome import outcome
from watchword.reports.page.document import pieces
from watchword.reports.reading import FILE, RECORDS, Refused, read, write
from watchword.reports.records import Run
from watchword.reports.remedies import remedies
from watchword.reports.summary import headline, verdict_line

__all__ = ["report"]


@click.command(short_help="Rebuild the reports of a run from its records.")
@click.argument("records", nargs=-1, required=True, type=RECORDS)
@click.option("--html", type=FILE, help="Where to write the page (without --junit: report.html beside RECORDS).")
@click.option("--junit", "junit_file", type=FILE, help="Where to write JUnit XML.")
@click.option("--history", type=FILE, help="A history of runs: the page shows the trend, and the run is added to it.")
def report(records: tuple[Path, ...], html: Path | None, junit_file: Path | None, history: Path | None) -> None:
    """Rebuild the reports of a run from RECORDS, a records.jsonl or the directory that holds one.

    Several RECORDS make one report: parts of a run that was divided become whole again, and several targets of one
    dialect stand side by side with what they differ in. Then --html or --junit has to say where it goes.

    --history wants a page, and does not add a run that it has already, or one that was cut short.

    Exits with 0 whatever the verdicts are, and with 4 when the records are broken or a report cannot be written.
    """
    run = merged([read(path) for path in records])
    if html is None and junit_file is None:
        if len(records) > 1:
            raise Refused("several records have no place of their own for a report; say --html FILE or --junit FILE")
        html = records[0] / "report.html" if records[0].is_dir() else records[0].with_name("report.html")
    click.echo(headline(run))
    click.echo(verdict_line(run))
    click.echo(str(outcome(run)))
    for line in remedies(run.clauses):
        click.echo(f"  {line}")
    if html is not None:
        _write(html, pieces(run, _remembered(history, run) if history else ()))
    if junit_file is not None:
        _write(junit_file, junit(run))


def _remembered(path: Path, run: Run) -> tuple[Point, ...]:
    try:
        if run.end is not None:
            remember(path, run)
        return read_history(path)
    except BrokenHistory as trouble:
        raise Refused(str(trouble)) from trouble
    except OSError as trouble:
        raise Refused(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble


def _write(path: Path, text: str | Iterable[str]) -> None:
    write(path, text)
    click.echo(f"report: {path}")
