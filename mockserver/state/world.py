"""The state behind the mock: who exists, who is logged in, which tokens live. It decides nothing and knows no wire."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from watchword.mockserver.clock import Clock, Ids, SeededIds
from watchword.mockserver.prepared import Prepared
from watchword.mockserver.state.alike import Alike
from watchword.mockserver.state.issued import AccessToken, RefreshToken, Session, Token
from watchword.mockserver.state.tokens import FORMS, is_signed, sign
from watchword.mockserver.templates import Writer, compact
from watchword.specs.values.profile import Account, Client, Profile, TokenForm, WorldData

__all__ = ["REMEMBERED", "AccessToken", "RefreshToken", "Session", "Token", "World"]

_FRESH = 1000
_LOST = 2000
"""Of so many of the tokens that were forgotten last it is still known what they were, so that the journal masks them."""
_RESET = 1000
"""Of so many of the newest tokens of each kind it is remembered that a reset withdrew them."""
REMEMBERED = 10_000
"""How many tokens of each kind are kept, and how many that were withdrawn, if nothing else is asked for."""
_claims: Prepared[Writer] = Prepared(lambda form, _: compact(form.claims))
"""Gives what writes the claims of a form of tokens."""


@dataclass(slots=True, repr=False)
class World:
    """Accounts, clients, brands, sessions and tokens, under a clock and a source of ids that are given.

    It keeps `remember` access tokens and as many refresh tokens. Where one more is issued, the oldest that is expired or
    ended is forgotten; when there is none such, the oldest of all. `forgotten` counts them by role. `below` is the path that
    the base URL of the API has.
    """

    data: WorldData
    profile: Profile
    clock: Clock
    ids: Ids
    key: bytes
    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    remember: int = REMEMBERED
    below: str = ""
    access: OrderedDict[str, AccessToken] = field(default_factory=OrderedDict)
    refresh: OrderedDict[str, RefreshToken] = field(default_factory=OrderedDict)
    forgotten: dict[str, int] = field(default_factory=dict)
    current: OrderedDict[tuple[Any, ...], tuple[str, str | None]] = field(default_factory=OrderedDict)
    withdrawn: OrderedDict[str, tuple[str, str]] = field(default_factory=OrderedDict)
    lost: OrderedDict[str, str] = field(default_factory=OrderedDict)
    past: dict[str, OrderedDict[str, None]] = field(default_factory=dict)
    """Tokens that ended before their expiry, by role, in the order in which they did."""
    fresh: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_FRESH))
    """The newest tokens with their roles, until somebody takes note of them."""
    alike: dict[str, Alike] = field(
        default_factory=lambda: {role: Alike() for role in ("access_token", "refresh_token")}
    )
    """What finds by role the token that a presented one was made of."""
    new_table: Callable[[str], OrderedDict[Any, Any]] = field(default=lambda name: OrderedDict())
    """Makes the tables by name; whoever shares a world with other processes has some that take note of what changes."""

    def __post_init__(self) -> None:
        self.settle(self.data)

    def settle(self, data: WorldData) -> None:
        """Let others live here from now on; sessions and tokens stay."""
        self.data = data
        self.accounts = {(a.kind, a.username): a for a in data.accounts}
        if self.profile.login_by_email:
            # A name is nobody's address but its own.
            self.accounts = {(a.kind, a.email): a for a in data.accounts if a.email} | self.accounts
        self.clients = {c.client_id: c for c in data.clients}

    def put(self, account: Account) -> None:
        """Let an account live here, in place of the one of that kind and name if there is one."""
        key = (account.kind, account.username)
        if key in self.accounts:
            accounts = tuple(account if (a.kind, a.username) == key else a for a in self.data.accounts)
        else:
            accounts = (*self.data.accounts, account)
        self.settle(replace(self.data, accounts=accounts))

    def withdraw(self, *tokens: Token, how: str = "control") -> None:
        """Forget some tokens, as a server does that deletes them; whoever presents one presents an unknown one.

        `how` says who did it: `control`, or the `server` that was imitated.
        """
        for token in tokens:
            self.access.pop(token.value, None)
            self.refresh.pop(token.value, None)
            role = "access_token" if isinstance(token, AccessToken) else "refresh_token"
            self._past(role).pop(token.value, None)
            self.withdrawn[token.value] = (role, how)
        while len(self.withdrawn) > self.remember:
            value, (role, _) = self.withdrawn.popitem(last=False)
            self._forget(role, value)

    def forgives(self, token: RefreshToken) -> bool:
        """Tell whether a refresh token that was replaced is given the same successor again: its grace is not over."""
        grace = self.profile.renewal.grace
        if not grace or token.heirs is None or token.used_at is None or token.session.ended:
            return False
        return not token.heirs[1].used and self.clock.now() < token.used_at + grace

    def end_family(self, session: Session) -> None:
        """End a session with every token of it."""
        self.supersede(session)
        self.end(session)

    def end(self, session: Session) -> None:
        """End a session; its tokens can be forgotten before those that live."""
        session.ended = True
        self.lay_by("access_token", session.newest)
        self.lay_by("refresh_token", session.newest_refresh)

    def supersede(self, session: Session) -> None:
        """Let nothing but what is issued from now on be the session's access token."""
        session.generation += 1
        self.lay_by("access_token", session.newest)

    def lay_by(self, role: str, value: str | None) -> None:
        """Take note that a token has ended: it is kept for telling only."""
        if value is not None and value in self._kept(role):
            self._past(role)[value] = None

    def _past(self, role: str) -> OrderedDict[str, None]:
        if role not in self.past:
            self.past[role] = self.new_table(f"past {role}")
        return self.past[role]

    def _kept(self, role: str) -> OrderedDict[str, Any]:
        return self.access if role == "access_token" else self.refresh

    def _forget(self, role: str, value: str) -> None:
        self.forgotten[role] = self.forgotten.get(role, 0) + 1
        self.lost[value] = role
        if len(self.lost) > _LOST:
            self.lost.popitem(last=False)

    def _make_room(self, role: str, now: float) -> None:
        """Forget what is more than is to be remembered; looks at one or two tokens for each that goes."""
        kept = self._kept(role)
        if len(kept) <= self.remember:
            return
        past = self._past(role)
        while len(kept) > self.remember:
            oldest = next(iter(kept))
            if past and not kept[oldest].is_expired(now):
                oldest = next(iter(past))
            past.pop(oldest, None)
            # A fault may have taken it away.
            if kept.pop(oldest, None) is not None:
                self._forget(role, oldest)

    def may_have_forgotten(self, role: str, value: str) -> bool:
        """Tell whether a token that is unknown may be one that was issued here and is forgotten; a JWT's signature says so."""
        if not self.forgotten.get(role) or value in self._kept(role):
            return False
        if self.lost.get(value) == role:
            return True
        form = self.profile.access_token if role == "access_token" else self.profile.refresh_token
        return is_signed(value, self.key) if form.form == "jwt" else len(value) == len(FORMS[form.form](SeededIds()))

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
        kept = {"access_token": len(self.access), "refresh_token": len(self.refresh)}
        # Of all of them, the newest are enough to tell whoever goes on with one.
        newest: list[Token] = [*islice(reversed(self.access.values()), _RESET)]
        newest += islice(reversed(self.refresh.values()), _RESET)
        self.withdraw(*reversed(newest))
        for role, count in kept.items():
            self.forgotten[role] = self.forgotten.get(role, 0) + max(0, count - _RESET)
        # Cleared tables keep their size.
        self.access, self.refresh, self.current = map(self.new_table, ("access", "refresh", "current"))
        self.past = {role: self.new_table(f"past {role}") for role in kept}
        self.alike = {role: Alike() for role in self.alike}

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
        if value in self.refresh:
            return "refresh_token"
        return self.withdrawn[value][0] if value in self.withdrawn else self.lost.get(value)

    def secrets(self) -> Iterator[tuple[str, str]]:
        """Give every secret value there is with its role: configured ones and every token that is remembered."""
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
        token = AccessToken(value, session, now, expires_at, _lease(form, now), session.generation)
        self.fresh.append((value, "access_token"))
        first = self.access.setdefault(value, token)
        if first is not token:
            first.doubles = first.doubles or deque(maxlen=self.remember)
            first.doubles.append(token)
        session.before, session.newest = session.newest, value
        session.issued += 1
        self._make_room("access_token", now)
        return token

    def expiry(self, value: str | None) -> int | None:
        """Give when an access token expires; None when it never does, or is forgotten."""
        token = self.access.get(value or "")
        return None if token is None else token.expires_at

    def presented(self, value: str) -> AccessToken | None:
        """Give the issued access token of that text: of several the first that nobody has ended, as a table gives its rows."""
        first = self.access.get(value)
        if first is None or not first.ended:
            return first
        doubles = first.doubles
        while doubles and doubles[0].ended:
            doubles.popleft()
        return doubles[0] if doubles else first

    def mint_refresh(self, session: Session, origin: str) -> RefreshToken:
        """Issue a refresh token for a session."""
        form = self.profile.refresh_token
        value, now, expires_at = self._mint(form, session, origin)
        self.fresh.append((value, "refresh_token"))
        self.refresh[value] = token = RefreshToken(value, session, now, expires_at, _lease(form, now))
        session.newest_refresh = value
        self._make_room("refresh_token", now)
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
            "$email": (account.email or None) if account else None,
            "$client_id": session.client.client_id if session.client else None,
            "$origin": origin,
            "$issuer": origin + self.below,
            "$issued_at": math.floor(now),
            "$expires_at": expires_at,
            "$session": session.id,
            "$scope": " ".join(session.scopes),
            "$id": self._new_id,
        }
        return sign(_claims(form)(values), self.key), now, expires_at

    def _new_id(self) -> str:
        return self.ids.hex(32)

    def _owner(self, client: Client | None) -> Account | None:
        return None if client is None else next((a for a in self.data.accounts if a.username == client.owner), None)


def _lease(form: TokenForm, now: float) -> float | None:
    return None if form.lease is None else now + form.lease
