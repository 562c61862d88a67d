"""Recognising wrong tokens: how the header carries them, what they are, what became of them."""

from __future__ import annotations

import string
from collections import OrderedDict
from typing import Any

from watchword.mockserver.rules.case import Case, Rows, in_query, of_role
from watchword.mockserver.state.tokens import unpack
from watchword.mockserver.state.world import Token

__all__ = ["RIGHT", "ROWS"]

_LAST = string.ascii_letters + string.digits + "-_="
"""What a token can end with."""


def _header(case: Case) -> str:
    return (case.reading.authorization or "").strip()


def _one_word(case: Case) -> bool:
    return bool(_header(case)) and not case.reading.token and case.reading.scheme not in ("bearer", "basic")


def _other_scheme(case: Case) -> bool:
    return bool(_header(case)) and case.reading.scheme != "bearer" and not _one_word(case)


def _scheme_case(case: Case) -> bool:
    return case.reading.scheme == "bearer" and not _header(case).startswith("Bearer")


def _issued(case: Case, role: str) -> OrderedDict[str, Any]:
    return case.world.access if role == "access_token" else case.world.refresh


def _altered(case: Case, role: str) -> bool:
    value = case.value(role)
    if not isinstance(value, str) or value in _issued(case, role):
        return False
    return case.world.alike[role].finds(value, _issued(case, role))


def _truncated(case: Case, role: str) -> bool:
    value = case.value(role)
    if not isinstance(value, str) or not value or value in _issued(case, role):
        return False
    issued = _issued(case, role)
    return any(value + last in issued for last in _LAST)


def _in_cookie(case: Case) -> bool:
    return not _header(case) and any("access_token=" in cookie for cookie in case.reading.headers.get("cookie", ()))


def _unsigned(case: Case, role: str) -> bool:
    value = case.value(role)
    jwt = unpack(value) if isinstance(value, str) else None
    return jwt is not None and str(jwt.header.get("alg", "")).lower() == "none"


def _unknown(case: Case, role: str) -> bool:
    value = case.value(role)
    return isinstance(value, str) and value != "" and value not in _issued(case, role)


def _garbage(case: Case, role: str) -> bool:
    value = case.value(role)
    return _unknown(case, role) and ("." not in value and len(value) < 16)


def _expired(token: Token | None, case: Case) -> bool:
    return token is not None and token.is_expired(case.world.clock.now())


def _empty_access(case: Case) -> bool:
    if case.operation.place("access_token") == "bearer":
        return case.reading.scheme == "bearer" and not case.reading.token
    return bool(case.value("access_token") == "")


def _null(case: Case) -> bool:
    bound = case.operation.bound("refresh_token")
    return bool(bound) and bound[0].name in case.reading.json and case.value("refresh_token") is None


def _reused(case: Case) -> bool:
    token = case.refresh
    return token is not None and token.used > 0 and not case.world.forgives(token)


def _foreign(case: Case) -> bool:
    if case.refresh is None or case.access is None:
        return False
    return case.refresh.session.subject != case.access.session.subject


def _other_client(case: Case, token: Token | None) -> bool:
    """Tell whether a client presents a token of another one."""
    owner = None if token is None else token.session.client
    return owner is not None and case.client is not None and owner.client_id != case.client.client_id


ROWS: Rows = {
    "access_token.missing": lambda case: not _header(case),
    "access_token.in_query": lambda case: not _header(case) and bool(case.reading.at("query", "access_token")),
    "access_token.in_cookie": _in_cookie,
    "access_token.bare": _one_word,
    "access_token.wrong_scheme": _other_scheme,
    "access_token.other_scheme": lambda case: _other_scheme(case) and case.reading.token in case.world.access,
    "access_token.scheme_case": _scheme_case,
    "access_token.left_out": lambda case: case.value("access_token") is None,
    "access_token.empty": _empty_access,
    "access_token.unknown": of_role("access_token", _unknown),
    "access_token.garbage": of_role("access_token", _garbage),
    "access_token.truncated": of_role("access_token", _truncated),
    "access_token.tampered": of_role("access_token", _altered),
    "access_token.unsigned": of_role("access_token", _unsigned),
    "access_token.expired": lambda case: _expired(case.access, case),
    "access_token.superseded": lambda case: case.access is not None and case.access.superseded,
    "access_token.revoked": lambda case: case.access is not None and (case.access.revoked or case.access.session.ended),
    "access_token.other_client": lambda case: _other_client(case, case.access),
    "access_token.is_refresh_token": lambda case: case.value("access_token") in case.world.refresh,
    "refresh_token.missing": lambda case: case.value("refresh_token") is None,
    "refresh_token.in_query": of_role("refresh_token", in_query),
    "refresh_token.null": _null,
    "refresh_token.wrong_type": lambda case: not isinstance(case.value("refresh_token"), str | None),
    "refresh_token.empty": lambda case: case.value("refresh_token") == "",
    "refresh_token.unknown": of_role("refresh_token", _unknown),
    "refresh_token.garbage": of_role("refresh_token", _garbage),
    "refresh_token.truncated": of_role("refresh_token", _truncated),
    "refresh_token.tampered": of_role("refresh_token", _altered),
    "refresh_token.unsigned": of_role("refresh_token", _unsigned),
    "refresh_token.expired": lambda case: _expired(case.refresh, case),
    "refresh_token.reused": _reused,
    "refresh_token.retired": lambda case: case.refresh is not None and case.refresh.session.ended,
    "refresh_token.revoked": lambda case: case.refresh is not None and case.refresh.revoked,
    "refresh_token.foreign": _foreign,
    "refresh_token.other_client": lambda case: _other_client(case, case.refresh),
    "refresh_token.is_access_token": lambda case: (
        isinstance(case.value("refresh_token"), str) and case.value("refresh_token") in case.world.access
    ),
}


def _access_right(case: Case) -> bool:
    token = case.access
    return (
        token is not None
        and case.reading.scheme == "bearer"
        and case.reading.token != ""
        and not _scheme_case(case)
        and not token.ended
        and not _expired(token, case)
        and token.value not in case.world.refresh
    )


def _refresh_right(case: Case) -> bool:
    token = case.refresh
    return (
        token is not None
        and token.value != ""
        and not token.session.ended
        and not _expired(token, case)
        and not _reused(case)
        and not _foreign(case)
        and not _other_client(case, token)
        and token.value not in case.world.access
    )


RIGHT: Rows = {"access_token": _access_right, "refresh_token": _refresh_right}
