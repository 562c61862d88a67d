"""The HTTP server: one listening socket, its connections, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
import time
from collections.abc import Callable

from watchword.mockserver.http.connection import Connection
from watchword.mockserver.http.delivery import Handler
from watchword.mockserver.http.message import DateLine
from watchword.mockserver.http.request_target import RequestTarget, read_request_target
from watchword.specs.values.http import Reply

__all__ = ["GRACE", "Server", "new_loop"]

GRACE = 0.5
"""Seconds that a request which is half-way in has to come to its end when the server stops."""


def new_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop: uvloop's where it can be imported, else the standard library's."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError):
            import uvloop

            return uvloop.new_event_loop()
    return asyncio.new_event_loop()


class Server:
    """Serves a handler on a socket that is bound already.

    `now` is the clock that the Date header shows; `tls` makes it a server of https. `on_refusal` hears of every reply that
    is not the handler's, with its sentence and the method and target as far as they are known, and gives it as it is sent.
    """

    def __init__(
        self,
        handler: Handler,
        listening: socket.socket,
        *,
        now: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
        on_refusal: Callable[[Reply, str, str, str], Reply] | None = None,
    ) -> None:
        self.handler = handler
        self.connections: set[Connection] = set()
        self.stopping = False
        self._socket = listening
        self._now = now
        self._tls = tls
        self._on_refusal = on_refusal
        self._scheme = "https" if tls else "http"
        address = listening.getsockname()
        self._authority = f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
        self._date = DateLine()
        self._seen: tuple[bytes, bytes | None, RequestTarget] | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to accept connections."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), sock=self._socket, ssl=self._tls, backlog=1024
        )

    async def stop(self) -> None:
        """Accept nothing more, let requests that are half-way in come to their end, then close every connection."""
        if self._server is not None:
            self._server.close()
        # What a client has sent already is read before its connection is taken for idle.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.stopping = True
        for connection in list(self.connections):
            connection.stop()
        deadline = time.monotonic() + GRACE
        pause = 0.001
        while self.connections and time.monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.02)
        for connection in list(self.connections):
            connection.abort()
        await asyncio.sleep(0)

    def date_line(self) -> bytes:
        """Give the Date header for now."""
        return self._date.at(self._now())

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Hear of a reply that was not the handler's, and give it as it is to be sent."""
        return reply if self._on_refusal is None else self._on_refusal(reply, sentence, method, target)

    def target(self, url: bytes, host: bytes | None) -> RequestTarget:
        """Read a request's target.

        Raises:
            BadRequestTarget: the target or the Host header cannot be understood.
        """
        seen = self._seen
        # Clients ask for the same thing again and again.
        if seen is not None and seen[0] == url and seen[1] == host:
            return seen[2]
        target = read_request_target(url, host, self._scheme, self._authority)
        self._seen = (url, host, target)
        return target
