"""The HTTP server, over raw sockets."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchword.mockserver.http import server as http_module
from watchword.mockserver.http.address import bind
from watchword.mockserver.http.delivery import Answer, Delivery
from watchword.mockserver.http.message import BODY_LIMIT, HEAD_LIMIT
from watchword.mockserver.http.server import GRACE, Server
from watchword.specs.values.http import Reply, Request

EPOCH = 784111777.0
HOST = b"Host: a.test\r\n"


class Echo:
    """Says what it was asked; paths ask for special behaviour."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.origins: list[str] = []

    def __call__(self, request: Request, origin: str) -> Answer:
        """Answer a request."""
        self.requests.append(request)
        self.origins.append(origin)
        if request.path == "/boom":
            raise RuntimeError("hunter" + str(2))
        if request.path == "/split":
            return Reply(200, (("X-Bad", "a\r\nSet-Cookie: b"),), b"body")
        if request.path == "/close":
            return Delivery(Reply(200, (), b"bye"), "close")
        if request.path == "/nothing":
            return Reply(204, (), b"must not show")
        if request.path == "/teapot":
            return Reply(799, (), b"odd")
        body = f"{request.method} {request.path}?{request.query} {len(request.body)}".encode()
        return Reply(200, (("Content-Type", "text/plain"), ("X-Twice", "1"), ("X-Twice", "2")), body)


class Running:
    """A server in a thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None = None) -> None:
        self.echo = Echo()
        listening = bind("127.0.0.1", 0)
        self.address = listening.getsockname()
        self.server = Server(self.echo, listening, now=lambda: EPOCH, tls=tls)
        self._loop = loop
        self._end = asyncio.Event()
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: loop.run_until_complete(self._serve(ready)))
        self._thread.start()
        ready.wait()

    async def _serve(self, ready: threading.Event) -> None:
        await self.server.start()
        ready.set()
        await self._end.wait()
        await self.server.stop()

    def begin_stop(self) -> None:
        """Ask the server to stop."""
        self._loop.call_soon_threadsafe(self._end.set)

    def stop(self) -> float:
        """Stop the server and give the seconds that took."""
        start = time.perf_counter()
        if not self._loop.is_closed():
            self.begin_stop()
            self._thread.join()
            self._loop.close()
        return time.perf_counter() - start

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(self.address, timeout=30)

    def talk(self, data: bytes) -> bytes:
        """Send bytes, end the sending side, and give everything that comes back."""
        with self.connect() as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return read_all(client)


def read_all(client: socket.socket) -> bytes:
    """Read until the other side closes."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def read_until(client: socket.socket, end: bytes) -> bytes:
    """Read until the bytes end in a certain way."""
    got = b""
    while not got.endswith(end):
        part = client.recv(65536)
        if not part:
            break
        got += part
    return got


def statuses(reply: bytes) -> list[int]:
    """Give the statuses of the replies in a stream, in order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", reply)]


@pytest.fixture(params=["chosen", "stdlib"])
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A server on the loop that the mock chooses, and on the standard library's."""
    loop = http_module.new_loop() if request.param == "chosen" else asyncio.new_event_loop()
    running = Running(loop)
    yield running
    running.stop()


GET = b"GET /a?b=c HTTP/1.1\r\n" + HOST
POST = b"POST /a HTTP/1.1\r\n" + HOST

STRICT = {
    "plain": (GET + b"\r\n", [200]),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", [400]),
    "empty host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", [400]),
    "two hosts": (GET + HOST + b"\r\n", [400]),
    "host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", [400]),
    "host with a user": (b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", [400]),
    "host with two ports": (b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", [400]),
    "differing lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", [400]),
    "length and chunks": (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
    "signed length": (POST + b"Content-Length: +1\r\n\r\na", [400]),
    "length no number": (POST + b"Content-Length: x\r\n\r\na", [400]),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n", [200]),
    "broken chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", [400]),
    "other coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", [501]),
    "space before colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", [400]),
    "folded header": (GET + b"X: a\r\n b\r\n\r\n", [400]),
    "nul in value": (GET + b"X: a\0b\r\n\r\n", [400]),
    "bare line feed": (b"GET / HTTP/1.1\nHost: a\n\n", [400]),
    "two authorizations": (GET + b"Authorization: Basic YQ==\r\nAuthorization: Bearer b\r\n\r\n", [200]),
    "two pipelined": (GET + b"\r\n" + POST + b"Content-Length: 2\r\n\r\nab", [200, 200]),
    "a good one and a bad one": (GET + b"\r\n" + b"GET / HTTP/1.1\r\n\r\n", [200, 400]),
    "old version": (b"GET / HTTP/1.0\r\n\r\n", [200]),
    "version two": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", [505]),
    "no http": (b"hello\r\n\r\n", [501]),
    "unknown method": (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", [501]),
    "connect": (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", [501]),
    "absolute target": (b"GET http://b.test/x HTTP/1.1\r\nHost: a\r\n\r\n", [200]),
    "other scheme": (b"GET ftp://b.test/x HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [200]),
    "head too large": (GET + b"X: " + b"a" * HEAD_LIMIT + b"\r\n\r\n", [431]),
    "many headers": (GET + b"X: abcdefgh\r\n" * 6000 + b"\r\n", [431]),
    "target too long": (b"GET /" + b"a" * HEAD_LIMIT + b" HTTP/1.1\r\nHost: a\r\n\r\n", [414]),
    "body too large": (POST + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), [413]),
    "body at the limit": (POST + b"Content-Length: %d\r\n\r\n" % BODY_LIMIT + b"a" * BODY_LIMIT, [200]),
    "other expectation": (POST + b"Expect: the unexpected\r\nContent-Length: 1\r\n\r\na", [417]),
    "closing": (GET + b"Connection: close\r\n\r\n" + GET + b"\r\n", [200]),
    "half a request": (GET, []),
    "half a body": (POST + b"Content-Length: 5\r\n\r\nab", []),
}


@pytest.mark.parametrize(("sent", "expected"), list(STRICT.values()), ids=list(STRICT))
def test_strictness(server: Running, sent: bytes, expected: list[int]) -> None:
    """Each kind of request gets its status, on a connection that then ends."""
    assert expected == statuses(server.talk(sent))


def test_byte_by_byte(server: Running) -> None:
    """A request that comes in single bytes is read like one that comes at once."""
    sent = POST + b"Content-Length: 3\r\n\r\nabc" + GET + b"\r\n"
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(len(sent)):
            client.sendall(sent[index : index + 1])
        client.shutdown(socket.SHUT_WR)

        assert [200, 200] == statuses(read_all(client))
    assert [b"abc", b""] == [request.body for request in server.echo.requests]


def test_refusals_are_text(server: Running) -> None:
    """A refusal is one sentence of plain text and says that the connection closes."""
    head, _, body = server.talk(b"GET / HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")

    assert b"A request names its host in exactly one Host header.\n" == body
    assert b"\r\nContent-Type: text/plain; charset=utf-8\r\n" in head
    assert head.endswith(b"\r\nConnection: close")


def test_refusal_survives_a_client_that_keeps_sending(server: Running) -> None:
    """A client that is refused in the middle of a large body gets to read why."""
    with server.connect() as client:
        client.sendall(POST + b"Content-Length: 5000000\r\n\r\n")
        for _ in range(20):
            client.sendall(b"a" * 50_000)
            time.sleep(0.002)

        assert [413] == statuses(read_all(client))


def test_endless_header(server: Running) -> None:
    """A header that never ends is refused before it fills the memory."""
    with server.connect() as client:
        client.sendall(GET + b"X: ")
        for _ in range(HEAD_LIMIT // 4096 + 4):
            client.sendall(b"a" * 4096)
            time.sleep(0.001)

        assert [431] == statuses(read_all(client))


def test_endless_header_in_one_read(server: Running) -> None:
    """What comes with the beginning of a request counts into its head."""
    with server.connect() as client:
        client.sendall(GET + b"X: " + b"a" * (HEAD_LIMIT - 100))
        time.sleep(0.2)
        client.sendall(b"a" * 200)

        assert [431] == statuses(read_all(client))


def test_chunked_body_beyond_the_limit(server: Running) -> None:
    """A body in chunks is refused when it grows beyond the limit."""
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    reply = server.talk(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 17 + b"0\r\n\r\n")

    assert [413] == statuses(reply)


def test_long_pipeline(server: Running) -> None:
    """Hundreds of requests in one write are answered in order, each with its own reply."""
    paths = [f"/{number}" for number in range(500)]
    sent = b"".join(f"GET {path} HTTP/1.1\r\nHost: a.test\r\nX: {'y' * 300}\r\n\r\n".encode() for path in paths)

    assert [200] * 500 == statuses(server.talk(sent))
    assert paths == [request.path for request in server.echo.requests]


def test_reply_head(server: Running) -> None:
    """A reply has the date of the mock's world, a length, and its headers as often as they were given."""
    reply = server.talk(GET + b"\r\n")

    assert (
        b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
        b"X-Twice: 1\r\nX-Twice: 2\r\nContent-Length: 12\r\n\r\nGET /a?b=c 0"
    ) == reply


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", b"Connection: close"),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", b"Connection: keep-alive"),
        (GET + b"Connection: close\r\n\r\n", b"Connection: close"),
    ],
)
def test_connection_header(server: Running, sent: bytes, line: bytes) -> None:
    """The reply says what becomes of the connection, where that is not the version's default."""
    assert line in server.talk(sent).partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_head(server: Running) -> None:
    """HEAD gets the length of the body and no body."""
    head, end, body = server.talk(b"HEAD /a HTTP/1.1\r\n" + HOST + b"\r\n").partition(b"\r\n\r\n")

    assert (b"\r\n\r\n", b"") == (end, body)
    assert b"Content-Length: 10" in head


def test_no_content(server: Running) -> None:
    """A 204 has neither body nor length, and the connection stays usable."""
    reply = server.talk(b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"\r\n")

    assert [204, 200] == statuses(reply)
    assert b"must not show" not in reply
    assert b"Content-Length" not in reply.partition(b"\r\n\r\n")[0]


def test_continue(server: Running) -> None:
    """A client that asks before it sends its body is told to go on, once."""
    with server.connect() as client:
        client.sendall(POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")

        assert b"HTTP/1.1 100 Continue\r\n\r\n" == read_until(client, b"\r\n\r\n")
        client.sendall(b"abc")
        client.shutdown(socket.SHUT_WR)
        assert [200] == statuses(read_all(client))


def test_continue_refused(server: Running) -> None:
    """A client that asks whether it may send too much is told no, and not to go on."""
    reply = server.talk(POST + b"Content-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")

    assert [413] == statuses(reply)


@pytest.mark.parametrize(
    "length", [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
)
def test_offered_upgrade(server: Running, length: bytes) -> None:
    """An offer to change over to HTTP/2 is passed over; body and later requests are read as ever."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
    reply = server.talk((POST + offer + length) * 2 + GET + offer + b"\r\n")

    assert [200, 200, 200] == statuses(reply)
    assert [b"abc", b"abc", b""] == [request.body for request in server.echo.requests]


def test_request_value(server: Running) -> None:
    """The handler gets path and query as sent, every header in order, and the origin that the client named."""
    server.talk(b"POST /a%20b?c=%C3%A4&c= HTTP/1.1\r\nHost: a.test:8\r\nX: 1\r\nx: 2\r\nContent-Length: 1\r\n\r\nz")
    request = server.echo.requests[0]

    assert ("POST", "/a%20b", "c=%C3%A4&c=", b"z") == (request.method, request.path, request.query, request.body)
    assert [("X", "1"), ("x", "2")] == [pair for pair in request.headers if pair[0].lower() == "x"]
    assert ["http://a.test:8"] == server.echo.origins


@pytest.mark.parametrize(
    ("sent", "origin"),
    [
        (b"GET http://b.test:9/x HTTP/1.1\r\nHost: a\r\n\r\n", "http://b.test:9"),
        (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "http://[::1]:80"),
    ],
)
def test_origin(server: Running, sent: bytes, origin: str) -> None:
    """An absolute target overrules the Host header; IPv6 hosts keep their brackets."""
    server.talk(sent)

    assert [origin] == server.echo.origins


def test_own_error(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    """An exception of the handler becomes a 500 that repeats nothing of its message; the connection goes on."""
    reply = server.talk(b"GET /boom HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"\r\n")

    assert [500, 200] == statuses(reply)
    assert b"RuntimeError" in reply
    assert "hunter2" not in caplog.text + reply.decode()
    assert "RuntimeError" in caplog.text


def test_header_with_a_line_break(server: Running) -> None:
    """A reply whose header holds a line break never reaches the wire."""
    reply = server.talk(b"GET /split HTTP/1.1\r\n" + HOST + b"\r\n")

    assert [500] == statuses(reply)
    assert b"Set-Cookie" not in reply


def test_status_without_a_phrase(server: Running) -> None:
    """A status that the standard does not know has an empty phrase."""
    assert server.talk(b"GET /teapot HTTP/1.1\r\n" + HOST + b"\r\n").startswith(b"HTTP/1.1 799 \r\n")


def test_delivery_that_closes(server: Running) -> None:
    """A handler can end the connection with its reply."""
    reply = server.talk(b"GET /close HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"\r\n")

    assert [200] == statuses(reply)
    assert b"Connection: close" in reply


def test_stop_when_idle(server: Running) -> None:
    """A server whose connections are idle stops at once."""
    with server.connect() as client:
        client.sendall(GET + b"\r\n")
        read_until(client, b" 0")

        assert server.stop() < GRACE
        assert b"" == client.recv(1)


def test_stop_finishes_what_has_begun(server: Running) -> None:
    """A request that is half-way in when the server stops is answered if the rest comes soon."""
    with server.connect() as client:
        client.sendall(POST + b"Content-Length: 4\r\n\r\nab")
        time.sleep(0.05)
        server.begin_stop()
        time.sleep(0.2)
        client.sendall(b"cd")
        reply = read_all(client)

    assert [200] == statuses(reply)
    assert b"Connection: close" in reply


def test_stop_waits_no_longer_than_half_a_second(server: Running) -> None:
    """A request that stays half-way in does not keep the server from stopping."""
    with server.connect() as client:
        client.sendall(POST + b"Content-Length: 4\r\n\r\nab")
        time.sleep(0.05)

        assert GRACE * 0.8 < server.stop() < GRACE * 3


def test_client_that_does_not_read(server: Running) -> None:
    """A client that only ever sends is paused, not served from memory without end."""
    request = b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    with server.connect() as client:
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.sendall(request * 5000)

        assert len(server.echo.requests) < 2000


def test_no_delay(server: Running) -> None:
    """Replies leave at once: a hundred exchanges one after the other take no Nagle pauses."""
    with server.connect() as client:
        start = time.perf_counter()
        for _ in range(100):
            client.sendall(GET + b"\r\n")
            read_until(client, b" 0")

        assert time.perf_counter() - start < 2.5


@pytest.fixture
def certificate(tmp_path: Path, tool: Callable[[str], str]) -> Callable[[], tuple[Path, Path]]:
    """A key and a certificate for localhost."""

    def make() -> tuple[Path, Path]:
        key, chain = tmp_path / "key.pem", tmp_path / "cert.pem"
        options = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]
        command = [tool("openssl"), "req", "-x509", *options, "-keyout", str(key), "-out", str(chain)]
        subprocess.run(command, check=True, capture_output=True)
        return key, chain

    return make


def test_tls(certificate: Callable[[], tuple[Path, Path]]) -> None:
    """With a TLS context it speaks https, and the origin says so."""
    key, chain = certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = Running(http_module.new_loop(), context)
    trusting = ssl.create_default_context(cafile=str(chain))
    trusting.check_hostname = False
    try:
        with trusting.wrap_socket(server.connect(), server_hostname="localhost") as client:
            client.sendall(GET + b"Connection: close\r\n\r\n")

            assert [200] == statuses(read_all(client))
        assert ["https://a.test"] == server.echo.origins
    finally:
        server.stop()
