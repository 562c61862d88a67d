"""Provoking wrong credentials: names, secrets, and the Authorization header of Basic (RFC 7617)."""

from __future__ import annotations

import base64
from dataclasses import replace

from watchword.specs.values.draft import Draft
from watchword.suites.acting.provoke.work import Rows, Work, body_place, each, other_case, put, rows
from watchword.suites.acting.steps import NotApplicable

__all__ = ["ROWS", "basic_of"]

_NAMES = ("username", "operator_username", "client_id")
_PASSWORDS = ("password", "operator_password")
_SECRETS = (*_PASSWORDS, "client_secret")


def _left_out(draft: Draft, work: Work, role: str) -> Draft:
    if not draft.of(role):
        raise NotApplicable(f"a right request does without the {role}")
    return draft.without(role)


def _truncated(draft: Draft, work: Work, role: str) -> Draft:
    value = str(draft.value(role))
    if len(value) < 2:
        raise NotApplicable(f"the {role} is too short to be cut short")
    return draft.setting(role, value[:-1])


def _foreign_password(draft: Draft, work: Work) -> Draft:
    other = work.context.credential("other_password")
    if other == draft.value("password"):
        raise NotApplicable("both users have the same password")
    return draft.setting("password", other)


def basic_of(user: str, password: str) -> str:
    """Write Basic credentials as they stand behind the scheme."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _pair(draft: Draft) -> str:
    parts = {f.name: str(f.value) for f in draft.fields if f.place == "basic"}
    return basic_of(parts.get("user", ""), parts.get("password", ""))


def _with_header(draft: Draft, authorization: str) -> Draft:
    return replace(draft, fields=tuple(f for f in draft.fields if f.place != "basic"), authorization=authorization)


def _in_body(draft: Draft, work: Work) -> Draft:
    place = body_place(draft)
    moved = (replace(f, place=place, name=f.role or f.name) if f.place == "basic" else f for f in draft.fields)
    return replace(draft, fields=tuple(moved))


ROWS: Rows = {
    **each((*_NAMES[:2], *_PASSWORDS, "refresh_token"), "missing", _left_out),
    **each(
        (*_NAMES[:2], *_PASSWORDS, "refresh_token"), "wrong_type", lambda draft, work, role: draft.setting(role, 12345)
    ),
    **each(
        (*_NAMES, *_SECRETS, "refresh_token", "brand_key", "grant_type", "scope"),
        "empty",
        lambda draft, work, role: put(draft, role, ""),
    ),
    **each(_NAMES, "unknown", lambda draft, work, role: put(draft, role, f"watchword-nobody-{work.context.tag}")),
    **each(_SECRETS, "wrong", lambda draft, work, role: draft.setting(role, f"watchword-wrong-{work.context.tag}")),
    **each(_SECRETS, "truncated", _truncated),
    **each(_SECRETS, "extended", lambda draft, work, role: draft.setting(role, f"{draft.value(role)}x")),
    **each(_SECRETS, "padded", lambda draft, work, role: draft.setting(role, f"{draft.value(role)} ")),
    **each(("username", *_SECRETS), "other_case", lambda draft, work, role: other_case(draft, role)),
    **rows(
        password__foreign=_foreign_password,
        basic__missing=lambda draft, work: _with_header(draft, ""),
        basic__empty=lambda draft, work: _with_header(draft, "Basic"),
        basic__not_base64=lambda draft, work: _with_header(draft, "Basic !!!"),
        basic__no_colon=lambda draft, work: _with_header(draft, f"Basic {base64.b64encode(b'watchword').decode()}"),
        basic__wrong_scheme=lambda draft, work: _with_header(draft, f"Bearer {_pair(draft)}"),
        basic__scheme_case=lambda draft, work: _with_header(draft, f"basic {_pair(draft)}"),
        basic__in_body=_in_body,
    ),
}
