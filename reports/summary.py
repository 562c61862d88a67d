"""What a run and each of its targets come to, with the clauses counted: what the page and the command show first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.reports.outcome import Outcome, outcome, selected
from watchword.reports.records import VERDICTS, ClauseRecord, Run
from watchword.reports.wording import count, words

__all__ = ["Summary", "TargetSummary", "counts", "headline", "summarize", "verdict_line"]

_NAMED = 2


@dataclass(frozen=True, slots=True)
class Summary:
    """What it comes to, and the clauses behind that: `verified` out of `total`, and their numbers by verdict."""

    outcome: Outcome
    verified: int
    total: int
    verdicts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """The same for one target, with the identity that the run gave it and its clauses."""

    name: str
    dialect: str
    identity: Mapping[str, Any]
    summary: Summary
    clauses: tuple[ClauseRecord, ...]


def counts(records: Iterable[ClauseRecord]) -> dict[str, int]:
    """Count records by verdict, in the order of `VERDICTS`, without those that did not occur."""
    counted = Counter(record.verdict for record in records)
    return {verdict: counted[verdict] for verdict in VERDICTS if counted[verdict]}


def headline(run: Run) -> str:
    """Write what a run comes to in one sentence without its full stop: which targets, the judgement, how bad it is.

    Page, console and command begin with it. More than two targets are counted and not named.
    """
    found = outcome(run)
    names = [f"{target.get('name', '')} ({target.get('dialect', '')})" for target in run.run.targets]
    where = " and ".join(names) if len(names) <= _NAMED else count(len(names), "target")
    said = f"{found.title[:1].lower()}{found.title[1:]}, {found.gist}"
    return f"{where}: {said}" if where else f"{said[:1].upper()}{said[1:]}"


def verdict_line(run: Run) -> str:
    """Write what a run verified, and its counts by verdict, in one line."""
    line = f"{_verified(run.clauses)} of {count(selected(run), 'clause')} verified"
    if run.clauses:
        line += ": " + ", ".join(f"{number} {words(verdict)}" for verdict, number in run.verdicts.items())
    known = sum(bool(record.known) for record in run.clauses)
    return line + (f" ({known} known)" if known else "") + ("" if run.end else "; the run was cut short")


def summarize(run: Run) -> tuple[Summary, tuple[TargetSummary, ...]]:
    """Sum up a whole run, and each of its targets in the order in which the run names them."""
    identities = {(str(t.get("name", "")), str(t.get("dialect", ""))): t for t in run.run.targets}
    grouped: dict[tuple[str, str], list[ClauseRecord]] = {key: [] for key in identities}
    for record in run.clauses:
        grouped.setdefault((record.target, record.dialect), []).append(record)
    targets = tuple(
        TargetSummary(*key, identities.get(key, {}), _summary(outcome(run, rows), rows, len(rows)), tuple(rows))
        for key, rows in grouped.items()
    )
    return _summary(outcome(run), run.clauses, selected(run)), targets


def _summary(found: Outcome, records: Iterable[ClauseRecord], total: int) -> Summary:
    rows = list(records)
    return Summary(found, _verified(rows), total, counts(rows))


def _verified(records: Iterable[ClauseRecord]) -> int:
    return sum(record.judgement.verified for record in records)
