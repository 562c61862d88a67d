"""One target during a run: its connections, its budget, its evidence."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from watchword.specs.redaction import Masker
from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause
from watchword.suites.acting.steps import Exchange
from watchword.suites.sending.budget import Budget
from watchword.suites.sending.evidence import Evidence
from watchword.suites.sending.probe import Probe
from watchword.suites.sending.transport import Transport
from watchword.suites.started import Wire
from watchword.suites.target import Target

__all__ = ["TargetSession"]


@dataclass(repr=False)
class TargetSession:
    """One target during a run: its connections, its budget, its evidence. `wire` replaces the network where it is given.

    In a `lazy` session, secrets are looked for only when `evidence` is asked for; nothing may be shown before that.
    """

    target: Target
    masker: Masker
    repeat: int = 1
    wire: Wire | None = None
    lazy: bool = False
    tag: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        self._unread: list[Exchange] = []
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

    def close(self) -> None:
        """Close the connections, and the target where somebody started it for this run."""
        self.transport.close()
        if self.target.close is not None:
            self.target.close()

    def operation(self, clause: Clause) -> Operation:
        """Give the operation that a clause is about; a protected one where the target file says it is."""
        operation = self.target.dialect.api.operations[clause.operation or ""]
        resource = self.target.resource_operation
        return resource if resource is not None and operation.name == resource.name else operation
