"""What is seen of an exchange, and the kinds of exchanges in which a fault takes hold and shows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from watchword.specs.values.api import Operation

__all__ = [
    "BODY",
    "HEADERS",
    "Reach",
    "Seen",
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


def _telling(operations: Collection[Operation]) -> frozenset[str]:
    return frozenset(one.name for one in operations if one.purpose == "introspect")


def aging(operations: Collection[Operation]) -> Reach:
    """Give where a fault shows that has tokens end earlier: where one is presented later, or where its expiry is told."""
    telling = _telling(operations)
    return lambda seen: presenting(seen) and (seen.aged or seen.operation in telling)


def expired(operations: Collection[Operation]) -> Reach:
    """Give where a fault shows that lets access tokens live longer: where one has expired, or where its expiry is told."""
    telling = _telling(operations)
    return lambda seen: presenting(seen) and (seen.operation in telling or "access_token.expired" in seen.holds)
