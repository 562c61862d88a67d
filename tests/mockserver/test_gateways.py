"""The mock as ASGI and WSGI callables, for the test clients of others."""

from __future__ import annotations

import asyncio
import threading
import wsgiref.simple_server
import wsgiref.validate
from typing import Any

import httpx
import pytest
import requests
from werkzeug.test import Client

from watchword.mockserver import mount
from watchword.mockserver.control import ROOT
from watchword.mockserver.http.message import BODY_LIMIT
from watchword.mockserver.mounting import Mounted


def user(mock: Mounted) -> tuple[str, str]:
    """Give the announced user."""
    return mock.credentials["username"], mock.credentials["password"]


def by_asgi(mock: Mounted, method: str, path: str, **options: Any) -> httpx.Response:
    """Ask through ASGI."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=mock.asgi, root_path=options.pop("root_path", ""))
        async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask())


def by_wsgi(mock: Mounted, method: str, path: str, **options: Any) -> httpx.Response:
    """Ask through WSGI."""
    transport = httpx.WSGITransport(app=mock.wsgi, script_name=options.pop("root_path", ""))
    with httpx.Client(transport=transport, base_url="http://app.test") as client:
        return client.request(method, path, **options)


WAYS = pytest.mark.parametrize("by", [by_asgi, by_wsgi])


@WAYS
def test_login_and_use(by: Any) -> None:
    """A client logs in, renews and uses its token; the mock tells what it was asked."""
    mock = mount("sensu")
    tokens = by(mock, "GET", "/auth", auth=user(mock)).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    renewed = by(mock, "POST", "/auth/token", json={"refresh_token": tokens["refresh_token"]}, headers=bearer)
    bearer = {"Authorization": f"Bearer {renewed.json()['access_token']}"}
    used = by(mock, "GET", "/api/core/v2/namespaces?limit=1", headers=bearer)

    assert (200, 200) == (renewed.status_code, used.status_code)
    assert "Date" in used.headers
    assert [("createToken", ""), ("renewToken", ""), ("listNamespaces", "limit=***")] == [
        (entry.operation, entry.query) for entry in mock.journal
    ]
    assert 401 == by(mock, "GET", "/auth", auth=("a", "b")).status_code
    assert "username.unknown" == mock.why().condition


@WAYS
def test_paths_are_kept(by: Any) -> None:
    """A path arrives as it was sent, and below what the application is mounted at."""
    mock = mount("sensu")
    by(mock, "GET", "/a%20b/c")
    # A server has WSGI applications find only the rest in their path; those of ASGI may find all of it.
    by(mock, "GET", "/auth" if by is by_wsgi else "/below/auth", root_path="/below")

    assert ["/a%20b/c", "/auth"] == [entry.path for entry in mock.journal]


@WAYS
def test_limits(by: Any) -> None:
    """The limits of the HTTP server hold here, too."""
    mock = mount("sensu")

    assert 413 == by(mock, "POST", "/auth/token", content=b"a" * (BODY_LIMIT + 1)).status_code
    assert 431 == by(mock, "GET", "/auth", headers={"X": "a" * 70_000}).status_code


@WAYS
def test_spaces_and_control(by: Any) -> None:
    """Spaces and the control side are there; pages of other origins may not use it."""
    mock = mount("sensu")
    by(mock, "GET", "/auth", headers={"Watchword-Space": "a"})

    assert ("a",) == mock.spaces.list()
    assert 200 == by(mock, "GET", ROOT + "clock").status_code
    assert 403 == by(mock, "POST", ROOT + "reset", headers={"Origin": "https://evil.test"}).status_code
    guarded = mount("sensu", control_token="harbour-lantern-7")
    assert 401 == by(guarded, "GET", ROOT + "clock").status_code
    assert guarded.clock.now() > 0


@WAYS
@pytest.mark.parametrize(
    ("fault", "error"), [("drop", ConnectionError), ("half-body", ConnectionError), ("stall", TimeoutError)]
)
def test_broken_connections(by: Any, fault: str, error: type[Exception]) -> None:
    """A connection that the mock breaks is an exception."""
    mock = mount("sensu", fault=f"{fault}@createToken")

    with pytest.raises(error):
        by(mock, "GET", "/auth", auth=user(mock))


@WAYS
def test_slow_and_held(by: Any) -> None:
    """A late reply and one that is held for a race arrive."""
    mock = mount("sensu")
    mock.faults.add("slow", wait=0.02)
    tokens = by(mock, "GET", "/auth", auth=user(mock)).json()
    mock.race.arm(2, wait=0.05)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    body = {"refresh_token": tokens["refresh_token"]}

    assert 200 == by(mock, "POST", "/auth/token", json=body, headers=bearer).status_code
    assert ["won"] == [runner["result"] for race in mock.race.shown()["races"] for runner in race["runners"]]


def test_werkzeug() -> None:
    """The test client of Flask and Werkzeug takes the WSGI callable, and so does the validator of the standard library."""
    mock = mount("sensu")
    reply = Client(wsgiref.validate.validator(mock.wsgi)).get("/auth", auth=user(mock))

    assert (200, True) == (reply.status_code, "access_token" in reply.json)
    reply.close()


def test_wsgi_on_a_socket() -> None:
    """Served by a WSGI server, it answers over a socket."""

    class Quiet(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
            """Print nothing."""

    mock = mount("sensu")
    with wsgiref.simple_server.make_server("127.0.0.1", 0, mock.wsgi, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with requests.Session() as session:
            session.trust_env = False
            reply = session.get(f"http://127.0.0.1:{server.server_port}/auth", auth=user(mock), timeout=5)
        thread.join()

    assert 200 == reply.status_code


def test_lifespan() -> None:
    """An ASGI server that asks about start and end is answered; anything but HTTP is refused."""
    sent: list[str] = []

    async def run(kind: str, *asked: str) -> None:
        waiting = list(asked)

        async def receive() -> dict[str, Any]:
            return {"type": waiting.pop(0)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await mount("sensu").asgi({"type": kind}, receive, send)

    asyncio.run(run("lifespan", "lifespan.startup", "lifespan.shutdown"))
    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == sent
    with pytest.raises(ValueError, match="expected HTTP, seen websocket"):
        asyncio.run(run("websocket"))


def test_into_a_session() -> None:
    """A session of requests takes it for its origin."""
    mock = mount("sensu", origin="https://api.example.test")
    with mock.into(requests.Session()) as session:
        assert 200 == session.get("https://api.example.test/auth", auth=user(mock)).status_code
