"""What a world has issued: sessions and their tokens. Each names others by value, so that what is forgotten is freed at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from watchword.specs.values.profile import Account, Client

__all__ = ["AccessToken", "RefreshToken", "Session", "Token"]


@dataclass(slots=True, repr=False, weakref_slot=True)
class Session:
    """What one login began: who, through which client, for which brand and scopes. `ended` closes all its tokens.

    It names its newest access token and the one before, and holds none: what nobody remembers is to be freed at once.
    `issued` counts its access tokens. Those of an earlier `generation` than its own are superseded.
    """

    id: str
    account: Account | None
    client: Client | None
    brand: str | None
    scopes: tuple[str, ...]
    ended: bool = False
    generation: int = 0
    issued: int = 0
    newest: str | None = None
    before: str | None = None
    newest_refresh: str | None = None

    @property
    def subject(self) -> str:
        """The name of whoever the session belongs to: a user, else the client's owner, else the client itself."""
        if self.account is not None:
            return self.account.username
        return (self.client.owner or self.client.client_id) if self.client is not None else ""


@dataclass(slots=True, repr=False)
class Token:
    """An issued token. `expires_at` is a whole second; the token is expired from that second on (None: never).

    `forgotten_at` is when the server loses it, whatever expiry stands in it (None: never).
    """

    value: str
    session: Session
    issued_at: float
    expires_at: int | None
    forgotten_at: float | None = None

    @property
    def over_at(self) -> float | None:
        """When it stops to be good if nobody ends it before; None when it never does."""
        ends = [moment for moment in (self.expires_at, self.forgotten_at) if moment is not None]
        return min(ends) if ends else None

    def is_expired(self, now: float) -> bool:
        """Tell whether its time is over."""
        end = self.over_at
        return end is not None and now >= end


@dataclass(slots=True, repr=False)
class AccessToken(Token):
    """An access token. `doubles` are tokens of the same text that were issued after it."""

    generation: int = 0
    revoked: bool = False
    doubles: deque[AccessToken] | None = None

    @property
    def superseded(self) -> bool:
        """Whether a renewal has put another in its place."""
        return self.generation < self.session.generation

    def revive(self) -> None:
        """Let it be good again until the next renewal."""
        self.generation = self.session.generation

    @property
    def ended(self) -> bool:
        """Whether it was ended before its expiry."""
        return self.superseded or self.revoked or self.session.ended


@dataclass(slots=True, repr=False)
class RefreshToken(Token):
    """A refresh token and how often it has been used.

    `used_at` is when it was used last, and `heirs` are the tokens that it was replaced by; None as long as it was not, or
    where a second use is never forgiven.
    """

    used: int = 0
    used_at: float | None = None
    revoked: bool = False
    heirs: tuple[AccessToken, RefreshToken] | None = None
