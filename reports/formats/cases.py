"""What every format says of a clause in the same words: its name among several targets, and why its verdict is what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from watchword.reports.records import ClauseRecord, Run

__all__ = ["named", "seen", "telling", "told", "version"]


def named(run: Run) -> Callable[[ClauseRecord], str]:
    """Give the name of a clause that no other clause of the run has: with its target where its dialect is tested at several."""
    tested = Counter(dialect for _, dialect in {(record.target, record.dialect) for record in run.clauses})
    return lambda record: f"{record.clause}@{record.target}" if tested[record.dialect] > 1 else record.clause


def seen(record: ClauseRecord) -> str:
    """Say in one sentence what speaks against a clause, or why nothing is known of it."""
    return "; ".join(record.differences) or record.reason or record.observed or record.judgement.meaning


def told(record: ClauseRecord) -> str:
    """Say the rule, what was expected and what was seen, a line each."""
    lines = [record.says, f"source: {record.source}", f"expected: {record.expected}", f"seen: {seen(record)}"]
    return "\n".join([*lines, f"excused: {record.excuse}"] if record.excuse else lines)


def telling(run: Run) -> list[ClauseRecord]:
    """Give the records that somebody has to look at, the gravest first."""
    strict = bool(run.run.options.get("strict"))
    rows = [record for record in run.clauses if record.wants_attention]
    return sorted(rows, key=lambda r: (not r.fails(strict), r.level != "must", r.judgement is not r.judgement.ERROR))


def version(run: Run) -> str:
    """Give the version of Watchword that made the records; `unknown` where they do not say."""
    return run.run.versions.get("watchword", "unknown")
