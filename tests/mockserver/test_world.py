"""Worlds of one's own: the file, the command that begins and checks one, resources, and who may ask at run time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.errors import SpecError
from watchword.specs.loader import bundled, load_dialect, load_world
from watchword.specs.values.profile import Resource
from watchword.specs.worldcommand import world
from watchword.suites.lint import lint

WORLD = """
accounts:
  - {username: nadia, password: Spruce3-Window}
resources:
  - path: /customers/{id}/orders
    json: {customer: $id, by: $subject, orders: [1, 2.5, null], fixed: yes}
  - {path: /customers/me, method: POST, status: 201, text: "made for $subject", headers: {X-Own: "1"}}
  - {path: /status, open: true, text: up}
  - {path: /nothing, status: 204}
  - path: /api/core/v2/namespaces
    json: [{name: mine}]
"""


def read(tmp_path: Path, text: str, dialect: str = "sensu") -> Any:
    """Read a world file."""
    file = tmp_path / "world.yaml"
    file.write_text(text, "utf-8")
    return load_world(file, load_dialect(dialect).api)


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Running]:
    """A mock with that world."""
    with start(Service(load_dialect("sensu"), world=read(tmp_path, WORLD))) as running:
        yield running


def bearer(mock: Running, user: tuple[str, str] = ("nadia", "Spruce3-Window")) -> dict[str, str]:
    """Log in; gives the header."""
    reply = requests.get(f"{mock.url}/auth", auth=user, timeout=5)
    return {"Authorization": f"Bearer {reply.json()['access_token']}"}


def steer(mock: Running, method: str, page: str, body: Any = None) -> requests.Response:
    """Ask the control side."""
    return requests.request(method, mock.control_url + page, json=body, timeout=5)


def test_resources(mock: Running) -> None:
    """A resource gives its reply to whoever has a token, with what the path and the session say in it."""
    token = bearer(mock)
    orders = requests.get(f"{mock.url}/customers/7%2F8/orders", headers=token, timeout=5)
    made = requests.post(f"{mock.url}/customers/me", headers=token, timeout=5)
    nothing = requests.get(f"{mock.url}/nothing", headers=token, timeout=5)

    assert (200, "application/json") == (orders.status_code, orders.headers["Content-Type"])
    assert {"customer": "7/8", "by": "nadia", "orders": [1, 2.5, None], "fixed": "yes"} == orders.json()
    assert (201, "made for nadia", "1") == (made.status_code, made.text, made.headers["X-Own"])
    assert (204, b"") == (nothing.status_code, nothing.content)


def test_a_resource_is_protected_as_the_dialect_has_it(mock: Running) -> None:
    """Without a token, a resource refuses in the words of the dialect's own, and why explains it; one that is open does not."""
    own = requests.get(f"{mock.url}/api/core/v2/namespaces", timeout=5)
    mine = requests.get(f"{mock.url}/customers/7/orders", timeout=5)
    told = steer(mock, "GET", "why").json()

    assert (401, own.text) == (mine.status_code, mine.text)
    assert ("access_token.missing", "GET /customers/{id}/orders") == (told["condition"], told["operation"])
    assert "/customers/{id}/orders" == told["accepted"]["path"]
    status = requests.get(f"{mock.url}/status", timeout=5)
    assert (200, "up") == (status.status_code, status.text)
    assert 405 == requests.post(f"{mock.url}/status", timeout=5).status_code


def test_the_dialects_own_resource_can_say_something_else(mock: Running) -> None:
    """A resource at the path of the dialect's own takes its reply's place, and nothing else of it."""
    reply = requests.get(f"{mock.url}/api/core/v2/namespaces", headers=bearer(mock), timeout=5)

    assert (200, [{"name": "mine"}]) == (reply.status_code, reply.json())


@pytest.mark.parametrize(("dialect", "status"), [("fusio", 401), ("rator", 403)])
def test_scopes_of_resources(dialect: str, status: int) -> None:
    """A token without the scope is refused: as the dialect does it, or as RFC 6750 has it where the dialect knows nothing."""
    loaded = load_dialect(dialect)
    scopes = loaded.world.scopes
    rows = (Resource("/wide", scopes=scopes[-1:]), Resource("/far", scopes=("beyond",)))
    with start(Service(loaded, world=replace(loaded.world, resources=rows, scopes=(*scopes, "beyond")))) as mock:
        c = mock.credentials
        form = {"grant_type": "client_credentials"}
        where = {
            "fusio": f"{mock.url}/authorization/token",
            "rator": f"{mock.url}/oauth/token?brand_key={c.get('brand_key')}",
        }[dialect]
        token = requests.post(where, data=form, auth=(c["client_id"], c["client_secret"]), timeout=5).json()[
            "access_token"
        ]
        headers = {
            "Authorization": f"Bearer {token}",
            "X-RATOR-brand-key": c.get("brand_key", ""),
        }
        wide, far = (requests.get(mock.resource_url + path, headers=headers, timeout=5) for path in ("/wide", "/far"))

        assert 200 == wide.status_code, wide.text
        assert status == far.status_code
        assert "scope.insufficient" == steer(mock, "GET", "why").json()["condition"]


def test_faults_reach_resources(mock: Running) -> None:
    """What can be asked of an operation can be asked of a resource: faults, forced replies, dry runs."""
    token = bearer(mock)
    name = "GET /customers/{id}/orders"
    assert 201 == steer(mock, "POST", "faults", {"fault": "unavailable", "operation": name}).status_code
    assert 201 == steer(mock, "POST", "faults", {"fault": "captive-portal", "purpose": "resource"}).status_code
    replies = [requests.get(f"{mock.url}/customers/1/orders", headers=token, timeout=5) for _ in range(3)]
    forced = requests.get(f"{mock.url}/customers/1/orders", headers={"Prefer": "code=401"}, timeout=5)
    told = steer(mock, "POST", "explain", {"path": "/customers/1/orders"}).json()

    assert [503, 200, 200] == [reply.status_code for reply in replies]
    assert "Welcome" in replies[1].text
    assert (401, name, 401) == (forced.status_code, told["operation"], told["status"])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{path: /status, open: true, text: up}", "{path: status}", "'status'"),
        ("{path: /status, open: true, text: up}", "{path: /nothing}", "GET /nothing is there twice"),
        ("{path: /status, open: true, text: up}", "{path: /auth}", "GET /auth is createToken of the dialect"),
        ("{path: /status, open: true, text: up}", "{path: /x, text: a, json: b}", "a reply is json or text"),
        ("{path: /status, open: true, text: up}", "{path: /x, scopes: [wide]}", "there is no scope 'wide'"),
        ("{path: /status, open: true, text: up}", "{path: /x, open: true, scopes: []}", "what is open wants no scopes"),
        (
            "{path: /status, open: true, text: up}",
            "{path: /x, headers: {Content-Length: '3'}}",
            "writes Content-Length itself",
        ),
        ("{path: /status, open: true, text: up}", "{path: /x, statsu: 200}", "'statsu'"),
        ("resources:", "dialect: fusio\nresources:", "this is a world of fusio"),
        ("accounts:", "accounts:\n  - {username: nadia, password: b}", "the username 'nadia' is there twice"),
        (
            "resources:",
            "clients: [{client_id: a, client_secret: b, grants: [pasword]}]\nresources:",
            "there is no grant 'pasword'",
        ),
        ("Spruce3-Window}", "Spruce3-Window, brands: [B]}", "there is no brand 'B'"),
    ],
)
def test_mistakes_in_a_file(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A mistake is named with its line, and nothing is served instead."""
    assert old in WORLD
    with pytest.raises(SpecError) as wrong:
        read(tmp_path, WORLD.replace(old, new, 1))

    assert told in str(wrong.value)
    assert "world.yaml:" in str(wrong.value)


@pytest.mark.parametrize("dialect", list(bundled()))
def test_a_new_world_can_be_served(dialect: str, tmp_path: Path) -> None:
    """The file that the command begins is right, has fresh passwords, and its resources answer."""
    file = tmp_path / "mine.yaml"
    made = CliRunner().invoke(world, ["new", dialect, str(file)])
    checked = CliRunner().invoke(world, ["check", str(file)])
    linted = CliRunner().invoke(lint, [str(file)])
    again = CliRunner().invoke(world, ["new", dialect, str(file)])
    loaded = load_dialect(dialect)
    data = load_world(file, loaded.api)

    assert (0, 0, 0) == (made.exit_code, checked.exit_code, linted.exit_code), made.output + checked.output
    assert (4, True) == (again.exit_code, "cannot be written" in again.output)
    assert f"--world {file}" in made.output
    assert [a.username for a in loaded.world.accounts] == [a.username for a in data.accounts]
    assert [(a.kind, a.brands, a.scopes, a.enabled, a.id) for a in loaded.world.accounts] == [
        (a.kind, a.brands, a.scopes, a.enabled, a.id) for a in data.accounts
    ]
    assert not {a.password for a in loaded.world.accounts} & {a.password for a in data.accounts}
    with start(Service(loaded, world=data)) as mock:
        assert "Mind the gap." == requests.get(f"{mock.resource_url}/motd", timeout=5).text


def test_a_new_world_on_the_terminal() -> None:
    """Without a file it goes to the terminal; twice it is another one, for its passwords are made up."""
    first, second = (CliRunner().invoke(world, ["new", "rator"]).output for _ in range(2))

    assert first.startswith("# A world of rator")
    assert first != second


def test_checking_says_what_is_wrong(tmp_path: Path) -> None:
    """Each file is answered for, and one mistake is enough for the exit code 4."""
    good, bad, mute = (tmp_path / name for name in ("good.yaml", "bad.yaml", "mute.yaml"))
    good.write_text(f"dialect: sensu{WORLD}", "utf-8")
    bad.write_text(f"dialect: sensu{WORLD}brnds: []\n", "utf-8")
    mute.write_text(WORLD, "utf-8")
    told = CliRunner().invoke(world, ["check", str(good), str(bad), str(mute)])

    assert 4 == told.exit_code
    assert f"ok  {good}: sensu, 1 account, 0 clients, 5 resources" in told.output
    assert "did you mean 'brands'" in told.output
    assert "does not say which dialect" in told.output
    assert 0 == CliRunner().invoke(world, ["check", "--dialect", "sensu", str(mute)]).exit_code


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    """New resources and accounts are there a moment after the file has changed; a mistake leaves everything as it was."""
    file, ready, log = (tmp_path / name for name in ("world.yaml", "ready.json", "log"))
    file.write_text(WORLD, "utf-8")
    command = [
        str(Path(sys.executable).parent / "watchword"),
        "mock",
        "sensu",
        "--port",
        "0",
        "--world",
        str(file),
        "--ready-file",
        str(ready),
    ]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            url = wait_for(lambda: ready.exists() and json.loads(ready.read_text())["url"])
            status = lambda path: requests.get(url + path, timeout=5).status_code  # noqa: E731
            assert (200, 404) == (status("/status"), status("/later"))
            file.write_text(WORLD + "  - {path: /later, open: true}\n", "utf-8")
            wait_for(lambda: status("/later") == 200)
            file.write_text(WORLD.replace("open: true", "opne: true"), "utf-8")
            wait_for(lambda: "The world stays as it was" in log.read_text())
            assert 200 == status("/later")
            file.write_text(WORLD, "utf-8")
            os.kill(process.pid, signal.SIGHUP)
            wait_for(lambda: status("/later") == 404)
            assert process.poll() is None
        finally:
            process.terminate()


def wait_for(holds: Any) -> Any:
    """Wait until something holds."""
    for _ in range(500):
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to hold")


def test_clients_at_run_time() -> None:
    """A client can be added, disabled and given another secret while the mock runs."""
    with start(Service(load_dialect("fusio"))) as mock:
        url = f"{mock.url}/authorization/token"
        owner = mock.credentials["username"]

        def login(secret: str) -> int:
            form = {"grant_type": "client_credentials"}
            return requests.post(url, data=form, auth=("robot", secret), timeout=5).status_code

        added = steer(mock, "POST", "clients", {"client_id": "robot", "client_secret": "Rust-4711", "owner": owner})
        assert (201, 200) == (added.status_code, login("Rust-4711"))
        assert "Rust-4711" not in added.text + steer(mock, "GET", "clients").text
        steer(mock, "PATCH", "clients", {"client_id": "robot", "client_secret": "Iron-0815"})
        assert (401, 200) == (login("Rust-4711"), login("Iron-0815"))
        steer(mock, "PATCH", "clients", {"client_id": "robot", "enabled": False})
        assert 401 == login("Iron-0815")
        assert "client.disabled" == steer(mock, "GET", "why").json()["condition"]


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", {"client_id": "robot"}, 400),
        ("POST", {"client_id": "a", "client_secret": "b", "scopes": ["consumr"]}, 400),
        ("POST", {"client_id": "a", "client_secret": "b", "grants": ["nothing"]}, 400),
        ("POST", {"client_id": "a", "client_secret": "b", "owner": "nobody"}, 400),
        ("PATCH", {"client_id": "nobody", "enabled": False}, 404),
    ],
)
def test_wrong_clients(method: str, body: dict[str, Any], status: int) -> None:
    """What makes no sense is refused, and nobody is there who was not before."""
    with start(Service(load_dialect("fusio"))) as mock:
        before = steer(mock, "GET", "clients").json()
        assert status == steer(mock, method, "clients", body).status_code
        assert before == steer(mock, "GET", "clients").json()
        known = before["clients"][0]["client_id"]
        assert 409 == steer(mock, "POST", "clients", {"client_id": known, "client_secret": "b"}).status_code


def test_ending_sessions(mock: Running) -> None:
    """An ended session has no token that still works, and why says who ended it."""
    token = bearer(mock)
    url = f"{mock.url}/customers/1/orders"
    [session] = steer(mock, "GET", "sessions").json()["sessions"]
    other = bearer(mock)
    ended = steer(mock, "POST", "sessions/end", {"id": session["id"]})

    assert 200 == ended.status_code
    assert (401, 200) == tuple(requests.get(url, headers=one, timeout=5).status_code for one in (token, other))
    assert "access_token.withdrawn" == steer(mock, "GET", "why").json()["condition"]
    assert 404 == steer(mock, "POST", "sessions/end", {"username": "nobody"}).status_code
