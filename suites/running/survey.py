"""Examining a server without pytest: what came of each clause of its register.

For whoever wants to know what the suites make of many servers, one after the other, in one process. Records are written
only when they are asked for: evidence without secrets costs as much as everything else together.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

from watchword.reports.records import ClauseRecord
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause
from watchword.suites.judging.workshop import GENERATED
from watchword.suites.running.check import Check, Judged, scene_of
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.started import Control, StartedServer, Wire
from watchword.suites.target import from_description

__all__ = ["Examined", "Server", "survey", "survey_each"]

_TAG = "survey"
"""The word that goes with names that nobody has; of a server of this process nothing stays behind that it could meet again."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one clause: its verdict, in how many attempts it was broken, on demand what was seen and its record."""

    clause: Clause
    verdict: str
    attempts: int
    broken: int
    seen: Callable[[], str]
    record: Callable[[], ClauseRecord]


@dataclass(frozen=True, slots=True)
class Server:
    """A server in this process: what carries requests to it, and the clock that its tokens obey."""

    wire: Wire
    control: Control


def survey(
    description: StartedServer,
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
            yield _examined(session, clause, *waiting.check(session, clause))
    finally:
        session.close()


def survey_each(
    description: StartedServer,
    begin: Callable[[], Server],
    only: Collection[str] | None = None,
    repeat: int = 1,
    *,
    together: bool = False,
) -> Iterator[Examined]:
    """Check each clause at a server of its own, which `begin` gives, so that none finds what another has left behind.

    `description` says what all those servers have in common, as a plugin would; `only` and `repeat` are those of `survey`,
    and one server sees all attempts at one clause. Where all of them answer alike, clauses that differ in nothing but how
    they are judged may be checked `together`, at one server: each gets the verdict that it gets apart.

    Raises:
        TargetError: the description is wrong.
    """
    target = from_description(description)
    clauses = target.dialect.clauses
    chosen = [clause for clause in clauses if not clause.untested and (only is None or clause.id in only)]
    made: dict[Hashable, Check] = {}
    for clause in chosen:
        scene = scene_of(clause)
        if scene in made:
            check = Check(made[scene].session, clause, made[scene].attempts)
            judged = check.end()
        else:
            server = begin()
            own = replace(target, control=server.control)
            check = Check(TargetSession(own, Masker(), repeat, server.wire, lazy=True, tag=_TAG), clause)
            judged = check.end()
            check.session.close()
            if together and check.attempts:
                made[scene] = check
        yield _examined(check.session, clause, judged, check.seconds)


def _examined(session: TargetSession, clause: Clause, judged: Judged, seconds: float) -> Examined:
    record = functools.partial(write, session, clause, judged, time.monotonic() - seconds)
    return Examined(
        clause, judged.verdict, judged.attempts, judged.broken, functools.partial(_seen, session, judged), record
    )


def _seen(session: TargetSession, judged: Judged) -> str:
    return session.evidence.mask(judged.reason or judged.seen)
