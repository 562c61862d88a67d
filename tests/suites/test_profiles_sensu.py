"""The profiles that imitate releases of Sensu Go: they answer as those do, and the suites find nothing broken in them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

PROFILES = tuple(load_dialect("sensu").profiles)
INVENTED = ("documented", "rotating", "rotating-grace")
"""The document to the letter, and the same with refresh tokens that work once: no release of Sensu Go."""
RELEASES = tuple(name for name in PROFILES if name not in INVENTED)

LINE, JSON = "text/plain; charset=utf-8", "application/json"
EVERYWHERE = {
    "credentials.challenge",
    "credentials.method-allow",
    "credentials.scheme-case",
    "renew.access-token-scheme-case",
    "renew.challenge",
    "renew.method-allow",
    "renew.not-cached",
    "resource.access-token-scheme-case",
    "resource.challenge",
    "resource.challenge-error",
    "token.challenge",
    "token.method-allow",
    "token.not-cached",
    "token.scheme-case",
}
"""What prudence or a standard asks for and no release does."""
BEFORE_SESSIONS = {
    "renew.expiry-holds",
    "renew.expiry-in-future",
    "renew.expiry-matches-token",
    "renew.refresh-token-is-access-token",
}
"""What releases before the sessions fall short of besides."""
WITHOUT_RIGHTS = {"resource.access-token-is-refresh-token", "resource.refusals-no-failure"}
"""What comes of a refresh token at a resource since the second era: the missing rights are a 500; before, they are a 403."""
WARNED = {
    **{name: set() for name in INVENTED},
    "sensu-5.14": EVERYWHERE | BEFORE_SESSIONS,
    "sensu-5.20": EVERYWHERE | BEFORE_SESSIONS | WITHOUT_RIGHTS,
    "sensu-6.9": EVERYWHERE | {"renew.refresh-token-is-access-token"} | WITHOUT_RIGHTS,
    "sensu-6.10": EVERYWHERE | WITHOUT_RIGHTS,
    "sensu-6.12": EVERYWHERE | WITHOUT_RIGHTS,
}


def basic(pair: str) -> str:
    """Write an Authorization header of Basic credentials."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


GOOD, WRONG = basic("mira:Quarry7-Lantern"), basic("mira:wrong")
BODY, BEARER = '{"refresh_token": "$refresh"}', "Bearer $access"
NOT_FOUND = '{"code":2,"message":"not found"}\n'
INVALID = '{"Code":5,"Message":"invalid credentials"}'
BAD = '{"Code":5,"Message":"bad credentials"}'

REPLIES: dict[str, tuple[str, str, str, int, str | None, str | None]] = {
    "login": ("GET /auth", GOOD, "", 200, JSON, None),
    "login, wrong password": ("GET /auth", WRONG, "", 401, LINE, "Unauthorized\n"),
    "login, unknown user": ("GET /auth", basic("nobody:wrong"), "", 401, LINE, "Unauthorized\n"),
    "login, disabled user": ("GET /auth", basic("olaf:Meadow5-Copper"), "", 401, LINE, "Unauthorized\n"),
    "login, both empty": ("GET /auth", basic(":"), "", 401, LINE, "Unauthorized\n"),
    "login, not base64": ("GET /auth", "Basic !!!", "", 401, LINE, "Unauthorized\n"),
    "login, no header": ("GET /auth", "", "", 401, LINE, "Request unauthorized\n"),
    "login, the scheme alone": ("GET /auth", "Basic", "", 401, LINE, "Request unauthorized\n"),
    "login, lower case": ("GET /auth", GOOD.replace("Basic", "basic"), "", 401, LINE, "Request unauthorized\n"),
    "login, bearer": ("GET /auth", "Bearer garbage", "", 401, LINE, "Request unauthorized\n"),
    "login by POST": ("POST /auth", GOOD, "", 405, None, ""),
    "login by HEAD": ("HEAD /auth", GOOD, "", 405, None, ""),
    "login, slash": ("GET /auth/", GOOD, "", 404, LINE, NOT_FOUND),
    "login, printed path": ("GET /api/core/v2/auth", GOOD, "", 404, LINE, NOT_FOUND),
    "test": ("GET /auth/test", GOOD, "", 200, None, ""),
    "test, wrong password": ("GET /auth/test", WRONG, "", 401, LINE, "Request unauthorized\n"),
    "test, no header": ("GET /auth/test", "", "", 401, LINE, "Request unauthorized\n"),
    "test, lower case": ("GET /auth/test", GOOD.replace("Basic", "basic"), "", 401, LINE, "Request unauthorized\n"),
    "test by POST": ("POST /auth/test", GOOD, "", 405, None, ""),
    "renewal": ("POST /auth/token", BEARER, BODY, 200, JSON, None),
    "renewal, bare token": ("POST /auth/token", "$access", BODY, 200, JSON, None),
    "renewal, refresh token twice": ("POST /auth/token", "Bearer $refresh", BODY, 200, JSON, None),
    "renewal, no header": ("POST /auth/token", "", BODY, 401, LINE, "Request unauthorized\n"),
    "renewal, lower case": ("POST /auth/token", "bearer $access", BODY, 401, LINE, "Request unauthorized\n"),
    "renewal, garbage": ("POST /auth/token", "Bearer garbage", BODY, 401, LINE, "Request unauthorized\n"),
    "renewal, basic": ("POST /auth/token", GOOD, BODY, 400, LINE, "invalid access token\n"),
    "renewal, basic, no body": ("POST /auth/token", WRONG, "", 400, LINE, "invalid access token\n"),
    "renewal, no body": ("POST /auth/token", BEARER, "", 400, LINE, "EOF\n"),
    "renewal, half a body": ("POST /auth/token", BEARER, "{", 400, LINE, None),
    "renewal, array": ("POST /auth/token", BEARER, "[]", 400, LINE, None),
    "renewal, number": ("POST /auth/token", BEARER, '{"refresh_token":5}', 400, LINE, None),
    "renewal, no token": ("POST /auth/token", BEARER, "{}", 401, LINE, "Request unauthorized\n"),
    "renewal, null": ("POST /auth/token", BEARER, "null", 401, LINE, "Request unauthorized\n"),
    "renewal, bad token": ("POST /auth/token", BEARER, '{"refresh_token":"x"}', 401, LINE, "Request unauthorized\n"),
    "renewal, foreign": ("POST /auth/token", BEARER, BODY.replace("$", "$other_"), 401, LINE, "Request unauthorized\n"),
    "resource": ("GET /api/core/v2/namespaces", BEARER, "", 200, JSON, None),
    "resource, no header": ("GET /api/core/v2/namespaces", "", "", 401, LINE, BAD),
    "resource, tampered": ("GET /api/core/v2/namespaces", "Bearer ${access}x", "", 401, LINE, INVALID),
}


@dataclass(frozen=True)
class Release:
    """What tells one era from the next: lifetimes in seconds, statuses of a bare and of a renewed access token.

    `without_rights` is the status that a refresh token gets at a protected operation.

    `reuses` is what the second and the third use of a refresh token get, and then the one that its first use gave.
    """

    lifetime: int
    refresh_lifetime: int | None
    rotates: bool
    stale: bool
    reuses: tuple[Any, ...]
    bare: int
    old_access: int
    without_rights: int
    claims: frozenset[str]
    refresh_claims: frozenset[str]


CLAIMS = frozenset({"exp", "jti", "sub", "groups", "provider"})
EARLY = frozenset({"jti", "sub", "provider"})
SESSION = EARLY | {"exp", "iat", "session_id"}
REUSED, OVER = (400, b"invalid access token\n"), (401, b"Unauthorized\n")
WORKS, ENDS = (200, 200, 200), (REUSED, OVER, OVER)
SIGNED = CLAIMS | {"iss", "api_key"}
ERAS = {
    "sensu-5.14": Release(900, None, False, True, WORKS, 200, 401, 403, CLAIMS, EARLY),
    "sensu-5.20": Release(300, None, False, True, WORKS, 401, 200, 500, SIGNED, EARLY),
    "sensu-6.9": Release(300, None, False, False, WORKS, 401, 200, 500, SIGNED, EARLY),
    "sensu-6.10": Release(300, 43200, True, False, ENDS, 401, 200, 500, SIGNED | {"session_id"}, SESSION),
    "sensu-6.12": Release(300, 43200, True, False, ENDS, 401, 200, 500, SIGNED | {"session_id"}, SESSION),
}


class Client:
    """A client of one mock that keeps the tokens it was given last."""

    def __init__(self, mock: Any) -> None:
        self.mock = mock
        self.tokens: dict[str, Any] = {}
        theirs = self.login(basic("tomasz:Harbor3-Walnut"))
        self.tokens = {**self.login(), **{f"other_{name}": value for name, value in theirs.items()}}

    def send(self, line: str, authorization: str = "", body: str = "") -> Reply:
        """Send a request whose words may name tokens, as in `Bearer $access`."""
        method, path = line.split()
        tokens = {name.removesuffix("_token"): value for name, value in self.tokens.items()}
        headers = (("Authorization", Template(authorization).substitute(tokens)),) if authorization else ()
        return self.mock.ask(Request(method, path, "", headers, Template(body).substitute(tokens).encode()))

    def login(self, authorization: str = GOOD) -> Mapping[str, Any]:
        """Log in and give the members of the reply, without keeping them."""
        return self.send("GET /auth", authorization).members

    def renew(self, authorization: str = BEARER, body: str = BODY) -> Reply:
        """Renew, without keeping what comes of it."""
        return self.send("POST /auth/token", authorization, body)

    def opens(self, authorization: str = BEARER) -> int:
        """Give the status of a protected operation."""
        return self.send("GET /api/core/v2/namespaces", authorization).status

    def pass_time(self, seconds: float) -> None:
        """Set the mock's clock ahead."""
        self.mock.service.clock.advance(seconds)


@pytest.fixture
def client(in_process: Callable[..., Any], profile: str) -> Client:
    """Give a client that has logged in, and knows the tokens of another user."""
    return Client(in_process("sensu", profile))


def claims(token: str) -> dict[str, Any]:
    """Read the claims of a JWT."""
    return dict(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_suites_find_nothing_broken(in_process: Callable[..., Any], trouble: Any, profile: str) -> None:
    """No clause fails, errs, is blocked or stays open, and exactly the known shortcomings are warned of."""
    mock = in_process("sensu", profile)

    found = mock.check_all()

    assert {} == trouble(found)
    assert WARNED[profile] == {name for name, judged in found.items() if judged.verdict == "warn"}
    assert [] == mock.undescribed()


@pytest.mark.parametrize("profile", RELEASES)
@pytest.mark.parametrize("name", REPLIES)
def test_every_release_answers_alike(client: Client, name: str) -> None:
    """Status, media type and text are those of all releases, and the headers that standards ask for are left out."""
    line, authorization, body, status, media_type, text = REPLIES[name]
    # The texts that look like JSON are written in a way that leaves their media type to be guessed.
    guessed = media_type != LINE or text in (BAD, INVALID, NOT_FOUND)

    reply = client.send(line, authorization, body)
    left_out = [reply.header(header) for header in ("WWW-Authenticate", "Allow", "Cache-Control")]

    assert (status, media_type) == (reply.status, reply.header("content-type"))
    assert text is None or text == reply.body.decode()
    assert [None, None, None] == left_out
    assert (None if guessed else "nosniff") == reply.header("X-Content-Type-Options")


@pytest.mark.parametrize("profile", RELEASES)
def test_tokens(client: Client, profile: str) -> None:
    """The members of a login, the lifetimes and the claims are those of the era."""
    era = ERAS[profile]
    now, given = int(client.mock.service.clock.now()), client.login()
    access, refresh = claims(given["access_token"]), claims(given["refresh_token"])
    kept = refresh["exp"] - refresh["iat"] if "exp" in refresh else None

    assert ["access_token", "expires_at", "refresh_token"] == list(given)
    assert given["expires_at"] == access["exp"]
    assert access["exp"] - now - era.lifetime in (0, 1)
    assert (era.claims, era.refresh_claims) == (frozenset(access), frozenset(refresh))
    assert era.refresh_lifetime == kept
    assert ("http://mock.localhost" if "iss" in era.claims else None) == access.get("iss")
    assert [32, "mira", False] == [len(access["jti"]), access["sub"], access.get("api_key", False)]


@pytest.mark.parametrize("profile", RELEASES)
def test_renewal(client: Client, profile: str) -> None:
    """A renewal rotates the refresh token, repeats the old expiry and ends the old access token as in its era."""
    era = ERAS[profile]
    client.pass_time(10)

    given = client.renew().members
    delay = claims(given["access_token"])["exp"] - given["expires_at"]

    assert era.rotates == (given["refresh_token"] != client.tokens["refresh_token"])
    assert era.stale == (given["expires_at"] == client.tokens["expires_at"])
    assert delay in ((10, 11) if era.stale else (0,))
    assert era.old_access == client.opens()


@pytest.mark.parametrize("profile", RELEASES)
def test_reuse(client: Client, profile: str) -> None:
    """Where a refresh token works once, using it again ends the session: no token of it renews, the access token lives."""
    era = ERAS[profile]
    given = client.renew().members

    replies = [client.renew(), client.renew(), client.renew(body=json.dumps({"refresh_token": given["refresh_token"]}))]

    assert list(era.reuses) == [
        reply.status if reply.status == 200 else (reply.status, reply.body) for reply in replies
    ]
    assert era.old_access == client.opens(f"Bearer {given['access_token']}")


@pytest.mark.parametrize("profile", RELEASES)
def test_access_token_in_place_of_the_refresh_token(client: Client, profile: str) -> None:
    """It renews and comes back before there are sessions, and since then it ends the one that it belongs to."""
    replies = [client.renew(body='{"refresh_token": "$access"}'), client.renew()]
    expected = [200, 200] if ERAS[profile].reuses == WORKS else [REUSED, OVER]
    given = client.tokens["access_token"] if ERAS[profile].reuses == WORKS else None

    assert expected == [reply.status if reply.status == 200 else (reply.status, reply.body) for reply in replies]
    assert given == replies[0].members.get("refresh_token")


@pytest.mark.parametrize("profile", RELEASES)
def test_refresh_token_in_place_of_the_access_token(client: Client, profile: str) -> None:
    """It opens the door of a protected operation and has no rights behind it: 403 in the first era, 500 since."""
    reply = client.send("GET /api/core/v2/namespaces", "Bearer $refresh")

    assert (ERAS[profile].without_rights, JSON) == (reply.status, reply.header("content-type"))
    assert {"message": "request unauthorized", "code": 0} == reply.members


@pytest.mark.parametrize("profile", RELEASES)
def test_bare_token(client: Client, profile: str) -> None:
    """A protected operation takes an access token without a scheme in the first era only."""
    assert ERAS[profile].bare == client.opens("$access")


@pytest.mark.parametrize("profile", RELEASES)
def test_expiry(client: Client, profile: str) -> None:
    """An access token is refused from its expiry on and can still be renewed then."""
    client.pass_time(ERAS[profile].lifetime - 2)
    before = client.opens()
    client.pass_time(3)

    assert [200, 401, 200] == [before, client.opens(), client.renew().status]


@pytest.mark.parametrize(
    ("profile", "seconds", "status", "text"),
    [
        ("sensu-5.14", 366 * 86400, 200, None),
        ("sensu-5.20", 366 * 86400, 200, None),
        ("sensu-6.10", 43190, 200, None),
        ("sensu-6.10", 43201, 401, "Request unauthorized\n"),
        ("sensu-6.12", 350, 200, None),
        ("sensu-6.12", 361, 401, "Unauthorized\n"),
    ],
)
def test_how_long_a_session_can_be_renewed(client: Client, seconds: int, status: int, text: str | None) -> None:
    """For ever at first, for twelve hours with sessions, and for six minutes since the server forgets them."""
    client.pass_time(seconds)

    reply = client.renew()

    assert status == reply.status
    assert text is None or text == reply.body.decode()
