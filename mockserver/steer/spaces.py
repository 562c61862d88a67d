"""The worlds beside the first in a mock, as whoever steers it sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.mockserver.steer.channel import Channel

__all__ = ["Spaces"]


class Spaces:
    """The spaces of a mock by name. Raises `ControlProblem`, a ValueError, for a name that cannot be one or is not there."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def list(self) -> tuple[str, ...]:
        """Give the names of the spaces that there are."""
        return tuple(space["name"] for space in self._channel.ask("GET", "spaces")["spaces"])

    def make(
        self,
        name: str | None = None,
        *,
        profile: str | None = None,
        world: Mapping[str, Any] | None = None,
        port: int | None = None,
    ) -> str:
        """Make a space, anew if it is there already, and give its name; without one it gets a name that nobody has.

        `world` is what a world file says, and `port` one that leads there and nowhere else, 0 for a free one. What is left out is as in the mock itself; a space that is made anew forgets what
        it was told before.
        """
        body = {
            key: value for key, value in (("profile", profile), ("world", world), ("port", port)) if value is not None
        }
        way = ("POST", "spaces") if name is None else ("PUT", f"spaces/{name}")
        return str(self._channel.ask(*way, body)["name"])

    def reset(self, name: str) -> None:
        """Set a space back to how it was when it was made: users, sessions, clock, faults, journal."""
        self._channel.ask("POST", f"spaces/{name}")

    def delete(self, name: str) -> None:
        """Forget a space. Whoever asks it again gets a new one."""
        self._channel.ask("DELETE", f"spaces/{name}")
