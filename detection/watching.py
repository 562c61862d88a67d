"""What a check looks at: replies that take note of which of their headers and members somebody asks for.

A fault that changes a single header or member shows to nobody who never asks for it, so that such a cell need not be measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from watchword.mockserver.faults.seen import BODY, HEADERS, header_named, member_named
from watchword.mockserver.faults.spy import Spy
from watchword.specs.values.http import Pairs, Reply, Request
from watchword.suites.started import Wire

__all__ = ["Watched", "WatchedWire"]


class WatchedWire:
    """Carries requests to a mock that a spy watches, and tells the spy what of each reply is looked at."""

    def __init__(self, wire: Wire, spy: Spy) -> None:
        self._wire = wire
        self._spy = spy

    def send(self, request: Request) -> tuple[Reply, float]:
        """Send a request, and give the reply as one that takes note."""
        reply, seconds = self._wire.send(request)
        return Watched(reply, self._spy.looked), seconds

    def close(self) -> None:
        """Close the wire."""
        self._wire.close()


class Watched(Reply):
    """A reply that notes what of it is looked at, in the words of `Seen`. Its status is looked at by everybody."""

    def __init__(self, reply: Reply, looked: set[str]) -> None:
        self._reply = reply
        self._looked = looked

    @property
    def status(self) -> int:
        """The status, which everybody looks at."""
        return self._reply.status

    @property
    def cut(self) -> bool:
        """Whether the body goes on, which no fault changes."""
        return self._reply.cut

    @property
    def headers(self) -> Pairs:
        """All headers, and a note of it."""
        self._looked.add(HEADERS)
        return self._reply.headers

    @property
    def body(self) -> bytes:
        """The body, and a note of it."""
        self._looked.add(BODY)
        return self._reply.body

    @property
    def size(self) -> int:
        """The bytes of the body: looked at for what is too long, and no fault makes anything so long."""
        return self._reply.size

    @property
    def json(self) -> Any:
        """What the body says, and a note of it."""
        self._looked.add(BODY)
        return self._reply.json

    @property
    def members(self) -> Mapping[str, Any]:
        """The members, which take note themselves; that there are none is said by the whole body."""
        if not self._reply.members:
            self._looked.add(BODY)
        return _Members(self._reply.members, self._looked)

    def header(self, name: str) -> str | None:
        """Give a header, and note which."""
        self._looked.add(header_named(name))
        return self._reply.header(name)

    def lines(self, name: str) -> tuple[str, ...]:
        """Give the lines of a header, and note which."""
        self._looked.add(header_named(name))
        return self._reply.lines(name)

    def __reduce__(self) -> tuple[Any, ...]:
        # Who takes it to another process may look at all of it there.
        return Reply, (self.status, self.headers, self.body, self.cut)


class _Members(Mapping[str, Any]):
    """The members of a reply: who goes through them has looked at all that the body says."""

    def __init__(self, members: Mapping[str, Any], looked: set[str]) -> None:
        self._members = members
        self._looked = looked

    def __getitem__(self, name: str) -> Any:
        self._looked.add(member_named(name))
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        self._looked.add(BODY)
        return iter(self._members)

    def __len__(self) -> int:
        self._looked.add(BODY)
        return len(self._members)
