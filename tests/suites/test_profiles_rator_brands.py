"""What becomes of brand keys under each profile: the rules are the same where the profile does not say otherwise."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply

PROFILES = tuple(load_dialect("rator").profiles)
QUERY, FORM = ("query-only",), ("form-too",)
OTHERS = tuple(name for name in PROFILES if name not in QUERY + FORM)
STRICT = OTHERS + QUERY
"""Where the older name and two keys in one place are refused."""

MARTA = {"grant_type": "password", "username": "marta.holm", "password": "Fjord7Lantern2"}
JONAS = {"grant_type": "password", "username": "jonas.berg", "password": "Quartz4Meadow9"}
SOLE = {"grant_type": "password", "username": "sole.ferrari", "password": "Ponte:Città88"}
OPERATOR = {"grant_type": "operator_password", "username": "desk.north", "password": "Harbour3Signal8"}
CLIENT = {"grant_type": "client_credentials"}
ONE, TWO = {"X-RATOR-brand-key": "BRAND1"}, {"X-RATOR-brand-key": "BRAND2"}
WRONG = f"Basic {base64.b64encode(b'selfcare-app:wrong').decode()}"


@dataclass(frozen=True)
class Row:
    """A request and what comes of it under some profiles."""

    ask: Callable[[Any], Reply]
    status: int
    error: str | None = None
    profiles: tuple[str, ...] = PROFILES
    headers: Mapping[str, str] = field(default_factory=dict)


def brand(
    query: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Callable[[Any], Reply]:
    """Log in with the brand key in these places."""
    return lambda c: c.token(MARTA | dict(form or {}), query, headers=headers or {})


BRANDS: dict[str, Row] = {
    "missing": Row(brand(""), 400, "invalid_request"),
    "missing, operator": Row(lambda c: c.token(OPERATOR, ""), 400, "invalid_request"),
    "missing, client": Row(lambda c: c.token(CLIENT, ""), 400, "invalid_request"),
    "missing, renewal": Row(lambda c: c.renew(query=""), 400, "invalid_request"),
    "empty": Row(brand("brand_key="), 400, "invalid_request"),
    "blank": Row(brand("brand_key=%20%20"), 400, "invalid_request"),
    "empty in the form": Row(brand("", {"brand_key": ""}), 400, "invalid_request"),
    "blank in the form": Row(brand("", {"brand_key": " "}), 400, "invalid_request"),
    "empty under the old name": Row(brand("brandKey="), 400, "invalid_request"),
    "unknown": Row(brand("brand_key=BRAND9"), 400, "invalid_request"),
    "in the header": Row(brand("", headers=ONE), 400, "invalid_request"),
    "header beside it": Row(brand("brand_key=BRAND1", headers=TWO), 200),
    "other name": Row(brand("brand-key=BRAND1"), 400, "invalid_request"),
    "name in capitals": Row(brand("Brand_Key=BRAND1"), 400, "invalid_request"),
    "value in lower case": Row(brand("brand_key=brand1"), 200),
    "twice": Row(brand("brand_key=BRAND1&brand_key=BRAND1"), 200),
    "old name beside it": Row(brand("brand_key=BRAND1&brandKey=BRAND2"), 200),
    "missing, wrong client": Row(lambda c: c.token(MARTA, "", WRONG), 401),
    "missing, wrong password": Row(brand("", {"password": "x"}), 400, "invalid_request"),
    "not the user's": Row(lambda c: c.token(SOLE), 400, "invalid_grant"),
    "not the token's": Row(lambda c: c.renew(query="brand_key=BRAND2"), 400, "invalid_grant"),
    "form": Row(brand("", {"brand_key": "BRAND1"}), 200, profiles=OTHERS + FORM),
    "form, strict": Row(brand("", {"brand_key": "BRAND1"}), 400, "invalid_request", profiles=QUERY),
    "form differs": Row(brand("brand_key=BRAND1", {"brand_key": "BRAND9"}), 400, "invalid_request", profiles=OTHERS),
    "form differs, query counts": Row(brand("brand_key=BRAND1", {"brand_key": "BRAND9"}), 200, profiles=QUERY + FORM),
    "query differs, query counts": Row(brand("brand_key=BRAND9", {"brand_key": "BRAND1"}), 400, "invalid_request"),
    "two": Row(brand("brand_key=BRAND1&brand_key=BRAND9"), 400, "invalid_request", profiles=STRICT),
    "two, first counts": Row(brand("brand_key=BRAND1&brand_key=BRAND9"), 200, profiles=FORM),
    "old name": Row(brand("brandKey=BRAND1"), 400, "invalid_request", profiles=STRICT),
    "old name in the form": Row(brand("", {"brandKey": "BRAND1"}), 400, "invalid_request", profiles=STRICT),
    "old name, honoured": Row(brand("brandKey=BRAND1"), 200, profiles=FORM),
    "old name in the form, honoured": Row(brand("", {"brandKey": "BRAND1"}), 200, profiles=FORM),
    "old name, unknown": Row(brand("brandKey=BRAND9"), 400, "invalid_request"),
    "resource": Row(lambda c: c.balance(), 200, headers={"X-Content-Type-Options": "nosniff", "Expires": "0"}),
    "resource, missing": Row(lambda c: c.balance(headers={}), 400, "invalid_request"),
    "resource, HEAD": Row(lambda c: c.balance(headers={}, method="HEAD"), 400),
    "resource, blank": Row(lambda c: c.balance(headers={"X-RATOR-brand-key": " "}), 400, "invalid_request"),
    "resource, unknown": Row(lambda c: c.balance(headers={"X-RATOR-brand-key": "BRAND9"}), 404),
    "resource, in the query": Row(lambda c: c.balance(headers={}, query="brand_key=BRAND1"), 400, "invalid_request"),
    "resource, name in lower case": Row(lambda c: c.balance(headers={"x-rator-brand-key": "BRAND1"}), 200),
    "resource, padded": Row(lambda c: c.balance(headers={"X-RATOR-brand-key": " BRAND1 "}), 200),
    "resource, value in lower case": Row(lambda c: c.balance(headers={"X-RATOR-brand-key": "brand1"}), 404),
    "resource, twice": Row(lambda c: c.balance(headers={**ONE, "x-rator-brand-key": "BRAND1"}), 200),
    "resource, two": Row(lambda c: c.balance(headers={**ONE, "x-rator-brand-key": "BRAND2"}), 400, "invalid_request"),
    "resource, not the token's": Row(lambda c: c.balance(headers=TWO), 403, "access_denied"),
    "resource, no token": Row(lambda c: c.balance("", {}), 401, "unauthorized"),
    "resource, underscores": Row(lambda c: c.balance(headers={"X_RATOR_brand_key": "BRAND1"}), 400, "invalid_request"),
    "resource, parameter's name": Row(lambda c: c.balance(headers={"brand_key": "BRAND1"}), 400, "invalid_request"),
}
"""What becomes of brand keys."""

CASES = [
    pytest.param(profile, name, id=f"{profile}-{name}") for name, row in BRANDS.items() for profile in row.profiles
]


@pytest.mark.parametrize(("profile", "name"), CASES)
def test_brand_key(brand_client: Any, name: str) -> None:
    """Status and error code are those of the profile."""
    row = BRANDS[name]
    reply = row.ask(brand_client)

    assert (row.status, row.error) == (reply.status, reply.members.get("error") if row.error else None)
    assert row.headers == {header: reply.header(header) for header in row.headers}


@pytest.mark.parametrize("profile", PROFILES)
def test_user_of_two_brands(brand_client: Any, profile: str) -> None:
    """The library gives a user one token for both brands; elsewhere each brand has its own, which opens it."""
    first = brand_client.login(JONAS).members["access_token"]
    second = brand_client.login(JONAS, "brand_key=BRAND2").members["access_token"]

    assert (first == second) == profile.startswith("spring")
    assert 200 == brand_client.balance(f"Bearer {first}", ONE).status
    assert profile.startswith("spring") or 200 == brand_client.balance(f"Bearer {second}", TWO).status
