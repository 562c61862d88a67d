"""What the imitated versions of Fusio refuse, and how: statuses and bodies to the letter, and the ban."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

_WORLD = load_dialect("fusio").world
_USER = _WORLD.credentials["username"], _WORLD.credentials["password"]
_APP = _WORLD.credentials["client_id"], _WORLD.credentials["client_secret"]
_PROFILES = ("fusio-5.0", "fusio-6.1")
_BANNED = "Your IP has sent to many requests please try again later"
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


_NOWHERE = (404, _refused("Unknown location"))
_BAD_LOGIN = (400, _refused("Invalid name or password"))
_NO_CREDENTIALS = (400, _error("invalid_request", "Credentials not available"))
_UNKNOWN_CREDENTIALS = (401, _error("invalid_client", "Unknown credentials"))
_BAD_GRANT = (400, _error("server_error", "Provided an invalid grant type"))

_ALIKE: dict[str, tuple[Request, tuple[int, Any]]] = {
    "login-wrong-password": (_login(password="watchword-wrong"), _BAD_LOGIN),
    "login-unknown-user": (_login(username="watchword-nobody"), _BAD_LOGIN),
    "login-disabled-user": (_login(username="former-colleague", password="Willow-Station-57Rt"), _BAD_LOGIN),
    "login-no-username": (_login(b"{}"), (400, _refused("No username provided"))),
    "login-empty-password": (_login(password=""), (400, _refused("No password provided"))),
    "login-number-for-a-name": (_login(username=7), (400, _refused("/username must be of type string"))),
    "login-array": (_login(b"[]"), (400, _refused("/ must be of type object"))),
    "login-not-json": (_login(b"{"), (500, _refused(_BROKEN))),
    "login-trailing-comma": (_login(b'{"username": "u", "password": "p",}'), (500, _refused(_BROKEN))),
    "login-other-method": (Request("GET", "/consumer/login"), _NOWHERE),
    "token-other-method": (Request("GET", "/authorization/token"), _NOWHERE),
    "no-such-path": (Request("POST", "/protected_endpoint"), _NOWHERE),
    "token-no-header": (_token(None), _NO_CREDENTIALS),
    "token-empty-secret": (_token(_basic((_APP[0], ""))), _NO_CREDENTIALS),
    "token-not-base64": (_token("Basic !!!"), _NO_CREDENTIALS),
    "token-lower-case-scheme": (_token(_basic(_APP).replace("Basic", "basic")), _NO_CREDENTIALS),
    "token-bearer": (_token("Bearer abc"), _NO_CREDENTIALS),
    "token-sample-of-the-document": (_token("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"), _UNKNOWN_CREDENTIALS),
    "token-wrong-secret": (_token(_basic((_APP[0], "watchword-wrong"))), _UNKNOWN_CREDENTIALS),
    "token-disabled-app": (
        _token(_basic((_WORLD.clients[2].client_id, _WORLD.clients[2].client_secret))),
        _UNKNOWN_CREDENTIALS,
    ),
    "token-wrong-password": (_token(_basic((_USER[0], "watchword-wrong"))), _UNKNOWN_CREDENTIALS),
    "token-unknown-grant": (_token(grant_type="watchword_no_such_grant"), _BAD_GRANT),
    "token-no-grant": (_token(scope="consumer"), _BAD_GRANT),
    "token-unknown-grant-no-header": (_token(None, grant_type="watchword_no_such_grant"), _BAD_GRANT),
    "token-no-code": (
        _token(grant_type="authorization_code"),
        (400, _error("server_error", "Parameter code is missing")),
    ),
    "token-no-content-type": (_token(media_type=""), (400, _error("server_error", "Syntax error"))),
    "token-unknown-scope": (
        _token(grant_type="client_credentials", scope="watchword-no-such-scope"),
        (400, _error("invalid_scope", "No valid scope given")),
    ),
    "renewal-no-token": (
        _token(grant_type="refresh_token"),
        (400, _error("server_error", "Parameter refresh_token is missing")),
    ),
    "renewal-no-header": (_renewal("unknown", None), _NO_CREDENTIALS),
    "whoami-no-header": (_whoami(), (401, _refused("Missing authorization header"))),
    "whoami-token-in-query": (_whoami(query="access_token=abc"), (401, _refused("Missing authorization header"))),
    "whoami-basic": (_whoami(_basic(_APP)), (401, _refused("Invalid authorization type"))),
    "whoami-lower-case-scheme": (_whoami("bearer abc"), (401, _refused("Invalid authorization type"))),
    "whoami-no-token": (_whoami("Bearer"), (401, _refused("No authorization token was provided"))),
    "whoami-no-jwt": (_whoami("Bearer invalid"), (401, _refused("Invalid access token"))),
}
"""What both versions answer alike."""

_APART: dict[str, tuple[Request, tuple[int, Any], tuple[int, Any]]] = {
    "login-no-body": (_login(b""), (400, _refused("/ must be of type object")), (500, _refused(_BROKEN))),
    "login-null": (_login(b"null"), (400, _refused("/ must be of type object")), (500, _refused(_BROKEN))),
    "renewal-unknown-token": (
        _renewal("watchword-unknown"),
        (400, _error("server_error", "Invalid refresh token")),
        (400, _error("invalid_request", "Invalid refresh token")),
    ),
    "renewal-empty-token": (
        _renewal(""),
        (400, _error("server_error", "Invalid refresh token")),
        (400, _error("invalid_request", "Invalid refresh token")),
    ),
}
"""What 5.0 answers, and what 6.1 does."""

_TABLE = [
    *((profile, name, request, reply) for name, (request, reply) in _ALIKE.items() for profile in _PROFILES),
    *(
        (profile, name, request, reply)
        for name, (request, *replies) in _APART.items()
        for profile, reply in zip(_PROFILES, replies, strict=True)
    ),
]


@pytest.fixture
def mock(in_process: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    """Start a mock of a profile, whose clock stands still."""
    return in_process("fusio", request.param, still=True)


def _seen(reply: Reply) -> tuple[int, Any]:
    return reply.status, reply.json


@pytest.mark.parametrize(
    ("mock", "sent", "reply"),
    [(p, r, s) for p, _, r, s in _TABLE],
    ids=[f"{p}-{n}" for p, n, *_ in _TABLE],
    indirect=["mock"],
)
def test_refusals(mock: Any, sent: Request, reply: tuple[int, Any]) -> None:
    """A wrong request is answered as that version answers it, in status and body."""

    assert reply == _seen(mock.ask(sent))


# -- the ban


def _wrong_logins(mock: Any, count: int) -> list[int]:
    return [mock.ask(_login(password="watchword-wrong")).status for _ in range(count)]


@pytest.mark.parametrize("mock", ["fusio-6.1"], indirect=True)
def test_ban(mock: Any) -> None:
    """The 34th refusal within two minutes is the last that gets its own reply; then everything is refused."""
    token = mock.ask(_login()).members["token"]

    assert [400] * 34 + [403] == _wrong_logins(mock, 35)
    assert (403, _refused(_BANNED)) == _seen(mock.ask(_whoami(f"Bearer {token}")))
    assert (400, _error("invalid_request", _BANNED)) == _seen(mock.ask(_token()))


@pytest.mark.parametrize("mock", ["fusio-6.1"], indirect=True)
def test_ban_ends(mock: Any) -> None:
    """A ban is over after five minutes, and refusals in the meantime do not prolong it."""
    _wrong_logins(mock, 34)
    mock.service.clock.advance(299)
    during = _wrong_logins(mock, 2)
    mock.service.clock.advance(1)

    assert [403, 403] == during
    assert 200 == mock.ask(_login()).status


@pytest.mark.parametrize("mock", ["fusio-6.1"], indirect=True)
def test_ban_forgets(mock: Any) -> None:
    """Refusals older than two minutes do not count towards a ban."""
    _wrong_logins(mock, 33)
    mock.service.clock.advance(121)

    assert [400] * 33 == _wrong_logins(mock, 33)
    assert 200 == mock.ask(_login()).status


_UNCOUNTED = [
    "login-not-json",
    "login-other-method",
    "no-such-path",
    "token-no-header",
    "token-empty-secret",
    "token-unknown-grant",
    "token-no-content-type",
    "renewal-no-token",
]


@pytest.mark.parametrize("mock", ["fusio-6.1"], indirect=True)
@pytest.mark.parametrize("name", _UNCOUNTED)
def test_not_counted(mock: Any, name: str) -> None:
    """What is refused before a grant or an operation sees it leads to no ban, nor does a failure of the server."""
    for _ in range(40):
        mock.ask(_ALIKE[name][0])

    assert 200 == mock.ask(_login()).status


@pytest.mark.parametrize("mock", ["fusio-5.0"], indirect=True)
def test_no_ban(mock: Any) -> None:
    """5.0 bans nobody."""

    assert [400] * 50 == _wrong_logins(mock, 50)
    assert 200 == mock.ask(_login()).status
