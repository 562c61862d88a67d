"""A spy: notes what a fault could take hold of while a server tells the truth."""

from __future__ import annotations

from watchword.mockserver.faults.fault import Distortion, Fault, Moment, Seen
from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.recognise.table import RECOGNISERS
from watchword.specs.applies import applicable_conditions
from watchword.specs.values.http import Reply

__all__ = ["Spy"]


class Spy:
    """Goes in a fault's place and changes nothing."""

    def __init__(self) -> None:
        self._seen: set[Seen] = set()
        self._holds: frozenset[str] = frozenset()
        self._possible: dict[str, list[str]] = {}
        distortion = Distortion(meet=self._look, reply=self._note)
        self.fault = Fault("none", "verdict", "The server has no fault, and is watched.", lambda: distortion)

    def take(self) -> frozenset[Seen]:
        """Give what was seen since the last time."""
        seen, self._seen = self._seen, set()
        return frozenset(seen)

    def _look(self, case: Case) -> None:
        name = case.operation.name
        if name not in self._possible:
            self._possible[name] = [c.name for c in applicable_conditions(case.operation, case.api)]
        self._holds = frozenset(c for c in self._possible[name] if RECOGNISERS[c](case))

    def _note(self, moment: Moment, reply: Reply) -> Reply:
        operation = None if moment.operation is None else moment.operation.name
        routed = frozenset((moment.condition,)) if moment.condition is not None and moment.case is None else self._holds
        self._seen.add(Seen(operation, moment.condition, routed))
        self._holds = frozenset()
        return reply
