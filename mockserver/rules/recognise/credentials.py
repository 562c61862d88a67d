"""Recognising wrong credentials: names, secrets, and the Authorization header of Basic (RFC 7617)."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from watchword.mockserver.rules.case import Case, Rows, in_query, of_role

__all__ = ["RIGHT", "ROWS"]


def _same(left: str, right: str) -> bool:
    # A client may send half of a surrogate pair in JSON, and that is no reason to fall over.
    return hmac.compare_digest(left.encode(errors="surrogatepass"), right.encode(errors="surrogatepass"))


def _owner(case: Case, role: str) -> tuple[bool, str | None]:
    """Tell whether somebody has that name, and which secret lets him in; None when nothing does."""
    if role == "client_secret":
        client = case.client
        if client is None and not case.operation.bound("client_id"):
            # A key that stands alone names nobody, and is compared with the one that the mock announces.
            return True, next((c.client_secret for c in case.world.clients.values() if c.enabled), None)
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


_truncated = _alike(lambda value, secret: value != "" and secret.startswith(value))
_extended = _alike(lambda value, secret: value.startswith(secret) and value.strip() != secret)
_padded = _alike(lambda value, secret: value.strip() == secret)
_cased = _alike(lambda value, secret: value.casefold() == secret.casefold())


def _missing(case: Case, role: str) -> bool:
    return case.value(role) is None


def _empty(case: Case, role: str) -> bool:
    value = case.value(role)
    return isinstance(value, str) and not value


def _mistyped(case: Case, role: str) -> bool:
    return not isinstance(case.value(role), str | None)


def _foreign_secret(case: Case) -> bool:
    others = (c for c in case.world.clients.values() if c is not case.client)
    return _wrong(case, "client_secret") and any(c.client_secret == case.value("client_secret") for c in others)


def _foreign_password(case: Case) -> bool:
    value, own = case.value("password"), case.account("password")
    if own is None or own.password == value:
        return False
    return any(a.password == value for a in case.world.data.accounts if a is not own and a.kind == own.kind)


def _taken_from(other: str) -> Callable[[Case, str], bool]:
    """Make the predicate of a wrong secret that is right for another role of the request."""

    def predicate(case: Case, role: str) -> bool:
        return _wrong(case, role) and case.value(role) == case.value(other)

    return predicate


def _of_kind(kind: str) -> Callable[[Case, str], bool]:
    """Make the predicate of a wrong password that somebody of a kind has."""

    def predicate(case: Case, role: str) -> bool:
        accounts = (a for a in case.world.data.accounts if a.kind == kind)
        return _wrong(case, role) and any(a.password == case.value(role) for a in accounts)

    return predicate


def _other_kind(kind: str) -> Callable[[Case, str], bool]:
    """Make the predicate of a name that nobody of the wanted kind has, sent with the password of one who is of another."""

    def predicate(case: Case, role: str) -> bool:
        if not _unknown(case, role):
            return False
        account = case.world.accounts.get((kind, case.name(role)[1]))
        secret = case.value("operator_password" if role == "operator_username" else "password")
        return account is not None and account.password == secret

    return predicate


def _unknown(case: Case, role: str) -> bool:
    kind, name = case.name(role)
    return isinstance(name, str) and (kind, name) not in case.world.accounts


def _other_case(case: Case) -> bool:
    return _unknown(case, "username") and case.account("username") is not None


def _of_basic_in_body(case: Case) -> list[bool]:
    """Tell of the name and the secret that belong into Basic whether each stands in the body."""
    reading = case.reading
    roles = [b.role for b in case.operation.bindings if b.place == "basic"]
    return [bool(reading.at("form", role) or reading.at("json", role)) for role in roles]


def _in_body(case: Case) -> bool:
    return case.reading.basic_state == "absent" and all(_of_basic_in_body(case))


def _name_in_body(case: Case) -> bool:
    return case.reading.basic_state == "absent" and _of_basic_in_body(case) == [True, False]


def _doubled(case: Case) -> bool:
    return case.reading.basic_state == "ok" and all(_of_basic_in_body(case))


def _in_query(case: Case) -> bool:
    roles = [b.role for b in case.operation.bindings if b.place == "basic" and b.role]
    found = any(case.reading.at("query", role) for role in roles)
    return case.reading.basic_state == "absent" and found and not _in_body(case)


def _basic(*states: str) -> Callable[[Case], bool]:
    return lambda case: case.reading.basic_state in states


def _scheme_case(case: Case) -> bool:
    return case.reading.scheme == "basic" and not (case.reading.authorization or "").lstrip().startswith("Basic")


ROWS: Rows = {
    "basic.missing": lambda case: _basic("absent", "empty")(case) and not _in_body(case),
    "basic.empty": _basic("empty"),
    "basic.not_base64": _basic("not_base64"),
    "basic.no_colon": _basic("no_colon"),
    "basic.wrong_scheme": _basic("other_scheme"),
    "basic.scheme_case": _scheme_case,
    "basic.in_body": _in_body,
    "basic.name_in_body": _name_in_body,
    "basic.doubled": _doubled,
    "basic.in_query": _in_query,
    "username.missing": of_role("username", _missing),
    "username.empty": of_role("username", _empty),
    "username.unknown": of_role("username", _unknown),
    "username.wrong_type": of_role("username", _mistyped),
    "username.other_case": _other_case,
    "username.is_operator": of_role("username", _other_kind("operator")),
    "password.missing": of_role("password", _missing),
    "password.in_query": of_role("password", in_query),
    "password.empty": of_role("password", _empty),
    "password.wrong": of_role("password", _wrong),
    "password.truncated": of_role("password", _truncated),
    "password.extended": of_role("password", _extended),
    "password.other_case": of_role("password", _cased),
    "password.padded": of_role("password", _padded),
    "password.wrong_type": of_role("password", _mistyped),
    "password.foreign": _foreign_password,
    "password.is_username": of_role("password", _taken_from("username")),
    "password.is_client_secret": of_role("password", _taken_from("client_secret")),
    "password.is_operator_password": of_role("password", _of_kind("operator")),
    "operator_username.missing": of_role("operator_username", _missing),
    "operator_username.empty": of_role("operator_username", _empty),
    "operator_username.unknown": of_role("operator_username", _unknown),
    "operator_username.wrong_type": of_role("operator_username", _mistyped),
    "operator_username.is_user": of_role("operator_username", _other_kind("user")),
    "operator_password.missing": of_role("operator_password", _missing),
    "operator_password.empty": of_role("operator_password", _empty),
    "operator_password.wrong": of_role("operator_password", _wrong),
    "operator_password.truncated": of_role("operator_password", _truncated),
    "operator_password.extended": of_role("operator_password", _extended),
    "operator_password.other_case": of_role("operator_password", _cased),
    "operator_password.padded": of_role("operator_password", _padded),
    "operator_password.wrong_type": of_role("operator_password", _mistyped),
    "operator_password.is_operator_username": of_role("operator_password", _taken_from("operator_username")),
    "operator_password.is_password": of_role("operator_password", _of_kind("user")),
    "client_id.empty": of_role("client_id", _empty),
    "client_id.unknown": lambda case: isinstance(case.value("client_id"), str) and case.client is None,
    "client_secret.empty": of_role("client_secret", _empty),
    "client_secret.wrong": of_role("client_secret", _wrong),
    "client_secret.truncated": of_role("client_secret", _truncated),
    "client_secret.extended": of_role("client_secret", _extended),
    "client_secret.other_case": of_role("client_secret", _cased),
    "client_secret.padded": of_role("client_secret", _padded),
    "client_secret.foreign": _foreign_secret,
    "client_secret.is_client_id": of_role("client_secret", _taken_from("client_id")),
    "client_secret.is_password": of_role("client_secret", _taken_from("password")),
}


def _right(case: Case, role: str) -> bool:
    value, (_, secret) = case.value(role), _owner(case, role)
    return isinstance(value, str) and value != "" and secret is not None and _same(value, secret)


def _named(case: Case, role: str) -> bool:
    kind, name = case.name(role)
    return isinstance(name, str) and name != "" and (kind, name) in case.world.accounts


def _basic_right(case: Case) -> bool:
    return case.reading.basic_state == "ok" and not _scheme_case(case) and not _doubled(case)


RIGHT: Rows = {
    "basic": _basic_right,
    "username": of_role("username", _named),
    "password": of_role("password", _right),
    "operator_username": of_role("operator_username", _named),
    "operator_password": of_role("operator_password", _right),
    "client_id": lambda case: case.value("client_id") != "" and case.client is not None,
    "client_secret": of_role("client_secret", _right),
}
