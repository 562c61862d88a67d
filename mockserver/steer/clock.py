"""The mock's clock, as whoever steers it sees it."""

from __future__ import annotations

from typing import Any, Literal

from watchword.mockserver.steer.channel import Channel

__all__ = ["ClockControl", "Role"]

Role = Literal["access_token", "refresh_token"]
"""The kinds of token whose expiry can be gone to."""


class ClockControl:
    """The clock that tokens obey. Times are seconds since 1970-01-01 UTC; each call that moves it gives the new one.

    Every method raises `ControlProblem`, a ValueError, when the clock cannot do what is asked.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def now(self) -> float:
        """Give the mock's time."""
        return float(self._channel.ask("GET", "clock")["now"])

    @property
    def pace(self) -> float:
        """How many of its seconds pass in one: 1 in real time, 0 when it stands."""
        return float(self._channel.ask("GET", "clock")["pace"])

    def advance(self, seconds: float) -> float:
        """Go forward."""
        return self._set("advance", seconds)

    def set(self, at: float) -> float:
        """Go to a time; backwards revives what had expired."""
        return self._set("set", at)

    def freeze(self, at: float | None = None) -> float:
        """Stop, where it is or at a time."""
        return self._set("freeze", True if at is None else at)

    def scale(self, pace: float) -> float:
        """Let so many seconds pass in one from now on."""
        return self._set("scale", pace)

    def real(self) -> float:
        """Go with the machine's clock again."""
        return self._set("real", True)

    def before_expiry(self, role: Role = "access_token") -> float:
        """Go to a second before the newest such token is over."""
        return self._set("before_expiry", role)

    def after_expiry(self, role: Role = "access_token") -> float:
        """Go to the moment at which the newest such token is over."""
        return self._set("after_expiry", role)

    def _set(self, what: str, value: Any) -> float:
        return float(self._channel.ask("POST", "clock", {what: value})["now"])
