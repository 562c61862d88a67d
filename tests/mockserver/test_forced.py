"""Replies that are forced: by the header Prefer, by its twin in the query, by a queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect

NAMESPACES = "/api/core/v2/namespaces"


@pytest.fixture
def mock() -> Iterator[Running]:
    """A mock on a socket."""
    with start(Service(load_dialect("sensu"))) as running:
        yield running


def ask(mock: Running, path: str = "/auth", prefer: str | None = None, **options: Any) -> requests.Response:
    """Send a request, by default a right login."""
    headers = {} if prefer is None else {"Prefer": prefer}
    user = (mock.credentials["username"], mock.credentials["password"])
    return requests.get(mock.url + path, headers=headers, auth=options.pop("auth", user), timeout=5, **options)


def why(mock: Running, reply: requests.Response) -> dict[str, Any]:
    """Explain a reply."""
    number = reply.headers["Watchword-Request"]
    told: dict[str, Any] = requests.get(f"{mock.control_url}why?id={number}", timeout=5).json()
    return told


def queue(mock: Running, *replies: dict[str, Any], **limits: Any) -> requests.Response:
    """Queue replies."""
    return requests.post(f"{mock.control_url}replies", json={"replies": list(replies), **limits}, timeout=5)


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_status_that_is_preferred(mock: Running, way: str) -> None:
    """A right request gets the refusal it asks for, in the words of the dialect; nothing has happened, and why says so."""
    wrong = ask(mock, auth=("nobody", "nothing"))
    forced = ask(mock, prefer="code=401") if way == "header" else ask(mock, "/auth?__code=401")

    assert (wrong.status_code, wrong.text) == (forced.status_code, forced.text)
    assert wrong.headers.get("WWW-Authenticate") == forced.headers.get("WWW-Authenticate")
    assert "code=401" == forced.headers["Preference-Applied"]
    assert {} == mock.service.state.access
    told = why(mock, forced)
    assert ("forced", "createToken") == (told["cause"], told["operation"])
    assert "Prefer" in told["hint"]


@pytest.mark.parametrize(
    ("code", "body"), [("503", "Service Unavailable\n"), ("418", "I'm a Teapot\n"), ("204", ""), ("299", "\n")]
)
def test_a_status_that_the_dialect_does_not_have(mock: Running, code: str, body: str) -> None:
    """A status without a reply of the dialect gets a bare one."""
    reply = ask(mock, prefer=f"code={code}")

    assert (int(code), body) == (reply.status_code, reply.text)


def test_the_right_reply_to_a_wrong_request(mock: Running) -> None:
    """A wrong request that asks for the status of a right one is served; its tokens work."""
    reply = ask(mock, prefer="code=200", auth=("nobody", "nothing"))
    token = reply.json()["access_token"]
    used = requests.get(mock.url + NAMESPACES, headers={"Authorization": f"Bearer {token}"}, timeout=5)

    assert (200, 200) == (reply.status_code, used.status_code)
    assert "forced" == why(mock, reply)["cause"]
    right = ask(mock, prefer="code=200")
    assert (200, "the request was served") == (right.status_code, why(mock, right)["says"])


def test_a_condition_that_is_preferred(mock: Running) -> None:
    """Of several refusals with one status, the condition picks one; one that is refused nowhere is answered with the nearest."""
    path = NAMESPACES
    known = requests.get(mock.url + path, headers={"Authorization": "Bearer abcd"}, timeout=5)
    forced = ask(mock, path, prefer="condition=access_token.unknown")
    slip = ask(mock, path, prefer="condition=access_token.unknwon")
    both = ask(mock, path, prefer="code=403, condition=access_token.unknown")

    assert (known.status_code, known.text) == (forced.status_code, forced.text)
    assert (400, True) == (slip.status_code, "did you mean 'access_token.unknown'?" in slip.json()["detail"])
    assert (400, True) == (both.status_code, "is refused with 401 here" in both.json()["detail"])


@pytest.mark.parametrize(
    "prefer", ["respond-async", "wait=10", "return=minimal", "code=", "code=abc", "code=100", "code=99999"]
)
def test_other_preferences_are_passed_by(mock: Running, prefer: str) -> None:
    """Preferences that mean something else change nothing (RFC 7240 section 2)."""
    reply = ask(mock, prefer=prefer)

    assert 200 == reply.status_code
    assert "Preference-Applied" not in reply.headers


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("__code=abc", "__code: expected a status from 200 to 599, seen 'abc'"),
        ("__code=100", "__code: expected a status from 200 to 599, seen '100'"),
        ("__code=", "__code: expected a status from 200 to 599, seen ''"),
        ("__cod=401", "there is no __cod to be asked for; did you mean '__code'?"),
        ("__conditions=password.wrong", "did you mean '__condition'?"),
    ],
)
def test_a_twin_that_cannot_be_meant(mock: Running, query: str, told: str) -> None:
    """The twins are ours alone: a slip in one is told, and the request is not served as though it had wished for nothing."""
    reply = ask(mock, f"/auth?{query}")

    assert (400, True) == (reply.status_code, told in reply.json()["detail"])
    assert told in why(mock, reply)["says"]
    assert "Preference-Applied" not in reply.headers
    assert {} == mock.service.state.access


def test_the_twin_is_no_part_of_the_query() -> None:
    """The dialect does not see the twin: the rest of the query is as it was sent."""
    with start(Service(load_dialect("rator"))) as mock:
        c = mock.credentials
        form = {"grant_type": "password", "username": c["username"], "password": c["password"]}
        url = f"{mock.url}/oauth/token?brand_key={c['brand_key']}&__code=200"
        reply = requests.post(url, data=form, auth=(c["client_id"], c["client_secret"]), timeout=5)

        assert (200, "the request was served") == (reply.status_code, why(mock, reply)["says"])


def test_a_queue(mock: Running) -> None:
    """Queued replies are given in their order, each once, to calls that fit; then the mock is itself again."""
    added = queue(
        mock,
        {"status": 401},
        {"status": 200, "json": {"access_token": "made-up", "odd": None}, "headers": {"X-Own": "yes"}},
        {"status": 503, "text": "Wartung"},
        operation="createToken",
    )
    other = requests.get(mock.url + NAMESPACES, timeout=5)
    replies = [ask(mock) for _ in range(4)]

    assert (201, ["reply"] * 3) == (added.status_code, [order["fault"] for order in added.json()["faults"]])
    assert 401 == other.status_code
    assert [401, 200, 503, 200] == [reply.status_code for reply in replies]
    assert ({"access_token": "made-up", "odd": None}, "yes") == (replies[1].json(), replies[1].headers["X-Own"])
    assert "Wartung" == replies[2].text
    assert "forced" == why(mock, replies[1])["cause"]
    assert "eyJ" == replies[3].json()["access_token"][:3]


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"condition": "refresh_token.reusd"}, "nothing is refused there"),
        ({"status": 200, "headers": {"Content-Length": "3"}}, "the mock writes Content-Length itself"),
        ({"status": 200, "headers": {"X-A": "a\r\nSet-Cookie: b"}}, "headers"),
        ({"status": 101}, "status"),
        ({}, "replies"),
    ],
)
def test_wrong_wishes(mock: Running, wish: dict[str, Any], told: str) -> None:
    """A reply that cannot be given is refused, and none of its batch is queued."""
    reply = queue(mock, {"status": 503}, wish)

    assert (400, True) == (reply.status_code, told in reply.json()["detail"])
    assert 200 == ask(mock).status_code
