"""Recognising wrong credentials: names, secrets, and the Authorization header of Basic (RFC 7617)."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from watchword.mockserver.rules.case import Case, Rows, each, rows

__all__ = ["ROWS"]

_NAMES = ("username", "operator_username")
_PASSWORDS = ("password", "operator_password")
_SECRETS = (*_PASSWORDS, "client_secret")


def _same(left: str, right: str) -> bool:
    # A client may send half of a surrogate pair in JSON, and that is no reason to fall over.
    return hmac.compare_digest(left.encode(errors="surrogatepass"), right.encode(errors="surrogatepass"))


def _owner(case: Case, role: str) -> tuple[bool, str | None]:
    """Tell whether somebody has that name, and which secret lets him in; None when nothing does."""
    if role == "client_secret":
        client = case.client
        return client is not None, client.client_secret if client is not None and client.enabled else None
    account = case.account(role)
    return account is not None, account.password if account is not None and account.enabled else None


def _wrong(case: Case, role: str) -> bool:
    value = case.value(role)
    exists, secret = _owner(case, role)
    return exists and isinstance(value, str) and (secret is None or not _same(value, secret))


def _alike(compare: Callable[[str, str], bool]) -> Callable[[Case, str], bool]:
    """Make the predicate of a secret that is wrong in a way that still shows what was meant."""

    def predicate(case: Case, role: str) -> bool:
        value, secret = case.value(role), _owner(case, role)[1]
        return isinstance(value, str) and secret is not None and value != secret and compare(value, secret)

    return predicate


def _foreign_password(case: Case) -> bool:
    value, own = case.value("password"), case.account("password")
    return own is not None and any(a.password == value for a in case.world.data.accounts if a is not own)


def _unknown(case: Case, role: str) -> bool:
    kind, name = case.name(role)
    return isinstance(name, str) and (kind, name) not in case.world.accounts


def _other_case(case: Case) -> bool:
    return _unknown(case, "username") and case.account("username") is not None


def _in_body(case: Case) -> bool:
    reading = case.reading
    roles = [b.role for b in case.operation.bindings if b.place == "basic"]
    return reading.basic_state == "absent" and any(reading.at("form", r) or reading.at("json", r) for r in roles)


def _basic(*states: str) -> Callable[[Case], bool]:
    return lambda case: case.reading.basic_state in states


def _scheme_case(case: Case) -> bool:
    return case.reading.scheme == "basic" and not (case.reading.authorization or "").lstrip().startswith("Basic")


ROWS: Rows = {
    **each((*_NAMES, *_PASSWORDS), "missing", lambda case, role: case.value(role) is None),
    **each((*_NAMES, *_PASSWORDS), "wrong_type", lambda case, role: not isinstance(case.value(role), str | None)),
    **each((*_NAMES, *_SECRETS, "client_id"), "empty", lambda case, role: case.value(role) == ""),
    **each(_NAMES, "unknown", _unknown),
    **each(_SECRETS, "wrong", _wrong),
    **each(_SECRETS, "truncated", _alike(lambda value, secret: value != "" and secret.startswith(value))),
    **each(_SECRETS, "extended", _alike(lambda value, secret: value.startswith(secret) and value.strip() != secret)),
    **each(_SECRETS, "padded", _alike(lambda value, secret: value.strip() == secret)),
    **each(_SECRETS, "other_case", _alike(lambda value, secret: value.casefold() == secret.casefold())),
    **rows(
        username__other_case=_other_case,
        password__foreign=_foreign_password,
        client_id__unknown=lambda case: isinstance(case.value("client_id"), str) and case.client is None,
        basic__missing=lambda case: _basic("absent", "empty")(case) and not _in_body(case),
        basic__empty=_basic("empty"),
        basic__not_base64=_basic("not_base64"),
        basic__no_colon=_basic("no_colon"),
        basic__wrong_scheme=_basic("other_scheme"),
        basic__scheme_case=_scheme_case,
        basic__in_body=_in_body,
    ),
}
