"""Single trials of either side: an honest server, or one with one fault. Plain calls with plain values, for workers.

Most faults need not be tried everywhere. An honest run is watched by a spy that notes what a fault could take hold of. A
fault that reaches nothing of it would have left every reply as it was, and with the same replies the same seed sends the
same requests: there is nothing to find, and no need to look.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks import peer
from benchmarks.peer import Finding
from benchmarks.world import requests_to, standing
from watchword.mockserver.faults.catalogue import find_fault
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.faults.spy import Spy
from watchword.mockserver.launch import Running
from watchword.reports.detection.matrix import BROKEN, UNVERIFIED
from watchword.specs.loader import load_dialect
from watchword.suites.running.survey import survey

__all__ = ["BROKEN", "Honest", "Trial", "guarded", "our_fault", "our_honest", "reached", "their_fault", "their_honest"]

_LIMIT = 180
"""Seconds after which a trial is given up."""


@dataclass(frozen=True, slots=True)
class Honest:
    """A run against a server that is right: what it said, what a fault could have taken hold of, requests and seconds.

    Of ours, `said` holds each clause with its verdict, and `seen` is by clause. Of theirs, `said` holds the failures, and
    `seen` is a whole, under the empty name. `errors` are troubles that are no failures.
    """

    said: Mapping[Any, str]
    seen: Mapping[str, frozenset[Seen]] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one fault: `found`, `missed`, `error` (told as trouble, not as a failure) or `crashed`; and by what."""

    outcome: str
    by: tuple[str, ...] = ()
    seconds: float = 0.0


def guarded(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do a piece of work; when it raises or does not end, give a trial that says so, so that the others go on.

    To be called in the main thread of a process, for that is where an alarm rings.
    """
    signal.signal(signal.SIGALRM, _ring)
    signal.alarm(_LIMIT)
    try:
        return work(*arguments)
    except Exception as trouble:  # noqa: BLE001 - whatever it was, it is written down as the reason
        return Trial("crashed", (f"{type(trouble).__name__}: {trouble}"[:300],))
    finally:
        signal.alarm(0)


def _ring(number: int, frame: Any) -> None:
    raise TimeoutError(f"no end after {_LIMIT} seconds")


def reached(fault: Fault, truth: Honest) -> list[str]:
    """Name the parts of an honest run that a fault could have changed."""
    return [part for part, seen in truth.seen.items() if any(fault.reach(one) for one in seen)]


# -- theirs


def their_honest(name: str, profile: str, seed: int, examples: int, spied: bool = True) -> Honest:
    """Run Schemathesis against a server that has no fault."""
    spy = Spy()
    with standing(load_dialect(name), profile, spy.fault if spied else None) as running:
        found = peer.run(running, seed, examples)
        said = dict.fromkeys(found.failures, "fail")
        return Honest(said, {"": spy.take()}, requests_to(running), found.seconds, found.errors)


def their_fault(name: str, fault: str, seed: int, examples: int, known: frozenset[Finding]) -> Trial:
    """Run Schemathesis against one fault, up to the first failure that is not among the known ones."""
    dialect = load_dialect(name)
    with standing(dialect, fault=find_fault(dialect, fault)) as running:
        found = peer.run(running, seed, examples, known)
    new = tuple(str(one) for one in sorted(found.failures - known))
    outcome = "found" if new else "error" if found.errors else "missed"
    return Trial(outcome, new or found.errors[:3], found.seconds)


# -- ours


def our_honest(name: str, profile: str, spied: bool = True) -> Honest:
    """Survey a server that has no fault with all clauses."""
    spy = Spy()
    said: dict[str, str] = {}
    seen: dict[str, frozenset[Seen]] = {}
    with standing(load_dialect(name), profile, spy.fault if spied else None) as running:
        began = time.perf_counter()
        for one in survey(_described(running)):
            said[one.clause.id] = one.verdict
            seen[one.clause.id] = spy.take()
        return Honest(said, seen, requests_to(running), time.perf_counter() - began)


def our_fault(name: str, fault: str, clauses: frozenset[str], broken: frozenset[str]) -> Trial:
    """Survey one fault with the clauses that it could reach. `broken` are those that an honest server breaks."""
    dialect = load_dialect(name)
    found = find_fault(dialect, fault)
    began = time.perf_counter()
    with standing(dialect, fault=found) as running:
        said = {e.clause.id: e.verdict for e in survey(_described(running), only=clauses, repeat=found.period)}
    new = tuple(clause for clause, verdict in said.items() if verdict in BROKEN and clause not in broken)
    troubled = tuple(clause for clause, verdict in said.items() if verdict in UNVERIFIED)
    outcome = "found" if new else "error" if troubled else "missed"
    return Trial(outcome, new or troubled[:3], time.perf_counter() - began)


def _described(running: Running) -> dict[str, Any]:
    # A clock at hand makes the target a mock: there are no limits of rate, and waiting takes no time.
    return {
        "name": "mock",
        "dialect": running.service.dialect.folder,
        "url": running.url,
        "resource_url": running.resource_url,
        "credentials": running.credentials,
        "control": running.service.clock,
    }
