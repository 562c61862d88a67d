"""What a scenario yields and what becomes of it: calls, pauses, exchanges, transcripts; and why one ends early.

Halt                a scenario ends without something to judge; its class is the verdict
├── Blocked         the positive control failed: what is refused may be refused for any reason
├── NotSupported    an optional feature was refused in a proper way
├── NotApplicable   the target does not give what the check needs
├── NotObservable   it cannot be seen within the limits
│   └── Outlived    a token may have expired on the way; another one may not
└── Inconclusive    the target did not answer, or asked to be left alone
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from watchword.reports.verdict import Verdict
from watchword.specs.values.draft import Draft
from watchword.specs.values.fleeting import fleeting
from watchword.specs.values.http import Reply, Request

__all__ = [
    "Blocked",
    "Call",
    "Exchange",
    "Halt",
    "Inconclusive",
    "NotApplicable",
    "NotObservable",
    "NotSupported",
    "Outlived",
    "Pause",
    "Remedy",
    "Scenario",
    "Transcript",
]


@fleeting(frozen=True, slots=True)
class Call:
    """One request to send. `step`: `prepare`, `control`, `probe` or `verify`; `purpose` says in words what it is for.

    `conditions` are those that were provoked on it; a `generated` one may be wrong in whatever way. `after` are the pauses
    that came before it.
    """

    draft: Draft
    step: str
    purpose: str
    conditions: tuple[str, ...] = ()
    generated: bool = False
    after: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that has to pass before the next call: until a moment of the run's clock, or so many seconds.

    `reason` is a sentence that is true when it is over. `short` pauses are made whatever the limits; one without `until`
    that is not short is made only where the target offers its clock. A pause that cannot be made raises `NotObservable`
    where it was yielded. `by` is the moment from which the next call would come too late to say anything, and `last` the
    one until which the scenario will want to wait in the end.

    With `new_second`, the seconds are counted from the last token that the target gave to anybody in this run; where its
    tokens are known to differ whenever they are issued, there is nothing to wait for. `says` completes the purpose of the
    next call. `stated` tells that `until` was read off the words of a reply, and not off a token. One that is `alone` takes
    no time: from there on, nobody else may send anything.
    """

    seconds: float
    reason: str
    short: bool = False
    until: float | None = None
    by: float | None = None
    last: float | None = None
    new_second: bool = False
    says: str = ""
    stated: bool = False
    alone: bool = False


@fleeting(frozen=True, slots=True, repr=False)
class Exchange:
    """A call and what came of it: the reply, or the trouble instead.

    `sent` and `replied` are seconds since 1970 on the clock of the run: the target's where it offers one, else this
    machine's. What the target did, it did between the two. `slack` is by how many seconds that clock may have been later than
    it was read.
    """

    call: Call
    request: Request
    reply: Reply | None
    trouble: str
    sent: float
    seconds: float
    slack: float = 0.0

    @property
    def replied(self) -> float:
        """The moment at which the reply was there at the latest."""
        return self.sent + self.seconds + self.slack

    def __repr__(self) -> str:
        return f"<Exchange {self.call.step} {self.request.method} {self.request.path}>"


Scenario = Generator[Call | Pause, Exchange, Mapping[str, Any]]
"""Yields calls and pauses, is sent the exchange of each call, and returns the facts it found."""


@fleeting(frozen=True, slots=True, repr=False)
class Transcript:
    """Everything that happened in one check: the exchanges in order, and the facts the scenario found."""

    exchanges: tuple[Exchange, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reply(self) -> Reply:
        """The reply that is judged: that to the last probe, or to the last call where there was no probe.

        Raises:
            Blocked: there is none.
        """
        probes = [e for e in self.exchanges if e.call.step == "probe"] or list(self.exchanges)
        if not probes or probes[-1].reply is None:
            raise Blocked("there is no reply to judge")
        return probes[-1].reply


Remedy = Mapping[str, float | None]
"""Settings of the target file that would let a check be made: the least value of each, None where any value does."""
_NONE: Remedy = MappingProxyType({})


class Halt(Exception):
    """A check ended without something to judge."""

    verdict = Verdict.ERROR

    def __init__(self, reason: str, remedy: Remedy = _NONE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Blocked(Halt):
    """The positive control failed."""

    verdict = Verdict.BLOCKED


class NotSupported(Halt):
    """An optional feature was refused in a proper way."""

    verdict = Verdict.NOT_SUPPORTED


class NotApplicable(Halt):
    """The target does not give what the check needs."""

    verdict = Verdict.NOT_APPLICABLE


class NotObservable(Halt):
    """It cannot be seen within the limits."""

    verdict = Verdict.NOT_OBSERVABLE


class Outlived(NotObservable):
    """A token may have expired on the way. `until` is when it surely has, so that the next login gives another one."""

    def __init__(self, reason: str, until: float) -> None:
        super().__init__(reason)
        self.until = until


class Inconclusive(Halt):
    """The target did not answer, or asked to be left alone."""

    verdict = Verdict.INCONCLUSIVE
