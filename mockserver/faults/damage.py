"""Damage: what faults of different kinds do to the reply to a right request."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.seen import looking, member_named, serving
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply

__all__ = ["Change", "edited", "served", "serves"]

Change = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes other members of those of a reply."""


def serves(moment: Moment, operation: Operation) -> bool:
    """Tell whether a reply is that of an operation to a right request."""
    return moment.condition is None and moment.operation is not None and moment.operation.name == operation.name


def served(operation: Operation, name: str, what: str, reply: Callable[[Moment, Reply], Reply], *parts: str) -> Fault:
    """Give a fault of the reply to a right request; `what` completes the sentence that begins with the operation's name.

    `parts` are all that it changes, for `looking`; without them it changes the whole.
    """
    says = f"{operation.name} {what}."
    reach = serving(operation)
    shows = (looking(reach, *parts),) if parts else ()
    return Fault(f"{name}@{operation.name}", "reply", says, lambda: Distortion(reply=reply), reach, shows=shows)


def edited(operation: Operation, name: str, what: str, change: Change, *names: str) -> Fault:
    """Give a fault of the members of the reply to a right request: of those with these names, and of no others."""

    def reply(moment: Moment, right: Reply) -> Reply:
        if not serves(moment, operation) or not right.members:
            return right
        return replace(right, body=json.dumps(change(dict(right.members))).encode())

    return served(operation, name, what, reply, *map(member_named, names))
