"""Budgets: which checks a live target is spared, and that the weightiest are made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from watchword.mockserver.clock import Clock
from watchword.specs.codec import draft
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause, Source
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Call, Inconclusive, NotObservable, Pause
from watchword.suites.running.check import check
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.budget import Budget
from watchword.suites.sending.costs import cost_of, grows_old, weight
from watchword.suites.sending.probe import Probe
from watchword.suites.target import Limits, Target

FUSIO = load_dialect("fusio")
SECRETS = FUSIO.world.credentials
WHOAMI = draft(FUSIO.api.operations["whoami"], {"access_token": "unknown"})
PROBE = Call(WHOAMI, "probe", "a wrong request", ("access_token.unknown",))


def target(dialect="sensu", control=None, **limits):
    """A target that nothing is sent to."""
    loaded = load_dialect(dialect)
    url = "http://127.0.0.1:9"
    return Target("t", loaded, url, url, loaded.world.credentials, Limits(**limits), control=control)


def clause(when=(), level="must", basis="documented", name="x", **more):
    """A clause about a login."""
    return Clause(name, "sensu", "auth", "It holds.", level, basis, Source("d", "s"), "createToken", when, **more)


def planned(budget, dialect, repeat=1):
    """Which clauses of a dialect a budget covers, and which it leaves open."""
    clauses = [c for c in load_dialect(dialect).clauses if not c.untested]
    budget.plan(clauses, repeat)
    return [c for c in clauses if not budget.left_open(c)], [c for c in clauses if budget.left_open(c)]


@pytest.mark.parametrize(
    ("check", "logins"),
    [
        (clause(("password.wrong",)), {"username": 1}),
        (clause(("password.truncated",)), {"username": 1}),
        (clause(("username.unknown",)), {}),
        (clause(("username.unknown", "password.wrong")), {}),
        (clause(("username.empty", "password.wrong")), {}),
        (clause(("password.missing",)), {"username": 1}),
        (clause(("basic.missing",)), {}),
        (clause(("client_secret.wrong",)), {}),
        (clause(("operator_password.empty",)), {"operator_username": 1}),
        (clause(guarantee="refusals.alike"), {"username": 1}),
        (clause(guarantee="refusals.no_tokens", conditions=("password.wrong", "password.empty")), {"username": 2}),
        (clause(guarantee="access_token.works"), {}),
    ],
)
def test_cost(check, logins):
    """A check costs its account as many bad logins as it makes; a name that nobody has costs nobody."""
    assert logins == cost_of(check).logins


@pytest.mark.parametrize("repeat", [1, 2])
@pytest.mark.parametrize("bad_logins", [0, 1, 4, 9])
@pytest.mark.parametrize("dialect", ["sensu", "rator"])
def test_bad_logins(dialect, bad_logins, repeat):
    """No account is charged with more bad logins than the limit, and what is left open weighs no more than what is not."""
    budget = Budget(target(dialect, bad_logins=bad_logins))
    covered, left_open = planned(budget, dialect, repeat)
    charged = {}
    for one in covered:
        for account, count in cost_of(one).logins.items():
            charged[account] = charged.get(account, 0) + count * repeat

    assert all(count <= bad_logins for count in charged.values())
    assert left_open or bad_logins == 9
    assert all("limits.bad_logins" in budget.left_open(c) for c in left_open)
    assert all(cost_of(c).logins for c in left_open)
    for account in {a for c in left_open for a in cost_of(c).logins}:
        paid = [c for c in covered if account in cost_of(c).logins]
        assert not paid or max(weight(c)[:2] for c in paid) <= max(weight(c)[:2] for c in left_open)


def test_weightiest_first():
    """With one bad login to give, it goes to the clause that matters most."""
    checks = [
        clause(("password.wrong",), "should", name="should"),
        clause(("password.wrong",), "must", "rfc", "rfc"),
        clause(("password.truncated",), name="narrow"),
        clause(("password.wrong",), name="grave"),
        clause(("password.wrong",), "must", "inferred", "inferred"),
    ]
    budget = Budget(target(bad_logins=1))
    budget.plan(checks)

    assert ["grave"] == [c.id for c in checks if not budget.left_open(c)]


def test_gravest_first():
    """Of equal clauses, the budget goes to the graver condition, then to the broader one."""
    names = ["password.truncated", "password.wrong", "body.malformed", "username.other_case"]
    ranked = sorted((clause((name,), name=name) for name in names), key=weight)

    assert ["password.wrong", "password.truncated", "username.other_case", "body.malformed"] == [c.id for c in ranked]


def test_what_cannot_be_provoked_costs_nothing():
    """A clause whose condition the credentials do not allow, for want of some or of a difference, leaves the budget to others."""
    checks = [clause(("password.foreign",), name="foreign"), clause(("password.wrong",), "should", name="wrong")]
    rich = Budget(target(bad_logins=1))
    rich.plan(checks)
    lone = target(bad_logins=1)
    lone = replace(lone, credentials={k: v for k, v in lone.credentials.items() if not k.startswith("other_")})
    poor = Budget(lone)
    poor.plan(checks)

    twins = target(bad_logins=1)
    twins = replace(twins, credentials={**twins.credentials, "other_password": twins.credentials["password"]})
    alike = Budget(twins)
    alike.plan(checks)

    assert ["foreign"] == [c.id for c in checks if not rich.left_open(c)]
    assert ["foreign", "wrong"] == [c.id for c in checks if not poor.left_open(c)]
    assert ["foreign", "wrong"] == [c.id for c in checks if not alike.left_open(c)]


@pytest.mark.parametrize("dialect", [*bundled(), "tests/dialects/lanternhouse"])
def test_no_budget_is_blamed_for_what_is_not_given(dialect, in_process):
    """At a target that gives only what is required, what lacks a credential is told as that and reserves no login."""
    mock = in_process(dialect)
    required = mock.session.target.dialect.api.required_credentials
    poor = replace(mock.session.target, credentials={r: mock.session.target.credentials[r] for r in required})
    session = TargetSession(poor, Masker(), wire=mock.session.transport, lazy=True)
    spending = [c for c in poor.dialect.clauses if not c.untested and cost_of(c).logins]
    lacking = {c.id for c in spending if check(session, c).verdict == "not_applicable"}
    budget = Budget(replace(poor, control=None, limits=Limits(bad_logins=0)))
    budget.plan(spending)

    assert {} == {c.id: budget.left_open(c) for c in spending if c.id in lacking and budget.left_open(c)}
    assert [] != [c for c in spending if budget.left_open(c)]


def test_default():
    """A live target is spared unless its file says otherwise; a mock with a clock is not."""
    assert 4 == Budget(target()).bad_logins
    assert 7 == Budget(target(bad_logins=7)).bad_logins
    assert Budget(target(control=Clock())).bad_logins is None
    assert 2 == Budget(target(control=Clock(), bad_logins=2)).bad_logins
    assert [] == planned(Budget(target(control=Clock())), "sensu")[1]


def test_counted_refusals():
    """Where a server bans, a run without waiting keeps its refusals below the ban, and says so of the rest."""
    api = load_dialect("fusio").api
    budget = Budget(target("fusio", bad_logins=1000))
    covered, left_open = planned(budget, "fusio")

    assert sum(cost_of(c, api.ban).refusals for c in covered if not grows_old(c)) < api.ban.count
    assert any("that budget, not the target" in budget.left_open(c) for c in left_open)
    assert "access_token.missing" in {name for c in covered for name in c.when}
    assert [] == planned(Budget(target("fusio", bad_logins=1000, firewall=False)), "fusio")[1]


def test_time_for_refusals():
    """Each further window that can be waited for has room for as many refusals as the first, and the plan uses it."""
    ban = FUSIO.api.ban
    covered = [
        sum(
            cost_of(c, ban).refusals * (wait > 0 or not grows_old(c))
            for c in planned(Budget(target("fusio", bad_logins=1000, max_wait=wait)), "fusio")[0]
        )
        for wait in (0, ban.window, ban.window + 1, 2 * (ban.window + 1))
    ]

    assert covered[0] == covered[1] < covered[2] < covered[3]
    assert all(count <= (1 + n) * (ban.count - 2) for count, n in zip(covered, (0, 0, 1, 2), strict=True))


def test_refusals_of_the_expired():
    """A token that is tried after its end is refused, and counts where there is time for it to end."""
    check = clause(guarantee="expiry.holds")
    room = FUSIO.api.ban.count - 2
    others = [clause(("username.unknown",), name=f"n{number}") for number in range(room)]
    left_open = {}
    for max_wait in (0, 12):
        budget = Budget(target("fusio", bad_logins=1000, max_wait=max_wait))
        budget.plan([check, *others])
        left_open[max_wait] = [c.id for c in (check, *others) if budget.left_open(c)]

    assert 1 == cost_of(check, FUSIO.api.ban).refusals
    assert [] == left_open[0]
    assert 1 == len(left_open[12])


def test_uncounted_refusals():
    """What such servers do not count fills no window: a status, or a condition at an operation."""
    clock = Clock()
    begun = clock.now()
    budget = Budget(target("fusio", clock))
    free = replace(
        PROBE, draft=draft(FUSIO.api.operations["issueByClientCredentials"], SECRETS), conditions=("basic.missing",)
    )
    for _ in range(60):
        budget.before(free)
        budget.after(free, Reply(400))
        budget.before(PROBE)
        budget.after(PROBE, Reply(404))

    assert clock.now() - begun < 5


def test_left_alone():
    """Where a target asks to be left alone for long, the next request is not sent either."""
    budget = Budget(target("fusio"))
    budget.after(PROBE, Reply(429, (("Retry-After", "900"),)))
    with pytest.raises(Inconclusive, match=r"(900|899) s"):
        budget.before(replace(PROBE, step="control"))


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_remedy_of_bad_logins(dialect):
    """The limit that a left open clause names is the lowest that leaves none open for it."""
    loaded = load_dialect(dialect)
    clauses = [c for c in loaded.clauses if not c.untested]

    def left_open(limit):
        budget = Budget(target(dialect, bad_logins=limit, firewall=False))
        budget.plan(clauses)
        return [halt.remedy["limits.bad_logins"] or 0 for c in clauses if (halt := budget.halt(c))]

    enough = max(left_open(1))

    assert [] == left_open(enough)
    assert [] != left_open(enough - 1)


def test_remedy_of_refusals():
    """Where the window of refusals leaves clauses open, the wait that would cover all of them is named."""
    ban = load_dialect("fusio").api.ban
    budget = Budget(target("fusio", bad_logins=1000))
    _, left_open = planned(budget, "fusio")
    wait = max(budget.halt(c).remedy["limits.max_wait"] or 0 for c in left_open)
    refusals = sum(cost_of(c, ban).refusals for c in load_dialect("fusio").clauses if not c.untested)

    assert wait >= (refusals // ban.count) * ban.window
    assert [] == planned(Budget(target("fusio", bad_logins=1000, max_wait=wait)), "fusio")[1]


def test_remedy_of_waits():
    """What grows old does so side by side: a wait that was refused names the limit for it and all that were refused before."""
    budget = Budget(target(max_wait=1))
    named = []
    for seconds in (9, 30, 20):
        with pytest.raises(NotObservable) as caught:
            budget.afford(seconds, "it ripens")
        named.append(caught.value.remedy["limits.max_wait"])
    generous = Budget(target(max_wait=named[-1]))
    for seconds in (9, 30, 20):
        generous.afford(seconds, "it ripens")

    assert named[0] < named[1] == named[2] < 40


def test_window():
    """A full window of refusals is let pass before the next request; on a clock that can be set it takes no time."""
    clock = Clock()
    begun = clock.now()
    ban = load_dialect("fusio").api.ban
    budget = Budget(target("fusio", clock))
    for _ in range(ban.count - 3):
        budget.before(PROBE)
        budget.after(PROBE, Reply(401))
    budget.before(PROBE)

    assert clock.now() - begun < 5
    budget.after(PROBE, Reply(401))
    budget.before(PROBE)
    assert clock.now() - begun >= ban.window


def test_served_requests_are_free():
    """Requests that are served fill no window."""
    clock = Clock()
    begun = clock.now()
    budget = Budget(target("fusio", clock))
    for _ in range(100):
        budget.before(PROBE)
        budget.after(PROBE, Reply(200))

    assert clock.now() - begun < 5


def test_waiting():
    """All waits of a run together keep within max_wait."""
    budget = Budget(target(max_wait=0.3))
    budget.pause(0.2, "it ripens")
    with pytest.raises(NotObservable, match=r"it ripens: .* of limits\.max_wait are left"):
        budget.pause(0.2, "it ripens")
    budget.pause(0.01, "a short one", short=True)
    budget.pause(-1, "nothing to wait for")


def test_uncertain_wait():
    """Nobody waits on a real clock for what may never come, and the reason is a sentence; a clock that can be set is."""
    pause = Pause(1000, "the refresh token expires")
    live = target(max_wait=10_000)
    with pytest.raises(NotObservable) as caught:
        Probe(live, Budget(live), None).wait(pause)
    clock = Clock()
    mock, begun = target(control=clock), clock.now()
    Probe(mock, Budget(mock), None).wait(pause)

    assert "nothing tells when the refresh token expires" == str(caught.value)
    assert clock.now() - begun >= 1000


def test_asked_to_wait():
    """A target that asks to be left alone for long is."""
    with pytest.raises(Inconclusive, match="3600 s"):
        Budget(target()).retry_after("3600")
    Budget(replace(target(), control=Clock())).retry_after("3600")
