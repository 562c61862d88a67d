"""Faults: the named ways in which a mock can be wrong, each told in one sentence.

A fault attaches at one of four stages:

    dialect     the rules are lied about: a profile that is not the one it says it is
    verdict     a condition is taken as fine: the wrong request is served as though it were right
    reply       the answer is damaged on its way out
    transport   the connection fails
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from watchword.mockserver.http.delivery import Delivery
from watchword.mockserver.rules.case import Case
from watchword.mockserver.state.world import World
from watchword.specs.codec import Reading
from watchword.specs.values.api import Operation
from watchword.specs.values.fleeting import fleeting
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Profile

__all__ = [
    "BODY",
    "HEADERS",
    "STAGES",
    "Distortion",
    "Fault",
    "Moment",
    "Reach",
    "Seen",
    "Values",
    "aging",
    "anything",
    "expired",
    "header_named",
    "holding",
    "looking",
    "member_named",
    "presenting",
    "refusing",
    "renewing",
    "serving",
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
class Seen:
    """One exchange with a server that has no fault, as far as a fault could take hold of it.

    `operation` is the operation's name (None: no path matched), `condition` that for which the request was refused (None:
    served), `holds` names every condition that the request was in.

    Whoever watches a whole check knows more: `presents` are the kinds of issued tokens that the request presented, `aged` tells
    that time had passed since one of them was issued, `renewed` that its session had been renewed, and `again` that the operation
    had served a request before. `looked` is what was looked at of the reply, apart from its status: single headers and
    members, all the `HEADERS`, all that the `BODY` says.
    """

    operation: str | None
    condition: str | None
    holds: frozenset[str]
    presents: frozenset[str] = frozenset()
    aged: bool = False
    renewed: bool = False
    again: bool = False
    looked: frozenset[str] = frozenset()


HEADERS, BODY = "headers", "body"


def header_named(name: str) -> str:
    """Give the word for a header that is looked at."""
    return f"header {name.lower()}"


def member_named(name: str) -> str:
    """Give the word for a member that is looked at."""
    return f"member {name}"


Reach = Callable[[Seen], bool]
"""Tells whether an exchange is one of those that a fault is about."""


def anything(seen: Seen) -> bool:
    """Give the reach of a fault that may show anywhere."""
    return True


def serving(operation: Operation) -> Reach:
    """Give the reach of a fault that shows whenever an operation serves a request."""
    return lambda seen: seen.operation == operation.name and seen.condition is None


def refusing(operation: Operation) -> Reach:
    """Give the reach of a fault that shows whenever an operation refuses a request."""
    return lambda seen: seen.operation == operation.name and seen.condition is not None


def holding(operation: Operation, condition: str) -> Reach:
    """Give the reach of a fault that shows whenever a request to an operation is in a condition."""
    return lambda seen: seen.operation == operation.name and condition in seen.holds


def looking(reach: Reach, *parts: str) -> Reach:
    """Give where a fault shows that changes nothing but some parts of replies: one of them has to be looked at.

    A member can be changed, added and taken away unseen where it is one of several of a JSON object.
    """
    looked = frozenset(parts) | {HEADERS if part.startswith("header ") else BODY for part in parts}
    return lambda seen: reach(seen) and not looked.isdisjoint(seen.looked)


def presenting(seen: Seen) -> bool:
    """Tell whether a request presents an issued token."""
    return bool(seen.presents)


def renewing(seen: Seen) -> bool:
    """Tell whether a request presents an issued refresh token."""
    return "refresh_token" in seen.presents


def aging(operations: Collection[Operation]) -> Reach:
    """Give where a fault shows that has tokens end earlier: where one is presented later, or where its expiry is told."""
    telling = {one.name for one in operations if one.purpose == "introspect"}
    return lambda seen: presenting(seen) and (seen.aged or seen.operation in telling)


def expired(operations: Collection[Operation]) -> Reach:
    """Give where a fault shows that lets access tokens live longer: where one has expired, or where its expiry is told."""
    telling = {one.name for one in operations if one.purpose == "introspect"}
    return lambda seen: presenting(seen) and (seen.operation in telling or "access_token.expired" in seen.holds)


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
