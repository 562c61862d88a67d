"""requests-oauthlib against the mock, over a real socket."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from oauthlib.oauth2 import (
    BackendApplicationClient,
    InvalidClientError,
    InvalidGrantError,
    LegacyApplicationClient,
    OAuth2Error,
    TokenExpiredError,
)
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

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


def app(mock: Running) -> HTTPBasicAuth:
    """Give the client credentials that the mock announces."""
    return HTTPBasicAuth(mock.credentials["client_id"], mock.credentials["client_secret"])


def of_app(mock: Running) -> OAuth2Session:
    """Give a session of an app that asks in its own name."""
    return OAuth2Session(client=BackendApplicationClient(mock.credentials["client_id"]))


def of_user(mock: Running) -> OAuth2Session:
    """Give a session of an app that a user trusts with the password."""
    return OAuth2Session(client=LegacyApplicationClient(mock.credentials["client_id"]))


def log_in(session: OAuth2Session, mock: Running, brand: str | None) -> dict[str, object]:
    """Fetch a token for the announced user, with the brand key in the query of the token URL."""
    query = f"?brand_key={brand}" if brand else ""
    user = {role: mock.credentials[role] for role in ("username", "password")}
    return session.fetch_token(f"{mock.url}/oauth/token{query}", auth=app(mock), **user)


def test_an_app_gets_a_token_and_calls(fusio: Running) -> None:
    """The client-credentials grant gives a bearer token that opens a protected operation."""
    session = of_app(fusio)

    token = session.fetch_token(f"{fusio.url}/authorization/token", auth=app(fusio))

    assert "bearer" == token["token_type"].lower()
    assert 200 == session.get(f"{fusio.url}/authorization/whoami").status_code


def test_an_app_renews_its_token(fusio: Running) -> None:
    """A renewal gives other tokens, and the new access token works."""
    session = of_app(fusio)
    url = f"{fusio.url}/authorization/token"
    before = session.fetch_token(url, auth=app(fusio))

    after = session.refresh_token(url, before["refresh_token"], auth=app(fusio))

    assert before["access_token"] != after["access_token"]
    assert before["refresh_token"] != after["refresh_token"]
    assert 200 == session.get(f"{fusio.url}/authorization/whoami").status_code


def test_a_wrong_secret_arrives_as_invalid_client(fusio: Running) -> None:
    """The library reads the error code of RFC 6749 from the mock's refusal."""
    with pytest.raises(InvalidClientError):
        of_app(fusio).fetch_token(
            f"{fusio.url}/authorization/token", auth=HTTPBasicAuth(fusio.credentials["client_id"], "x")
        )


def test_a_user_logs_in_for_a_brand(rator: Running) -> None:
    """The password grant with the brand key in the query gives a token that opens the balance of that brand."""
    session = of_user(rator)
    brand = rator.credentials["brand_key"]

    token = log_in(session, rator, brand)

    called = session.get(rator.resource_url + BALANCE, headers={"X-RATOR-brand-key": brand})
    assert "refresh_token" in token
    assert 200 == called.status_code


def test_a_login_without_a_brand_is_refused(rator: Running) -> None:
    """Without the brand key, the library reports an invalid request."""
    with pytest.raises(OAuth2Error) as refused:
        log_in(of_user(rator), rator, None)

    # Several classes of the library have this code; which of them it raises depends on their names.
    assert "invalid_request" == refused.value.error


def test_a_user_renews_for_the_same_brand_only(rator: Running) -> None:
    """A refresh token works with the brand it was made for, and is an invalid grant with another."""
    session = of_user(rator)
    brand, other = rator.credentials["brand_key"], rator.credentials["other_brand_key"]
    first = log_in(session, rator, brand)
    url = f"{rator.url}/oauth/token?brand_key="

    second = session.refresh_token(url + brand, first["refresh_token"], auth=app(rator))

    assert first["access_token"] != second["access_token"]
    with pytest.raises(InvalidGrantError):
        session.refresh_token(url + other, second["refresh_token"], auth=app(rator))


def test_a_session_renews_by_itself(rator: Running) -> None:
    """A session that renews by itself goes on after the token's lifetime, and hands the new token over."""
    brand = rator.credentials["brand_key"]
    kept: list[dict[str, object]] = []
    token = log_in(of_user(rator), rator, brand)
    rator.service.clock.advance(3601)
    session = OAuth2Session(
        rator.credentials["client_id"],
        token=token | {"expires_at": 1.0, "expires_in": -1},
        auto_refresh_url=f"{rator.url}/oauth/token?brand_key={brand}",
        token_updater=kept.append,
    )

    # The library takes the client's credentials for the renewal from the call that needs one.
    client = {role: rator.credentials[role] for role in ("client_id", "client_secret")}
    called = session.get(rator.resource_url + BALANCE, headers={"X-RATOR-brand-key": brand}, **client)

    assert 200 == called.status_code
    assert token["access_token"] != kept[0]["access_token"]


def test_a_session_that_does_not_renew_notices_the_end(rator: Running) -> None:
    """A session that may not renew refuses by itself to send a token whose time is over."""
    token = log_in(of_user(rator), rator, rator.credentials["brand_key"])
    session = OAuth2Session(rator.credentials["client_id"], token=token | {"expires_at": 1.0, "expires_in": -1})

    with pytest.raises(TokenExpiredError):
        session.get(rator.resource_url + BALANCE)
