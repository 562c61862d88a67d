"""Steering a mock at run time, over HTTP: clock, lifetimes, sessions, users, world."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.values.profile import Account, WorldData

NAMESPACES = "/api/core/v2/namespaces"


class Client:
    """A client of the mock, and whoever steers it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.http = requests.Session()
        self.http.trust_env = False
        self.user = (running.credentials["username"], running.credentials["password"])

    def login(self, user: tuple[str, str] | None = None) -> requests.Response:
        """Log in."""
        return self.http.get(f"{self.running.url}/auth", auth=user or self.user, timeout=5)

    def use(self, token: str) -> int:
        """Use an access token; gives the status."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.get(self.running.url + NAMESPACES, headers=headers, timeout=5).status_code

    def renew(self, tokens: dict[str, str]) -> int:
        """Renew; gives the status."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        body = {"refresh_token": tokens["refresh_token"]}
        return self.http.post(f"{self.running.url}/auth/token", json=body, headers=headers, timeout=5).status_code

    def steer(self, method: str, page: str, body: Any = None) -> requests.Response:
        """Ask the control side."""
        return self.http.request(method, self.running.control_url + page, json=body, timeout=5)

    def condition(self) -> str:
        """Give the condition of the newest refusal."""
        return str(self.steer("GET", "why").json()["condition"])


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a mock on a socket."""
    with start(Service(load_dialect("sensu"))) as running:
        yield Client(running)


def test_clock_stands_and_goes(client: Client) -> None:
    """The clock can be stopped, set, paced and given back to the machine's time."""
    frozen = client.steer("POST", "clock", {"freeze": 2_000_000_000}).json()

    assert {"now": 2_000_000_000, "pace": 0} == frozen == client.steer("GET", "clock").json()
    assert "Wed, 18 May 2033 03:33:20 GMT" == client.login().headers["Date"]
    assert {"now": 2_000_000_060, "pace": 0} == client.steer("POST", "clock", {"advance": 60}).json()
    assert {"now": 1_900_000_000, "pace": 0} == client.steer("POST", "clock", {"set": 1_900_000_000}).json()
    fast = client.steer("POST", "clock", {"scale": 86_400}).json()
    assert 86_400 == fast["pace"]
    assert fast["now"] < client.steer("GET", "clock").json()["now"]
    real = client.steer("POST", "clock", {"real": True}).json()
    assert (1, True) == (real["pace"], abs(real["now"] - client.running.service.clock.now()) < 60)


def test_around_an_expiry(client: Client) -> None:
    """A quarter of an hour passes without sleeping: the token works a second before its end, and not at its end."""
    client.steer("POST", "clock", {"freeze": True})
    token = client.login().json()

    assert 15 * 60 == token["expires_at"] - math.floor(client.running.service.clock.now())
    client.steer("POST", "clock", {"before_expiry": "access_token"})
    assert 200 == client.use(token["access_token"])
    client.steer("POST", "clock", {"after_expiry": "access_token"})
    assert (401, "access_token.expired") == (client.use(token["access_token"]), client.condition())


def test_no_expiry_to_go_to(client: Client) -> None:
    """Without a token that expires there is no expiry to go to, and the answer says what to do."""
    reply = client.steer("POST", "clock", {"after_expiry": "access_token"})
    client.login()
    endless = client.steer("POST", "clock", {"after_expiry": "refresh_token"})

    assert (409, True) == (reply.status_code, "log in first" in reply.json()["detail"])
    assert 409 == endless.status_code


@pytest.mark.parametrize(
    ("dialect", "profile", "lifetime"),
    [("sensu", "documented", 900), ("sensu", "sensu-6.12", 300), ("fusio", "documented", 3600)],
)
def test_lifetimes(dialect: str, profile: str, lifetime: int) -> None:
    """Lifetimes that were asked for take the place of the profile's, and a lease of the profile's gives way."""
    loaded = load_dialect(dialect)
    own = Service(loaded, profile).profile
    short = Service(loaded, profile, access_token_lifetime=7, refresh_token_lifetime=8).profile

    assert lifetime == own.access_token.lifetime
    assert (7, None) == (short.access_token.lifetime, short.access_token.lease)
    assert (8, None) == (short.refresh_token.lifetime, short.refresh_token.lease)


def test_short_lifetimes_are_told() -> None:
    """Clients that go by their own clock are told the short lifetime."""
    with start(Service(load_dialect("sensu"), access_token_lifetime=2)) as running:
        client = Client(running)
        running.service.clock.freeze()
        tokens = client.login().json()

        assert 2 == tokens["expires_at"] - math.floor(running.service.clock.now())


def test_sessions(client: Client) -> None:
    """Sessions are listed with their tokens by pseudonym, and never by value."""
    tokens = client.login().json()
    listed = client.steer("GET", "sessions")
    [session] = listed.json()["sessions"]

    assert (client.user[0], False) == (session["subject"], session["ended"])
    assert ["access_token#1"] == [token["token"] for token in session["access_tokens"]]
    assert [(False, 0)] == [(token["expired"], token["used"]) for token in session["refresh_tokens"]]
    assert not any(value in listed.text for value in (tokens["access_token"], tokens["refresh_token"]))


def test_expire(client: Client) -> None:
    """One session's access token can be made to have expired; its refresh token renews, and other sessions live."""
    other, tokens = client.login().json(), client.login().json()
    session = client.steer("GET", "sessions").json()["sessions"][-1]["id"]
    reply = client.steer("POST", "sessions/expire", {"id": session, "tokens": "access_token"})

    assert [session] == [entry["id"] for entry in reply.json()["sessions"]]
    assert (401, "access_token.expired") == (client.use(tokens["access_token"]), client.condition())
    assert 200 == client.use(other["access_token"])
    assert 200 == client.renew(tokens)


def test_revoke(client: Client) -> None:
    """A user's sessions can be withdrawn: neither token works, and `why` says who did it."""
    tokens = client.login().json()
    client.steer("POST", "sessions/revoke", {"username": client.user[0]})

    assert (401, "access_token.withdrawn") == (client.use(tokens["access_token"]), client.condition())
    assert (401, "access_token.withdrawn") == (client.renew(tokens), client.condition())
    assert [] == client.steer("GET", "sessions").json()["sessions"]


def test_everybody_expires(client: Client) -> None:
    """Without a choice, every session is meant; one that is not there is an error."""
    first, second = (
        client.login().json(),
        client.login(
            (client.running.credentials["other_username"], client.running.credentials["other_password"])
        ).json(),
    )
    client.steer("POST", "sessions/expire")

    assert [401, 401] == [client.use(tokens["access_token"]) for tokens in (first, second)]
    assert 404 == client.steer("POST", "sessions/expire", {"id": "none"}).status_code
    assert 400 == client.steer("POST", "sessions/expire", {"who": "mira"}).status_code


def test_disable_and_enable(client: Client) -> None:
    """An account can be shut while a client holds its tokens, and opened again."""
    tokens = client.login().json()
    shut = client.steer("PATCH", "users", {"username": client.user[0], "enabled": False})

    assert [False] == [user["enabled"] for user in shut.json()["users"]]
    assert (401, "account.disabled") == (client.login().status_code, client.condition())
    assert 200 == client.use(tokens["access_token"])
    client.steer("PATCH", "users", {"username": client.user[0], "enabled": True})
    assert 200 == client.login().status_code


def test_change_password(client: Client) -> None:
    """A password can be changed; the old one no longer opens, and neither is ever shown."""
    reply = client.steer("PATCH", "users", {"username": client.user[0], "password": "Birch6-Harbour"})

    assert "Birch6-Harbour" not in reply.text
    assert (401, "password.wrong") == (client.login().status_code, client.condition())
    assert 200 == client.login((client.user[0], "Birch6-Harbour")).status_code
    assert "Birch6-Harbour" not in client.steer("GET", "users").text


def test_add_user(client: Client) -> None:
    """Somebody can be added at run time, once."""
    new = {"username": "nadia", "password": "Spruce3-Window"}

    assert 401 == client.login(("nadia", "Spruce3-Window")).status_code
    assert 201 == client.steer("POST", "users", new).status_code
    assert 200 == client.login(("nadia", "Spruce3-Window")).status_code
    assert 409 == client.steer("POST", "users", new).status_code
    assert "nadia" in [user["username"] for user in client.steer("GET", "users").json()["users"]]


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", {"username": "a"}, 400),
        ("POST", {"username": "a", "password": ""}, 400),
        ("PATCH", {"username": "a"}, 400),
        ("PATCH", {"username": "a", "enabled": False}, 404),
        ("PATCH", {"username": "mira", "enabled": "no"}, 400),
        ("PATCH", {"username": "mira", "kind": "operator", "enabled": False}, 404),
    ],
)
def test_bad_users(client: Client, method: str, body: Any, status: int) -> None:
    """What cannot be done to an account is refused with what was expected, and no password is repeated."""
    reply = client.steer(method, "users", body)

    assert (status, "application/problem+json") == (reply.status_code, reply.headers["Content-Type"])


def test_reload() -> None:
    """The world can be read again: who was added is gone, who was changed is as before, and sessions stay."""
    worlds = [WorldData((Account("first", "Alder1-Gate"),)), WorldData((Account("second", "Alder2-Gate"),))]
    with start(Service(load_dialect("sensu"), world=worlds[0]), reload=lambda: worlds[1]) as running:
        client = Client(running)
        tokens = client.login().json()
        reply = client.steer("POST", "world/reload")

        assert ["second"] == [user["username"] for user in reply.json()["users"]]
        assert [401, 200] == [
            client.login(user).status_code for user in (("first", "Alder1-Gate"), ("second", "Alder2-Gate"))
        ]
        assert 200 == client.use(tokens["access_token"])


def test_reload_without_a_file(client: Client) -> None:
    """Without a world file, the world of the start comes back."""
    client.steer("POST", "users", {"username": "nadia", "password": "Spruce3-Window"})
    client.steer("POST", "world/reload")

    assert 401 == client.login(("nadia", "Spruce3-Window")).status_code
