"""Faults at run time, over real sockets: by name, by what a client meets, how often, until when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
import yaml

from watchword.mockserver.console.asked import DESCRIPTION
from watchword.mockserver.launch import Running, start
from watchword.mockserver.orders.book import PURPOSES
from watchword.mockserver.orders.kinds import KINDS
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect

RENEWAL = "/auth/token"


class Client:
    """A client of the mock, and whoever steers it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.http = requests.Session()
        self.http.trust_env = False
        self.user = (running.credentials["username"], running.credentials["password"])

    def login(self, **options: Any) -> requests.Response:
        """Log in."""
        return self.http.get(f"{self.running.url}/auth", auth=self.user, timeout=5, **options)

    def renew(self, tokens: dict[str, str], timeout: float = 5, **options: Any) -> requests.Response:
        """Renew."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        body = {"refresh_token": tokens["refresh_token"]}
        return self.http.post(self.running.url + RENEWAL, json=body, headers=headers, timeout=timeout, **options)

    def steer(self, method: str, page: str, body: Any = None) -> requests.Response:
        """Ask the control side."""
        return self.http.request(method, self.running.control_url + page, json=body, timeout=5)

    def add(self, **fault: Any) -> dict[str, Any]:
        """Add a fault over HTTP."""
        reply = self.steer("POST", "faults", fault)
        assert 201 == reply.status_code, reply.text
        added: dict[str, Any] = reply.json()
        return added

    def why(self) -> dict[str, Any]:
        """Explain the newest refusal."""
        told: dict[str, Any] = self.steer("GET", "why").json()
        return told

    def uses(self) -> list[int]:
        """Say how often each refresh token was used."""
        sessions = self.steer("GET", "sessions").json()["sessions"]
        return [token["used"] for session in sessions for token in session["refresh_tokens"]]


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a mock on a socket."""
    with start(Service(load_dialect("sensu"))) as running:
        yield Client(running)


def test_the_next_calls_of_one_operation(client: Client) -> None:
    """A fault strikes so many calls of the operation that it names, no other, and then never again."""
    tokens = client.login().json()
    added = client.add(fault="unavailable", operation="renewToken", count=2)

    assert (None, 2, 0) == (client.login().json().get("error"), added["count"], added["struck"])
    assert [503, 503, 200] == [client.renew(tokens).status_code for _ in range(3)]
    listed = client.steer("GET", "faults").json()
    assert ([], [(2, True)]) == (listed["faults"], [(order["struck"], order["over"]) for order in listed["over"]])


def test_why_names_the_fault(client: Client) -> None:
    """A reply that is a fault is explained as one, whatever the request deserved, with what ends it."""
    tokens = client.login().json()
    client.add(fault="unavailable", purpose="renewal", count="all")
    client.renew(tokens)
    told = client.why()

    assert ("fault", "fault", "unavailable", "renewToken") == tuple(
        told[k] for k in ("cause", "condition", "fault", "operation")
    )
    assert "renewToken answers 503" in told["says"]
    assert "DELETE /__watchword__/faults?id=1" in told["hint"]
    assert "status 503" == told["found"]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout", requests.ReadTimeout),
        ("reset", requests.ConnectionError),
        ("drop", requests.ConnectionError),
        ("lost-reply", requests.ConnectionError),
        ("half-body", requests.exceptions.ChunkedEncodingError),
    ],
)
def test_a_connection_that_fails(client: Client, kind: str, error: type[Exception]) -> None:
    """The client meets a failure of its connection; the server has acted where the fault says so, and nowhere else."""
    tokens = client.login().json()
    added = client.add(fault=kind, operation="renewToken")
    with pytest.raises(error):
        client.renew(tokens, timeout=0.3)

    assert [int(added["acts"])] == client.uses()
    assert (kind in ("lost-reply", "half-body")) is added["acts"]
    assert kind == client.why()["fault"]
    assert 200 == client.renew(tokens).status_code


def test_a_time_out_after_the_deed(client: Client) -> None:
    """Whoever asks decides whether the server has acted before it falls silent."""
    tokens = client.login().json()
    client.add(fault="timeout", operation="renewToken", acts=True)
    with pytest.raises(requests.ReadTimeout):
        client.renew(tokens, timeout=0.3)

    assert [1] == client.uses()


@pytest.mark.parametrize("kind", ["slow", "dribble"])
def test_slow_replies_are_right(client: Client, kind: str) -> None:
    """A slow reply is the right one, later; a body that dribbles comes after its head."""
    client.add(fault=kind, wait=0.4)
    begun = time.monotonic()
    reply = client.login(stream=True)
    head = time.monotonic() - begun
    token = reply.json()["access_token"]
    whole = time.monotonic() - begun

    assert token
    assert 0.4 <= whole
    assert (kind == "slow") is (head >= 0.4)


def test_retry_after(client: Client) -> None:
    """Retry-After is told in seconds or as a date of the mock's clock."""
    client.running.clock.freeze(2_000_000_000)
    client.add(fault="too-many-requests", retry_after=30)
    client.add(fault="too-many-requests", retry_after=30, as_date=True)
    client.add(fault="too-many-requests")
    told = [client.login() for _ in range(3)]

    assert [429] * 3 == [reply.status_code for reply in told]
    assert ("30", "1") == (told[0].headers["Retry-After"], told[2].headers["Retry-After"])
    assert 2_000_000_030 == parsedate_to_datetime(told[1].headers["Retry-After"]).timestamp()


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_401_once(dialect: str) -> None:
    """A right request is refused once, in the words that the dialect has for tokens that are over."""
    with start(Service(load_dialect(dialect))) as running:
        api = running.service.dialect.api
        resource = api.with_purpose("resource")[0]
        url = running.origin + api.bases[resource.base] + resource.path
        first = requests.request(resource.method, url, headers={"Authorization": "Bearer abcd"}, timeout=5)
        running.faults.add("unauthorized", operation=resource.name)
        struck = requests.request(resource.method, url, timeout=5)

        assert (401, 401) == (first.status_code, struck.status_code)
        assert (
            first.headers.get("WWW-Authenticate", "").split(" ")[0]
            == struck.headers.get("WWW-Authenticate", "").split(" ")[0]
        )
        assert first.headers["Content-Type"] == struck.headers["Content-Type"]


def test_redirection(client: Client) -> None:
    """A redirection leads to another origin: by default to this mock by its other name, where the journal sees who follows."""
    client.add(fault="redirect", count=2)
    first = client.login(allow_redirects=False)
    port = client.running.port

    assert (307, f"http://localhost:{port}/auth") == (first.status_code, first.headers["Location"])
    # requests takes the credentials along to the same host only, and localhost is another one.
    assert 401 == client.login().status_code
    client.add(fault="redirect", to="https://other.example", status=302)
    third = client.login(allow_redirects=False)
    assert (302, "https://other.example/auth") == (third.status_code, third.headers["Location"])


@pytest.mark.parametrize(
    ("kind", "status"), [("server-error", 500), ("bad-gateway", 502), ("gateway-timeout", 504), ("captive-portal", 200)]
)
def test_somebody_else_answers(client: Client, kind: str, status: int) -> None:
    """Servers that break and proxies answer in their own words, and nothing has happened behind them."""
    client.add(fault=kind)
    reply = client.login()

    assert status == reply.status_code
    assert ("html" in reply.headers["Content-Type"]) is (kind != "server-error")
    assert [] == client.steer("GET", "sessions").json()["sessions"]
    assert kind == client.why()["fault"]


def struck(client: Client, number: int) -> list[bool]:
    """Log in so often; says which logins were struck."""
    return [client.login().status_code == 503 for _ in range(number)]


def test_the_same_seed_gives_the_same_sequence(client: Client) -> None:
    """A probability strikes some calls; with the same seed the same ones, with another others."""
    runs = []
    for seed in (7, 7, 8):
        client.steer("DELETE", "faults")
        added = client.add(fault="unavailable", probability=0.5, seed=seed)
        runs.append(struck(client, 40))
        assert (None, seed) == (added["count"], added["seed"])

    assert runs[0] == runs[1] != runs[2]
    assert 8 <= sum(runs[0]) <= 32


def test_skip_count_and_an_unnamed_seed(client: Client) -> None:
    """Some calls pass first; a seed that nobody chose is told, so that the sequence can be had again."""
    client.add(fault="unavailable", skip=2, count=1)
    assert [False, False, True, False] == struck(client, 4)
    seed = client.add(fault="unavailable", probability=0.5)["seed"]
    first = struck(client, 20)
    client.steer("DELETE", "faults")
    client.add(fault="unavailable", probability=0.5, seed=seed)

    assert first == struck(client, 20)


def test_time_to_live(client: Client) -> None:
    """After its time, by the mock's clock, a fault is over."""
    client.running.clock.freeze()
    client.add(fault="unavailable", ttl=60)
    before = struck(client, 2)
    client.running.clock.advance(60)

    assert ([True, True], [False]) == (before, struck(client, 1))


def test_the_oldest_has_the_call(client: Client) -> None:
    """Faults that fit the same call take turns in the order in which they came, and one can be taken away."""
    client.add(fault="server-error")
    taken = client.add(fault="bad-gateway")["id"]
    client.add(fault="unavailable")
    assert 204 == client.steer("DELETE", f"faults?id={taken}").status_code

    assert [500, 503, 200] == [client.login().status_code for _ in range(3)]
    assert 404 == client.steer("DELETE", f"faults?id={taken}").status_code


def test_a_reset_takes_faults_away(client: Client) -> None:
    """What was asked for at run time is gone with a reset."""
    client.add(fault="unavailable", count="all")
    client.steer("POST", "reset")

    assert 200 == client.login().status_code


def test_faults_of_the_catalogue(client: Client) -> None:
    """A fault of the catalogue strikes so many calls: with its operation in the name, beside it, or at all of them."""
    client.add(fault="missing:expires_at@createToken")
    client.add(fault="text:expires_at", operation="createToken")
    client.add(fault="null:expires_at", count=2)
    told = [client.login().json() for _ in range(2)]
    third = client.login().json()
    renewed = client.renew(third).json()

    assert "expires_at" not in told[0]
    assert isinstance(told[1]["expires_at"], str)
    assert [None, None] == [third["expires_at"], renewed["expires_at"]]
    assert isinstance(client.login().json()["expires_at"], int)


def test_a_lie_about_the_rules_for_one_call(client: Client) -> None:
    """Even the rules may be another's for one call, and those that come after are met as before."""
    client.running.clock.freeze()
    client.add(fault="expires-at-once")
    short, right = client.login().json(), client.login().json()
    client.running.clock.advance(2)
    use = [
        client.http.get(
            f"{client.running.url}/api/core/v2/namespaces",
            headers={"Authorization": f"Bearer {tokens['access_token']}"},
            timeout=5,
        ).status_code
        for tokens in (short, right)
    ]

    assert [401, 200] == use


def test_wrong_requests_that_are_served(client: Client) -> None:
    """A fault about a condition takes the calls that are in it, and passes the others by without being used up."""
    client.add(fault="accepts:password.wrong@createToken")
    right = client.login()
    client.user = (client.user[0], "not-the-password")
    wrong, again = client.login(), client.login()

    assert [200, 200, 401] == [right.status_code, wrong.status_code, again.status_code]
    assert "accepts:password.wrong@createToken" == client.steer("GET", "why?id=2").json()["fault"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"fault": "unavailble"}, "did you mean 'unavailable'?"),
        ({"fault": "unavailable", "operation": "renewTokn"}, "did you mean 'renewToken'?"),
        ({"fault": "unavailable", "wait": 2}, "unavailable has no setting 'wait'; it has retry_after, as_date, acts"),
        ({"fault": "lost-reply", "acts": False}, "lost-reply has no setting 'acts'; it has none"),
        ({"fault": "unavailable", "purpose": "revocation"}, "no operation of this API is for revocation"),
        ({"fault": "unavailable", "count": 0}, "count"),
        ({"fault": "unavailable", "probability": 2}, "probability"),
        ({"fault": "redirect", "to": "nowhere"}, "to"),
        ({}, "'fault' is a required property"),
    ],
)
def test_wrong_orders(client: Client, asked: dict[str, Any], told: str) -> None:
    """An order that makes no sense is refused, and the answer says what would."""
    reply = client.steer("POST", "faults", asked)

    assert 400 == reply.status_code
    assert told in reply.json()["detail"]
    assert [] == client.steer("GET", "faults").json()["faults"]


def test_in_python(client: Client) -> None:
    """In Python there is the same, and the same is refused."""
    order = client.running.faults.add("unavailable", purpose="login", count=1)

    assert [True, False] == struck(client, 2)
    [over] = client.running.faults.list()
    assert (order.id, 1, True) == (over.id, over.struck, over.over)
    with pytest.raises(ValueError, match="did you mean 'redirect'"):
        client.running.faults.add("redirct")


def test_the_catalogue_is_grouped(client: Client) -> None:
    """The list of faults is in a client's groups, filtered by what the operations are for; each fault stands in one."""
    whole = client.steer("GET", "faults/catalogue").json()["groups"]
    renewal = client.steer("GET", "faults/catalogue?for=renewal").json()["groups"]
    names = [row["fault"] for group in whole for row in group["faults"]]

    assert set(KINDS) < set(names)
    assert len(names) == len(set(names))
    assert 8 == len(whole)
    some = {row["fault"] for group in renewal for row in group["faults"]}
    assert {"lost-reply", "dead-token@renewToken"} < some
    assert not any(name.endswith("@createToken") for name in some)
    assert 400 == client.steer("GET", "faults/catalogue?for=money").status_code


def test_the_description_knows_the_purposes() -> None:
    """The control side's description has the purposes that there are."""
    schemas = yaml.safe_load(DESCRIPTION.read_text("utf-8"))["components"]["schemas"]

    assert list(PURPOSES) == schemas["NewFault"]["properties"]["purpose"]["enum"]
    assert list(PURPOSES) == schemas["NewReplies"]["properties"]["purpose"]["enum"]


def test_a_dry_run_says_that_there_are_faults(client: Client) -> None:
    """Who asks what would be answered hears that faults may make another answer of it; none is used up by that."""
    client.add(fault="unavailable")
    told = client.steer("POST", "explain", {"path": "/auth", "basic": list(client.user)}).json()

    assert (True, True) == (told["served"], "asked for" in told["fault"])
    assert 503 == client.login().status_code
