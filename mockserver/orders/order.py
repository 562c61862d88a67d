"""One order: what the next calls of some operations get, how often, with which probability, until when."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.orders.forced import Wish
from watchword.mockserver.orders.kinds import Kind
from watchword.mockserver.service import ActiveFault

__all__ = ["Order"]


_PLAIN = (
    "id", "name", "says", "where", "count", "skip", "probability", "seed", "until", "settings", "acts", "wish", "lasting",
    "calls", "struck",
)  # fmt: skip
"""What an order is, as far as plain values say it."""


@dataclass(slots=True, repr=False)
class Order:
    """What was asked for, and how often it has come to pass.

    `where` names operations (empty: all). `count` is how often it strikes (None: as often as it may), after it has let
    `skip` calls pass. Each call that it could strike is struck with a `probability`, by the dice of its `seed`. `until` is
    the mock's time at which it is over (None: never). It is a `kind` of fault, `actives` of the catalogue by operation (None:
    of all operations), or a `wish` for a reply. One that is `lasting` is there from the start.
    """

    id: int
    name: str
    says: str
    where: frozenset[str]
    count: int | None
    skip: int
    probability: float
    seed: int
    until: float | None
    settings: Mapping[str, Any]
    acts: bool = False
    kind: Kind | None = None
    actives: Mapping[str | None, ActiveFault] = field(default_factory=dict)
    wish: Wish | None = None
    lasting: bool = False
    calls: int = 0
    struck: int = 0
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def over(self, now: float) -> bool:
        """Tell whether it will strike no more."""
        return (self.count is not None and self.struck >= self.count) or (self.until is not None and now >= self.until)

    def active(self, seen: Seen) -> ActiveFault | None:
        """Give the active fault that could change something about an exchange; None when there is none."""
        found = (self.actives.get(seen.operation), self.actives.get(None))
        return next((active for active in found if active is not None and active.fault.reach(seen)), None)

    def strikes(self, seen: Seen) -> bool:
        """Tell whether it strikes a call, which is counted if it is one of those that are meant."""
        if self.where and seen.operation not in self.where:
            return False
        if self.actives and self.active(seen) is None:
            return False
        self.calls += 1
        if self.calls <= self.skip:
            return False
        if self.probability < 1 and self._dice.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def kept(self) -> dict[str, Any]:
        """Give what it was asked for and how far it has come, in plain values; `Book.keep` makes such an order of them."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        faults = {where: active.fault.name for where, active in self.actives.items()}
        memories = {where: dict(active.distortion.memory) for where, active in self.actives.items()}
        dice = self._dice.getstate() if self.probability < 1 else None
        kind = None if self.kind is None else self.kind.name
        return {**plain, "kind": kind, "faults": faults, "memories": memories, "dice": dice}

    def keep(self, kept: Mapping[str, Any]) -> None:
        """Go on from where another process has come with this very order."""
        self.calls, self.struck = kept["calls"], kept["struck"]
        if kept["dice"] is not None:
            self._dice.setstate(kept["dice"])
        for where, active in self.actives.items():
            active.remember(kept["memories"][where])

    def shown(self, now: float) -> dict[str, Any]:
        """Say what it is and how far it has come."""
        return {
            "id": self.id,
            "fault": self.name,
            "says": self.says,
            "operations": sorted(self.where) or None,
            "count": self.count,
            "skip": self.skip,
            "probability": self.probability,
            "seed": self.seed,
            "until": self.until,
            "acts": self.acts,
            "calls": self.calls,
            "struck": self.struck,
            "over": self.over(now),
        }
