"""Checks that do not concern each other overlap where a target file allows it, and nothing else changes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from watchword.mockserver.launch import Running, start
from watchword.specs.codec import draft
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Call, NotObservable
from watchword.suites.running.ahead import kind_of
from watchword.suites.running.plan import plan_lines
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting, ends, waits
from watchword.suites.sending.accounts import Accounts
from watchword.suites.sending.budget import Budget
from watchword.suites.target import Limits, Target, from_description

SLOW = 0.03
"""Seconds that the server takes for a reply."""
SOME = slice(None, None, 6)
"""Of the clauses every sixth: rules of all kinds."""


@pytest.fixture
def slow() -> Iterator[Running]:
    """A server that takes its time, and does not say that it is a mock."""
    with start("sensu", control_token="harbour-lantern-7") as running:
        yield running


def target_of(running: Running, limits: Limits) -> Target:
    """Describe a running mock as a live server."""
    described = from_description(
        {"name": "slow", "dialect": "sensu", "url": running.url, "credentials": running.credentials}
    )
    return replace(described, resource_url=running.resource_url, limits=limits)


class Ran:
    """A run over some clauses: verdicts, what the server was asked, and how many requests were there at a time."""

    def __init__(self, running: Running, concurrency: int | None, purpose: str = "") -> None:
        running.application.reset()
        journal = running.application.desk.journal
        journal.clear()
        running.application.desk.book.clear()
        running.application.desk.book.add("slow", wait=SLOW, count="all")
        limits = Limits(requests_per_second=1000, bad_logins=1000, concurrency=concurrency)
        session = TargetSession(target_of(running, limits), Masker())
        clauses = [c for c in session.target.dialect.clauses if not c.untested and c.guarantee != "contract.conforms"]
        told = [clause for clause in clauses if clause.guarantee == "sessions.independent"]
        wanted = [c for c in clauses if session.operation(c).purpose == purpose] if purpose else clauses[SOME]
        clauses = [*told, *(c for c in wanted if not waits(session, c) and c not in told)]
        session.plan(clauses)
        waiting = Waiting((session, clause) for clause in clauses)
        self.verdicts = {clause.id: str(waiting.check(session, clause)[0].verdict) for clause in clauses}
        waiting.close()
        session.close()
        exchanges = journal.exchanges
        self.asked = Counter((exchange.operation, exchange.status) for exchange in exchanges)
        moments = sorted([(e.began, 1) for e in exchanges] + [(e.ended, -1) for e in exchanges])
        self.most = there = 0
        for _, change in moments:
            there += change
            self.most = max(self.most, there)


def test_four_at_a_time_come_to_what_one_at_a_time_comes_to(slow):
    """The verdicts, the logins and all other requests are the same; the server has seen up to four of them at a time."""
    one, four = Ran(slow, None), Ran(slow, 4)
    assert one.verdicts == four.verdicts
    assert {"pass"} < set(one.verdicts.values())
    assert one.asked == four.asked
    assert (1, 4) == (one.most, four.most)


def test_a_server_that_ends_sessions_with_the_next_login_is_judged_as_it_is_one_by_one():
    """What presents tokens goes ahead only after sessions were seen to be independent, which here they are not."""
    with start("sensu", control_token="harbour-lantern-7", fault="ends-other-sessions@createToken") as running:
        one, four = (Ran(running, count, "resource") for count in (None, 4))
    assert one.verdicts == four.verdicts
    assert "warn" == one.verdicts["token.sessions-independent"]


def test_a_live_server_is_asked_one_by_one_unless_its_file_says_otherwise(slow):
    """The default is one at a time, and the plan says so; where refusals are counted, it is one whatever the file says."""
    sessions = [TargetSession(target_of(slow, Limits(concurrency=count)), Masker()) for count in (None, 4)]
    assert [1, 4] == [session.concurrency for session in sessions]
    assert [f"{n} at a time" for n in (1, 4)] == [[*plan_lines(s, [])][-1].rpartition(", ")[2] for s in sessions]
    credentials = dict.fromkeys(("username", "password", "client_id", "client_secret"), "x1y2z3w4")
    described = {"name": "x", "dialect": "fusio", "url": "http://127.0.0.1:1", "credentials": credentials}
    for firewall, count in ((True, 1), (False, 4)):
        limited = replace(from_description(described), limits=Limits(concurrency=4, firewall=firewall))
        assert count == TargetSession(limited, Masker()).concurrency


def test_what_counts_logins_renews_revokes_or_takes_time_is_checked_alone(slow):
    """Only what one right or one wrong request shows goes beside others."""
    session = TargetSession(target_of(slow, Limits(concurrency=4)), Masker())
    clauses = [c for c in session.target.dialect.clauses if not c.untested]
    beside = [c for c in clauses if kind_of(session, c)]
    assert len(clauses) / 4 < len(beside) < len(clauses)
    for clause in beside:
        assert not session.budget.cost(clause).logins
        assert ends(session, clause) <= (kind_of(session, clause) == "renewal")
    names = {clause.guarantee or clause.observe or "" for clause in beside}
    assert not any(name.startswith(("sessions.", "tokens.", "expiry.", "renew.", "refresh")) for name in names)


def test_a_server_that_is_too_busy_for_several_is_asked_one_by_one(slow):
    """Whoever answers 503 is asked again, alone, and nothing is left undecided for it."""
    slow.application.desk.book.add("unavailable", count=2, skip=3)
    limits = Limits(requests_per_second=1000, bad_logins=1000, concurrency=4)
    session = TargetSession(target_of(slow, limits), Masker())
    clauses = [c for c in session.target.dialect.clauses if not c.untested and kind_of(session, c) == "free"][:12]
    waiting = Waiting((session, clause) for clause in clauses)
    verdicts = {str(waiting.check(session, clause)[0].verdict) for clause in clauses}
    waiting.close()
    session.close()
    assert {"pass", "observed"} >= verdicts


def test_the_budgets_hold_however_many_ask_at_once(slow):
    """Of 16 that would log in wrongly at once, as many do as are allowed; requests keep their distance."""
    target = target_of(slow, Limits(bad_logins=4))
    operation = target.dialect.api.with_purpose("issue")[0]
    wrong = draft(operation, {**target.credentials, "password": "watchword-wrong-1"})
    call = Call(wrong, "probe", "log in wrongly", ("password.wrong",))
    accounts = Accounts(target.credentials, 4)
    together = threading.Barrier(16)

    def attempt(_: int) -> bool:
        together.wait()
        try:
            accounts.before(wrong)
        except NotObservable:
            return False
        accounts.after(call, Reply(401))
        return True

    with ThreadPoolExecutor(16) as pool:
        assert 4 == sum(pool.map(attempt, range(16)))

    budget = Budget(target_of(slow, Limits(requests_per_second=200)))
    right = Call(draft(operation, target.credentials), "prepare", "log in")

    def ask(_: int) -> None:
        budget.before(right)
        budget.after(right, Reply(200))

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(24)))
    assert time.monotonic() - began >= 23 / 200


def test_nothing_is_begun_after_the_end(slow):
    """Whoever interrupts a run has what is on its way sent to its end, and nothing more."""
    slow.application.desk.book.add("slow", wait=SLOW, count="all")
    session = TargetSession(target_of(slow, Limits(requests_per_second=1000, concurrency=2)), Masker())
    clauses = [c for c in session.target.dialect.clauses if not c.untested and kind_of(session, c) == "free"][:20]
    waiting = Waiting((session, clause) for clause in clauses)
    waiting.check(session, clauses[0])
    waiting.close()
    ahead = [thread for thread in threading.enumerate() if thread.name.startswith("watchword-ahead")]
    for thread in ahead:
        thread.join(10)
    assert [False, False] == [thread.is_alive() for thread in ahead]
    # Of 20 rules, of two requests or three each, no more than those are begun for which there is room.
    assert 2 <= len(slow.application.desk.journal.exchanges) <= 18
    session.close()
