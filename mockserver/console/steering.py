"""Steering a mock at run time: its clock, its sessions, who lives in it. Each gives what the control side answers."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from watchword.mockserver.clock import Clock
from watchword.mockserver.console.asked import BadRequest
from watchword.mockserver.service import Service
from watchword.mockserver.state.world import AccessToken, RefreshToken, Session, Token, World
from watchword.specs.values.profile import Account

__all__ = [
    "add_user",
    "change_user",
    "expire",
    "keys",
    "newest_sessions",
    "revoke",
    "sessions",
    "set_clock",
    "set_key",
    "tell_time",
    "users",
]

_TOKENS = 5
"""How many tokens of one kind stand for a session that is shown."""

_Name = Callable[[str, str], str]
"""Gives the pseudonym of a value with a role."""


def tell_time(clock: Clock) -> dict[str, Any]:
    """Give the clock's time and pace."""
    return {"now": clock.now(), "pace": clock.pace}


def set_clock(service: Service, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Do the one thing that is asked of the clock.

    Raises:
        BadRequest: it leads out of the clock's range, or there is no token whose expiry could be gone to.
    """
    [(what, value)] = asked.items()
    clock = service.clock
    ways: Mapping[str, Callable[[], float]] = {
        "advance": lambda: clock.advance(value),
        "set": lambda: clock.set(value),
        "freeze": lambda: clock.freeze(None if value is True else value),
        "scale": lambda: clock.scale(value),
        "real": clock.real,
        "before_expiry": lambda: clock.set(_end(service, value) - 1),
        "after_expiry": lambda: clock.set(_end(service, value)),
    }
    try:
        ways[what]()
    except ValueError as error:
        raise BadRequest(str(error)) from None
    return tell_time(clock)


def _end(service: Service, role: str) -> float:
    tokens: Iterable[Token] = (service.state.access if role == "access_token" else service.state.refresh).values()
    ends = [end for token in tokens if (end := token.over_at) is not None]
    if not ends:
        raise BadRequest(f"no {role} that expires has been given yet; log in first", 409)
    return ends[-1]


def sessions(service: Service, name: _Name, only: Iterable[str] | None = None) -> dict[str, Any]:
    """List the sessions that have tokens, the oldest first; tokens by their pseudonyms."""
    now = service.clock.now()
    wanted = None if only is None else set(only)
    return {
        "sessions": [
            _session((access or refresh)[0].session, access, refresh, now, name)
            for key, (access, refresh) in service.state.sessions().items()
            if wanted is None or key in wanted
        ]
    }


def newest_sessions(service: Service, name: _Name, most: int) -> list[dict[str, Any]]:
    """Give the sessions whose tokens are the newest, the newest first: what it costs is what is shown."""
    state = service.state
    chosen: dict[str, tuple[list[AccessToken], list[RefreshToken]]] = {}
    for access in islice(reversed(state.access.values()), most * _TOKENS):
        if access.session.id in chosen or len(chosen) < most:
            chosen.setdefault(access.session.id, ([], []))[0].append(access)
    for refresh in islice(reversed(state.refresh.values()), most * _TOKENS):
        if refresh.session.id in chosen or len(chosen) < most:
            chosen.setdefault(refresh.session.id, ([], []))[1].append(refresh)
    now = service.clock.now()
    return [
        _session((access or refresh)[0].session, access[:_TOKENS], refresh[:_TOKENS], now, name)
        for access, refresh in chosen.values()
    ]


def _session(
    session: Session, access: list[AccessToken], refresh: list[RefreshToken], now: float, name: _Name
) -> dict[str, Any]:
    return {
        "id": session.id,
        "subject": session.subject,
        "client_id": session.client.client_id if session.client else None,
        "brand_key": session.brand,
        "scopes": list(session.scopes),
        "ended": session.ended,
        "access_tokens": [
            _token(token, "access_token", now, name) | {"superseded": token.superseded, "revoked": token.revoked}
            for token in access
        ],
        "refresh_tokens": [_token(token, "refresh_token", now, name) | {"used": token.used} for token in refresh],
    }


def _token(token: Token, role: str, now: float, name: _Name) -> dict[str, Any]:
    return {
        "token": name(role, token.value),
        "issued_at": token.issued_at,
        "expires_at": token.expires_at,
        "expired": token.is_expired(now),
    }


def _meant(service: Service, asked: Mapping[str, Any]) -> dict[str, list[Token]]:
    found: dict[str, list[Token]] = {}
    for key, (access, refresh) in service.state.sessions().items():
        session = (access or refresh)[0].session
        if asked.get("id", key) == key and asked.get("username", session.subject) == session.subject:
            kinds: dict[str, list[Token]] = {"access_token": [*access], "refresh_token": [*refresh]}
            found[key] = kinds[asked["tokens"]] if "tokens" in asked else [*access, *refresh]
    if not found and (asked.get("id") or asked.get("username")):
        raise BadRequest("no session is of that id or username", 404)
    return found


def expire(service: Service, asked: Mapping[str, Any], name: _Name) -> dict[str, Any]:
    """Let the tokens of some sessions have expired now.

    Raises:
        BadRequest: there is no such session.
    """
    meant = _meant(service, asked)
    now = math.floor(service.clock.now())
    for token in (token for tokens in meant.values() for token in tokens):
        token.expires_at = now if token.expires_at is None else min(token.expires_at, now)
    return sessions(service, name, meant)


def revoke(service: Service, asked: Mapping[str, Any], name: _Name) -> dict[str, Any]:
    """Withdraw the tokens of some sessions.

    Raises:
        BadRequest: there is no such session.
    """
    meant = _meant(service, asked)
    told = sessions(service, name, meant)
    service.state.withdraw(*(token for tokens in meant.values() for token in tokens))
    return told


def users(accounts: Iterable[Account]) -> dict[str, Any]:
    """List accounts, without their passwords."""
    return {
        "users": [
            {
                "username": a.username,
                "kind": a.kind,
                "id": a.id,
                "brands": list(a.brands),
                "scopes": list(a.scopes),
                "enabled": a.enabled,
            }
            for a in accounts
        ]
    }


def add_user(service: Service, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Let somebody live here; what is left out is as it is for everybody in a world file.

    Raises:
        BadRequest: the name is taken.
    """
    data = service.state.data
    account = Account(
        asked["username"],
        asked["password"],
        asked.get("kind", "user"),
        asked.get("id", asked["username"]),
        tuple(asked.get("brands", data.brands)),
        tuple(asked.get("scopes", data.scopes)),
        asked.get("enabled", True),
        asked.get("email", ""),
    )
    if (account.kind, account.username) in service.state.accounts:
        raise BadRequest("somebody of that name lives here already; PATCH changes an account", 409)
    service.state.put(account)
    return users([account])


def change_user(service: Service, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Disable or enable an account, or change its password.

    Raises:
        BadRequest: there is no such account.
    """
    known = service.state.accounts
    account = known.get((asked.get("kind", "user"), asked["username"]))
    if account is None:
        raise BadRequest("nobody of that name and kind lives here; GET lists who does", 404)
    changed = replace(
        account, enabled=asked.get("enabled", account.enabled), password=asked.get("password", account.password)
    )
    service.state.put(changed)
    return users([changed])


def keys(world: World) -> dict[str, Any]:
    """Give the key that JWTs are signed with, as a JWK Set (RFC 7517)."""
    text = base64.urlsafe_b64encode(world.key).rstrip(b"=").decode()
    return {"keys": [{"kty": "oct", "use": "sig", "alg": "HS256", "k": text}]}


def set_key(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Sign JWTs with another key from now on.

    Raises:
        BadRequest: it is not base64url, or shorter than the 256 bits that RFC 7518 section 3.2 wants.
    """
    text = asked["keys"][0]["k"]
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 32:
        raise BadRequest("expected a key of 32 bytes or more in base64url, which HS256 wants (RFC 7518 section 3.2)")
    world.key = key
    return keys(world)
