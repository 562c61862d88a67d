"""The mock's JWTs before a JWT library that is not ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests

from watchword.mockserver.launch import Running


@pytest.fixture
def mock(watchword_mock: Callable[..., Running]) -> Running:
    """Give a running mock whose tokens are JWTs."""
    return watchword_mock("sensu")


@pytest.fixture
def login(mock: Running) -> dict[str, Any]:
    """Give the reply to a login."""
    user = (mock.credentials["username"], mock.credentials["password"])
    reply: dict[str, Any] = requests.get(f"{mock.url}/auth", auth=user, timeout=10).json()
    return reply


def test_the_signature_is_right(mock: Running, login: dict[str, Any]) -> None:
    """The library accepts the signature and the expiry, which is the one that the reply announces."""
    claims = jwt.decode(login["access_token"], mock.service.state.key, algorithms=["HS256"])

    assert login["expires_at"] == claims["exp"]
    assert mock.credentials["username"] == claims["sub"]


def test_the_signature_is_of_one_key(login: dict[str, Any]) -> None:
    """With another key, the library refuses the token."""
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(login["access_token"], b"another key of the same length!!" * 2, algorithms=["HS256"])


def test_a_token_that_somebody_else_signed_is_refused(mock: Running, login: dict[str, Any]) -> None:
    """The mock refuses a token with the right claims and a signature of another key."""
    claims = jwt.decode(login["access_token"], options={"verify_signature": False})
    forged = jwt.encode(claims, b"another key of the same length!!" * 2, algorithm="HS256")
    url = f"{mock.url}/api/core/v2/namespaces"

    statuses = [
        requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code
        for token in (login["access_token"], forged)
    ]

    assert [200, 401] == statuses
