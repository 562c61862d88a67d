"""Verdicts about clients: each broken one is caught by its rule and by no other, good ones break none."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.mockserver.verdict_clients import Client, GaveUp
from watchword.mockserver.launch import Running, start
from watchword.mockserver.verdicts.judging import JUDGES
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.vocabulary.manners import MANNERS

pytest_plugins = ["pytester"]

INVENTED = Path(__file__).parent.parent / "dialects" / "lanternhouse"
DIALECTS: Mapping[str, Any] = {**{name: name for name in bundled()}, INVENTED.name: INVENTED}
BROKEN = ("fail", "warn", "info")


def plain(mock: Running, client: Client) -> None:
    """Log in, use the API three times, renew when the token is over, use it again."""
    for _ in range(3):
        client.call()
    mock.clock.after_expiry()
    client.call()
    client.call()


def twice_renewed(mock: Running, client: Client) -> None:
    """Renew twice."""
    plain(mock, client)
    mock.clock.after_expiry()
    client.call()
    client.call()


def never_right(mock: Running, client: Client) -> None:
    """The API answers 401 whatever the client does."""
    client.call()
    mock.faults.add("unauthorized", purpose="resource", count=6)
    client.call()


def wrong_password(mock: Running, client: Client) -> None:
    """The credentials are wrong."""
    client.credentials |= dict.fromkeys(("password", "client_secret"), "Not-This-One-7")
    with contextlib.suppress(GaveUp):
        client.login()


def forbidden(mock: Running, client: Client) -> None:
    """The API answers 403."""
    client.call()
    mock.faults.force(403, purpose="resource")
    client.call()
    client.call()


def together(mock: Running, client: Client) -> None:
    """Two threads find that the token is over."""
    client.call()
    mock.clock.after_expiry()
    # Both have seen the 401 before either renewal is over.
    client.expires = None
    mock.faults.add("slow", purpose="renewal", wait=0.4, count="all")
    ready = threading.Barrier(2)

    def run() -> None:
        ready.wait()
        client.call()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.call()


def lost(mock: Running, client: Client) -> None:
    """The reply to a renewal is lost."""
    client.call()
    mock.clock.after_expiry()
    mock.faults.add("lost-reply", purpose="renewal")
    client.call()
    client.call()


def busy(mock: Running, client: Client) -> None:
    """The server asks for patience."""
    client.call()
    mock.clock.freeze()
    mock.faults.add("too-many-requests", purpose="resource", retry_after=7)
    client.call()


def overloaded(mock: Running, client: Client) -> None:
    """The server is too busy, and does not say until when."""
    client.call()
    mock.clock.freeze()
    mock.faults.add("unavailable", purpose="resource", count=12)
    client.call()


def elsewhere(mock: Running, client: Client) -> None:
    """The server leads to another origin."""
    client.call()
    mock.faults.add("redirect", purpose="resource", status=307)
    client.call()


def unknown_members(mock: Running, client: Client) -> None:
    """A reply holds members that nobody described."""
    client.call()
    mock.clock.after_expiry()
    mock.faults.add("unknown-members", purpose="renewal", count="all")
    mock.faults.add("unknown-members", purpose="login", count="all")
    with contextlib.suppress(GaveUp):
        client.call()


def no_refresh_token(mock: Running, client: Client) -> None:
    """A reply to a renewal lacks the refresh token."""
    client.call()
    mock.clock.after_expiry()
    mock.faults.add("no-refresh-token", purpose="renewal", count="all")
    mock.faults.add("no-refresh-token", purpose="login", count="all")
    with contextlib.suppress(GaveUp):
        client.call()


def lower_case(mock: Running, client: Client) -> None:
    """The token type of replies is in lower case."""
    mock.faults.add("lower-case-bearer", purpose="login", count="all")
    quiet_login(mock, client)


def quiet_login(mock: Running, client: Client) -> None:
    """Log in and use the API, as far as that goes."""
    with contextlib.suppress(GaveUp):
        client.call()


Scenario = Callable[[Running, Client], None]

SCENARIOS: Mapping[str, Scenario] = {
    "brand.in-place": plain,
    "brand.same": plain,
    "token.in-place": plain,
    "token.not-in-url": plain,
    "credentials.not-in-url": plain,
    "credentials.in-basic": quiet_login,
    "body.encoding": plain,
    "token.newest": plain,
    "retry.once": never_right,
    "refusal.final": wrong_password,
    "forbidden.no-renewal": forbidden,
    "refresh.alone": together,
    "refresh.not-reused": twice_renewed,
    "lost-reply.recovers": lost,
    "login.when-needed": plain,
    "backoff.waits": busy,
    "backoff.pauses": overloaded,
    "expiry.read-right": plain,
    "reply.bearer-any-case": lower_case,
    "reply.unknown-members": unknown_members,
    "reply.no-refresh-token": no_refresh_token,
    "redirect.keeps-secrets": elsewhere,
}

CASES = [
    (dialect, rule)
    for dialect, where in DIALECTS.items()
    for rule in (m.name for m in load_dialect(where).manners or () if m.reason is None)
]


def profile_for(dialect: str, rule: str) -> str:
    """Give a profile in which the rule can be broken: refresh tokens are replaced where that matters."""
    profiles = load_dialect(DIALECTS[dialect]).profiles
    return "rotating" if rule == "refresh.not-reused" and "rotating" in profiles else "documented"


@pytest.fixture
def mock(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A mock of the dialect and for the rule that the test is about."""
    dialect, rule = request.param
    with start(DIALECTS[dialect], profile=profile_for(dialect, rule)) as running:
        yield running


def verdicts(mock: Running) -> dict[str, str]:
    """Give the verdicts by rule."""
    return {row["rule"]: row["verdict"] for row in mock._channel.ask("GET", "verdict")["verdicts"]}


@pytest.mark.parametrize(
    ("mock", "rule"),
    [((d, r), r) for d, r in CASES],
    indirect=["mock"],
    ids=lambda v: "-".join(v) if isinstance(v, tuple) else "",
)
def test_broken_clients(mock: Running, rule: str) -> None:
    """A client that breaks one rule is caught by it, and by no other."""
    with contextlib.suppress(GaveUp):
        SCENARIOS[rule](mock, Client(mock, rule))
    found = verdicts(mock)

    assert found.get(rule) in BROKEN, mock._channel.ask("GET", "verdict")
    assert {rule} == {name for name, verdict in found.items() if verdict in BROKEN}


@pytest.mark.parametrize(
    ("mock", "rule"),
    [((d, r), r) for d, r in CASES],
    indirect=["mock"],
    ids=lambda v: "-".join(v) if isinstance(v, tuple) else "",
)
def test_good_clients(mock: Running, rule: str) -> None:
    """The good client meets the same and breaks no rule; the one that it is tried on it keeps."""
    with contextlib.suppress(GaveUp):
        SCENARIOS[rule](mock, Client(mock))
    found = verdicts(mock)

    assert set() == {name for name, verdict in found.items() if verdict in BROKEN}
    assert "pass" == found[rule]


def test_every_rule_has_a_judge() -> None:
    """The vocabulary, the judges and the broken clients speak of the same rules."""
    assert set(MANNERS) == set(JUDGES) == set(SCENARIOS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_observed(dialect: str) -> None:
    """Before anything was asked, nothing is known."""
    with start(DIALECTS[dialect]) as mock:
        assert {"not_observed"} == set(verdicts(mock).values())


def test_forgotten_entries() -> None:
    """What forgotten requests may have broken is inconclusive; what the others show broken stays so."""
    with start("sensu") as mock:
        client = Client(mock)
        client.call()
        journal = mock.application.desk.journal
        journal._entries = deque(journal._entries, maxlen=3)
        for _ in range(3):
            client.call()
        found = verdicts(mock)
        assert {"inconclusive"} == set(found.values())
        client.send(client.issue, {"username": "x", "password": "y"})
        requests.get(mock.url + "/auth?password=abc", auth=("x", "y"), timeout=5)
        assert "fail" == verdicts(mock)["credentials.not-in-url"]


def test_one_who_only_logs_in() -> None:
    """Two logins without any use of a token are no sign of a client that does not understand its replies."""
    with start("rator") as mock:
        client = Client(mock)
        for _ in range(2):
            client.send(client.issue, {})

        assert set() == {rule for rule, verdict in verdicts(mock).items() if verdict in BROKEN}


def test_many_threads() -> None:
    """A good client with many threads, all of which find the token over at once, breaks no rule."""
    with start("sensu", profile="rotating") as mock:
        client = Client(mock)
        client.call()
        mock.clock.after_expiry()
        client.expires = None
        threads = [threading.Thread(target=client.call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert set() == {rule for rule, verdict in verdicts(mock).items() if verdict in BROKEN}


@pytest.mark.parametrize("strict", [True, "strict"])
def test_fixture(pytester: pytest.Pytester, strict: bool | str) -> None:
    """The client's test fails when it breaks a rule; with strict, when it does not heed a recommendation; else it passes."""
    pytester.makepyfile(
        f"""
        import requests

        def log_in(mock, query=""):
            user = (mock.credentials["username"], mock.credentials["password"])
            tokens = requests.get(mock.url + "/auth" + query, auth=user, timeout=5).json()
            return {{"Authorization": "Bearer " + tokens["access_token"]}}, tokens["access_token"]

        def test_good(watchword_mock):
            mock = watchword_mock("sensu", verdict={strict!r})
            headers, token = log_in(mock)
            requests.get(mock.url + "/api/core/v2/namespaces", headers=headers, timeout=5)

        def test_careless(watchword_mock):
            mock = watchword_mock("sensu", verdict={strict!r})
            headers, token = log_in(mock)
            requests.get(mock.url + "/api/core/v2/namespaces?access_token=" + token, headers=headers, timeout=5)

        def test_broken(watchword_mock):
            log_in(watchword_mock("sensu", verdict={strict!r}), "?password=abc")

        def test_broken_in_a_space(watchword_mock):
            log_in(watchword_mock("sensu", verdict={strict!r}).space("blue"), "?password=abc")

        def test_not_asked(watchword_mock):
            log_in(watchword_mock("sensu"), "?password=abc")
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    expected = {"passed": 2, "failed": 3} if strict == "strict" else {"passed": 3, "failed": 2}
    result.assert_outcomes(**expected)
    result.stdout.fnmatch_lines(["*the client breaks rules of this API*", "*credentials.not-in-url*", "*RFC 6749*"])


def test_breaches_are_gathered() -> None:
    """What many requests have in common is said once, with their ids; and no more of them than can be read."""
    with start("sensu") as mock:
        for _ in range(50):
            requests.get(mock.url + "/auth?password=abc", timeout=5)
        [breach] = mock.verdict()["credentials.not-in-url"].breaches

        assert tuple(range(1, 21)) == breach.entries
