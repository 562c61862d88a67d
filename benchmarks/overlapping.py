"""How long the suites take at a slow server, one request at a time and several: `python -m benchmarks.overlapping DIALECT`.

A mock takes its time for each reply, and its clock is not used. The rate is that of a live target whose file says nothing, and
the rules are those for which nothing has to grow old.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from watchword.mockserver import start
from watchword.specs.redaction import Masker
from watchword.suites.running.entry import waits
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.target import Limits, from_description

__all__ = ["overlapping", "table"]

_SLOW = (0.05, 0.15)
"""Seconds that a reply takes."""
_COUNTS = (1, 4)


def overlapping(dialect: str) -> list[dict[str, Any]]:
    """Run the suites at a server that is slow and at one that is slower, one by one and four at a time; gives a row for each."""
    return [_run(dialect, wait, count) for wait in _SLOW for count in _COUNTS]


def _run(dialect: str, wait: float, count: int) -> dict[str, Any]:
    with start(dialect, control_token="only-the-benchmark-knows") as mock:
        facts = {"name": "slow", "dialect": dialect, "url": mock.url, "resource_url": mock.resource_url}
        target = from_description(facts | {"credentials": mock.credentials})
        session = TargetSession(replace(target, limits=Limits(concurrency=count)), Masker())
        took: list[float] = []
        session.probe.listeners.append(lambda exchange: took.append(exchange.seconds))
        dialects_own = [c for c in target.dialect.clauses if not c.untested and c.guarantee != "contract.conforms"]
        clauses = [clause for clause in dialects_own if not waits(session, clause)]
        session.plan(clauses)
        mock.application.desk.book.add("slow", wait=wait, count="all")
        began = time.perf_counter()
        waiting = Waiting((session, clause) for clause in clauses)
        verdicts = [str(waiting.check(session, clause)[0].verdict) for clause in clauses]
        seconds = time.perf_counter() - began
        gap = session.budget.gap
        session.close()
    return {
        "wait": wait,
        "count": count,
        "rules": len(verdicts),
        "requests": len(took),
        "seconds": round(seconds, 2),
        "rate": round(len(took) * gap, 2),
        "replies": round(sum(took), 2),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Give the head and the rows of a table of what was measured."""
    head = (
        "a reply takes",
        "at a time",
        "requests",
        "the run took",
        "the rate alone takes",
        "all replies together took",
    )
    return head, [
        (
            f"{row['wait'] * 1000:.0f} ms",
            str(row["count"]),
            str(row["requests"]),
            *(f"{row[name]:.1f} s" for name in ("seconds", "rate", "replies")),
        )
        for row in rows
    ]


@click.command()
@click.argument("dialect")
def main(dialect: str) -> None:
    """Print how long the suites of DIALECT take at a slow server."""
    head, rows = table(overlapping(dialect))
    for row in (head, *rows):
        click.echo(" ".join(f"{cell:>25}" for cell in row))


if __name__ == "__main__":
    main()
