"""Refresh tokens that work once, and races for them, over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.codec import draft, encode
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Request

DIALECTS = ("sensu", "fusio", "rator")


class Client:
    """A client of any dialect: it logs in, renews and uses a token."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.api = running.service.dialect.api
        self.credentials = running.credentials

    def send(self, purpose: str, **tokens: str) -> requests.Response:
        """Send the right request of the first operation for a purpose that takes and gives what is wanted."""
        operations = [
            op
            for op in self.api.with_purpose(purpose)
            if purpose != "issue" or {"username", "password"} <= set(op.roles)
        ]
        request: Request = encode(draft(operations[0], {**self.credentials, **tokens}))
        url = self.running.origin + self.api.bases[operations[0].base] + request.path
        return requests.request(
            request.method, url, params=request.query, headers=dict(request.headers), data=request.body, timeout=20
        )

    def tokens(self, reply: requests.Response) -> dict[str, str]:
        """Read the tokens of a reply."""
        assert 200 == reply.status_code, reply.text
        operation = next(iter(self.api.with_purpose("issue" if "token" in reply.json() else "renew")))
        read = operation.read_reply(reply.json())
        return {role: read[role] for role in ("access_token", "refresh_token")}

    def login(self) -> dict[str, str]:
        """Log in."""
        return self.tokens(self.send("issue"))

    def renew(self, tokens: dict[str, str]) -> requests.Response:
        """Renew."""
        return self.send("renew", **tokens)

    def use(self, tokens: dict[str, str]) -> int:
        """Use an access token; gives the status."""
        return self.send("resource", access_token=tokens["access_token"]).status_code

    def steer(self, method: str, page: str, body: Any = None) -> requests.Response:
        """Ask the control side."""
        return requests.request(method, self.running.control_url + page, json=body, timeout=5)

    def condition(self) -> str:
        """Give the condition of the newest refusal."""
        return str(self.steer("GET", "why").json()["condition"])


@contextmanager
def mock(dialect: str, profile: str) -> Iterator[Client]:
    """A client of a mock whose clock stands."""
    with start(Service(load_dialect(dialect), profile)) as running:
        running.clock.freeze(2_000_000_000)
        yield Client(running)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_refresh_token_works_once(dialect: str) -> None:
    """Each renewal gives a new refresh token, which works; the one before does not, and ends the family with it."""
    with mock(dialect, "rotating") as client:
        first = client.login()
        second = client.tokens(client.renew(first))
        third = client.tokens(client.renew(second))
        used = client.use(third)
        again = client.renew(second)

        assert 3 == len({tokens["refresh_token"] for tokens in (first, second, third)})
        assert (200, True) == (used, 400 <= again.status_code < 500)
        assert "refresh_token.reused" == client.condition()
        assert 400 <= client.use(third) < 500
        assert "access_token.family_ended" == client.condition()
        assert 400 <= client.renew(third).status_code < 500
        assert "refresh_token.retired" == client.condition()
        assert 200 == client.use(client.login())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_grace_window(dialect: str) -> None:
    """Within its grace, a refresh token that was replaced gives the same new tokens again; after it, its use is a reuse."""
    with mock(dialect, "rotating-grace") as client:
        first = client.login()
        second = client.tokens(client.renew(first))
        client.running.clock.advance(9)
        again = client.tokens(client.renew(first))
        client.running.clock.advance(1)
        late = client.renew(first)

        assert second == again
        assert 400 <= late.status_code < 500
        assert "refresh_token.reused" == client.condition()
        assert 400 <= client.use(second) < 500


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_grace_once_the_successor_was_used(dialect: str) -> None:
    """Who has used the new refresh token has got it: from then on, the use of the old one is a reuse."""
    with mock(dialect, "rotating-grace") as client:
        first = client.login()
        client.renew(client.tokens(client.renew(first)))

        assert 400 <= client.renew(first).status_code < 500


def at_once(client: Client, tokens: dict[str, str], number: int) -> list[requests.Response]:
    """Renew with one refresh token from so many threads."""
    ready = threading.Barrier(number)

    def run(_: int) -> requests.Response:
        ready.wait(5)
        return client.renew(tokens)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_race_for_a_rotating_token(dialect: str) -> None:
    """Of five renewals at once, one gets a successor, and the journal says who lost."""
    with mock(dialect, "rotating") as client:
        tokens = client.login()
        assert 201 == client.steer("POST", "race", {"hold": 5}).status_code
        replies = at_once(client, tokens, 5)
        [race] = client.steer("GET", "race").json()["races"]
        entries = [e for e in client.steer("GET", "journal").json()["entries"] if e["race"] is not None]

        assert [200] == [reply.status_code for reply in replies if reply.ok]
        assert 1 == race["successors"]
        assert ["won", "lost", "lost", "lost", "lost"] == [runner["result"] for runner in race["runners"]]
        assert [1, 2, 3, 4, 5] == sorted(runner["came"] for runner in race["runners"])
        assert ["won", *["lost"] * 4] == [e["race"]["result"] for e in entries]
        lost = {runner["request"] for runner in race["runners"] if runner["result"] == "lost"}
        assert {"refresh_token.reused", "refresh_token.retired", "refresh_token.replaced"} >= {
            e["condition"] for e in entries if e["id"] in lost
        }
        assert lost == {e["id"] for e in entries if e["condition"] is not None}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_race_within_the_grace(dialect: str) -> None:
    """With a grace, all who race get the same successor, and it works."""
    with mock(dialect, "rotating-grace") as client:
        tokens = client.login()
        client.running.race.arm(hold=4)
        given = [client.tokens(reply) for reply in at_once(client, tokens, 4)]
        [race] = client.steer("GET", "race").json()["races"]

        assert given[:1] * 4 == given
        assert (1, ["won", "shared", "shared", "shared"]) == (
            race["successors"],
            [runner["result"] for runner in race["runners"]],
        )
        assert 200 == client.use(given[0])


def one_by_one(client: Client, tokens: dict[str, str], number: int) -> list[Callable[[], requests.Response]]:
    """Renew from so many threads, each of which is held before the next begins; gives what waits for each reply."""
    pool = ThreadPoolExecutor(number)
    futures = []
    for held in range(number):
        futures.append(pool.submit(client.renew, tokens))
        while held + 1 < number and client.running.race.shown()["held"] <= held:
            assert not futures[-1].done()
    pool.shutdown(wait=False)
    return [future.result for future in futures]


@pytest.mark.parametrize(("winner", "wins"), [("first", 0), ("last", 2), (2, 1), (9, 2)])
def test_the_winner_is_chosen(winner: str | int, wins: int) -> None:
    """Whoever is to win is let go first, the others in the order in which they came."""
    with mock("sensu", "rotating") as client:
        tokens = client.login()
        client.steer("POST", "race", {"hold": 3, "winner": winner})
        replies = [wait() for wait in one_by_one(client, tokens, 3)]
        [race] = client.steer("GET", "race").json()["races"]

        assert [index == wins for index in range(3)] == [reply.ok for reply in replies]
        assert [wins + 1, *(n for n in (1, 2, 3) if n != wins + 1)] == [runner["came"] for runner in race["runners"]]


def test_the_same_seed_chooses_the_same_winner() -> None:
    """A winner by the dice is the same with the same seed."""
    winners = []
    for _ in range(2):
        with mock("sensu", "rotating") as client:
            tokens = client.login()
            client.running.race.arm(hold=3, winner="random", seed=5)
            winners.append([wait().ok for wait in one_by_one(client, tokens, 3)])

    assert winners[0] == winners[1]
    assert 1 == sum(winners[0])


def test_who_comes_alone_is_let_go_in_time() -> None:
    """When too few come, those who did are let go after the time that was said; afterwards nobody is held."""
    with mock("sensu", "rotating") as client:
        tokens = client.login()
        client.steer("POST", "race", {"hold": 3, "wait": 0.2})
        reply = client.renew(tokens)
        second = client.renew(client.tokens(reply))

        assert (200, 200) == (reply.status_code, second.status_code)
        told = client.steer("GET", "race").json()
        assert (None, 0, 1) == (told["armed"], told["held"], len(told["races"]))


@pytest.mark.parametrize("how", [("POST", "race/go"), ("DELETE", "race"), ("POST", "reset"), ("POST", "race")])
def test_letting_go(how: tuple[str, str]) -> None:
    """Whoever is held can be let go at any time, and a reset leaves nobody waiting."""
    with mock("sensu", "rotating") as client:
        tokens = client.login()
        client.running.race.arm(hold=3, wait=60)
        waits = one_by_one(client, tokens, 2)
        while client.running.race.shown()["held"] < 2:
            assert not client.running.race.shown()["races"]
        assert client.steer(*how).ok

        answered = [wait() for wait in waits]
        assert [True, True] == [reply.status_code in (200, 401) for reply in answered]


def test_other_operations_go_their_way() -> None:
    """Only renewals are held unless something else was asked for; wrong orders are refused."""
    with mock("sensu", "rotating") as client:
        client.running.race.arm(hold=2, wait=60)
        tokens = client.login()
        assert 200 == client.use(tokens)
        assert 201 == client.steer("POST", "race", {"hold": 1, "purpose": "login"}).status_code
        client.login()
        assert ["won"] == [r["result"] for race in client.steer("GET", "race").json()["races"] for r in race["runners"]]
        for body in ({"hold": 0}, {"winner": "nobody"}, {"wait": 1e9}, {"purpose": "revocation"}, {"holds": 2}):
            assert 400 == client.steer("POST", "race", body).status_code


def test_a_mock_that_stops_lets_go() -> None:
    """Whoever is held when the mock stops gets an answer, and nothing of the race outlives the mock."""
    with mock("sensu", "rotating") as client:
        tokens = client.login()
        client.running.race.arm(hold=2, wait=60)
        [wait] = one_by_one(client, tokens, 1)
        while client.running.race.shown()["held"] < 1:
            pass
        client.running.stop()

        assert 200 == wait().status_code
        timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
        for timer in timers:
            # One that was called off ends at once, and one that was forgotten in a minute.
            timer.join(30)
        assert not [timer for timer in timers if timer.is_alive()]
