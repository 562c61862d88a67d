"""One mock in several processes is one mock: whoever is asked answers as a single one would have, and nothing is done twice."""

from __future__ import annotations

import base64
import itertools
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from watchword.mockserver.clock import SeededIds, StillClock
from watchword.mockserver.command import mock
from watchword.mockserver.console.access import Access
from watchword.mockserver.http.message import finished
from watchword.mockserver.launch import Place, start
from watchword.mockserver.near import assemble
from watchword.mockserver.sharing import store as storing
from watchword.mockserver.sharing.packing import pack, unpack
from watchword.mockserver.sharing.shared import Shared
from watchword.mockserver.sharing.store import Store, StoreError, TurnLost
from watchword.mockserver.spaces import Spaces
from watchword.specs.codec import draft, encode
from watchword.specs.loader import Dialect, load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request
from watchword.suites.running.check import check
from watchword.suites.running.session import TargetSession
from watchword.suites.target import from_description

pytestmark = pytest.mark.needs("redis-server")

ORIGIN = "http://mock.test"
ROOT = "/__watchword__/"
_names = itertools.count()


class Server:
    """A store that is really there; `url` is where."""

    def __init__(self, command: str, folder: Path) -> None:
        self.socket = folder / "socket"
        self.url = f"unix://{self.socket}"
        self._line = [command, "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(folder)]
        self.begin()

    def begin(self) -> None:
        """Start it, and wait until it takes connections, which is later than its socket is seen."""
        self.process = subprocess.Popen(self._line, stdout=subprocess.DEVNULL)
        while not self._takes_connections():
            assert self.process.poll() is None
            time.sleep(0.01)

    def _takes_connections(self) -> bool:
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(str(self.socket)) == 0

    def end(self) -> None:
        """End it, and wait until it has."""
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory, tool) -> Iterator[str]:
    """The URL of a store."""
    found = Server(tool("redis-server"), tmp_path_factory.mktemp("store"))
    yield found.url
    found.end()


class Several:
    """A single mock, and beside it one that is shared by two, who take turns in being asked. What they say is compared."""

    def __init__(self, url: str, dialect: Dialect, profile: str = "documented", **options) -> None:
        self.single = self.made(dialect, profile, SeededIds(7), options)
        ids, name = SeededIds(7), f"{dialect.name}-{next(_names)}"
        self.url, self.name = url, name
        self.routers = [self.made(dialect, profile, source, options) for source in (ids, SeededIds(8))]
        self.shared = [Shared(router, self.store()) for router in self.routers]
        self.routers[1].service.state.ids = ids
        self.turns = itertools.cycle(self.shared)
        self.different: list[str] = []

    def made(self, dialect: Dialect, profile: str, ids: SeededIds, options) -> Spaces:
        """Make a mock of a kind."""
        return assemble(dialect, Access(), profile=profile, ids=ids, clock=StillClock(), **options)

    def store(self) -> Store:
        """Give one more way to the store."""
        return Store(self.url, self.name)

    def ask(self, request: Request) -> Reply:
        """Ask the single mock, and whose turn it is."""
        here = self.single.from_inside(request, ORIGIN)
        there = next(self.turns).from_inside(request, ORIGIN)
        if as_told(here) != as_told(there):
            self.different.append(f"{request.method} {request.path}: {as_told(here)} {as_told(there)}")
        return getattr(here, "reply", here)

    def control(self, method: str, page: str, body: object = None) -> Reply:
        """Ask a page of the control side."""
        headers = () if body is None else (("Content-Type", "application/json"),)
        path, _, query = page.partition("?")
        return self.ask(
            Request(method, ROOT + path, query, headers, b"" if body is None else json.dumps(body).encode())
        )

    # -- as a wire and a clock of the suites

    def send(self, request: Request) -> tuple[Reply, float]:
        """Answer a request of the suites."""
        base = self.single.service.dialect.api.bases[request.base]
        headers = (("User-Agent", "watchword"), *request.headers)
        reply = self.ask(replace(request, path=base + request.path, headers=headers))
        return finished(reply, request.method, self.now()), 0.0

    def close(self) -> None:
        """There is no connection."""

    def now(self) -> float:
        """Give the time."""
        return self.single.service.clock.now()

    def advance(self, seconds: float) -> float:
        """Set the clocks ahead."""
        self.control("POST", "clock", {"advance": seconds})
        return self.now()


def as_told(answer) -> object:
    """What a client gets, without what depends on how long something took."""
    reply = getattr(answer, "reply", answer)
    body = reply.body
    if b'"took"' in body:
        body = json.loads(body)
        for entry in body["entries"]:
            del entry["took"]
    return reply.status, reply.headers, body, [getattr(answer, name, None) for name in ("then", "after", "over")]


class Party:
    """A client of one or several, of a mock that takes refresh tokens once."""

    def __init__(self, dialect: Dialect, credentials) -> None:
        self.api = dialect.api
        self.credentials = credentials

    def request(self, purpose: str, **values: str) -> Request:
        """Make a right request of the first operation for a purpose."""
        found = [op for op in self.api.with_purpose(purpose) if purpose != "issue" or "password" in op.roles]
        request = encode(draft(found[0], {**self.credentials, **values}))
        return replace(request, path=self.api.bases[found[0].base] + request.path)

    def tokens(self, reply: Reply) -> dict[str, str]:
        """Read the tokens of a reply."""
        assert 200 == reply.status, reply.body
        read = self.api.with_purpose("issue")[0].read_reply(reply.members)
        return {role: str(read[role]) for role in ("access_token", "refresh_token")}


ROTATING = load_dialect("rator")


@pytest.fixture
def pair(server) -> Several:
    """Two who share a mock whose refresh tokens work once."""
    return Several(server, ROTATING, "rotating")


@pytest.fixture
def party() -> Party:
    """A client of it."""
    return Party(ROTATING, ROTATING.world.credentials)


def plain(shared: Shared, request: Request) -> Reply:
    """Ask one of them."""
    answer = shared.from_inside(request, ORIGIN)
    return getattr(answer, "reply", answer)


def steer(shared: Shared, method: str, page: str, body: object = None) -> Reply:
    """Ask the control side of one of them."""
    data = b"" if body is None else json.dumps(body).encode()
    headers = () if body is None else (("Content-Type", "application/json"),)
    return plain(shared, Request(method, ROOT + page, "", headers, data))


def test_whoever_is_asked_answers_as_a_single_mock_does(server):
    """Everything that the suites send, and then the control side, is answered alike by one mock and by two that share one."""
    dialect = load_dialect("fusio")
    several = Several(server, dialect, "rotating-grace")
    bases, credentials = dialect.api.bases, several.single.service.credentials
    masker = Masker()
    masker.configure(credentials)
    described: dict[str, object] = {
        "name": "x",
        "dialect": "fusio",
        "url": ORIGIN + bases["url"],
        "credentials": credentials,
    }
    described |= {"resource_url": ORIGIN + bases.get("resource_url", bases["url"]), "control": several}
    session = TargetSession(from_description(described), masker, wire=several)
    verdicts = {
        check(session, clause).verdict
        for clause in dialect.clauses
        if not clause.untested and clause.guarantee != "contract.conforms"
    }
    assert "pass" in verdicts
    for page in ("journal?details=true", "sessions", "faults", "verdict", "why", "users", "keys", "credentials"):
        several.control("GET", page)
    assert several.different == []


ORDERS = (
    {"fault": "timeout", "count": 2, "skip": 1, "wait": 0.0},
    {"fault": "reset", "probability": 0.5, "purpose": "login"},
    {"fault": "too-many-requests", "count": "all", "purpose": "renewal", "retry_after": 7},
    {"fault": "first-session-only", "count": "all"},
    {"fault": "ends-other-sessions", "count": "all"},
    {"fault": "every-third:right-500", "count": "all"},
    {"fault": "constant-for-user", "count": "all"},
)


def test_faults_that_were_asked_of_one_are_told_by_all_and_remember_what_any_has_met(server, party):
    """Orders count the calls of all, and what a fault remembers of one it knows in the other."""
    several = Several(server, ROTATING, "rotating")
    for order in ORDERS:
        several.control("POST", "faults", {"seed": 3, **order})
        for _ in range(4):
            reply = several.ask(party.request("issue"))
            token = party.api.with_purpose("issue")[0].read_reply(reply.members).get("access_token", "none")
            several.ask(party.request("resource", access_token=str(token)))
        several.control("GET", "faults")
        several.control("DELETE", "faults")
    several.control("POST", "replies", {"replies": [{"status": 503}, {"json": {"a": 1}}], "seed": 3})
    assert [503, 200] == [several.ask(party.request("issue")).status for _ in range(2)]
    assert several.different == []


def test_what_is_steered_at_one_holds_for_all(server, party):
    """Clock, users, sessions, keys, journal and reset are those of all."""
    several = Several(server, ROTATING, "rotating")
    tokens = party.tokens(several.ask(party.request("issue")))
    steps = (
        ("POST", "clock", {"freeze": 1_950_000_000}),
        ("POST", "users", {"username": "new", "password": "Hut9Birch4Lane"}),
        ("PATCH", "users", {"username": "new", "enabled": False}),
        ("POST", "sessions/expire", {"tokens": "access_token"}),
        ("PUT", "keys", {"keys": [{"kty": "oct", "k": "A" * 43}]}),
        ("GET", "sessions", None),
        ("POST", "sessions/revoke", {}),
        ("POST", "world/reload", None),
        ("DELETE", "journal", None),
        ("POST", "reset", None),
    )
    for method, page, body in steps:
        assert several.control(method, page, body).status < 300, page
        for request in (
            party.request("issue", username="new", password="Hut9Birch4Lane"),
            party.request("resource", access_token=tokens["access_token"]),
            party.request("renew", **tokens),
            party.request("issue"),
        ):
            several.ask(request)
        for read in ("clock", "users", "keys", "sessions", "journal?details=true", "why", "verdict"):
            several.control("GET", read)
    assert several.different == []


def test_a_login_that_was_not_needed_is_noticed_whoever_gave_the_tokens_before(pair, party):
    """Which refresh token a party has is known to all."""
    tokens = party.tokens(pair.ask(party.request("issue")))
    for purpose in ("resource", "resource", "issue"):
        pair.ask(party.request(purpose, **tokens))
    judged = {one["rule"]: one["verdict"] for one in pair.control("GET", "verdict").members["verdicts"]}
    assert "warn" == judged["login.when-needed"]
    assert pair.different == []


def test_what_is_masked_has_one_name_whoever_is_asked_first(pair, party):
    """Strangers' tokens are named in the order in which anybody has shown them."""
    for number in (1, 2):
        claims = base64.urlsafe_b64encode(f'{{"n": {number}}}'.encode()).decode().rstrip("=")
        pair.ask(party.request("resource", access_token=f"eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJl"))
    for page in ("journal?last=1&details=true", "journal?details=true"):
        pair.control("GET", page)
    assert pair.different == []


def test_a_refresh_token_that_one_has_taken_the_other_refuses_and_both_say_why(pair, party):
    """Single use is single use in all of them, and an entry of one is found by the other."""
    here, there = pair.shared
    tokens = party.tokens(plain(here, party.request("issue")))
    assert 200 == plain(there, party.request("renew", **tokens)).status
    refused = plain(here, party.request("renew", **tokens))
    assert refused.status in (400, 401)
    why = [steer(shared, "GET", "why").members for shared in pair.shared]
    assert why[0] == why[1]
    assert "refresh_token.reused" == why[0]["condition"]
    assert refused.header("watchword-request") == str(why[0]["id"])


def test_who_comes_later_finds_what_there_is_whether_from_the_changes_or_the_whole(server, party, monkeypatch):
    """What was written down as a whole, and the changes after it, make the same mock as having been there."""
    monkeypatch.setattr(storing, "_OFTEN", 20)
    monkeypatch.setattr(storing, "_KEPT", 5)
    several = Several(server, ROTATING, "rotating")
    here, idle = several.shared
    tokens = [party.tokens(plain(here, party.request("issue"))) for _ in range(50)]
    late = Shared(several.made(ROTATING, "rotating", SeededIds(9), {}), several.store())
    for page in ("journal", "sessions", "verdict"):
        told = [steer(shared, "GET", page).body for shared in (here, idle, late)]
        assert told[0] == told[1] == told[2]
    assert 200 == plain(late, party.request("renew", **tokens[3])).status
    assert 200 != plain(idle, party.request("renew", **tokens[3])).status


def test_a_space_that_one_has_made_is_there_for_all_until_one_forgets_it(pair, party):
    """Spaces are shared; ports of spaces and races are refused, because they belong to one process."""
    here, there = pair.shared
    assert 201 == steer(here, "PUT", "spaces/a", {"profile": "documented"}).status
    assert "documented" == steer(there, "GET", "spaces/a").members["profile"]
    inside = (("Watchword-Space", "b"),)

    def within(request: Request) -> Request:
        return replace(request, headers=(*request.headers, *inside))

    tokens = party.tokens(plain(here, within(party.request("issue"))))
    assert 200 == plain(there, within(party.request("renew", **tokens))).status
    assert 200 != plain(here, within(party.request("renew", **tokens))).status
    assert ["a", "b"] == sorted(space["name"] for space in steer(there, "GET", "spaces").members["spaces"])
    assert 204 == steer(there, "DELETE", "spaces/b").status
    assert 404 == steer(here, "DELETE", "spaces/b").status
    assert 409 == steer(here, "PUT", "spaces/c", {"port": 0}).status
    assert 409 == steer(here, "POST", "race", {}).status


def test_a_turn_that_took_too_long_is_void(pair, party):
    """Who has lost the turn has done nothing, and goes on with what the others did."""
    here, there = pair.shared
    tokens = party.tokens(plain(here, party.request("issue")))
    renewal = party.request("renew", **tokens)

    def too_long() -> None:
        with here.turn():
            pair.routers[0].from_inside(renewal, ORIGIN)
            pair.store().give_up()
            assert 200 == plain(there, renewal).status

    with pytest.raises(TurnLost):
        too_long()
    assert 200 != plain(here, renewal).status
    assert steer(here, "GET", "journal").body == steer(there, "GET", "journal").body


def test_what_no_mock_would_tell_another_is_not_read():
    """Who can write to the store can make values, and call nothing."""
    assert {"a": frozenset({1})} == unpack(pack({"a": frozenset({1})}))
    for bad in (pickle.dumps(os.system), pickle.dumps(Shared), pickle.dumps(subprocess.Popen)):
        with pytest.raises(pickle.UnpicklingError):
            unpack(bad)


def test_without_its_store_a_mock_says_so_and_goes_on_when_it_is_back(tool, tmp_path):
    """A store that is gone is a 503 with its name; one that is back, and empty, has the world again."""
    server = Server(tool("redis-server"), tmp_path)
    try:
        with start("rator", place=Place(Store(server.url, "x"))) as running, requests.Session() as session:
            assert 204 == session.post(running.control_url + "reset").status_code
            server.end()
            reply = session.get(running.control_url + "clock")
            assert (503, True) == (reply.status_code, str(server.socket) in reply.text)
            server.begin()
            assert 200 == session.get(running.control_url + "clock").status_code
            server.end()
            with pytest.raises(StoreError):
                running.settle(running.service.state.data)
    finally:
        server.end()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--workers", "2"), "--workers 2 wants --store: each process would have a world of its own"),
        (("--store", "redis://:secret@127.0.0.1:1/0"), "the store redis://127.0.0.1:1/0 cannot be used: Error 111"),
        (("--store", "elsewhere"), "expected a URL such as redis://127.0.0.1:6379/0, seen elsewhere"),
    ],
)
def test_what_cannot_be_had_is_told_in_one_line(words, says):
    """Wrong options end with the exit code of a wrong command line, and no password is printed."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)}
    result = CliRunner().invoke(mock, ["rator", "--port", "0", *words])
    for name, handler in before.items():
        signal.signal(name, handler)
    assert (4, True, False) == (result.exit_code, says in result.output, "secret" in result.output), result.output


@pytest.fixture(scope="module")
def served(server, tmp_path_factory) -> Iterator[dict]:
    """A mock in three processes; the facts of its ready file."""
    ready = tmp_path_factory.mktemp("mock") / "ready.json"
    words = ["mock", "rator", "--profile", "rotating", "--port", "0", "--ready-file", str(ready), "--quiet"]
    command = [str(Path(sys.executable).with_name("watchword")), *words, "--store", server, "--workers", "3"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        facts = json.loads(ready.read_text())
        others = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield facts | {"others": others}
        process.terminate()
        assert ("", 0) == (process.communicate(timeout=10)[1], process.returncode)
    assert [] == [pid for pid in others if Path(f"/proc/{pid}").exists()]


def connected(pid: str) -> int:
    """How many sockets a process has."""
    return sum(str(f.readlink()).startswith("socket:") for f in Path(f"/proc/{pid}/fd").iterdir())


def test_of_many_that_renew_at_once_in_several_processes_one_is_served(served, party):
    """Of 32 connections to three processes that present one refresh token at once, one gets new tokens; all find the same why."""

    def send(session: requests.Session, request: Request) -> requests.Response:
        url = served["url"].partition("/rest")[0] + request.path
        return session.request(
            request.method, url, params=request.query, headers=dict(request.headers), data=request.body
        )

    processes = [str(served["pid"]), *served["others"]]
    assert 3 == len(processes)
    before = {pid: connected(pid) for pid in processes}
    sessions = [requests.Session() for _ in range(32)]
    for session in sessions:
        session.get(served["control_url"] + "health")
    assert all(connected(pid) > before[pid] for pid in processes)
    with ThreadPoolExecutor(16) as pool:
        for _ in range(3):
            reply = send(sessions[0], party.request("issue"))
            tokens = party.tokens(Reply(reply.status_code, (), reply.content))
            renewal = party.request("renew", **tokens)
            replies = list(pool.map(send, sessions, [renewal] * len(sessions)))
            assert 1 == sum(reply.status_code == 200 for reply in replies)
            ids = [int(reply.headers["Watchword-Request"]) for reply in replies]
            assert 32 == len(set(ids))
            why = [session.get(served["control_url"] + f"why?id={ids[0]}").json() for session in sessions[:8]]
            assert all(one == why[0] for one in why)
    for session in sessions:
        session.close()
