"""What leaves a connection: the answers to its requests, in their order, at their time, whole or not.

Laws:
1. Replies leave in the order of their requests. While one is awaited, the requests behind it are not handled.
2. A reply is one write, unless a delivery wants it slow.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol

from watchword.mockserver.http.delivery import Delivery, Ending, Handler, Stream
from watchword.mockserver.http.message import has_body, head
from watchword.mockserver.http.refusal import own_error
from watchword.specs.values.http import Reply, Request

__all__ = ["Outbox", "Source"]

_PAUSE = 0.05
"""Seconds between two parts of a body that comes slowly."""

_BEHIND = 1024 * 1024
"""Who is so many bytes behind a stream is let go."""


class Source(Protocol):
    """What an outbox needs of the server: who answers, and what every reply has."""

    handler: Handler
    stopping: bool

    def date_line(self) -> bytes:
        """Give the Date header for now."""

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Hear of a reply that was not the handler's, and give it as it is to be sent."""


class Outbox:
    """The way out of one connection. `waiting` says that an answer is awaited, `ended` that no further one will leave."""

    def __init__(self, server: Source, transport: asyncio.Transport) -> None:
        self._server = server
        self._transport = transport
        self._queue: deque[Callable[[], None]] = deque()
        self._leave: Callable[[], None] | None = None
        self.waiting = False
        self.ended = False

    def close(self) -> None:
        """Nobody is there any more to whom anything could be sent."""
        if self._leave is not None:
            self._leave()
            self._leave = None

    def take(self, request: Request, origin: str, keep: bool, version: str) -> None:
        """Answer a request, now or when those before it are answered. `keep` says that the client wants to go on."""
        if self.waiting:
            self.later(lambda: self._answer(request, origin, keep, version))
        else:
            self._answer(request, origin, keep, version)

    def later(self, act: Callable[[], None]) -> None:
        """Do something when everything before it has left."""
        self._queue.append(act)

    def _answer(self, request: Request, origin: str, keep: bool, version: str) -> None:
        try:
            answer = self._server.handler(request, origin)
        except Exception as error:  # noqa: BLE001 - a client gets an answer whatever goes wrong in the handler
            answer = self._failed(error, request)
        if isinstance(answer, Future):
            self._await(answer, request, keep, version)
        else:
            self._deliver(answer, request, keep, version)

    def _failed(self, error: Exception, request: Request) -> Reply:
        reply = own_error(error)
        target = f"{request.path}?{request.query}" if request.query else request.path
        return self._server.refused(reply, reply.body.decode(), request.method, target)

    # -- waiting

    def _await(self, coming: Future[Reply | Delivery], request: Request, keep: bool, version: str) -> None:
        self._wait()
        loop = asyncio.get_running_loop()

        def arrived() -> None:
            error = coming.exception()
            answer = coming.result() if error is None else self._failed(RuntimeError(type(error).__name__), request)
            self._go_on(lambda: self._deliver(answer, request, keep, version))

        def tell(_: Future[Reply | Delivery]) -> None:
            # The answer may come from any thread, and after the server has stopped.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(arrived)

        coming.add_done_callback(tell)

    def _wait(self) -> None:
        self.waiting = True
        self._transport.pause_reading()

    def _go_on(self, act: Callable[[], None]) -> None:
        """Do what was waited for, and then what stands behind it."""
        self.waiting = False
        self._queue.appendleft(act)
        while self._queue and not self.waiting and not self._transport.is_closing():
            self._queue.popleft()()
        if not self.waiting and not self._transport.is_closing():
            self._transport.resume_reading()

    # -- delivering

    def _deliver(self, answer: Reply | Delivery, request: Request, keep: bool, version: str) -> None:
        if isinstance(answer, Stream) and has_body(answer, request.method):
            self._stream(answer)
            return
        then: Ending = "keep"
        over = 0.0
        if isinstance(answer, Delivery):
            if answer.after:
                self._postpone(answer, request, keep, version)
                return
            then, over, answer = answer.then, answer.over, answer.reply
        keep = keep and then == "keep" and not self._server.stopping
        connection = b"Connection: close\r\n"
        if keep:
            connection = b"" if version == "1.1" else b"Connection: keep-alive\r\n"
        date_line = self._server.date_line()
        try:
            start = head(answer, date_line, connection)
        except ValueError as error:
            answer = self._failed(error, request)
            start = head(answer, date_line, connection)
        body = answer.body if has_body(answer, request.method) else b""
        if over and body and then in ("keep", "close"):
            self._transport.write(start)
            self._dribble(body, over, keep)
            return
        if then in ("keep", "close"):
            self._transport.write(start + body if body else start)
        if not keep:
            self._end(then, start, body)

    def _stream(self, answer: Stream) -> None:
        """Send a reply that goes on until somebody closes the connection."""
        # Nothing is answered behind it, and its client's leaving is noticed only while something is read.
        self.ended = True
        loop, transport = asyncio.get_running_loop(), self._transport
        transport.write(head(answer, self._server.date_line(), b"Connection: close\r\n", endless=True) + answer.body)

        def write(part: bytes) -> None:
            if transport.is_closing():
                return
            if transport.get_write_buffer_size() > _BEHIND:
                transport.abort()
                return
            transport.write(part)

        def take(part: bytes) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(write, part)

        self._leave = answer.follow(take)

    def _postpone(self, answer: Delivery, request: Request, keep: bool, version: str) -> None:
        self._wait()
        due = replace(answer, after=0.0)
        asyncio.get_running_loop().call_later(
            answer.after, self._go_on, lambda: self._deliver(due, request, keep, version)
        )

    def _dribble(self, body: bytes, over: float, keep: bool) -> None:
        """Send a body in parts, over so many seconds."""
        self._wait()
        loop = asyncio.get_running_loop()
        parts = max(1, min(len(body), round(over / _PAUSE)))
        size = -(-len(body) // parts)
        pause = over / parts

        def send(at: int) -> None:
            if self._transport.is_closing():
                return
            self._transport.write(body[at : at + size])
            if at + size < len(body):
                loop.call_later(pause, send, at + size)
            else:
                self._go_on(lambda: None if keep else self._end("close", b"", b""))

        loop.call_later(pause, send, 0)

    def _end(self, then: Ending, start: bytes, body: bytes) -> None:
        """End the connection in the way a delivery asks for."""
        self.ended = True
        self._queue.clear()
        if then == "stall":
            return
        if then == "half":
            # Clients take a head that breaks off for a whole one. Without a body, only the first line can be seen to end.
            self._transport.write(start + body[: len(body) // 2] if body else start[: len("HTTP/1.")])
        if then == "reset":
            # With nothing to linger for, closing a socket sends a reset instead of an orderly end.
            listening = self._transport.get_extra_info("socket")
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
            return
        self._transport.close()
