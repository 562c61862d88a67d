"""A connection for clients of `aiohttp`, which is imported with this module and needed for nothing else.

aiohttp has no place where a response could be handed in, so it gets a pair of connected sockets, and at the other end of it
the mock's own HTTP connection.
"""

from __future__ import annotations

import asyncio
import socket

from aiohttp.client_proto import ResponseHandler

from watchword.mockserver.http.connection import Connection
from watchword.mockserver.http.delivery import Handler
from watchword.mockserver.http.message import DateLine
from watchword.mockserver.http.request_target import RequestTarget, read_request_target
from watchword.mockserver.ways.ask import Answering
from watchword.specs.values.http import Reply

__all__ = ["connected"]


class _Host:
    """What a connection needs of the server that accepted it."""

    def __init__(self, mock: Answering, scheme: str, authority: str) -> None:
        self.handler: Handler = mock.from_inside
        self.connections: set[Connection] = set()
        self.stopping = False
        self._mock = mock
        self._scheme = scheme
        self._authority = authority
        self._date = DateLine()

    def date_line(self) -> bytes:
        """Give the Date header for now."""
        return self._date.at(self._mock.service.clock.now())

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Hear of a reply that was not the handler's, and give it as it is to be sent."""
        return self._mock.refused(reply, sentence, method, target)

    def target(self, url: bytes, host: bytes | None) -> RequestTarget:
        """Read a request's target."""
        return read_request_target(url, host, self._scheme, self._authority)


async def connected(mock: Answering, scheme: str, authority: str) -> ResponseHandler:
    """Give the client's end of a connection to a mock that stands for the origin of this scheme and authority."""
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    host = _Host(mock, scheme, authority)
    await loop.connect_accepted_socket(lambda: Connection(host), far)
    _, protocol = await loop.create_connection(lambda: ResponseHandler(loop), sock=near)
    # Kept for the next request it would lead to the mock when there is none any more.
    protocol.force_close()
    return protocol
