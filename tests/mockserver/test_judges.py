"""The judges by themselves: functions of an ordered list, at their borders."""

from __future__ import annotations

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
    """Two tokens refused in a row are as it should be, a third is a loop; one token, by many threads, may be."""
    refused = [exchange(n, "resource", n, 401, access=f"A{n}") for n in range(1, 4)]
    threads = [exchange(n, "resource", 1, 401, access="A") for n in range(1, 12)]

    assert not found("retry.once", *refused[:2]).breaches
    assert [(1, 2, 3)] == [breach.entries for breach in found("retry.once", *refused).breaches]
    assert not found("retry.once", *threads[:10]).breaches
    assert found("retry.once", *threads).breaches
    assert not found("retry.once", *refused[:2], exchange(9, "resource", 9), refused[2]).breaches


def test_lost_and_nothing_since() -> None:
    """A lost reply after which nothing came is left open."""
    lost = exchange(1, "renew", 1, lost=True)

    assert found("lost-reply.recovers", lost).open
    assert found("lost-reply.recovers", lost, exchange(2, "resource", 2, 401, access="A")).breaches


def test_brand_twice() -> None:
    """The same brand twice is one brand; two are a slip."""
    with start("rator") as mock:
        for query in ("brand_key=BRAND1&brand_key=BRAND1", "brand_key=BRAND1&brand_key=BRAND2", "brand_key="):
            requests.post(f"{mock.url}/oauth/token?{query}", data={"grant_type": "password"}, timeout=5)
        breaches = mock.verdict()["brand.in-place"].breaches

    assert [(2,), (3,)] == [breach.entries for breach in breaches]


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
