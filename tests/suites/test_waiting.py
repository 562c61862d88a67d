"""Waiting once: what grows old is begun first, everything else is done meanwhile, and each verdict is what it is alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from watchword.mockserver.faults.fault import Distortion, Fault
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.entry import ends, waits
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.sending.costs import weight
from watchword.suites.target import Limits, from_description

LIFE = 3
NEVER_TOLD = "nothing tells when the refresh token expires"


def short(profile):
    """A profile whose access tokens live for seconds, and that bans nobody."""
    return replace(profile, access_token=replace(profile.access_token, lifetime=LIFE), ban=None)


SHORT = Fault("short", "dialect", "Tokens live for seconds.", lambda: Distortion(profile=short))


def found(dialect, profile, only=None, server=None):
    """Check clauses at a mock that says nothing of its clock; gives what came of each, and every exchange in its order."""
    loaded = load_dialect(dialect)
    patience = LIFE + 2 if server is None else 3 * (LIFE + 2)
    with server or start(Service(loaded, profile, fault=SHORT)) as mock:
        facts = {"name": "short", "dialect": dialect, "url": mock.url, "resource_url": mock.resource_url}
        target = from_description(facts | {"credentials": mock.credentials})
        limits = Limits(requests_per_second=500, bad_logins=100, max_wait=patience)
        session = TargetSession(replace(target, limits=limits), Masker(), lazy=True)
        sent = []
        session.probe.listeners.append(sent.append)
        chosen = [c for c in loaded.clauses if not c.untested and (only is None or c.id in only)]
        waiting = Waiting((session, clause) for clause in chosen)
        judged = {clause.id: waiting.check(session, clause)[0] for clause in chosen}
        session.close()
    return judged, sent


def waiting_clauses(dialect):
    """The clauses of a dialect whose checks wait for an expiry."""
    facts = {"name": "t", "dialect": dialect, "url": "http://127.0.0.1:9"}
    target = from_description(facts | {"credentials": load_dialect(dialect).world.credentials})
    session = TargetSession(target, Masker())
    return [c for c in target.dialect.clauses if not c.untested and waits(session, c)]


@pytest.fixture(scope="module", params=[("sensu", "documented"), ("rator", "spring-2.5.2")], ids=lambda p: p[1])
def run(request):
    """All clauses in one run, and each one that waits in a run of its own, side by side."""
    dialect, profile = request.param
    alone = [c.id for c in waiting_clauses(dialect)]
    with ThreadPoolExecutor(len(alone) + 1) as pool:
        everything = pool.submit(found, dialect, profile)
        single = {clause: pool.submit(found, dialect, profile, (clause,)) for clause in alone}
        return dialect, *everything.result(), {clause: one.result()[0][clause] for clause, one in single.items()}


def test_no_must_stays_open(run):
    """With one lifetime and two seconds to wait, no binding rule stays open, and none is broken at a right server."""
    dialect, judged, _, _ = run
    levels = {c.id: c.level for c in load_dialect(dialect).clauses}
    open_musts = {clause: one.reason for clause, one in judged.items() if one.verdict == "not_observable"}

    assert {} == {clause: why for clause, why in open_musts.items() if levels[clause] == "must"}
    assert {} == {
        c: one.reason for c, one in judged.items() if one.verdict in ("fail", "blocked", "error", "inconclusive")
    }


def test_same_verdict_alone(run):
    """A clause that is checked alone gets the verdict that it gets among all others."""
    _, judged, _, alone = run

    assert {c: (one.verdict, one.seen) for c, one in alone.items()} == {
        c: (judged[c].verdict, judged[c].seen) for c in alone
    }


def test_everything_else_meanwhile(run):
    """What waits is begun before all others, and nobody renews or revokes before all of it has been looked at."""
    dialect, judged, sent, _ = run
    waited = {id(e) for c in waiting_clauses(dialect) for e in judged[c.id].attempt.transcript.exchanges}
    looked = max(number for number, exchange in enumerate(sent) if id(exchange) in waited)
    others = [exchange.call.draft.operation.purpose for exchange in sent[:looked] if id(exchange) not in waited]

    assert len(others) > len(waited)
    assert {id(exchange) for exchange in sent[:8]} <= waited
    assert set() == {"renew", "revoke"} & set(others)


def test_weightiest_first(run):
    """Of what has to grow old, the weightiest is begun first, and looked at first: where time is short, musts are decided."""
    dialect, judged, sent, _ = run
    places = {id(exchange): number for number, exchange in enumerate(sent)}
    begun = {}
    for clause in waiting_clauses(dialect):
        first = judged[clause.id].attempt.transcript.exchanges[0]
        purpose = load_dialect(dialect).api.operations[clause.operation].purpose
        begun.setdefault(purpose == "renew", []).append((places[id(first)], weight(clause), clause.id))

    for group in begun.values():
        weights = [weighed for _, weighed, _ in sorted(group)]
        assert sorted(weights) == weights, sorted(group)


def test_one_session_a_user():
    """Where each login ends the user's session before it, what grows old is looked at alone, and is no worse for the others."""
    fault = "ends-other-sessions@createToken"
    mock = start("sensu", fault=fault, access_token_lifetime=LIFE, control_token="harbour-lantern-7")
    judged, _ = found("sensu", "documented", ("token.sessions-independent", "renew.expiry-holds", "token.works"), mock)

    assert {"token.sessions-independent": "warn", "renew.expiry-holds": "pass", "token.works": "pass"} == {
        clause: one.verdict for clause, one in judged.items()
    }


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator", "tests/dialects/lanternhouse"])
def test_foreseen(dialect, in_process):
    """Which checks wait and which renew or revoke is foreseen of every clause."""
    mock = in_process(dialect)
    session = mock.session
    pauses, calls = [], []
    wait = session.probe.wait

    def noted(pause):
        pauses.append(pause)
        return wait(pause)

    session.probe.wait = noted
    session.probe.listeners.append(lambda exchange: calls.append(exchange.call.draft.operation.purpose))
    wrong = {}
    for clause in session.target.dialect.clauses:
        if clause.untested:
            continue
        pauses.clear()
        calls.clear()
        check(session, clause)
        seen = any(not pause.new_second for pause in pauses), bool({"renew", "revoke"} & set(calls))
        told = waits(session, clause), ends(session, clause)
        # An access token whose renewal is refused outright has nothing to wait for.
        if seen[0] > told[0] or seen[1] > told[1]:
            wrong[clause.id] = seen, told

    assert {} == wrong
