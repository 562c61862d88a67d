"""The profiles around the brand rules and the library behind them: exact replies, and suites that find nothing broken."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.wire import Reply, Request

PROFILES = tuple(load_dialect("rator").profiles)
BRANDED = ("documented", "query-only", "form-too")
SPRING = ("spring-2.4.0", "spring-2.5.2", "spring-2.5.2-entry-point")
STOCK, ENTRY_POINT = SPRING[:2], SPRING[2:]

RFC = {
    "grant.not-allowed-code",
    "login.password-missing-code",
    "login.username-missing-code",
    "renew.token-expired-code",
    "token.client-secret-wrong-error",
    "token.method-allow",
}
"""What the OAuth RFCs ask for and the library does otherwise."""
WARNED = dict.fromkeys(BRANDED, set[str]()) | dict.fromkeys(SPRING, RFC)
WARNED["spring-2.4.0"] = RFC | {"renew.token-missing-code"}

TOKEN, BALANCE = "/rest-api-auth/oauth/token", "/rest-api-core/api/billing-groups/201506171857210002/balance"
JSON, HTML = "application/json;charset=UTF-8", "text/html;charset=utf-8"
MARTA = {"grant_type": "password", "username": "marta.holm", "password": "Fjord7Lantern2"}
JONAS = {"grant_type": "password", "username": "jonas.berg", "password": "Quartz4Meadow9"}
SOLE = {"grant_type": "password", "username": "sole.ferrari", "password": "Ponte:Città88"}
CLIENT = {"grant_type": "client_credentials"}
ONE, TWO = {"X-RATOR-brand-key": "BRAND1"}, {"X-RATOR-brand-key": "BRAND2"}


def basic(pair: str) -> str:
    """Write an Authorization header of Basic credentials."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


GOOD, KIOSK = basic("selfcare-app:Tundra5Copper1x"), basic("kiosk:Marble8Canyon3q")


class Client:
    """A client of one mock. `mark` words in what it sends, `{access}` and `{refresh}`, stand for its tokens."""

    def __init__(self, mock: Any) -> None:
        self.mock = mock
        self.tokens: dict[str, str] = {}

    def ask(self, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Reply:
        """Send a request; headers are spelled as keywords in a dict."""
        filled = tuple((name, self.fill(value)) for name, value in headers.items() if value)
        reply: Reply = self.mock.ask(Request(method, path, self.fill(query), filled, body))
        return reply

    def fill(self, text: str) -> str:
        """Put the tokens in their places."""
        for name, value in self.tokens.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def token(self, form: Mapping[str, str], query: str = "brand_key=BRAND1", auth: str = GOOD, **more: str) -> Reply:
        """Ask the token endpoint, with the form of a grant."""
        body = urlencode({name: self.fill(value) for name, value in form.items()}).encode()
        headers = {"Authorization": auth, "Content-Type": "application/x-www-form-urlencoded"} | more
        return self.ask("POST", TOKEN, query, body, **headers)

    def login(self, form: Mapping[str, str] = MARTA, query: str = "brand_key=BRAND1") -> Reply:
        """Log in and keep the tokens."""
        reply = self.token(form, query)
        self.tokens = {name.removesuffix("_token"): str(value) for name, value in reply.members.items()}
        return reply

    def balance(self, auth: str = "Bearer {access}", headers: Mapping[str, str] = ONE, query: str = "") -> Reply:
        """Ask for the balance."""
        return self.ask("GET", BALANCE, query, Authorization=auth, **headers)

    def pass_time(self, seconds: float) -> None:
        """Set the mock's clock ahead."""
        self.mock.service.clock.advance(seconds)


@pytest.fixture
def client(in_process: Callable[..., Any], profile: str) -> Client:
    """Give a client that has logged in."""
    client = Client(in_process("rator", profile))
    client.login()
    return client


@pytest.mark.parametrize("profile", PROFILES)
def test_the_suites_find_nothing_broken(in_process: Callable[..., Any], trouble: Any, profile: str) -> None:
    """No clause fails, errs, is blocked or stays open, and exactly the known departures from the RFCs are warned of."""
    mock = in_process("rator", profile)

    records = mock.check_all()

    assert {} == trouble(records)
    assert WARNED[profile] == {name for name, record in records.items() if record.verdict == "warn"}
    assert [] == mock.undescribed()


@dataclass(frozen=True)
class Row:
    """A request and what comes of it under some profiles. An `error` is the code of a JSON body, `page` a title in HTML."""

    ask: Callable[[Client], Reply]
    status: int
    error: str | None = None
    says: str | None = None
    page: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = PROFILES


def challenge(scheme: str, error: str, says: str) -> dict[str, str]:
    """Write the WWW-Authenticate header by which the library repeats an error."""
    return {"WWW-Authenticate": f'{scheme} error="{error}", error_description="{says}"'}


FULL = "Full authentication is required to access this resource"
LOGIN, RENEWAL = {**MARTA}, {"grant_type": "refresh_token"}
REALM, REALM_AND = 'Basic realm="oauth2/client"', 'Basic realm="oauth2/client",'
NO_USER = {"grant_type": "password", "password": "x"}
NO_PASSWORD = {"grant_type": "password", "username": "marta.holm"}

CLIENT_FAULTS: dict[str, str] = {
    "wrong secret": basic("selfcare-app:wrong"),
    "unknown client": basic("nobody:wrong"),
    "not base64": "Basic !!!",
    "no colon": basic("selfcare-app"),
}
CLIENT_MISSING: dict[str, str] = {"no header": "", "the scheme alone": "Basic", "bearer": "Bearer {access}"}
LIBRARY: dict[str, Row] = {
    **{
        f"{name}, page": Row(
            lambda c, a=auth: c.token(MARTA, auth=a),  # type: ignore[misc]
            401,
            page=True,
            headers={"WWW-Authenticate": REALM},
            profiles=STOCK,
        )
        for name, auth in (CLIENT_FAULTS | CLIENT_MISSING).items()
    },
    **{
        f"{name}, JSON": Row(
            lambda c, a=auth: c.token(MARTA, auth=a),  # type: ignore[misc]
            401,
            "unauthorized",
            "Bad credentials" if name in CLIENT_FAULTS else FULL,
            headers=challenge(REALM_AND, "unauthorized", "Bad credentials" if name in CLIENT_FAULTS else FULL),
            profiles=ENTRY_POINT,
        )
        for name, auth in (CLIENT_FAULTS | CLIENT_MISSING).items()
    },
    "client in the form": Row(
        lambda c: c.token({**MARTA, "client_id": "selfcare-app", "client_secret": "Tundra5Copper1x"}, auth=""), 401
    ),
    "everything in the query": Row(lambda c: c.ask("POST", TOKEN, urlencode(MARTA | {"brand_key": "BRAND1"}), Authorization=GOOD), 200),
    "JSON body": Row(
        lambda c: c.ask("POST", TOKEN, "brand_key=BRAND1", b"{}", Authorization=GOOD, **{"Content-Type": "application/json"}),
        400,
        "invalid_request",
        "Missing grant type",
    ),
    "GET": Row(lambda c: c.ask("GET", TOKEN, Authorization=GOOD), 405, "method_not_allowed", "Request method 'GET' not supported"),
    "no grant": Row(lambda c: c.token({"username": "x"}), 400, "invalid_request", "Missing grant type"),
    "empty grant": Row(lambda c: c.token({**MARTA, "grant_type": ""}), 400, "invalid_request", "Missing grant type"),
    "no grant, wrong scope": Row(lambda c: c.token({"scope": "nothing"}), 400, "invalid_scope"),
    "unknown grant": Row(lambda c: c.token({"grant_type": "x"}), 400, "unsupported_grant_type", "Unsupported grant type"),
    "grant in upper case": Row(lambda c: c.token({**MARTA, "grant_type": "PASSWORD"}), 400, "unsupported_grant_type"),
    "grant that the client lacks": Row(
        lambda c: c.token(CLIENT, auth=KIOSK),
        401,
        "invalid_client",
        "Unauthorized grant type",
        headers=challenge("Bearer", "invalid_client", "Unauthorized grant type"),
    ),
    "wrong password": Row(lambda c: c.token({**MARTA, "password": "x"}), 400, "invalid_grant", "Bad credentials"),
    "unknown user": Row(lambda c: c.token({**MARTA, "username": "x"}), 400, "invalid_grant", "Bad credentials"),
    "no user": Row(lambda c: c.token(NO_USER), 400, "invalid_grant", "Bad credentials"),
    "no password": Row(lambda c: c.token(NO_PASSWORD), 400, "invalid_grant", "Bad credentials"),
    "unknown refresh token": Row(lambda c: c.token({**RENEWAL, "refresh_token": "x"}), 400, "invalid_grant"),
    "access token for refresh token": Row(lambda c: c.token({**RENEWAL, "refresh_token": "{access}"}), 400, "invalid_grant"),
    "no refresh token": Row(lambda c: c.token(RENEWAL), 400, "invalid_request", profiles=SPRING[1:]),
    "no refresh token, early": Row(lambda c: c.token(RENEWAL), 400, "invalid_grant", profiles=SPRING[:1]),
    "no token": Row(lambda c: c.balance(""), 401, "unauthorized", FULL, headers=challenge('Bearer realm="rator",', "unauthorized", FULL)),
    "Basic at the resource": Row(lambda c: c.balance(GOOD), 401, "unauthorized", FULL),
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
    "POST": Row(lambda c: c.ask("POST", BALANCE, Authorization="Bearer {access}", **ONE), 405, page=True, headers={"Allow": "GET"}),
    "no such path": Row(lambda c: c.ask("GET", "/rest-api-core/api/nothing", Authorization="Bearer {access}", **ONE), 404, page=True),
}
"""What the library answers, whatever it is asked for."""

QUERY, FORM, SERVLET, STRICT = ("query-only",), ("form-too",), ("form-too",), tuple(p for p in PROFILES if p != "form-too")
AS_DOCUMENTED = tuple(p for p in PROFILES if p not in BRANDED[1:])


def brand(query: str, form: Mapping[str, str] | None = None, **headers: str) -> Callable[[Client], Reply]:
    """Log in with the brand key in these places."""
    return lambda c: c.token({**MARTA, **(form or {})}, query, **headers)


BRANDS: dict[str, Row] = {
    "missing": Row(brand(""), 400, "invalid_request"),
    "missing, operator": Row(
        lambda c: c.token({"grant_type": "operator_password", "username": "desk.north", "password": "Harbour3Signal8"}, ""), 400, "invalid_request"
    ),
    "missing, client": Row(lambda c: c.token(CLIENT, ""), 400, "invalid_request"),
    "missing, renewal": Row(lambda c: c.token({**RENEWAL, "refresh_token": "{refresh}"}, ""), 400, "invalid_request"),
    "empty": Row(brand("brand_key="), 400, "invalid_request"),
    "blank": Row(brand("brand_key=%20%20"), 400, "invalid_request"),
    "empty in the form": Row(brand("", {"brand_key": ""}), 400, "invalid_request"),
    "blank in the form": Row(brand("", {"brand_key": " "}), 400, "invalid_request"),
    "empty under the old name": Row(brand("brandKey="), 400, "invalid_request"),
    "unknown": Row(brand("brand_key=BRAND9"), 400, "invalid_request"),
    "in the header": Row(brand("", **ONE), 400, "invalid_request"),
    "header beside it": Row(brand("brand_key=BRAND1", **TWO), 200),
    "other name": Row(brand("brand-key=BRAND1"), 400, "invalid_request"),
    "name in capitals": Row(brand("Brand_Key=BRAND1"), 400, "invalid_request"),
    "value in lower case": Row(brand("brand_key=brand1"), 200),
    "twice": Row(brand("brand_key=BRAND1&brand_key=BRAND1"), 200),
    "old name beside it": Row(brand("brand_key=BRAND1&brandKey=BRAND2"), 200),
    "missing, wrong client": Row(lambda c: c.token(MARTA, "", basic("selfcare-app:wrong")), 401),
    "missing, wrong password": Row(brand("", {"password": "x"}), 400, "invalid_request"),
    "not the user's": Row(lambda c: c.token(SOLE), 400, "invalid_grant"),
    "not the token's": Row(lambda c: c.token({**RENEWAL, "refresh_token": "{refresh}"}, "brand_key=BRAND2"), 400, "invalid_grant"),
    "form": Row(brand("", {"brand_key": "BRAND1"}), 200, profiles=(*AS_DOCUMENTED, *FORM)),
    "form, strict": Row(brand("", {"brand_key": "BRAND1"}), 400, "invalid_request", profiles=QUERY),
    "form differs": Row(brand("brand_key=BRAND1", {"brand_key": "BRAND9"}), 400, "invalid_request", profiles=AS_DOCUMENTED),
    "form differs, query counts": Row(brand("brand_key=BRAND1", {"brand_key": "BRAND9"}), 200, profiles=QUERY + FORM),
    "query differs, query counts": Row(brand("brand_key=BRAND9", {"brand_key": "BRAND1"}), 400, "invalid_request"),
    "two": Row(brand("brand_key=BRAND1&brand_key=BRAND9"), 400, "invalid_request", profiles=STRICT),
    "two, first counts": Row(brand("brand_key=BRAND1&brand_key=BRAND9"), 200, profiles=SERVLET),
    "old name": Row(brand("brandKey=BRAND1"), 400, "invalid_request", profiles=STRICT),
    "old name in the form": Row(brand("", {"brandKey": "BRAND1"}), 400, "invalid_request", profiles=STRICT),
    "old name, honoured": Row(brand("brandKey=BRAND1"), 200, profiles=FORM),
    "old name in the form, honoured": Row(brand("", {"brandKey": "BRAND1"}), 200, profiles=FORM),
    "old name, unknown": Row(brand("brandKey=BRAND9"), 400, "invalid_request"),
    "resource": Row(lambda c: c.balance(), 200, headers={"X-Content-Type-Options": "nosniff", "Expires": "0"}),
    "resource, missing": Row(lambda c: c.balance(headers={}), 400, "invalid_request"),
    "resource, HEAD": Row(lambda c: c.ask("HEAD", BALANCE, Authorization="Bearer {access}"), 400),
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
