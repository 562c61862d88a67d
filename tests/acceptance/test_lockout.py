"""A server that counts failed logins: whatever a run meets, no account sees more of them than its budget allows."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from urllib.parse import parse_qs

import pytest
import requests

from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.plan import plan_lines
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.target import read_target

ACCOUNTS = {"username": "password", "other_username": "other_password", "operator_username": "operator_password"}


class Counting:
    """A front of a mock that counts, by account, the logins which are refused or carry another secret than the right one."""

    def __init__(self, mock, serve, request):
        self.mock = mock
        self.right = {
            mock.credentials[name]: mock.credentials[secret]
            for name, secret in ACCOUNTS.items()
            if name in mock.credentials
        }
        self.failed = Counter()
        self.session = requests.Session()
        request.addfinalizer(self.session.close)
        self.front = serve(self.forward)

    def facts(self, **credentials):
        """Give what a target file says of the front, with some credentials replaced."""
        here = {
            key: value.replace(origin(self.mock.url), origin(self.front.url))
            for key, value in self.mock.facts.items()
            if key in ("url", "resource_url")
        }
        return self.mock.facts | here | {"credentials": self.mock.credentials | credentials}

    def forward(self, asked):
        """Hand a request on and its reply back, without the header that announces a clock."""
        found = self.session.request(
            asked.method,
            origin(self.mock.url) + asked.path,
            data=asked.body,
            headers=dict(asked.headers),
            allow_redirects=False,
        )
        name, secret = self.login(asked)
        if name in self.right and secret != self.right[name] and found.status_code >= 400:
            self.failed[name] += 1
        hidden = ("watchword-control", "content-length", "connection")
        return found.status_code, {k: v for k, v in found.headers.items() if k.lower() not in hidden}, found.content

    @staticmethod
    def login(asked):
        """Give the name and the secret that a request logs in with: in the body, the query or the Basic header."""
        members: object
        try:
            members = json.loads(asked.body)
        except ValueError:
            text = asked.body.decode(errors="replace") + "&" + asked.path.partition("?")[2]
            members = {k: v[0] for k, v in parse_qs(text, keep_blank_values=True).items()}
        if isinstance(members, dict) and "username" in members:
            return str(members["username"]), members.get("password")
        scheme, _, rest = dict(asked.headers).get("Authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
        except ValueError:
            return None, None
        return (name, secret) if scheme.lower() == "basic" else (None, None)


@pytest.fixture
def counting(announce, serve, request):
    """Start a mock of a dialect behind a front that counts."""
    return lambda dialect: Counting(announce(dialect), serve, request)


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_the_budget_is_kept(dialect, counting, write_target, suites):
    """Everything that tries passwords charges no account with more failed logins than bad_logins, and uses what it may."""
    server = counting(dialect)
    limits = {"requests_per_second": 900, "bad_logins": 3, "firewall": False}
    about = "password or username or refusals or conforms or contract"
    done = suites("--target", write_target(server.facts(), limits=limits), "-k", about)

    assert done.code in (0, 7), done.text
    assert 3 == max(server.failed.values())
    assert [] != [
        clause for clause, verdict in done.verdicts.items() if "password-wrong" in clause and verdict == "pass"
    ]


def test_a_typo_costs_one_login(counting, write_target, suites):
    """A wrong password of a role that only optional operations use is told before any test, and tried once."""
    server = counting("rator")
    facts = server.facts(operator_password="Typo")
    done = suites("--target", write_target(facts, limits={"requests_per_second": 900}))

    assert 6 == done.code, done.text
    assert "check operator_username and operator_password" in done.text
    assert {server.mock.credentials["operator_username"]: 1} == server.failed


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_the_plan_is_what_happens(dialect, counting, write_target, request):
    """As many failed logins as a plan foretells are counted at the server, account by account."""
    server = counting(dialect)
    limits = {"requests_per_second": 900, "bad_logins": 99, "firewall": False}
    session = TargetSession(read_target(write_target(server.facts(), limits=limits)), Masker())
    request.addfinalizer(session.close)
    spending = [c for c in session.target.dialect.clauses if not c.untested and session.budget.cost(c).logins]
    told = Counter()
    for count, account in re.findall(
        r"(\d+) bad logins for the account of (\w+)", [*plan_lines(session, spending)][-1]
    ):
        told[session.target.credentials[account]] += int(count)
    for clause in spending:
        check(session, clause)

    assert told == server.failed
    assert told


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_nothing_is_blocked_at_a_right_server(dialect, counting, write_target, request):
    """At the limits of a live server, whole registers are checked: no right request is kept from it, and no rule is broken."""
    server = counting(dialect)
    session = TargetSession(read_target(write_target(server.facts(), limits={"requests_per_second": 900})), Masker())
    request.addfinalizer(session.close)
    clauses = [c for c in session.target.dialect.clauses if not c.untested]
    waiting = Waiting((session, clause) for clause in clauses)
    session.plan(clauses)
    found = {clause.id: waiting.check(session, clause)[0] for clause in clauses}

    assert {} == {c: one.reason or one.seen for c, one in found.items() if one.verdict in ("blocked", "error", "fail")}
    assert 4 == max(server.failed.values())


def origin(url):
    """Give the scheme and authority of a URL."""
    return "/".join(url.split("/", 3)[:3])
