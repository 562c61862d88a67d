"""What was seen at real servers and a client can notice, profile by profile."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from watchword.mockserver.clock import StillClock
from watchword.mockserver.explain.explain import explain
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

ORIGIN = "http://mock.test"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Mock:
    """A mock whose clock stands still."""

    def __init__(self, dialect: str, profile: str) -> None:
        self.service = Service(load_dialect(dialect), profile, clock=StillClock())
        c = self.credentials = self.service.credentials
        pair = base64.b64encode(f"{c['client_id']}:{c['client_secret']}".encode()).decode()
        self.basic = ("Authorization", f"Basic {pair}")

    def send(self, method: str, path: str, *headers: tuple[str, str], **form: str) -> Reply:
        """Send a request, with a form where there are fields."""
        path, _, query = path.partition("?")
        pairs = (*headers, FORM) if form else headers
        if not any(name == "User-Agent" for name, _ in headers):
            # Whatever speaks HTTP says what it is; an empty one stands for none.
            pairs = (("User-Agent", "test"), *pairs)
        return self.service.handle(Request(method, path, query, pairs, urlencode(form).encode()), ORIGIN).reply


def login(mock: Mock) -> dict[str, Any]:
    """Log in by password at the token endpoint."""
    c = mock.credentials
    path = f"/rest-api-auth/oauth/token?brand_key={c['brand_key']}"
    form = {"grant_type": "password", "username": c["username"], "password": c["password"]}
    return mock.send("POST", path, mock.basic, **form).members


@pytest.mark.parametrize(
    ("profile", "form"),
    [("spring-2.5.2", r"[A-Za-z0-9_-]{27}"), ("spring-2.4.0", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")],
)
def test_forms_of_tokens(profile: str, form: str) -> None:
    """Tokens have the form of the release."""
    tokens = login(Mock("rator", profile))

    assert re.fullmatch(form, tokens["access_token"])
    assert re.fullmatch(form, tokens["refresh_token"])


def test_login_after_an_unnoticed_expiry() -> None:
    """A login after the access token has expired keeps the refresh token, until that is over, too."""
    mock = Mock("rator", "spring-2.5.2")
    first, again = login(mock), login(mock)
    mock.service.clock.advance(3600)
    later = login(mock)
    mock.service.clock.advance(2592000)
    last = login(mock)

    assert first["access_token"] == again["access_token"]
    assert first["access_token"] != later["access_token"]
    assert first["refresh_token"] == later["refresh_token"]
    assert first["refresh_token"] != last["refresh_token"]


@pytest.mark.parametrize(
    "path", ["/rest-api-auth/oauth/token", "/rest-api-core/api/billing-groups/1/balance", "/nowhere"]
)
def test_headers_of_the_framework(path: str) -> None:
    """Every reply has the framework's headers, each once."""
    reply = Mock("rator", "spring-2.5.2").send("GET", path)
    names = [name.lower() for name, _ in reply.headers]

    assert ("nosniff", "DENY") == (reply.header("x-content-type-options"), reply.header("x-frame-options"))
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 200), ("fusio-6.1", 200), ("documented", 404)])
def test_trailing_slash(profile: str, status: int) -> None:
    """A slash behind a path means nothing to the releases, and leads nowhere by the document."""
    mock = Mock("fusio", profile)

    assert status == mock.send("POST", "/authorization/token/", mock.basic, grant_type="client_credentials").status


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 200), ("fusio-6.1", 200), ("documented", 405)])
def test_head(profile: str, status: int) -> None:
    """HEAD is answered where GET is, by the releases."""
    mock = Mock("fusio", profile)
    tokens = mock.send("POST", "/authorization/token", mock.basic, grant_type="client_credentials").members

    assert (
        status
        == mock.send("HEAD", "/authorization/whoami", ("Authorization", f"Bearer {tokens['access_token']}")).status
    )


@pytest.mark.parametrize("profile", ["fusio-5.0", "fusio-6.1"])
@pytest.mark.parametrize(
    ("method", "path", "without"), [("POST", "/consumer/login", 400), ("GET", "/authorization/whoami", 400)]
)
def test_an_agent_is_wanted(profile: str, method: str, path: str, without: int) -> None:
    """The releases want a User-Agent on every operation but the token endpoint, before anything else."""
    mock = Mock("fusio", profile)
    silent = mock.send(method, path, ("User-Agent", ""))

    assert (without, "Request must contain an User-Agent header") == (silent.status, silent.members["message"])
    assert "Request must contain an User-Agent header" != mock.send(method, path).members["message"]
    form = {"grant_type": "client_credentials"}
    assert 200 == mock.send("POST", "/authorization/token", mock.basic, ("User-Agent", ""), **form).status
    assert 401 == Mock("fusio", "documented").send("GET", "/authorization/whoami", ("User-Agent", "")).status


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 401), ("fusio-6.1", 401), ("documented", 200)])
def test_two_spaces_after_the_scheme(profile: str, status: int) -> None:
    """The releases take one space and no more between Bearer and the token."""
    mock = Mock("fusio", profile)
    token = mock.send("POST", "/authorization/token", mock.basic, grant_type="client_credentials").members
    whoami = [
        mock.send("GET", "/authorization/whoami", ("Authorization", f"Bearer{gap}{token['access_token']}")).status
        for gap in (" ", "  ")
    ]

    assert [200, status] == whoami


@pytest.mark.parametrize("profile", ["spring-2.5.2", "spring-2.4.0"])
def test_what_spring_wants_besides(profile: str) -> None:
    """A client_id beside Basic has to be the same one, and a client has to accept JSON."""
    mock = Mock("rator", profile)
    c = mock.credentials
    path = f"/rest-api-auth/oauth/token?brand_key={c['brand_key']}"
    form = {"grant_type": "password", "username": c["username"], "password": c["password"]}
    other = mock.send("POST", path, mock.basic, **form, client_id="kiosk")
    accepts = {
        accept: mock.send("POST", path, mock.basic, ("Accept", accept), **form).status
        for accept in ("", "*/*", "application/json", "text/html, */*;q=0.1", "text/html", "application/xml")
    }

    assert (401, "invalid_client") == (other.status, other.members["error"])
    assert 200 == mock.send("POST", path, mock.basic, **form, client_id=c["client_id"]).status
    assert [200, 200, 200, 200, 406, 406] == list(accepts.values())
    wrong = mock.send("POST", path, mock.basic, ("Accept", "text/html"), **{**form, "password": "wrong"})
    assert 400 == wrong.status


def test_why_of_a_demand() -> None:
    """What a release wants besides is explained, with what mends it and no secret."""
    mock = Mock("fusio", "fusio-5.0")
    request = Request("GET", "/authorization/whoami", "", (("User-Agent", "x"), ("Authorization", "Bearer  ab.cd.ef")))
    why = explain(mock.service, request, mock.service.handle(request, ORIGIN))

    assert why is not None
    assert ("rule", "request.demanded", "the header `Authorization`") == (why.cause, why.condition, why.where)
    assert "Write one space" in why.hint
    assert "ab.cd.ef" not in "".join(why.texts)


@pytest.mark.parametrize(
    ("profile", "refresh", "spaces"),
    [("sensu-5.14", 403, 401), ("sensu-6.9", 500, 401), ("sensu-6.12", 500, 401), ("documented", 401, 200)],
)
def test_a_refresh_token_has_no_rights(profile: str, refresh: int, spaces: int) -> None:
    """A refresh token in the access token's place opens the door of the releases, and has no rights behind it."""
    service = Service(load_dialect("sensu"), profile, clock=StillClock())
    pair = base64.b64encode(f"{service.credentials['username']}:{service.credentials['password']}".encode()).decode()

    def get(path: str, authorization: str) -> Reply:
        return service.handle(Request("GET", path, "", (("Authorization", authorization),)), ORIGIN).reply

    tokens = get("/auth", f"Basic {pair}").members
    path = "/api/core/v2/namespaces"

    assert refresh == get(path, f"Bearer {tokens['refresh_token']}").status
    assert spaces == get(path, f"Bearer  {tokens['access_token']}").status
    assert 200 == get(path, f"Bearer {tokens['access_token']}").status
