"""A spy: notes what a fault could take hold of, and what could show it, while a server tells the truth."""

from __future__ import annotations

from dataclasses import replace

from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.recognise.table import RECOGNISERS
from watchword.specs.applies import applicable_conditions
from watchword.specs.values.http import Reply

__all__ = ["Spy"]

_NOTHING = Seen(None, None, frozenset())


class Spy:
    """Goes in a fault's place and changes nothing. `looked` is what is looked at of the last reply: whoever hands it on adds to it."""

    def __init__(self) -> None:
        self._noted: list[tuple[Seen, set[str]]] = []
        self._request = _NOTHING
        self._possible: dict[str, list[str]] = {}
        self.looked: set[str] = set()
        distortion = Distortion(meet=self._look, reply=self._note)
        self.fault = Fault("none", "verdict", "The server has no fault, and is watched.", lambda: distortion)

    def take(self) -> frozenset[Seen]:
        """Give what was seen since the last time."""
        noted, self._noted = self._noted, []
        return frozenset(replace(seen, looked=frozenset(looked)) for seen, looked in noted)

    def _look(self, case: Case) -> None:
        name = case.operation.name
        if name not in self._possible:
            self._possible[name] = [c.name for c in applicable_conditions(case.operation, case.api)]
        now = case.world.clock.now()
        tokens = {"access_token": case.access, "refresh_token": case.refresh}
        known = {role: token for role, token in tokens.items() if token is not None}
        self._request = Seen(
            name,
            None,
            frozenset(c for c in self._possible[name] if RECOGNISERS[c](case)),
            frozenset(known),
            aged=any(now > token.issued_at for token in known.values()),
            renewed=any(token.session.issued > 1 for token in known.values()),
            again=any(seen.operation == name and seen.condition is None for seen, _ in self._noted),
        )

    def _note(self, moment: Moment, reply: Reply) -> Reply:
        operation = None if moment.operation is None else moment.operation.name
        seen = replace(self._request, operation=operation, condition=moment.condition)
        if moment.condition is not None and moment.case is None:
            seen = Seen(operation, moment.condition, frozenset((moment.condition,)))
        self._request, self.looked = _NOTHING, set()
        self._noted.append((seen, self.looked))
        return reply
