"""The client library of Sensu Go against the mock, over a real socket."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sensu_go import Client
from sensu_go.errors import AuthError, ResponseError

from watchword.mockserver.launch import Running


@pytest.fixture
def mock(watchword_mock: Callable[..., Running]) -> Running:
    """Give a running mock of the API that the library was written for."""
    return watchword_mock("sensu")


def connected(mock: Running, **changes: str) -> Client:
    """Give the library's client, with the announced user unless told otherwise."""
    known = {role: mock.credentials[role] for role in ("username", "password")}
    return Client(mock.url, **known | changes)


def test_the_library_logs_in_and_lists_namespaces(mock: Running) -> None:
    """The login gives the library a token with which it gets a list of namespaces."""
    assert ["default", "staging"] == [namespace.name for namespace in connected(mock).namespaces.list()]


def test_the_library_reports_a_wrong_password(mock: Running) -> None:
    """A refused login arrives as the library's own error, with the status 401."""
    with pytest.raises(AuthError) as refused:
        connected(mock, password="not-the-password").get("/api/core/v2/namespaces")

    assert 401 == refused.value.status


def test_the_library_lets_its_token_expire(mock: Running) -> None:
    """The library never renews: once the token is over, its calls are refused until it logs in anew."""
    client = connected(mock)
    before = client.get("/api/core/v2/namespaces").status
    mock.service.clock.advance(901)

    with pytest.raises(ResponseError) as refused:
        list(client.namespaces.list())

    assert (200, 401) == (before, refused.value.status)
    assert 200 == connected(mock).get("/api/core/v2/namespaces").status
