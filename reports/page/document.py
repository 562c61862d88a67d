"""The page for people: a run as one HTML file that needs nothing beside itself.

Laws:
1. Everything on the page comes from the records; nothing is fetched, neither when it is made nor when it is read.
2. A reply may hold anything, so all of it is text: templates escape, and the page forbids every script but its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from watchword.reports import legible as texts
from watchword.reports import wording
from watchword.reports.baseline import snippet
from watchword.reports.causes import Cause, causes
from watchword.reports.history import Point, trend
from watchword.reports.page.beside import side_by_side
from watchword.reports.page.opened import Evidence, advice, compared, elsewhere, evidence
from watchword.reports.page.reproduction import library, reproduction
from watchword.reports.page.shared import Shared
from watchword.reports.page.templating import environment, fingerprint, source
from watchword.reports.records import EXIT_MEANING, VERDICTS, ClauseRecord, Run, Untested
from watchword.reports.remedies import acceptance, remedies, remedy
from watchword.reports.summary import Summary, TargetSummary, counts, headline, summarize

__all__ = ["pieces", "render"]

_OPEN_AT_ONCE = 3
"""How many causes are open from the start; whoever has more reads their titles first."""


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

    @property
    def facets(self) -> str:
        """What the reader can filter by, in the order of `_FACETS`."""
        return "|".join(str(getattr(self.record, name)) for name in _FACETS)

    @property
    def compared(self) -> list[tuple[Markup, Markup]]:
        """What was expected beside what was seen."""
        return compared(self.record)

    @property
    def evidence(self) -> Evidence:
        """The exchanges."""
        return evidence(self.record)

    @property
    def entry(self) -> str:
        """What would excuse it: of a target file where it is open, else of a file of known deviations."""
        if not self.attention:
            return ""
        if self.record.open:
            return acceptance(self.record)
        return snippet(self.record) if self.record.judgement.excusable else ""


@dataclass(frozen=True, slots=True)
class _Cause:
    """What is behind some clauses, with these; `opened` is whether it is open from the start."""

    cause: Cause
    clauses: tuple[_Clause, ...]
    opened: bool


@dataclass(frozen=True, slots=True)
class _Topic:
    """The clauses of one chapter: `clauses` as they were checked, `calm` those that nobody has to look at, `above` the number of the others."""

    name: str
    anchor: str
    clauses: tuple[_Clause, ...]
    calm: tuple[_Clause, ...]
    above: int
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
    return "".join(pieces(run, history))


def pieces(run: Run, history: Sequence[Point] = ()) -> Iterator[str]:
    """Make the page piece by piece, so that nobody has to hold all of a long one."""
    summary, targets = summarize(run)
    anchors = _Anchors(run.clauses)
    views = tuple(_target(target, anchors) for target in targets)
    clauses = [clause for view in views for topic in view.topics for clause in topic.clauses]
    attention = _causes(clauses)
    script = source("copy.js", "report.js")
    shared = Shared(clause.record for clause in clauses if not clause.attention)
    return (
        _environment()
        .get_template("report.html.j2")
        .generate(
            run=run,
            summary=summary,
            beside=side_by_side(run),
            trend=trend(history, run),
            anchors={id(clause.record): clause.anchor for clause in clauses},
            headline=headline(run),
            targets=views,
            causes=attention,
            alarming=sum(len(cause.clauses) for cause in attention),
            known=[c for c in clauses if c.record.known],
            untested=_by_dialect(run.run.untested),
            choices=_choices(run.clauses),
            facets=_FACETS,
            accepted=[c for c in clauses if c.record.accepted and not c.record.known],
            remedies=remedies(run.clauses),
            exit_meaning=EXIT_MEANING.get(summary.outcome.exit, ""),
            style=source("report.css"),
            script=script,
            script_hash=fingerprint(script),
            shared=shared,
            broken=any(clause.attention and clause.record.judgement.broken for clause in clauses),
            library=library(),
        )
    )


_FACETS = ("verdict", "gravity", "topic", "level", "basis", "target")
"""What the reader can filter by: attributes of a record."""


def _causes(clauses: Sequence[_Clause]) -> list[_Cause]:
    views = {id(clause.record): clause for clause in clauses if clause.attention}
    return [
        _Cause(cause, tuple(views[id(record)] for record in cause.records), number < _OPEN_AT_ONCE)
        for number, cause in enumerate(causes(view.record for view in views.values()))
    ]


def _target(target: TargetSummary, anchors: _Anchors) -> _Target:
    anchor = _slug(f"target-{target.name}-{target.dialect}")
    topics: dict[str, list[_Clause]] = {}
    for record in target.clauses:
        topics.setdefault(record.topic, []).append(_clause(record, anchors.give(record)))
    return _Target(target, anchor, target.summary, tuple(_topic(name, anchor, rows) for name, rows in topics.items()))


def _topic(name: str, target: str, rows: list[_Clause]) -> _Topic:
    calm = sorted((row for row in rows if not row.attention), key=lambda row: VERDICTS.index(row.record.verdict))
    tally = counts(row.record for row in rows)
    return _Topic(name, _slug(f"{target}-{name}"), tuple(rows), tuple(calm), len(rows) - len(calm), tally)


def _clause(record: ClauseRecord, anchor: str) -> _Clause:
    return _Clause(record, anchor, record.clause.partition(":")[2] or record.clause, record.wants_attention)


def _tally(values: Iterable[str]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for value in values:
        tally[value] = tally.get(value, 0) + 1
    return tally


def _choices(records: Iterable[ClauseRecord]) -> dict[str, dict[str, int]]:
    """Give what the reader can filter by, each value with its number of clauses; a single value is no choice."""
    rows = list(records)
    found = {name: _tally(getattr(row, name) for row in rows if getattr(row, name)) for name in _FACETS}
    found["verdict"] = counts(rows)
    found["gravity"] = {name: found["gravity"][name] for name in wording.GRAVITY_MEANING if name in found["gravity"]}
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
        advice=advice,
        elsewhere=elsewhere,
        reproduction=reproduction,
        shell_line=texts.shell_line,
        key=id,
    )
    made.globals.update(
        levels=wording.LEVEL_MEANING,
        bases=wording.BASIS_MEANING,
        steps=wording.STEPS,
        gravities=wording.GRAVITY_MEANING,
        count=wording.count,
    )
    return made
