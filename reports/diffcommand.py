"""`watchword diff`: what changed from one run to another."""

from __future__ import annotations

from pathlib import Path

import click

from watchword.reports.comparing import Change, Comparison, Kind, compare
from watchword.reports.differencepage import render
from watchword.reports.formats.cases import seen
from watchword.reports.reading import FILE, RECORDS, Refused, read, write
from watchword.reports.records import legible
from watchword.reports.wording import count

__all__ = ["diff"]

_QUIET = (Kind.SAME, Kind.FOUND)
_SHOWN = 20


@click.command(short_help="Say what changed from one run to another.")
@click.argument("before", type=RECORDS)
@click.argument("after", type=RECORDS)
@click.option("--html", type=FILE, help="Where to write the comparison as a page.")
@click.option("--strict", is_flag=True, help="Count recommendations that are newly broken, too.")
@click.option("--partial", is_flag=True, help="Compare what both runs have records of, and do not mind the rest.")
@click.option("--all", "everything", is_flag=True, help="Print every clause of each kind.")
def diff(before: Path, after: Path, html: Path | None, strict: bool, partial: bool, everything: bool) -> None:
    """Hold the records AFTER against those BEFORE, each a records.jsonl or the directory that holds one.

    Targets of one dialect are paired by name; where either run has one alone, those two are, so that staging can be held
    against production, and a mock against a server.

    \b
    Exits with
      0  nothing is worse
      1  a rule is newly broken, or fails in another way
      2  one of the runs was cut short, and nothing of this was seen
      4  the records are broken, or have no dialect in common
      7  something is no longer verified, or was checked in one run only
    """
    try:
        found = compare(read(before), read(after), strict=strict, partial=partial)
    except ValueError as trouble:
        raise Refused(str(trouble)) from trouble
    click.echo(f"before: {legible(found.before)}\nafter:  {legible(found.after)}")
    for note in found.notes:
        click.echo(legible(note))
    _list(found, None if everything else _SHOWN)
    click.echo(f"diff: {found.words} ({found.exit})")
    if html is not None:
        write(html, render(found))
        click.echo(f"page: {html}")
    click.get_current_context().exit(found.exit)


def _list(found: Comparison, most: int | None) -> None:
    for kind in Kind:
        rows = found.of(kind)
        if not rows or kind in _QUIET:
            continue
        click.echo(f"{kind}: {len(rows)}")
        for change in rows[:most]:
            click.echo(legible(f"  {_line(change)}"))
        left = len(rows) - len(rows[:most])
        if left:
            click.echo(f"  {count(left, 'more clause')}: --all prints them.")


def _line(change: Change) -> str:
    was, now = change.before, change.after
    verdicts = f"{was.verdict if was else 'no record'} → {now.verdict if now else 'no record'}"
    told = " ".join(seen(now).split()) if now else "no record"
    if change.kind in (Kind.DIFFERENT, Kind.OTHERWISE) and was:
        told = f"{' '.join(seen(was).split())} → {told}"
    excused = f" (excused: {now.excuse})" if now and now.excuse else ""
    return f"{change.record.clause} on {change.record.target}: {verdicts}: {told}{excused}"
