"""Authlib against the mock, over a real socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from watchword.mockserver.launch import Running

pytestmark = pytest.mark.usefixtures("plain_http")

BALANCE = "/api/billing-groups/201506171857210002/balance"


@pytest.fixture
def fusio(watchword_mock: Callable[..., Running]) -> Running:
    """Give a running mock whose apps ask in their own name."""
    return watchword_mock("fusio")


@pytest.fixture
def rator(watchword_mock: Callable[..., Running]) -> Running:
    """Give a running mock whose users log in with a password for a brand."""
    return watchword_mock("rator")


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[Running, float], None]:
    """Give a function that sets the clock of a mock ahead, and with it the clock that the library looks at."""

    def ahead(mock: Running, seconds: float) -> None:
        mock.service.clock.advance(seconds)
        monkeypatch.setattr("authlib.oauth2.rfc6749.wrappers.time.time", lambda real=time.time: real() + seconds)

    return ahead


def session_of(mock: Running, url: str, **options: Any) -> OAuth2Session:
    """Give a session with the announced client."""
    known = (mock.credentials["client_id"], mock.credentials["client_secret"])
    return OAuth2Session(*known, token_endpoint_auth_method="client_secret_basic", token_endpoint=url, **options)


def test_an_app_gets_a_token_and_calls(fusio: Running) -> None:
    """The client-credentials grant gives a token that opens a protected operation."""
    with session_of(fusio, f"{fusio.url}/authorization/token") as session:
        session.fetch_token(grant_type="client_credentials")

        assert 200 == session.get(f"{fusio.url}/authorization/whoami").status_code


def test_an_app_renews_its_token(fusio: Running) -> None:
    """A renewal replaces both tokens, and the new ones work."""
    with session_of(fusio, f"{fusio.url}/authorization/token") as session:
        before = dict(session.fetch_token(grant_type="client_credentials"))
        after = session.refresh_token(refresh_token=before["refresh_token"])

        assert before["access_token"] != after["access_token"]
        assert before["refresh_token"] != after["refresh_token"]
        assert 200 == session.get(f"{fusio.url}/authorization/whoami").status_code


def test_a_session_renews_by_itself(fusio: Running, pass_time: Callable[[Running, float], None]) -> None:
    """When the token's lifetime is over, the session renews before it calls, and hands the new token over."""
    kept: list[tuple[str, str | None]] = []

    def keep(token: dict[str, str], refresh_token: str | None = None, access_token: str | None = None) -> None:
        kept.append((token["access_token"], refresh_token))

    with session_of(fusio, f"{fusio.url}/authorization/token", update_token=keep) as session:
        before = dict(session.fetch_token(grant_type="client_credentials"))
        pass_time(fusio, 3601)

        assert 200 == session.get(f"{fusio.url}/authorization/whoami").status_code
        assert [(session.token["access_token"], before["refresh_token"])] == kept
        assert before["access_token"] != session.token["access_token"]


def test_a_token_is_over_where_the_client_does_not_notice(fusio: Running) -> None:
    """A client whose clock stands still is refused with 401."""
    with session_of(fusio, f"{fusio.url}/authorization/token") as session:
        session.fetch_token(grant_type="client_credentials")
        fusio.service.clock.advance(3601)

        assert 401 == session.get(f"{fusio.url}/authorization/whoami").status_code


def test_a_user_logs_in_for_a_brand(rator: Running, pass_time: Callable[[Running, float], None]) -> None:
    """The password grant with the brand key in the query gives a token that the session later renews by itself."""
    brand = rator.credentials["brand_key"]
    user = {role: rator.credentials[role] for role in ("username", "password")}
    with session_of(rator, f"{rator.url}/oauth/token?brand_key={brand}") as session:
        before = dict(session.fetch_token(**user))
        headers = {"X-RATOR-brand-key": brand}
        first = session.get(rator.resource_url + BALANCE, headers=headers).status_code
        pass_time(rator, 3601)
        second = session.get(rator.resource_url + BALANCE, headers=headers).status_code

        assert (200, 200) == (first, second)
        assert before["access_token"] != session.token["access_token"]


def test_a_wrong_password_arrives_as_invalid_grant(rator: Running) -> None:
    """The library reads the error code of RFC 6749 from the mock's refusal."""
    url = f"{rator.url}/oauth/token?brand_key={rator.credentials['brand_key']}"
    with session_of(rator, url) as session, pytest.raises(OAuthError, match="invalid_grant"):
        session.fetch_token(username=rator.credentials["username"], password="not-the-password")
