"""A server that a plugin has started for a run, as the plugin describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NotRequired, Protocol, TypedDict

from watchword.specs.placing import Endpoints
from watchword.specs.values.http import Reply, Request

__all__ = ["Control", "StartedServer", "Wire"]


class Control(Protocol):
    """A clock that the target's tokens obey and that can be set ahead."""

    def now(self) -> float:
        """Give the target's time in seconds since 1970."""
        ...

    def advance(self, seconds: float) -> float:
        """Set it ahead and give the new time."""
        ...


class Wire(Protocol):
    """Whatever carries requests to a target: the network, or a server in this process."""

    def send(self, request: Request) -> tuple[Reply, float]:
        """Send a request; gives the reply and the seconds it took.

        Raises:
            Unreachable, ConnectionError, TimeoutError: no whole reply came.
        """
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class StartedServer(TypedDict):
    """A running server. `dialect` is a bundled one's name or the folder of another, `credentials` go by role.

    `resource_url` is where the protected operations are, when that is elsewhere, and `endpoints` are the paths that differ
    from the described ones, or False where there is no such endpoint. `issuer` is the identifier of the issuer. `opened_by` are the logins whose tokens
    open the protected operation, where those of others do not. `control` is its clock, when it has one
    that can be set ahead. `close` is called when the run is over. `wire` takes the place of the network.
    """

    name: str
    dialect: str | Path
    url: str
    credentials: Mapping[str, str]
    resource_url: NotRequired[str | None]
    issuer: NotRequired[str | None]
    endpoints: NotRequired[Endpoints | None]
    opened_by: NotRequired[Sequence[str] | None]
    control: NotRequired[Control | None]
    close: NotRequired[Callable[[], None] | None]
    wire: NotRequired[Wire | None]
