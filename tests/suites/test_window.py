"""The window of a server that bans: what it stops, that none of its room is wasted, and that a ban is no verdict."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.codec import draft
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause, Source
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Blocked, Call, NotObservable
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.sending.budget import Budget
from watchword.suites.sending.costs import grows_old
from watchword.suites.target import Limits, Target, from_description

FUSIO = load_dialect("fusio")
SECRETS = FUSIO.world.credentials
WHOAMI = draft(FUSIO.api.operations["whoami"], {"access_token": "unknown"})
PROBE = Call(WHOAMI, "probe", "a wrong request", ("access_token.unknown",))


def budget_of(**limits):
    """The budget of a target that nothing is sent to."""
    url = "http://127.0.0.1:9"
    return Budget(Target("t", FUSIO, url, url, SECRETS, Limits(**limits)))


def test_right_requests_wait_for_no_window():
    """A full window stops what may be refused, and not what is right, unless its refusal would be one too many."""
    budget = budget_of(max_wait=1)
    right = replace(PROBE, conditions=())
    generated = replace(right, generated=True)
    for _ in range(FUSIO.api.ban.count - 2):
        budget.after(PROBE, Reply(401))
    budget.before(right)
    for may_be_refused in (PROBE, generated):
        with pytest.raises(NotObservable, match="32 refusals in 120 s"):
            budget.before(may_be_refused)
    for _ in range(2):
        budget.after(right, Reply(401))
    budget.before(replace(PROBE, step="control"))
    with pytest.raises(NotObservable, match="32 refusals in 120 s"):
        budget.before(right)


def test_one_wait_makes_room_for_many():
    """The limit that a full window names is that of one more window, however many requests it has stopped."""
    budget = budget_of()
    for _ in range(FUSIO.api.ban.count):
        budget.after(PROBE, Reply(401))
    named = []
    for _ in range(31):
        with pytest.raises(NotObservable) as caught:
            budget.before(PROBE)
        named.append(caught.value.remedy["limits.max_wait"])

    assert [121.0] * 30 + [242.0] == named


def test_put_off():
    """What was left open for its refusals is checked when those before it have left room, the rest of it is not."""
    source = Source("d", "s")
    checks = [
        Clause(f"n{number}", "fusio", "auth", "It holds.", "must", "documented", source, "login", ("username.unknown",))
        for number in range(FUSIO.api.ban.count)
    ]
    budget = budget_of(bad_logins=1000)
    budget.plan(checks)
    put_off = [c for c in checks if budget.is_put_off(c)]
    for _ in range(FUSIO.api.ban.count - 3):
        budget.after(PROBE, Reply(401))
    for check in put_off:
        budget.reconsider(check)
        budget.after(PROBE, Reply(401))

    assert [c.id for c in put_off] == ["n30", "n31"]
    assert ["", "n31"] == [c.id if budget.halt(c) else "" for c in put_off]
    assert not any(budget.is_put_off(c) for c in checks)


@pytest.mark.parametrize(("text", "blocked"), [(FUSIO.api.ban.text, False), ("Who are you?", True)])
def test_a_ban_refuses_no_credentials(text, blocked):
    """Right credentials that are refused for a ban are not taken to be wrong ones, so that the ban is what is told."""
    budget = budget_of(bad_logins=1)
    login = Call(draft(FUSIO.api.operations["login"], SECRETS), "control", "a right login")
    budget.after(login, Reply(400, (), text.encode()))
    with pytest.raises(Blocked, match="were right before") if blocked else nullcontext():
        budget.before(login)


def test_no_refusal_is_wasted():
    """Before a server that bans, all refusals that it allows are spent, binding rules first, and what is right is checked."""
    loaded = load_dialect("fusio")
    ban = loaded.api.ban
    with start(Service(loaded, "documented")) as mock:
        facts = {"name": "banning", "dialect": "fusio", "url": mock.url, "resource_url": mock.resource_url}
        target = from_description(facts | {"credentials": mock.credentials})
        session = TargetSession(replace(target, limits=Limits(requests_per_second=500)), Masker(), lazy=True)
        counted = []
        session.probe.listeners.append(
            lambda e: counted.append(e) if 400 <= e.reply.status < 500 and not free(ban, e.call) else None
        )
        chosen = [c for c in loaded.clauses if not c.untested]
        session.budget.plan(chosen)
        put_off = [name.partition(":")[2] for name in session.budget.put_off]
        waiting = Waiting((session, clause) for clause in chosen)
        judged = {clause.id: waiting.check(session, clause)[0] for clause in chosen}
        session.close()
    left_open = {c for c, one in judged.items() if one.verdict == "not_observable"}
    costly = {c.id: c.level for c in chosen if session.budget.cost(c).refusals}

    assert ban.count - 2 == len(counted)
    # A token that turns out to be no JWT cannot be tried without its signature: that leaves room for another.
    spared = [c for c in costly if judged[c].verdict == "not_applicable" and c not in put_off]
    assert put_off[: len(spared)] == [c for c in put_off if c not in left_open]
    assert {"must"} == {level for c, level in costly.items() if c not in left_open}
    assert left_open <= {*costly, *(c.id for c in chosen if grows_old(c) or session.budget.cost(c).logins)}


def free(ban, call):
    """Tell whether a server that bans does not count the refusal of a call."""
    return not set(ban.uncounted.get(call.draft.operation.name, ())).isdisjoint(call.conditions)
