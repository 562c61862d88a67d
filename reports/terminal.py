"""What the terminal says of a run, after all else: what is wrong by its causes, what matters most last and gravest first.

A terminal is read from its end. So recommendations come first, then what could not be checked, one line a reason, then
the broken rules, each with the way to see it again.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from watchword.reports.causes import Cause, causes, parted
from watchword.reports.legible import outcome
from watchword.reports.records import ClauseRecord, Run
from watchword.reports.verdict import Verdict
from watchword.reports.wording import count, words

__all__ = ["Section", "told"]

Section = tuple[str, list[str]]
"""A title, and the lines below it."""

_NAMED = 4
"""Clauses of a cause that are named on one line."""


def told(run: Run, records: str) -> list[Section]:
    """Say what is wrong in a run; `records` is where its records are, as a command would be given it."""
    several = len(run.run.targets) > 1
    warned = [r for r in run.clauses if r.judgement is Verdict.WARN and not r.excuse]
    found = causes(r for r in run.clauses if r.wants_attention and r.judgement is not Verdict.WARN)
    failed = [cause for cause in found if cause.verdict is Verdict.FAIL]
    stopped = [c for c in found if c.verdict is not Verdict.FAIL and c.verdict.shown() == "error"]
    sections = [
        ("recommendations that are not heeded", [_warned(record, several) for record in warned]),
        ("not checked", [line for cause in stopped for line in _stopped(cause, several)]),
        ("broken rules", [line for cause in failed for line in _failed(cause, several, records)]),
    ]
    return [(title, lines) for title, lines in sections if lines]


def _warned(record: ClauseRecord, several: bool) -> str:
    return f"warn  {_deviation(record)}: {_name(record, several)} ({record.level}, {record.basis})"


def _stopped(cause: Cause, several: bool) -> Iterator[str]:
    number = count(len(cause.records), "clause")
    yield f"{words(cause.verdict)}  {cause.title}"
    yield f"  {number}: {_listed(cause.records, several)}"


def _failed(cause: Cause, several: bool, records: str) -> Iterator[str]:
    lead = cause.lead
    yield f"fail  {f'{cause.gravity}: ' if cause.gravity else ''}{cause.title}"
    yield f"  clause     {_name(lead, several)} ({lead.level}, {lead.basis})"
    yield f"  rule       {lead.says}"
    yield f"  source     {lead.source}"
    for number, exchange in enumerate(lead.exchanges[-_NAMED:], max(1, len(lead.exchanges) - _NAMED + 1)):
        request = exchange.request
        yield f"  {number:<2} {exchange.step:8}{request['method']} {request['url']} -> {outcome(exchange)}"
    broken = [record for record in cause.others if record.judgement.broken]
    blocked = [record for record in cause.others if not record.judgement.broken]
    if broken:
        yield f"  also       {_listed(broken, several)}"
    if blocked:
        yield f"  blocks     {count(len(blocked), 'clause')}: {_listed(blocked, several)}"
    target = f" --target {shlex.quote(lead.target)}" if several else ""
    yield f"  reproduce  watchword reproduce {shlex.quote(records)} {shlex.quote(lead.clause)}{target}"
    yield ""


def _deviation(record: ClauseRecord) -> str:
    pairs = [parted(difference) for difference in record.differences]
    said = [f"expected {expected}, saw {seen}" if expected else seen for expected, seen in pairs]
    return "; ".join(said) or record.observed


def _name(record: ClauseRecord, several: bool) -> str:
    return f"{record.clause} at {record.target}" if several else record.clause


def _listed(records: Iterable[ClauseRecord], several: bool) -> str:
    names = [_name(record, several) for record in records]
    beyond = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {beyond} more" if beyond > 0 else "")
