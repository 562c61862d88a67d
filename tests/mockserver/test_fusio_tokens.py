"""What the imitated versions of Fusio issue: the members, claims, lifetimes and renewals of their tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request
from watchword.suites.acting.context import claims_of

_WORLD = load_dialect("fusio").world
_USER = _WORLD.credentials["username"], _WORLD.credentials["password"]
_APP = _WORLD.credentials["client_id"], _WORLD.credentials["client_secret"]
_OWNER = _WORLD.clients[0].owner
_NARROW = _WORLD.clients[1].client_id, _WORLD.clients[1].client_secret
_PROFILES = ("fusio-5.0", "fusio-6.1")
_DAY = 86400
_BROKEN = "The server encountered an internal error and was unable to complete your request."

# -- requests

# Whatever speaks HTTP says what it is, and the releases want to hear it.
AGENT = ("User-Agent", "test")


def _basic(pair: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(pair).encode()).decode()


def _login(body: bytes | None = None, username: Any = _USER[0], password: Any = _USER[1]) -> Request:
    sent = json.dumps({"username": username, "password": password}).encode() if body is None else body
    return Request("POST", "/consumer/login", headers=(AGENT, ("Content-Type", "application/json")), body=sent)


def _token(
    authorization: str | None = _basic(_APP), media_type: str = "application/x-www-form-urlencoded", **form: str
) -> Request:
    headers = [("Content-Type", media_type)] if media_type else []
    headers += [("Authorization", authorization)] if authorization is not None else []
    fields = form or {"grant_type": "client_credentials"}
    return Request("POST", "/authorization/token", headers=tuple(headers), body=urlencode(fields).encode())


def _renewal(refresh_token: str, authorization: str | None = _basic(_APP)) -> Request:
    return _token(authorization, grant_type="refresh_token", refresh_token=refresh_token)


def _whoami(authorization: str | None = None, query: str = "") -> Request:
    headers = (("Authorization", authorization),) if authorization is not None else ()
    return Request("GET", "/authorization/whoami", query, (AGENT, *headers))


# -- replies


def _refused(message: str) -> dict[str, Any]:
    return {"success": False, "title": "Internal Server Error", "message": message}


def _error(code: str, description: str) -> dict[str, Any]:
    return {"error": code, "error_description": description}


@pytest.fixture
def mock(in_process: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    """Start a mock of a profile, whose clock stands still."""
    return in_process("fusio", request.param, still=True)


def _seen(reply: Reply) -> tuple[int, Any]:
    return reply.status, reply.json


def _logged_in(mock: Any) -> dict[str, Any]:
    return dict(mock.ask(_login()).members)


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
def test_login(mock: Any) -> None:
    """A login gives four members, a lifetime of two days and no header against caches."""
    reply = mock.ask(_login())

    assert ["token", "expires_in", "refresh_token", "scope"] == list(reply.members)
    assert (200, 2 * _DAY, "authorization,consumer,default") == (
        reply.status,
        reply.members["expires_in"],
        reply.members["scope"],
    )
    assert ("Fusio", "Accept", None) == tuple(reply.header(name) for name in ("X-Powered-By", "Vary", "Cache-Control"))


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
def test_token(mock: Any) -> None:
    """The token endpoint gives five members, a type in lower case and no header against caches."""
    reply = mock.ask(_token())

    assert ["access_token", "token_type", "expires_in", "refresh_token", "scope"] == list(reply.members)
    assert (200, "bearer", 2 * _DAY) == (reply.status, reply.members["token_type"], reply.members["expires_in"])
    assert ("psx", None, None) == tuple(reply.header(name) for name in ("X-Powered-By", "Cache-Control", "Pragma"))


@pytest.mark.parametrize(
    ("mock", "challenge"),
    [
        ("fusio-5.0", 'Bearer realm="Fusio"'),
        (
            "fusio-6.1",
            'Bearer realm="Fusio", resource_metadata="http://mock.localhost/.well-known/oauth-protected-resource"',
        ),
    ],
    indirect=["mock"],
)
def test_challenges(mock: Any, challenge: str) -> None:
    """A protected operation challenges with a realm and no code, the token endpoint with the bare word Bearer."""
    token = _logged_in(mock)["token"]
    altered = f"{token[:-4]}{'A' * 4}"

    assert challenge == mock.ask(_whoami()).header("WWW-Authenticate")
    assert challenge == mock.ask(_whoami(f"Bearer {altered}")).header("WWW-Authenticate")
    assert "Bearer" == mock.ask(_token(_basic((_APP[0], "watchword-wrong")))).header("WWW-Authenticate")


@pytest.mark.parametrize(
    ("mock", "names"),
    [
        ("fusio-5.0", {"iss", "sub", "iat", "exp", "name"}),
        ("fusio-6.1", {"iss", "sub", "iat", "exp", "name", "preferred_username", "email"}),
    ],
    indirect=["mock"],
)
def test_claims_of_a_user(mock: Any, names: set[str]) -> None:
    """The token of a login names its user, has no id of its own and lives for two days."""
    claims = claims_of(_logged_in(mock)["token"])

    assert names == set(claims)
    assert ("http://mock.localhost", _USER[0], 2 * _DAY) == (
        claims["iss"],
        claims["name"],
        claims["exp"] - claims["iat"],
    )
    assert UUID(claims["sub"]).version


@pytest.mark.parametrize(("mock", "audience"), [("fusio-5.0", None), ("fusio-6.1", _APP[0])], indirect=["mock"])
def test_claims_of_an_app(mock: Any, audience: str | None) -> None:
    """The token of an app speaks of the user who owns it; in 6.1 its audience is the app."""
    claims = claims_of(mock.ask(_token()).members["access_token"])
    own = claims_of(_logged_in(mock)["token"])

    assert (_OWNER, own["sub"], audience) == (claims["name"], claims["sub"], claims.get("aud"))


@pytest.mark.parametrize("mock", ["documented", *_PROFILES], indirect=True)
def test_whoami_of_an_app(mock: Any) -> None:
    """Asked with the token of an app, the server names the user who owns it."""
    reply = mock.ask(_whoami(f"Bearer {mock.ask(_token()).members['access_token']}"))

    assert (200, _OWNER) == (reply.status, reply.members["name"])


@pytest.mark.parametrize(
    ("mock", "reply"),
    [
        ("fusio-5.0", (500, _refused(_BROKEN))),
        ("fusio-6.1", (401, _refused("Access to this operation is not in the scope of the provided token"))),
    ],
    indirect=["mock"],
)
def test_insufficient_scope(mock: Any, reply: tuple[int, Any]) -> None:
    """A token without the scope makes 5.0 fail and is refused by 6.1 as if it were not valid."""
    token = mock.ask(_token(_basic(_NARROW))).members["access_token"]

    assert reply == _seen(mock.ask(_whoami(f"Bearer {token}")))


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
def test_one_second(mock: Any) -> None:
    """Two tokens of one user and one second are the same text, and their refresh tokens are not."""
    first, second = _logged_in(mock), _logged_in(mock)
    mock.service.clock.advance(1)

    assert first["token"] == second["token"] != _logged_in(mock)["token"]
    assert first["refresh_token"] != second["refresh_token"]


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
def test_first_row_of_one_second(mock: Any) -> None:
    """Of two tokens of one text the first counts, with its scopes; when it is ended, the next does."""
    wide = mock.ask(_token(grant_type="client_credentials", scope="authorization,consumer")).members
    narrow = mock.ask(_token(grant_type="client_credentials", scope="consumer")).members
    scopes = wide["scope"], narrow["scope"]
    opened = mock.ask(_whoami(f"Bearer {narrow['access_token']}")).status
    mock.service.clock.advance(1)
    mock.ask(_renewal(wide["refresh_token"]))
    refused = mock.ask(_whoami(f"Bearer {narrow['access_token']}")).status

    assert wide["access_token"] == narrow["access_token"]
    assert scopes[0] != scopes[1]
    assert 200 == opened
    assert refused in (401, 500)


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
def test_renewal_within_the_second(mock: Any) -> None:
    """A renewal within the second of the login gives the same access token, which stays good."""
    before = _logged_in(mock)
    after = mock.ask(_renewal(before["refresh_token"])).members

    assert before["token"] == after["access_token"]
    assert 200 == mock.ask(_whoami(f"Bearer {before['token']}")).status


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
def test_renewal_after_the_second(mock: Any) -> None:
    """A renewal gives a new pair and ends the access token before it."""
    before = _logged_in(mock)
    mock.service.clock.advance(1)
    after = mock.ask(_renewal(before["refresh_token"])).members

    assert before["refresh_token"] != after["refresh_token"]
    assert (401, _refused("Invalid access token")) == _seen(mock.ask(_whoami(f"Bearer {before['token']}")))
    assert 200 == mock.ask(_whoami(f"Bearer {after['access_token']}")).status


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
@pytest.mark.parametrize(
    "pair",
    [_APP, _NARROW, (_APP[0], "watchword-wrong"), ("watchword-nobody", "any")],
    ids=["own", "other", "wrong", "nobody"],
)
def test_renewal_does_not_verify_the_client(mock: Any, pair: tuple[str, str]) -> None:
    """A renewal wants the credentials of an app and takes any."""

    assert 200 == mock.ask(_renewal(_logged_in(mock)["refresh_token"], _basic(pair))).status


@pytest.mark.parametrize("mock", _PROFILES, indirect=True)
def test_refresh_token_works_again(mock: Any) -> None:
    """A refresh token that has been used renews again, and what it gives works."""
    before = _logged_in(mock)
    mock.service.clock.advance(1)
    mock.ask(_renewal(before["refresh_token"]))
    mock.service.clock.advance(1)
    again = mock.ask(_renewal(before["refresh_token"]))

    assert 200 == again.status
    assert 200 == mock.ask(_whoami(f"Bearer {again.members['access_token']}")).status


@pytest.mark.parametrize(
    ("mock", "code"), [("fusio-5.0", "server_error"), ("fusio-6.1", "invalid_request")], indirect=["mock"]
)
def test_lifetimes(mock: Any, code: str) -> None:
    """An access token is over after two days; the refresh token beside it lives for a third."""
    before = _logged_in(mock)
    mock.service.clock.advance(2 * _DAY)
    expired = _seen(mock.ask(_whoami(f"Bearer {before['token']}")))
    renewed = mock.ask(_renewal(before["refresh_token"])).status
    mock.service.clock.advance(_DAY)

    assert (401, _refused("Expired token")) == expired
    assert 200 == renewed
    assert (400, _error(code, "Refresh token is expired")) == _seen(mock.ask(_renewal(before["refresh_token"])))
