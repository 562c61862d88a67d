"""Faults about tokens: what an operation makes of the values of its reply, or which right requests it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from watchword.mockserver.faults.fault import Distortion, Fault, Moment, Values
from watchword.mockserver.faults.seen import Reach, looking, member_named, serving
from watchword.mockserver.rules.case import Case
from watchword.mockserver.state.world import World
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply

__all__ = ["Change", "FaultTemplate", "Kinds", "Making", "Shows", "always"]

Change = Callable[[Case, World, Values], Values]
"""Gives the values that a token reply is made of, and may change the world behind them."""

_REFUSAL = Reply(400, (("Content-Type", "application/json"),), b'{"error": "invalid_grant"}')


Making = Callable[[dict[str, Any]], Change]
"""Makes a change that remembers what it has to in a table that it is given."""


Shows = Literal[
    "with its token",
    "with its refresh token",
    "with time",
    "after its expiry",
    "with the next",
    "with the next renewal",
]
"""What else has to happen before a fault shows: a token is presented, some time after it was issued or when it has expired; the
operation serves another request, or another one of the same session."""


Kinds = Mapping[Shows, Reach]
"""The kinds of exchanges that the words for when a fault shows stand for. One that is left out means any."""


def always(change: Change) -> Making:
    """Make a change that remembers nothing."""
    return lambda memory: change


def _unchanged(case: Case, world: World, values: Values) -> Values:
    return values


_CHANGES_NOTHING = always(_unchanged)


def _none(case: Case) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class FaultTemplate:
    """One fault, for any operation. `what` completes the sentence that begins with the operation's name.

    `against` are the guarantees that it breaks: where the register leaves all of them open, it is no fault. Each mock that
    tells it has a change of its own by `make`; `refuses` picks the right requests that are refused. `shows` tells
    what has to happen before it can be seen. `alters` names the roles of the reply that it is all about: who looks at none of them
    sees nothing.
    """

    name: str
    what: str
    against: tuple[str, ...]
    make: Making = _CHANGES_NOTHING
    refuses: Callable[[Case], bool] = _none
    shows: tuple[Shows, ...] = ()
    alters: tuple[str, ...] = ()

    def at(self, operation: Operation, shows: Kinds) -> Fault:
        """Give this fault of an operation; `shows` tells what the words for its exchanges stand for there."""

        def make() -> Distortion:
            memory: dict[str, Any] = {}
            change = self.make(memory)

            def values(case: Case, world: World, right: Values) -> Values:
                return change(case, world, right) if case.operation.name == operation.name else right

            return Distortion(values=values, reply=reply, memory=memory)

        def reply(moment: Moment, right: Reply) -> Reply:
            here = moment.case is not None and moment.case.operation.name == operation.name
            refused = here and moment.condition is None and moment.case is not None and self.refuses(moment.case)
            return _REFUSAL if refused else right

        name, says = f"{self.name}@{operation.name}", f"{operation.name} {self.what}."
        wanted = [shows[word] for word in self.shows if word in shows]
        if self.alters and operation.success is not None:
            names = [member.name for member in operation.success.members if member.role in self.alters]
            wanted.append(looking(serving(operation), *map(member_named, names)))
        return Fault(name, "dialect", says, make, serving(operation), shows=tuple(wanted))
