"""The page for people: a run as one HTML file that needs nothing beside itself.

Laws:
1. Everything on the page comes from the records; nothing is fetched, neither when it is made nor when it is read.
2. A reply may hold anything, so all of it is text: templates escape, and the page forbids every script but its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from watchword.reports import legible as texts
from watchword.reports import wording
from watchword.reports.baseline import snippet
from watchword.reports.history import Point, trend
from watchword.reports.page.beside import side_by_side
from watchword.reports.page.highlight import marked
from watchword.reports.page.templating import environment, fingerprint, source
from watchword.reports.records import EXIT_MEANING, VERDICTS, ClauseRecord, Run, Untested
from watchword.reports.remedies import acceptance, remedies, remedy
from watchword.reports.summary import Summary, TargetSummary, counts, headline, summarize

__all__ = ["render"]

_OPEN_AT_ONCE = 8


class _Anchors:
    """Ids on the page, each given once: a clause's own where it was checked once, else with the target's name."""

    def __init__(self, records: Iterable[ClauseRecord]) -> None:
        self._clauses = _tally(record.clause for record in records)
        self._given: dict[str, int] = {}

    def give(self, record: ClauseRecord) -> str:
        """Give the next record's id."""
        alone = self._clauses[record.clause] == 1
        anchor = _slug(record.clause if alone else f"{record.clause}@{record.target}")
        self._given[anchor] = self._given.get(anchor, 0) + 1
        return anchor if self._given[anchor] == 1 else f"{anchor}~{self._given[anchor]}"


@dataclass(frozen=True, slots=True)
class _Clause:
    """A record with what the page adds to it. `name` is the clause's id without its dialect."""

    record: ClauseRecord
    anchor: str
    name: str
    attention: bool
    opened: bool
    expected: Markup
    observed: Markup
    entry: str


@dataclass(frozen=True, slots=True)
class _Topic:
    """The clauses of one chapter: `clauses` as they were checked, `ranked` with the troubled ones first."""

    name: str
    anchor: str
    clauses: tuple[_Clause, ...]
    ranked: tuple[_Clause, ...]
    verdicts: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Target:
    """A target with its chapters."""

    target: TargetSummary
    anchor: str
    summary: Summary
    topics: tuple[_Topic, ...]


def render(run: Run, history: Sequence[Point] = ()) -> str:
    """Make the page of a run, whole or cut short; with a history, also the trend of runs like it."""
    summary, targets = summarize(run)
    anchors = _Anchors(run.clauses)
    alarming = sum(record.wants_attention for record in run.clauses) <= _OPEN_AT_ONCE
    views = tuple(_target(target, anchors, alarming) for target in targets)
    clauses = [clause for view in views for topic in view.topics for clause in topic.ranked]
    rank = VERDICTS.index
    script = source("copy.js", "report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            summary=summary,
            beside=side_by_side(run),
            trend=trend(history, run),
            anchors={id(clause.record): clause.anchor for clause in clauses},
            headline=headline(run),
            targets=views,
            attention=sorted((c for c in clauses if c.attention), key=lambda c: rank(c.record.verdict)),
            known=[c for c in clauses if c.record.known],
            untested=_by_dialect(run.run.untested),
            choices=_choices(run.clauses),
            accepted=[c for c in clauses if c.record.accepted and not c.record.known],
            remedies=remedies(run.clauses),
            exit_meaning=EXIT_MEANING.get(summary.outcome.exit, ""),
            style=source("report.css"),
            script=script,
            script_hash=fingerprint(script),
        )
    )


def _target(target: TargetSummary, anchors: _Anchors, alarming: bool) -> _Target:
    anchor = _slug(f"target-{target.name}-{target.dialect}")
    topics: dict[str, list[_Clause]] = {}
    for record in target.clauses:
        topics.setdefault(record.topic, []).append(_clause(record, anchors.give(record), alarming))
    return _Target(target, anchor, target.summary, tuple(_topic(name, anchor, rows) for name, rows in topics.items()))


def _topic(name: str, target: str, rows: list[_Clause]) -> _Topic:
    ranked = sorted(rows, key=lambda row: (not row.attention, VERDICTS.index(row.record.verdict)))
    return _Topic(name, _slug(f"{target}-{name}"), tuple(rows), tuple(ranked), counts(row.record for row in rows))


def _clause(record: ClauseRecord, anchor: str, alarming: bool) -> _Clause:
    attention = record.wants_attention
    clean = not record.judgement.broken
    expected, observed = (Markup(), Markup()) if clean else marked(record.expected, record.observed)
    return _Clause(
        record=record,
        anchor=anchor,
        name=record.clause.partition(":")[2] or record.clause,
        attention=attention,
        opened=attention and alarming,
        expected=expected,
        observed=observed,
        entry=_entry(record) if attention else "",
    )


def _entry(record: ClauseRecord) -> str:
    """Write what would excuse a record: of a target file where it is open, else of a file of known deviations."""
    if record.open:
        return acceptance(record)
    return snippet(record) if record.judgement.excusable else ""


def _tally(values: Iterable[str]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for value in values:
        tally[value] = tally.get(value, 0) + 1
    return tally


def _choices(records: Iterable[ClauseRecord]) -> dict[str, dict[str, int]]:
    """Give what the reader can filter by, each value with its number of clauses; a single value is no choice."""
    rows = list(records)
    found = {
        name: _tally(getattr(row, name) for row in rows) for name in ("verdict", "topic", "level", "basis", "target")
    }
    found["verdict"] = counts(rows)
    return {name: values for name, values in found.items() if len(values) > 1}


def _by_dialect(rows: Iterable[Untested]) -> dict[str, list[Untested]]:
    grouped: dict[str, list[Untested]] = {}
    for row in rows:
        grouped.setdefault(row.dialect, []).append(row)
    return grouped


def _slug(text: str) -> str:
    return re.sub(r"[^\w.:@~-]+", "-", text)


@cache
def _environment() -> Environment:
    made = environment()
    made.filters.update(
        words=wording.words,
        moment=wording.moment,
        plain=wording.plain,
        duration=wording.duration,
        request=texts.request_text,
        reply=texts.reply_text,
        outcome=texts.outcome,
        remedy=remedy,
        key=id,
    )
    made.globals.update(
        levels=wording.LEVEL_MEANING,
        bases=wording.BASIS_MEANING,
        steps=wording.STEPS,
        count=wording.count,
    )
    return made
