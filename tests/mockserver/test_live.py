"""The journal as a live stream, over real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from watchword.mockserver.launch import Running, start
from watchword.specs.values.http import Request


@pytest.fixture
def mock() -> Iterator[Running]:
    """A mock that is listened to."""
    with start("sensu") as running:
        yield running


def follow(mock: Running, query: str = "", **headers: str) -> requests.Response:
    """Begin to listen; what comes from now on is heard."""
    stream = requests.get(f"{mock.control_url}journal/live{query}", headers=headers, stream=True, timeout=5)
    assert 200 == stream.status_code
    return stream


def events(stream: requests.Response, number: int) -> list[dict[str, Any]]:
    """Read so many events, and end the stream."""
    found: list[dict[str, Any]] = []
    event: dict[str, Any] = {}
    with stream:
        for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value
            elif event:
                found.append(event | {"data": json.loads(event["data"])})
                event = {}
            if len(found) == number:
                break
    return found


def ask(mock: Running, path: str = "/auth", **more: Any) -> None:
    """Send a request to the API."""
    requests.get(mock.url + path, timeout=5, **more)


def test_what_comes(mock: Running) -> None:
    """A listener hears of each request that comes, as an event with the journal's entry and its id."""
    ask(mock)
    stream = follow(mock)
    user = (mock.credentials["username"], mock.credentials["password"])
    ask(mock, auth=user)
    ask(mock, "/nowhere")
    heard = events(stream, 2)

    assert "text/event-stream; charset=utf-8" == stream.headers["Content-Type"]
    assert [("2", "request"), ("3", "request")] == [(event["id"], event["event"]) for event in heard]
    assert [entry.told for entry in mock.journal.entries()][1:] == [event["data"] for event in heard]
    assert user[1] not in json.dumps(heard)


@pytest.mark.parametrize(("query", "headers"), [("?since=1", {}), ("", {"Last-Event-ID": "1"})])
def test_from_an_id(mock: Running, query: str, headers: dict[str, str]) -> None:
    """A listener that was away goes on where it was."""
    for _ in range(3):
        ask(mock)
    stream = follow(mock, query, **headers)
    ask(mock)

    assert ["2", "3", "4"] == [event["id"] for event in events(stream, 3)]


def test_filters(mock: Running) -> None:
    """What is limited is limited in the stream, too."""
    stream = follow(mock, "?status=4xx&operation=createToken")
    ask(mock, auth=(mock.credentials["username"], mock.credentials["password"]))
    ask(mock, "/nowhere")
    ask(mock)

    assert ["3"] == [event["id"] for event in events(stream, 1)]
    assert 400 == requests.get(f"{mock.control_url}journal/live?since=x", timeout=5).status_code


def test_who_leaves_is_forgotten(mock: Running) -> None:
    """Nobody is told any more who has closed the connection, and a mock with listeners stops at once."""
    live = mock.application.desk.live
    stream = follow(mock)
    ask(mock)
    events(stream, 1)
    staying = follow(mock)
    while len(live._listening) > 1:
        ask(mock)
    mock.stop()

    assert {} == live._listening
    staying.close()


def test_who_is_too_slow_is_let_go(mock: Running) -> None:
    """Who does not read does not make the mock heap up what it would be told."""
    live = mock.application.desk.live
    with socket.create_connection(("127.0.0.1", mock.port)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /__watchword__/journal/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while not live._listening:
            ask(mock)
        request = Request("GET", "/" + "a" * 2000)
        for _ in range(20_000):
            mock.application.from_inside(request, mock.origin)
            if not live._listening:
                break

        assert {} == live._listening


def test_head_and_inside(mock: Running) -> None:
    """HEAD gets no stream; a way in without a socket gets what there is."""
    assert 200 == requests.head(f"{mock.control_url}journal/live", timeout=5).status_code
    ask(mock)
    answer: Any = mock.application.from_inside(Request("GET", "/__watchword__/journal/live", "since=0"), mock.origin)

    assert b"id: 1\nevent: request\ndata: {" in answer.body
    assert {} == mock.application.desk.live._listening
