"""What was seen at real servers and a client can notice, profile by profile."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from watchword.mockserver.clock import StillClock
from watchword.mockserver.explain.explain import explain
from watchword.mockserver.explain.explanation import Explanation
from watchword.mockserver.launch import start
from watchword.mockserver.service import Outcome, Service
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

ORIGIN = "http://mock.test"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Mock:
    """A mock whose clock stands still."""

    def __init__(self, dialect: str, profile: str) -> None:
        self.service = Service(load_dialect(dialect), profile, clock=StillClock())
        c = self.credentials = self.service.credentials
        names = ("client_id", "client_secret") if "client_id" in c else ("username", "password")
        pair = base64.b64encode(":".join(c[name] for name in names).encode()).decode()
        self.basic = ("Authorization", f"Basic {pair}")

    def send(self, method: str, path: str, *headers: tuple[str, str], **form: str) -> Reply:
        """Send a request, with a form where there are fields."""
        path, _, query = path.partition("?")
        pairs = (*headers, FORM) if form else headers
        if not any(name == "User-Agent" for name, _ in headers):
            # Whatever speaks HTTP says what it is; an empty one stands for none.
            pairs = (("User-Agent", "test"), *pairs)
        return self.ask(Request(method, path, query, pairs, urlencode(form).encode())).reply

    def ask(self, request: Request) -> Outcome:
        """Send a request as it is."""
        return self.service.handle(request, ORIGIN)

    def log_in(self, *headers: tuple[str, str], **members: Any) -> Reply:
        """Log in with JSON; what is not said otherwise is right."""
        c = self.credentials
        body = {"username": c["username"], "password": c["password"], **members}
        pairs = (("User-Agent", "test"), ("Content-Type", "application/json"), *headers)
        return self.ask(Request("POST", "/consumer/login", "", pairs, json.dumps(body).encode())).reply

    def why(self, request: Request) -> Explanation:
        """Send a request that is refused, and give what `why` says."""
        found = explain(self.service, request, self.ask(request))
        assert found is not None
        return found


def login(mock: Mock) -> Mapping[str, Any]:
    """Log in by password at the token endpoint."""
    c = mock.credentials
    path = f"/rest-api-auth/oauth/token?brand_key={c['brand_key']}"
    form = {"grant_type": "password", "username": c["username"], "password": c["password"]}
    return mock.send("POST", path, mock.basic, **form).members


@pytest.mark.parametrize(
    ("profile", "form"),
    [("spring-2.5.2", r"[A-Za-z0-9_-]{27}"), ("spring-2.4.0", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")],
)
def test_forms_of_tokens(profile: str, form: str) -> None:
    """Tokens have the form of the release."""
    tokens = login(Mock("rator", profile))

    assert re.fullmatch(form, tokens["access_token"])
    assert re.fullmatch(form, tokens["refresh_token"])


def test_login_after_an_unnoticed_expiry() -> None:
    """A login after the access token has expired keeps the refresh token, until that is over, too."""
    mock = Mock("rator", "spring-2.5.2")
    first, again = login(mock), login(mock)
    mock.service.clock.advance(3600)
    later = login(mock)
    mock.service.clock.advance(2592000)
    last = login(mock)

    assert first["access_token"] == again["access_token"]
    assert first["access_token"] != later["access_token"]
    assert first["refresh_token"] == later["refresh_token"]
    assert first["refresh_token"] != last["refresh_token"]


@pytest.mark.parametrize(
    "path", ["/rest-api-auth/oauth/token", "/rest-api-core/api/billing-groups/1/balance", "/nowhere"]
)
def test_headers_of_the_framework(path: str) -> None:
    """Every reply has the framework's headers, each once."""
    reply = Mock("rator", "spring-2.5.2").send("GET", path)
    names = [name.lower() for name, _ in reply.headers]

    assert ("nosniff", "DENY") == (reply.header("x-content-type-options"), reply.header("x-frame-options"))
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 200), ("fusio-6.1", 200), ("documented", 404)])
def test_trailing_slash(profile: str, status: int) -> None:
    """A slash behind a path means nothing to the releases, and leads nowhere by the document."""
    mock = Mock("fusio", profile)

    assert status == mock.send("POST", "/authorization/token/", mock.basic, grant_type="client_credentials").status


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 200), ("fusio-6.1", 200), ("documented", 405)])
def test_head(profile: str, status: int) -> None:
    """HEAD is answered where GET is, by the releases."""
    mock = Mock("fusio", profile)
    tokens = mock.send("POST", "/authorization/token", mock.basic, grant_type="client_credentials").members

    assert (
        status
        == mock.send("HEAD", "/authorization/whoami", ("Authorization", f"Bearer {tokens['access_token']}")).status
    )


@pytest.mark.parametrize("profile", ["fusio-5.0", "fusio-6.1"])
@pytest.mark.parametrize(
    ("method", "path", "without"), [("POST", "/consumer/login", 400), ("GET", "/authorization/whoami", 400)]
)
def test_an_agent_is_wanted(profile: str, method: str, path: str, without: int) -> None:
    """The releases want a User-Agent on every operation but the token endpoint, before anything else."""
    mock = Mock("fusio", profile)
    silent = mock.send(method, path, ("User-Agent", ""))

    assert (without, "Request must contain an User-Agent header") == (silent.status, silent.members["message"])
    assert "Request must contain an User-Agent header" != mock.send(method, path).members["message"]
    form = {"grant_type": "client_credentials"}
    assert 200 == mock.send("POST", "/authorization/token", mock.basic, ("User-Agent", ""), **form).status
    assert 401 == Mock("fusio", "documented").send("GET", "/authorization/whoami", ("User-Agent", "")).status


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 401), ("fusio-6.1", 401), ("documented", 200)])
def test_two_spaces_after_the_scheme(profile: str, status: int) -> None:
    """The releases take one space and no more between Bearer and the token."""
    mock = Mock("fusio", profile)
    token = mock.send("POST", "/authorization/token", mock.basic, grant_type="client_credentials").members
    whoami = [
        mock.send("GET", "/authorization/whoami", ("Authorization", f"Bearer{gap}{token['access_token']}")).status
        for gap in (" ", "  ")
    ]

    assert [200, status] == whoami


@pytest.mark.parametrize("profile", ["spring-2.5.2", "spring-2.4.0"])
def test_what_spring_wants_besides(profile: str) -> None:
    """A client_id beside Basic has to be the same one, and a client has to accept JSON."""
    mock = Mock("rator", profile)
    c = mock.credentials
    path = f"/rest-api-auth/oauth/token?brand_key={c['brand_key']}"
    form = {"grant_type": "password", "username": c["username"], "password": c["password"]}
    other = mock.send("POST", path, mock.basic, **form, client_id="kiosk")
    accepts = {
        accept: mock.send("POST", path, mock.basic, ("Accept", accept), **form).status
        for accept in ("", "*/*", "application/json", "text/html, */*;q=0.1", "text/html", "application/xml")
    }

    assert (401, "invalid_client") == (other.status, other.members["error"])
    assert 200 == mock.send("POST", path, mock.basic, **form, client_id=c["client_id"]).status
    assert [200, 200, 200, 200, 406, 406] == list(accepts.values())
    wrong = mock.send("POST", path, mock.basic, ("Accept", "text/html"), **{**form, "password": "wrong"})
    assert 400 == wrong.status


def test_why_of_a_demand() -> None:
    """What a release wants besides is explained, with what mends it and no secret."""
    mock = Mock("fusio", "fusio-5.0")
    request = Request("GET", "/authorization/whoami", "", (("User-Agent", "x"), ("Authorization", "Bearer  ab.cd.ef")))
    why = explain(mock.service, request, mock.service.handle(request, ORIGIN))

    assert why is not None
    assert ("rule", "request.demanded", "the header `Authorization`") == (why.cause, why.condition, why.where)
    assert "Write one space" in why.hint
    assert "ab.cd.ef" not in "".join(why.texts)


@pytest.mark.parametrize(
    ("profile", "refresh", "spaces"),
    [("sensu-5.14", 403, 401), ("sensu-6.9", 500, 401), ("sensu-6.12", 500, 401), ("documented", 401, 200)],
)
def test_a_refresh_token_has_no_rights(profile: str, refresh: int, spaces: int) -> None:
    """A refresh token in the access token's place opens the door of the releases, and has no rights behind it."""
    service = Service(load_dialect("sensu"), profile, clock=StillClock())
    pair = base64.b64encode(f"{service.credentials['username']}:{service.credentials['password']}".encode()).decode()

    def get(path: str, authorization: str) -> Reply:
        return service.handle(Request("GET", path, "", (("Authorization", authorization),)), ORIGIN).reply

    tokens = get("/auth", f"Basic {pair}").members
    path = "/api/core/v2/namespaces"

    assert refresh == get(path, f"Bearer {tokens['refresh_token']}").status
    assert spaces == get(path, f"Bearer  {tokens['access_token']}").status
    assert 200 == get(path, f"Bearer {tokens['access_token']}").status


_LIST = "/scopes must be of type array"
_NONE = "No scopes provided"


@pytest.mark.parametrize(
    ("profile", "scopes", "seen"),
    [
        ("fusio-5.0", ["consumer"], "consumer"),
        ("fusio-5.0", ["consumer", "nothing"], "consumer"),
        ("fusio-5.0", [], "authorization,consumer,default"),
        ("fusio-5.0", ["nothing", 7], _NONE),
        ("fusio-5.0", "consumer", _LIST),
        ("fusio-5.0", None, _LIST),
        ("fusio-6.1", None, "authorization,consumer,default"),
        ("fusio-6.1", ["consumer"], "consumer"),
        ("fusio-6.1", 1.5, _LIST),
        ("documented", "consumer", "authorization,consumer,default"),
    ],
)
def test_scopes_of_a_login(profile: str, scopes: Any, seen: str) -> None:
    """The releases read a list of scopes in a login, give those of it that the user has, and refuse what is no list."""
    reply = Mock("fusio", profile).log_in(scopes=scopes)

    assert seen == (reply.members["scope"] if reply.status == 200 else reply.members["message"])
    assert (reply.status == 400) == seen.startswith(("/", "No"))


def test_a_wrong_password_comes_before_the_scopes() -> None:
    """Which scopes a login names is looked at when its password is right."""
    reply = Mock("fusio", "fusio-6.1").log_in(scopes=["nothing"], password="wrong")

    assert "Invalid name or password" == reply.members["message"]


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 200), ("fusio-6.1", 200), ("documented", 400)])
def test_the_address_of_a_user(profile: str, status: int) -> None:
    """The releases know a user by the e-mail address, too, and tell it to whoever asks who he is."""
    mock = Mock("fusio", profile)
    address = f"{mock.credentials['username']}@example.test"
    reply = mock.log_in(username=address)

    assert status == reply.status
    if status == 200:
        told = mock.send("GET", "/authorization/whoami", ("Authorization", f"Bearer {reply.members['token']}")).members
        own = next(a for a in mock.service.state.data.accounts if a.email == address)
        assert (own.id, own.username, address) == (told["id"], told["name"], told["email"])
        assert 400 == mock.log_in(username=address, password="wrong").status


def test_the_address_of_somebody_new() -> None:
    """Whoever is added while the mock runs can log in by an address, too."""
    with start("fusio", profile="fusio-6.1") as mock:
        mock.users.add("nadia", "Spruce3-Window", email="nadia@example.test")
        login = {"username": "nadia@example.test", "password": "Spruce3-Window"}

        assert 200 == requests.post(mock.url + "/consumer/login", json=login, timeout=5).status_code


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 401), ("fusio-6.1", 200), ("documented", 200)])
def test_a_bad_token_beside_a_login(profile: str, status: int) -> None:
    """Release 5.0 looks at a Bearer token where it wants none; one that is good does no harm."""
    mock = Mock("fusio", profile)
    bearer = f"Bearer {mock.log_in().members['token']}"

    assert 200 == mock.log_in(("Authorization", bearer)).status
    mock.service.clock.advance(3 * 86400)
    assert [status, status] == [mock.log_in(("Authorization", one)).status for one in (bearer, "Bearer nothing")]


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 500), ("fusio-6.1", 500), ("documented", 401)])
def test_three_parts_that_are_no_token(profile: str, status: int) -> None:
    """The releases stumble over what looks like a JWT and has no header that could be one."""
    assert (
        status == Mock("fusio", profile).send("GET", "/authorization/whoami", ("Authorization", "Bearer a.b.c")).status
    )


@pytest.mark.parametrize(
    ("profile", "form", "seen"),
    [
        ("fusio-5.0", {"grant_type": "password"}, (400, "server_error", "Provided an invalid grant type")),
        (
            "fusio-5.0",
            {"grant_type": "authorization_code", "code": "x"},
            (401, "invalid_client", "Unknown credentials"),
        ),
        ("fusio-5.0", {"grant_type": "authorization_code"}, (400, "server_error", "Parameter code is missing")),
        ("documented", {"grant_type": "password"}, (400, "unauthorized_client", "Provided an invalid grant type")),
    ],
)
def test_grants_that_are_left_out(profile: str, form: dict[str, str], seen: tuple[int, str, str]) -> None:
    """Of a grant that the release has and the mock has not, `why` says so; nothing is called missing that is there."""
    mock = Mock("fusio", profile)
    request = Request("POST", "/authorization/token", "", (mock.basic, FORM), urlencode(form).encode())
    reply, why = mock.ask(request).reply, mock.why(request)

    assert seen == (reply.status, reply.members["error"], reply.members["error_description"])
    assert ("operation.left_out", "the grant_type") == (why.condition, why.where)
    assert why.hint.startswith(f"Do without the grant {form['grant_type']} here.")


def test_a_ban_is_not_the_first_thing() -> None:
    """Whoever is banned and brings no credentials is told of these at the token endpoint."""
    mock = Mock("fusio", "fusio-6.1")
    for _ in range(34):
        mock.log_in(password="wrong")
    form = {"grant_type": "client_credentials"}
    told = [mock.send("POST", "/authorization/token", *headers, **form).members for headers in ([], [mock.basic])]

    assert "Credentials not available" == told[0]["error_description"]
    assert "Your IP has sent" in told[1]["error_description"]


@pytest.mark.parametrize(
    ("method", "path", "without", "right"),
    [
        ("GET", "/rest-api-auth/oauth/token", 401, 405),
        ("PUT", "/rest-api-auth/oauth/token", 401, 405),
        ("POST", "/rest-api-auth/oauth/nothing", 401, 404),
        ("POST", "/rest-api-core/api/billing-groups/1/balance", 401, 405),
        ("GET", "/rest-api-core/nothing", 401, 404),
        ("GET", "/nothing", 404, 404),
    ],
)
def test_who_asks_comes_before_what_for(method: str, path: str, without: int, right: int) -> None:
    """Spring's filters stand in front of every path: who brings no credentials is told that, and not of path or method."""
    mock = Mock("rator", "spring-2.5.2")
    bearer = ("Authorization", f"Bearer {login(mock)['access_token']}")
    own = mock.basic if path.startswith("/rest-api-auth") else bearer

    assert [without, right] == [mock.send(method, path).status, mock.send(method, path, own).status]
    assert Mock("rator", "documented").send(method, path).status in (404, 405)
    assert 200 == mock.send("OPTIONS", "/rest-api-auth/oauth/token").status


@pytest.mark.parametrize(
    ("method", "kind"), [("GET", "application/json"), ("PUT", "text/html"), ("DELETE", "text/html")]
)
def test_methods_of_the_token_endpoint(method: str, kind: str) -> None:
    """Spring itself speaks of GET; other methods are refused by its container, with a page that says what is allowed."""
    mock = Mock("rator", "spring-2.5.2")
    reply = mock.send(method, "/rest-api-auth/oauth/token", mock.basic)

    assert (405, kind) == (reply.status, (reply.header("Content-Type") or "").partition(";")[0])
    assert (None if method == "GET" else "POST") == reply.header("Allow")


@pytest.mark.parametrize(("profile", "closed"), [("spring-2.5.2", True), ("documented", False)])
def test_the_connection_after_a_bad_request(profile: str, closed: bool) -> None:
    """Spring's container closes the connection after each 400, and after nothing else."""
    with start("rator", profile=profile) as mock:
        user = (mock.credentials["client_id"], mock.credentials["client_secret"])
        url = f"{mock.url}/oauth/token?brand_key={mock.credentials['brand_key']}"
        bad = requests.post(url, data={"grant_type": "nothing"}, auth=user, timeout=5)
        refused = requests.post(url, data={"grant_type": "password"}, timeout=5)

    assert (400, closed) == (bad.status_code, bad.headers.get("Connection") == "close")
    assert (401, None) == (refused.status_code, refused.headers.get("Connection"))


@pytest.mark.parametrize(("profile", "status"), [("sensu-5.14", 401), ("sensu-6.12", 401), ("documented", 405)])
def test_a_namespace_is_made_by_nobody(profile: str, status: int) -> None:
    """Making a namespace wants a token first; with one, the mock says that it leaves that out."""
    mock = Mock("sensu", profile)
    tokens = mock.send("GET", "/auth", mock.basic).members
    path = "/api/core/v2/namespaces"
    bearer = ("Authorization", f"Bearer {tokens['access_token']}")

    assert [status, 405] == [mock.send("POST", path).status, mock.send("POST", path, bearer).status]
    assert "operation.left_out" == mock.why(Request("POST", path, "", (bearer,))).condition


@pytest.mark.parametrize(("profile", "scheme", "query"), [("sensu-5.14", 401, 500), ("documented", 400, 200)])
@pytest.mark.parametrize("sent", ["x=%zz", "a;b"])
def test_what_the_releases_of_sensu_read(profile: str, scheme: int, query: int, sent: str) -> None:
    """The releases know a scheme Key, which opens no renewal, and fail over a query that cannot be parsed."""
    mock = Mock("sensu", profile)
    request = Request("GET", "/auth", sent, (mock.basic,))

    assert query == mock.ask(request).reply.status
    assert 200 == mock.send("GET", "/auth?x=%7a&y", mock.basic).status
    assert scheme == mock.send("POST", "/auth/token", ("Authorization", "Key abc")).status
    if query == 500:
        assert "the query" == mock.why(request).where
