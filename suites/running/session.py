"""One target during a run: its connections, its budget, its evidence."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from watchword.specs.redaction import Masker
from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause
from watchword.suites.acting.steps import Exchange, Halt, NotApplicable, NotObservable
from watchword.suites.judging.workshop import GENERATED, Here, Keeper, Workshop, shortage
from watchword.suites.sending.budget import Budget
from watchword.suites.sending.evidence import Evidence
from watchword.suites.sending.origin import is_loopback
from watchword.suites.sending.probe import Probe
from watchword.suites.sending.transport import Transport
from watchword.suites.started import Wire
from watchword.suites.target import Target

__all__ = ["TargetSession"]

_NEAR = 4
"""How many requests may be on their way at a time to a mock, or to a server on this machine."""
_SLOW = 0.02
"""Seconds that a reply has to take before it is worth a thread to wait for it."""
_PART = 0.8
"""What part of the time between two requests it has to take, besides: what is faster is waited for anyway."""
_FIRST = 8
"""Replies whose time is taken: those of the preflight."""
_LEAST = 0.001


@dataclass(repr=False)
class TargetSession:
    """One target during a run: its connections, its budget, its evidence. `wire` replaces the network where it is given.

    `unserved` says of operations why they serve other accounts than the one that is at hand. `workshop` is where generated
    requests are made and judged.

    In a `lazy` session, secrets are looked for only when `evidence` is asked for; nothing may be shown before that.
    """

    target: Target
    masker: Masker
    repeat: int = 1
    wire: Wire | None = None
    lazy: bool = False
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    unserved: dict[str, str] = field(default_factory=dict)
    workshop: Workshop = field(default_factory=lambda: Keeper(Here()))

    def __post_init__(self) -> None:
        self._unread: list[Exchange] = []
        self._took: list[float] = []
        self._evidence: Evidence | None = None if self.lazy else Evidence(self.target, self.masker)
        self.open()

    @property
    def evidence(self) -> Evidence:
        """What writes exchanges down, and knows the secrets of all there have been."""
        if self._evidence is None:
            self._evidence = Evidence(self.target, self.masker)
        for exchange in self._unread:
            self._evidence.note(exchange)
        self._unread.clear()
        return self._evidence

    def open(self) -> None:
        """Begin with fresh connections and an unspent budget; to be called again when the target's description changed."""
        self.transport: Wire = self.wire or Transport(self.target)
        self.budget = Budget(self.target)
        self.probe = Probe(self.target, self.budget, self.transport)
        self.probe.listeners.append(self._unread.append if self.lazy else self.evidence.learn)
        # Whom the probe tells does not know the session: what has been checked goes at once, and no garbage is left.
        self.probe.listeners.append(functools.partial(_time, self._took))

    @property
    def concurrency(self) -> int:
        """How many requests may be on their way at a time: one, where refusals are counted so that each has to be known first.

        Nobody minds several at a mock, or at a server on this machine.
        """
        if self.wire is not None or self.budget.counts_refusals:
            return 1
        near = self.target.mock or all(map(is_loopback, (self.target.url, self.target.resource_url)))
        return self.target.limits.concurrency or (_NEAR if near else 1)

    @property
    def overlaps(self) -> bool:
        """Whether requests will overlap: where a target file says so, or where replies are waited for long enough."""
        if self.concurrency == 1 or self.target.limits.concurrency is not None:
            return self.concurrency > 1
        return self.latency >= max(_SLOW, _PART * self.budget.gap)

    @property
    def latency(self) -> float:
        """How many seconds the first replies took on average, without the slowest, which may have had to wait for our machine."""
        took = sorted(self._took)
        counted = took[: max(2, len(took) - 1)]
        return sum(counted) / len(counted) if counted else 0.0

    @property
    def pace(self) -> float:
        """How many seconds there are between two requests where each waits for the reply to the one before."""
        return max(self.budget.gap, self.latency, _LEAST)

    def close(self) -> None:
        """Close the connections, and the target where somebody started it for this run."""
        self.transport.close()
        if self.target.close is not None:
            self.target.close()

    def plan(self, clauses: Iterable[Clause]) -> None:
        """Share the budgets out over the clauses that will be checked."""
        self.budget.plan((c for c in clauses if self.ruled_out(c) is None), self.repeat)

    def halt(self, clause: Clause) -> Halt | None:
        """Give what ends the check of a clause before anything is sent; None where nothing does."""
        return self.ruled_out(clause) or self.budget.halt(clause)

    def ruled_out(self, clause: Clause) -> Halt | None:
        """Give why a clause cannot be checked here whatever the budgets are; None where it can be."""
        why = self.unserved.get(clause.operation or "")
        if clause.operation in self.target.dialect.api.absent:
            why = f"the server has no {clause.operation}, as its target says"
        if why:
            return NotApplicable(why)
        lacks = shortage() if clause.guarantee == GENERATED else ""
        return NotObservable(lacks) if lacks else None

    def operation(self, clause: Clause) -> Operation:
        """Give the operation that a clause is about; a protected one where the target file says it is."""
        operation = self.target.dialect.api.operations[clause.operation or ""]
        resource = self.target.resource_operation
        return resource if resource is not None and operation.name == resource.name else operation


def _time(took: list[float], exchange: Exchange) -> None:
    if len(took) < _FIRST and exchange.reply is not None:
        took.append(exchange.seconds)
