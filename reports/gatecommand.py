"""`watchword gate` and `watchword baseline`: may what runs have left behind pass, and what is excused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from watchword.reports.baseline import Baseline, BaselineError, read_baseline, snippet
from watchword.reports.baselinefile import Added, Unwritable, updated
from watchword.reports.exits import Exit
from watchword.reports.files import replace
from watchword.reports.gate import Demands
from watchword.reports.gate import gate as judge
from watchword.reports.records import RECORDS_FILE, BrokenRecords, ClauseRecord, Run
from watchword.reports.remedies import remedies
from watchword.reports.schema import read_checked
from watchword.reports.summary import verdict_line
from watchword.reports.wording import count, moment

__all__ = ["baseline", "gate"]

_ENTRIES = 5
"""How many new deviations are printed with their entries; `watchword baseline update` writes all of them."""
_FILE = click.Path(dir_okay=False, path_type=Path)
_RECORDS = click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))


class _Refused(click.ClickException):
    """A file that was named is no good."""

    exit_code = Exit.USAGE


class _Percentage(click.ParamType[Decimal]):
    """A share in per cent."""

    name = "percentage"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read `90%` or `90`."""
        text = str(value).strip()
        try:
            found = Decimal(text.removesuffix("%"))
        except InvalidOperation:
            found = Decimal(-1)
        # Whoever writes 0.9 may well mean 90%.
        doubtful = not found.is_finite() or (0 < found < 1 and not text.endswith("%"))
        if doubtful or not 0 <= found <= 100:
            self.fail(f"{text} is not a percentage from 0% to 100%, as in 90%", param, ctx)
        return found


@click.command(short_help="Let the records of runs pass, or not: the exit code says it.")
@_RECORDS
@click.option("--baseline", "known", type=_FILE, help="A TOML file of known deviations. No other one excuses anything.")
@click.option("--strict", is_flag=True, help="Count broken recommendations, too.")
@click.option("--min-verified", type=_Percentage(), metavar="90%", help="The least share of clauses to be verified.")
@click.option(
    "--new-only", is_flag=True, help="Do not count entries of the baseline whose deviation is mended or gone."
)
@click.option("--partial", is_flag=True, help="Let a run pass that selected some of the clauses.")
def gate(
    records: tuple[Path, ...],
    known: Path | None,
    strict: bool,
    min_verified: Decimal | None,
    new_only: bool,
    partial: bool,
) -> None:
    """Judge RECORDS again, each a records.jsonl or the directory that holds one, and end with the exit code.

    0 nothing to complain of; 1 a rule is broken; 2 a run was cut short; 3 checks went wrong; 4 a file is wrong or
    contradicts itself; 6 the target could not be tested; 7 too little verified; 8 the baseline is stale.
    """
    runs = [_read(path) for path in records]
    excuses = _known(known) if known else Baseline()
    found = judge(runs, excuses, Demands(strict, min_verified, new_only, partial), _today())
    for path, run in zip(records, runs, strict=True):
        names = ", ".join(f"{target['name']} ({target['dialect']})" for target in run.run.targets)
        click.echo(f"{path}: {names}, {moment(run.run.started)}: {verdict_line(run)}")
    for record in found.broken:
        click.echo(f"  {record.verdict}: {record.clause} on {record.target}: {_seen(record)}")
    for complaint in found.complaints:
        click.echo(complaint.says)
        if complaint.entry:
            click.echo(f"The entry to paste in its place:\n\n{complaint.entry}\n")
    if any(complaint.exit == Exit.TOO_LITTLE for complaint in found.complaints):
        for line in remedies([record for run in runs for record in run.clauses]):
            click.echo(f"  {line}")
    if known is None and any(record.known for run in runs for record in run.clauses):
        click.echo("The run was given a file of known deviations; give it to the gate, too: --baseline FILE.")
    if known is not None and found.broken:
        _offer(known, found.broken)
    click.echo(f"gate: {'shut' if found.exit else 'open'} ({found.exit})")
    click.get_current_context().exit(found.exit)


@click.group()
def baseline() -> None:
    """Keep the file of known deviations."""


@baseline.command(short_help="Bring FILE up to what runs have left behind.")
@click.argument("file", type=_FILE)
@_RECORDS
@click.option("--strict", is_flag=True, help="Add broken recommendations, too.")
@click.option("--reason", default="", help="The reason that new entries get; without one, the gate stays shut.")
@click.option("--owner", default="", help="Whom to ask about new entries.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The last day of new entries.")
def update(
    file: Path, records: tuple[Path, ...], strict: bool, reason: str, owner: str, expires: datetime | None
) -> None:
    """Bring FILE, which need not exist yet, up to what RECORDS say, and keep the comments in it.

    What is mended is taken out, what fails differently gets its new signature, what is new is added. What an entry means
    for the gate stays yours to say: new ones have no reason until somebody writes one, and a day that is over stays.
    """
    runs = [_read(path) for path in records]
    before = _known(file) if file.exists() else Baseline()
    # The ends of lines are part of what is kept.
    text = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
    added = Added(reason, owner, expires.date() if expires else None)
    try:
        after, said = updated(text, before, runs, added, strict=strict)
    except Unwritable as trouble:
        raise _Refused(f"{file}: {trouble}") from trouble
    if said:
        try:
            replace(file, after)
        except OSError as trouble:
            raise _Refused(f"{file} cannot be written: {trouble.strerror or trouble}") from trouble
    for line in said:
        click.echo(line)
    click.echo(f"baseline: {file}: {count(len(said), 'change')}")


def _offer(known: Path, broken: tuple[ClauseRecord, ...]) -> None:
    click.echo(f"If it is to be tolerated, the entry for {known}, with a reason:\n")
    for record in broken[:_ENTRIES]:
        click.echo(f"{snippet(record)}\n")
    if len(broken) > _ENTRIES:
        click.echo(f"{len(broken) - _ENTRIES} more: `watchword baseline update {known} RECORDS` writes all of them.")


def _seen(record: ClauseRecord) -> str:
    return record.differences[0] if record.differences else record.observed or record.reason


def _read(path: Path) -> Run:
    try:
        return read_checked(path / RECORDS_FILE if path.is_dir() else path)
    except BrokenRecords as trouble:
        raise _Refused(str(trouble)) from trouble


def _known(path: Path) -> Baseline:
    try:
        return read_baseline(path, unfinished=True)
    except BaselineError as trouble:
        raise _Refused(str(trouble)) from trouble


def _today() -> date:
    return datetime.now(UTC).date()
