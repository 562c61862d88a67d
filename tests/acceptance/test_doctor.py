"""`watchword doctor`, and the start of a run: each problem by its name, with its remedy, over real sockets."""

from __future__ import annotations

import datetime
import email.utils
import ipaddress
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.suites.running.preflight import LOOKS, PreflightError, examine, preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.target import read_target

GIVEN = b'{"access_token": "a-b-c-d", "refresh_token": "e-f-g-h", "expires_at": 2000000000}'
JSON = {"Content-Type": "application/json"}
DAY = datetime.timedelta(days=1)
USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def keeper(asked):
    """A right server of sensu, as far as the doctor asks: it knows one password and gives one token."""
    authorization = asked.headers.get("Authorization", "")
    if asked.path.endswith("/auth"):
        return (200, JSON, GIVEN) if authorization == "Basic bWlyYTpRdWFycnk3LUxhbnRlcm4=" else (401, {}, b"")
    if asked.path.endswith("/namespaces"):
        return (200, JSON, b"[]") if authorization == "Bearer a-b-c-d" else (401, {}, b"")
    return 404, {}, b""


def notes_of(path):
    """What the doctor says of a target file's server: pairs of the kind and the text, by check."""
    session = TargetSession(read_target(path), Masker())
    try:
        found = examine(session)
    finally:
        session.close()
    notes = {}
    for note in found.notes:
        assert "\n" not in note.says
        notes.setdefault(note.check, []).append((note.kind, note.says))
    return notes


def problem_of(path):
    """The one problem that the doctor finds, and the start of a run with it: its check and its text."""
    notes = notes_of(path)
    [(check, says)] = [(c, text) for c, lines in notes.items() for kind, text in lines if kind == "problem"]
    session = TargetSession(read_target(path), Masker())
    try:
        with pytest.raises(PreflightError) as caught:
            preflight(session)
    finally:
        session.close()

    assert says == str(caught.value)
    return check, says


def bad(notes):
    """Every line that is no good news."""
    return [text for lines in notes.values() for kind, text in lines if kind != "ok"]


# -- what is right


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_all_is_well(dialect, announce, write_target, command):
    """At a right server every line is good, each check has one, and no secret is told."""
    mock = announce(dialect)
    done = command("doctor", write_target(mock.facts, target={"name": "staging"}))
    lines = done.out.splitlines()
    checks = {line[11:26].strip() for line in lines if line.startswith("  ")}

    assert 0 == done.code, done.text
    assert "nothing stands in the way of a run" == lines[-1]
    assert {"ok"} == {line[:11].strip() for line in lines if line.startswith("  ")}
    assert {"address", "proxy", "name", "connection", "login", "other user", "clock", "resource", "release"} <= checks
    assert checks <= {look.name for look in LOOKS}
    assert not [role for role, value in mock.credentials.items() if "password" in role and value in done.text]


def test_an_address_without_a_file(announce, command):
    """A URL and variables do instead of a file, as for `watchword test`."""
    mock = announce("sensu")
    held = {f"WATCHWORD_{role.upper()}": value for role, value in mock.credentials.items()}

    assert 0 == command("doctor", "--url", mock.url, "--dialect", "sensu", env=held).code


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name a server"),
        (["--url", "http://127.0.0.1:9"], "--dialect"),
        (["nowhere.toml"], "cannot be read"),
        (["sensu"], "a target file is wanted"),
    ],
)
def test_wrong_words(words, says, command):
    """What cannot be meant ends with 4 and one line."""
    done = command("doctor", *words)

    assert 4 == done.code
    assert says in done.err
    assert "Traceback" not in done.text


def test_the_worst_of_several(announce, write_target, command):
    """Of several servers each has its lines, and the exit code is that of the worst."""
    mock = announce("sensu")
    good = write_target(mock.facts)
    wrong = write_target(mock.facts, credentials={"password": "Not-The-Canary77"})
    done = command("doctor", good, wrong, good)

    assert 6 == done.code
    assert 2 == done.out.count("nothing stands in the way of a run")
    assert 1 == done.out.count("PROBLEM")
    assert "check username, password" in done.out
    assert "Canary77" not in done.text


def test_ipv6(made_up, write_target):
    """A server that listens on IPv6 alone is reached, by its name, too."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    running = start(Service(load_dialect("sensu")), host="::1")
    try:
        notes = notes_of(write_target(made_up("sensu", running.url), credentials=running.credentials))
    finally:
        running.stop()

    assert [] == bad(notes)
    assert notes["connection"][0][1].startswith("::1, port ")


# -- the way there


def test_dead_host(made_up, write_target):
    """A host that nobody knows."""
    check, says = problem_of(write_target(made_up("sensu", "http://watchword.invalid")))

    assert "name" == check
    assert "is the name spelled right" in says


def test_closed_port(made_up, write_target):
    """A port at which nobody listens: what needs it is not looked at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    path = write_target(made_up("sensu", f"http://127.0.0.1:{port}"))
    check, says = problem_of(path)

    assert "connection" == check
    assert "is the server running" in says
    assert [("skipped", "not looked at, since connection has to be mended first")] == notes_of(path)["tls"]


def test_a_name_that_is_looked_up_for_ever(monkeypatch, made_up, write_target):
    """A name server that does not answer costs the time limit, at every look-up, and leaves one thread behind, not many."""
    silence = threading.Event()
    ask = socket.getaddrinfo

    def hang(host, *rest, **more):
        if host == "slow.example.test":
            silence.wait(60)
        return ask(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    path = write_target(made_up("sensu", "http://slow.example.test"), limits={"timeout": 0.2})
    before = threading.active_count()
    began = time.monotonic()
    try:
        check, says = problem_of(path)
        took = time.monotonic() - began
        left = threading.active_count() - before
    finally:
        silence.set()

    assert "name" == check
    assert "timeout: its name was not looked up within the time limit" in says
    assert took < 30
    assert 1 == left


@pytest.fixture
def proxied(monkeypatch):
    """Let the environment name a proxy, and nothing else."""

    def name(url, exempt=""):
        for key in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.delenv(key, raising=False)
            monkeypatch.delenv(key.lower(), raising=False)
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("no_proxy", exempt)

    return name


def test_proxy(proxied, serve, made_up, write_target):
    """By way of a proxy: that is said, and the name is looked up by it, not here."""
    between = serve(keeper)
    proxied(between.url)
    notes = notes_of(write_target(made_up("sensu", "http://api.example.test")))

    assert [
        (
            "ok",
            f"api.example.test is reached by way of the proxy 127.0.0.1, port {between.url[17:]}, as the environment says",
        )
    ] == notes["proxy"]
    assert "http://api.example.test/auth" in {asked.path for asked in between.asked}
    # Whoever is on the way may read along.
    assert ["warning"] == [kind for kind, _ in notes["address"]]
    assert 1 == len(bad(notes))


def test_dead_proxy(proxied, made_up, write_target):
    """A proxy that is not there is told as such."""
    proxied("http://127.0.0.1:9")
    check, says = problem_of(write_target(made_up("sensu", "http://api.example.test")))

    assert "connection" == check
    assert "(proxy: " in says
    assert "NO_PROXY" in says


def test_no_proxy(proxied, serve, made_up, write_target):
    """An exempted host is reached directly, and so is this machine."""
    proxied("http://127.0.0.1:9", "api.watchword.invalid")
    front = serve(keeper)

    assert (
        "since NO_PROXY names it"
        in notes_of(write_target(made_up("sensu", "http://api.watchword.invalid")))["proxy"][0][1]
    )
    assert "no proxy is asked" in notes_of(write_target(made_up("sensu", front.url)))["proxy"][0][1]


# -- TLS


class Office:
    """Somebody who signs certificates."""

    def __init__(self, folder, name="Office of Trust"):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._made(self.name, self.key, authority=True)
        self.file = folder / f"{name.partition(' ')[0]}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _made(self, subject, key, names=(), begins=-DAY, ends=DAY * 90, authority=False):
        now = datetime.datetime.now(datetime.UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if authority:
            built = built.add_extension(USAGE, critical=True)
        if names:
            built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return built.sign(self.key, hashes.SHA256())

    def sign(self, *names, begins=-DAY, ends=DAY * 90):
        """Give the file of a certificate with its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        named = [_name(name) for name in names]
        certificate = self._made(subject, key, named, begins, ends)
        file = self.folder / f"{certificate.serial_number}.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return file


def _name(name):
    return x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


def secured(file, clients=None, version=None):
    """A server's side of TLS; `clients` signs those that may come."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if version:
        context.maximum_version = version
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


@pytest.fixture
def office(tmp_path):
    """Somebody who signs certificates, and is trusted where a target file names the file."""
    return Office(tmp_path)


def test_tls(office, serve, made_up, write_target):
    """A certificate that is right: whose it is, by whom, until when."""
    front = serve(keeper, secured(office.sign("127.0.0.1", "api.example.test")))
    notes = notes_of(write_target(made_up("sensu", front.url), target={"ca_file": office.file.name}))
    until = (datetime.datetime.now(datetime.UTC) + DAY * 90).date()

    assert [] == bad(notes)
    assert f"by Office of Trust holds until {until}" in notes["tls"][0][1]


@pytest.mark.parametrize(
    ("names", "when", "trusted", "says"),
    [
        (
            ["127.0.0.1"],
            {"begins": -9 * DAY, "ends": -2 * DAY},
            True,
            "the certificate ended on {last}, have it renewed",
        ),
        (["127.0.0.1"], {"begins": 2 * DAY, "ends": 9 * DAY}, True, "is the clock of this machine right?"),
        (["api.example.test", "b.test"], {}, True, "is for api.example.test and b.test and not for 127.0.0.1"),
        (["127.0.0.1"], {}, False, "is signed by Office of Trust, whom this machine does not trust, check it and name"),
    ],
)
def test_wrong_certificate(names, when, trusted, says, office, serve, made_up, write_target):
    """Expired, not yet valid, of another name, of somebody unknown: each is told as what it is."""
    front = serve(keeper, secured(office.sign(*names, **when)))
    keys = {"ca_file": office.file.name} if trusted else {}
    check, text = problem_of(write_target(made_up("sensu", front.url), target=keys))
    last = (datetime.datetime.now(datetime.UTC) - 2 * DAY).date()

    assert "tls" == check
    assert says.format(last=last) in text
    assert [] == front.asked


def test_a_certificate_that_ends_soon(office, serve, made_up, write_target, suites):
    """A certificate that ends within two weeks is told, at the start of a run, too, which goes on."""
    front = serve(keeper, secured(office.sign("127.0.0.1", ends=DAY * 3)))
    path = write_target(made_up("sensu", front.url), target={"ca_file": office.file.name, "name": "staging"})
    done = suites("--target", path, "-k", "token.valid")

    assert ["warning"] == [kind for kind, _ in notes_of(path)["tls"]]
    assert "warning: staging: TLSv1.3" in done.out
    assert done.code not in (4, 6), done.text


def test_insecure(office, serve, made_up, write_target, command):
    """Whoever believes everybody is told so loudly, and by whom the certificate is."""
    front = serve(keeper, secured(office.sign("127.0.0.1")))
    done = command("doctor", write_target(made_up("sensu", front.url), target={"insecure": True}))

    assert 0 == done.code, done.text
    assert "WARNING  tls" in done.out
    assert "INSECURE: target.insecure is set" in done.out
    assert "by Office of Trust" in done.out


def test_an_insecure_run(office, serve, made_up, write_target, suites):
    """A run that believes everybody says so on the terminal, in its records and on its page."""
    front = serve(keeper, secured(office.sign("127.0.0.1")))
    done = suites("--target", write_target(made_up("sensu", front.url), target={"insecure": True}), "-k", "token.valid")

    assert "warning: 127.0.0.1" in done.out
    for text in (done.out, str(done.run.run.options), (done.folder / "report.html").read_text("utf-8")):
        assert "INSECURE: target.insecure is set" in text


@pytest.mark.needs("curl")
@pytest.mark.parametrize("insecure", [True, False])
def test_curl_lines(insecure, office, serve, made_up, write_target, suites):
    """The shell line of a record trusts and shows what the run does."""
    front = serve(keeper, secured(office.sign("127.0.0.1"), clients=office.file))
    keys = {"insecure": True} if insecure else {"ca_file": office.file.name}
    keys["client_certificate"] = office.sign("client.test").name
    done = suites("--target", write_target(made_up("sensu", front.url), target=keys), "-k", "token.valid-credentials")
    [record] = done.run.clauses
    again = subprocess.run(["sh", "-c", record.exchanges[-1].curl], capture_output=True, text=True, check=False)

    assert "pass" == record.verdict
    assert ("--insecure" in record.exchanges[-1].curl) is insecure
    assert again.stdout.startswith("HTTP/1.1 "), (record.exchanges[-1].curl, again.stderr)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_certificate(version, office, serve, made_up, write_target):
    """A server that asks for a certificate: that is told, and with one it is served."""
    front = serve(keeper, secured(office.sign("127.0.0.1"), clients=office.file, version=version))
    keys = {"ca_file": office.file.name}
    _, says = problem_of(write_target(made_up("sensu", front.url), target=keys))
    keys["client_certificate"] = office.sign("client.test").name

    assert "target.client_certificate" in says
    assert [] == bad(notes_of(write_target(made_up("sensu", front.url), target=keys)))


def test_a_client_certificate_of_somebody_else(office, tmp_path, serve, made_up, write_target):
    """A client's certificate that the server does not know, and one that is none."""
    front = serve(keeper, secured(office.sign("127.0.0.1"), clients=office.file))
    keys = {"ca_file": office.file.name, "client_certificate": Office(tmp_path, "Stranger").sign("client.test").name}
    _, says = problem_of(write_target(made_up("sensu", front.url), target=keys))
    keys["client_certificate"] = office.file.name
    _, keyless = problem_of(write_target(made_up("sensu", front.url), target=keys))

    assert "does not take the certificate of target.client_certificate" in says
    assert "hold no certificate with its key" in keyless


def test_plain_http_for_tls(serve, made_up, write_target):
    """An https address whose port speaks plain HTTP."""
    front = serve(keeper)
    check, says = problem_of(write_target(made_up("sensu", front.url.replace("http:", "https:"))))

    assert "tls" == check
    assert "or is http:// meant" in says


def test_tls_for_plain_http(office, serve, made_up, write_target):
    """A plain address whose port speaks TLS."""
    front = serve(keeper, secured(office.sign("127.0.0.1")))
    _, says = problem_of(write_target(made_up("sensu", front.url.replace("https:", "http:"))))

    assert "cannot be reached" in says
    assert front.asked == []


# -- what answers there


@pytest.mark.parametrize("where", ["/auth/", "https://sso.example.test/login?next=/auth"])
def test_redirect(where, serve, made_up, write_target):
    """A redirect, to a slash or to another origin, is told and not followed."""
    front = serve(lambda asked: (307, {"Location": where}, b""))
    check, says = problem_of(write_target(made_up("sensu", front.url)))

    assert "login" == check
    assert f"a redirect to {where.partition('?')[0]}: give the address it leads to" in says
    assert {"/auth"} == {asked.path for asked in front.asked}


@pytest.mark.parametrize(
    ("dialect", "key", "wrong", "right"),
    [
        # The other documented base, the base left out, too much of it, and an operation's path.
        ("rator", "url", "/rest-api-core", "/rest-api-auth"),
        ("rator", "url", "", "/rest-api-auth"),
        ("rator", "url", "/rest-api-auth/oauth/token", "/rest-api-auth"),
        ("rator", "url", "/rest-api-auth/v1", "/rest-api-auth"),
        ("rator", "resource_url", "/rest-api-auth", "/rest-api-core"),
        ("sensu", "url", "/auth", ""),
        ("sensu", "url", "/api/core/v2", ""),
        ("fusio", "url", "/index.php", ""),
    ],
)
def test_wrong_base(dialect, key, wrong, right, announce, write_target):
    """A wrong base URL: the right one is looked for, without any credential, and named."""
    facts = announce(dialect).facts
    root = re.match("http://[^/]+", facts["url"])[0]
    keys = {"url": facts["url"], "resource_url": facts["resource_url"]} | {key: root + wrong}
    _, says = problem_of(write_target(facts, target=keys))
    named = "url" if key == "url" else "resource_url"

    assert f"write {root}{right} for target.{named} instead of {root}{wrong}" in says


def test_no_base_anywhere(serve, made_up, write_target):
    """Where the documented paths are nowhere, nothing is made up; no credential is sent but in the documented way."""
    front = serve(lambda asked: (404, {}, b""))
    _, says = problem_of(write_target(made_up("rator", f"{front.url}/rest-api-core")))
    elsewhere = [asked for asked in front.asked if asked.path.partition("?")[0] != "/rest-api-core/oauth/token"]

    assert f"is {front.url}/rest-api-core the base of the documented paths?" in says
    assert elsewhere
    assert not [asked for asked in elsewhere if "Authorization" in asked.headers or asked.body or "?" in asked.path]


def test_a_server_that_answers_everything(serve, made_up, write_target):
    """What refuses every path alike is not taken for the documented base."""
    front = serve(lambda asked: (404, {}, b"") if asked.path.startswith("/old") else (401, {}, b""))

    assert "the base of the documented paths?" in problem_of(write_target(made_up("sensu", f"{front.url}/old")))[1]


@pytest.mark.parametrize(
    ("away", "says"),
    [
        (7200, "2 hours ahead of this machine's clock"),
        (-600, "10 minutes behind this machine's clock"),
        (-30, "30 seconds behind"),
    ],
)
def test_skewed_clock(away, says, plain_socket, made_up, write_target):
    """A clock that goes wrong is told, with what is uncertain on account of it."""
    notes = notes_of(write_target(made_up("sensu", plain_socket(dated(lambda: time.time() + away)))))

    assert ["warning"] == [kind for kind, _ in notes["clock"]]
    assert says in notes["clock"][0][1] or says.replace("30", "29") in notes["clock"][0][1]


@pytest.mark.parametrize("date", [time.time, lambda: None])
def test_right_clock(date, plain_socket, made_up, write_target):
    """A clock that agrees, or is not told, is no trouble."""
    assert [] == bad(notes_of(write_target(made_up("sensu", plain_socket(dated(date))))))


def dated(now):
    """A right server of sensu whose replies have the date of `now`, or none."""

    def serve_one(connection):
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            right = b"GET /auth " in head or b"Bearer a-b-c-d" in head
            moment = now()
            date = "" if moment is None else f"Date: {email.utils.formatdate(moment, usegmt=True)}\r\n"
            line = "200 OK" if right else "401 Unauthorized"
            connection.sendall(
                f"HTTP/1.1 {line}\r\n{date}Content-Type: application/json\r\nConnection: close\r\n"
                f"Content-Length: {len(GIVEN)}\r\n\r\n".encode()
                + GIVEN
            )

    return serve_one


# -- credentials


@pytest.mark.parametrize(
    ("dialect", "role", "named"),
    [
        ("sensu", "username", "check username, password"),
        ("sensu", "password", "check username, password"),
        ("sensu", "other_username", "check other_username, other_password"),
        ("sensu", "other_password", "check other_username, other_password"),
        ("fusio", "password", "check username, password"),
        ("fusio", "client_id", "check client_id, client_secret"),
        ("fusio", "client_secret", "check client_id, client_secret"),
        ("fusio", "other_password", "check other_username, other_password"),
        ("rator", "password", "username, password"),
        ("rator", "client_secret", "client_id, client_secret"),
        ("rator", "brand_key", "brand_key"),
        ("rator", "other_password", "other_username, other_password"),
        ("rator", "operator_username", "check operator_username and operator_password"),
        ("rator", "operator_password", "check operator_username and operator_password"),
    ],
)
def test_wrong_credential(dialect, role, named, mock, write_target):
    """A wrong credential of each role is told by its role, not by its value."""
    facts = mock(dialect)
    _, says = problem_of(write_target(facts, credentials={role: f"{facts['credentials'][role]}-Canary77"}))

    assert named in says
    assert "Canary77" not in says


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(
    ("dialect", "role"),
    [("sensu", "other_password"), ("fusio", "client_secret"), ("rator", "brand_key"), ("rator", "operator_password")],
)
def test_a_line_break(dialect, role, ending, mock, write_target):
    """A credential with the end of its line is told by name."""
    facts = mock(dialect)
    _, says = problem_of(write_target(facts, credentials={role: facts["credentials"][role] + ending}))

    assert f"a line break ends or begins the {role}, leave it out" in says


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_no_login_is_tried_twice(dialect, serve, made_up, write_target):
    """Where every login is refused, the doctor sends a user's right secret no more often than the start of a run does."""
    front = serve(lambda asked: (401, {}, b'{"error": "invalid_grant"}'))
    path = write_target(
        made_up(dialect, front.url), credentials={"other_username": "jon", "other_password": "Canary88"}
    )
    notes_of(path)
    mine = [
        asked for asked in front.asked if b"Quarry7-Lantern" in asked.body or "bWlyYTpRdWFycnk3" in str(asked.headers)
    ]

    assert 1 == len(mine), [(asked.method, asked.path) for asked in front.asked]


def test_what_goes_with_a_refused_login_is_spared(serve, made_up, write_target):
    """Where a client and a user are refused together, no other account is tried with that client."""
    front = serve(lambda asked: (401, {}, b'{"error": "invalid_client"}'))
    more = {
        "operator_username": "desk",
        "operator_password": "Canary99",
        "other_username": "jon",
        "other_password": "Canary88",
    }
    notes = notes_of(write_target(made_up("rator", front.url), credentials=more))

    assert not [asked for asked in front.asked if b"Canary" in asked.body]
    for check in ("other user", "further login"):
        [(kind, says)] = notes[check]

        assert "skipped" == kind
        assert "is not tried with what was refused already" in says


@pytest.mark.parametrize("dialect", ["fusio", "rator"])
def test_a_server_that_hangs_is_asked_once(dialect, plain_socket, mock, made_up, write_target):
    """Where a login has no answer, no other one is waited for."""
    held = {role: value for role, value in mock(dialect)["credentials"].items() if role != "other_brand_key"}
    url = plain_socket(lambda connection: None)
    notes = notes_of(write_target(made_up(dialect, url), credentials=held, limits={"timeout": 0.3}))
    problems = [(check, text) for check, lines in notes.items() for kind, text in lines if kind == "problem"]

    assert ["login"] == [check for check, _ in problems]
    assert "(timeout: " in problems[0][1]
    assert ["skipped"] == [kind for kind, _ in notes["other user"]]


def test_a_right_server_sees_no_bad_login(serve, made_up, write_target):
    """At a right server nothing but the token that is none is refused."""
    refused = []

    def answer(asked):
        reply = keeper(asked)
        if reply[0] != 200:
            refused.append(asked.path)
        return reply

    notes_of(write_target(made_up("sensu", serve(answer).url)))

    assert ["/api/core/v2/namespaces"] == refused


def test_a_capability_that_is_not_offered(serve, made_up, mock, write_target):
    """An optional grant that the server declines is told, with what becomes of its rules, and is no problem."""
    facts = mock("rator")
    granted = b'{"access_token": "a-b-c-d", "refresh_token": "e-f-g-h", "token_type": "bearer", "expires_in": 60}'

    def answer(asked):
        if asked.path.endswith("/balance"):
            return (200, JSON, b"{}") if "Bearer a-b-c-d" in str(asked.headers) else (401, {}, b"")
        if b"grant_type=password" in asked.body:
            return 200, JSON, granted
        return 400, JSON, b'{"error": "unsupported_grant_type"}'

    held = {role: facts["credentials"][role] for role in ("operator_username", "operator_password")}
    notes = notes_of(write_target(made_up("rator", serve(answer).url), credentials=held))

    assert [] == bad(notes)
    assert [("ok", "issueByOperatorPassword is declined (400), so its rules will be not supported")] == notes[
        "further login"
    ]
    assert [("ok", "issueByClientCredentials is not offered (400), so its rules will be not supported")] == notes[
        "grants"
    ]


def test_credentials_that_could_be_given(announce, write_target):
    """What the target file could give besides, with the rules that wait for it."""
    facts = announce("sensu").facts
    notes = notes_of(write_target(facts, credentials={"other_username": None, "other_password": None}))
    rules = sum(
        clause.untested is None and "other_user" in str(clause.when) for clause in load_dialect("sensu").clauses
    )

    assert 2 == len(notes["options"])
    assert re.match(r"credentials.other_username is not given, so \d+ rules will be", notes["options"][0][1])
    assert int(re.search(r"so (\d+)", notes["options"][0][1])[1]) >= max(rules, 1)


@pytest.mark.parametrize(
    ("profile", "alike"), [("documented", {"documented"}), ("sensu-6.12", {"sensu-6.12", "sensu-6.9"})]
)
def test_release(profile, alike, mock, write_target):
    """Which releases answer like this one."""
    notes = notes_of(write_target(mock("sensu", profile)))
    named = set(re.search(r"as by (.*?) \(", notes["release"][0][1])[1].split(", "))

    assert alike <= named
    assert ("documented" in named) is (profile == "documented")


@pytest.fixture
def mock():
    """Start mocks in this process."""
    started = []

    def begin(dialect, profile="documented"):
        running = start(Service(load_dialect(dialect), profile))
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


@pytest.fixture
def command(tmp_path):
    """Run `watchword` in an empty folder and wait for its end."""
    script = "from watchword.specs.cli import main; main(prog_name='watchword')"

    def run(*words, env=None):
        return finished([sys.executable, "-P", "-c", script, *map(str, words)], tmp_path, env)

    return run


def finished(words, folder, env):
    """Run a process; gives its code and what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WATCHWORD_", "PYTEST", "COV_"))}
    done = subprocess.run(words, cwd=folder, env=kept | dict(env or {}), capture_output=True, text=True, check=False)

    class Done:
        code, out, err, text = done.returncode, done.stdout, done.stderr, done.stdout + done.stderr

    return Done
