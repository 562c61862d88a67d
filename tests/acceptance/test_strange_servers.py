"""Right servers that do as their document says in ways that nobody here would have chosen, and wrong ones that look right."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import secrets
import time
from urllib.parse import parse_qs

import pytest

from tests.acceptance.office import JSON
from watchword.suites.target import read_target

USERS = {"mira": "Quarry7-Lantern", "jonas": "Harbor3-Walnut"}
KEYS = {"mira": "5f0c2b9e-7c1d-4d57-9b1e-0a7c5e3f1d22", "jonas": "0b7a9d10-9f6e-4b0b-8a55-3c2d1e4f5a66"}
TEXT = {"Content-Type": "text/plain"}


class Backend:
    """A small token API with Basic at its login, of which each test chooses how it says what it says.

    `claims` makes of a user what a token tells of him; where it is None, tokens are opaque. `refuse` makes a refusal's headers
    and body of what is wrong, `media` the status of a renewal whose body is no JSON by its type. `same` tells whether a token
    is one that was issued, and `more` stands in the reply to a renewal besides.
    """

    def __init__(self, claims=None, refuse=lambda why: (TEXT, b"no\n"), media=None, same=str.__eq__, more=None):
        self.claims, self.refuse, self.media, self.same, self.more = claims, refuse, media, same, more or {}
        self.tokens = {}

    def answer(self, asked):
        """Answer a request."""
        headers = {name.lower(): value for name, value in asked.headers.items()}
        scheme, _, told = headers.get("authorization", "").partition(" ")
        path = asked.path.partition("?")[0]
        if path == "/auth/token" and asked.method == "POST":
            return self.renew(scheme, told, headers.get("content-type", ""), asked.body)
        if path == "/api/core/v2/namespaces" and asked.method == "GET":
            known = self.known(told, "access") if scheme.lower() == "bearer" else None
            return (200, JSON, b"[]") if known else self.no(401, "token")
        if path in ("/auth", "/auth/test") and asked.method == "GET":
            return self.log_in(scheme, told, gives=path == "/auth")
        return self.no(404, "path")

    def log_in(self, scheme, told, gives):
        """Try a name and a password."""
        try:
            name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
        except ValueError:
            return self.no(401, "base64")
        if scheme.lower() != "basic" or name not in USERS:
            return self.no(401, "user")
        if password != USERS[name]:
            return self.no(401, "password")
        return self.give(name) if gives else (200, {}, b"")

    def renew(self, scheme, told, media, body):
        """Give a new token for two that belong together."""
        access = self.known(told, "access") if scheme.lower() == "bearer" else None
        if access is None:
            return self.no(401, "token")
        if self.media and media != "application/json":
            return self.no(self.media, "media")
        try:
            refresh = self.known(json.loads(body)["refresh_token"], "refresh")
        except (ValueError, KeyError, TypeError):
            return self.no(400, "body")
        return self.give(access, self.more) if refresh == access else self.no(401, "token")

    def known(self, token, kind):
        """Give whose a token is; None where it was not issued."""
        found = (held for held in self.tokens if isinstance(token, str) and self.same(held, token))
        whose, what = self.tokens.get(next(found, ""), (None, ""))
        return whose if what == kind else None

    def give(self, name, more=()):
        """Issue two tokens."""
        pair = [self.mint(name, kind) for kind in ("access", "refresh")]
        told = {"access_token": pair[0], "expires_at": int(time.time()) + 300, "refresh_token": pair[1]}
        return 200, JSON, json.dumps(told | dict(more)).encode()

    def mint(self, name, kind):
        """Make one token."""
        token = secrets.token_urlsafe(24)
        if self.claims:
            claims = {"exp": int(time.time()) + 300, "jti": token, **self.claims(name)}
            parts = [
                base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in ({"alg": "HS256"}, claims)
            ]
            signed = b".".join(parts)
            seal = base64.urlsafe_b64encode(hmac.digest(b"strange", signed, hashlib.sha256)).rstrip(b"=")
            token = (signed + b"." + seal).decode()
        self.tokens[token] = (name, kind)
        return token

    def no(self, status, why):
        """Refuse."""
        headers, body = self.refuse(why)
        return status, headers, body


@pytest.fixture
def backend(serve, made_up, write_target):
    """Start such a server and describe it in a target file: `backend(**ways)`."""

    def begin(**ways):
        facts = made_up("sensu", serve(Backend(**ways).answer).url)
        own = {"other_username": "jonas", "other_password": USERS["jonas"]}
        limits = {"requests_per_second": 1000, "bad_logins": 100}
        return write_target(facts, credentials={"username": "mira", "password": USERS["mira"]} | own, limits=limits)

    return begin


def found(judged, path, clause):
    """Give the verdict of one clause."""
    return str(judged(path, clause)[clause].verdict)


@pytest.mark.parametrize(
    ("claims", "verdict"),
    [
        (lambda name: {"sub": name}, "pass"),
        (lambda name: {"sub": f"user:{name}"}, "pass"),
        (lambda name: {"sub": KEYS[name], "provider": {"user_id": name}}, "pass"),
        (lambda name: {"sub": KEYS[name]}, "not_applicable"),
        (lambda name: {"sub": "admin"}, "fail"),
        (lambda name: {"sub": "jonas", "login": name}, "fail"),
    ],
    ids=["name", "prefixed", "beside-a-key", "key", "somebody", "another"],
)
def test_whom_a_token_speaks_of(claims, verdict, backend, judged):
    """A token may call its user by a longer name, or by a key that says nothing; calling him another is wrong."""
    assert verdict == found(judged, backend(claims=claims), "token.names-user")


def numbered(says):
    """Refusals that hold their number and the time, as frameworks write them, and what `says` makes of the reason."""
    count = itertools.count()

    def refuse(why):
        told = {
            "status": 401,
            "id": secrets.token_hex(8),
            "n": next(count),
            "at": f"{time.time():.3f}",
            "why": says(why),
        }
        return JSON, json.dumps(told).encode()

    return refuse


@pytest.mark.parametrize(
    ("says", "verdict"), [(lambda why: "no", "pass"), (lambda why: why, "warn")], ids=["one", "two"]
)
def test_refusals_that_are_numbered(says, verdict, backend, judged):
    """What changes with each refusal tells nobody who exists; what stands beside it may."""
    assert verdict == found(judged, backend(refuse=numbered(says)), "token.refusals-alike")


@pytest.mark.parametrize(
    "refusal", [(JSON, b'{"error": "no"}'), ({"Content-Type": "text/html"}, b"<p>no</p>"), ({}, b"")]
)
def test_refusals_in_any_form(refusal, backend, judged):
    """No sentence says what a refusal is written in, so that the contract leaves it open."""
    assert "pass" == found(judged, backend(refuse=lambda why: refusal), "renew.contract")


def test_a_media_type_that_is_not_read(backend, judged):
    """A form where JSON belongs is met with 415, the status that there is for it."""
    assert "pass" == found(judged, backend(media=415), "renew.body-form")


def test_tokens_in_the_other_case(backend, judged):
    """A server that finds tokens in a table that knows no case takes altered ones."""
    path = backend(same=lambda held, token: held.lower() == token.lower())

    assert "fail" == found(judged, path, "resource.access-token-tampered")
    assert "pass" == found(judged, backend(), "resource.access-token-tampered")


def test_a_password_in_the_reply_to_a_renewal(backend, judged):
    """A renewal that tells the password is noticed, as a login is."""
    assert "fail" == found(judged, backend(more={"user": USERS["mira"]}), "renew.no-credentials")
    assert "pass" == found(judged, backend(), "renew.no-credentials")


def portal(asked):
    """Serve logins with scopes of its own, and the protected operation to whoever has one of its tokens."""
    scope = parse_qs(asked.body.decode()).get("scope", ["boats harbour"])[0]
    told = {"access_token": f"t-{secrets.token_hex(8)}", "token_type": "bearer", "expires_in": 3600, "scope": scope}
    if asked.path == "/consumer/login":
        return 200, JSON, json.dumps({"token": told["access_token"], "refresh_token": "r", **told}).encode()
    if asked.path == "/authorization/token":
        return 200, JSON, json.dumps({"refresh_token": "r", **told}).encode()
    known = "Bearer t-" in asked.headers.get("Authorization", "")
    return (200 if known else 401), JSON, b"{}"


@pytest.mark.parametrize("own", [{}, {"resource": {"method": "GET", "path": "/boats"}}], ids=["described", "named"])
def test_an_operation_that_wants_no_scope(own, serve, made_up, write_target, examined):
    """Which scope the protected operation wants is not in the document: a token that opens it has what it takes."""
    path = write_target(made_up("fusio", serve(portal).url), limits={"requests_per_second": 1000}, **own)
    run = examined(read_target(path), ["login.token-works", "scope.insufficient"])
    seen = {record.clause: str(record.verdict) for record in run.records}

    assert {"fusio:login.token-works": "pass", "fusio:scope.insufficient": "not_applicable"} == seen
