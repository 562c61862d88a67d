"""Provoking wrong credentials: names, secrets, and the Authorization header of Basic (RFC 7617)."""

from __future__ import annotations

import base64
from dataclasses import replace

from watchword.specs.codec import basic_pair
from watchword.specs.values.draft import Draft
from watchword.suites.acting.provoke.work import (
    Rows,
    Work,
    body_place,
    emptied,
    in_query,
    left_out,
    mistyped,
    other_case,
    pure,
    put,
    truncated,
)
from watchword.suites.acting.steps import NotApplicable

__all__ = ["ROWS", "basic_of"]


def _extended(draft: Draft, work: Work, role: str) -> Draft:
    return draft.setting(role, f"{draft.value(role)}x")


def _padded(draft: Draft, work: Work, role: str) -> Draft:
    return draft.setting(role, f"{draft.value(role)} ")


def _unknown(draft: Draft, work: Work, role: str) -> Draft:
    return put(draft, role, f"watchword-nobody-{work.context.tag}")


def _wrong(draft: Draft, work: Work, role: str) -> Draft:
    return draft.setting(role, f"watchword-wrong-{work.context.tag}")


def _foreign_secret(draft: Draft, work: Work, role: str, whose: str) -> Draft:
    other = work.context.credential(f"other_{role}")
    if other == draft.value(role):
        raise NotApplicable(f"both {whose} have the same {role}")
    return draft.setting(role, other)


def _held_instead(draft: Draft, work: Work, role: str, other: str) -> Draft:
    """Put a credential that the request does not carry in the place of a role's own value."""
    value = work.context.credential(other)
    if value == draft.value(role):
        raise NotApplicable(f"the {role} is the {other}")
    return draft.setting(role, value)


def _instead(draft: Draft, work: Work, role: str, other: str) -> Draft:
    """Put the value of another role in the place of a role's own."""
    value = str(draft.value(other))
    if value == draft.value(role):
        raise NotApplicable(f"the {role} is the {other}")
    return draft.setting(role, value)


def _of_the_other_kind(draft: Draft, work: Work, name: str, secret: str, *other: str) -> Draft:
    """Put name and secret of one kind of account in the places of the other kind's."""
    theirs = [work.context.credential(role) for role in other]
    if theirs[0] == draft.value(name):
        raise NotApplicable("a user and an operator have the same name")
    return draft.setting(name, theirs[0]).setting(secret, theirs[1])


def basic_of(user: str, password: str) -> str:
    """Write Basic credentials as they stand behind the scheme."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _pair(draft: Draft) -> str:
    return base64.b64encode(basic_pair(draft).encode()).decode()


def _headed(draft: Draft, work: Work, authorization: str) -> Draft:
    return replace(draft, fields=tuple(f for f in draft.fields if f.place != "basic"), authorization=authorization)


def _with_scheme(draft: Draft, work: Work, scheme: str) -> Draft:
    return _headed(draft, work, f"{scheme} {_pair(draft)}")


def _in_body(draft: Draft, work: Work) -> Draft:
    place = body_place(draft)
    moved = (replace(f, place=place, name=f.role or f.name) if f.place == "basic" else f for f in draft.fields)
    return replace(draft, fields=tuple(moved))


def _name_in_body(draft: Draft, work: Work) -> Draft:
    moved = _in_body(draft, work)
    secrets = {f.role for f in draft.fields if f.place == "basic" and f.name == "password"}
    return replace(moved, fields=tuple(f for f in moved.fields if f.role not in secrets))


def _doubled(draft: Draft, work: Work) -> Draft:
    place = body_place(draft)
    return draft.adding(*(replace(f, place=place, name=f.role or f.name) for f in draft.fields if f.place == "basic"))


def _basic_in_query(draft: Draft, work: Work) -> Draft:
    moved = (replace(f, place="query", name=f.role or f.name) if f.place == "basic" else f for f in draft.fields)
    return replace(draft, fields=tuple(moved))


ROWS: Rows = {
    "basic.missing": pure(_headed, ""),
    "basic.empty": pure(_headed, "Basic"),
    "basic.not_base64": pure(_headed, "Basic !!!"),
    "basic.no_colon": pure(_headed, f"Basic {base64.b64encode(b'watchword').decode()}"),
    "basic.wrong_scheme": pure(_with_scheme, "Bearer"),
    "basic.scheme_case": pure(_with_scheme, "basic"),
    "basic.in_body": pure(_in_body),
    "basic.name_in_body": pure(_name_in_body),
    "basic.doubled": pure(_doubled),
    "basic.in_query": pure(_basic_in_query),
    "username.missing": pure(left_out, "username"),
    "username.empty": pure(emptied, "username"),
    "username.unknown": pure(_unknown, "username"),
    "username.wrong_type": pure(mistyped, "username"),
    "username.other_case": pure(other_case, "username"),
    "username.is_operator": pure(_of_the_other_kind, "username", "password", "operator_username", "operator_password"),
    "password.missing": pure(left_out, "password"),
    "password.in_query": pure(in_query, "password"),
    "password.empty": pure(emptied, "password"),
    "password.wrong": pure(_wrong, "password"),
    "password.truncated": pure(truncated, "password"),
    "password.extended": pure(_extended, "password"),
    "password.other_case": pure(other_case, "password"),
    "password.padded": pure(_padded, "password"),
    "password.wrong_type": pure(mistyped, "password"),
    "password.foreign": pure(_foreign_secret, "password", "users"),
    "password.is_username": pure(_instead, "password", "username"),
    "password.is_client_secret": pure(_instead, "password", "client_secret"),
    "password.is_operator_password": pure(_held_instead, "password", "operator_password"),
    "operator_username.missing": pure(left_out, "operator_username"),
    "operator_username.empty": pure(emptied, "operator_username"),
    "operator_username.unknown": pure(_unknown, "operator_username"),
    "operator_username.wrong_type": pure(mistyped, "operator_username"),
    "operator_username.is_user": pure(
        _of_the_other_kind, "operator_username", "operator_password", "username", "password"
    ),
    "operator_password.missing": pure(left_out, "operator_password"),
    "operator_password.empty": pure(emptied, "operator_password"),
    "operator_password.wrong": pure(_wrong, "operator_password"),
    "operator_password.truncated": pure(truncated, "operator_password"),
    "operator_password.extended": pure(_extended, "operator_password"),
    "operator_password.other_case": pure(other_case, "operator_password"),
    "operator_password.padded": pure(_padded, "operator_password"),
    "operator_password.wrong_type": pure(mistyped, "operator_password"),
    "operator_password.is_operator_username": pure(_instead, "operator_password", "operator_username"),
    "operator_password.is_password": pure(_held_instead, "operator_password", "password"),
    "client_id.empty": pure(emptied, "client_id"),
    "client_id.unknown": pure(_unknown, "client_id"),
    "client_secret.empty": pure(emptied, "client_secret"),
    "client_secret.wrong": pure(_wrong, "client_secret"),
    "client_secret.truncated": pure(truncated, "client_secret"),
    "client_secret.extended": pure(_extended, "client_secret"),
    "client_secret.other_case": pure(other_case, "client_secret"),
    "client_secret.padded": pure(_padded, "client_secret"),
    "client_secret.foreign": pure(_foreign_secret, "client_secret", "clients"),
    "client_secret.is_client_id": pure(_instead, "client_secret", "client_id"),
    "client_secret.is_password": pure(_instead, "client_secret", "password"),
}
