"""Whatever a target replies, the verdict is about the target: none of it makes an error of ours."""

from __future__ import annotations

import base64
import functools
import json
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchword.mockserver.clock import StillClock
from watchword.mockserver.http.message import finished
from watchword.mockserver.service import Service
from watchword.reports.records import write_line
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply
from watchword.suites.running.check import check
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.target import from_description

ORIGIN = "http://mock.test"
ODD_NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1e999",
    "1e308",
    "9" * 400,
    "-" + "9" * 400,
    "9" * 5000,
    "-0",
    "0.5",
]
ODD_TEXTS = [
    "",
    "²",
    "\u0661",
    "\ud800",
    "\x00\x1b[31m\u202e",
    "a.b.c",
    "eyJ9.eyJ9.",
    "é" * 20,
    "=" * 9,
    "x" * 5000,
    "%zz",
    "http://[::1",
    "//",
    "Mon, 99 Foo 2026 99:99:99",
    "Sun, 22 Nov 2026 10:00:00",
    "Sun, 22 Nov 2026 10:00:00 +9999",
    "Fri, 31 Dec 9999 23:59:59 -1200",
    "Thu, 01 Jan 0001 00:00:00 +1200",
    "Sun, 22 Nov 99999999999 10:00:00 GMT",
    "application/json; charset=\u2603",
    "application/json; charset=utf-7",
    "/",
    ";;;",
    'Basic realm="',
    "Bearer error=,=,",
    ",",
]


def odd_jwt(header: object, claims: object) -> str:
    """Write what has the form of a JWT, with parts that are any JSON."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, "c2ln"])


TEXTS = st.sampled_from(ODD_TEXTS) | st.text(max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
CLAIMS = st.dictionaries(st.sampled_from(["exp", "iat", "sub", "aud", "alg", "x"]), VALUES, max_size=4) | VALUES
MEMBERS = st.sampled_from(ODD_NUMBERS) | VALUES.map(json.dumps) | st.builds(odd_jwt, CLAIMS, CLAIMS).map(json.dumps)
HEADERS = st.sampled_from(
    [
        "Date",
        "Retry-After",
        "Location",
        "WWW-Authenticate",
        "Content-Type",
        "Allow",
        "Set-Cookie",
        "Cache-Control",
        "X-\u2028",
    ]
)
BODIES = st.binary(max_size=30) | st.sampled_from(
    [
        b"",
        b"[" * 20_000,
        b'{"a":' * 5000,
        b'{"access_token":"a","access_token":"b"}',
        '{"a":1}'.encode("utf-16"),
        b"\xff\xfe",
        b"null",
    ]
)

STATUSES = st.sampled_from([100, 199, 204, 205, 299, 302, 401, 418, 429, 500, 503, 599, 600, 999])
ODD_HEADERS = st.lists(st.tuples(HEADERS, TEXTS | st.integers().map(str)), min_size=1, max_size=3)
DAMAGE = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"members": st.lists(st.tuples(st.integers(0, 9), MEMBERS), min_size=1, max_size=4)}),
    st.fixed_dictionaries({"headers": ODD_HEADERS}),
    st.fixed_dictionaries({"status": STATUSES, "headers": ODD_HEADERS}),
    st.fixed_dictionaries({"body": BODIES}),
    st.fixed_dictionaries({"cut": st.just(True)}),
)
"""What is changed of a reply; nothing, where it is empty."""


def damaged(reply, damage):
    """The reply with some of it changed."""
    headers, body = list(reply.headers), damage.get("body", reply.body)
    for name, value in damage.get("headers", ()):
        headers = [(k, v) for k, v in headers if k.lower() != name.lower()] + [(name, value)]
    if "members" in damage and reply.members:
        names = list(reply.members)
        values = {name: json.dumps(value) for name, value in reply.members.items()}
        values |= {names[at % len(names)]: text for at, text in damage["members"]}
        body = ("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in values.items()) + "}").encode()
    return Reply(damage.get("status", reply.status), tuple(headers), body, damage.get("cut", False))


class Damaging:
    """A mock as a wire that damages its replies, one after the other, by what it was given; further ones stay whole."""

    def __init__(self, service, damages):
        self.service = service
        self.damages = iter(damages)

    def send(self, request):
        """Answer a request, in whatever way it is that reply's turn."""
        base = self.service.dialect.api.bases[request.base]
        outcome = self.service.handle(replace(request, path=base + request.path), ORIGIN)
        return damaged(finished(outcome.reply, request.method, outcome.at), next(self.damages, {})), 0.0

    def close(self):
        """Do nothing."""


def verdict_at(dialect, clause, damages):
    """Check one clause at a mock whose replies are damaged; gives the verdict and why, and sees that it can be written down."""
    service = Service(load_dialect(dialect), clock=StillClock())
    bases = service.dialect.api.bases
    facts = {
        "name": "damaging",
        "dialect": dialect,
        "url": ORIGIN + bases["url"],
        "resource_url": ORIGIN + bases.get("resource_url", bases["url"]),
        "credentials": service.credentials,
        "control": service.clock,
    }
    session = TargetSession(from_description(facts), Masker(), wire=Damaging(service, damages))
    record = write(session, clause, check(session, clause), time.monotonic())
    write_line(record)
    return record.verdict, record.reason


@functools.cache
def clauses_of(dialect):
    """The clauses of a dialect that can be checked; those with generated requests cost too much to be tried often."""
    return [c for c in load_dialect(dialect).clauses if not c.untested and c.guarantee != "contract.conforms"]


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_no_error(dialect):
    """No reply makes our own verdict `error`."""

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(clause=st.sampled_from(clauses_of(dialect)), damages=st.lists(DAMAGE, min_size=1, max_size=3))
    def generated(clause, damages):
        verdict, reason = verdict_at(dialect, clause, damages)

        assert "error" != verdict, reason

    generated()


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_no_error_of_the_contract(dialect):
    """The checks that hand replies to another tool end in no error of ours either."""
    contracts = [c for c in load_dialect(dialect).clauses if c.guarantee == "contract.conforms"]

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(clause=st.sampled_from(contracts), damages=st.lists(DAMAGE, min_size=3, max_size=12))
    def generated(clause, damages):
        verdict, reason = verdict_at(dialect, clause, damages)

        assert "error" != verdict, reason

    generated()


@pytest.mark.parametrize("number", ODD_NUMBERS)
@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_odd_figures(dialect, number):
    """A figure that no clock reaches, in any member of every reply, is no error of ours."""
    clauses = [c for c in clauses_of(dialect) if "expir" in c.id or "lifetime" in c.id or "renew.works" in c.id]
    found = {verdict_at(dialect, clause, [{"members": [(at, number)]}] * 9) for clause in clauses for at in range(5)}

    assert set() == {reason for verdict, reason in found if verdict == "error"}


@pytest.mark.parametrize("name", ["Retry-After", "Date"])
@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_odd_headers(dialect, name):
    """A date or a span that is none, on every reply of a server that is busy, is no error of ours."""
    clause = next(c for c in clauses_of(dialect) if "expir" in c.id)
    found = {
        verdict_at(dialect, clause, [{"status": status, "headers": [(name, text)]}] * 9)
        for text in [*ODD_TEXTS, *ODD_NUMBERS]
        for status in (200, 429, 503)
    }

    assert set() == {reason for verdict, reason in found if verdict == "error"}
