"""Recognising wrong requests around the credentials: grants, scopes, bodies."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable

from watchword.mockserver.rules.case import Case, Rows
from watchword.specs.values.api import Api

__all__ = ["GRANTS", "RIGHT", "ROWS"]

GRANTS = frozenset({"authorization_code", "client_credentials", "implicit", "password", "refresh_token"})
"""The grants that RFC 6749 names; others are unknown unless the dialect describes them."""

_LANGUAGE = re.compile(r"^(\*|[a-z]{1,8}(-[a-z0-9]{1,8})*)(\s*;\s*q=[01](\.\d+)?)?(\s*,.*)?$", re.IGNORECASE)
_TRAILING_COMMA = re.compile(rb",(\s*[}\]])")


def _grants(case: Case) -> frozenset[str]:
    return _grants_at(case.api, case.operation.path, case.operation.method)


@functools.lru_cache(maxsize=256)
def _grants_at(api: Api, path: str, method: str) -> frozenset[str]:
    here = [op for op in api.present if (op.path, op.method) == (path, method)]
    return frozenset(b.const for op in here for b in op.bound("grant_type") if b.const)


def _grant(case: Case) -> str:
    value = case.value("grant_type")
    return value if isinstance(value, str) else ""


def _grant_not_allowed(case: Case) -> bool:
    grant = _grant(case)
    offered = grant in _grants(case)
    barred = case.client is not None and bool(case.client.grants) and grant not in case.client.grants
    return (offered and barred) or (not offered and grant in GRANTS)


def _trailing_comma(case: Case) -> bool:
    body = case.reading.request.body
    if case.reading.body_state != "malformed":
        return False
    try:
        mended = _TRAILING_COMMA.sub(rb"\1", body)
        # What is right JSON as it stands is malformed for another reason.
        return mended != body and isinstance(json.loads(mended.decode()), dict)
    except (ValueError, RecursionError):
        return False


def _form_in_query(case: Case) -> bool:
    names = [b.name for b in case.operation.bindings if b.place == "form" and b.standing == "main"]
    return case.reading.body_state == "empty" and any(case.reading.at("query", name) for name in names)


def _unknown_scope(case: Case, alike: Callable[[str, str], bool]) -> bool:
    """Tell whether no scope that is asked for is known, and one of them is alike to one that is."""
    known, asked = case.world.data.scopes, case.asked_scopes
    return not any(s in known for s in asked) and any(alike(s, k) for s in asked for k in known)


def _unknown_language(case: Case) -> bool:
    value = case.value("language")
    return isinstance(value, str) and not _LANGUAGE.match(value)


ROWS: Rows = {
    "grant_type.missing": lambda case: not _grant(case),
    "grant_type.empty": lambda case: case.value("grant_type") == "",
    "grant_type.unknown": lambda case: _grant(case) != "" and _grant(case) not in GRANTS | _grants(case),
    "grant_type.other_case": lambda case: (
        _grant(case) not in GRANTS | _grants(case) and _grant(case).lower() in GRANTS | _grants(case)
    ),
    "grant_type.repeated": lambda case: len(case.every("grant_type")) > 1,
    "grant_type.not_allowed": _grant_not_allowed,
    "scope.empty": lambda case: case.value("scope") == "",
    "scope.unknown": lambda case: (
        bool(case.asked_scopes) and not any(s in case.world.data.scopes for s in case.asked_scopes)
    ),
    "scope.truncated": lambda case: _unknown_scope(case, lambda asked, known: known.startswith(asked)),
    "scope.other_case": lambda case: _unknown_scope(case, lambda asked, known: known.casefold() == asked.casefold()),
    "scope.partly_unknown": lambda case: (
        any(s not in case.world.data.scopes for s in case.asked_scopes)
        and any(s in case.world.data.scopes for s in case.asked_scopes)
    ),
    "scope.exceeding": lambda case: any(
        s in case.world.data.scopes and s not in case.allowed_scopes for s in case.asked_scopes
    ),
    "scope.insufficient": lambda case: (
        case.access is not None and any(s not in case.access.session.scopes for s in case.operation.scopes)
    ),
    "body.empty": lambda case: case.reading.body_state == "empty" and not _form_in_query(case),
    "body.malformed": lambda case: case.reading.body_state == "malformed",
    "body.not_an_object": lambda case: case.reading.body_state == "not_an_object",
    "body.null": lambda case: case.reading.body_state == "null",
    "body.trailing_comma": _trailing_comma,
    "body.wrong_content_type": lambda case: case.reading.body_state == "other_encoding",
    "body.no_content_type": lambda case: bool(case.reading.request.body) and not case.reading.typed,
    "body.in_query": _form_in_query,
    "language.unknown": _unknown_language,
    # The router meets these two before any operation does.
    "method.wrong": lambda case: False,
    "path.alternative": lambda case: False,
}


def _body_right(case: Case) -> bool:
    reading = case.reading
    if reading.body_state == "none":
        return not reading.request.body
    return reading.body_state == "ok" and reading.typed


RIGHT: Rows = {
    "body": _body_right,
    "grant_type": lambda case: (
        _grant(case) in _grants(case) and not _grant_not_allowed(case) and len(case.every("grant_type")) < 2
    ),
    "language": lambda case: case.value("language") is None,
}
