"""Faults: the named ways in which a mock can be wrong, each told in one sentence.

A fault attaches at one of four stages:

    dialect     the rules are lied about: a profile that is not the one it says it is
    verdict     a condition is taken as fine: the wrong request is served as though it were right
    reply       the answer is damaged on its way out
    transport   the connection fails
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from watchword.mockserver.faults.seen import Reach, anything
from watchword.mockserver.http.delivery import Delivery
from watchword.mockserver.rules.case import Case
from watchword.mockserver.state.world import World
from watchword.specs.codec import Reading
from watchword.specs.values.api import Operation
from watchword.specs.values.fleeting import fleeting
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Profile

__all__ = [
    "STAGES",
    "Distortion",
    "Fault",
    "Moment",
    "Values",
]

STAGES = ("dialect", "verdict", "reply", "transport")

Values = dict[str, Any]
"""What a token reply is made of, by role."""


@fleeting(frozen=True, slots=True)
class Moment:
    """What a reply answers: the operation (None: no path matched), the condition it was refused for (None: served).

    `case` is the request as the operation's bindings see it; None when no operation took it.
    """

    operation: Operation | None
    condition: str | None
    case: Case | None


def _same(profile: Profile) -> Profile:
    return profile


def _as_sent(request: Request) -> Request:
    return request


def _as_read(reading: Reading) -> Reading:
    return reading


def _unmoved(case: Case) -> None:
    """Take no notice."""


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

    `profile` replaces the profile when the service starts. `request` changes what arrives, before it is routed, and `read`
    what the operation's bindings find in it. `meet` is shown each request that an operation has taken, before anything is
    decided, and remembers what has to be known later. `accepts` has a request served whatever is wrong with it.
    `values` changes what a token reply is made of, or the world behind it. `reply` damages a reply. `deliver` says what
    the connection does with it.

    What it remembers from one request to the next is in `memory`, and nowhere else: several processes may tell one fault.
    """

    profile: Callable[[Profile], Profile] = _same
    request: Callable[[Request], Request] = _as_sent
    read: Callable[[Reading], Reading] = _as_read
    meet: Callable[[Case], None] = _unmoved
    accepts: Callable[[Case], bool] = _never
    values: Callable[[Case, World, Values], Values] = _unchanged
    reply: Callable[[Moment, Reply], Reply] = _as_it_is
    deliver: Callable[[Moment, Reply], Delivery] = _whole
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a mock is wrong. `make` gives a distortion of its own, with no memory of another's requests.

    `reach` tells whether the fault can take hold of an exchange. Among exchanges that it cannot reach, a server behaves as it
    would without the fault. `shows` tells what else has to happen before anybody can see it, an exchange for each: what is done
    to a token shows when that is presented. `period` is how many times one has to look to see the fault once. `breaks` are the
    ids of the clauses that no longer hold, as the dialect declares them.
    """

    name: str
    stage: str
    says: str
    make: Callable[[], Distortion]
    reach: Reach = anything
    period: int = 1
    breaks: frozenset[str] = frozenset()
    shows: tuple[Reach, ...] = ()
