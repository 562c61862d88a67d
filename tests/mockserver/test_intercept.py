"""The mock in place of an origin."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.server
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import responses
import urllib3
from urllib3 import Retry

from watchword.mockserver.clock import Clock
from watchword.mockserver.control import ROOT
from watchword.mockserver.intercept import intercept
from watchword.mockserver.steer.mock import Mock
from watchword.specs.errors import SpecError

ORIGIN = "https://api.example.test"


def log_in(service: Mock, origin: str = ORIGIN) -> requests.Response:
    """Log in with the announced credentials."""
    credentials = service.credentials
    return requests.get(origin + "/auth", auth=(credentials["username"], credentials["password"]), timeout=3)


def test_any_client() -> None:
    """Whatever asks the origin through requests is answered, by the service that the block is given."""
    with intercept("sensu", origin=ORIGIN) as service:
        token = log_in(service).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        reply = requests.get(ORIGIN + "/api/core/v2/namespaces", headers=bearer, timeout=3)
        service.clock.advance(10_000_000)
        late = requests.get(ORIGIN + "/api/core/v2/namespaces", headers=bearer, timeout=3)

    assert (200, 401) == (reply.status_code, late.status_code)


def test_other_origins() -> None:
    """A request to any other origin does not get out."""
    with intercept("sensu", origin=ORIGIN):
        for url in (
            "http://api.example.test/auth",
            "https://example.test/auth",
            "https://api.example.test:444/",
            "https://api.example.test.evil/",
        ):
            with pytest.raises(requests.ConnectionError):
                requests.get(url, timeout=3)


@pytest.mark.parametrize(
    "url", ["https://api.example.test:443/auth", "https://API.example.test/auth", "https://api.example.test"]
)
def test_spellings(url: str) -> None:
    """The default port and the case of the host make no other origin."""
    with intercept("sensu", origin=ORIGIN):
        assert requests.get(url, timeout=3).status_code in (401, 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_methods(method: str) -> None:
    """Every method is answered."""
    with intercept("sensu", origin=ORIGIN):
        assert requests.request(method, ORIGIN + "/auth", timeout=3).status_code in (400, 401, 404, 405)


@intercept("sensu", origin=ORIGIN)
def test_decorator() -> None:
    """It decorates a function, too."""
    assert 200 == requests.get(ORIGIN + ROOT + "health", timeout=3).status_code


def test_two_origins() -> None:
    """Two mocks stand side by side, each in its own block."""
    with intercept("sensu", origin=ORIGIN) as outer:
        assert 200 == log_in(outer).status_code
        with intercept("sensu", origin="http://other.test:81", profile="documented", clock=Clock(1_000_000.0)) as inner:
            reply = log_in(inner, "http://other.test:81")
            assert "Jan 1970" in reply.headers["Date"]
        assert 200 == log_in(outer).status_code


def test_nothing_stays() -> None:
    """After the block requests leave as ever: here, to a port where nobody listens."""
    with intercept("sensu", origin="http://127.0.0.1:9"):
        assert 404 == requests.get("http://127.0.0.1:9/x", timeout=3).status_code
    with pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/x", timeout=3)


def test_bad_arguments() -> None:
    """A path is not an origin, and an unknown dialect or profile is named."""
    with pytest.raises(ValueError, match="expected an origin"), intercept("sensu", origin=ORIGIN + "/v1"):
        pass
    with pytest.raises(SpecError, match="no dialect"), intercept("sensuu", origin=ORIGIN):
        pass
    with pytest.raises(SpecError, match="no profile"), intercept("sensu", origin=ORIGIN, profile="nothing"):
        pass


class Real(http.server.ThreadingHTTPServer):
    """A server that stands for the world outside, and notes what reaches it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Note a request and answer it."""
        assert isinstance(self.server, Real)
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
        """Print nothing."""


@pytest.fixture
def real() -> Iterator[Real]:
    """A server outside."""
    with Real() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_every_kind_of_function(real: Real) -> None:
    """Functions, coroutines and generators of both kinds run with the mock in place, and nothing gets out."""
    asked: list[int] = []

    def ask() -> int:
        asked.append(requests.get(real.origin + "/auth", auth=("mira", "secret"), timeout=3).status_code)
        return asked[-1]

    @intercept("sensu", origin=real.origin)
    async def coroutine() -> int:
        await asyncio.sleep(0)
        return ask()

    @intercept("sensu", origin=real.origin)
    def generator() -> Iterator[int]:
        yield ask()

    @intercept("sensu", origin=real.origin)
    async def stream() -> AsyncIterator[int]:
        await asyncio.sleep(0)
        yield ask()

    async def collect() -> list[int]:
        return [status async for status in stream()]

    found = [asyncio.run(coroutine()), *generator(), *asyncio.run(collect())]

    assert [401, 401, 401] == found == asked
    assert [] == real.seen
    assert 204 == ask()


@intercept("sensu", origin=ORIGIN)
class TestClass:
    """A class of tests can be decorated as a whole."""

    def test_one(self) -> None:
        """Its tests run with the mock in place."""
        assert 401 == requests.get(ORIGIN + "/auth", timeout=3).status_code


class TestUnittest(unittest.TestCase):
    """Tests that pytest did not invent."""

    def test_context(self) -> None:
        """`enterContext` takes it as any other context manager."""
        mock = self.enterContext(intercept("sensu", origin=ORIGIN))

        assert 200 == log_in(mock).status_code


def test_what_cannot_be_decorated() -> None:
    """Decorating something else says what was expected."""
    with pytest.raises(TypeError, match="expected a function or a class"):
        intercept("sensu", origin=ORIGIN)(5)  # type: ignore[type-var]


def test_each_call_is_new() -> None:
    """Each call of a decorated function has a mock of its own, and so has each of two at once."""
    seen: list[str] = []

    @intercept("sensu", origin=ORIGIN)
    async def once() -> None:
        reply = await by_httpx(ORIGIN + "/auth", ("a", "b"))
        seen.append(reply.headers["Watchword-Request"])
        await asyncio.sleep(0)

    async def twice() -> None:
        await asyncio.gather(once(), once())

    asyncio.run(once())
    asyncio.run(twice())

    assert ["1", "1", "1"] == seen


def test_blocks_that_overlap() -> None:
    """Blocks may end in another order than they began in; the one that is left still works."""
    outer, inner = intercept("sensu", origin=ORIGIN), intercept("sensu", origin="https://other.test")
    outer.__enter__()
    mock = inner.__enter__()
    outer.__exit__(None, None, None)

    assert 200 == log_in(mock, "https://other.test").status_code
    with pytest.raises(requests.ConnectionError):
        requests.get(ORIGIN, timeout=3)
    inner.__exit__(None, None, None)


def test_the_inner_one_counts() -> None:
    """Of two blocks for one origin the inner one answers, and then the outer one again."""
    with intercept("sensu", origin=ORIGIN) as outer:
        with intercept("sensu", origin=ORIGIN) as inner:
            log_in(inner)
        log_in(outer)

        assert [[1], [1]] == [[entry.id for entry in mock.journal] for mock in (outer, inner)]


@pytest.mark.parametrize("way", ["argument", "text"])
def test_passthrough(real: Real, way: str) -> None:
    """A listed origin is let through, for every library; others are not."""
    with intercept("sensu", origin=ORIGIN, passthrough=real.origin if way == "text" else [real.origin + "/"]) as mock:
        assert 204 == requests.get(real.origin + "/own", timeout=3).status_code
        assert 204 == httpx.get(real.origin + "/own").status_code
        assert 204 == asyncio.run(by_aiohttp(real.origin + "/own"))[0]
        assert 200 == log_in(mock).status_code
        with pytest.raises(requests.ConnectionError, match="passthrough="):
            requests.get("http://127.0.0.1:9/", timeout=3)

    assert 3 == len(real.seen)


def test_what_no_mock_answers(real: Real) -> None:
    """A library that is not seen fails at a mocked origin, rather than ask the real server; elsewhere it is left alone."""
    with Real() as other, intercept("sensu", origin=real.origin):
        threading.Thread(target=other.handle_request).start()
        with pytest.raises(urllib.error.URLError, match="this one uses http"):
            urllib.request.urlopen(real.origin, timeout=3)
        with pytest.raises(urllib3.exceptions.HTTPError, match="this one uses urllib3"):
            urllib3.PoolManager().request("GET", real.origin, retries=False)
        assert 204 == urllib3.PoolManager().request("GET", other.origin, retries=False).status
    assert [] == real.seen

    assert 204 == urllib.request.urlopen(real.origin, timeout=3).status


def test_a_path_cannot_pass() -> None:
    """What is no origin cannot be let through."""
    with pytest.raises(ValueError, match="expected an origin"):
        intercept("sensu", origin=ORIGIN, passthrough="http://127.0.0.1/own")


STUB = "https://stub.example.test/x"


def test_responses_around() -> None:
    """What stubs of `responses` answer outside, they answer inside."""
    with responses.RequestsMock() as stubs:
        stubs.get(STUB, json={"stub": True})
        with intercept("sensu", origin=ORIGIN) as mock:
            assert {"stub": True} == requests.get(STUB, timeout=3).json()
            assert 200 == log_in(mock).status_code


def test_responses_inside() -> None:
    """Stubs of `responses` inside a block stand beside the mock."""
    with intercept("sensu", origin=ORIGIN) as mock:
        with responses.RequestsMock() as stubs:
            stubs.get(STUB, json={"stub": True})
            assert {"stub": True} == requests.get(STUB, timeout=3).json()
            assert 200 == log_in(mock).status_code
        assert 200 == log_in(mock).status_code
        with pytest.raises(requests.ConnectionError):
            requests.get(STUB, timeout=3)


async def by_aiohttp(url: str, **options: object) -> tuple[int, dict[str, str], bytes]:
    """Ask with aiohttp."""
    async with aiohttp.ClientSession() as session, session.get(url, **options) as reply:
        return reply.status, dict(reply.headers), await reply.read()


def basic(user: tuple[str, str]) -> dict[str, str]:
    """Give the header that logs a user in."""
    return {"Authorization": "Basic " + base64.b64encode(":".join(user).encode()).decode()}


HTTPX = pytest.mark.parametrize("library", [httpx, httpx2])


async def by_httpx(url: str, user: tuple[str, str], library: Any = httpx) -> Any:
    """Ask with httpx or its like, asynchronously."""
    async with library.AsyncClient() as client:
        return await client.get(url, auth=user)


@HTTPX
@pytest.mark.parametrize("origin", [ORIGIN, "http://127.0.0.1:9"])
def test_httpx_and_aiohttp(origin: str, library: Any) -> None:
    """Clients of httpx and aiohttp are answered as those of requests are."""
    with intercept("sensu", origin=origin) as mock:
        user = (mock.credentials["username"], mock.credentials["password"])
        plain = library.get(f"{origin}/auth", auth=user)
        later = asyncio.run(by_httpx(f"{origin}/auth", user, library))
        status, headers, body = asyncio.run(by_aiohttp(f"{origin}/auth", headers=basic(user)))

        assert [200, 200, 200, 200] == [entry.status for entry in [*mock.journal]] + [log_in(mock, origin).status_code]
        assert plain.json().keys() == later.json().keys()
        assert b"access_token" in body
        assert (200, "3") == (status, headers["Watchword-Request"])


@HTTPX
def test_httpx_and_aiohttp_stay_inside(real: Real, library: Any) -> None:
    """Neither asks anybody else, and neither is held after the block."""
    with intercept("sensu", origin=ORIGIN):
        with pytest.raises(library.ConnectError, match="passthrough="):
            library.get(real.origin)
        with pytest.raises(library.ConnectError):
            asyncio.run(by_httpx(real.origin, ("a", "b"), library))
        with pytest.raises(aiohttp.ClientConnectionError, match="passthrough="):
            asyncio.run(by_aiohttp(real.origin))
    assert [] == real.seen

    assert 204 == library.get(real.origin).status_code
    assert 204 == asyncio.run(by_aiohttp(real.origin))[0]


@pytest.mark.parametrize("before", [True, False])
def test_a_connection_from_before(real: Real, before: bool) -> None:
    """A connection that aiohttp kept from before the block is not used in it, and none from it afterwards."""

    async def ask() -> list[int]:
        async with aiohttp.ClientSession() as session:
            found = []
            for inside in (False, True, False)[0 if before else 1 :]:
                with intercept("sensu", origin=real.origin) if inside else contextlib.nullcontext():
                    async with session.get(real.origin + "/auth") as reply:
                        found.append(reply.status)
            return found

    assert [204, 401, 204][0 if before else 1 :] == asyncio.run(ask())
    assert (2 if before else 1) == len(real.seen)


@pytest.mark.parametrize("fault", ["reset@createToken", "half-body@createToken"])
def test_broken_connections(fault: str) -> None:
    """A connection that the mock breaks is broken for every library, in its own words."""
    with intercept("sensu", origin=ORIGIN, fault=fault) as mock:
        user = (mock.credentials["username"], mock.credentials["password"])
        with pytest.raises(requests.ConnectionError):
            log_in(mock)
        for library in (httpx, httpx2):
            with pytest.raises(library.RemoteProtocolError):
                library.get(f"{ORIGIN}/auth", auth=user)
        with pytest.raises(aiohttp.ClientError):
            asyncio.run(by_aiohttp(f"{ORIGIN}/auth", headers=basic(user)))


def test_a_race_of_async_clients() -> None:
    """Renewals that are held do not hold up the loop that they were made on."""

    async def race(mock: Mock) -> list[int]:
        tokens = log_in(mock).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        body = {"refresh_token": tokens["refresh_token"]}
        async with httpx.AsyncClient() as client, aiohttp.ClientSession() as session:

            async def other() -> int:
                async with session.post(f"{ORIGIN}/auth/token", json=body, headers=headers) as reply:
                    return reply.status

            both = await asyncio.gather(client.post(f"{ORIGIN}/auth/token", json=body, headers=headers), other())
            return [both[0].status_code, both[1]]

    with intercept("sensu", origin=ORIGIN, profile="rotating") as mock:
        mock.race.arm(2, wait=30, winner=2)

        assert [200, 401] == sorted(asyncio.run(race(mock)))
        assert [2] == [len(held["runners"]) for held in mock.race.shown()["races"]]


def test_retries_are_tried() -> None:
    """A session that tries again does so against the mock, and gives up as it would elsewhere."""
    policy = Retry(total=2, status_forcelist=[401], allowed_methods=None, raise_on_status=False)
    with intercept("sensu", origin=ORIGIN) as mock, requests.Session() as session:
        session.mount("https://", requests.adapters.HTTPAdapter(max_retries=policy))

        assert 401 == session.get(ORIGIN + "/auth", timeout=3).status_code
        assert 3 == len(mock.journal.entries())
    with intercept("sensu", origin=ORIGIN, fault="reset@createToken") as mock, requests.Session() as session:
        session.mount("https://", requests.adapters.HTTPAdapter(max_retries=Retry(total=2, backoff_factor=0)))
        user = (mock.credentials["username"], mock.credentials["password"])
        with pytest.raises(requests.ConnectionError):
            session.get(ORIGIN + "/auth", auth=user, timeout=3)
        assert 3 == len(mock.journal.entries())


def test_threads() -> None:
    """Requests of all threads are answered."""
    with intercept("sensu", origin=ORIGIN) as mock, ThreadPoolExecutor(4) as pool:
        assert {200} == {reply.status_code for reply in pool.map(lambda _: log_in(mock), range(20))}


def test_async_with() -> None:
    """It can be entered with `async with`."""

    async def run() -> int:
        async with intercept("sensu", origin=ORIGIN) as mock:
            return log_in(mock).status_code

    assert 200 == asyncio.run(run())


def test_without_the_other_libraries() -> None:
    """Where httpx and aiohttp are not installed, clients of requests are answered all the same."""
    code = """
import sys
for name in ("httpx", "httpx2", "aiohttp", "responses"):
    sys.modules[name] = None
import requests
from watchword.mockserver import intercept
with intercept("sensu", origin="https://api.example.test"):
    print(requests.get("https://api.example.test/auth").status_code)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert "401" == shown
