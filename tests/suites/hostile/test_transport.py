"""What goes over the wire, and which way: to the letter, over IPv6, through a proxy, and past everything that lies around."""

from __future__ import annotations

import base64
import contextlib
import logging
import socket
import threading

import pytest

from tests.suites.hostile.conftest import RIGHT
from watchword.specs.values.http import Request
from watchword.suites.acting.steps import Blocked
from watchword.suites.sending.origin import is_loopback, read_origin
from watchword.suites.sending.proxy import proxy_for
from watchword.suites.sending.transport import Transport
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.target import Limits, Target

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    """Begin without the proxies of whoever runs the tests."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def send(request):
    """Send requests to a base URL, one after the other, and give the replies."""

    def to(url, *requests):
        transport = Transport(Target("wire", None, url, url, {}, Limits(timeout=30)))
        request.addfinalizer(transport.close)
        return [transport.send(one)[0] for one in requests]

    return to


def right(connection, asked):
    """Answer rightly."""
    connection.sendall(RIGHT)


def test_to_the_letter(hostile, send):
    """Repeated headers stay apart, odd values stay odd, a body has its length, and the connection is kept."""
    server = hostile(right)
    odd = (("X-A", "1"), ("x-a", "2"), ("Authorization", "Bearer "), ("X-Latin", "gr\xfc\xdfe"))
    send(server.url + "/base path/", Request("POST", "/x", "a=%41&b=c d", odd, b"body"), Request("GET", "/y"))
    first, second = server.requests

    assert first.head.decode("latin-1").split("\r\n") == [
        "POST /base%20path/x?a=%41&b=c%20d HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "User-Agent: watchword (conformance suite)",
        "Accept-Encoding: identity",
        "X-A: 1",
        "x-a: 2",
        "Authorization: Bearer ",
        "X-Latin: gr\xfc\xdfe",
        "Content-Length: 4",
    ]
    assert (b"body", "/base%20path/y", b"") == (first.body, second.path, second.body)
    assert 1 == len(server._held)


@pytest.mark.parametrize("value", ["a\r\nX-Smuggled: 1", "a\nb", "\u20ac", "a\0b"])
def test_what_no_header_can_carry(value, hostile, send):
    """What would end a header, or is not to be written in one, is not sent."""
    server = hostile(right)
    with pytest.raises(Blocked, match="Authorization"):
        send(server.url, Request("GET", "/x", headers=(("Authorization", value),)))

    assert [] == server.requests


def test_ipv6(send):
    """A target may be an address of IPv6; its Host has the brackets."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    seen = []
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:

        def answer():
            connection, _ = listening.accept()
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(RIGHT)

        thread = threading.Thread(target=answer)
        thread.start()
        port = listening.getsockname()[1]
        (reply,) = send(f"http://[::1]:{port}", Request("GET", "/x"))
        thread.join()

    assert 200 == reply.status
    assert f"Host: [::1]:{port}\r\n".encode() in seen[0]


def test_http_through_a_proxy(hostile, send, monkeypatch):
    """Through a proxy, a request names the whole address, and the proxy alone sees what is meant for it."""
    server = hostile(right)
    monkeypatch.setenv("http_proxy", f"http://me:Proxy-Secret@127.0.0.1:{server.port}")
    (reply,) = send("http://target.invalid:8080/base", Request("GET", "/x", "q=1"))
    lines = server.requests[0].head.decode().split("\r\n")

    assert 200 == reply.status
    assert "GET http://target.invalid:8080/base/x?q=1 HTTP/1.1" == lines[0]
    assert "Host: target.invalid:8080" in lines
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'me:Proxy-Secret').decode()}" in lines


@pytest.mark.parametrize("status", ["407 Authenticate", "502 No"])
def test_a_proxy_that_refuses_a_tunnel(status, hostile, send, monkeypatch):
    """A proxy that opens no tunnel is told as the proxy's trouble, with its status; nothing of the request reached it."""
    server = hostile(
        lambda connection, asked: connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
    )
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.port}")
    with pytest.raises(Unreachable) as caught:
        send("https://target.invalid/base", Request("GET", "/x", headers=(("Authorization", "Bearer Secret-77"),)))

    assert ("proxy", f"the proxy answered {status[:3]} to CONNECT") == (caught.value.kind, caught.value.detail)
    assert [b"CONNECT target.invalid:443 HTTP/1.1\r\nHost: target.invalid:443"] == [a.head for a in server.requests]


def test_tls_through_a_tunnel(hostile, send, monkeypatch):
    """What goes through the tunnel is TLS."""
    seen = []

    def answer(connection, asked):
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        seen.append(connection.recv(65536))
        connection.shutdown(socket.SHUT_RDWR)

    server = hostile(answer)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    with pytest.raises(Unreachable) as caught:
        send("https://target.invalid", Request("GET", "/x"))

    assert b"\x16\x03\x01" == seen[0][:3]
    assert b"target.invalid" in seen[0]
    assert caught.value.kind in ("tls", "connection")


@pytest.mark.parametrize(
    ("url", "named", "expected"),
    [
        ("http://127.0.0.1:8080", {"http_proxy": "http://p.invalid:1"}, None),
        ("http://localhost", {"all_proxy": "http://p.invalid:1"}, None),
        ("http://[::1]:80", {"http_proxy": "http://p.invalid:1"}, None),
        ("http://a.invalid", {"http_proxy": "http://p.invalid:1", "no_proxy": "a.invalid"}, None),
        ("http://a.invalid", {"https_proxy": "http://p.invalid:1"}, None),
        ("http://a.invalid", {"all_proxy": "http://p.invalid:1"}, ("p.invalid", 1)),
        ("http://a.invalid", {"http_proxy": "p.invalid:3128"}, ("p.invalid", 3128)),
    ],
)
def test_which_proxy(url, named, expected, monkeypatch):
    """The variables that everybody knows are heeded, and the way to this machine is always direct."""
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(read_origin(url))

    assert expected == (None if found is None else (found.host, found.port))


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:1", "http://:port", "https://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used(url, send, monkeypatch):
    """A proxy of another kind is told in one line, which repeats nothing of it."""
    monkeypatch.setenv("all_proxy", url)
    with pytest.raises(Unreachable) as caught:
        send("http://target.invalid", Request("GET", "/x"))

    assert "proxy" == caught.value.kind
    assert "127.0.0.1" not in str(caught.value)


def test_netrc(hostile, send, monkeypatch, tmp_path):
    """A .netrc with a login for the host changes nothing."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login wrong password Wrong-77\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server = hostile(right)
    send(server.url, Request("GET", "/x"))

    assert b"Authorization" not in server.requests[0].head


def test_nothing_is_logged(hostile, send, caplog):
    """At no level does a request leave a line in anybody's log."""
    caplog.set_level(logging.DEBUG)
    server = hostile(right)
    send(
        server.url, Request("POST", "/x", "password=Secret-77", (("Authorization", "Bearer Secret-88"),), b"Secret-99")
    )

    assert [] == caplog.records


def test_nobody_is_there(send):
    """A place where nobody listens is told in the words of the network."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        send(f"http://127.0.0.1:{port}", Request("GET", "/x"))

    assert ("connection", "Connection refused") == (caught.value.kind, caught.value.detail)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://user:Secret-77@127.0.0.1",
        "http://127.0.0.1?tenant=1",
        "http://127.0.0.1/#top",
        "http://a..invalid",
        f"http://{'a' * 70}.invalid",
        "http://exa mple.invalid",
        "http://[::1",
        "http://[v1.fe80::a]",
        "http://\u2100.invalid",
    ],
)
def test_no_address(url):
    """What is no address that requests can be sent to is told as such, and not repeated."""
    with pytest.raises(Unreachable) as caught:
        read_origin(url)

    assert "address" == caught.value.kind
    assert "Secret-77" not in str(caught.value)
    assert not is_loopback(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1", True),
        ("http://127.9.9.9:8080/x", True),
        ("https://localhost", True),
        ("http://mock.localhost", True),
        ("http://[::1]:80", True),
        ("http://[::ffff:127.0.0.1]", True),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1.invalid", False),
        ("http://localhost.invalid", False),
    ],
)
def test_loopback(url, expected):
    """This machine is told from others by its addresses and by the one name that can be nobody else's."""
    assert expected == is_loopback(url)


def test_a_connection_that_ended_is_noticed(hostile, send):
    """A kept connection that was closed meanwhile is not used, and the request goes out once."""
    ended = threading.Event()

    def answer(connection, asked):
        connection.sendall(RIGHT)
        if not ended.is_set():
            connection.shutdown(socket.SHUT_RDWR)
            ended.set()

    server = hostile(answer)
    transport = Transport(Target("wire", None, server.url, server.url, {}, Limits(timeout=30)))
    with contextlib.closing(transport):
        transport.send(Request("POST", "/x", body=b"1"))
        ended.wait()
        transport.send(Request("POST", "/y", body=b"2"))

    assert ["/x", "/y"] == [asked.path for asked in server.requests]


def test_what_may_have_been_acted_on_is_not_repeated(hostile):
    """A request that uses something up is not sent a second time when its connection ends without a reply."""

    def answer(connection, asked):
        if connection.served:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            connection.sendall(RIGHT)

    server = hostile(answer)
    transport = Transport(Target("wire", None, server.url, server.url, {}, Limits(timeout=30)))
    with contextlib.closing(transport):
        transport.send(Request("POST", "/x", body=b"1"))
        with pytest.raises(Unreachable):
            transport.send(Request("POST", "/y", body=b"2"))
        transport.send(Request("POST", "/z", body=b"3"))
        transport.send(Request("POST", "/z", body=b"3"))

    assert ["/x", "/y", "/z", "/z"] == [asked.path for asked in server.requests]
    assert 3 == len(server._held)
