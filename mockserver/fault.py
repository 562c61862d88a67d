"""Faults: the named lies that a mock can tell. One fault is one defect, told in one sentence.

A fault attaches at one of four stages:

    dialect     the rules are lied about: a profile that is not the one it says it is
    verdict     a condition is taken as fine: the wrong request is served as though it were right
    reply       the answer is damaged on its way out
    transport   the connection fails
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from watchword.mockserver.case import Case
from watchword.mockserver.delivery import Delivery
from watchword.mockserver.world import World
from watchword.specs.model import Operation
from watchword.specs.profile import Profile
from watchword.specs.wire import Reply

__all__ = ["STAGES", "Distortion", "Fault", "Moment", "Values"]

STAGES = ("dialect", "verdict", "reply", "transport")

Values = dict[str, Any]
"""What a token reply is made of, by role."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a reply answers: the operation (None: no path matched), the condition it was refused for (None: served).

    `case` is the request as the operation's bindings see it; None when no operation took it.
    """

    operation: Operation | None
    condition: str | None
    case: Case | None


def _same(profile: Profile) -> Profile:
    return profile


def _never(case: Case) -> bool:
    return False


def _unchanged(case: Case, world: World, values: Values) -> Values:
    return values


def _as_it_is(moment: Moment, reply: Reply) -> Reply:
    return reply


def _whole(moment: Moment, reply: Reply) -> Delivery:
    return Delivery(reply)


@dataclass(frozen=True, slots=True)
class Distortion:
    """Where a fault takes hold of a service; what it does not name stays as it is.

    `profile` replaces the profile when the service starts. `accepts` has a request served whatever is wrong with it.
    `values` changes what a token reply is made of, or the world behind it. `reply` damages a reply. `deliver` says what
    the connection does with it.
    """

    profile: Callable[[Profile], Profile] = _same
    accepts: Callable[[Case], bool] = _never
    values: Callable[[Case, World, Values], Values] = _unchanged
    reply: Callable[[Moment, Reply], Reply] = _as_it_is
    deliver: Callable[[Moment, Reply], Delivery] = _whole


@dataclass(frozen=True, slots=True)
class Fault:
    """One defect. `make` gives a distortion of its own, with no memory of another's requests."""

    name: str
    stage: str
    says: str
    make: Callable[[], Distortion]
