"""What the next calls meet, as whoever steers the mock asks for it: faults, forced replies, races."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypedDict, Unpack

from watchword.mockserver.steer.channel import Channel

__all__ = ["Fault", "Faults", "Limits", "Purpose", "Race"]

Purpose = Literal["login", "check", "renewal", "resource", "revocation"]
"""What an operation is for."""


class Limits(TypedDict, total=False):
    """Which calls are meant, and how many. Without `operation` and `purpose` all are.

    `count` is how often it strikes: once unless it is said, and every time where a `probability` or a `ttl` limits it. `skip`
    calls pass first. The same `seed` gives the same sequence, and `ttl` is in seconds of the mock's clock.
    """

    operation: str
    purpose: Purpose
    count: int | Literal["all"]
    skip: int
    probability: float
    seed: int
    ttl: float


class _Settings(Limits, total=False):
    acts: bool
    wait: float
    retry_after: int
    as_date: bool
    to: str
    status: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault or a forced reply, and how far it has come: the `calls` that it could have struck, and those it has."""

    id: int
    fault: str
    says: str
    operations: tuple[str, ...] | None
    count: int | None
    seed: int
    until: float | None
    calls: int
    struck: int
    over: bool

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read a fault as the control side tells of it."""
        where = told["operations"]
        return cls(
            told["id"],
            told["fault"],
            told["says"],
            None if where is None else tuple(where),
            told["count"],
            told["seed"],
            told["until"],
            told["calls"],
            told["struck"],
            told["over"],
        )


class Faults:
    """The faults of a mock at run time; of several that fit a call, the oldest has it.

    Raises `ControlProblem`, a ValueError, when there is no such fault, operation, condition or setting.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def add(self, fault: str, **settings: Unpack[_Settings]) -> Fault:
        """Let the next calls meet a fault, one by what a client meets or one of the dialect's catalogue.

        `acts` says whether the server does what it is asked all the same; the rest is what the fault takes: `wait` in
        seconds, `retry_after` in seconds, told `as_date` or not, the origin that a redirect leads `to`, and its `status`.
        """
        return Fault.of(self._channel.ask("POST", "faults", {"fault": fault, **settings}))

    def force(
        self,
        status: int | None = None,
        *,
        condition: str | None = None,
        json: Any = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        **limits: Unpack[Limits],
    ) -> Fault:
        """Queue a reply for the next call, whatever it deserves: by status, or by the condition that is refused with it."""
        wish = {"status": status, "condition": condition, "json": json, "text": text, "headers": headers}
        given = {name: value for name, value in wish.items() if value is not None}
        return Fault.of(self._channel.ask("POST", "replies", {"replies": [given], **limits})["faults"][0])

    def list(self) -> tuple[Fault, ...]:
        """Give those that still can strike, the oldest first, and then those that are over."""
        told = self._channel.ask("GET", "faults")
        return tuple(Fault.of(fault) for fault in (*told["faults"], *told["over"]))

    def catalogue(self, purpose: Purpose | None = None) -> dict[str, dict[str, str]]:
        """Give what there is, by groups that a client would care about: name → sentence."""
        told = self._channel.ask("GET", "faults/catalogue" if purpose is None else f"faults/catalogue?for={purpose}")
        return {group["group"]: {row["fault"]: row["says"] for row in group["faults"]} for group in told["groups"]}

    def remove(self, fault: Fault | int) -> None:
        """Take one away."""
        self._channel.ask("DELETE", f"faults?id={fault.id if isinstance(fault, Fault) else fault}")

    def clear(self) -> None:
        """Take all away."""
        self._channel.ask("DELETE", "faults")


class Race:
    """The lab in which renewals race. Raises `ControlProblem`, a ValueError, when there is no such operation."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def arm(
        self,
        hold: int = 2,
        *,
        wait: float = 5.0,
        winner: int | Literal["first", "last", "random"] = "first",
        seed: int | None = None,
        operation: str | None = None,
        purpose: Purpose | None = None,
    ) -> None:
        """Hold the next renewals until so many have come, or `wait` seconds have passed since the first; let the winner go first.

        `winner` may be a place: who came third has 3. The others follow in the order in which they came.
        """
        more = {"seed": seed, "operation": operation, "purpose": purpose}
        given = {name: value for name, value in more.items() if value is not None}
        self._channel.ask("POST", "race", {"hold": hold, "wait": wait, "winner": winner, **given})

    def go(self) -> None:
        """Let go whoever is held."""
        self._channel.ask("POST", "race/go")

    def shown(self) -> dict[str, Any]:
        """Say who is held and what came of the races: armed, held, races."""
        told: dict[str, Any] = self._channel.ask("GET", "race")
        return told

    def clear(self) -> None:
        """Let go whoever is held, and forget the races."""
        self._channel.ask("DELETE", "race")
