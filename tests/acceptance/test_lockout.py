"""A server that counts failed logins: whatever a run meets, no account sees more of them than its budget allows."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
import requests

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.suites.running.preflight import preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.sending.costs import grows_old
from watchword.suites.sending.transport import Transport
from watchword.suites.target import Limits, from_description

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


RUNS = 5
LIFE = 8
BAD_LOGINS = 3


class Bookkeeper(Service):
    """A mock that counts, by account, the failed logins that it has seen."""

    def __init__(self, *words, **named):
        super().__init__(*words, **named)
        self.failed = Counter()
        names = [(self.credentials.get(name), self.credentials.get(secret)) for name, secret in ACCOUNTS.items()]
        self.right = {name: secret for name, secret in names if name}

    def handle(self, request, origin):
        """Answer a request."""
        outcome = super().handle(request, origin)
        path = f"{request.path}?{request.query}"
        name, secret = Counting.login(SimpleNamespace(path=path, headers=request.headers, body=request.body))
        if name in self.right and secret != self.right[name] and outcome.reply.status >= 400:
            self.failed[name] += 1
        return outcome


class Clockless(Transport):
    """A real transport to a server that says nothing of a clock."""

    def send(self, request):
        """Send a request."""
        reply, seconds = super().send(request)
        return replace(reply, headers=tuple(h for h in reply.headers if h[0].lower() != "watchword-control")), seconds


def run(dialect, profile, number):
    """Run all suites; gives what came of each clause, and the failed logins by account.

    Each run begins at another fraction of a second, and has a server of its own.
    """
    time.sleep(number / RUNS)
    loaded = load_dialect(dialect)
    service = Bookkeeper(loaded, profile, access_token_lifetime=LIFE)
    with start(service) as mock:
        facts = {"name": f"run {number}", "dialect": dialect, "url": mock.url, "resource_url": mock.resource_url}
        target = from_description(facts | {"credentials": mock.credentials})
        target = replace(target, limits=Limits(requests_per_second=500, bad_logins=BAD_LOGINS, max_wait=LIFE + 2))
        session = TargetSession(target, Masker(), wire=Clockless(target), lazy=True)
        preflight(session)
        chosen = [clause for clause in loaded.clauses if not clause.untested]
        session.budget.plan(chosen)
        waiting = Waiting((session, clause) for clause in chosen)
        judged = {clause.id: waiting.check(session, clause)[0] for clause in chosen}
        session.close()
    return judged, service.failed


@pytest.fixture(scope="module")
def five_runs(in_process):
    """Five runs of each dialect, each at a server of its own, side by side."""
    profiles = {"sensu": "documented", "fusio": "documented", "rator": "spring-2.5.2"}
    for dialect in profiles:
        # Hypothesis makes up requests in one thread at a time. Made once, they are kept.
        in_process(dialect).check_all()
    with ThreadPoolExecutor(RUNS * len(profiles)) as pool:
        work = {d: [pool.submit(run, d, profile, number) for number in range(RUNS)] for d, profile in profiles.items()}
        return {dialect: [one.result() for one in runs] for dialect, runs in work.items()}


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_five_runs(dialect, five_runs):
    """Run after run against short-lived tokens, the verdicts are the same, none is false, and no account is charged too much."""
    first, *others = [{c: one.verdict for c, one in judged.items()} for judged, _ in five_runs[dialect]]
    old = [c.id for c in load_dialect(dialect).clauses if not c.untested and c.level == "must" and grows_old(c)]

    assert [{}] * (RUNS - 1) == [{c: (v, other[c]) for c, v in first.items() if v != other[c]} for other in others]
    assert {} == {c: v for c, v in first.items() if v in ("fail", "blocked", "inconclusive", "error")}
    assert {} == {c: first[c] for c in old if first[c] not in ("pass", "not_applicable")}
    assert [BAD_LOGINS] * RUNS == [max(failed.values()) for _, failed in five_runs[dialect]]


def origin(url):
    """Give the scheme and authority of a URL."""
    return "/".join(url.split("/", 3)[:3])
