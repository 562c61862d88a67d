"""The state behind the mock: who exists, who is logged in, which tokens live. It decides nothing and knows no wire."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchword.mockserver.clock import Clock, Ids
from watchword.mockserver.state.tokens import FORMS, sign
from watchword.specs.values.profile import Account, Client, Profile, TokenForm, WorldData

__all__ = ["AccessToken", "RefreshToken", "Session", "World"]

_FRESH = 1000
_REMEMBERED = 10_000
"""How many withdrawn tokens are remembered, so that whoever presents one can be told."""


@dataclass(slots=True, repr=False)
class Session:
    """What one login began: who, through which client, for which brand and scopes. `ended` closes all its tokens."""

    id: str
    account: Account | None
    client: Client | None
    brand: str | None
    scopes: tuple[str, ...]
    ended: bool = False
    tokens: list[AccessToken] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """The name of whoever the session belongs to: a user, else the client's owner, else the client itself."""
        if self.account is not None:
            return self.account.username
        return (self.client.owner or self.client.client_id) if self.client is not None else ""


@dataclass(slots=True, repr=False)
class AccessToken:
    """An issued access token. `expires_at` is a whole second; the token is expired from that second on (None: never).

    `forgotten_at` is when the server loses it, whatever expiry stands in it (None: never). `doubles` are tokens of the same
    text that were issued after it.
    """

    value: str
    session: Session
    issued_at: float
    expires_at: int | None
    forgotten_at: float | None = None
    superseded: bool = False
    revoked: bool = False
    doubles: list[AccessToken] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether it was ended before its expiry."""
        return self.superseded or self.revoked or self.session.ended


@dataclass(slots=True, repr=False)
class RefreshToken:
    """An issued refresh token and how often it has been used.

    `used_at` is when it was used first, and `heirs` are the tokens that it was replaced by; None as long as it was not.
    """

    value: str
    session: Session
    issued_at: float
    expires_at: int | None
    forgotten_at: float | None = None
    used: int = 0
    used_at: float | None = None
    heirs: tuple[AccessToken, RefreshToken] | None = None


@dataclass(slots=True, repr=False)
class World:
    """Accounts, clients, brands, sessions and tokens, under a clock and a source of ids that are given."""

    data: WorldData
    profile: Profile
    clock: Clock
    ids: Ids
    key: bytes
    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    access: dict[str, AccessToken] = field(default_factory=dict)
    refresh: dict[str, RefreshToken] = field(default_factory=dict)
    current: dict[tuple[Any, ...], tuple[str, str | None]] = field(default_factory=dict)
    withdrawn: dict[str, tuple[str, str]] = field(default_factory=dict)
    fresh: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_FRESH))
    """The newest tokens with their roles, until somebody takes note of them."""

    def __post_init__(self) -> None:
        self.settle(self.data)

    def settle(self, data: WorldData) -> None:
        """Let others live here from now on; sessions and tokens stay."""
        self.data = data
        self.accounts = {(a.kind, a.username): a for a in data.accounts}
        self.clients = {c.client_id: c for c in data.clients}

    def put(self, account: Account) -> None:
        """Let an account live here, in place of the one of that kind and name if there is one."""
        key = (account.kind, account.username)
        if key in self.accounts:
            accounts = tuple(account if (a.kind, a.username) == key else a for a in self.data.accounts)
        else:
            accounts = (*self.data.accounts, account)
        self.settle(replace(self.data, accounts=accounts))

    def withdraw(self, *tokens: AccessToken | RefreshToken, how: str = "control") -> None:
        """Forget some tokens, as a server does that deletes them; whoever presents one presents an unknown one.

        `how` says who did it: `control`, or the `server` that was imitated.
        """
        for token in tokens:
            self.access.pop(token.value, None)
            self.refresh.pop(token.value, None)
            role = "access_token" if isinstance(token, AccessToken) else "refresh_token"
            self.withdrawn[token.value] = (role, how)
        while len(self.withdrawn) > _REMEMBERED:
            del self.withdrawn[next(iter(self.withdrawn))]

    def forgives(self, token: RefreshToken) -> bool:
        """Tell whether a refresh token that was replaced is given the same successor again: its grace is not over."""
        grace = self.profile.renewal.grace
        if not grace or token.heirs is None or token.used_at is None or token.session.ended:
            return False
        return not token.heirs[1].used and self.clock.now() < token.used_at + grace

    def end_family(self, session: Session) -> None:
        """End a session with every token of it."""
        session.ended = True
        for token in session.tokens:
            token.superseded = True

    def sessions(self) -> dict[str, tuple[list[AccessToken], list[RefreshToken]]]:
        """Give the tokens that there are, by the id of their session, the oldest session first."""
        found: dict[str, tuple[list[AccessToken], list[RefreshToken]]] = {}
        for access in self.access.values():
            found.setdefault(access.session.id, ([], []))[0].append(access)
        for refresh in self.refresh.values():
            found.setdefault(refresh.session.id, ([], []))[1].append(refresh)
        return found

    def reset(self) -> None:
        """Forget every session and token; accounts, clients and the clock stay."""
        self.withdraw(*self.access.values(), *self.refresh.values())
        self.access.clear()
        self.refresh.clear()
        self.current.clear()

    def opens(self, name: str, secret: str) -> bool:
        """Tell whether a name and a secret are those of a client or an account."""
        client = self.clients.get(name)
        if client is not None and client.client_secret == secret:
            return True
        return any(a.username == name and a.password == secret for a in self.data.accounts)

    def issued(self, value: str) -> str | None:
        """Give the role of a token that was issued here and is not forgotten; None when it is none."""
        if value in self.access:
            return "access_token"
        return "refresh_token" if value in self.refresh else self.withdrawn.get(value, (None, ""))[0]

    def secrets(self) -> Iterator[tuple[str, str]]:
        """Give every secret value there is with its role: configured ones and every token issued."""
        yield from self.configured()
        yield from ((value, "access_token") for value in self.access)
        yield from ((value, "refresh_token") for value in self.refresh)
        yield from ((value, role) for value, (role, _) in self.withdrawn.items())

    def configured(self) -> Iterator[tuple[str, str]]:
        """Give the secrets of accounts and clients with their roles."""
        for account in self.data.accounts:
            yield account.password, "password" if account.kind == "user" else "operator_password"
        for client in self.data.clients:
            yield client.client_secret, "client_secret"

    def begin(
        self, account: Account | None, client: Client | None, brand: str | None, scopes: tuple[str, ...]
    ) -> Session:
        """Begin a session."""
        return Session(self.ids.hex(32), account, client, brand, scopes)

    def mint_access(self, session: Session, origin: str) -> AccessToken:
        """Issue an access token for a session."""
        form = self.profile.access_token
        value, now, expires_at = self._mint(form, session, origin)
        token = AccessToken(value, session, now, expires_at, _lease(form, now))
        self.fresh.append((value, "access_token"))
        first = self.access.setdefault(value, token)
        if first is not token:
            first.doubles.append(token)
        session.tokens.append(token)
        return token

    def presented(self, value: str) -> AccessToken | None:
        """Give the issued access token of that text: of several the first that nobody has ended, as a table gives its rows."""
        first = self.access.get(value)
        if first is None or not first.ended:
            return first
        return next((double for double in first.doubles if not double.ended), first)

    def mint_refresh(self, session: Session, origin: str) -> RefreshToken:
        """Issue a refresh token for a session."""
        form = self.profile.refresh_token
        value, now, expires_at = self._mint(form, session, origin)
        self.fresh.append((value, "refresh_token"))
        self.refresh[value] = token = RefreshToken(value, session, now, expires_at, _lease(form, now))
        return token

    def _mint(self, form: TokenForm, session: Session, origin: str) -> tuple[str, float, int | None]:
        now = self.clock.now()
        expires_at = None if form.lifetime is None else math.floor(now) + form.lifetime
        if form.form != "jwt":
            return FORMS[form.form](self.ids), now, expires_at
        account = session.account or self._owner(session.client)
        values = {
            "$username": session.account.username if session.account else None,
            "$subject": session.subject,
            "$user_id": account.id if account else None,
            "$client_id": session.client.client_id if session.client else None,
            "$origin": origin,
            "$issued_at": math.floor(now),
            "$expires_at": expires_at,
            "$session": session.id,
            "$scope": " ".join(session.scopes),
        }
        return sign(_fill(form.claims, values, self.ids), self.key), now, expires_at

    def _owner(self, client: Client | None) -> Account | None:
        return None if client is None else next((a for a in self.data.accounts if a.username == client.owner), None)


def _lease(form: TokenForm, now: float) -> float | None:
    return None if form.lease is None else now + form.lease


def _fill(template: Any, values: Mapping[str, Any], ids: Ids) -> Any:
    if isinstance(template, str):
        return ids.hex(32) if template == "$id" else values.get(template, template)
    if isinstance(template, Mapping):
        filled = {name: _fill(value, values, ids) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value is not None}
    if isinstance(template, list):
        return [_fill(value, values, ids) for value in template]
    return template
