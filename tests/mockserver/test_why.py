"""`why`: every refusal is explained, whatever refused it, and truly."""

from __future__ import annotations

import base64
import inspect
import json
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.explain import layers, paths
from watchword.mockserver.explain.diagnoses import DIAGNOSES
from watchword.mockserver.explain.hints import HINTS, hint_for
from watchword.mockserver.explain.names import names
from watchword.mockserver.faults.catalogue import find_fault
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.codec import draft, encode
from watchword.specs.loader import load_dialect
from watchword.specs.values.api import FORM, JSON
from watchword.specs.values.draft import Field
from watchword.specs.values.http import Pairs, Request
from watchword.specs.vocabulary import CONDITIONS, PURPOSES

ORIGIN = "http://mock.test"
Why = dict[str, Any]


class Mock:
    """A mock without a socket, and what it has to say."""

    def __init__(self, dialect: str, profile: str = "documented", fault: str | None = None) -> None:
        loaded = load_dialect(dialect)
        self.service = Service(loaded, profile, fault=find_fault(loaded, fault) if fault else None)
        self.application = Application(self.service)
        self.credentials = self.service.credentials

    def send(self, method: str, path: str, headers: Pairs = (), body: bytes = b"") -> Any:
        """Send a request and give the reply."""
        path, _, query = path.partition("?")
        answer = self.application.from_inside(Request(method, path, query, headers, body), ORIGIN)
        return getattr(answer, "reply", answer)

    def why(self, method: str, path: str, headers: Pairs = (), body: bytes = b"") -> Why:
        """Send a request and ask why it was refused."""
        number = self.send(method, path, headers, body).header("watchword-request")
        return dict(self.send("GET", f"{ROOT}why?id={number}").json)


def basic(user: str, password: str, charset: str = "utf-8") -> tuple[str, str]:
    """Give the header of Basic credentials."""
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode(charset)).decode()


def test_every_condition_has_a_hint() -> None:
    """No condition is without something to do about it, and no row of the hints is for nothing."""
    used = {name if name in HINTS else f".{row.defect}" for name, row in CONDITIONS.items()}

    assert all(hint_for(name).mend for name in CONDITIONS)
    assert set(HINTS) == used


def test_diagnoses_refine_conditions() -> None:
    """A diagnosis has a name of its own, and refines conditions that exist."""
    names = [row.name for row in DIAGNOSES]

    assert len(names) == len(set(names))
    assert not set(names) & set(CONDITIONS)
    assert {name for row in DIAGNOSES for name in row.refines} <= set(CONDITIONS)


RATOR = "/rest-api-auth/oauth/token"


@pytest.mark.parametrize(
    ("path", "condition"),
    [
        ("/rest-api-auth//oauth/token", "path.doubled_slash"),
        ("/rest-api-auth/oauth/token/", "path.trailing_slash"),
        ("/oauth/token", "path.without_prefix"),
        ("/rest-api-core/oauth/token", "path.other_prefix"),
        ("/v1/rest-api-auth/oauth/token", "path.other_prefix"),
        ("/rest-api-auth/oauth/%74oken", "path.encoded"),
        ("/rest-api-auth/Oauth/Token", "path.other_case"),
        ("//Rest-api-auth/oauth/token/", "path.garbled"),
        ("/rest-api-auth/oauth/tokens", "path.unknown"),
    ],
)
def test_unknown_paths(path: str, condition: str) -> None:
    """A path that leads nowhere is told what is wrong with it, and which operation was probably meant."""
    why = Mock("rator").why("POST", path)

    assert ("route", condition) == (why["cause"], why["condition"])
    assert f"POST {RATOR}" in why["hint"]
    assert "issueByPassword" in why["hint"]


def test_paths_like_nothing() -> None:
    """With nothing near, all operations are named."""
    why = Mock("sensu").why("GET", "/x")

    assert "path.unknown" == why["condition"]
    assert all(path in why["hint"] for path in ("GET /auth", "POST /auth/token", "GET /api/core/v2/namespaces"))


def test_wrong_method() -> None:
    """A wrong method is told the right one."""
    why = Mock("sensu").why("POST", "/auth")

    assert ("method.wrong", "GET", "'POST'") == (why["condition"], why["expected"], why["found"])
    assert "Use the method GET" in why["hint"]


def test_refused_preflight() -> None:
    """A browser's preflight that nobody answers is told of `--cors`, not of a method that the page could use."""
    asked = (("Origin", "http://localhost:3000"), ("Access-Control-Request-Method", "POST"))
    why = Mock("rator").why("OPTIONS", "/rest-api-auth/oauth/token", asked)

    assert ("method.preflight", "method.wrong") == (why["condition"], why["broader"])
    assert "--cors" in why["hint"]
    assert "Use the method" not in why["hint"]


@pytest.mark.parametrize(
    ("method", "path", "header", "condition", "right"),
    [
        ("GET", "/api/core/v2/namespaces", "Token abc", "access_token.wrong_scheme", "Bearer"),
        ("GET", "/auth", "Digest abc", "basic.wrong_scheme", "Basic"),
    ],
)
def test_other_schemes(method: str, path: str, header: str, condition: str, right: str) -> None:
    """Of a scheme that is neither Basic nor Bearer nothing is said but that it is another one than the right one."""
    why = Mock("sensu").why(method, path, (("Authorization", header),))
    wrong = {"Basic": "Bearer", "Bearer": "Basic"}[right]

    assert condition == why["condition"]
    assert right in why["says"]
    assert wrong not in why["says"] + why["hint"]


def test_left_out() -> None:
    """What the imitated server has and the mock has not is told apart from a slip."""
    why = Mock("fusio", "fusio-6.1").why("POST", "/authorization/revoke")

    assert "operation.left_out" == why["condition"]
    assert "POST /authorization/revoke" in why["hint"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("right-500@createToken", 500),
        ("drop@createToken", 200),
        ("accepts:password.wrong@createToken", 200),
    ],
)
def test_faults(fault: str, status: int) -> None:
    """What a fault made of a reply is put down to the fault, by its name."""
    mock = Mock("sensu", fault=fault)
    password = "wrong" if fault.startswith("accepts") else mock.credentials["password"]
    why = mock.why("GET", "/auth", (basic(mock.credentials["username"], password),))

    assert ("fault", fault, status) == (why["cause"], why["fault"], why["status"])
    assert f"--fault {fault}" in why["hint"]


@pytest.mark.parametrize(("media", "status"), [(FORM, 400), (JSON, 200)])
def test_what_a_fault_makes_of_an_encoding(media: str, status: int) -> None:
    """The right login that a fault has refused is put down to the fault, and so is the wrong one that it has served."""
    fault = "json-only@issueByPassword"
    mock = Mock("rator", fault=fault)
    sketch = draft(mock.service.api.operations["issueByPassword"], mock.credentials)
    fields = tuple(replace(f, place="json") if f.place == "form" and media == JSON else f for f in sketch.fields)
    asked = encode(replace(sketch, fields=fields, media_type=media))
    why = mock.why(asked.method, f"{RATOR}?{asked.query}", asked.headers, asked.body)

    assert ("fault", fault, status) == (why["cause"], why["fault"], why["status"])


@pytest.mark.parametrize("header", [True, False])
def test_what_a_fault_makes_of_a_place(header: bool) -> None:
    """So it is with the client's credentials: those in Basic are refused and those in the form are served."""
    fault = "client-in-body-only@issueByPassword"
    mock = Mock("rator", fault=fault)
    sketch = draft(mock.service.api.operations["issueByPassword"], mock.credentials)
    moved = tuple(Field("form", f.role or "", f.value, f.role) if f.place == "basic" else f for f in sketch.fields)
    asked = encode(sketch if header else replace(sketch, fields=moved))
    why = mock.why(asked.method, f"{RATOR}?{asked.query}", asked.headers, asked.body)

    assert ("fault", fault, 401 if header else 200) == (why["cause"], why["fault"], why["status"])


def test_what_a_fault_leaves_alone() -> None:
    """A refusal that a mock with a fault would have had anyway is explained as any other."""
    why = Mock("sensu", fault="right-500@createToken").why("GET", "/auth/test")

    assert ("rule", "basic.missing", None) == (why["cause"], why["condition"], why["fault"])


def test_ban() -> None:
    """A banned client is told of the ban, what it takes to end it, and how long it lasts."""
    mock = Mock("fusio", "fusio-6.1")
    for _ in range(34):
        mock.send("GET", "/authorization/whoami")
    why = mock.why("GET", "/authorization/whoami")

    assert ("ban", "client.banned", 403) == (why["cause"], why["condition"], why["status"])
    assert "300 seconds" in why["hint"]


LOGIN = (("Content-Type", "application/json"),)


def of_latin1(mock: Mock) -> Why:
    """Basic as many clients encode it."""
    return mock.why("GET", "/auth", (basic("ronja", "Größe:Weide48", "latin-1"),))


def of_unpadded(mock: Mock) -> Why:
    """Base64 without its padding."""
    name, value = basic("mira", "abc")
    return mock.why("GET", "/auth", ((name, value.rstrip("=")),))


def of_shut_account(mock: Mock) -> Why:
    """The right password of a disabled account."""
    return mock.why("GET", "/auth", (basic("olaf", "Meadow5-Copper"),))


def of_gzip(mock: Mock) -> Why:
    """A compressed renewal."""
    import gzip

    token = mock.send("GET", "/auth", (basic(mock.credentials["username"], mock.credentials["password"]),)).json
    body = gzip.compress(json.dumps({"refresh_token": token["refresh_token"]}).encode())
    headers = (("Authorization", f"Bearer {token['access_token']}"), ("Content-Encoding", "gzip"), *LOGIN)
    return mock.why("POST", "/auth/token", headers, body)


def of_doubled_scheme(mock: Mock) -> Why:
    """The scheme twice."""
    token = mock.send("GET", "/auth", (basic(mock.credentials["username"], mock.credentials["password"]),)).json
    headers = (("Authorization", f"Bearer Bearer {token['access_token']}"),)
    return mock.why("GET", "/api/core/v2/namespaces", headers)


def of_quotes(mock: Mock) -> Why:
    """A token in quotation marks."""
    token = mock.send("GET", "/auth", (basic(mock.credentials["username"], mock.credentials["password"]),)).json
    headers = (("Authorization", f'Bearer "{token["access_token"]}"'),)
    return mock.why("GET", "/api/core/v2/namespaces", headers)


def of_reset(mock: Mock) -> Why:
    """A token from before a reset."""
    token = mock.send("GET", "/auth", (basic(mock.credentials["username"], mock.credentials["password"]),)).json
    mock.send("POST", ROOT + "reset")
    headers = (("Authorization", f"Bearer {token['access_token']}"),)
    return mock.why("GET", "/api/core/v2/namespaces", headers)


@pytest.mark.parametrize(
    ("ask", "condition", "says", "hint"),
    [
        (of_latin1, "basic.not_utf8", "not UTF-8", "UTF-8"),
        (of_unpadded, "basic.unpadded", "padding", "padding"),
        (of_shut_account, "account.disabled", "disabled", "Enable the account"),
        (of_gzip, "body.compressed", "compressed", "Content-Encoding"),
        (of_doubled_scheme, "access_token.doubled_scheme", "twice", "Bearer once"),
        (of_quotes, "access_token.quoted", "around it", "quotation marks"),
        (of_reset, "access_token.withdrawn", "withdrawn", "Log in again"),
    ],
)
def test_diagnoses(ask: Callable[[Mock], Why], condition: str, says: str, hint: str) -> None:
    """What a condition is too coarse to say is told in the words of the case, with the condition beside it."""
    why = ask(Mock("sensu"))

    assert condition == why["condition"]
    assert why["broader"] in CONDITIONS
    assert says in why["says"]
    assert hint in why["hint"]


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("dialect", "profile"),
    [("rator", "documented"), ("rator", "spring-2.5.2"), ("fusio", "documented"), ("fusio", "fusio-5.0")],
)
@pytest.mark.parametrize(
    ("media", "body", "condition"),
    [
        ("text/plain;charset=UTF-8", b"grant_type=client_credentials", "body.other_media_type"),
        ("application/octet-stream", b"grant_type=client_credentials", "body.other_media_type"),
        ("multipart/form-data; boundary=x", MULTIPART, "body.multipart"),
        (FORM, b"\x1f\x8b\x08\x00grant", "body.compressed"),
    ],
)
def test_bodies(dialect: str, profile: str, media: str, body: bytes, condition: str) -> None:
    """A form in which the real servers see no parameters is refused, and why that is so is told."""
    mock = Mock(dialect, profile)
    c = mock.credentials
    path = f"{RATOR}?brand_key={c['brand_key']}" if "brand_key" in c else "/authorization/token"
    headers = (basic(c["client_id"], c["client_secret"]), ("Content-Type", media))
    why = mock.why("POST", path, headers, body)

    assert (400, condition) == (why["status"], why["condition"])
    assert FORM in why["hint"] or condition == "body.compressed"


@pytest.mark.parametrize(("dialect", "profile"), [("rator", "documented"), ("fusio", "fusio-5.0")])
def test_form_encoded_credentials(dialect: str, profile: str) -> None:
    """Credentials that were form-encoded before base64 are told so where a server takes them as they stand."""
    mock = Mock(dialect, profile)
    c = mock.credentials
    path = f"{RATOR}?brand_key={c['brand_key']}" if "brand_key" in c else "/authorization/token"
    headers = (basic(c["client_id"].replace("-", "%2D"), c["client_secret"]), ("Content-Type", FORM))
    why = mock.why("POST", path, headers, b"grant_type=client_credentials")

    assert (401, "basic.form_encoded", "client_id.unknown") == (why["status"], why["condition"], why["broader"])
    assert "without percent-encoding" in why["hint"]


def test_form_encoded_credentials_are_taken() -> None:
    """Where the profile keeps to RFC 6749 section 2.3.1, credentials open the door encoded and as they stand."""
    mock = Mock("fusio")
    c = mock.credentials
    for name in (c["client_id"], c["client_id"].replace("-", "%2D")):
        headers = (basic(name, c["client_secret"]), ("Content-Type", FORM))

        assert 200 == mock.send("POST", "/authorization/token", headers, b"grant_type=client_credentials").status


def test_credentials_that_were_not_encoded() -> None:
    """Where the description has them encoded as in a form, those that read otherwise so are refused, and why is told."""
    mock = Mock("oauth2")
    client = next(iter(mock.service.state.clients.values()))
    mock.service.state.clients["desk"] = replace(client, client_id="desk", client_secret="p+s s%41:\u00fc")
    path, form = "/token", b"grant_type=client_credentials"
    why = mock.why("POST", path, (basic("desk", "p+s s%41:\u00fc"), ("Content-Type", FORM)), form)
    sent = mock.send("POST", path, (basic("desk", "p%2Bs+s%2541%3A%C3%BC"), ("Content-Type", FORM)), form)

    assert (401, "basic.not_form_encoded", "client_secret.wrong") == (why["status"], why["condition"], why["broader"])
    assert "as in a form" in why["hint"]
    assert 200 == sent.status


def test_misplaced_fields() -> None:
    """What is there under another name or in another place is not called missing without saying where it is."""
    mock = Mock("rator")
    c = mock.credentials
    headers = (basic(c["client_id"], c["client_secret"]), ("Content-Type", FORM))
    why = mock.why("POST", f"{RATOR}?brand-key={c['brand_key']}", headers, b"grantType=password")

    assert "grant_type.missing" == why["condition"]
    assert "the form field `grantType`" in why["hint"]
    assert "`grantType`" in why["found"]


def test_the_whole_answer() -> None:
    """`why` says what was expected, what was found, where, a hint, the sentence behind it, and what would have done."""
    mock = Mock("rator")
    c = mock.credentials
    headers = (basic(c["client_id"], c["client_secret"]), ("Content-Type", FORM))
    body = f"grant_type=password&username={c['username']}&password={c['password']}".encode()
    why = mock.why("POST", RATOR, headers, body)

    assert ("brand_key.missing", "the query parameter `brand_key`") == (why["condition"], why["where"])
    assert ("one of BRAND1, BRAND2", "nothing") == (why["expected"], why["found"])
    assert why["clause"]["id"].startswith("rator:")
    assert "must" == why["clause"]["level"]
    assert {"brand_key": "BRAND1"} == why["accepted"]["query"]
    assert {"grant_type": "password", "username": c["username"], "password": "<password>"} == why["accepted"]["form"]
    assert c["client_secret"] not in json.dumps(why)


def test_newest_refusal() -> None:
    """Without an id, `why` speaks of the newest refusal, whoever was served since; ids are for ever."""
    mock = Mock("sensu")
    refused = mock.send("GET", "/auth").header("watchword-request")
    served = mock.send("GET", "/auth", (basic(mock.credentials["username"], mock.credentials["password"]),))
    why = mock.send("GET", ROOT + "why").json

    assert (int(refused), "basic.missing") == (why["id"], why["condition"])
    assert (
        "the request was served" == mock.send("GET", f"{ROOT}why?id={served.header('watchword-request')}").json["says"]
    )
    mock.send("DELETE", ROOT + "journal")
    assert 404 == mock.send("GET", f"{ROOT}why?id={refused}").status
    assert int(refused) + 2 == int(mock.send("GET", "/auth").header("watchword-request"))


@pytest.mark.parametrize("query", ["id=x", "id=0", "id=-1", "number=3", "id=" + "9" * 40])
def test_bad_ids(query: str) -> None:
    """What is no id is refused with what one is."""
    assert 400 == Mock("sensu").send("GET", f"{ROOT}why?{query}").status


def test_journal_filters() -> None:
    """The journal can be limited by what its entries say; a filter that there is not is refused."""
    mock = Mock("sensu")
    mock.send("GET", "/auth")
    mock.send("GET", "/nowhere")
    mock.send("GET", "/auth", (basic(mock.credentials["username"], mock.credentials["password"]),))

    def paths(query: str) -> list[str]:
        return [entry["path"] for entry in mock.send("GET", f"{ROOT}journal?{query}").json["entries"]]

    assert ["/auth"] == paths("status=401")
    assert ["/auth", "/nowhere"] == paths("status=4xx")
    assert ["/nowhere"] == paths("condition=path.unknown")
    assert ["/auth", "/auth"] == paths("operation=createToken")
    assert ["/nowhere", "/auth"] == paths("since=1")
    assert ["/auth"] == paths("last=1&method=GET")
    assert 400 == mock.send("GET", f"{ROOT}journal?state=401").status
    assert "status" in mock.send("GET", f"{ROOT}journal?statu=401").json["detail"]


@pytest.mark.parametrize("page", ["journal", "journal/live", "journal.har", "journal.sh"])
def test_journal_of_nothing_that_there_is(page: str) -> None:
    """An operation or a purpose that there is not is refused with those that there are: it is a slip, and not an empty journal."""
    mock = Mock("sensu")

    def told(query: str) -> tuple[int, str]:
        reply = mock.send("GET", f"{ROOT}{page}?{query}")
        return reply.status, reply.json["detail"]

    assert (400, "did you mean 'createToken'?") == (
        told("operation=creatToken")[0],
        told("operation=creatToken")[1][-27:],
    )
    status, said = told("operation=Q")
    assert (400, set()) == (status, {name for name in mock.application.service.api.operations if name not in said})
    status, said = told("purpose=login")
    assert (400, set()) == (status, {name for name in PURPOSES if name not in said})
    assert "did you mean 'password.wrong'?" in told("condition=password.wrng")[1]
    assert "watchword vocabulary conditions" in told("condition=TYPO")[1]
    assert "upper case" in told("method=get")[1]
    assert "first slash" in told("path=auth")[1]
    for query in ("condition=client_id.unknown", "condition=http.malformed", "condition=basic.blank", "path=/nowhere"):
        assert 200 == getattr(mock.send("GET", f"{ROOT}{page}?{query}"), "status", 200)


def test_a_special_case_is_found_by_its_condition() -> None:
    """What the words of a case name more closely is still found in the journal by the condition that a clause has."""
    mock = Mock("sensu")
    mock.send("GET", "/auth", (("Authorization", " "),))
    found = [mock.send("GET", f"{ROOT}journal?condition=basic.{name}").json["entries"] for name in ("blank", "missing")]

    assert found[0] == found[1] != []


def test_names_of_refusals() -> None:
    """Whatever a refusal is called in the modules that explain them is among the names that the journal may be asked for."""
    sources = [inspect.getsource(module) for module in (paths, layers)]
    called = {
        name for source in sources for name in re.findall(r'"((?:path|method|operation|http|mock)\.\w+)"', source)
    }

    assert called
    assert called <= names()


@pytest.mark.parametrize(
    ("method", "page", "said"),
    [
        ("GET", "sessions?user=x", "no parameters here"),
        ("GET", "clock?advance=3", "as a JSON body"),
        ("DELETE", "faults?idd=3", "did you mean 'id'"),
        ("GET", "health?x", ""),
    ],
)
def test_pages_without_parameters(method: str, page: str, said: str) -> None:
    """A parameter that a page does not know is not passed over: what was asked for would not be what is told."""
    reply = Mock("sensu").send(method, ROOT + page)

    assert (400 if said else 200) == reply.status
    assert said in reply.json.get("detail", "")


def test_verdict_takes_no_parameter() -> None:
    """The verdicts are about all that was asked: who wants only some of it is told that they cannot be limited."""
    mock = Mock("sensu")

    assert 200 == mock.send("GET", f"{ROOT}verdict").status
    assert 400 == mock.send("GET", f"{ROOT}verdict?session=1").status


def test_dry_run() -> None:
    """A request that is only talked about is told its answer, and nothing happens."""
    mock = Mock("rator")
    c = mock.credentials
    form = {"grant_type": "password", "username": c["username"], "password": "wrong"}
    asked = {"path": f"{RATOR}?brand_key=BRAND1", "basic": [c["client_id"], c["client_secret"]], "form": form}

    def explain(value: Any) -> Any:
        return mock.send("POST", ROOT + "explain", body=json.dumps(value).encode())

    refused = explain(asked).json
    served = explain(asked | {"form": form | {"password": c["password"]}}).json

    assert (400, False, "password.wrong") == (refused["status"], refused["served"], refused["why"]["condition"])
    assert "invalid_grant" in refused["body"]
    assert (200, True, None) == (served["status"], served["served"], served["why"])
    assert "issueByPassword" == served["operation"]
    assert [] == mock.application.entries()
    assert {} == mock.service.state.access
    assert 400 == explain({"path": "oauth"}).status
    assert 400 == explain(asked | {"body": "x"}).status
    assert "path.without_prefix" == explain({"path": "/oauth/token", "method": "POST"}).json["why"]["condition"]


def test_dry_run_counts_nothing() -> None:
    """A fault that strikes every third time does not count what is only talked about."""
    mock = Mock("sensu", fault="every-third:basic.missing@createToken")
    asked = json.dumps({"path": "/auth"}).encode()
    statuses = []
    for _ in range(3):
        mock.send("POST", ROOT + "explain", body=asked)
        statuses.append(mock.send("GET", "/auth").status)

    assert [401, 401, 200] == statuses


@pytest.mark.parametrize(
    ("raw", "status", "condition"),
    [
        (b"GET /auth HTTX/1.1\r\n\r\n", 400, "http.malformed"),
        (b"GET /auth HTTP/1.1\r\n\r\n", 400, "http.malformed"),
        (b"GET /auth HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431, "http.head_too_large"),
        (b"POST /auth HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n", 413, "http.body_too_large"),
        (b"GET /auth HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", 417, "http.expectation"),
        (b"BREW /auth HTTP/1.1\r\nHost: a\r\n\r\n", 501, "http.not_implemented"),
    ],
)
def test_http_layer(raw: bytes, status: int, condition: str) -> None:
    """What the HTTP layer refuses stands in the journal, too, and its reply says where."""
    with start(Service(load_dialect("sensu"))) as running:
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.sendall(raw)
            head = client.makefile("rb").read().partition(b"\r\n\r\n")[0].decode()
        number = next(line.split()[1] for line in head.splitlines() if line.startswith("Watchword-Request"))
        why = requests.get(f"{running.control_url}why?id={number}", timeout=5).json()

    assert (status, condition) == (why["status"], why["condition"])
    assert why["hint"]


def test_own_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the mock itself fails, `why` says that it is not the client's doing."""
    service = Service(load_dialect("sensu"))

    def broken(request: Request, origin: str) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(service, "handle", broken)
    with start(service) as running:
        reply = requests.get(running.url + "/auth", timeout=5)
        why = requests.get(f"{running.control_url}why?id={reply.headers['Watchword-Request']}", timeout=5).json()

    assert (500, "mock.failed") == (why["status"], why["condition"])
    assert "the mock itself is wrong" in why["hint"]


def test_absurd_requests_are_not_kept() -> None:
    """A value of any length is told by its length, and a heap of fields is looked through in no time."""
    mock = Mock("fusio")
    long = "a" * 500_000
    why = mock.why("POST", "/consumer/login", LOGIN, json.dumps({"username": long, "password": "x"}).encode())
    many = mock.why("POST", "/consumer/login", LOGIN, json.dumps({f"n{i}": 1 for i in range(60_000)}).encode())

    assert ("username.unknown", "a text of length 500000") == (why["condition"], why["found"])
    assert "username.missing" == many["condition"]
    assert len(json.dumps(mock.application.entries())) < 10_000
