"""Faults of the transport: the connection fails before, in or instead of the reply. The server has acted all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.http.delivery import Delivery, Ending
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply

__all__ = ["transport_faults"]

_KINDS: tuple[tuple[str, Ending, str], ...] = (
    ("drop", "drop", "closes the connection without a reply, after it has acted"),
    ("reset", "reset", "resets the connection without a reply"),
    ("half-body", "half", "breaks off in the middle of a reply"),
    ("stall", "stall", "leaves the client to wait for ever"),
)


def transport_faults(dialect: Dialect) -> Iterator[Fault]:
    """Give the faults of the connection, for every operation."""
    for operation in dialect.api.operations.values():
        for name, ending, what in _KINDS:
            yield _failing(operation, name, ending, what)


def _at(operation: Operation) -> Callable[[Seen], bool]:
    return lambda seen: seen.operation == operation.name


def _failing(operation: Operation, name: str, ending: Ending, what: str) -> Fault:
    def deliver(moment: Moment, reply: Reply) -> Delivery:
        here = moment.operation is not None and moment.operation.name == operation.name
        return Delivery(reply, ending if here else "keep")

    says = f"{operation.name} {what}."
    return Fault(f"{name}@{operation.name}", "transport", says, lambda: Distortion(deliver=deliver), _at(operation))
