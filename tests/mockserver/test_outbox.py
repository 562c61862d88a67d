"""What leaves a connection that has to wait: in order, at its time, in parts."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from watchword.mockserver.http.address import bind
from watchword.mockserver.http.delivery import Answer, Delivery
from watchword.mockserver.http.server import Server, new_loop
from watchword.specs.values.http import Reply, Request


class Slow:
    """Answers by the path: with a promise that the test keeps, late, in parts, or at once."""

    def __init__(self) -> None:
        self.promises: list[Future[Reply | Delivery]] = []
        self.seen: list[str] = []
        self.came = threading.Condition()

    def __call__(self, request: Request, origin: str) -> Answer:
        """Answer a request."""
        with self.came:
            self.seen.append(request.path)
            self.came.notify_all()
            reply = Reply(200, (), request.path.encode() * 20)
            if request.path == "/promise":
                self.promises.append(Future())
                return self.promises[-1]
            if request.path == "/late":
                return Delivery(reply, after=0.2)
            if request.path == "/dribble":
                return Delivery(reply, over=0.3)
            return reply

    def wait_for(self, number: int) -> None:
        """Wait until so many requests have been handled."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.seen) >= number, 5)


@contextmanager
def serving(handler: Slow) -> Iterator[tuple[socket.socket, Callable[[], None]]]:
    """Serve on a thread; gives a client's socket and what stops the server."""
    listening = bind("127.0.0.1", 0)
    port = listening.getsockname()[1]
    loop = new_loop()
    end, ready = asyncio.Event(), threading.Event()

    async def serve() -> None:
        server = Server(handler, listening)
        await server.start()
        ready.set()
        await end.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()

    def stop() -> None:
        if thread.is_alive():
            loop.call_soon_threadsafe(end.set)
            thread.join(5)

    try:
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            yield client, stop
    finally:
        stop()
        loop.close()


def get(*paths: str) -> bytes:
    """Write requests, one behind the other."""
    return b"".join(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode() for path in paths)


def bodies(client: socket.socket, number: int) -> list[bytes]:
    """Read so many replies; gives their bodies."""
    file = client.makefile("rb")
    found = []
    for _ in range(number):
        length = 0
        while (line := file.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        found.append(file.read(length))
    return found


def test_requests_behind_a_promise_wait() -> None:
    """What was sent behind a request whose answer is awaited is not even handled, and answered in order afterwards."""
    handler = Slow()
    with serving(handler) as (client, _):
        client.sendall(get("/promise", "/a", "/b"))
        handler.wait_for(1)
        seen = list(handler.seen)
        handler.promises[0].set_result(Reply(200, (), b"kept"))

        assert ["/promise"] == seen
        assert [b"kept", b"/a" * 20, b"/b" * 20] == bodies(client, 3)


def test_a_broken_promise_is_an_error_of_the_mock() -> None:
    """A promise that ends with an exception gets 500, and the connection goes on."""
    handler = Slow()
    with serving(handler) as (client, _):
        client.sendall(get("/promise", "/a"))
        handler.wait_for(1)
        handler.promises[0].set_exception(OSError("secret"))
        first, second = bodies(client, 2)

        assert b"The mock itself failed on this request" in first
        assert b"secret" not in first
        assert b"/a" * 20 == second


def test_late_and_in_parts() -> None:
    """A late reply comes when it is due, a slow body in parts over its time, and both whole."""
    handler = Slow()
    with serving(handler) as (client, _):
        begun = time.monotonic()
        client.sendall(get("/late", "/dribble", "/a"))
        chunks, got = 0, b""
        while not got.endswith(b"/a" * 20):
            got += client.recv(65536)
            chunks += 1
        took = time.monotonic() - begun

        assert 0.5 <= took
        assert 5 <= chunks
        assert [b"/late" * 20, b"/dribble" * 20] == [
            b"/late" * (got.count(b"/late")),
            b"/dribble" * got.count(b"/dribble"),
        ]


@pytest.mark.parametrize("path", ["/promise", "/late", "/dribble"])
def test_who_leaves_is_not_answered(path: str) -> None:
    """A client that has gone is no trouble, whatever it was waiting for."""
    handler = Slow()
    with serving(handler) as (client, stop):
        client.sendall(get(path))
        handler.wait_for(1)
        client.close()
        for promise in handler.promises:
            promise.set_result(Reply(200, (), b"too late"))
        stop()


def test_a_stop_lets_what_is_awaited_come() -> None:
    """A server that stops delivers what becomes due within its grace, and closes the connection with it."""
    handler = Slow()
    with serving(handler) as (client, stop):
        client.sendall(get("/late"))
        handler.wait_for(1)
        stop()
        got = b"".join(iter(lambda: client.recv(65536), b""))

        assert b"/late" * 20 in got
        assert b"Connection: close" in got


def test_a_refusal_behind_a_promise_waits_its_turn() -> None:
    """Bytes that are no HTTP, sent behind a request that is awaited, are refused after it was answered."""
    handler = Slow()
    with serving(handler) as (client, _):
        client.sendall(get("/promise") + b"\0\0\r\n\r\n")
        handler.wait_for(1)
        handler.promises[0].set_result(Reply(200, (), b"kept"))
        got = b"".join(iter(lambda: client.recv(65536), b""))

        assert got.index(b"kept") < got.index(b"HTTP/1.1 501")
