"""The mock's own side: clock, description, reset, page, and who may use it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from watchword.mockserver.console.access import Access
from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.launch import start
from watchword.mockserver.near import assemble
from watchword.mockserver.service import Service
from watchword.mockserver.spaces import HEADER
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

ORIGIN = "http://127.0.0.1:8080"
BASIC = ("Authorization", "Basic bWlyYTpub3QtdGhlLXBhc3N3b3Jk")


@pytest.fixture
def application() -> Application:
    """A mock that only this machine can reach."""
    return Application(Service(load_dialect("sensu")), Access.of_socket(loopback=True))


def ask(
    application: Application, method: str, path: str, *headers: tuple[str, str], body: Any = b"", origin: str = ORIGIN
) -> Reply:
    """Send a request; a body that is not bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = application(Request(method, path, "", headers, raw), origin)
    assert isinstance(answer, Reply)
    return answer


def test_index(application: Application) -> None:
    """The index says as JSON what runs here, and names the roles that there are credentials for."""
    facts = ask(application, "GET", ROOT).json

    assert ("sensu", "documented", ORIGIN, ORIGIN) == tuple(
        facts[k] for k in ("dialect", "profile", "url", "resource_url")
    )
    assert list(application.service.credentials) == facts["credentials"]
    assert ORIGIN + ROOT + "clock" in facts["control"]


def test_page(application: Application) -> None:
    """A browser gets a page that needs nothing from elsewhere, with the last requests and what was wrong with them."""
    ask(application, "GET", "/auth", BASIC)
    ask(application, "GET", "/<script>alert(1)</script>")
    reply = ask(application, "GET", ROOT, ("Accept", "text/html,*/*"))
    page = reply.body.decode()

    assert "text/html" == reply.media_type
    assert "password.wrong" in page
    assert application.service.credentials["password"] in page
    assert "curl -sS" in page
    assert 1 == page.count("<script")
    assert "&lt;script&gt;alert(1)" in page
    assert "src=" not in page
    assert "default-src 'none'" in (reply.header("content-security-policy") or "")


def test_page_of_the_lineage() -> None:
    """The page draws which login gave which token and who used it, says the same as a list, and shows no token."""
    with start("sensu") as running:
        user = (running.credentials["username"], running.credentials["password"])
        with requests.Session() as http:
            http.trust_env = False
            given = http.get(running.url + "/auth", auth=user, timeout=5).json()
            used = {"Authorization": f"Bearer {given['access_token']}"}
            http.get(running.url + "/api/core/v2/namespaces", headers=used, timeout=5)
            http.post(
                running.url + "/auth/token", json={"refresh_token": given["refresh_token"]}, headers=used, timeout=5
            )
            reply = http.get(running.control_url, headers={"Accept": "text/html"}, timeout=5)
    page = reply.text
    rows = [" ".join(re.sub("<[^>]*>", "", row).split()) for row in re.findall("(?s)<li><a.*?</li>", page)]

    assert 2 == page.count('<path class="way"')
    assert [("1", "createToken"), ("2", "listNamespaces"), ("3", "renewToken")] == re.findall(
        r'<text x="184" y="\d+">(\d) (\w+)</text>', page
    )
    assert rows[0].startswith("Request 1, createToken: 200. It gave access_token#1, refresh_token#1")
    assert "It used" not in rows[0]
    assert rows[1].endswith("of request 1.")
    assert "of request 1. It gave" in rows[2]
    assert not [role for role in ("access_token", "refresh_token") if given[role] in page]
    policy = reply.headers["Content-Security-Policy"]
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        text = re.search(f"(?s)<{tag}>(.*?)</{tag}>", page)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy


def test_page_of_what_was_forced() -> None:
    """The page says what was forced, how the client does, with the requests that show it, and where the spaces are."""
    mock = assemble("sensu", Access.of_socket(loopback=True))
    html = ("Accept", "text/html")

    def get(path: str, *headers: tuple[str, str]) -> str:
        answer = mock(Request("GET", path, "", headers), ORIGIN)
        return getattr(answer, "reply", answer).body.decode()

    before = get(ROOT, html)
    mock(Request("POST", ROOT + "faults", "", (), b'{"fault": "unavailable", "count": 3}'), ORIGIN)
    mock(Request("GET", "/api/core/v2/namespaces", "access_token=abc", ()), ORIGIN)
    mock(Request("PUT", ROOT + "spaces/checkout", "", (), b""), ORIGIN)
    after = get(ROOT, html)
    rows = [" ".join(re.sub("<[^>]*>", " ", row).split()) for row in re.findall("(?s)<tr.*?</tr>", after)]

    assert "Nothing has been asked for." in before
    assert f"{HEADER}: NAME" in before
    assert any(row.startswith("1 unavailable :") and row.endswith("everywhere 1 of 3 can strike") for row in rows)
    assert any(row.startswith("warn should token.not-in-url :") and "request 1" in row for row in rows)
    assert 'href="#request-1"' in after
    assert 'id="request-1"' in after
    for page in ("faults", "faults/catalogue", "verdict", "spaces", "spaces/checkout/__watchword__/", "control.yaml"):
        assert f'href="{ORIGIN}{ROOT}{page}"' in after
        assert "about:blank" not in get(ROOT + page)
    # A space has none of its own.
    assert 'id="spaces"' not in get(ROOT + "spaces/checkout" + ROOT, html)
    assert ORIGIN + ROOT + "spaces" in json.loads(get(ROOT))["control"]


def test_page_without_verdicts(tmp_path: Path) -> None:
    """A `client.yaml` that cannot be read costs the page nothing but the verdicts, and is told where they are asked for."""
    broken = shutil.copytree(load_dialect("sensu").folder, tmp_path / "broken")
    (broken / "client.yaml").write_text("token.not-in-url: [", encoding="utf-8")
    application = Application(Service(load_dialect(str(broken))), Access.of_socket(loopback=True))
    page = ask(application, "GET", ROOT, ("Accept", "text/html"))
    refusal = ask(application, "GET", ROOT + "verdict")

    assert (200, 409) == (page.status, refusal.status)
    assert "client.yaml:" in page.body.decode()
    assert "client.yaml:" in refusal.json["detail"]


def test_page_for_others() -> None:
    """Where other machines can reach the mock, the page shows no values."""
    application = Application(Service(load_dialect("sensu")), Access.of_socket(loopback=False))
    token = ("Authorization", f"Bearer {application.access.token}")
    page = ask(application, "GET", ROOT, token, ("Accept", "text/html")).body.decode()

    assert "password" in page
    assert not any(application.service.credentials[role] in page for role in ("password", "other_password"))
    assert "curl" not in page


def test_description(application: Application) -> None:
    """The description is the dialect's file, byte for byte."""
    reply = ask(application, "GET", ROOT + "openapi.yaml")

    assert "application/yaml" == reply.media_type
    assert (application.service.dialect.folder / "openapi.yaml").read_bytes() == reply.body


def test_clock(application: Application) -> None:
    """The clock can be read and set ahead; the mock's world follows it."""
    before = ask(application, "GET", ROOT + "clock").json["now"]
    after = ask(application, "POST", ROOT + "clock", body={"advance": 3600}).json["now"]

    assert 3600 <= after - before < 3605
    assert abs(application.service.clock.now() - after) < 5


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b"", "should be non-empty"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([], "not of type 'object'"),
        (5, "not of type 'object'"),
        ({}, "should be non-empty"),
        ({"advance": 1, "real": True}, "too many properties"),
        ({"forward": 1}, "forward"),
        ({"advance": "1"}, "'1'"),
        ({"advance": True}, "True"),
        ({"advance": None}, "None"),
        ({"advance": -1}, "less than the minimum"),
        (b'{"advance": NaN}', "not JSON"),
        (b'{"advance": Infinity}', "not JSON"),
        ({"advance": 10**15}, "greater than the maximum"),
        (b'{"advance": 1e400}', "greater than the maximum"),
        ({"advance": 10**400}, "greater than the maximum"),
        ({"set": -1}, "less than the minimum"),
        ({"scale": -1}, "less than the minimum"),
        ({"freeze": False}, "False"),
        ({"real": False}, "True was expected"),
        ({"after_expiry": "cookie"}, "cookie"),
    ],
)
def test_bad_clock(application: Application, body: Any, seen: str) -> None:
    """What the clock cannot do is refused, and the refusal says what was expected and what was seen."""
    reply = ask(application, "POST", ROOT + "clock", body=body)

    assert (400, "application/problem+json") == (reply.status, reply.media_type)
    assert 'expected a JSON body, one of {"advance": seconds}' in reply.json["detail"]
    assert seen in reply.json["detail"]


def test_clock_beyond_its_range(application: Application) -> None:
    """A time that dates cannot be written for is refused, and the clock stays as it was."""
    before = application.service.clock.now()
    reply = ask(application, "POST", ROOT + "clock", body={"advance": 253402300799})

    assert (400, True) == (reply.status, "9999" in reply.json["detail"])
    assert application.service.clock.now() < before + 60


def test_clock_repeats_no_secret(application: Application) -> None:
    """A secret that lands in the clock's body is not repeated."""
    secret = application.service.credentials["password"]
    for body in ({"advance": secret}, {secret: 1}):
        assert secret not in ask(application, "POST", ROOT + "clock", body=body).body.decode()


def test_unknown_path(application: Application) -> None:
    """A path that is not there is answered with those that are."""
    reply = ask(application, "GET", ROOT + "cloc")

    assert 404 == reply.status
    assert ROOT + "clock" in reply.json["paths"]


def test_root_without_slash(application: Application) -> None:
    """The root without its slash is the root."""
    assert 200 == ask(application, "GET", ROOT[:-1]).status


@pytest.mark.parametrize(
    ("page", "allow"), [("clock", "GET, POST, HEAD"), ("reset", "POST"), ("journal", "GET, DELETE, HEAD")]
)
def test_wrong_method(application: Application, page: str, allow: str) -> None:
    """A wrong method is answered with the right ones."""
    reply = ask(application, "PUT", ROOT + page)

    assert (405, allow) == (reply.status, reply.header("allow"))


def test_head(application: Application) -> None:
    """HEAD is served wherever GET is."""
    assert 200 == ask(application, "HEAD", ROOT + "health").status


def test_health(application: Application) -> None:
    """A running mock says that it is well, to whoever asks, by whatever name, and nothing else."""
    far = Application(Service(load_dialect("sensu")), Access.of_socket(loopback=False))

    assert {"status": "ok"} == ask(application, "GET", ROOT + "health").json
    assert {"status": "ok"} == ask(application, "GET", ROOT + "health", origin="http://mock:8080").json
    assert {"status": "ok"} == ask(far, "GET", ROOT + "health").json
    assert 401 == ask(far, "POST", ROOT + "health").status


def test_control_cors() -> None:
    """A page of an origin that was let in may use the control side; its browser is told so, and others are not."""
    access = Access.of_socket(loopback=True, origins=("http://localhost:3000",))
    application = Application(Service(load_dialect("sensu")), access)
    page, other = ("Origin", "http://localhost:3000"), ("Origin", "http://localhost:3001")
    wanted = ("Access-Control-Request-Method", "POST")
    allowed = "access-control-allow-origin"

    assert (204, page[1]) == (
        (reply := ask(application, "OPTIONS", ROOT + "clock", page, wanted)).status,
        reply.header(allowed),
    )
    assert page[1] == ask(application, "GET", ROOT + "clock", page).header(allowed)
    assert (403, None) == (
        (reply := ask(application, "OPTIONS", ROOT + "clock", other, wanted)).status,
        reply.header(allowed),
    )
    assert ask(application, "GET", ROOT + "clock").header(allowed) is None


def test_chosen_token() -> None:
    """A token that was chosen is wanted on this machine, too."""
    application = Application(Service(load_dialect("sensu")), Access.of_socket(loopback=True, token="harbour-lantern"))

    assert 401 == ask(application, "GET", ROOT + "why").status
    assert 200 == ask(application, "GET", ROOT + "why", ("Authorization", "Bearer harbour-lantern")).status
    assert (
        403
        == ask(
            application, "GET", ROOT + "why", ("Authorization", "Bearer harbour-lantern"), origin="http://evil.test"
        ).status
    )


def test_reset() -> None:
    """A reset ends every session and leaves the clock where it is."""
    service = Service(load_dialect("sensu"))
    application = Application(service, Access.of_socket(loopback=True))
    ask(application, "POST", ROOT + "clock", body={"advance": 50_000})
    now = service.clock.now()
    pair = f"{service.credentials['username']}:{service.credentials['password']}"
    import base64

    login = ("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    token = ask(application, "GET", "/auth", login).json["access_token"]
    resource = ("Authorization", f"Bearer {token}")
    path = "/api/core/v2/namespaces"

    assert 200 == ask(application, "GET", path, resource).status
    assert 204 == ask(application, "POST", ROOT + "reset").status
    assert 401 == ask(application, "GET", path, resource).status
    assert service.clock.now() >= now


def test_announcement(application: Application) -> None:
    """Replies of the mocked API say where the control side is; its own do not."""
    assert ROOT == ask(application, "GET", "/auth").header("watchword-control")
    assert ask(application, "GET", ROOT).header("watchword-control") is None


def test_token() -> None:
    """Where other machines can reach the mock, control wants the token, and the API does not speak of control."""
    application = Application(Service(load_dialect("sensu")), Access.of_socket(loopback=False))
    token = application.access.token or ""

    refused = ask(application, "GET", ROOT)
    assert (401, True) == (refused.status, (refused.header("www-authenticate") or "").startswith("Bearer"))
    assert 401 == ask(application, "GET", ROOT, ("Authorization", f"Bearer {token}x")).status
    assert 401 == ask(application, "GET", ROOT, ("Authorization", f"Basic {token}")).status
    assert 401 == ask(application, "GET", ROOT, ("Authorization", "Bearer ä")).status
    assert 401 == ask(application, "GET", ROOT + "nothing").status
    assert 200 == ask(application, "GET", ROOT, ("Authorization", f"bearer {token}")).status
    assert ask(application, "GET", "/auth").header("watchword-control") is None
    assert token not in repr(application.access)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8080", 200),
        ("http://127.9.9.9", 200),
        ("http://[::1]:8080", 200),
        ("http://localhost:1", 200),
        ("http://LOCALHOST.", 200),
        ("http://evil.test:8080", 403),
        ("http://127.0.0.1.evil.test", 403),
        ("http://localhost.evil.test", 403),
        ("http://10.0.0.1", 403),
        ("http://0.0.0.0:8080", 403),
    ],
)
def test_rebinding(application: Application, origin: str, status: int) -> None:
    """Control is for those who call this machine by a name of its own; the API is for all."""
    assert status == ask(application, "GET", ROOT, origin=origin).status
    assert 401 == ask(application, "GET", "/auth", origin=origin).status


@pytest.mark.parametrize(
    ("sender", "status"),
    [
        ("http://127.0.0.1:8080", 204),
        ("http://localhost:3000", 403),
        ("http://localhost:8080", 403),
        ("https://127.0.0.1:8080", 403),
        ("https://evil.test", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_foreign_page(application: Application, sender: str, status: int) -> None:
    """A page of another origin, on this machine or elsewhere, cannot use its visitor's browser to reset the mock."""
    assert status == ask(application, "POST", ROOT + "reset", ("Origin", sender)).status


def test_in_process_control_is_open() -> None:
    """A mock without a socket is nobody else's business: its control side needs neither token nor name."""
    application = Application(Service(load_dialect("sensu")))

    assert 200 == ask(application, "GET", ROOT, origin="http://mock.test").status


def test_running_mock_tells_who_may() -> None:
    """A socket on loopback wants names; one on every address wants a token."""
    service = Service(load_dialect("sensu"))
    with start(service) as near, start(service, "0.0.0.0") as far:
        assert (None, True) == (near.control_token, near.application.access.loopback_names)
        assert far.control_token
        assert far.origin.startswith("http://127.0.0.1:")
