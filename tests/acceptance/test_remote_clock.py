"""The clock of a mock in another process: it is asked when what it told a moment ago does not tell the time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from watchword.specs.codec import draft
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request
from watchword.suites.acting.steps import Call
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.clock import RemoteClock
from watchword.suites.target import from_description

Asking = Callable[..., tuple[RemoteClock, list[Any], list[float]]]


@pytest.fixture
def asking(serve: Any) -> Asking:
    """Give a clock whose mock answers with these fields, what the mock was asked, and this machine's time, which stands still.

    Each answer `takes` its seconds.
    """

    def begin(told: dict[str, object], takes: float = 0.001) -> tuple[RemoteClock, list[Any], list[float]]:
        here = [5000.0]

        def answer(_: Any) -> tuple[int, dict[str, str], bytes]:
            here[0] += takes
            return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

        mock = serve(answer)
        return RemoteClock(mock.url, tick=lambda: here[0]), mock.asked, here

    return begin


@pytest.mark.parametrize("pace", [1, 0, 0.5])
def test_a_moment_later_it_is_not_asked_again(pace: float, asking: Asking) -> None:
    """For a moment the time is what was told and what has passed since the answer, at the pace of the mock's clock."""
    clock, asked, here = asking({"now": 100.0, "pace": pace})
    first = clock.now()
    here[0] += 0.04

    assert 100.0 == first
    assert 100.0 + 0.04 * pace == pytest.approx(clock.now())
    assert 1 == len(asked)


def test_what_it_was_set_to_is_told_as_well(asking: Asking) -> None:
    """Who sets it ahead is told the time, and need not ask for it."""
    clock, asked, here = asking({"now": 700.0, "pace": 1})
    clock.advance(600)
    here[0] += 0.02

    assert 700.02 == pytest.approx(clock.now())
    assert ["POST"] == [request.method for request in asked]


@pytest.mark.parametrize(
    ("told", "takes", "later"),
    [
        ({"pace": 1}, 0.001, 0.06),
        ({"pace": 1}, 0.06, 0.001),
        ({}, 0.001, 0.001),
        ({"pace": "fast"}, 0.001, 0.001),
        ({"pace": -1}, 0.001, 0.001),
        ({"pace": 60}, 0.001, 0.001),
        ({"pace": float("inf")}, 0.001, 0.001),
        ({"pace": float("nan")}, 0.001, 0.001),
    ],
    ids=["later", "a slow answer", "no pace", "a word", "backwards", "faster than ours", "for ever", "no number"],
)
def test_it_is_asked_again(told: dict[str, object], takes: float, later: float, asking: Asking) -> None:
    """What is older, what took long to be told, and what tells no pace, or one that leaves too much open, is not reckoned on from."""
    clock, asked, here = asking({"now": 100.0, **told}, takes)
    clock.now()
    here[0] += later

    assert 100.0 == clock.now()
    assert 2 == len(asked)


class Refusing:
    """A wire on which every request is refused."""

    def send(self, _: Request) -> tuple[Reply, float]:
        """Refuse a request."""
        return Reply(401), 0.0

    def close(self) -> None:
        """Do nothing."""


def test_what_is_not_known_of_the_time_belongs_to_the_exchange(asking: Asking) -> None:
    """By so much as the clock may have been later than it was read, an exchange may have ended later."""
    clock, asked, _ = asking({"now": 100.0, "pace": 1})
    dialect = load_dialect("sensu")
    target = from_description(
        {
            "name": "x",
            "dialect": "sensu",
            "url": "http://mock.test",
            "credentials": dialect.world.credentials,
            "control": clock,
        }
    )
    session = TargetSession(target, Masker(), wire=Refusing())
    call = Call(draft(dialect.api.operations["createToken"], dialect.world.credentials), "probe", "log in")
    first, second = session.probe.send(call), session.probe.send(call)
    session.close()

    assert 1 == len(asked)
    assert [True, True] == [0.05 <= one.replied - one.sent for one in (first, second)]
