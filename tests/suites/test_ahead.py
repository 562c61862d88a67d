"""Checks that do not concern each other overlap on a slow server, and nothing else changes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.suites.front import Front, before, target_of
from watchword.mockserver.launch import Running, start
from watchword.specs.codec import draft
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Call, NotObservable
from watchword.suites.running.entry import kind_of, waits
from watchword.suites.running.plan import plan_lines
from watchword.suites.running.preflight import preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.sending.accounts import Accounts
from watchword.suites.sending.budget import Budget
from watchword.suites.sending.clock import RemoteClock
from watchword.suites.target import Limits, TargetError, from_description

SLOW = 0.015
"""Seconds that a server takes for a reply."""
FAST = Limits(requests_per_second=1000, bad_logins=1000)
DIALECTS = ("sensu", "fusio", "rator", "oauth2")


@pytest.fixture
def slow() -> Iterator[Running]:
    """A server that takes its time, and does not say that it is a mock."""
    with start("sensu", control_token="harbour-lantern-7") as running:
        slowly(running)
        yield running


def some(dialect: str, every: int, names: tuple[str, ...] = ()) -> list[Clause]:
    """Choose every so many of the clauses of a dialect, rules of all kinds, and those of these names."""
    clauses = [c for c in load_dialect(dialect).clauses if not c.untested and c.guarantee != "contract.conforms"]
    return [c for n, c in enumerate(clauses) if n % every == 0 or c.id in names]


class Ran:
    """A run over some clauses: what came of each, and how many requests there were."""

    def __init__(
        self, running: Running, clauses: list[Clause], limits: Limits = FAST, front: Front | None = None
    ) -> None:
        session = TargetSession(target_of(running, limits, front), Masker())
        sent = []
        session.probe.listeners.append(sent.append)
        chosen = [c for c in clauses if not waits(session, c)]
        session.plan(chosen)
        waiting = Waiting((session, clause) for clause in chosen)
        judged = {clause.id: waiting.check(session, clause)[0] for clause in chosen}
        session.close()
        self.verdicts = {name: str(one.verdict) for name, one in judged.items()}
        self.requests = len(sent)


def slowly(running: Running, wait: float = SLOW) -> None:
    """Let a mock begin anew, and take its time from now on."""
    running.application.reset()
    running.application.desk.book.add("slow", wait=wait, count="all")


def both(running: Running, clauses: list[Clause]) -> list[Ran]:
    """Run one by one, and again with four at a time."""
    found = []
    for count in (1, 4):
        slowly(running, SLOW / 3)
        found.append(Ran(running, clauses, replace(FAST, concurrency=count, firewall=False)))
    return found


@pytest.fixture(scope="module")
def whole() -> tuple[list[Ran], list[Front]]:
    """A run over a third of all rules before a slow server, one by one and four at a time."""
    clauses, runs, fronts = some("sensu", 3), [], []
    with start("sensu", control_token="harbour-lantern-7") as mock:
        for count in (1, 4):
            with before(mock, SLOW) as front:
                runs.append(Ran(mock, clauses, replace(FAST, concurrency=count), front))
                fronts.append(front)
    return runs, fronts


def test_four_at_a_time_come_to_what_one_at_a_time_comes_to(whole):
    """The verdicts are the same, and hardly more requests are sent: those that show that no session has ended another."""
    (one, four), fronts = whole
    assert one.verdicts == four.verdicts
    assert {"pass", "observed"} <= set(one.verdicts.values())
    assert one.requests <= four.requests < 1.1 * one.requests
    assert (1, 4) == tuple(front.most for front in fronts)


def test_a_slow_server_is_waited_for_less_than_the_rate_takes(whole):
    """Of the requests that wait for each other there are so few that, at 50 ms each, 20 a second take longer than all of these."""
    (one, four), (alone, beside) = whole
    assert one.requests == alone.rounds
    # The rate of a live target is 20 a second unless its file says otherwise.
    assert beside.rounds * 0.05 < 0.65 * four.requests / 20


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_wrong_server_is_told_of_the_same(dialect):
    """Under faults of all kinds, four at a time come to the verdicts of one at a time, in each dialect."""
    declared = {
        name: broken
        for name, broken in (load_dialect(dialect).declared or {}).items()
        # What is wrong only now and then depends on how often it was asked before.
        if 2 <= len(broken) <= 12 and not name.startswith("every-")
    }
    for name in [*declared][:: len(declared) // 3 + 1]:
        clauses = some(dialect, 24, tuple(declared[name]))
        with start(dialect, fault=name, control_token="harbour-lantern-7") as running:
            one, four = both(running, clauses)
        assert one.verdicts == four.verdicts, name
        assert {"fail", "warn", "observed"} & set(one.verdicts.values()), name


class Gone:
    """The clock of a mock, which can be set a few times and then no more."""

    slack = RemoteClock.slack

    def __init__(self, running: Running, times: int) -> None:
        self._clock = RemoteClock(running.control_url)
        self.times = times

    def now(self) -> float:
        """Give the mock's time."""
        return self._clock.now()

    def advance(self, seconds: float) -> float:
        """Set it ahead, as long as that can be done."""
        self.times -= 1
        if self.times < 0:
            raise TargetError("clock", "the clock does not answer")
        return self._clock.advance(seconds)


@pytest.mark.parametrize("times", range(4))
def test_a_clock_that_goes_away_is_nobodys_error(times):
    """Whenever that is: what wants another second is not observable from then on, and the run goes on."""
    clauses = some("sensu", 6)
    with start("sensu") as running:
        gone = Gone(running, times)
        target = replace(target_of(running, replace(FAST, concurrency=4)), control=gone)
        session = TargetSession(target, Masker())
        with contextlib.closing(session):
            session.plan(clauses)
            waiting = Waiting((session, clause) for clause in clauses)
            verdicts = {str(waiting.check(session, clause)[0].verdict) for clause in clauses}

    assert {"not_observable"} < verdicts <= {"pass", "observed", "not_observable", "not_applicable", "blocked"}
    assert gone.times < 0


SESSIONS = (
    "token.works",
    "token.second-login-works",
    "token.sessions-independent",
    "renew.works",
    "renew.chains",
    "resource.token-unknown",
    "resource.token-tampered",
    "resource.token-truncated",
)


def test_a_server_that_ends_sessions_with_the_next_login_is_judged_as_it_is_one_by_one():
    """Where the oldest session has been ended, what was sent beside others counts for nothing."""
    fault = "ends-other-sessions@createToken"
    with start("sensu", control_token="harbour-lantern-7", fault=fault) as running:
        one, four = both(running, some("sensu", 7, SESSIONS))
    assert one.verdicts == four.verdicts
    assert "warn" == one.verdicts["token.sessions-independent"]


@pytest.mark.parametrize("sessions", [1, 3, 10])
def test_a_refusal_that_comes_of_other_sessions_hides_no_fault(sessions):
    """A server that takes shortened tokens and keeps a user only so many sessions is caught as it is one by one."""
    clauses = [c for c in some("sensu", 1) if c.operation == "listNamespaces" and c.when][:16]
    fault = "accepts:access_token.truncated@listNamespaces"
    with start("sensu", control_token="harbour-lantern-7", fault=fault) as mock:
        runs = []
        for count in (1, 4):
            with before(mock, SLOW / 3, status=401, sessions=sessions) as front:
                runs.append(Ran(mock, clauses, replace(FAST, concurrency=count), front))
    one, four = runs
    assert one.verdicts == four.verdicts
    assert "fail" == one.verdicts["resource.access-token-truncated"]
    # Even where nobody was disturbed, the oldest session has not outlived it, and all is made again.
    assert four.requests > 1.5 * one.requests


@pytest.mark.parametrize("status", [400, 401, 409, 429, 503])
def test_a_server_that_refuses_several_requests_is_asked_one_by_one(status):
    """Whatever it refuses them with: what was sent beside others counts for nothing, and the rest is sent alone."""
    clauses = some("sensu", 15)
    with start("sensu", control_token="harbour-lantern-7") as mock:
        runs = []
        for count in (1, 4):
            with before(mock, SLOW, status=status, at_once=1) as front:
                runs.append(Ran(mock, clauses, replace(FAST, concurrency=count), front))
    one, four = runs
    assert one.verdicts == four.verdicts
    assert not {"fail", "blocked", "inconclusive"} & set(one.verdicts.values())
    assert 0 < front.refused < 2 * len(clauses)


def test_a_server_that_locks_accounts_is_judged_as_it_is_one_by_one():
    """A wrong login is sent alone: before it goes who comes before it, and after it who comes after it."""
    clauses = [c for c in some("sensu", 1) if c.operation in ("createToken", "testCredentials")][::2]
    with start("sensu", control_token="harbour-lantern-7") as mock:
        for lock in (1, 2):
            runs = []
            for count in (1, 4):
                with before(mock, SLOW / 3, status=401, lock=lock) as front:
                    runs.append(Ran(mock, clauses, replace(FAST, concurrency=count), front))
            one, four = runs
            assert one.verdicts == four.verdicts
            assert ("blocked" in one.verdicts.values()) == (lock == 1)


def test_only_a_server_on_this_machine_is_asked_for_several_at_a_time_by_itself(slow):
    """That is so from the start of a run on whose replies take long; a file may say otherwise, and the plan says what holds."""
    near = target_of(slow, Limits(requests_per_second=1000))
    far = replace(near, url="https://staging.example.com")
    assert [4, 1] == [TargetSession(target, Masker()).concurrency for target in (near, far)]
    told = [TargetSession(replace(t, limits=Limits(concurrency=2)), Masker()).concurrency for t in (near, far)]
    assert [2, 2] == told
    lines = [[*plan_lines(TargetSession(target, Masker()), [])][-1] for target in (near, far)]
    assert ["up to 4 at a time", "1 at a time"] == [line.rpartition(", ")[2] for line in lines]

    # Where a request a second is allowed, nobody waits for a server that takes 30 ms.
    slowly(slow, 0.03)
    overlaps = []
    for target in (near, replace(near, limits=Limits(requests_per_second=1))):
        session = TargetSession(target, Masker())
        overlaps.append(session.overlaps)
        preflight(session)
        overlaps.append(session.overlaps)
        session.close()
    assert [False, True, False, False] == overlaps


def test_where_refusals_are_counted_it_is_one_at_a_time():
    """A server that may ban is asked one by one, whatever its file says."""
    credentials = dict.fromkeys(("username", "password", "client_id", "client_secret"), "x1y2z3w4")
    described = {"name": "x", "dialect": "fusio", "url": "http://127.0.0.1:1", "credentials": credentials}
    for firewall, count in ((True, 1), (False, 4)):
        limited = replace(from_description(described), limits=Limits(concurrency=4, firewall=firewall))
        assert count == TargetSession(limited, Masker()).concurrency


def test_what_charges_accounts_looks_stolen_or_waits_is_checked_alone(slow):
    """All else goes beside others, as far as the oldest session outlives it."""
    session = TargetSession(target_of(slow, Limits(concurrency=4)), Masker())
    clauses = [c for c in session.target.dialect.clauses if not c.untested]
    alone = {c.id for c in clauses if not kind_of(session, c)}
    charging = {c.id for c in clauses if session.budget.cost(c).logins}
    waiting = {c.id for c in clauses if waits(session, c)}
    generated = {c.id for c in clauses if c.guarantee == "contract.conforms"}
    stolen = {"renew.refresh-token-reused", "renew.refresh-token-retired"}
    assert alone == charging | waiting | generated | stolen


def test_a_mock_whose_clock_is_at_hand_is_asked_for_several_at_a_time_too():
    """Where it is slow; nothing is on its way when its clock is set ahead, so that all comes to the same."""
    clauses = some("sensu", 9)
    runs = []
    with start("sensu") as running:
        for count in (1, None):
            slowly(running, 0.03)
            session = TargetSession(target_of(running, Limits(concurrency=count)), Masker())
            preflight(session)
            assert session.target.mock
            assert session.overlaps == (count is None)
            waiting = Waiting((session, clause) for clause in clauses)
            runs.append({clause.id: str(waiting.check(session, clause)[0].verdict) for clause in clauses})
            session.close()
    assert runs[0] == runs[1]
    assert {"pass", "observed"} <= set(runs[0].values())


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


class Interrupted(Exception):
    """Somebody has had enough."""


def test_nothing_is_begun_after_the_end(slow):
    """Whoever interrupts a run has what is on its way sent to its end, and nothing more."""
    session = TargetSession(target_of(slow, Limits(requests_per_second=1000, concurrency=2)), Masker())
    clauses = [c for c in session.target.dialect.clauses if not c.untested and kind_of(session, c) == "free"][:30]
    waiting = Waiting((session, clause) for clause in clauses)
    journal = slow.application.desk.journal

    def interrupt(*_: object) -> None:
        raise Interrupted

    def watch() -> None:
        while len(journal.exchanges) < 4:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGUSR1)

    usual = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Thread(target=watch, daemon=True).start()
        with pytest.raises(Interrupted):
            waiting.check(session, clauses[0])
    finally:
        signal.signal(signal.SIGUSR1, usual)
    for thread in [one for one in threading.enumerate() if one.name.startswith("watchword-ahead")]:
        thread.join()
    assert 4 <= len(journal.exchanges) < len(clauses)
    session.close()
