"""Examining a server without pytest: what came of each clause of its register.

For whoever wants to know what the suites make of many servers, one after the other, in one process. Records are written
only when they are asked for: evidence without secrets costs as much as everything else together.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.reports.records import ClauseRecord
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause
from watchword.suites.running.check import GENERATED
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.target import from_description

__all__ = ["Examined", "survey"]


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one clause: its verdict, in how many attempts it was broken, on demand what was seen and its record."""

    clause: Clause
    verdict: str
    attempts: int
    broken: int
    seen: Callable[[], str]
    record: Callable[[], ClauseRecord]


def survey(
    description: Mapping[str, Any],
    only: Iterable[str] | None = None,
    generated: bool = True,
    repeat: int = 1,
) -> Iterator[Examined]:
    """Check the clauses of a server's register, one after the other, and give what came of each.

    `description` is what a plugin says of a server that it has started, and may hold a `wire` in place of a network.
    `only` limits the clauses to those ids; without `generated`, the checks that send generated requests are left out.
    `repeat` is how often each check is made.

    Raises:
        TargetError: the description is wrong.
    """
    target = from_description(description)
    session = TargetSession(target, Masker(), repeat, description.get("wire"), lazy=True)
    wanted = None if only is None else frozenset(only)
    chosen = [
        clause
        for clause in target.dialect.clauses
        if not clause.untested
        and (wanted is None or clause.id in wanted)
        and (generated or clause.guarantee != GENERATED)
    ]
    waiting = Waiting((session, clause) for clause in chosen)
    try:
        for clause in chosen:
            yield _examined(session, clause, waiting)
    finally:
        session.close()


def _examined(session: TargetSession, clause: Clause, waiting: Waiting) -> Examined:
    judged, seconds = waiting.check(session, clause)
    began = time.monotonic() - seconds
    seen = functools.partial(session.evidence.mask, judged.reason or judged.seen)
    record = functools.partial(write, session, clause, judged, began)
    return Examined(clause, judged.verdict, judged.attempts, judged.broken, seen, record)
