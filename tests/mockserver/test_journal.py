"""The journal: what it keeps, what it drops, and that it holds no secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.service import Service
from watchword.specs.codec import draft, encode
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request
from watchword.specs.vocabulary import CONDITIONS

ORIGIN = "http://127.0.0.1:8080"


def ask(application: Application, request: Request) -> Reply:
    """Send a request."""
    answer = application(request, ORIGIN)
    assert isinstance(answer, Reply)
    return answer


def login(application: Application) -> Reply:
    """Log in with the announced credentials."""
    api = application.service.dialect.api
    operation = api.with_purpose("issue")[0]
    request = encode(draft(operation, application.service.credentials))
    path = api.bases[operation.base] + request.path
    return ask(application, Request(request.method, path, request.query, request.headers, request.body))


@pytest.fixture(params=["sensu", "fusio", "rator"])
def application(request: pytest.FixtureRequest) -> Application:
    """A mock of each dialect."""
    return Application(Service(load_dialect(request.param)))


def test_entry(application: Application) -> None:
    """A served request and a refused one: operation, status, condition and what the condition means."""
    assert 200 == login(application).status
    ask(application, Request("GET", "/nowhere"))
    served, refused = application.entries()

    assert (200, None, None) == (served["status"], served["condition"], served["says"])
    assert application.service.dialect.api.with_purpose("issue")[0].name == served["operation"]
    assert ("GET", "/nowhere", None) == (refused["method"], refused["path"], refused["operation"])
    assert abs(application.service.clock.now() - served["at"]) < 5


def test_condition() -> None:
    """The sentence of a condition is the vocabulary's."""
    application = Application(Service(load_dialect("sensu")))
    pair = base64.b64encode(f"{application.service.credentials['username']}:wrong".encode()).decode()
    ask(application, Request("GET", "/auth", headers=(("Authorization", f"Basic {pair}"),)))
    entry = application.entries()[0]

    assert ("password.wrong", CONDITIONS["password.wrong"].says) == (entry["condition"], entry["says"])
    assert entry.items() <= ask(application, Request("GET", ROOT + "why")).json.items()


def test_ring() -> None:
    """The journal keeps so many entries and says how many it dropped; control requests are not in it."""
    application = Application(Service(load_dialect("sensu")), journal_size=3)
    for number in range(5):
        ask(application, Request("GET", f"/{number}"))
    journal = ask(application, Request("GET", ROOT + "journal")).json

    assert 2 == journal["dropped"]
    assert ["/2", "/3", "/4"] == [entry["path"] for entry in journal["entries"]]


def test_clear(application: Application) -> None:
    """Deleting the journal empties it."""
    login(application)

    assert 204 == ask(application, Request("DELETE", ROOT + "journal")).status
    assert {"dropped": 0, "entries": []} == ask(application, Request("GET", ROOT + "journal")).json
    assert "nothing has been asked yet" == ask(application, Request("GET", ROOT + "why")).json["says"]


HIDING: dict[str, Callable[[str], Request]] = {
    "query": lambda s: Request("GET", "/auth", f"password={quote(s)}"),
    "query, open name": lambda s: Request("GET", "/auth", f"brand_key={quote(s)}"),
    "query, unknown name": lambda s: Request("GET", "/auth", f"pw={quote(s)}"),
    "query, no name": lambda s: Request("GET", "/auth", quote(s)),
    "query, as a name": lambda s: Request("GET", "/auth", f"{quote(s)}=1"),
    "query, every byte": lambda s: Request("GET", "/auth", "x=" + "".join(f"%{b:02x}" for b in s.encode())),
    "query, base64": lambda s: Request("GET", "/auth", "x=" + base64.b64encode(s.encode()).decode()),
    "path": lambda s: Request("GET", f"/auth/{quote(s)}"),
    "path, base64": lambda s: Request("GET", "/auth/" + base64.urlsafe_b64encode(b"a" + s.encode()).decode()),
    "header": lambda s: Request("GET", "/auth", headers=(("X", s), (s, "X"))),
    "body": lambda s: Request("POST", "/auth", body=s.encode()),
}


@pytest.mark.parametrize("hide", list(HIDING.values()), ids=list(HIDING))
def test_no_secret(application: Application, hide: Callable[[str], Request]) -> None:
    """No secret shows, wherever a client put it: configured or issued, before a reset or after it."""
    members = login(application).members
    secrets = [
        value for name, value in members.items() if "token" in name and isinstance(value, str) and len(value) > 10
    ]
    secrets += [
        value for role, value in application.service.credentials.items() if "password" in role or "secret" in role
    ]
    for secret in secrets:
        ask(application, hide(secret))
    for _ in range(2):
        shown = json.dumps([application.entries(), ask(application, Request("GET", ROOT + "journal")).json])

        assert len(secrets) >= 4
        assert not any(
            secret in shown or base64.b64encode(secret.encode()).decode()[4:-4] in shown for secret in secrets
        )
        application.reset()


def test_unknown_values(application: Application) -> None:
    """A value in the query that may be a secret is not shown even when nobody knows it."""
    for query in ("password=mistyped", "pw=mistyped", "mistyped", "access_token=mistyped"):
        ask(application, Request("GET", "/auth", query))

    assert "mistyped" not in json.dumps(application.entries())


def test_brand_key_shows() -> None:
    """A value that belongs in the query and is no secret is shown."""
    application = Application(Service(load_dialect("rator")))
    login(application)

    assert f"brand_key={application.service.credentials['brand_key']}" in application.entries()[0]["query"]


def test_pseudonyms() -> None:
    """An issued token in a path is shown by its pseudonym, the same each time."""
    application = Application(Service(load_dialect("sensu")))
    token = login(application).json["access_token"]
    ask(application, Request("GET", f"/x/{token}"))
    ask(application, Request("GET", "/y", f"access_token={token}"))
    _, first, second = application.entries()

    assert ("/x/access_token#1", "access_token=access_token#1") == (first["path"], second["query"])


def test_long_requests_are_left_out() -> None:
    """A path or query too long to keep is left out as a whole, for half a secret could not be recognised."""
    application = Application(Service(load_dialect("sensu")))
    ask(application, Request("GET", "/" + "a" * 3000, "b=" + "c" * 3000))

    assert ("/…", "***") == (application.entries()[0]["path"], application.entries()[0]["query"])


def test_the_oldest_token_is_masked_too() -> None:
    """A token that thousands of others came after is masked wherever an entry speaks of it, and keeps its place in why."""
    mock = Application(Service(load_dialect("sensu"), remember=20_000))
    login(mock)
    first = next(iter(mock.service.state.access))
    for _ in range(12_000):
        mock.service.state.mint_access(mock.service.state.access[first].session, ORIGIN)
    mock.entries()
    ask(mock, Request("GET", f"/nowhere/{first}"))
    ask(mock, Request("GET", "/nowhere", f"x={first}"))
    ask(mock, Request("GET", "/auth/test", headers=(("Authorization", f"Basic {first}"),)))
    told = json.dumps(mock.entries()[1:])

    assert first not in told
    assert first.split(".")[2] not in told
    assert "access_token#" in told
    assert len(mock.desk.masker._recent) <= 2_000
