"""Verdicts at small servers of nobody's making but the tests': what is right raises no alarm, and what shows nothing passes nothing."""

from __future__ import annotations

import codecs
import gzip
import itertools
import json
from dataclasses import replace

import pytest
import requests

from tests.acceptance.office import JSON, USERS
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.session import TargetSession
from watchword.suites.target import Limits, from_description

TWO_BRANDS = ("brand_key.foreign", "brand_key.conflicting", "brand_key.conflicting_places")
OPERATOR = {"operator_username": "desk", "operator_password": "Signal8-North"}


def test_nothing_left_of_a_token_that_is_given_again(office, judged):
    """A reply that shows less than a second left is asked for once more in a new second, before it is judged."""
    lives = itertools.chain([0], itertools.repeat(3600))
    _, path = office(lives=lambda: next(lives))
    _, short = office(lives=lambda: 0)
    clause = "login.expiry-in-future"

    assert "pass" == judged(path, clause)[clause].verdict
    found = judged(short, clause)[clause]
    assert ("warn", ["expected a lifetime above 0, saw 0"]) == (found.verdict, list(map(str, found.differences)))


def test_an_expiry_that_no_reply_tells(office, judged):
    """An `expires_in` that is only recommended is missed once an operation, and nothing else is said of it."""
    _, path = office(lives=lambda: None)
    clauses = [c for c in load_dialect("rator").clauses if "expir" in c.id and not c.when and not c.conditions]
    found = judged(path, *(c.id for c in clauses))
    about = {c.id: c.guarantee for c in clauses}
    missed = {name for name, one in found.items() if one.verdict.broken}
    untold = {about[name] for name, one in found.items() if one.reason == "the reply tells no expiry"}

    assert {"login.expires-in", "renew.expires-in"} <= missed
    assert {"request.accepted"} == {about[name] for name in missed}
    assert {"expiry.in_future", "expiry.in_seconds"} == untold


def test_a_brand_that_nothing_shows_to_exist(office, judged):
    """Where no client is served under the other key, nothing is said of two brands: least of all that a rule holds."""
    _, path = office({"other_brand_key": "BRAND9"})
    clauses = [c for c in load_dialect("rator").clauses if set(c.when) & set(TWO_BRANDS)]
    about = judged(path, *(c.id for c in clauses))
    refused = {name: one for name, one in about.items() if one.verdict == "not_applicable"}

    assert set() == {one.verdict for one in about.values()} - {"not_applicable", "blocked"}
    assert "nothing shows that other_brand_key names a brand" in refused["token.brand-key-foreign.password"].reason


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, "invalid_grant", "warn"),
        (400, "unsupported_grant_type", "not_supported"),
        (501, "unsupported_grant_type", "not_supported"),
        (501, "server_error", "warn"),
    ],
)
def test_an_optional_grant_that_is_refused(status, code, verdict, office, judged):
    """A grant is not supported where the refusal says that it is not offered; one that is found invalid is offered."""

    def refuse(server, asked):
        return (status, JSON, json.dumps({"error": code}).encode()) if b"operator_password" in asked.body else None

    _, path = office(OPERATOR, first=refuse)
    found = judged(path, "operator.accepted")["operator.accepted"]

    assert verdict == found.verdict


def test_an_account_that_is_locked_on_the_way(office, judged):
    """Where right credentials are refused from some login on, the account sees no more failed logins than it may."""

    def lock(server, asked):
        right = b"username=mira" in asked.body and USERS["mira"][0].encode() in asked.body
        served[0] += right
        if not right or served[0] <= 30:
            return None
        server.failed["mira"] += 1
        return 400, JSON, b'{"error": "invalid_grant"}'

    served = [0]
    server, path = office(limits={"bad_logins": 3}, first=lock)
    found = judged(path)

    assert 3 == server.failed["mira"]
    assert any(
        "the target refuses the username and its secret, which were right before" in j.reason for j in found.values()
    )


def test_a_ban_that_is_in_force(serve, made_up, write_target, suites):
    """A server that has banned this machine before the run is told as that, and no credential is doubted."""
    ban = load_dialect("fusio").api.ban
    front = serve(lambda asked: (ban.statuses[0], {}, f"<h1>{ban.text}</h1>".encode()))
    done = suites("--target", write_target(made_up("fusio", front.url)))

    assert 6 == done.code, done.text
    assert "it has banned this machine after too many refusals" in done.text
    assert "credentials are refused" not in done.text
    assert 1 == len(front.asked)


def test_asked_to_be_left_alone_for_long(office, judged):
    """After a 429 that asks for a quarter of an hour nothing more is sent, and what is left says why."""
    count = itertools.count()
    busy = []

    def tired(server, asked):
        if next(count) < 40:
            return None
        busy.append(asked.path)
        return 429, {"Retry-After": "900"}, b""

    _, path = office(first=tired)
    found = judged(path)
    left = [one for one in found.values() if one.verdict == "inconclusive"]

    assert 1 == len(busy)
    assert len(left) > 100
    assert {True} == {"left alone for" in one.reason or "answered 429" in one.reason for one in left}


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 500), ("fusio-6.1", 401)])
def test_tokens_of_one_second(profile, status):
    """Where tokens of one second are one text, what is told apart comes out alike each time, on a clock that nobody sets."""
    loaded = load_dialect("fusio")
    chosen = [
        c
        for c in loaded.clauses
        if c.id in ("scope.insufficient", "resource.token-superseded", "renew.ends-access-token")
    ]
    seen = []
    with start(Service(loaded, profile)) as mock:
        facts = {"name": "real", "dialect": "fusio", "url": mock.url, "resource_url": mock.resource_url}
        target = from_description(facts | {"credentials": mock.credentials})
        limits = Limits(requests_per_second=500, bad_logins=100, firewall=False)
        for _ in range(3):
            session = TargetSession(replace(target, limits=limits), Masker())
            found = {c.id: check(session, c) for c in chosen}
            seen.append({name: (one.verdict, one.seen) for name, one in found.items()})
            session.transport.close()

    assert seen[0] == seen[1] == seen[2]
    assert str(status) in seen[0]["scope.insufficient"][1]


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_a_challenge_of_what_is_served(dialect, serve, made_up, write_target, judged):
    """A server that lets everybody in is asked for no challenge, since it has refused nobody."""
    given = {"access_token": "a-b-c-d", "token": "a-b-c-d", "token_type": "bearer", "expires_in": 60}
    front = serve(lambda asked: (200, JSON, json.dumps(given | {"refresh_token": "e-f", "expires_at": 2e9}).encode()))
    path = write_target(made_up(dialect, front.url), limits={"requests_per_second": 900, "firewall": False})
    wanted = [
        c.id for c in load_dialect(dialect).clauses if "WWW-Authenticate" in c.expect.headers and not c.expect.status
    ]
    found = judged(path, *wanted)

    assert len(wanted) > 1
    assert set() == {one.verdict for one in found.values()} & {"pass", "fail", "warn"}


@pytest.mark.parametrize(
    ("body", "says"),
    [(b"", "status 200, without a body"), (b"fine", "status 200, with 4 bytes of text/plain")],
)
def test_a_body_that_is_observed(body, says, serve, made_up, write_target, judged):
    """Where it is left open whether a reply has a body, the record says whether it has."""
    front = serve(lambda asked: (200, {"Content-Type": "text/plain"}, body))
    found = judged(write_target(made_up("sensu", front.url)), "credentials.reply-body")

    assert [("observed", says)] == [(one.verdict, one.seen) for one in found.values()]


HABITS = {
    "an empty token": (lambda asked: asked.headers.get("Authorization", "").strip() in ("Bearer", ""), 400),
    "another scheme": (lambda asked: asked.headers.get("Authorization", "").startswith("Basic "), 400),
    "no token": (lambda asked: "Authorization" not in asked.headers, 403),
    "another method": (lambda asked: asked.method not in ("GET", "POST"), 404),
}


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_is_no_rule(name, office, judged):
    """What the standards leave to servers, a right one may do otherwise than others: no binding rule is broken by it."""
    concerns, status = HABITS[name]

    def own_way(server, asked):
        about = "balance" in asked.path or name == "another method"
        return (status, JSON, b'{"error": "invalid_request"}') if about and concerns(asked) else None

    _, path = office(first=own_way)
    rows = [
        c.id
        for c in load_dialect("rator").clauses
        if not c.untested and (c.operation == "getBalance" or "method" in c.id) and c.can_fail and "expired" not in c.id
    ]
    found = judged(path, *rows)

    assert {} == {clause: one.seen for clause, one in found.items() if one.verdict == "fail" and "brand" not in clause}


@pytest.mark.parametrize(
    ("coding", "wrap"),
    [("gzip", gzip.compress), ("identity", lambda body: codecs.BOM_UTF8 + body)],
    ids=["gzip", "mark"],
)
def test_a_front_that_changes_bytes(coding, wrap, announce, serve, write_target, suites):
    """What stands before a mock compresses everything, or puts a byte order mark before it: no verdict changes."""
    mock = announce("sensu")
    dropped = ("content-length", "connection", "transfer-encoding")

    def forward(asked):
        found = requests.request(asked.method, mock.url + asked.path, data=asked.body, headers=dict(asked.headers))
        headers = {k: v for k, v in found.headers.items() if k.lower() not in dropped}
        if not found.content.startswith((b"{", b"[")):
            return found.status_code, headers, found.content
        return found.status_code, headers | {"Content-Encoding": coding}, wrap(found.content)

    front = serve(forward)
    target = write_target(mock.facts | {"url": front.url, "resource_url": front.url})
    done = suites("--target", target, "-k", "token.contract or renew.contract or after-expiry or token.works")

    assert 0 == done.code, done.text
    assert {"pass"} == set(done.verdicts.values())


def test_a_brand_key_that_goes_on(office, judged):
    """A server that looks only at how a brand key begins is told of it: one with a character too many names no brand."""

    def begins(keys, default):
        return next((key[:6] for key in keys), default)

    name = "token.brand-key-extended.client"
    verdicts = [judged(office(counts=counts)[1], name)[name].verdict for counts in (min, begins)]

    assert ["pass", "warn"] == verdicts


def test_a_client_that_may_not_renew(office, judged):
    """A client without the refresh grant is given no refresh token, as many servers have it: its renewals are not applicable."""

    def without(server, asked):
        status, headers, body = server.serve(asked)
        return status, headers, json.dumps({k: v for k, v in json.loads(body).items() if k != "refresh_token"}).encode()

    _, path = office(first=without)
    names = ("login.refresh-token", "renew.works", "renew.chains", "resource.refusals-after-renewal", "login.accepted")
    found = judged(path, *names)

    assert ["warn", *["not_applicable"] * 3, "pass"] == [found[name].verdict for name in names]
    assert "gave no refresh token" in found["renew.works"].reason


def test_sessions_where_no_token_works(office, judged):
    """Where no token opens the protected operation, nothing is said of what a login does to the sessions before it."""

    def shut(server, asked):
        return (401, JSON, b"{}") if "balance" in asked.path else None

    _, path = office(first=shut)
    found = judged(path, "login.access-token-works", "login.sessions-independent")

    assert ["fail", "blocked"] == [one.verdict for one in found.values()]
    assert "does not open the protected operation either" in found["login.sessions-independent"].reason
