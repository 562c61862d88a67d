"""Who is logged in, as whoever steers the mock sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from watchword.mockserver.steer.channel import Channel
from watchword.mockserver.steer.clock import Role

__all__ = ["Session", "Sessions", "Token"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token by its pseudonym. `expires_at` is None where it never expires; `over` says that it was ended or expired."""

    token: str
    issued_at: float
    expires_at: float | None
    expired: bool
    over: bool

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read a token as the control side tells of it."""
        over = told["expired"] or told.get("superseded", False) or told.get("revoked", False)
        return cls(told["token"], told["issued_at"], told["expires_at"], told["expired"], over)


@dataclass(frozen=True, slots=True)
class Session:
    """One login: who, through which client, for which brand and scopes, and the tokens that it has."""

    id: str
    subject: str
    client_id: str | None
    brand_key: str | None
    scopes: tuple[str, ...]
    ended: bool
    access_tokens: tuple[Token, ...]
    refresh_tokens: tuple[Token, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read a session as the control side tells of it."""
        return cls(
            told["id"],
            told["subject"],
            told["client_id"],
            told["brand_key"],
            tuple(told["scopes"]),
            told["ended"],
            tuple(map(Token.of, told["access_tokens"])),
            tuple(map(Token.of, told["refresh_tokens"])),
        )


class Sessions:
    """The sessions of a mock. Without a `session_id` or a `username`, all are meant; `tokens` limits it to one kind.

    Raises `ControlProblem`, a ValueError, when no session is of that id or username.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def list(self) -> tuple[Session, ...]:
        """Give the sessions that have tokens, the oldest first."""
        return _read(self._channel.ask("GET", "sessions"))

    def expire(
        self, *, session_id: str | None = None, username: str | None = None, tokens: Role | None = None
    ) -> tuple[Session, ...]:
        """Let tokens have expired, as though their time was over; gives the sessions."""
        return self._do("expire", id=session_id, username=username, tokens=tokens)

    def revoke(
        self, *, session_id: str | None = None, username: str | None = None, tokens: Role | None = None
    ) -> tuple[Session, ...]:
        """Withdraw tokens, as a server does that deletes them; gives the sessions as they were."""
        return self._do("revoke", id=session_id, username=username, tokens=tokens)

    def end(self, *, session_id: str | None = None, username: str | None = None) -> tuple[Session, ...]:
        """End sessions, with every token they have; gives them as they were."""
        return self._do("end", id=session_id, username=username)

    def _do(self, what: str, **asked: str | None) -> tuple[Session, ...]:
        body = {name: value for name, value in asked.items() if value is not None}
        return _read(self._channel.ask("POST", f"sessions/{what}", body))


def _read(told: Mapping[str, Any]) -> tuple[Session, ...]:
    return tuple(Session.of(session) for session in told["sessions"])
