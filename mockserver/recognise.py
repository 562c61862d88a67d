"""Recognising conditions: for each row of the vocabulary, the one predicate that tells whether a request is in it.

Laws:
1. A predicate reads the request and the world and changes neither.
2. A broader condition holds whenever one of its special cases does.
3. What holds is not yet refused: the profile decides that.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from watchword.mockserver.tokens import unpack
from watchword.mockserver.world import AccessToken, RefreshToken, World
from watchword.specs.applies import other_binding
from watchword.specs.model import Api, Binding, Operation
from watchword.specs.profile import Account, Client
from watchword.specs.vocabulary import CONDITIONS, broader
from watchword.specs.wire import Reading

__all__ = ["GRANTS", "RECOGNISERS", "Case", "narrowest"]

GRANTS = frozenset({"authorization_code", "client_credentials", "implicit", "password", "refresh_token"})
"""The grants that RFC 6749 names; others are unknown unless the dialect describes them."""

_LANGUAGE = re.compile(r"^(\*|[a-z]{1,8}(-[a-z0-9]{1,8})*)(\s*;\s*q=[01](\.\d+)?)?(\s*,.*)?$", re.IGNORECASE)
_TRAILING_COMMA = re.compile(rb",(\s*[}\]])")
_NEAR = 2000
"""How many of the newest tokens a presented one is compared with to say that it was altered."""


@dataclass
class Case:
    """One request in front of the world, with what its roles refer to looked up once."""

    api: Api
    operation: Operation
    reading: Reading
    world: World

    def value(self, role: str) -> Any:
        """Give the value of a role wherever it was found."""
        return self.reading.value(role)

    def account(self, role: str) -> Account | None:
        """Give the account that a name role refers to."""
        kind = "operator" if role.startswith("operator") else "user"
        name = self.value(f"operator_{'username'}" if kind == "operator" else "username")
        return self.world.accounts.get((kind, name)) if isinstance(name, str) else None

    @cached_property
    def user(self) -> Account | None:
        """The account on whose behalf the request is made, user or operator."""
        roles = [b.role for b in self.operation.bindings]
        return self.account("operator_username") if "operator_username" in roles else self.account("username")

    @cached_property
    def client(self) -> Client | None:
        """The client that the request names."""
        value = self.value("client_id")
        return self.world.clients.get(value) if isinstance(value, str) else None

    @cached_property
    def access(self) -> AccessToken | None:
        """The issued access token that the request presents."""
        value = self.value("access_token")
        return self.world.access.get(value) if isinstance(value, str) else None

    @cached_property
    def refresh(self) -> RefreshToken | None:
        """The issued refresh token that the request presents."""
        value = self.value("refresh_token")
        return self.world.refresh.get(value) if isinstance(value, str) else None

    @cached_property
    def brand(self) -> str | None:
        """The brand that the request names, in the spelling of the world; None when there is none such."""
        value = self.value("brand_key")
        if value is None:
            named = self.named_otherwise(lambda name, main: name.lower() == main.lower())
            value = named[0] if named else None
        if not isinstance(value, str):
            return None
        return next((b for b in self.world.data.brands if b.casefold() == value.strip().casefold()), None)

    @cached_property
    def asked_scopes(self) -> tuple[str, ...]:
        """The scopes that the request asks for, split at white space and commas."""
        value = self.value("scope")
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else ()

    @cached_property
    def allowed_scopes(self) -> tuple[str, ...]:
        """The scopes that whoever asks may have."""
        if self.user is not None and self.client is not None:
            return tuple(s for s in self.user.scopes if s in self.client.scopes)
        owner = self.user or self.client
        return owner.scopes if owner else ()

    def main(self, role: str) -> Binding:
        """Give the documented binding of a role."""
        return self.operation.bound(role)[0]

    def named_otherwise(self, alike: Callable[[str, str], bool]) -> list[str]:
        """Give what stands in the brand key's place under a name that is alike to its own and not the same."""
        main = self.main("brand_key")
        own = {b.name for b in self.operation.bound("brand_key")}
        pairs = self.reading.query if main.place == "query" else self.reading.request.headers if main.place == "header" else ()
        return [value for name, value in pairs if name not in own and alike(name, main.name)]


Predicate = Callable[[Case], bool]
_TABLE: dict[str, Predicate] = {}


def _row(name: str) -> Callable[[Predicate], Predicate]:
    def add(predicate: Predicate) -> Predicate:
        if name in _TABLE:
            raise ValueError(f"two predicates recognise {name}")
        _TABLE[name] = predicate
        return predicate

    return add


def _rows(**rows: Predicate) -> None:
    for name, predicate in rows.items():
        _row(name.replace("__", "."))(predicate)


def narrowest(case: Case, name: str) -> str:
    """Give the most special condition that holds of those that `name` is the broader of; `name` itself when none does."""
    for other in CONDITIONS:
        if name in broader(other) and RECOGNISERS[other](case):
            return narrowest(case, other)
    return name


# -- text that is a secret, and its owner


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def _secret_rows(role: str, secret_of: Callable[[Case], tuple[bool, str | None]]) -> None:
    """Rows for a secret: `secret_of` gives whether its owner exists, and the owner's secret (None: no login possible)."""

    def against(compare: Callable[[str, str], bool]) -> Predicate:
        def predicate(case: Case) -> bool:
            value = case.value(role)
            exists, secret = secret_of(case)
            return exists and isinstance(value, str) and (secret is None or compare(value, secret))

        return predicate

    def known(compare: Callable[[str, str], bool]) -> Predicate:
        inner = against(compare)
        return lambda case: secret_of(case)[1] is not None and inner(case)

    _row(f"{role}.wrong")(against(lambda value, secret: not _same(value, secret)))
    _row(f"{role}.empty")(lambda case: case.value(role) == "")
    _row(f"{role}.truncated")(known(lambda value, secret: value != secret and value != "" and secret.startswith(value)))
    _row(f"{role}.extended")(known(lambda value, secret: value != secret and value.startswith(secret)))
    _row(f"{role}.other_case")(known(lambda value, secret: value != secret and value.casefold() == secret.casefold()))


def _account_secret(role: str) -> Callable[[Case], tuple[bool, str | None]]:
    def secret_of(case: Case) -> tuple[bool, str | None]:
        account = case.account(role)
        return account is not None, account.password if account is not None and account.enabled else None

    return secret_of


def _client_secret(case: Case) -> tuple[bool, str | None]:
    client = case.client
    return client is not None, client.client_secret if client is not None and client.enabled else None


for _role in ("password", "operator_password"):
    _secret_rows(_role, _account_secret(_role))
    _row(f"{_role}.missing")(lambda case, role=_role: case.value(role) is None)  # type: ignore[misc]
    _row(f"{_role}.wrong_type")(lambda case, role=_role: not isinstance(case.value(role), str | None))  # type: ignore[misc]
_secret_rows("client_secret", _client_secret)


@_row("password.foreign")
def _foreign_password(case: Case) -> bool:
    value, own = case.value("password"), case.account("password")
    return own is not None and any(a.password == value for a in case.world.data.accounts if a is not own)


for _role in ("username", "operator_username"):
    _row(f"{_role}.missing")(lambda case, role=_role: case.value(role) is None)  # type: ignore[misc]
    _row(f"{_role}.empty")(lambda case, role=_role: case.value(role) == "")  # type: ignore[misc]
    _row(f"{_role}.wrong_type")(lambda case, role=_role: not isinstance(case.value(role), str | None))  # type: ignore[misc]
    _row(f"{_role}.unknown")(lambda case, role=_role: isinstance(case.value(role), str) and case.account(role) is None)  # type: ignore[misc]


@_row("username.other_case")
def _other_case(case: Case) -> bool:
    value = case.value("username")
    names = [a.username for a in case.world.data.accounts if a.kind == "user"]
    return isinstance(value, str) and value not in names and value.casefold() in [n.casefold() for n in names]


_rows(
    client_id__empty=lambda case: case.value("client_id") == "",
    client_id__unknown=lambda case: isinstance(case.value("client_id"), str) and case.client is None,
)

# -- the Authorization header


def _in_body(case: Case) -> bool:
    reading = case.reading
    roles = [b.role for b in case.operation.bindings if b.place == "basic"]
    return reading.basic_state == "absent" and any(reading.at("form", r) or reading.at("json", r) for r in roles)


_rows(
    basic__missing=lambda case: case.reading.basic_state in ("absent", "empty") and not _in_body(case),
    basic__empty=lambda case: case.reading.basic_state == "empty",
    basic__not_base64=lambda case: case.reading.basic_state == "not_base64",
    basic__no_colon=lambda case: case.reading.basic_state == "no_colon",
    basic__wrong_scheme=lambda case: case.reading.basic_state == "other_scheme",
    basic__scheme_case=lambda case: (
        case.reading.scheme == "basic" and not (case.reading.authorization or "").lstrip().startswith("Basic")
    ),
    basic__in_body=_in_body,
)


def _one_word(case: Case) -> bool:
    return bool(case.reading.authorization) and not case.reading.token and case.reading.scheme not in ("bearer", "basic")


_rows(
    access_token__missing=lambda case: not (case.reading.authorization or "").strip(),
    access_token__in_query=lambda case: (
        not (case.reading.authorization or "").strip() and bool(case.reading.at("query", "access_token"))
    ),
    access_token__bare=_one_word,
    access_token__wrong_scheme=lambda case: (
        bool(case.reading.authorization) and case.reading.scheme != "bearer" and not _one_word(case)
    ),
    access_token__scheme_case=lambda case: (
        case.reading.scheme == "bearer" and not (case.reading.authorization or "").lstrip().startswith("Bearer")
    ),
)

# -- tokens


def _issued(case: Case, role: str) -> dict[str, Any]:
    return case.world.access if role == "access_token" else case.world.refresh  # type: ignore[return-value]


def _altered(case: Case, role: str) -> bool:
    value = case.value(role)
    if not isinstance(value, str) or value in _issued(case, role):
        return False
    known = list(_issued(case, role))[-_NEAR:]
    jwt = unpack(value)
    if jwt is not None:
        return any(k.startswith(jwt.signed + ".") for k in known)
    return any(len(k) == len(value) and sum(a != b for a, b in zip(k, value, strict=True)) <= 2 for k in known)


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


def _expired(token: AccessToken | RefreshToken | None, case: Case) -> bool:
    return token is not None and token.expires_at is not None and case.world.clock.now() >= token.expires_at


for _role in ("access_token", "refresh_token"):
    _row(f"{_role}.unknown")(lambda case, role=_role: _unknown(case, role))  # type: ignore[misc]
    _row(f"{_role}.garbage")(lambda case, role=_role: _garbage(case, role))  # type: ignore[misc]
    _row(f"{_role}.tampered")(lambda case, role=_role: _altered(case, role))  # type: ignore[misc]
    _row(f"{_role}.unsigned")(lambda case, role=_role: _unsigned(case, role))  # type: ignore[misc]

_rows(
    access_token__empty=lambda case: case.reading.scheme == "bearer" and not case.reading.token,
    access_token__expired=lambda case: _expired(case.access, case),
    access_token__superseded=lambda case: case.access is not None and case.access.superseded,
    access_token__revoked=lambda case: case.access is not None and (case.access.revoked or case.access.session.ended),
    access_token__is_refresh_token=lambda case: case.value("access_token") in case.world.refresh,
    refresh_token__missing=lambda case: case.value("refresh_token") is None,
    refresh_token__null=lambda case: (
        "refresh_token" in [b.role for b in case.operation.bindings]
        and case.main("refresh_token").name in case.reading.json
        and case.value("refresh_token") is None
    ),
    refresh_token__wrong_type=lambda case: not isinstance(case.value("refresh_token"), str | None),
    refresh_token__empty=lambda case: case.value("refresh_token") == "",
    refresh_token__expired=lambda case: _expired(case.refresh, case),
    refresh_token__reused=lambda case: case.refresh is not None and case.refresh.used > 0,
    refresh_token__retired=lambda case: case.refresh is not None and case.refresh.session.ended,
    refresh_token__foreign=lambda case: (
        case.refresh is not None
        and case.access is not None
        and case.refresh.session.subject != case.access.session.subject
    ),
    refresh_token__is_access_token=lambda case: (
        isinstance(case.value("refresh_token"), str) and case.value("refresh_token") in case.world.access
    ),
)

# -- grants and scopes


def _grants(case: Case) -> set[str]:
    here = [op for op in case.api.operations.values() if (op.path, op.method) == (case.operation.path, case.operation.method)]
    return {b.const for op in here for b in op.bound("grant_type") if b.const}


def _grant(case: Case) -> str:
    value = case.value("grant_type")
    return value if isinstance(value, str) else ""


def _grant_not_allowed(case: Case) -> bool:
    grant = _grant(case)
    offered = grant in _grants(case)
    barred = case.client is not None and bool(case.client.grants) and grant not in case.client.grants
    return (offered and barred) or (not offered and grant in GRANTS)


_rows(
    grant_type__missing=lambda case: not _grant(case),
    grant_type__empty=lambda case: case.value("grant_type") == "",
    grant_type__unknown=lambda case: _grant(case) != "" and _grant(case) not in GRANTS | _grants(case),
    grant_type__other_case=lambda case: (
        _grant(case) not in GRANTS | _grants(case) and _grant(case).lower() in GRANTS | _grants(case)
    ),
    grant_type__not_allowed=_grant_not_allowed,
    scope__empty=lambda case: case.value("scope") == "",
    scope__unknown=lambda case: (
        bool(case.asked_scopes) and not any(s in case.world.data.scopes for s in case.asked_scopes)
    ),
    scope__partly_unknown=lambda case: (
        any(s not in case.world.data.scopes for s in case.asked_scopes)
        and any(s in case.world.data.scopes for s in case.asked_scopes)
    ),
    scope__exceeding=lambda case: any(
        s in case.world.data.scopes and s not in case.allowed_scopes for s in case.asked_scopes
    ),
    scope__insufficient=lambda case: (
        case.access is not None and any(s not in case.access.session.scopes for s in case.operation.scopes)
    ),
)

# -- the body


def _trailing_comma(case: Case) -> bool:
    body = case.reading.request.body
    if case.reading.body_state != "malformed":
        return False
    try:
        return isinstance(json.loads(_TRAILING_COMMA.sub(rb"\1", body)), dict)
    except ValueError:
        return False


def _form_in_query(case: Case) -> bool:
    names = [b.name for b in case.operation.bindings if b.place == "form" and b.standing == "main"]
    return case.reading.body_state == "empty" and any(case.reading.at("query", name) for name in names)


_rows(
    body__empty=lambda case: case.reading.body_state == "empty" and not _form_in_query(case),
    body__malformed=lambda case: case.reading.body_state == "malformed",
    body__not_an_object=lambda case: case.reading.body_state == "not_an_object",
    body__null=lambda case: case.reading.body_state == "null",
    body__trailing_comma=_trailing_comma,
    body__wrong_content_type=lambda case: case.reading.body_state == "other_encoding",
    body__no_content_type=lambda case: bool(case.reading.request.body) and "content-type" not in case.reading.headers,
    body__in_query=_form_in_query,
)

# -- brand keys


def _brand(case: Case, standing: str = "main") -> list[Any]:
    return case.reading.values("brand_key", standing)


def _brand_in_body(case: Case) -> bool:
    name = case.main("brand_key").name
    return not _brand(case) and bool(case.reading.at("form", name) or case.reading.at("json", name))


def _brand_cased(case: Case) -> bool:
    if case.main("brand_key").place == "header":
        name = case.main("brand_key").name
        return any(n != name and n.lower() == name.lower() for n, _ in case.reading.request.headers)
    return not _brand(case) and bool(case.named_otherwise(lambda name, main: name.lower() == main.lower()))


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _brand_missing(case: Case) -> bool:
    cased = _brand_cased(case) and not _brand(case)
    return not (_brand(case) or _brand(case, "superseded") or _brand_in_body(case) or cased)


def _brand_misplaced(case: Case) -> bool:
    other = other_binding(case.operation, "brand_key", case.api)
    return _brand_missing(case) and other is not None and bool(case.reading.at(other.place, other.name))


def _brand_misnamed(case: Case) -> bool:
    alike = case.named_otherwise(lambda name, main: name.lower() != main.lower() and _plain(name) == _plain(main))
    return _brand_missing(case) and bool(alike)


def _brand_foreign(case: Case) -> bool:
    if case.brand is None:
        return False
    token = case.refresh or case.access
    if token is not None:
        return token.session.brand is not None and token.session.brand != case.brand
    return case.user is not None and case.brand not in case.user.brands


def _differ(left: list[Any], right: list[Any]) -> bool:
    return bool(left) and bool(right) and set(left) != set(right)


_rows(
    brand_key__missing=_brand_missing,
    brand_key__empty=lambda case: bool(_brand(case)) and not str(_brand(case)[0]).strip(),
    brand_key__blank=lambda case: bool(_brand(case)) and _brand(case)[0] != "" and not str(_brand(case)[0]).strip(),
    brand_key__unknown=lambda case: isinstance(case.value("brand_key"), str) and bool(case.value("brand_key").strip()) and case.brand is None,
    brand_key__misplaced=_brand_misplaced,
    brand_key__in_body=_brand_in_body,
    brand_key__misnamed=_brand_misnamed,
    brand_key__superseded_name=lambda case: not _brand(case) and bool(_brand(case, "superseded")),
    brand_key__superseded_conflict=lambda case: _differ(_brand(case), _brand(case, "superseded")),
    brand_key__name_case=_brand_cased,
    brand_key__value_case=lambda case: case.brand is not None and str(case.value("brand_key") or case.brand).strip() != case.brand,
    brand_key__padded=lambda case: bool(_brand(case)) and _brand(case)[0] != _brand(case)[0].strip() and bool(_brand(case)[0].strip()),
    brand_key__repeated=lambda case: len(_brand(case)) > 1 and len(set(_brand(case))) == 1,
    brand_key__conflicting=lambda case: len(set(_brand(case))) > 1,
    brand_key__conflicting_places=lambda case: _differ(_brand(case), _brand(case, "alternative")),
    brand_key__foreign=_brand_foreign,
    language__unknown=lambda case: isinstance(case.value("language"), str) and not _LANGUAGE.match(case.value("language")),
    # The router meets these two before any operation does.
    method__wrong=lambda case: False,
    path__alternative=lambda case: False,
)

RECOGNISERS: Mapping[str, Predicate] = MappingProxyType(_TABLE)
