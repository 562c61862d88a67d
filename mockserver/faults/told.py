"""Faults of what is told of tokens: of another client, of other scopes, with another expiry than they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from watchword.mockserver.faults.damage import edited
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.faults.register import left_open
from watchword.specs.loader import Dialect
from watchword.specs.values.profile import Profile

__all__ = ["told_faults"]

_WRONG: tuple[tuple[str, str, str, Callable[[Any], Any]], ...] = (
    ("client_id", "of-other-client", "tells that a token was issued to another client", lambda value: f"{value}-2"),
    ("scope", "with-other-scopes", "tells that a token has scopes that it does not have", lambda value: "all"),
    ("expires_at", "later", "tells an expiry that is an hour later than that of the token", lambda at: at + 3600),
    ("expires_at", "in-milliseconds", "tells the expiry of a token in milliseconds", lambda at: at * 1000),
)
"""A role, what a fault of it is called, what it says, and what it makes of the value."""


def told_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults of operations that tell of tokens, apart from what the register leaves open."""
    for operation in dialect.api.with_purpose("introspect"):
        if left_open(dialect, operation, "introspection.agrees"):
            continue
        listed = profile.operations[operation.name].reply.members
        members = operation.success.members if operation.success is not None else ()
        names = {m.role: m.name for m in members if m.role and m.name in listed}
        for role, label, what, change in _WRONG:
            if role in names:
                yield edited(operation, f"told-{label}", what, _changing(names[role], change), names[role])


def _changing(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: {**body, name: change(body[name])} if body.get(name) is not None else body
