"""`watchword reproduce`: the script that repeats what one check did."""

from __future__ import annotations

from pathlib import Path

import click

from watchword.reports.reading import RECORDS, Refused, read
from watchword.reports.records import ClauseRecord, Run
from watchword.reports.reproducing.script import Unwritable, script

__all__ = ["reproduce"]


@click.command(short_help="Write the script that repeats what the check of one clause did.")
@click.argument("records", type=RECORDS)
@click.argument("clause")
@click.option("--target", help="The target, where the clause was checked at several.")
def reproduce(records: Path, clause: str, target: str | None) -> None:
    """Print a Python script that sends again what the check of CLAUSE has sent, as RECORDS have it.

    RECORDS is a records.jsonl or the directory that holds one, CLAUSE its id, or the part of it
    behind the colon. The script needs Python alone, takes secrets from environment variables, and says what it expected
    and what it saw; it exits with 1 when the deviation shows, 0 when it does not, 2 when nobody can tell.

    Exits with 0, and with 4 when there is no such clause or no script can be written.
    """
    run = read(records)
    record = _chosen(run, clause, target)
    try:
        click.echo(script(run.run, record).text, nl=False)
    except Unwritable as trouble:
        raise Refused(f"{record.clause}: no script can be written: {trouble}") from trouble


def _chosen(run: Run, clause: str, target: str | None) -> ClauseRecord:
    found = [
        record
        for record in run.clauses
        if clause in (record.clause, record.clause.partition(":")[2]) and target in (None, record.target)
    ]
    if not found:
        raise Refused(f"the records have no clause {clause!r}{_near(run, clause)}")
    if len({(record.clause, record.target) for record in found}) > 1:
        names = ", ".join(f"{record.clause} at {record.target}" for record in found)
        raise Refused(f"{clause!r} is one of several: {names}; say the whole id, and which with --target")
    return found[-1]


def _near(run: Run, clause: str) -> str:
    from difflib import get_close_matches

    ids = {name: None for record in run.clauses for name in (record.clause, record.clause.partition(":")[2])}
    close = get_close_matches(clause, ids, n=1)
    return f"; did you mean {close[0]}?" if close else ""
