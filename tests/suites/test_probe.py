"""The probe: what it does when a target drops, stalls, refuses for load or bans, and how long it lets itself be kept waiting."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from watchword.mockserver.http.message import finished
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply
from watchword.suites.running.check import check as check_clause
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.sending import probe
from watchword.suites.sending.transport import Unreachable
from watchword.suites.target import Limits, from_description


class Moody:
    """A mock as a wire with moods: `mood(number, request)` gives an exception or a reply instead, or None.

    The mock has acted on a request before its reply is withheld.
    """

    def __init__(self, service, mood):
        self.service = service
        self.mood = mood
        self.asked = []

    def send(self, request):
        """Hand a request to the mock, and its reply back if the mood is for it."""
        bases = self.service.dialect.api.bases
        self.asked.append(request)
        outcome = self.service.handle(replace(request, path=bases[request.base] + request.path), "http://mock.test")
        instead = self.mood(len(self.asked), request)
        if isinstance(instead, Exception):
            raise instead
        return instead or finished(outcome.reply, request.method, outcome.at), 0.0

    def close(self):
        """Do nothing."""


class Delayed:
    """A mock's clock on a busy machine: some seconds pass before whoever asks goes on, at one of the times that it is read."""

    def __init__(self, clock, late, lag=4.0):
        self.clock = clock
        self.late = late
        self.lag = lag
        self.read = 0
        self.lost = 0.0

    def now(self):
        """Give the time, which may be an earlier one when it arrives."""
        told = self.clock.now()
        self.read += 1
        if self.read == self.late:
            self.clock.advance(self.lag)
            self.lost += self.lag
        return told

    def advance(self, seconds):
        """Set the clock ahead."""
        return self.clock.advance(seconds)

    def monotonic(self):
        """Give this machine's seconds, the lost ones among them."""
        return time.monotonic() + self.lost


@pytest.fixture
def checked(monkeypatch):
    """Check one clause at a mock with moods, whose clock may answer late; gives its record and the wire."""

    def check(dialect, clause, mood, clock=True, late=0, **limits):
        service = Service(load_dialect(dialect))
        control = Delayed(service.clock, late) if late else service.clock
        if late:
            monkeypatch.setattr(probe, "time", control)
        wire = Moody(service, mood)
        facts = {"name": "moody", "dialect": dialect, "url": "http://mock.test", "credentials": service.credentials}
        target = replace(from_description(facts | {"control": control if clock else None}), limits=Limits(**limits))
        session = TargetSession(target, Masker(), wire=wire)
        wanted = service.dialect.clause(clause)
        session.budget.plan([wanted])
        return write(session, wanted, check_clause(session, wanted), time.monotonic()), wire

    return check


DROP = Unreachable("connection", "Connection reset by peer")


def test_begun_anew(checked):
    """A reply that is lost after the target acted begins the whole check anew, from a fresh login."""
    record, wire = checked("sensu", "renew.works", lambda number, request: DROP if number == 2 else None)

    assert "pass" == record.verdict
    assert ["/auth", "/auth/token", "/auth", "/auth/token"] == [r.path for r in wire.asked][:4]
    assert wire.asked[1].header("authorization") != wire.asked[3].header("authorization")


def test_never_a_retry_of_one_request(checked):
    """No request is sent a second time as it is: what it carried may have been used up."""
    _, wire = checked("sensu", "renew.works", lambda number, request: DROP if request.path == "/auth/token" else None)
    renewals = [r.header("authorization") for r in wire.asked if r.path == "/auth/token"]

    assert 3 == len(renewals) == len(set(renewals))


@pytest.mark.parametrize(
    "clause", ["renew.works", "token.password-wrong", "resource.access-token-expired", "token.contract"]
)
@pytest.mark.parametrize(
    "trouble",
    [
        DROP,
        Unreachable("timeout", "no reply within the time limit"),
        Reply(429, (("Retry-After", "0"),)),
        Reply(503, (("Retry-After", "0"),)),
        Reply(429),
    ],
)
def test_inconclusive(clause, trouble, checked):
    """A target that never answers, or asks to be left alone, is given up after three times: inconclusive, never fail."""
    record, wire = checked("sensu", clause, lambda number, request: trouble)

    assert "inconclusive" == record.verdict
    assert 3 == len(wire.asked)
    assert record.reason


def test_trouble_at_the_end(checked):
    """Trouble with the very request that is judged is no verdict either."""
    record, _ = checked("sensu", "token.password-wrong", lambda number, request: DROP if number % 2 == 0 else None)

    assert "inconclusive" == record.verdict
    assert "Connection reset by peer" in record.reason
    assert [None] == [e.reply for e in record.exchanges if e.step == "probe"]


def test_ban(checked):
    """A ban is told by its text, ends the check at once and is no verdict about the target."""
    ban = load_dialect("fusio").api.ban
    banned = Reply(ban.statuses[0], (), f"<b>{ban.text}</b>".encode())
    record, wire = checked(
        "fusio", "token.client-secret-wrong", lambda number, request: banned if number == 2 else None
    )

    assert "inconclusive" == record.verdict
    assert "banned" in record.reason
    assert 2 == len(wire.asked)


def test_refusal_without_the_text(checked):
    """The status of a ban without its text is a refusal like any other."""
    record, _ = checked(
        "fusio", "token.client-secret-wrong", lambda number, request: Reply(400) if number == 2 else None
    )

    assert "pass" == record.verdict


def test_blocked(checked):
    """A control that fails blocks the check, and says what it proves nothing about."""
    record, wire = checked("sensu", "token.password-wrong", lambda number, request: Reply(500))

    assert "blocked" == record.verdict
    assert "500" in record.reason
    assert 1 == len(wire.asked)


def test_retry_after(checked):
    """Retry-After is waited for where the limits allow it."""
    busy = Reply(503, (("Retry-After", "1"),))
    began = time.monotonic()
    record, _ = checked("sensu", "token.works", lambda number, request: busy if number == 1 else None, clock=False)

    assert "pass" == record.verdict
    assert time.monotonic() - began >= 1


def test_retry_after_too_long(checked):
    """A target that asks for longer than the limits allow is left alone at once."""
    busy = Reply(429, (("Retry-After", "3600"),))
    began = time.monotonic()
    record, wire = checked("sensu", "token.works", lambda number, request: busy, clock=False)

    assert "inconclusive" == record.verdict
    assert 1 == len(wire.asked)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("value", ["", "soon", "-1", "1e9", "Sun, 22 Nov 2026 10:00:00 GMT"])
def test_odd_retry_after(value, checked):
    """A Retry-After that is no number of seconds does no harm."""
    record, _ = checked(
        "sensu", "token.works", lambda number, request: Reply(503, (("Retry-After", value),)) if number == 1 else None
    )

    assert "pass" == record.verdict


def test_pace(checked):
    """Requests keep the distance that limits.requests_per_second sets."""
    began = time.monotonic()
    _, wire = checked("sensu", "token.works-again", lambda number, request: None, clock=False, requests_per_second=10)

    assert time.monotonic() - began >= 0.1 * (len(wire.asked) - 1)


def test_clock_of_the_target(checked):
    """Without a clock to set, an expiry beyond max_wait is not observable; the reason names both."""
    record, _ = checked("sensu", "resource.access-token-expired", lambda number, request: None, clock=False, max_wait=5)

    assert "not_observable" == record.verdict
    assert "limits.max_wait" in record.reason


@pytest.mark.parametrize("clause", ["login.expiry-holds", "renew.expiry-holds", "renew.works-after-expiry"])
def test_clock_that_answers_late(clause, checked):
    """What passes between a look at the target's clock and the request that follows ages nobody's token."""
    verdicts = [checked("rator", clause, lambda number, request: None, late=late)[0].verdict for late in range(1, 20)]

    assert {"pass"} == set(verdicts)
