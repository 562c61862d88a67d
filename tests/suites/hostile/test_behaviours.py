"""Each hostile behaviour is what it says it is, and a request to it comes to an end that is true."""

from __future__ import annotations

import socket
import time

import pytest

from tests.suites.hostile.behaviours import BEHAVIOURS
from tests.suites.hostile.conftest import RIGHT
from watchword.specs.values.http import Request
from watchword.suites.sending.link import BODY
from watchword.suites.sending.transport import Transport
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.target import Limits, Target


def seen_by_a_bare_client(port, behaviour):
    """What comes back to a request: until it proves the behaviour, or, where that is what is missing, until nothing comes."""
    missing = behaviour.outcome in ("timeout", "connection")
    seen = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"{behaviour.method} /x HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        connection.settimeout(1)
        end = time.monotonic() + 3
        while len(seen) < 6_000_000 and (missing or not behaviour.proof(seen)):
            try:
                data = connection.recv(65536)
            except (TimeoutError, ConnectionResetError):
                data = b""
            seen += data
            if missing and (not data or time.monotonic() > end):
                break
    return seen


@pytest.fixture(params=BEHAVIOURS.values(), ids=list(BEHAVIOURS))
def behaviour(request):
    """Give one behaviour after the other."""
    return request.param


@pytest.fixture
def server(behaviour, hostile):
    """Start a server of the behaviour."""
    return hostile(lambda connection, asked: behaviour.answer(connection, RIGHT))


def test_proof(behaviour, server):
    """A bare client sees the behaviour happen."""
    assert behaviour.proof(seen_by_a_bare_client(server.port, behaviour))


def test_outcome(behaviour, server):
    """A request ends with the reply, or with the right kind of trouble, and the body has bounds."""
    target = Target(
        "hostile", None, server.url, server.url, {}, Limits(timeout=1 if behaviour.outcome == "timeout" else 30)
    )
    transport = Transport(target)
    wanted = [behaviour.outcome, *([] if behaviour.again is None else [behaviour.again])]
    try:
        found = [outcome(transport, behaviour.method) for _ in wanted]
    finally:
        transport.close()

    assert wanted == [kind for kind, _ in found]
    assert all(len(reply.body) <= BODY for _, reply in found if reply is not None)
    assert {"/x"} == {asked.path for asked in server.requests}


def outcome(transport, method):
    """The status of a reply and the reply, or the kind of trouble."""
    try:
        reply, _ = transport.send(Request(method, "/x"))
    except Unreachable as trouble:
        return trouble.kind, None
    return reply.status, reply


@pytest.mark.parametrize(
    "name", ["an endless body in chunks", "a gzip bomb", "a gzip bomb in gzip", "a deflate bomb", "a body of 10 GB"]
)
def test_what_is_cut_is_said_to_be_cut(name, hostile):
    """A reply of which not everything was read says so."""
    server = hostile(lambda connection, asked: BEHAVIOURS[name].answer(connection, RIGHT))
    transport = Transport(Target("hostile", None, server.url, server.url, {}, Limits(timeout=30)))
    try:
        reply, _ = transport.send(Request("GET", "/x"))
    finally:
        transport.close()

    assert (True, BODY) == (reply.cut, len(reply.body))


def test_many_behaviours():
    """There are forty of them at least."""
    assert len(BEHAVIOURS) >= 40
