"""No cost grows with history: the work of late requests, counted in steps of the interpreter, is that of early ones."""

from __future__ import annotations

import base64
import itertools
import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner

from watchword.mockserver import start
from watchword.mockserver.command import mock as command
from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

ORIGIN = "http://mock.test"
JSON = ("Content-Type", "application/json")
REMEMBER = 100
EARLY, LATE = 2 * REMEMBER, 6 * REMEMBER
"""Both beyond what is remembered and what the journal keeps: each request pushes an older one out."""


class Client:
    """One client of one application without a socket, so that the steps of the mock can be counted."""

    def __init__(self, remember: int = REMEMBER, journal: int = 20) -> None:
        self.service = Service(load_dialect("sensu"), "rotating", remember=remember)
        self.application = Application(self.service, journal_size=journal)
        known = self.service.credentials
        pair = f"{known['username']}:{known['password']}".encode()
        self.basic = ("Authorization", "Basic " + base64.b64encode(pair).decode())
        self.tokens: dict[str, Any] = {}

    def send(self, method: str, path: str, *headers: tuple[str, str], body: bytes = b"") -> Reply:
        """Send one request to the application."""
        reply = self.application.from_inside(Request(method, path, "", headers, body), ORIGIN)
        assert isinstance(reply, Reply)
        return reply

    def login(self) -> None:
        """Log in, and keep the tokens."""
        reply = self.send("GET", "/auth", self.basic)
        assert 200 == reply.status
        self.tokens = json.loads(reply.body)

    def renew(self, tokens: dict[str, Any] | None = None) -> int:
        """Renew, and keep the tokens that come."""
        tokens = tokens or self.tokens
        body = json.dumps({"refresh_token": tokens["refresh_token"]}).encode()
        bearer = ("Authorization", f"Bearer {tokens['access_token']}")
        reply = self.send("POST", "/auth/token", bearer, JSON, body=body)
        if reply.status == 200:
            self.tokens = json.loads(reply.body)
        return reply.status

    def use(self, access_token: str) -> int:
        """Call a resource."""
        return self.send("GET", "/api/core/v2/namespaces", ("Authorization", f"Bearer {access_token}")).status

    def why(self) -> dict[str, Any]:
        """Ask why the last one was refused."""
        found: dict[str, Any] = json.loads(self.send("GET", ROOT + "why").body)
        return found


def steps(act: Callable[[], object]) -> int:
    """Count the lines of Python that an act runs: what it touches one by one, it touches in these."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def _renew(client: Client) -> None:
    assert 200 == client.renew()


def _use(client: Client) -> None:
    assert 200 == client.use(client.tokens["access_token"])


def _unknown(client: Client) -> None:
    assert 401 == client.use("e30.e30.e30")


def _why(client: Client) -> None:
    assert "access_token.unknown" in {client.why()["condition"], client.why()["broader"]}


NUMBERS = itertools.count()


def _masked(client: Client) -> None:
    token = client.tokens["access_token"]
    # What was masked before is looked up.
    assert token not in client.application.desk.masker.mask(f"{next(NUMBERS):09} Bearer {token}")


def _end(client: Client) -> None:
    known = client.service.state.access[client.tokens["access_token"]]
    client.service.state.end_family(known.session)
    client.login()


@pytest.mark.parametrize("act", [_renew, _use, _unknown, _why, _masked, _end, Client.login])
def test_the_work_of_a_late_request_is_that_of_an_early_one(act: Callable[[Client], None]) -> None:
    """Digits of ids and ends of tables may differ, not a step for each of the hundreds of tokens between."""
    client = Client()
    client.login()

    def counted(until: int) -> int:
        for _ in range(until):
            client.renew()
        client.use("e30.e30.e30")
        client.application.entries()
        if until == EARLY:
            # The first `why` reads the register, and the first reply of its kind is compiled.
            client.why()
            act(client)
        return steps(lambda: act(client))

    early = counted(EARLY)
    late = counted(LATE)
    assert abs(late - early) < REMEMBER


def test_a_reset_costs_what_is_remembered_of_it_and_gives_the_rest_back() -> None:
    """Of twice as many tokens, the same number is looked at."""
    few, many = Client(remember=5000), Client(remember=5000)
    for client, logins in ((few, 1200), (many, 3000)):
        for _ in range(logins):
            client.login()
    first = many.tokens
    early, late = (steps(client.service.reset) for client in (few, many))
    assert abs(late - early) < 10
    state = many.service.state
    assert (0, 0, 0) == (len(state.access), len(state.refresh), sum(map(len, state.past.values())))
    assert len(state.withdrawn) <= 2000
    assert 401 == many.use(first["access_token"])
    assert "access_token.withdrawn" == many.why()["condition"]


def test_no_more_tokens_are_kept_than_were_asked_for() -> None:
    """Living and ended ones together."""
    client = Client()
    for number in range(LATE):
        client.login() if number % 3 == 0 else client.renew()
    state = client.service.state
    assert (REMEMBER, REMEMBER) == (len(state.access), len(state.refresh))
    assert all(len(values) <= REMEMBER for values in state.past.values())


def test_what_is_over_is_forgotten_before_what_lives() -> None:
    """A session that rests outlives many renewals of another."""
    client = Client()
    client.login()
    living = client.tokens["access_token"]
    client.login()
    for _ in range(LATE):
        client.renew()
    assert 200 == client.use(living)


def test_expired_and_reused_are_told_from_unknown_while_they_are_remembered() -> None:
    """Nothing was forgotten, so nothing is said of it."""
    client = Client()
    client.login()
    old = client.tokens
    client.renew()
    assert 401 == client.use(old["access_token"])
    assert "access_token.superseded" == client.why()["condition"]
    assert 401 == client.renew({**client.tokens, "refresh_token": old["refresh_token"]})
    assert "refresh_token.reused" == client.why()["condition"]


def test_why_says_that_a_token_may_have_been_forgotten() -> None:
    """A JWT that the mock never signed is not one of them."""
    client = Client()
    client.login()
    old = client.tokens["access_token"]
    for _ in range(LATE):
        client.renew()
    assert 401 == client.use(old)
    told = client.why()
    assert ("access_token.forgotten", "access_token.unknown") == (told["condition"], told["broader"])
    assert "older than what the mock remembers" in told["says"]
    assert "--remember" in told["hint"]
    assert 401 == client.use("e30.e30.e30")
    assert "access_token.unknown" == client.why()["condition"]


def test_a_forgotten_token_is_masked_where_the_journal_speaks_of_it() -> None:
    """Opaque ones, too, which nothing but the mock's memory can tell from other text."""
    service = Service(load_dialect("rator"), remember=1)
    session = service.state.begin(None, None, None, ())
    value = service.state.mint_access(session, ORIGIN).value
    service.state.mint_access(session, ORIGIN)
    assert value not in service.state.access
    assert "access_token" == service.state.issued(value)
    application = Application(service)
    application.from_inside(Request("GET", f"/{value}", "", (), b""), ORIGIN)
    assert value not in str(application.entries())


def test_the_option_reaches_the_mock_and_its_spaces() -> None:
    """In Python, in a space, and on the command line, which refuses what makes no sense."""
    with start("sensu", remember=7) as running:
        assert 7 == running.service.state.remember
        assert 7 == running.space("one").service.state.remember
    with pytest.raises(ValueError, match="at least 1 token"):
        Service(load_dialect("sensu"), remember=0)
    refused = CliRunner().invoke(command, ["sensu", "--remember", "0"])
    assert refused.exit_code != 0
    assert "--remember" in refused.output
