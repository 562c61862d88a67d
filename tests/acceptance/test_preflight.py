"""Before any test: a target that cannot be tested ends the run with 6 and one line that says why and what to do."""

from __future__ import annotations

import json
import ssl
import subprocess

import pytest

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.suites.running.preflight import PreflightError, preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.target import TargetError, read_target


def line_of(done):
    """The one line in which a run says that its preflight failed."""
    lines = [line for line in done.text.splitlines() if "preflight failed" in line and line.startswith("!")]

    assert 6 == done.code, done.text
    assert "Traceback" not in done.text
    assert 1 == len(lines), done.text
    return lines[0]


def told(path):
    """What a preflight in this process says of a target file's server."""
    session = TargetSession(read_target(path), Masker())
    try:
        with pytest.raises(PreflightError) as caught:
            preflight(session)
    finally:
        session.close()

    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def mock():
    """Start mocks in this process."""
    started = []

    def begin(dialect, **options):
        running = start(Service(load_dialect(dialect)), **options)
        started.append(running)
        return {
            "dialect": dialect,
            "url": running.url,
            "resource_url": running.resource_url,
            "credentials": running.credentials,
        }

    yield begin
    for running in started:
        running.stop()


def test_stopped(announce, write_target, suites):
    """A server that has stopped: where it was looked for, and what to ask oneself; no verdict is left behind."""
    mock = announce("sensu")
    path = write_target(mock.facts)
    mock.stop()
    done = suites("--target", path)
    line = line_of(done)

    assert mock.url in line
    assert "is the server running" in line
    assert () == done.run.clauses
    assert done.run.end is not None
    assert 6 == done.run.end.exit


@pytest.mark.parametrize(("dialect", "role"), [("sensu", "password"), ("fusio", "client_secret")])
def test_refused_credentials(dialect, role, mock, write_target, suites):
    """A password or client secret that is refused ends the run with 6, and is not repeated."""
    done = suites("--target", write_target(mock(dialect), credentials={role: "Not-The-Canary77"}))

    assert role in line_of(done).rpartition("check")[2]
    assert "Canary77" not in done.text


@pytest.mark.parametrize(
    ("dialect", "role", "named", "silent"),
    [
        ("sensu", "password", ["username", "password"], ["client_secret"]),
        ("sensu", "username", ["username", "password"], []),
        ("sensu", "other_password", ["other_username", "other_password"], []),
        ("fusio", "password", ["username", "password"], ["client_secret"]),
        ("fusio", "client_secret", ["client_id", "client_secret"], ["password"]),
        ("rator", "client_secret", ["client_id", "client_secret"], []),
        ("rator", "other_client_secret", ["other_client_id", "other_client_secret"], ["client_id", "other_username"]),
        ("rator", "password", ["username", "password"], []),
        ("rator", "brand_key", ["brand_key"], []),
    ],
)
def test_wrong_credential(dialect, role, named, silent, mock, write_target):
    """A credential that is refused: which ones to check, and not their values."""
    facts = mock(dialect)
    wrong = f"{facts['credentials'][role]}-Canary77"
    line = told(write_target(facts, credentials={role: wrong}))
    listed = set(line.rpartition("check")[2].replace(",", " ").split())

    assert set(named) <= listed
    assert not set(silent) & listed
    assert "Canary77" not in line


@pytest.fixture
def certificate(tmp_path, tool):
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    files = [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(tmp_path / "key.pem"),
        "-out",
        str(tmp_path / "cert.pem"),
    ]
    subprocess.run([tool("openssl"), *words.split(), *files], check=True, capture_output=True)
    return tmp_path / "cert.pem"


@pytest.fixture
def tls(certificate):
    """A server's side of TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


def test_untrusted_certificate(tls, mock, write_target, suites):
    """A certificate that nobody trusts is called a matter of TLS, with the key that names one to trust."""
    line = line_of(suites("--target", write_target(mock("sensu", tls=tls))))

    assert "tls" in line.lower()
    assert "certificate" in line
    assert "target.ca_file" in line


def test_trusted_certificate(tls, certificate, mock, write_target, suites):
    """With the certificate in the target file the same server is tested."""
    path = write_target(mock("sensu", tls=tls), target={"ca_file": certificate.name})
    done = suites("--target", path, "-k", "token.works")

    assert 0 == done.code, done.text
    assert {"pass"} == set(done.verdicts.values())


def test_plain_port_for_tls(mock, write_target):
    """An https address whose port speaks plain HTTP is called a matter of TLS."""
    facts = mock("sensu")
    line = told(write_target(facts | {"url": facts["url"].replace("http:", "https:"), "resource_url": None}))

    assert "tls" in line.lower()


def test_redirect(serve, made_up, write_target):
    """An address that redirects: where it leads."""
    front = serve(lambda asked: (301, {"Location": f"http://127.0.0.1:1/new{asked.path}"}, b""))
    line = told(write_target(made_up("sensu", front.url)))

    assert "http://127.0.0.1:1/new" in line
    assert "redirect" in line


def test_redirect_is_not_followed(serve, made_up, write_target):
    """Nothing is sent to where a redirect leads."""
    elsewhere = serve(lambda asked: (200, {}, b"{}"))
    front = serve(lambda asked: (307, {"Location": elsewhere.url + asked.path}, b""))
    told(write_target(made_up("sensu", front.url)))

    assert [] == elsewhere.asked


@pytest.mark.parametrize("status", [404, 405])
def test_wrong_base(status, serve, made_up, write_target):
    """An address below which the documented paths are not: that is what is asked about."""
    front = serve(lambda asked: (status, {}, b""))
    line = told(write_target(made_up("fusio", front.url)))

    assert f"{front.url} the base of the documented paths" in line


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_refuses_everything(dialect, serve, made_up, write_target):
    """A server that answers 401 to everything refuses the credentials."""
    front = serve(lambda asked: (401, {"WWW-Authenticate": "Basic"}, b""))
    line = told(write_target(made_up(dialect, front.url)))

    assert "401" in line
    assert "credentials are refused" in line


@pytest.mark.parametrize(("secret", "named"), [("Tundra+5%2F", True), ("Tundra-5_2F", False)])
def test_a_secret_that_is_decoded(secret, named, serve, made_up, write_target):
    """Where a client's secret reads otherwise once it is form-decoded, a refusal says so."""
    front = serve(lambda asked: (401, {"WWW-Authenticate": "Basic"}, b""))
    line = told(write_target(made_up("rator", front.url), credentials={"client_secret": secret}))

    assert named is ("form-decodes the client_secret (RFC 6749 section 2.3.1)" in line)
    assert secret not in line


@pytest.mark.parametrize("status", [429, 503])
def test_asks_to_be_left_alone(status, serve, made_up, write_target):
    """A server that answers 429 or 503 to everything is left alone."""
    front = serve(lambda asked: (status, {"Retry-After": "0"}, b""))
    line = told(write_target(made_up("sensu", front.url)))

    assert str(status) in line
    assert "left alone" in line
    assert len(front.asked) <= 3


def test_closes_connections(plain_socket, made_up, write_target):
    """A server that closes every connection cannot be reached."""
    line = told(write_target(made_up("sensu", plain_socket(lambda connection: connection.close()))))

    assert "connection" in line


def test_hangs(plain_socket, made_up, write_target):
    """A server that never answers is given up after limits.timeout."""
    url = plain_socket(lambda connection: None)
    line = told(write_target(made_up("sensu", url), limits={"timeout": 0.3}))

    assert "timeout" in line
    assert "limits.timeout" in line


def test_a_resource_that_never_ends(plain_socket, made_up, write_target):
    """Where only the protected operation is not answered in full, it is named, and the address is not called wrong."""

    def answer(connection):
        asked = connection.recv(65536)
        if asked.startswith(b"GET /events"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n: ping\n\n\r\n")
            return
        given = b'{"access_token": "a-b-c-d", "refresh_token": "e-f-g-h", "expires_at": 2000000000}'
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" + given)
        connection.close()

    line = told(
        write_target(
            made_up("sensu", plain_socket(answer)),
            limits={"timeout": 0.5},
            resource={"method": "GET", "path": "/events"},
        )
    )

    assert "GET /events got no whole reply" in line
    assert "[resource]" in line
    assert "cannot be reached" not in line


def test_speaks_something_else(plain_socket, made_up, write_target):
    """A server that does not speak HTTP is asked about."""

    def greet(connection):
        connection.sendall(b"220 mail.example.test ready\r\n")
        connection.close()

    line = told(write_target(made_up("sensu", plain_socket(greet))))

    assert "cannot be reached" in line


def test_no_such_resource(mock, write_target):
    """A protected operation that is not there is asked for."""
    path = write_target(mock("sensu"), resource={"method": "GET", "path": "/api/core/v2/nothing"})
    line = told(path)

    assert "[resource]" in line
    assert "/api/core/v2/nothing" in line


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (403, {}, "and 401 to one that is none, so the account may have no right to call it"),
        (500, {}, "and 401 to one that is none, so the account may have no right to call it"),
        (307, {"Location": "/namespaces/"}, "a redirect to /namespaces/: name the path it leads to"),
    ],
)
def test_an_account_without_rights(status, headers, says, serve, made_up, write_target):
    """Where a good token does not open the protected operation for want of rights, [resource] is named, and no rule is broken."""
    line = told(write_target(made_up("sensu", serve(keeper(status, headers, 307 if status == 307 else 401)).url)))

    assert f"answered {status} to a valid token" in line
    assert says in line
    assert "[resource]" in line


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_token_that_opens_nothing(status, serve, made_up, write_target, request):
    """Where a token that was just given is answered like one that is none, the suites have to say what is broken."""
    front = serve(keeper(status, {}, status))
    session = TargetSession(read_target(write_target(made_up("sensu", front.url))), Masker())
    request.addfinalizer(session.close)
    preflight(session)

    assert "/api/core/v2/namespaces" in {asked.path for asked in front.asked}


def keeper(status, headers, otherwise):
    """A server that gives one token, and answers it and every other in these ways at the protected operation."""
    given = b'{"access_token": "a-b-c-d", "refresh_token": "e-f-g-h", "expires_at": 2000000000}'

    def answer(asked):
        if asked.path == "/auth":
            return 200, {"Content-Type": "application/json"}, given
        if dict(asked.headers).get("Authorization") == "Bearer a-b-c-d":
            return status, headers, b""
        return otherwise, {}, b""

    return answer


def test_unknown_host(made_up, write_target):
    """A host that has no address cannot be reached."""
    line = told(write_target(made_up("sensu", "http://watchword.invalid")))

    assert "http://watchword.invalid" in line


@pytest.mark.parametrize("ending", ["\r", "\n"])
@pytest.mark.parametrize(
    ("dialect", "role"),
    [("sensu", "password"), ("fusio", "client_secret"), ("rator", "username"), ("rator", "brand_key")],
)
def test_a_line_break_in_a_credential(dialect, role, ending, mock, write_target):
    """A credential that was read with the end of its line is told by name."""
    facts = mock(dialect)
    line = told(write_target(facts, credentials={role: facts["credentials"][role] + ending}))

    assert f"a line break ends or begins the {role}, leave it out" in line


def test_a_redirect_to_no_address(serve, made_up, write_target):
    """A redirect to what is no address is told as a redirect."""
    front = serve(lambda asked: (302, {"Location": "http://[::1"}, b""))

    assert "a redirect to what is no address" in told(write_target(made_up("sensu", front.url)))


@pytest.mark.parametrize("url", ["http://[::1:8080", "http://\u2100.invalid"])
def test_no_host(url, made_up, write_target):
    """An address whose host can be none is a mistake of the target file."""
    with pytest.raises(TargetError, match="no host"):
        read_target(write_target(made_up("sensu", url)))


def test_a_clock_that_leads_elsewhere(serve, made_up, write_target, request):
    """A clock that is announced at another path than a mock's, or that redirects, is none; nobody else is asked anything."""
    elsewhere = serve(lambda asked: (200, {}, b'{"now": 1}'))
    bodies = b'{"access_token": "a-b-c-d", "refresh_token": "e-f-g-h", "expires_at": 2000000000}'
    paths = iter(["/__watchword__/", elsewhere.url, f"//{elsewhere.url[7:]}/", "/clock/"])

    def answer(asked):
        if asked.path.endswith("/clock"):
            return 307, {"Location": f"{elsewhere.url}/clock"}, b""
        return 200, {"Watchword-Control": next(paths, "/"), "Content-Type": "application/json"}, bodies

    front = serve(answer)
    session = TargetSession(read_target(write_target(made_up("sensu", front.url))), Masker())
    request.addfinalizer(session.close)
    for _ in range(4):
        preflight(session)

        assert session.target.control is None
    assert [] == elsewhere.asked
    assert {"/__watchword__/clock"} == {asked.path for asked in front.asked if "clock" in asked.path}


PAGE = (
    b"<!doctype html>\n<html><head><title>Sign in to\n Guest&nbsp;Net</title></head><body><form></form></body></html>"
)
HTML = {"Content-Type": "text/html; charset=utf-8"}
TLS_WANTED = b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>"


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        pytest.param(200, HTML, PAGE, "answered 200 with an HTML page titled 'Sign in to Guest Net'", id="portal"),
        pytest.param(
            200, {}, b"\n<html></html>", "answered 200 with an HTML page and no JSON", id="page without a type"
        ),
        pytest.param(511, HTML, PAGE, "the network wants a login", id="network wants a login"),
        pytest.param(502, HTML, b"<h1>Bad Gateway</h1>", "what stands before the server got no answer", id="gateway"),
        pytest.param(504, {}, b"", "what stands before the server got no answer", id="gateway without a word"),
        pytest.param(407, {"Proxy-Authenticate": "Basic"}, b"", "a proxy on the way wants credentials", id="proxy"),
        pytest.param(400, HTML, TLS_WANTED, "this port wants TLS, so write https://", id="port of TLS"),
        pytest.param(426, {"Upgrade": "TLS/1.2"}, b"", "this port wants TLS, so write https://", id="upgrade"),
        pytest.param(
            401, {"WWW-Authenticate": "Negotiate"}, b"", "asks for Negotiate, which is not of", id="directory"
        ),
    ],
)
@pytest.mark.parametrize("dialect", ["sensu", "rator"])
def test_something_else_answers(dialect, status, headers, body, said, serve, made_up, write_target):
    """What answers in the place of the API is named, and no credential is doubted."""
    front = serve(lambda asked: (status, headers, body))
    line = told(write_target(made_up(dialect, front.url)))

    assert said in line
    assert "credentials are refused" not in line
    assert 1 == len(front.asked)


@pytest.mark.parametrize("status", [400, 501])
def test_a_grant_that_is_not_offered(status, serve, write_target):
    """A server that says that it has no such grant doubts no credential: the line says how to leave the grant out."""
    refusal = json.dumps({"error": "unsupported_grant_type"}).encode()
    front = serve(lambda asked: (status, {"Content-Type": "application/json"}, refusal))
    facts = {
        "dialect": "oauth2",
        "url": front.url,
        "credentials": {"client_id": "desk", "client_secret": "Copper4-Tundra"},
    }
    line = told(write_target(facts))

    assert "issueByClientCredentials = false under [endpoints]" in line
    assert "credentials are refused" not in line


@pytest.mark.parametrize(
    ("headers", "body", "named"),
    [(HTML, PAGE, True), (HTML, b"no entry", False), ({"Content-Type": "application/json"}, b'{"m": "<p>"}', False)],
)
def test_a_refusal_that_is_a_page(headers, body, named, serve, made_up, write_target):
    """A refusal that came as a page may be somebody else's than the API's, and the line says so beside the credentials."""
    front = serve(lambda asked: (403, headers, body))
    line = told(write_target(made_up("sensu", front.url)))

    assert "the credentials are refused: check username, password" in line
    assert named is ("it came with an HTML page titled 'Sign in to Guest Net'" in line)


def test_out_of_service(serve, made_up, write_target):
    """A 503 is told as what it is, with the moment that it names."""
    front = serve(lambda asked: (503, {"Retry-After": "3600"}, b"<h1>Maintenance</h1>"))
    line = told(write_target(made_up("sensu", front.url)))

    assert "it is not in service" in line
    assert "(Retry-After: 3600)" in line


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b'{"status": "ok"}', "answered 200 without a token to a right login"),
        (500, b"", "answered 500 to a right"),
    ],
)
def test_a_login_that_gives_nothing(status, body, said, serve, made_up, write_target):
    """A right login that was neither refused nor served ends no run, and is told before it all the same."""
    front = serve(lambda asked: (status, {"Content-Type": "application/json"}, body))
    session = TargetSession(read_target(write_target(made_up("sensu", front.url))), Masker())
    try:
        warnings = preflight(session).warnings
    finally:
        session.close()

    assert [True] == [said in line for line in warnings if "right login" in line]
