"""Spaces: worlds of their own in one mock, over real sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
import requests

from watchword.mockserver import connect, mount, start
from watchword.mockserver.control import ROOT
from watchword.mockserver.launch import Running
from watchword.mockserver.spaces import MOST
from watchword.mockserver.steer.channel import ControlProblem
from watchword.mockserver.steer.mock import Mock

NAMESPACES = "/api/core/v2/namespaces"


@pytest.fixture
def running() -> Iterator[Running]:
    """A mock on a socket."""
    with start("sensu") as running:
        yield running


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """A session that no environment disturbs."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def log_in(mock: Mock, http: requests.Session, **options: Any) -> requests.Response:
    """Log in with the announced credentials."""
    user = (mock.credentials["username"], mock.credentials["password"])
    return http.get(mock.url + "/auth", auth=user, timeout=10, **options)


def use(mock: Mock, http: requests.Session, token: str, **headers: str) -> requests.Response:
    """Use an access token."""
    return http.get(mock.url + NAMESPACES, headers={"Authorization": f"Bearer {token}", **headers}, timeout=10)


def test_fifty_at_once(running: Running) -> None:
    """Fifty clients at once, each in a space at a time of its own, do not see one another."""

    def live(number: int) -> tuple[list[int], list[str | None], int]:
        space = connect(running.url).space(f"test-{number}")
        with requests.Session() as http:
            http.trust_env = False
            space.clock.freeze(1_900_000_000 + number * 100_000)
            token = log_in(space, http).json()["access_token"]
            found = [use(space, http, token).status_code]
            if number % 2:
                space.clock.after_expiry()
            space.users.add(f"only-{number}", "Spruce3-Window")
            found.append(use(space, http, token).status_code)
        return found, [entry.condition for entry in space.journal], len(space.users.list())

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(live, range(50)))

    users = len(running.users.list())
    assert [
        ([200, 200], [None] * 3, users + 1),
        ([200, 401], [None, None, "access_token.expired"], users + 1),
    ] * 25 == found
    assert [] == running.journal.entries()
    assert 50 == len(running.spaces.list())


def test_redirection_stays_in_the_space(running: Running, http: requests.Session) -> None:
    """A redirection that a space was asked for leads to the same space by the mock's other name, and who follows is seen there."""
    space = running.space("blue")
    space.faults.add("redirect", count=1)
    reply = log_in(space, http, allow_redirects=False)
    there = reply.headers["Location"]

    assert (307, f"http://localhost:{running.port}{ROOT}spaces/blue/auth") == (reply.status_code, there)
    assert 401 == http.get(there, timeout=10).status_code
    assert [307, 401] == [entry.status for entry in space.journal.entries()]
    assert [] == running.journal.entries()


def test_by_path_and_by_header(running: Running, http: requests.Session) -> None:
    """A space is reached by its path and by the header, for the API and for the control side; both mean the same."""
    space = running.space("blue")
    named = {"Watchword-Space": "blue"}
    token = log_in(space, http).json()["access_token"]
    user = (running.credentials["username"], running.credentials["password"])
    other = http.get(running.url + "/auth", auth=user, headers=named, timeout=5)

    assert 200 == use(running, http, token, **named).status_code
    assert 200 == use(space, http, other.json()["access_token"]).status_code
    assert 401 == use(running, http, token).status_code
    entries = http.get(running.control_url + "journal", headers=named, timeout=5).json()["entries"]
    assert ["createToken", "createToken", "listNamespaces", "listNamespaces"] == [e["operation"] for e in entries]
    assert ["/auth", "/auth", NAMESPACES, NAMESPACES] == [e["path"] for e in entries]
    assert f"{ROOT}spaces/blue{ROOT}" == log_in(space, http).headers["Watchword-Control"]
    assert [1] == [entry.id for entry in running.journal]


def test_by_port(running: Running, http: requests.Session) -> None:
    """A space may have a port of its own, whose root it is; it is there until the space is deleted."""
    space = running.space("green", port=0)
    far = connect(running.url).space("green")
    token = log_in(space, http).json()["access_token"]

    assert space.origin != running.origin
    assert (space.url, space.control_url) == (far.url, far.control_url) == (space.origin, space.origin + ROOT)
    assert 200 == use(far, http, token).status_code
    assert ROOT == log_in(space, http).headers["Watchword-Control"]
    assert 3 == len(http.get(space.control_url + "journal", timeout=5).json()["entries"])
    space.clock.freeze(1_000_000_000)
    assert "Sun, 09 Sep 2001 01:46:40 GMT" == http.get(space.control_url + "health", timeout=5).headers["Date"]
    assert 403 == http.get(space.control_url + "why", headers={"Host": "evil.test"}, timeout=5).status_code
    assert 400 == http.get(space.url + "/auth", headers={"Host": "a b"}, timeout=5).status_code
    assert "http.400" in {entry.condition for entry in space.journal} or space.why().status == 400
    running.spaces.reset("green")
    assert 401 == use(space, http, token).status_code
    running.spaces.delete("green")
    # The port closes from the mock's own thread.
    while is_served(space):
        time.sleep(0.01)


def is_served(space: Mock) -> bool:
    """Tell whether something answers at a space's own port."""
    try:
        requests.get(space.control_url + "health", timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_ports_that_cannot_be(running: Running) -> None:
    """A port that is taken is said to be, and so is that an application without one cannot give one."""
    with pytest.raises(ControlProblem, match="something else listens there") as caught:
        running.space("a", port=running.port)
    assert 409 == caught.value.status
    with pytest.raises(ControlProblem, match="listens nowhere"):
        mount("sensu").space("a", port=0)


def test_ports_end_with_the_mock() -> None:
    """With the mock all ports are closed, over TLS, too."""
    with start("sensu", tls=True) as running:
        spaces = [running.space(port=0) for _ in range(5)]
        assert 5 == len({space.origin for space in spaces})
        with requests.Session() as http:
            http.trust_env, http.verify = False, running.ca_file
            assert [200] * 5 == [log_in(space, http).status_code for space in spaces]
    for space in spaces:
        with pytest.raises(requests.ConnectionError):
            requests.get(space.url, timeout=5, verify=False)


def test_two_times(running: Running, http: requests.Session) -> None:
    """Two spaces stand at different times, and their replies are dated so."""
    early, late = running.space("early"), running.space("late")
    early.clock.freeze(1_000_000_000)
    late.clock.freeze(2_000_000_000)

    dates = [log_in(space, http).headers["Date"] for space in (early, late)]
    assert ["Sun, 09 Sep 2001 01:46:40 GMT", "Wed, 18 May 2033 03:33:20 GMT"] == dates
    assert abs(running.clock.now() - running.service.clock.now()) < 5


@pytest.mark.parametrize("how", ["delete", "stop"])
def test_nobody_stays_held(running: Running, http: requests.Session, how: str) -> None:
    """Who is held for a race in a space is answered when the space goes, or the mock."""
    space = running.space("race")
    tokens = log_in(space, http).json()
    space.race.arm(2, wait=60)
    headers, body = {"Authorization": f"Bearer {tokens['access_token']}"}, {"refresh_token": tokens["refresh_token"]}
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(http.post, space.url + "/auth/token", json=body, headers=headers, timeout=30)
        while not space.race.shown()["held"]:
            time.sleep(0.005)
        if how == "stop":
            running.stop()
        else:
            running.spaces.delete("race")

        assert 200 == held.result().status_code


def test_reset_and_delete(running: Running, http: requests.Session) -> None:
    """A space goes back to how it was made, its world with it; a deleted one is made anew when it is asked for."""
    world = {"accounts": [{"username": "nadia", "password": "Spruce3-Window"}]}
    space = running.space("red", world=world, profile="sensu-6.9")
    token = log_in(space, http).json()["access_token"]
    space.users.add("otto", "Larch8-Ferry")
    space.clock.advance(60)
    running.spaces.reset("red")

    again = running.space("red")
    assert ["nadia"] == [user.username for user in again.users.list()]
    assert ([], 401) == (again.journal.entries(), use(again, http, token).status_code)
    assert abs(again.clock.now() - running.clock.now()) < 5
    assert "sensu-6.9" == http.get(again.control_url, timeout=5).json()["profile"]
    again.stop()
    assert () == running.spaces.list()
    assert running.credentials == running.space("red").credentials
    assert ("red",) == running.spaces.list()


def test_over_http(running: Running, http: requests.Session) -> None:
    """The pages about spaces: list, make, make under a name, look, reset, delete."""
    pages = running.control_url + "spaces"
    made = http.post(pages, json={}, timeout=5)
    named = http.put(pages + "/green", json={"profile": "sensu-6.9"}, timeout=5)

    assert (201, 201) == (made.status_code, named.status_code)
    assert running.origin + ROOT + "spaces/green" == named.json()["url"]
    assert running.origin + ROOT + "spaces/green" + ROOT == named.json()["control_url"]
    assert "Watchword-Space: green" == named.json()["header"]
    assert 200 == http.put(pages + "/green", timeout=5).status_code
    assert [made.json()["name"], "green"] == [s["name"] for s in http.get(pages, timeout=5).json()["spaces"]]
    assert "documented" == http.get(pages + "/green", timeout=5).json()["profile"]
    assert 200 == http.post(pages + "/green", timeout=5).status_code
    assert 204 == http.delete(pages + "/green", timeout=5).status_code
    assert [404, 404, 404] == [
        http.request(m, pages + "/green", timeout=5).status_code for m in ("DELETE", "POST", "GET")
    ]
    assert [405, 405] == [http.request("PATCH", page, timeout=5).status_code for page in (pages, pages + "/green")]
    assert 404 == http.get(running.control_url + "spacesuit", timeout=5).status_code


@pytest.mark.parametrize("name", ["-a", "a b", "ä", "a" * 65, "", "..", "a%2Fb"])
def test_bad_names(running: Running, http: requests.Session, name: str) -> None:
    """What cannot be a name is refused with what was expected, in a path and in a header."""
    replies = [http.get(f"{running.control_url}spaces/x", headers={"Watchword-Space": name.encode()}, timeout=5)]
    replies += [http.get(running.url + "/auth", headers={"Watchword-Space": name.encode()}, timeout=5)]

    assert 404 == replies[0].status_code
    assert (400, True) == (replies[1].status_code, "expected the name of a space" in replies[1].text)
    assert () == running.spaces.list()


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"profile": "sensu-6.99"}, "no profile"),
        ({"world": {"accounts": []}}, "the world: "),
        ({"worlds": {}}, "worlds"),
        ([], "not of type 'object'"),
    ],
)
def test_bad_spaces(running: Running, http: requests.Session, body: Any, seen: str) -> None:
    """What a space cannot be made of is said to be, and none is made."""
    reply = http.put(running.control_url + "spaces/x", data=json.dumps(body), timeout=5)

    assert (400, True) == (reply.status_code, seen in reply.json()["detail"])
    assert () == running.spaces.list()


def test_too_many(running: Running) -> None:
    """There is an end to how many spaces a mock holds, and none goes unasked."""
    for number in range(MOST):
        running.router.application(str(number))

    with pytest.raises(ControlProblem, match="delete some") as caught:
        running.space("one-more")
    assert 503 == caught.value.status
    running.spaces.delete("0")
    assert running.space("one-more").why().id is None


def test_control_of_a_space_is_guarded(http: requests.Session) -> None:
    """Whoever may not use the control side may not use that of a space, nor the pages about spaces; the API is for all."""
    with start("sensu", control_token="harbour-lantern-7") as running:
        base = running.control_url + "spaces"
        page = {"Origin": "https://evil.test", "Authorization": "Bearer harbour-lantern-7"}

        assert 401 == http.get(base + "/a/auth", timeout=5).status_code
        assert "Watchword-Request" in http.get(base + "/a/auth", timeout=5).headers
        for url in (f"{base}/a{ROOT}why", base, base + "/a"):
            assert 401 == http.get(url, timeout=5).status_code
            assert 403 == http.get(url, headers=page, timeout=5).status_code
        assert 401 == http.get(running.control_url + "why", headers={"Watchword-Space": "a"}, timeout=5).status_code
        assert 200 == http.get(f"{base}/a{ROOT}health", timeout=5).status_code
        assert 403 == http.get(base, headers={"Host": "evil.test"}, timeout=5).status_code


def test_keys_and_issuer(http: requests.Session) -> None:
    """JWTs verify with the key of their space; their issuer is the public URL, and the path of the space behind it."""
    with start("fusio", public_url="https://sso.example.test/auth/") as running:
        http.headers["Authorization"] = f"Bearer {running.control_token}"

        def claims(mock: Mock) -> dict[str, Any]:
            c = mock.credentials
            form = {"grant_type": "client_credentials"}
            reply = http.post(
                mock.url + "/authorization/token", data=form, auth=(c["client_id"], c["client_secret"]), timeout=5
            )
            found: dict[str, Any] = jwt.decode(reply.json()["access_token"], mock.jwt_key, ["HS256"])
            return found

        space = running.space("a")
        assert "https://sso.example.test/auth" == claims(running)["iss"]
        assert f"https://sso.example.test/auth{ROOT}spaces/a" == claims(space)["iss"]
        for mock in (running, space):
            seen = http.get(mock.control_url, timeout=5).json()["url"]
            assert seen == mock._channel.ask("GET", "")["url"] == claims(mock)["iss"]
        assert running.jwt_key != space.jwt_key
        space.jwt_key = b"k" * 32
        assert b"k" * 32 == space.jwt_key
        assert claims(space)["sub"]
        [key] = http.get(space.control_url + "keys", timeout=5).json()["keys"]
        assert b"k" * 32 == jwt.PyJWK(key).key
        with pytest.raises(ControlProblem, match="32 bytes or more"):
            space.jwt_key = b"short"


@pytest.mark.parametrize(("url", "wanted"), [("https://sso.example.test", True), ("http://localhost:9000", False)])
def test_a_proxy_brings_others_in(http: requests.Session, url: str, wanted: bool) -> None:
    """Where the public URL is not this machine's, the control side wants its token."""
    with start("sensu", public_url=url) as running:
        assert wanted == (running.control_token is not None)
        assert (401 if wanted else 200) == http.get(running.control_url + "clock", timeout=5).status_code
        assert running.clock.now() > 0


def test_a_public_url_is_one() -> None:
    """What is no URL cannot be the public one."""
    with pytest.raises(ValueError, match="expected a public URL"):
        start("sensu", public_url="sso.example.test")


def test_worlds_of_spaces() -> None:
    """Spaces can be there from the start, each with a world; a name that cannot be one is refused."""
    worlds = {"a": {"accounts": [{"username": "nadia", "password": "Spruce3-Window"}]}}
    with start("sensu", spaces=worlds) as running:
        assert "nadia" == running.space("a").credentials["username"]
        assert running.credentials == running.space("b").credentials
    with pytest.raises(ValueError, match="expected the name of a space"):
        start("sensu", spaces=["no name"])


def test_a_world_that_settles() -> None:
    """A world that is read again is that of every space which has none of its own, and of those to come."""
    own = {"accounts": [{"username": "nadia", "password": "Spruce3-Window"}]}
    with start("sensu", spaces={"own": own}) as running:
        running.space("old")
        running.router.settle(running.space("own").service.state.data)
        running.router.settle(running.service.dialect.world)
        running.router.settle(running.space("own").service.state.data)

        assert {"nadia"} == {m.credentials["username"] for m in (running, running.space("old"), running.space("new"))}


def test_a_space_has_no_spaces(running: Running) -> None:
    """Spaces do not nest, and asking for one says so."""
    with pytest.raises(ControlProblem, match="expected one of the paths") as caught:
        running.space("a").spaces.list()
    assert 404 == caught.value.status


def test_the_log_names_the_space(http: requests.Session) -> None:
    """Whoever hears of the entries learns which space they belong to."""
    told: list[Any] = []
    with start("sensu", tell=told.append) as running:
        log_in(running, http)
        log_in(running.space("a"), http)

    assert [None, "a"] == [entry.get("space") for entry in told]
