"""An issuer in the place of endpoints: its metadata say where they are, and lead no credential to another place."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.plan import plan_lines
from watchword.suites.running.preflight import PreflightError, preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.target import TargetError, from_environment, read_target

HERE = {"token": "/oauth/token", "resource": "/api/me", "introspection": False}
KNOWN = "/.well-known/oauth-authorization-server"
FILE = """\
[target]
dialect = "oauth2"
issuer = "{issuer}"
{more}
[credentials]
client_id = "harbour-desk"
client_secret = "Quay7Lantern-Moss3"
username = "lena.brandt"
password = "Cedar-Anchor-51"

[endpoints]
resource = "/api/me"
{endpoints}
"""


@pytest.fixture(scope="module")
def server(module_watchword_mock):
    """A mock that has its endpoints elsewhere, and says so."""
    return module_watchword_mock("oauth2", endpoints=HERE)


@pytest.fixture(scope="module")
def publisher():
    """A server that says what it is told to, and notes what it is asked: its origin, the replies by path, the requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.command, self.path, self.headers.get("Authorization")))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = says.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *words):
            """Say nothing."""

    asked, says = [], {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}", says, asked
        served.shutdown()
        thread.join()


@pytest.fixture
def begun(tmp_path):
    """Begin sessions at targets with an issuer."""
    with contextlib.ExitStack() as stack:

        def begin(issuer, more="", endpoints=""):
            path = tmp_path / "target.toml"
            path.write_text(FILE.format(issuer=issuer, more=more, endpoints=endpoints), encoding="utf-8")
            return stack.enter_context(contextlib.closing(TargetSession(read_target(path), Masker())))

        yield begin


def metadata(issuer, **more):
    """What a server says of itself, as a reply."""
    told = {"issuer": issuer, "token_endpoint": f"{issuer}/oauth/token", "response_types_supported": [], **more}
    return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()


def paths(session):
    """Where the endpoints are taken to be; those that there are not are left out."""
    return {op.endpoint: op.path for op in session.target.dialect.api.present}


def test_the_metadata_say_where_endpoints_are(server, begun):
    """Without a url, everything is at the issuer's origin; what the metadata do not name is not there."""
    session = begun(server.url)
    preflight(session)

    assert server.url == session.target.url
    assert paths(session) == {
        "token": "/oauth/token",
        "revocation": "/revoke",
        "metadata": KNOWN,
        "resource": "/api/me",
    }
    assert {"introspect"} == session.target.dialect.api.absent


def test_the_file_goes_before_them(server, begun):
    """What stands under [endpoints] is kept, whatever the metadata name."""
    session = begun(server.url, endpoints='revocation = "/gone"')
    preflight(session)

    assert "/gone" == paths(session)["revocation"]


def test_an_issuer_with_a_path(server, begun):
    """The path of the issuer comes behind the well-known one."""
    space = server.space("tower")
    session = begun(space.url)
    preflight(session)
    path = space.url.removeprefix(server.url)

    assert f"{KNOWN}{path}" == paths(session)["metadata"]
    assert f"{path}/oauth/token" == paths(session)["token"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((404, {}, b""), r"has no metadata of http://\S+ \(404 with no content type\): check target.issuer"),
        ((200, {"Content-Type": "text/html"}, b"<p>"), r"has no metadata of http://\S+ \(200 with text/html\)"),
        (
            (302, {"Location": "https://auth.example.test/x?y=1"}, b""),
            "redirects to https://auth.example.test/x, and is not followed",
        ),
        (metadata("https://auth.example.test"), "are those of 'https://auth.example.test': say so with target.issuer"),
        ({"token_endpoint": None}, r'name no token_endpoint: say where it is under \[endpoints\], as token = "/…"'),
        ({"token_endpoint": "/oauth/token"}, r"token_endpoint '/oauth/token', which is no URL that can be used here"),
        ({"token_endpoint": 7}, "token_endpoint 7, which is no URL that can be used here"),
        (
            {"revocation_endpoint": "https://a:b@x.test/r"},
            "which is no URL that can be used here: say where it is with revocation =",
        ),
        (
            {"token_endpoint": "https://tokens.example.test:8443/t?x=1"},
            r"token_endpoint 'https://tokens.example.test:8443/t\?x=1', which is no URL that can be used here",
        ),
    ],
)
def test_what_cannot_be_used(publisher, begun, reply, said):
    """Each is one line with its remedy, and no credential was sent."""
    origin, says, asked = publisher
    asked.clear()
    says[KNOWN] = metadata(origin, **reply) if isinstance(reply, dict) else reply

    with pytest.raises(PreflightError, match=said) as told:
        preflight(begun(origin))

    assert "\n" not in str(told.value)
    assert [("GET", KNOWN, None)] == asked


def test_credentials_stay_where_the_file_lets_them_go(server, publisher, begun):
    """Endpoints at another origin are used where the file has that as its url, and not otherwise."""
    origin, says, asked = publisher
    asked.clear()
    says[KNOWN] = metadata(origin, token_endpoint=f"{server.url}/oauth/token")

    with pytest.raises(
        PreflightError, match=f'not below {origin}, where the credentials go: write target.url = "{server.url}"'
    ):
        preflight(begun(origin))
    session = begun(origin, more=f'url = "{server.url}"')
    preflight(session)

    assert {None} == {authorization for *_, authorization in asked}
    assert "/oauth/token" == paths(session)["token"]


@pytest.mark.parametrize(
    "reply",
    [
        (404, {}, b""),
        (403, {}, b""),
        (501, {}, b""),
        (200, {"Content-Type": "text/html"}, b"<p>"),
        (302, {"Location": "/login"}, b""),
    ],
    ids=["404", "403", "501", "page", "redirect"],
)
def test_a_server_without_metadata(server, publisher, begun, reply):
    """Whoever publishes none breaks no rule about them: a page or a redirect in their place is none."""
    origin, says, _ = publisher
    says[KNOWN] = reply
    session = begun(origin, more=f'url = "{server.url}"')
    rules = [
        c for c in session.target.dialect.clauses if c.operation == "metadata" and c.guarantee != "contract.conforms"
    ]

    assert {"not_supported"} == {check(session, clause).verdict for clause in rules}


def test_the_issuer_of_an_address(server, monkeypatch):
    """Whose issuer nobody says is not held against the address by which it is reached."""
    held = {f"WATCHWORD_{role.upper()}": value for role, value in server.credentials.items()}
    there = server.url.replace("127.0.0.1", "localhost")
    session = TargetSession(from_environment(there, "oauth2", held), Masker())
    issuer = session.target.dialect.clause("metadata.issuer-asked")
    server.faults.force(200, json={"issuer": "https://auth.example.test"}, operation="metadata")
    with contextlib.closing(session):
        judged = check(session, issuer)

    assert "not_applicable" == judged.verdict
    assert (
        "the metadata are those of 'https://auth.example.test', and the target does not say its issuer" == judged.reason
    )


def test_the_issuer_in_the_environment(server):
    """A URL without a file takes its issuer from the environment."""
    held = {f"WATCHWORD_{role.upper()}": value for role, value in server.credentials.items()}
    session = TargetSession(from_environment(server.url, "oauth2", held | {"WATCHWORD_ISSUER": server.url}), Masker())
    with contextlib.closing(session), pytest.raises(PreflightError, match="resource"):
        preflight(session)

    assert "/oauth/token" == paths(session)["token"]


def test_the_plan_tells_that_it_does_not_know(begun):
    """A plan asks nobody, and says so."""
    lines = list(plan_lines(begun("http://a.test"), []))

    assert "where the metadata of http://a.test do not name other paths, which a run asks for first:" == lines[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "http://a.test",
            "http://a.test?x=1",
            r"target.toml:3: target.issuer: 'http://a.test\?x=1' has a query or a fragment",
        ),
        ("http://a.test", "a.test", "target.toml:3: target.issuer: 'a.test' is not an http or https URL"),
        ('"oauth2"', '"sensu"', "target.toml:3: target.issuer: sensu describes no metadata of an issuer"),
        ('issuer = "http://a.test"', "", "url"),
    ],
)
def test_mistakes(tmp_path, old, new, said):
    """A slip is told with its line."""
    path = tmp_path / "target.toml"
    text = FILE.format(issuer="http://a.test", more="", endpoints="")
    path.write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(TargetError, match=said):
        read_target(path)
