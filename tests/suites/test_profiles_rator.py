"""The profiles of the library behind the brand rules: they answer as its releases do, and the suites find nothing broken."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply
from watchword.suites.running.check import check

PROFILES = tuple(load_dialect("rator").profiles)
ROTATING = ("rotating", "rotating-grace")
LETTER = ("documented", "query-only", "form-too", *ROTATING)
SPRING = tuple(name for name in PROFILES if name not in LETTER)
ENTRY_POINT = "spring-2.5.2-entry-point"

RFC = {
    "login.password-missing-code",
    "login.username-missing-code",
    "renew.token-expired-code",
    "token.client-secret-wrong-error",
    "token.method-allow",
}
"""What the OAuth RFCs ask for and the library does otherwise."""
WARNED = {name: RFC if name in SPRING else set() for name in PROFILES}
WARNED["spring-2.4.0"] = RFC | {"renew.token-missing-code"}

JSON, HTML = "application/json;charset=UTF-8", "text/html;charset=utf-8"
MARTA = {"grant_type": "password", "username": "marta.holm", "password": "Fjord7Lantern2"}
CLIENT = {"grant_type": "client_credentials"}
BRAND = {"X-RATOR-brand-key": "BRAND1"}
FULL = "Full authentication is required to access this resource"


def basic(pair: str) -> str:
    """Write an Authorization header of Basic credentials."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def challenge(start: str, error: str, says: str) -> dict[str, str]:
    """Write the header in which the library repeats an error."""
    return {"WWW-Authenticate": f'{start} error="{error}", error_description="{says}"'}


RIGHT, KIOSK = basic("selfcare-app:Tundra5Copper1x"), basic("kiosk:Marble8Canyon3q")
AS_JSON = {"Authorization": RIGHT, "Content-Type": "application/json"}
TOKEN = "/rest-api-auth/oauth/token"


@dataclass(frozen=True)
class Row:
    """A request and what comes of it. A reply with an `error` is JSON; a refusal without one is the container's page."""

    ask: Callable[[Any], Reply]
    status: int
    error: str | None = None
    says: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


REPLIES: dict[str, Row] = {
    "everything in the query": Row(
        lambda c: c.ask("POST", TOKEN, urlencode(MARTA | {"brand_key": "BRAND1"}), {"Authorization": RIGHT}), 200
    ),
    "JSON body": Row(
        lambda c: c.ask("POST", TOKEN, "brand_key=BRAND1", AS_JSON, json.dumps(MARTA).encode()),
        400,
        "invalid_request",
        "Missing grant type",
    ),
    "no media type": Row(
        lambda c: c.token(MARTA, headers={"Content-Type": ""}), 400, "invalid_request", "Missing grant type"
    ),
    "GET": Row(
        lambda c: c.ask("GET", TOKEN, "", {"Authorization": RIGHT}),
        405,
        "method_not_allowed",
        "Request method 'GET' not supported",
    ),
    "no grant": Row(lambda c: c.token({"username": "x"}), 400, "invalid_request", "Missing grant type"),
    "empty grant": Row(lambda c: c.token({**MARTA, "grant_type": ""}), 400, "invalid_request", "Missing grant type"),
    "no grant, wrong scope": Row(lambda c: c.token({"scope": "nothing"}), 400, "invalid_scope"),
    "unknown grant": Row(
        lambda c: c.token({"grant_type": "x"}), 400, "unsupported_grant_type", "Unsupported grant type"
    ),
    "grant in upper case": Row(lambda c: c.token({**MARTA, "grant_type": "PASSWORD"}), 400, "unsupported_grant_type"),
    "grant that the client lacks": Row(
        lambda c: c.token(CLIENT, auth=KIOSK),
        401,
        "invalid_client",
        "Unauthorized grant type",
        challenge("Bearer", "invalid_client", "Unauthorized grant type"),
    ),
    "wrong password": Row(lambda c: c.token({**MARTA, "password": "x"}), 400, "invalid_grant", "Bad credentials"),
    "unknown user": Row(lambda c: c.token({**MARTA, "username": "x"}), 400, "invalid_grant", "Bad credentials"),
    "no user": Row(
        lambda c: c.token({"grant_type": "password", "password": "x"}), 400, "invalid_grant", "Bad credentials"
    ),
    "no password": Row(
        lambda c: c.token({"grant_type": "password", "username": "x"}), 400, "invalid_grant", "Bad credentials"
    ),
    "unknown refresh token": Row(lambda c: c.renew("x"), 400, "invalid_grant"),
    "access token for refresh token": Row(lambda c: c.renew("{access}"), 400, "invalid_grant"),
    "no token": Row(
        lambda c: c.balance(""), 401, "unauthorized", FULL, challenge('Bearer realm="rator",', "unauthorized", FULL)
    ),
    "Basic at the resource": Row(lambda c: c.balance(RIGHT), 401, "unauthorized", FULL),
    "bare token": Row(lambda c: c.balance("{access}"), 401, "unauthorized", FULL),
    "unknown token": Row(
        lambda c: c.balance("Bearer x"),
        401,
        "invalid_token",
        headers=challenge('Bearer realm="rator",', "invalid_token", "Invalid access token"),
    ),
    "empty token": Row(lambda c: c.balance("Bearer "), 401, "invalid_token", "Invalid access token"),
    "refresh token for access token": Row(lambda c: c.balance("Bearer {refresh}"), 401, "invalid_token"),
    "bearer": Row(lambda c: c.balance("bearer {access}"), 200),
    "BEARER": Row(lambda c: c.balance("BEARER  {access}"), 200),
    "token in the query": Row(lambda c: c.balance("", query="access_token={access}"), 200),
    "header before query": Row(lambda c: c.balance("Bearer x", query="access_token={access}"), 401, "invalid_token"),
    "POST": Row(lambda c: c.balance(method="POST"), 405, headers={"Allow": "GET"}),
    "no such path": Row(
        lambda c: c.ask("GET", "/rest-api-core/api/nothing", "", {"Authorization": "Bearer {access}", **BRAND}), 404
    ),
}
"""What every release answers."""

CLIENT_MISSING = {"no header": "", "scheme alone": "Basic", "bearer": "Bearer {access}"}
CLIENT_WRONG = {
    "wrong secret": basic("selfcare-app:wrong"),
    "unknown client": basic("nobody:wrong"),
    "not base64": "Basic !!!",
    "no colon": basic("selfcare-app"),
}


def hold(reply: Reply, row: Row) -> None:
    """Compare a reply with its row."""
    seen = {name: reply.header(name) for name in row.headers}
    media_type = JSON if row.status == 200 or row.error else HTML

    assert (row.status, media_type, row.headers) == (reply.status, reply.header("Content-Type"), seen)
    assert row.error == reply.members.get("error")
    assert row.says in (None, reply.members.get("error_description"))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_suites_find_nothing_broken(in_process: Callable[..., Any], trouble: Any, profile: str) -> None:
    """No clause fails, errs, is blocked or stays open, and exactly the known departures from the RFCs are warned of."""
    mock = in_process("rator", profile)

    found = mock.check_all()

    assert {} == trouble(found)
    assert WARNED[profile] == {name for name, judged in found.items() if judged.verdict == "warn"}
    assert [] == mock.undescribed()


@pytest.mark.parametrize("profile", SPRING)
@pytest.mark.parametrize("name", REPLIES)
def test_every_release_answers_alike(brand_client: Any, name: str) -> None:
    """Status, media type, error code and challenge are those of the library."""
    row = REPLIES[name]

    hold(row.ask(brand_client), row)


@pytest.mark.parametrize("profile", SPRING)
@pytest.mark.parametrize("name", [*CLIENT_MISSING, *CLIENT_WRONG, "in the form"])
def test_client_refused(brand_client: Any, profile: str, name: str) -> None:
    """A client that is refused gets the container's page, or JSON where the library's entry point is in its place."""
    auth = (CLIENT_MISSING | CLIENT_WRONG).get(name, "")
    form = MARTA if name != "in the form" else MARTA | {"client_id": "selfcare-app", "client_secret": "Tundra5Copper1x"}
    page = Row(brand_client.token, 401, headers={"WWW-Authenticate": 'Basic realm="oauth2/client"'})
    says = "Bad credentials" if name in CLIENT_WRONG else FULL
    header = challenge('Basic realm="oauth2/client",', "unauthorized", says)
    entry = replace(page, error="unauthorized", says=says, headers=header)

    hold(brand_client.token(form, auth=auth), entry if profile == ENTRY_POINT else page)


@pytest.mark.parametrize("profile", SPRING)
def test_login(brand_client: Any) -> None:
    """A login gives the members of RFC 6749 and forbids to store them; a client's own token comes without a refresh token."""
    reply, own = brand_client.login(), brand_client.token(CLIENT)

    assert ["access_token", "token_type", "refresh_token", "expires_in", "scope"] == list(reply.members)
    assert ("bearer", "no-store", "no-cache") == (
        reply.members["token_type"],
        reply.header("Cache-Control"),
        reply.header("Pragma"),
    )
    assert JSON == reply.header("Content-Type")
    assert 200 == own.status
    assert "refresh_token" not in own.members


@pytest.mark.parametrize("profile", PROFILES)
def test_second_login(brand_client: Any, profile: str) -> None:
    """The library answers a second login with the first one's tokens and less time; by the letter each has its own."""
    before = brand_client.login().members
    brand_client.pass_time(100)
    after = brand_client.login().members
    same = {role: before[role] == after[role] for role in ("access_token", "refresh_token")}

    assert dict.fromkeys(("access_token", "refresh_token"), profile in SPRING) == same
    assert (99 <= before["expires_in"] - after["expires_in"] <= 101) == (profile in SPRING)


@pytest.mark.parametrize("profile", PROFILES)
def test_renewal(brand_client: Any, profile: str) -> None:
    """A renewal ends the old access token at once; its refresh token is a new one only where those work once."""
    after = brand_client.renew().members

    assert (profile in ROTATING) == (brand_client.tokens["refresh"] != after["refresh_token"])
    assert brand_client.tokens["access"] != after["access_token"]
    assert (401, "invalid_token") == (brand_client.balance().status, brand_client.balance().members["error"])
    assert 200 == brand_client.balance(f"Bearer {after['access_token']}").status


@pytest.mark.parametrize("profile", SPRING)
def test_renewal_without_a_token(brand_client: Any, profile: str) -> None:
    """A renewal that presents nothing is an invalid request since 2.4.1; before, an unknown token."""
    code = "invalid_grant" if profile == "spring-2.4.0" else "invalid_request"

    assert [(400, code)] * 2 == [
        (r.status, r.members["error"])
        for r in (brand_client.renew(""), brand_client.token({"grant_type": "refresh_token"}))
    ]


@pytest.mark.parametrize("profile", SPRING)
def test_scope(brand_client: Any) -> None:
    """A scope that nobody has is answered with those that there are."""
    reply = brand_client.token({**MARTA, "scope": "rest nothing"})

    assert (400, "invalid_scope", "rest") == (reply.status, reply.members["error"], reply.members["scope"])


@pytest.mark.parametrize("profile", SPRING)
def test_expired_access_token(brand_client: Any) -> None:
    """An expired access token is called so once and deleted."""
    brand_client.pass_time(3601)
    says = [brand_client.balance().members["error_description"] for _ in range(3)]

    assert ["Access token expired", "Invalid access token", "Invalid access token"] == says


@pytest.mark.parametrize("profile", SPRING)
def test_expired_refresh_token(brand_client: Any) -> None:
    """An expired refresh token is an invalid token once and deleted, and then an invalid grant."""
    brand_client.pass_time(2592001)
    first = Row(
        brand_client.renew,
        401,
        "invalid_token",
        "Invalid refresh token (expired)",
        challenge("Bearer", "invalid_token", "Invalid refresh token (expired)"),
    )

    hold(brand_client.renew(), first)
    hold(brand_client.renew(), Row(brand_client.renew, 400, "invalid_grant"))


@pytest.mark.parametrize(
    ("status", "verdict"), [(200, "observed"), (204, "observed"), (400, "not_applicable"), (403, "not_applicable")]
)
def test_options(in_process: Callable[..., Any], status: int, verdict: str) -> None:
    """Where OPTIONS is served it is observed without the brand key, and where it is refused nothing is wrong."""
    mock = in_process("rator")
    clause = mock.service.dialect.clause("resource.brand-key-missing-options")
    send = mock.send
    mock.send = lambda request: (Reply(status), 0.0) if request.method == "OPTIONS" else send(request)

    assert verdict == check(mock.session, clause).verdict
