"""The judges by themselves: functions of an ordered list, at their borders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from watchword.mockserver.launch import start
from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Finding
from watchword.mockserver.verdicts.judging import JUDGES
from watchword.specs.values.http import Request


def exchange(number: int, purpose: str, at: float, status: int = 200, **more: Any) -> Exchange:
    """Make an exchange that takes a tenth of a second."""
    return Exchange(number, at, at, at + 0.1, "http://a", purpose, purpose, f"/{purpose}", status, **more)


def tokens(number: int) -> dict[str, Any]:
    """Give what a reply with tokens holds."""
    return {"given": {"access_token": f"A{number}", "refresh_token": "R"}, "ends": 10_000.0}


def found(rule: str, *exchanges: Exchange) -> Finding:
    """Judge."""
    return JUDGES[rule](exchanges)


@pytest.mark.parametrize(("after", "broken"), [(0.05, False), (0.9, False), (1.2, True)])
def test_late_threads(after: float, broken: bool) -> None:
    """A thread may be a second late with an old token, where others use the new one."""
    row = (
        exchange(1, "issue", 0, **tokens(1)),
        exchange(2, "renew", 10, refresh="R", **tokens(2)),
        exchange(3, "resource", 10.1 + after, 401, access="A1"),
        exchange(4, "resource", 20, access="A2"),
    )

    assert broken == bool(found("token.newest", *row).breaches)
    # Where nobody ever uses the new one, it has not been stored.
    assert found("token.newest", *row[:3]).breaches


def test_renewals_for_a_reason() -> None:
    """A renewal after a 401, or after a reply that was lost, comes for that reason; two without any come too early."""
    first = exchange(1, "issue", 0, **tokens(1))
    refused = exchange(2, "resource", 1, 401, access="A1")
    second = exchange(3, "renew", 2, refresh="R", **tokens(2))
    lost = exchange(4, "renew", 3, refresh="R", lost=True)
    third = exchange(5, "renew", 4, refresh="R", **tokens(3))
    fourth = exchange(6, "renew", 5, refresh="R", **tokens(4))

    assert not found("expiry.read-right", first, refused, second, third).breaches
    assert not found("expiry.read-right", first, refused, second, lost, third).breaches
    assert not found("expiry.read-right", first, second, refused, third, lost, fourth).breaches
    assert found("expiry.read-right", first, second, third).breaches


@pytest.mark.parametrize(("gap", "broken"), [(0.05, True), (0.2, False)])
def test_overlap(gap: float, broken: bool) -> None:
    """Two renewals overlap when the second comes before the reply to the first has left."""
    row = (exchange(1, "renew", 1, refresh="R"), exchange(2, "renew", 1 + gap, refresh="R"))

    assert broken == bool(found("refresh.alone", *row).breaches)
    assert not found("refresh.alone", row[0], exchange(3, "renew", 1.05, refresh="Q")).breaches


@pytest.mark.parametrize(("seconds", "broken"), [(6.9, True), (7.2, False)])
def test_waiting(seconds: float, broken: bool) -> None:
    """Retry-After is counted from when the reply has left; requests to other operations may come before."""
    told = exchange(1, "resource", 0, 429, retry_after=7.0)
    other = exchange(2, "renew", 1)

    assert broken == bool(found("backoff.waits", told, other, exchange(3, "resource", seconds)).breaches)


def test_loops() -> None:
    """Two tokens refused with a renewal between them are as it should be, a third is a loop; without one it is another try."""
    refused = [exchange(n, "resource", n, 401, access=f"A{n}") for n in (1, 3, 5)]
    renewed = [exchange(n, "renew", n, refresh="R", **tokens(n + 1)) for n in (2, 4)]
    row = [refused[0], renewed[0], refused[1], renewed[1], refused[2]]

    assert not found("retry.once", *row[:4]).breaches
    assert [(1, 3, 5)] == [breach.entries for breach in found("retry.once", *row).breaches]
    assert not found("retry.once", *refused).breaches
    assert not found("retry.once", *row[:4], exchange(9, "resource", 9), refused[2]).breaches


@pytest.mark.parametrize(
    ("gap", "times", "renews", "broken"),
    [
        (0.0, 20, False, False),
        (0.101, 10, False, False),
        (0.101, 12, True, True),
        (0.101, 11, True, False),
        (0.3, 5, False, True),
        (0.3, 4, False, False),
        (0.3, 5, True, True),
    ],
)
def test_one_token_again_and_again(gap: float, times: int, renews: bool, broken: bool) -> None:
    """Threads learn of a 401 one by one, within a second; who does nothing about it must not go on for long."""
    row = [exchange(n, "resource", gap * n, 401, access="A1") for n in range(1, times + 1)]
    if renews:
        row.append(exchange(99, "renew", 9, refresh="R", **tokens(2)))

    assert broken == bool(found("retry.once", *row).breaches)


def test_an_old_token_while_the_clock_is_moved() -> None:
    """Refusals between which the mock's clock was moved are not those of threads that come together."""
    row = [exchange(n, "resource", 30.0 * n, 401, access="A1") for n in range(1, 7)]
    quick = [replace(e, began=e.id * 0.11, ended=e.id * 0.11 + 0.1) for e in row]

    assert found("retry.once", *quick).breaches
    assert not found("retry.once", *(replace(e, at=30.0) for e in quick)).breaches


def test_in_vain() -> None:
    """A token that could not be renewed is not sent again and again, either; an old one beside a new one is another rule's."""
    row = [exchange(n, "resource", n, 401, access="A1") for n in range(3, 8)]
    first = exchange(1, "resource", 1, 401, access="A1")

    assert found("retry.once", first, exchange(2, "renew", 2, 400, refresh="R"), *row).breaches
    assert not found("retry.once", first, exchange(2, "renew", 2, refresh="R", **tokens(2)), *row).breaches


@pytest.mark.parametrize(("gap", "broken"), [(0.05, False), (0.15, True), (0.21, True), (0.24, False)])
def test_storms(gap: float, broken: bool) -> None:
    """Tries without a pause are a storm, one after the other; those of threads overlap, and some replies say when to come."""
    row = [exchange(n, "resource", gap * n, 503, access="A") for n in range(1, 7)]
    told = [exchange(n, "resource", gap * n, 503, access="A", retry_after=1.0) for n in range(1, 7)]

    assert broken == bool(found("backoff.pauses", *row).breaches)
    assert not found("backoff.pauses", *row[:4]).breaches
    assert not found("backoff.pauses", *told).tried
    long = [exchange(n, "resource", 0.11 * n, 503, access="A") for n in range(1, 31)]
    assert [(1, 2, 3, 4, 5)] == [breach.entries for breach in found("backoff.pauses", *long).breaches]


def test_refused_for_good() -> None:
    """The same request again is a breach, another one is none, nor is one that was under way before the refusal had come."""
    refused = exchange(1, "issue", 1, 401, sent="x")

    assert found("refusal.final", refused, exchange(2, "issue", 2, 401, sent="x")).breaches
    assert not found("refusal.final", refused, exchange(2, "issue", 2, 401, sent="y")).breaches
    assert not found("refusal.final", refused, exchange(2, "issue", 1.05, 401, sent="x")).breaches


def test_early_and_refused() -> None:
    """A renewal that is refused does not come too early: it was made with no good token."""
    row = (exchange(1, "issue", 0, **tokens(1)), exchange(2, "renew", 1, refresh="R", **tokens(2)))

    assert not found("expiry.read-right", *row, exchange(3, "renew", 2, 400, refresh="R")).breaches


def test_sessions_apart() -> None:
    """One early renewal in each of two sessions is none again and again."""
    logins = [
        exchange(n, "issue", n, given={"access_token": f"A{n}", "refresh_token": f"R{n}"}, ends=9e3) for n in (1, 2)
    ]
    renewals = [
        exchange(
            n + 2, "renew", n + 2, refresh=f"R{n}", given={"access_token": f"B{n}", "refresh_token": f"S{n}"}, ends=9e3
        )
        for n in (1, 2)
    ]
    third = exchange(5, "renew", 5, refresh="S2", given={"access_token": "C2"}, ends=9e3)

    assert not found("expiry.read-right", *logins, *renewals).breaches
    assert [(4, 5)] == [b.entries for b in found("expiry.read-right", *logins, *renewals, third).breaches]


def test_clients_apart() -> None:
    """Several clients that find their tokens over at one time, and renew each, are no loop; one was told to wait, not others."""
    logins = [exchange(n, "issue", n, **tokens(n)) for n in (1, 2, 3)]
    refused = [exchange(n + 3, "resource", 10 + n, 401, access=f"A{n}") for n in (1, 2, 3)]
    renewed = [exchange(n + 20, "renew", 20 + n, refresh="R", **tokens(n + 5)) for n in (1, 2)]
    row = [*logins, refused[0], renewed[0], refused[1], renewed[1], refused[2]]
    told = exchange(1, "resource", 0, 429, retry_after=7.0, party=("a",))

    assert not found("retry.once", *row).breaches
    assert not found("backoff.waits", told, exchange(2, "resource", 1, party=("b",))).breaches


@pytest.mark.parametrize(("lifetime", "broken"), [(5.0, False), (59.0, False), (300.0, True)])
def test_looking_ahead(lifetime: float, broken: bool) -> None:
    """A client that renews a minute ahead renews short-lived tokens again and again, and has read their end right."""
    first = exchange(1, "issue", 0, **tokens(1) | {"ends": lifetime})
    renewals = [exchange(n, "renew", n, refresh="R", **tokens(n) | {"ends": n + lifetime}) for n in (2, 3, 4)]

    assert broken == bool(found("expiry.read-right", first, *renewals).breaches)


@pytest.mark.parametrize(("spoilt", "broken"), [("", True), ("over", False), ("refused", False), ("unused", False)])
def test_logins_without_refresh_tokens(spoilt: str, broken: bool) -> None:
    """Where there are no refresh tokens, an access token that works is used again, and nobody logs in for each request."""
    row = []
    for n in range(1, 7, 2):
        ends = n + 0.5 if spoilt == "over" else 100.0
        row.append(exchange(n, "issue", n, given={"access_token": f"A{n}"}, ends=ends))
        status = 401 if spoilt == "refused" else 200
        row.append(exchange(n + 1, "resource", n + 0.2, status, access=None if spoilt == "unused" else f"A{n}"))

    assert broken == bool(found("login.when-needed", *row).breaches)
    assert not found("login.when-needed", *row[:4]).breaches


@pytest.mark.parametrize(("early", "broken"), [(59, False), (1700, False), (1900, True)])
def test_logins_ahead(early: int, broken: bool) -> None:
    """Where there are no refresh tokens, who logs in shortly before the end of a token, or in its second half, looks ahead."""
    row = []
    for n in range(4):
        at = n * (3600.0 - early)
        row.append(exchange(2 * n + 1, "issue", at, given={"access_token": f"A{n}"}, ends=at + 3600))
        row.append(exchange(2 * n + 2, "resource", at + 0.2, access=f"A{n}"))

    assert broken == bool(found("login.when-needed", *row).breaches)


@pytest.mark.parametrize("what", [{"access": "A1"}, {"refresh": "R"}, {"access": "A9"}])
def test_login_after_a_revocation(what: dict[str, str]) -> None:
    """Who has revoked a token of a session has done with it, and may log in again; a token of another session tells nothing."""
    first = exchange(1, "issue", 0, **tokens(1))
    use = exchange(2, "resource", 1, access="A1")
    again = exchange(4, "issue", 4, spare=True, **tokens(2))

    assert ("A9" in what.values()) == bool(
        found("login.when-needed", first, use, exchange(3, "revoke", 3, **what), again).breaches
    )


def test_login_after_a_renewal_that_was_none() -> None:
    """Who has sent something for a refresh token, and was refused, has tried to renew before it logs in."""
    first = exchange(1, "issue", 0, party=("me",), **tokens(1))
    use = exchange(2, "resource", 1, access="A1")
    again = exchange(4, "issue", 4, party=("me",), spare=True, **tokens(2))

    assert found("login.when-needed", first, use, again).breaches
    assert not found(
        "login.when-needed", first, use, exchange(3, "renew", 3, 400, party=("me",), refresh="A1"), again
    ).breaches


def test_tokens_in_place() -> None:
    """An access token does not renew, and a refresh token opens nothing; a text that is both may do both."""
    first = exchange(1, "issue", 0, **tokens(1))

    assert found("token.in-place", first, exchange(2, "renew", 1, 400, refresh="A1")).breaches
    assert found("token.in-place", first, exchange(2, "resource", 1, 401, access="R")).breaches
    assert not found("token.in-place", first, exchange(2, "resource", 1, access="A1", refresh="R")).breaches
    for purpose in ("introspect", "revoke"):
        row = (first, exchange(2, purpose, 1, access="R"), exchange(3, purpose, 1, refresh="A1"))
        assert not found("token.in-place", *row).tried
    both = exchange(3, "issue", 3, given={"access_token": "S", "refresh_token": "S"})
    assert not found("token.in-place", both, exchange(4, "resource", 4, access="S")).breaches


def test_replies_of_those_who_only_log_in() -> None:
    """Who never uses a token may only log in; where somebody asked for unusual replies, or others were used, that tells."""
    lower = {"given": {"access_token": "A", "refresh_token": "R", "token_type": "bearer"}, "party": ("me",)}
    logins = [exchange(n, "issue", n, **lower) for n in range(1, 4)]
    asked = [exchange(n, "issue", n, condition="lower-case-bearer", **lower) for n in range(1, 4)]
    others = [exchange(n, "issue", n, **lower | {"party": (str(n),)}) for n in range(1, 4)]
    rule = "reply.bearer-any-case"

    assert not found(rule, *logins).breaches
    assert found(rule, *logins).open
    assert found(rule, *asked).breaches
    assert found(rule, exchange(9, "resource", 0.5, access="B"), *logins).breaches
    assert not found(rule, *others).breaches
    assert not found(rule, *asked, exchange(9, "renew", 9, refresh="R")).breaches


def test_lost_and_nothing_since() -> None:
    """A lost reply after which nothing came is left open, and so is one whose tokens nobody needed yet."""
    lost = exchange(1, "renew", 1, lost=True)

    assert found("lost-reply.recovers", lost).open
    assert found("lost-reply.recovers", lost, exchange(2, "resource", 2, access="A")).open
    assert found("lost-reply.recovers", lost, exchange(2, "resource", 2, 401, access="A")).breaches


def test_brand_twice() -> None:
    """The same brand twice is one brand; two are a slip."""
    with start("rator") as mock:
        for query in ("brand_key=BRAND1&brand_key=BRAND1", "brand_key=BRAND1&brand_key=BRAND2", "brand_key="):
            requests.post(f"{mock.url}/oauth/token?{query}", data={"grant_type": "password"}, timeout=5)
        breaches = mock.verdict()["brand.in-place"].breaches

    assert [(2,), (3,)] == [breach.entries for breach in breaches]


@pytest.mark.parametrize(("place", "rule"), [("login", None), ("call", "brand.in-place")])
def test_brand_in_other_letters(place: str, rule: str | None) -> None:
    """A brand in other letters is no other brand; it is a slip where the server minds, as at a resource of this one."""
    with start("rator") as mock:
        c = mock.credentials
        key = c["brand_key"]
        query = {"brand_key": key.lower() if place == "login" else key}
        form = {"grant_type": "password", "username": c["username"], "password": c["password"]}
        app = (c["client_id"], c["client_secret"])
        token = requests.post(f"{mock.url}/oauth/token", params=query, data=form, auth=app, timeout=5).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        headers["X-RATOR-brand-key"] = key.lower() if place == "call" else key
        requests.get(f"{mock.resource_url}/api/billing-groups/1/balance", headers=headers, timeout=5)

        assert [rule] * bool(rule) == [v.rule for v in mock.verdict().broken(strict=True)]


def test_between_asking_and_listening() -> None:
    """What comes between the first part of a stream and its listener is not lost, and not told twice."""
    with start("sensu") as mock:
        live = mock.application.desk.live
        mock.application.from_inside(Request("GET", "/one"), mock.origin)
        stream = live.follow({}, 0)
        mock.application.from_inside(Request("GET", "/two"), mock.origin)
        heard: list[bytes] = []
        end = stream.follow(heard.append)
        mock.application.from_inside(Request("GET", "/three"), mock.origin)
        end()
        mock.application.from_inside(Request("GET", "/four"), mock.origin)

    told = [part.split(b"\n")[0] for part in heard]
    assert (1, [b"id: 2", b"id: 3"]) == (stream.body.count(b"id: "), told)
