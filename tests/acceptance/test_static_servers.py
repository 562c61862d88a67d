"""Servers that check nothing: what they never earn is a verdict about tokens or refusals, and their run is red."""

from __future__ import annotations

import json
import time

import pytest

from watchword.mockserver.clock import Clock
from watchword.specs.loader import load_dialect
from watchword.suites.running.preflight import PreflightError
from watchword.suites.target import Target

DIALECTS = ("sensu", "fusio", "rator")
JSON = {"Content-Type": "application/json"}

# What a server may be granted that answers 200 and an empty object to everything, and why it is true of it.
TRUE_OF_EMPTY = {
    "request.accepted": "the clauses that ask for the status and for JSON, and for nothing in it",
    "reply.no_credentials": "no reply repeats a credential, since no reply holds anything",
    "refusals.no_server_error": "nothing is answered 5xx",
}
TOKENS = {
    "access_token": "c0ffee00-1111-4222-8333-444455556666",
    "token": "c0ffee00-1111-4222-8333-444455556666",
    "refresh_token": "c0ffee00-9999-4222-8333-444455556666",
    "token_type": "bearer",
    "expires_in": 3600,
    "expires_at": int(time.time()) + 3600,
    "scope": "authorization rest",
}


@pytest.fixture
def static(serve, examined):
    """Run the suites of a dialect against a server that answers everything alike, with a clock that it ignores."""

    def run(name, status, headers, body, *, contract=True):
        dialect = load_dialect(name)
        url = serve(lambda asked: (status, headers, body)).url
        only = {c.id for c in dialect.clauses if contract or c.guarantee != "contract.conforms"}
        return examined(Target("static", dialect, url, url, dict(dialect.world.credentials), control=Clock()), only)

    return run


def passed(run, *levels):
    """The clauses of these levels that passed."""
    return [r for r in run.records if r.verdict == "pass" and r.level in levels]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_empty_object(dialect, static):
    """200 and {} for everything: no clause about tokens and no refusal passes, and the run is red."""
    run = static(dialect, 200, JSON, b"{}")

    assert set() == {r.check for r in passed(run, "must")} - set(TRUE_OF_EMPTY)
    assert 1 == run.exit_code(False)[0]
    assert "error" not in {r.verdict for r in run.records}
    assert len(passed(run, "must", "should", "may")) < 0.08 * len(run.records)
    for record in passed(run, "must"):
        clause = next(c for c in load_dialect(dialect).clauses if c.full_id == record.clause)

        assert () == clause.expect.present, record.clause
        assert {} == clause.expect.types, record.clause
        assert {} == clause.expect.equals, record.clause


@pytest.mark.parametrize("dialect", DIALECTS)
def test_constant_tokens(dialect, static):
    """The same tokens for everybody and no check at all: no must about a refusal passes, and dozens fail."""
    run = static(dialect, 200, JSON, json.dumps(TOKENS).encode())
    clauses = {c.full_id: c for c in load_dialect(dialect).clauses}
    refusals = [r for r in passed(run, "must") if any("4" in str(s)[:1] for s in clauses[r.clause].expect.status)]
    failed = {r.check for r in run.records if r.verdict == "fail"}

    assert [] == refusals
    assert 1 == run.exit_code(False)[0]
    assert "error" not in {r.verdict for r in run.records}
    assert sum(r.verdict == "fail" for r in run.records) >= 50
    assert {"password.wrong", "access_token.expired", "refresh_token.unknown", "tokens.distinct_users"} <= failed


@pytest.mark.parametrize("dialect", DIALECTS)
def test_server_errors(dialect, static):
    """500 for everything: nothing passes, and the run is red."""
    run = static(dialect, 500, {}, b"")

    assert [] == passed(run, "must", "should", "may")
    assert 1 == run.exit_code(False)[0]
    assert {"fail", "warn", "blocked"} >= {r.verdict for r in run.records}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_html(dialect, static):
    """A page for everything, as a captive portal gives it: no rule is checked at what is not the server."""
    with pytest.raises(PreflightError, match="answered 200 with an HTML page and no JSON"):
        static(dialect, 200, {"Content-Type": "text/html"}, b"<html><body>Welcome</body></html>")


ODD_BODIES = [b"", b"null", b"[]", b'"text"', b"[" * 5000, b"{", b'{"access_token": {"a": [1]}}', b"\xff\xfe", b"{}{}"]
ODD_VALUES = [
    {"access_token": 7, "token": 7},
    {"expires_at": "soon", "expires_in": "soon"},
    {"expires_at": 1e300, "expires_in": 1e300},
    {"expires_at": float("inf"), "expires_in": float("nan")},
    {"expires_at": -1, "expires_in": -1},
    {"access_token": "a.b.c", "token": "a.b.c", "refresh_token": "..", "expires_at": True, "expires_in": True},
    {"access_token": "eyJhIjoxfQ.eyJleHAiOiJzb29uIn0.x", "token": "eyJhIjoxfQ.eyJleHAiOiJzb29uIn0.x", "scope": ["a"]},
    {"access_token": "ünï\r\nX: y", "token": "ünï\r\nX: y", "refresh_token": "\x00"},
    {"token_type": {"a": "b"}, "refresh_token": {"a": "b"}, "scope": 9},
]


def taking_turns(rows):
    """Pair each row with a dialect; which of them meets which oddity matters little."""
    return [(DIALECTS[number % len(DIALECTS)], row) for number, row in enumerate(rows)]


@pytest.mark.parametrize(("dialect", "body"), taking_turns(ODD_BODIES))
def test_odd_bodies(dialect, body, static):
    """A body that nobody expects is a matter of the verdict, never an error of ours."""
    run = static(dialect, 200, JSON, body, contract=False)

    assert [] == [(r.clause, r.reason) for r in run.records if r.verdict == "error"]
    assert 1 == run.exit_code(False)[0]


@pytest.mark.parametrize(("dialect", "values"), taking_turns(ODD_VALUES))
def test_odd_values(dialect, values, static):
    """Values that nobody expects in a token reply are a matter of the verdict, never an error of ours."""
    run = static(dialect, 200, JSON, json.dumps(TOKENS | values).encode(), contract=False)

    assert [] == [(r.clause, r.reason) for r in run.records if r.verdict == "error"]
    assert 1 == run.exit_code(False)[0]


def test_red(serve, made_up, write_target, suites):
    """The run of a server that answers 200 and {} ends with 1, and says how many rules are broken."""
    front = serve(lambda asked: (200, JSON, b"{}"))
    limits = {"requests_per_second": 1000}
    done = suites("--target", write_target(made_up("fusio", front.url), limits=limits), "suites/test_auth.py")

    assert 1 == done.code, done.text
    assert "rules are broken" in done.out
    assert "fail" in done.verdicts.values()
