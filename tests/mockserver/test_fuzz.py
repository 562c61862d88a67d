"""A mock bears whatever is sent: a fast version of `python -m benchmarks.fuzz`, in a process of its own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import requests

from benchmarks.fuzzing import Findings, Right, exchange, fuzz, mangled, running, spoiled, written
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.orders.kinds import KINDS
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.values.http import Request

FICTIONAL = Path(__file__).parent.parent / "dialects" / "lanternhouse"
REQUESTS = 1500


@pytest.mark.parametrize("name", [*bundled(), str(FICTIONAL)], ids=lambda name: Path(name).name)
def test_no_request_breaks_the_mock(name: str) -> None:
    """Bytes that are no HTTP and right requests with something wrong get an answer or an end, and leave nothing behind."""
    dialect = load_dialect(name)
    with running(name, "--quiet") as mock:
        fuzz(dialect, mock, 100, seed=1)
        before = mock.descriptors()
        found = fuzz(dialect, mock, REQUESTS, seed=2)
        mock.forget()

        assert ([], [], [], []) == (found.undeclared, found.hanging, found.failed, mock.tracebacks())
        assert mock.descriptors() <= before
        # A fuzz that only ever met the same wall would find nothing.
        assert {200, 400, 401, 404, 405, 501} <= set(found.statuses)
        assert 0.05 * REQUESTS < found.statuses[200] < 0.9 * REQUESTS


def test_no_request_breaks_a_mock_that_fails() -> None:
    """With faults of every kind, faults of the catalogue and a race at once, the mock fails as it is told to, and no otherwise."""
    dialect = load_dialect("sensu")
    dice = random.Random(4)
    kinds = [kind for kind in KINDS if kind != "timeout"]
    # Most wait for a condition that a fuzz seldom meets: about one in five strikes.
    faults = dice.sample([name for name in catalogue(dialect) if not name.startswith("stall@")], 80)
    with running("sensu", "--quiet") as mock:
        control = mock.facts["control_url"]
        for name in (*kinds, *faults):
            wait = {"wait": 0.02} if name in ("slow", "dribble") else {}
            asked = {"fault": name, "probability": 0.05, "seed": 1, **wait}
            assert 201 == requests.post(f"{control}faults", json=asked, timeout=30).status_code
        assert 201 == requests.post(f"{control}race", json={"hold": 3, "wait": 0.1}, timeout=30).status_code
        found = fuzz(dialect, mock, REQUESTS, seed=3, declared=frozenset({500, 502, 503, 504}))
        struck = [f["fault"] for f in requests.get(f"{control}faults", timeout=30).json()["faults"] if f["struck"]]

        assert ([], [], [], []) == (found.undeclared, found.hanging, found.failed, mock.tracebacks())
        assert set(kinds) <= set(struck)
        assert len(struck) > len(kinds) + 10


def test_findings_are_found() -> None:
    """What must not happen is seen when it happens."""
    found = Findings()
    found.take(b"x", b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 503 Service Unavailable\r\n\r\n", frozenset())
    found.take(
        b"x", b"HTTP/1.1 500 Internal Server Error\r\n\r\nThe mock itself failed on this request", frozenset({500})
    )

    assert (1, 1, 2) == (len(found.undeclared), len(found.failed), found.requests)
    assert {200: 1, 503: 1, 500: 1} == found.statuses


def test_the_same_seed_makes_the_same_requests() -> None:
    """A seed stands for its requests, so that what was found can be had again; right requests are right."""
    request = Request("POST", "/login", "", (("Host", "a.test"), ("Content-Type", "application/json")), b'{"a": 1}')
    runs = [
        [(spoiled(request, dice), mangled(written(request), dice)) for _ in range(50)]
        for dice in (random.Random(5), random.Random(5))
    ]
    assert runs[0] == runs[1]

    dialect = load_dialect("sensu")
    with running("sensu", "--quiet") as mock:
        right, got = Right(dialect, mock), []
        for operation in dialect.api.operations.values():
            # A renewal ends the token that it was made with.
            right.learn()
            got.append(exchange(mock.address, written(right.request(operation)))[:12])
        assert [b"HTTP/1.1 200"] * 4 == got
