"""The mock inside a `requests` session, and that it behaves as it does over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.http.delivery import Answer, Delivery
from watchword.mockserver.http.message import BODY_LIMIT
from watchword.mockserver.inprocess import MockAdapter, mount
from watchword.mockserver.intercept import intercept
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.codec import draft, encode
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

ORIGIN = "https://api.example.test"


class Scripted(Application):
    """An application that answers some paths by itself."""

    def from_inside(self, request: Request, origin: str, below: str = "") -> Answer:
        """Answer a request."""
        if request.path == "/old":
            return Reply(302, (("Location", "/new?a=b"),), b"moved")
        if request.path == "/twice":
            return Delivery(
                Reply(
                    200,
                    (("X-Twice", "1"), ("X-Twice", "2"), ("Content-Type", "text/plain; charset=utf-8")),
                    "ä".encode(),
                )
            )
        seen = f"{request.method} {request.path}?{request.query} {len(request.body)} {request.header('host')} {origin}"
        return Reply(200, (("Content-Type", "text/plain"),), seen.encode())


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A session whose requests to the origin a scripted mock answers."""
    with requests.Session() as session:
        session.mount(ORIGIN + "/", MockAdapter(Scripted(Service(load_dialect("sensu")))))
        yield session


def test_response(session: requests.Session) -> None:
    """What a session gives is a full response: status, reason, headers, body, raw, times."""
    response = session.get(ORIGIN + "/a b", params={"c": "d e"}, timeout=3)

    assert (200, "OK", True) == (response.status_code, response.reason, response.ok)
    assert f"GET /a%20b?c=d+e 0 api.example.test {ORIGIN}" == response.text
    assert str(len(response.content)) == response.headers["Content-Length"]
    assert response.headers["Date"].endswith("GMT")
    assert f"{ORIGIN}/a%20b?c=d+e" == response.url
    assert isinstance(response.elapsed, timedelta)
    assert "GET" == response.request.method
    response.raise_for_status()


def test_duplicate_headers(session: requests.Session) -> None:
    """A header that is sent twice is joined in the response and separate in its raw part; the encoding is read."""
    response = session.get(ORIGIN + "/twice")

    assert "1, 2" == response.headers["X-Twice"]
    assert ["1", "2"] == response.raw.headers.getlist("X-Twice")
    assert ("utf-8", "ä") == (response.encoding, response.text)


def test_redirect(session: requests.Session) -> None:
    """Redirects are followed and kept in the history."""
    response = session.post(ORIGIN + "/old", data="x")

    assert [302] == [earlier.status_code for earlier in response.history]
    assert response.text.startswith("GET /new?a=b 0 ")


def test_head(session: requests.Session) -> None:
    """HEAD gives the length and no body."""
    response = session.head(ORIGIN + "/a")

    assert b"" == response.content
    assert int(response.headers["Content-Length"]) > 10


BODIES: dict[str, Callable[[], Any]] = {
    "text": lambda: "ab",
    "bytes": lambda: b"ab",
    "file": lambda: io.BytesIO(b"ab"),
    "text file": lambda: io.StringIO("ab"),
    "generator": lambda: (part for part in (b"a", b"b")),
    "form": lambda: {"": "b"},
}


@pytest.mark.parametrize("make", list(BODIES.values()), ids=list(BODIES))
def test_bodies(session: requests.Session, make: Callable[[], Any]) -> None:
    """Whatever a session can send as a body arrives."""
    assert "POST /a? 2 " in session.post(ORIGIN + "/a", data=make()).text


def test_stream(session: requests.Session) -> None:
    """A streamed response can be read piece by piece."""
    response = session.get(ORIGIN + "/a", stream=True)

    assert b"GE" == next(response.iter_content(2))
    response.close()


def test_hooks(session: requests.Session) -> None:
    """A session's hooks see the response."""
    seen: list[int] = []
    session.get(ORIGIN + "/a", hooks={"response": lambda response, **_: seen.append(response.status_code)})

    assert [200] == seen


def test_host_header(session: requests.Session) -> None:
    """A Host header of the caller's own decides the origin, as it does on a socket."""
    response = session.get(ORIGIN + "/a", headers={"Host": "other.test"})

    assert response.text.endswith(" other.test https://other.test")


def test_mount() -> None:
    """A mounted mock answers its origin and nothing that merely begins like it."""
    mock = Application(Service(load_dialect("sensu")))
    with requests.Session() as session:
        mount(session, mock)

        assert {"status": "ok"} == session.get("http://mock.test" + ROOT + "health").json()
        assert isinstance(session.get_adapter("http://MOCK.test/"), MockAdapter)
        assert not isinstance(session.get_adapter("http://mock.test.evil/"), MockAdapter)


def test_mount_running() -> None:
    """A running mock can be mounted too; both ways in lead to one world."""
    with start(Service(load_dialect("sensu"))) as running, requests.Session() as session:
        mount(session, running.application, "http://near.test")
        mount(session, running, "http://also.test/")
        session.get("http://near.test/auth")

        assert 1 == len(session.get("http://also.test" + ROOT + "journal").json()["entries"])


@pytest.mark.parametrize("origin", ["mock.test", "http://", "http://a/b", "ftp://a", "http://a?b", ""])
def test_no_origin(origin: str) -> None:
    """What is not an origin cannot be mounted."""
    with requests.Session() as session, pytest.raises(ValueError, match="expected an origin"):
        mount(session, Application(Service(load_dialect("sensu"))), origin)


WAYS = ("http", "in process", "intercepted")


class Way:
    """One way into a mock: how to send it requests."""

    def __init__(self, session: requests.Session, origin: str, service: Service) -> None:
        self.session = session
        self.origin = origin
        self.service = service

    def send(self, method: str, path: str, **extra: Any) -> requests.Response:
        """Send a request."""
        return self.session.request(method, self.origin + path, **extra)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, dialect: str) -> Iterator[Way]:
    """Each way into a mock of a dialect."""
    service = Service(load_dialect(dialect))
    with requests.Session() as session:
        session.trust_env = False
        if request.param == "http":
            with start(service) as running:
                yield Way(session, running.origin, service)
        elif request.param == "in process":
            mount(session, Application(service), ORIGIN)
            yield Way(session, ORIGIN, service)
        else:
            with intercept(dialect, origin=ORIGIN) as intercepted:
                yield Way(session, ORIGIN, intercepted.service)


VOLATILE = ("date", "content-length", "connection")


def shape(response: requests.Response, origin: str) -> tuple[object, ...]:
    """Give what must not depend on the way in."""
    headers = sorted(
        (n.lower(), v.replace(origin, "")) for n, v in response.raw.headers.items() if n.lower() not in VOLATILE
    )
    try:
        body = response.json()
    except ValueError:
        body = response.text
    members = sorted((name, type(value).__name__) for name, value in body.items()) if isinstance(body, dict) else body
    return response.status_code, response.reason, headers, members


SEEN: dict[str, dict[str, list[tuple[object, ...]]]] = {}


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_all_ways_are_alike(way: Way, dialect: str) -> None:
    """The same requests get the same replies over HTTP, in process and through the interceptor."""
    api = way.service.dialect.api
    operation = api.with_purpose("issue")[0]
    login = encode(draft(operation, way.service.credentials))
    path = api.bases[operation.base] + login.path + (f"?{login.query}" if login.query else "")
    headers = dict(login.headers)
    responses = [
        way.send(login.method, path, headers=headers, data=login.body or None),
        way.send(login.method, path, headers={**headers, "Authorization": "Basic !!"}, data=login.body or None),
        way.send(login.method, path),
        way.send("DELETE", path),
        way.send("HEAD", path),
        way.send("GET", "/nowhere"),
        way.send("GET", ROOT + "health"),
        way.send("GET", ROOT + "nothing"),
        way.send("POST", ROOT + "clock", json={"advance": -1}),
        way.send("DELETE", ROOT + "journal"),
        way.send("POST", path, data=b"a" * (BODY_LIMIT + 1)),
        way.send("GET", path, headers={"X": "a" * 70_000}),
    ]
    shapes = [shape(response, way.origin) for response in responses]
    first = SEEN.setdefault(dialect, {"": shapes})[""]

    assert 200 == responses[0].status_code
    assert first == shapes
    assert all("Date" in response.headers for response in responses)
    assert [204 if r.status_code == 204 else len(r.content) for r in responses if r.request.method != "HEAD"] == [
        204 if r.status_code == 204 else int(r.headers["Content-Length"])
        for r in responses
        if r.request.method != "HEAD"
    ]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout", requests.ReadTimeout),
        ("lost-reply", requests.ConnectionError),
        ("half-body", requests.ConnectionError),
        ("unavailable", None),
        ("slow", None),
    ],
)
def test_faults_at_run_time(kind: str, error: type[Exception] | None) -> None:
    """What a client meets over a socket it meets inside a session, too."""
    application = Application(Service(load_dialect("sensu")))
    application.desk.book.add(kind, **({"wait": 0.1} if kind == "slow" else {}))
    with requests.Session() as session:
        mount(session, application, ORIGIN)
        user = (application.service.credentials["username"], application.service.credentials["password"])
        if error is not None:
            with pytest.raises(error):
                session.get(f"{ORIGIN}/auth", auth=user)
            assert int(kind != "timeout") == len(application.service.state.access)
        else:
            assert (503 if kind == "unavailable" else 200) == session.get(f"{ORIGIN}/auth", auth=user).status_code
        assert 200 == session.get(f"{ORIGIN}/auth", auth=user).status_code


def test_a_race_inside_a_session() -> None:
    """Renewals that are held inside sessions are let go when enough have come, or in time."""
    application = Application(Service(load_dialect("sensu"), "rotating"))
    application.desk.race.arm(hold=2, wait=5)
    with requests.Session() as session:
        mount(session, application, ORIGIN)
        user = (application.service.credentials["username"], application.service.credentials["password"])
        tokens = session.get(f"{ORIGIN}/auth", auth=user).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}

        def renew(_: int) -> int:
            body = {"refresh_token": tokens["refresh_token"]}
            return session.post(f"{ORIGIN}/auth/token", json=body, headers=headers).status_code

        with ThreadPoolExecutor(2) as pool:
            assert [200, 401] == sorted(pool.map(renew, range(2)))
        application.desk.race.arm(hold=2, wait=0.1)
        assert 401 == renew(0)
