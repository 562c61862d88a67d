"""Slips of clients, over a socket: what is refused, what `why` says of it, and that it shows no secret."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from watchword.mockserver.launch import Running, start

USER, PASSWORD = "mira", "Quarry7-Lantern"
PAIR = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def basic(user: str, password: str) -> tuple[str, str]:
    """Give the header of Basic credentials."""
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
TWO = (b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n")
"""Headers of which a request has one."""


@pytest.fixture(scope="module")
def sensu() -> Iterator[Running]:
    """A mock that is asked by all."""
    with start("sensu") as mock:
        yield mock


@pytest.mark.parametrize(
    ("header", "condition", "broader"),
    [
        (PAIR, "basic.bare", "basic.wrong_scheme"),
        (f"{USER}:{PASSWORD}", "basic.bare", "basic.wrong_scheme"),
        (PASSWORD, "basic.wrong_scheme", None),
        (f"{PASSWORD} {USER}", "basic.wrong_scheme", None),
        (f"Token {PAIR}", "basic.wrong_scheme", None),
        ("Basic " + base64.b64encode(PAIR.encode()).decode(), "basic.encoded_twice", "basic.no_colon"),
        ("Basic " + base64.b64encode(USER.encode()).decode(), "basic.no_colon", None),
        (
            "Basic " + base64.b64encode(f"{USER}\n:{PASSWORD}".encode()).decode(),
            "username.spaced",
            "username.unknown",
        ),
    ],
)
def test_credentials_in_other_ways(sensu: Running, header: str, condition: str, broader: str | None) -> None:
    """Credentials without a scheme, encoded twice or with white space are told apart; none of them is shown."""
    reply = requests.get(sensu.url + "/auth", headers={"Authorization": header}, timeout=5)
    told = requests.get(f"{sensu.control_url}why?id={reply.headers['Watchword-Request']}", timeout=5)
    why = told.json()

    assert (401, condition, broader) == (reply.status_code, why["condition"], why["broader"])
    for secret in (PASSWORD, PAIR, base64.b64encode(PAIR.encode()).decode()):
        assert secret.lower() not in told.text.lower()


def test_white_space_around_a_grant() -> None:
    """A grant with a space behind it is unknown, and `why` says that it is right without it."""
    with start("oauth2") as mock:
        pair = (mock.credentials["client_id"], mock.credentials["client_secret"])
        form = {"grant_type": "client_credentials "}
        reply = requests.post(mock.url + "/token", data=form, auth=pair, timeout=5)

        assert 400 == reply.status_code
        assert "grant_type.spaced" == mock.why().condition


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_in_other_encodings(sensu: Running, encoding: str) -> None:
    """JSON is UTF-8 without a byte order mark (RFC 8259 section 8.1), and cannot be parsed in any other encoding."""
    tokens = requests.get(sensu.url + "/auth", auth=(USER, PASSWORD), timeout=5).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "Content-Type": "application/json"}
    body = json.dumps({"refresh_token": tokens["refresh_token"]}).encode(encoding)

    reply = requests.post(sensu.url + "/auth/token", data=body, headers=headers, timeout=5)
    assert (200 if encoding == "utf-8" else 400) == reply.status_code
    if reply.status_code == 400:
        assert sensu.why().condition == ("body.malformed" if encoding[-2:] == "le" else "body.byte_order_mark")


@pytest.mark.parametrize(
    ("rule", "form", "headers"),
    [
        ("credentials.in-basic", "grant_type=client_credentials&client_id={id}&client_secret={secret}", True),
        ("", "grant_type=client_credentials&client_id={id}", True),
        ("body.encoding", "grant_type=client_credentials", False),
        ("", "grant_type=client_credentials", True),
    ],
    ids=["secret twice", "id twice", "no content type", "right"],
)
@pytest.mark.parametrize("dialect", ["fusio", "rator", "oauth2"])
def test_forms_with_something_wrong(dialect: str, rule: str, form: str, headers: bool) -> None:
    """A client that sends its secret twice, or a form that is not named as one, breaks one rule each."""
    with start(dialect) as mock:
        path = {"fusio": "/authorization/token", "rator": "/oauth/token?brand_key=BRAND1", "oauth2": "/token"}[dialect]
        name, secret = mock.credentials["client_id"], mock.credentials["client_secret"]
        body = form.format(id=name, secret=secret).encode()
        media = {"Content-Type": "application/x-www-form-urlencoded"} if headers else {}
        requests.post(mock.url + path, data=body, auth=(name, secret), headers=media, timeout=5)

        assert [rule] * bool(rule) == [v.rule for v in mock.verdict().broken(strict=True)]


@pytest.mark.parametrize(
    ("data", "status", "condition", "says", "mend"),
    [
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
            400,
            "http.malformed",
            "This is TLS",
            "`--tls`",
        ),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http.version", "This is HTTP/2", "with HTTP/1.1"),
        (b"get /auth HTTP/1.1\r\nHost: a\r\n\r\n", 501, "http.not_implemented", "upper case", "upper case"),
        (b"FETCH /auth HTTP/1.1\r\nHost: a\r\n\r\n", 501, "http.not_implemented", "not known here", "`GET /path"),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "http.not_implemented", "no proxy", "in the URL"),
        (b"GET /auth HTTP/1.1\r\n\r\n", 400, "http.malformed", "one Host header", "`Host` once"),
        (b"GET /auth HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "http.malformed", "is not a host", "optional port"),
        (b"GET /auth HTTP/1.1\r\nHost : a\r\n\r\n", 400, "http.malformed", "header token", "a colon"),
        (b"GET /auth HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400, "http.malformed", "whitespace", "in one line"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400, "http.malformed", "Length", "of bytes"),
        (b"GET /auth HTTP/1.1\nHost: a\n\n", 400, "http.malformed", "CRLF", "carriage return"),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "http.not_implemented", "transfer coding", "no other coding"),
        (POST + TWO[0] + TWO[1] + b"\r\n", 400, "http.malformed", "with Content-Length", "Leave out"),
        (POST + TWO[1] + TWO[0] + b"\r\n", 400, "http.malformed", "with Transfer-Encoding", "Leave out"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "http.malformed", "chunk", "in hexadecimal digits"),
        (b"GET ftp://a/auth HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.malformed", "neither", "from its first slash"),
        (b"GET /a\x01uth HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.malformed", "url path", "Percent-encode"),
    ],
)
def test_other_protocols(sensu: Running, data: bytes, status: int, condition: str, says: str, mend: str) -> None:
    """Who speaks something else than HTTP/1.1, or that with a slip, is told what it was, and what mends just that."""
    with socket.create_connection(("127.0.0.1", sensu.port), timeout=5) as link:
        link.sendall(data)
        reply = link.makefile("rb").readline()
    why = sensu.why()

    assert str(status).encode() == reply.split()[1]
    assert (condition, True, True) == (why.condition, says in str(why.says), mend in str(why.hint))


@pytest.mark.parametrize(
    ("header", "verdict"),
    [
        ("Bearer abc", "fail"),
        (PAIR, "fail"),
        ("Basic " + base64.b64encode(USER.encode()).decode(), "fail"),
        ("Basic " + PAIR.rstrip("=") + "!", "fail"),
        ("Basic " + PAIR, "pass"),
        (None, "not_observed"),
    ],
    ids=["another scheme", "no scheme", "no colon", "no base64", "right", "waits for the challenge"],
)
def test_other_headers(header: str | None, verdict: str) -> None:
    """Credentials belong under Basic, in its encoding; a client may wait for the challenge before it sends any."""
    with start("sensu") as mock:
        requests.get(mock.url + "/auth", headers={"Authorization": header}, timeout=5)

        assert verdict == mock.verdict()["credentials.in-basic"].verdict


def test_two_wrong_passwords() -> None:
    """Who mistypes a password in two ways sends nothing again; who sends the same one twice does."""
    with start("sensu") as mock:
        for password in ("Quarry7", "Lantern7"):
            requests.get(mock.url + "/auth", auth=(USER, password), timeout=5)
        assert "pass" == mock.verdict()["refusal.final"].verdict
        requests.get(mock.url + "/auth", auth=(USER, "Lantern7"), timeout=5)
        assert "warn" == mock.verdict()["refusal.final"].verdict


def test_tokens_for_two_scopes() -> None:
    """A client that has one token to read and another to write logs in for each, and breaks no rule."""
    with start("oauth2") as mock:
        c = mock.credentials
        for scope in ("read", "write"):
            form = {"grant_type": "password", "username": c["username"], "password": c["password"], "scope": scope}
            pair = (c["client_id"], c["client_secret"])
            token = requests.post(mock.url + "/token", data=form, auth=pair, timeout=5).json()["access_token"]
            requests.get(mock.url + "/resource", headers={"Authorization": f"Bearer {token}"}, timeout=5)

        assert [] == mock.verdict().broken(strict=True)


def test_days_on_the_page() -> None:
    """What is not of the day that the mock's clock has is shown with its date."""
    with start("sensu") as mock:
        day = 86400
        mock.clock.set(day * 20_000 + 3600)
        requests.get(mock.url + "/auth", auth=(USER, PASSWORD), timeout=5)
        today = requests.get(mock.control_url, headers={"Accept": "text/html"}, timeout=5).text
        mock.clock.advance(day)
        tomorrow = requests.get(mock.control_url, headers={"Accept": "text/html"}, timeout=5).text

    assert "until 01:15:00" in today
    assert "over since 2024-10-04 01:15:00" in tomorrow


def test_a_bad_parameter(sensu: Running) -> None:
    """A parameter of the control side that cannot be read is told with what was seen."""
    reply = requests.get(sensu.control_url + "journal?last=x", timeout=5)

    assert 400 == reply.status_code
    assert "last: " in reply.json()["detail"]
    assert "Seen: 'x'" in reply.json()["detail"]


@pytest.mark.parametrize(("token", "hint"), [("right", "Nothing in the request"), ("wrong", "Correct the header")])
def test_a_wrong_request_that_meets_a_fault(token: str, hint: str) -> None:
    """Who meets a fault with a wrong request is told what mends the request, too."""
    with start("sensu") as mock:
        tokens = requests.get(mock.url + "/auth", auth=(USER, PASSWORD), timeout=5).json()
        mock.faults.add("unavailable", purpose="resource")
        headers = {"Authorization": f"Bearer {tokens['access_token'] if token == 'right' else 'a-wrong-one-4711'}"}
        requests.get(mock.url + "/api/core/v2/namespaces", headers=headers, timeout=5)
        why = mock.why()

    assert "fault" == why.cause
    assert hint in str(why.hint)
    assert "It is over with this call." in str(why.hint)


FORM = "application/x-www-form-urlencoded"


def told(mock: Running, form: str, **more: str) -> tuple[int, str | None]:
    """Send a form to the token endpoint of OAuth, and give the status and why it was refused."""
    pair = base64.b64encode(f"{mock.credentials['client_id']}:{mock.credentials['client_secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": FORM} | more
    reply = requests.post(mock.url + "/token", data=form.encode(), headers=headers, timeout=5)
    why = mock.why(reply.headers["Watchword-Request"])
    return reply.status_code, why.condition


@pytest.fixture(scope="module")
def oauth2() -> Iterator[Running]:
    """A mock of OAuth that is asked by all."""
    with start("oauth2") as mock:
        yield mock


LOGIN = "grant_type=password&username=lena.brandt&password=Cedar-Anchor-51"
OTHER = "grant_type=password&username=zo%C3%AB+%26+s%C3%B8n&password="


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (f"&{LOGIN}&&", (200, None)),
        (f"{LOGIN}&trace", (200, None)),
        ('{"grant_type": "client_credentials"}', (400, "body.json_for_form")),
        ("client_credentials", (400, "body.malformed")),
        (LOGIN + "%0A", (400, "password.padded")),
        (LOGIN.replace("-", "%252D"), (400, "password.encoded")),
        (LOGIN.replace("lena.brandt", "%22lena.brandt%22"), (400, "username.quoted")),
        ("grant_type=password&username=Cedar-Anchor-51&password=lena.brandt", (400, "username.swapped")),
        (f"{OTHER}Fjord%3D48%25+%C3%BC%3AKelp", (400, "password.plus_for_space")),
        (f"{OTHER}Fjord%3D48%25%2Bu%CC%88%3AKelp", (400, "password.decomposed")),
        (f"{OTHER}Fjord%3D48%25%2B%FC%3AKelp", (400, "password.not_utf8")),
        (f"{LOGIN}&scope=read,write", (400, "scope.comma")),
        (f"{LOGIN}&scope=read+write", (200, None)),
    ],
)
def test_slips_in_a_form(oauth2: Running, form: str, expected: tuple[int, str | None]) -> None:
    """What every server reads is served; a value that was nearly right is told from a wrong one, with its condition beside it."""
    assert expected == told(oauth2, form)


@pytest.mark.parametrize("name", ["X-Authorization", "Proxy-Authorization", "Authorisation"])
def test_a_header_of_another_name(sensu: Running, name: str) -> None:
    """Credentials in a header whose name is like the right one are told of, and not shown."""
    requests.get(sensu.url + "/auth", headers={name: f"Basic {PAIR}"}, timeout=5)

    assert ("basic.missing", True) == (sensu.why().condition, f"`{name}`" in str(sensu.why().hint))
    assert PAIR not in str(sensu.why().told)


def test_a_form_that_is_named_one_the_second_time() -> None:
    """Who sends the same form again and names it by its media type has mended something, and repeats nothing."""
    with start("oauth2") as mock:
        codes = [told(mock, "grant_type=other", **{"Content-Type": media})[0] for media in ("", FORM)]

        assert [415, 400] == codes
        assert mock.verdict()["refusal.final"].verdict == "pass"


@pytest.mark.parametrize(("dialect", "served"), [("oauth2", []), ("rator", ["first"]), ("fusio", ["last"])])
def test_a_field_that_is_sent_twice(dialect: str, served: list[str]) -> None:
    """A field that is sent twice is refused where the standard has it so; else the first counts, or what the server takes."""
    rows = {
        "first": "grant_type=client_credentials&grant_type=other",
        "last": "grant_type=other&grant_type=client_credentials",
    }
    with start(dialect, profile="fusio-5.0" if dialect == "fusio" else "documented") as mock:
        brand = mock.credentials.get("brand_key", "")
        path = {"fusio": "/authorization/token", "rator": f"/oauth/token?brand_key={brand}"}.get(dialect, "/token")
        app = (mock.credentials["client_id"], mock.credentials["client_secret"])
        replies = {
            name: requests.post(mock.url + path, data=form, headers={"Content-Type": FORM}, auth=app, timeout=5)
            for name, form in rows.items()
        }

    assert served == [name for name, reply in replies.items() if reply.ok]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"Content-Type": ""}, (415, "body.no_content_type")),
        ({"Authorization": "Basic\tcGFpcg=="}, (401, "basic.no_space")),
        ({"Authorization": "Basic:cGFpcg=="}, (401, "basic.no_space")),
        ({"Authorization": ""}, (401, "basic.blank")),
        (dict([basic("Quay7Lantern-Moss3", "harbour-desk")]), (401, "client_id.swapped")),
        (dict([basic("lena.brandt", "Cedar-Anchor-51")]), (401, "client_id.is_username")),
        (dict([basic("ferry-board", "Gull4%252BTimber%25252FRope")]), (401, "basic.form_encoded_again")),
    ],
)
def test_slips_in_headers(oauth2: Running, header: dict[str, str], expected: tuple[int, str | None]) -> None:
    """What stands in the header is told as it is: a tab is no other scheme, and an empty header no missing one."""
    assert expected == told(oauth2, "grant_type=client_credentials", **header)


@pytest.mark.parametrize(
    ("body", "status", "condition"),
    [
        ('{{"refresh_token": "{token}", "age": NaN}}', 400, "body.malformed"),
        ('{{"refresh_token": "{token}"}} and more', 400, "body.goes_on"),
        ("refresh_token={token}", 400, "body.form_for_json"),
        ('{{"refresh_token": "{token}\\n"}}', 401, "refresh_token.spaced"),
        ('{{"refresh_token": "<{token}>"}}', 401, "refresh_token.quoted"),
        ('{{"refresh_token": "Bearer {token}"}}', 401, "refresh_token.doubled_scheme"),
    ],
)
def test_slips_in_json(sensu: Running, body: str, status: int, condition: str) -> None:
    """JSON is JSON as its standard has it, and a token with something around it is told from one that is not known."""
    tokens = requests.get(sensu.url + "/auth", auth=(USER, PASSWORD), timeout=5).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "Content-Type": "application/json"}
    data = body.format(token=tokens["refresh_token"]).encode()
    reply = requests.post(sensu.url + "/auth/token", data=data, headers=headers, timeout=5)

    assert (status, condition) == (reply.status_code, sensu.why().condition)


@pytest.mark.parametrize(
    ("dialect", "ask", "says"),
    [
        ("sensu", {"basic": [USER, PASSWORD[:-5]], "path": "/auth"}, "breaks off"),
        ("sensu", {"basic": [USER, PASSWORD + "xyz"], "path": "/auth"}, "goes on"),
        ("sensu", {"path": "/auth", "headers": {"Authorization": f"BASIC {PAIR}"}}, "not written as `Basic`"),
        (
            "fusio",
            {"path": "/consumer/login", "json": {"username": "a", "password": ["b"]}},
            "something else than a text",
        ),
        ("fusio", {"path": "/consumer/login", "json": "abc"}, "and no object"),
    ],
)
def test_what_is_said_holds(dialect: str, ask: dict[str, Any], says: str) -> None:
    """Where more falls under a condition than the suites send for it, `why` says what is to be seen of all of it."""
    with start(dialect, profile="sensu-6.12" if dialect == "sensu" else "documented") as mock:
        method = "POST" if "json" in ask else "GET"

        assert says in mock.explain(**{"method": method, **ask})["why"]["says"]
