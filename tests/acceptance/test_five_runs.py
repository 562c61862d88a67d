"""Five runs against short-lived tokens: the verdicts do not depend on the moment, and no account is charged too much."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

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

    def handle(self, request, origin, active=None):
        """Answer a request."""
        outcome = super().handle(request, origin, active)
        for name, secret in self.logins(request):
            if name in self.right and secret != self.right[name] and outcome.reply.status >= 400:
                self.failed[name] += 1
        return outcome

    @staticmethod
    def logins(request):
        """Give the names and secrets in a request: of a form, a query, a JSON object or the Basic header."""
        text = request.body.decode(errors="replace")
        fields = {k: v[0] for k, v in parse_qs(f"{request.query}&{text}", keep_blank_values=True).items()}
        with suppress(ValueError, TypeError):
            fields |= dict(json.loads(text))
        if "username" in fields:
            yield str(fields["username"]), fields.get("password")
        with suppress(ValueError):
            name, _, secret = (
                base64.b64decode((request.header("Authorization") or "")[6:], validate=True).decode().partition(":")
            )
            yield name, secret


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
