"""One HTTP/1.1 connection: bytes in, requests to the handler, replies out, in order.

Laws:
1. llhttp decides what is well-formed; Host, the limits, Expect and HEAD are decided here.
2. A request that is refused here ends the connection: where the next one would begin is no longer certain.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

import httptools

from watchword.mockserver.http.message import BODY_LIMIT, HEAD_LIMIT, head
from watchword.mockserver.http.outbox import Outbox, Source
from watchword.mockserver.http.refusal import Refused, body_too_large, head_too_large, not_http
from watchword.mockserver.http.request_target import BadRequestTarget, RequestTarget
from watchword.specs.values.http import Request

__all__ = ["Connection", "Host"]

_LINGER = 1.0
"""Seconds in which a refused client may go on sending, so that it gets to read the refusal."""

_WIRE_LIMIT = 16 * BODY_LIMIT
"""How many bytes a body may take on the wire, with all that chunks add to it."""


class Host(Source, Protocol):
    """What a connection needs of the server that accepted it."""

    connections: set[Connection]

    def target(self, url: bytes, host: bytes | None) -> RequestTarget:
        """Read a request's target.

        Raises:
            BadRequestTarget: the target or the Host header cannot be understood.
        """


class Connection(asyncio.Protocol):
    """What asyncio and httptools call back; one for each client connection."""

    def __init__(self, server: Host) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._transport = cast(asyncio.Transport, None)
        self._refused: Refused | None = None
        # Nothing that still comes in is read: the last reply has been written.
        self._deaf = False
        # A request has begun to come in and is not complete.
        self._busy = False
        self._messages = 0
        self._url = b""

    def stop(self) -> None:
        """Close the connection, unless a request is half-way in or its reply to come: then that will close it."""
        if not self._busy and not self._outbox.waiting:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection now."""
        self._transport.abort()

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self._outbox = Outbox(self._server, self._transport)
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._outbox.close()
        self._server.connections.discard(self)

    def pause_writing(self) -> None:
        """Take no more requests from a client that does not read its replies."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Take requests again."""
        if not self._outbox.waiting:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and refuse what it does not accept."""
        while data and not self._deaf and not self._outbox.ended:
            message, amid = self._messages, self._busy
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade(data[upgrade.args[0] :])
                continue
            except httptools.HttpParserError as error:
                if not self._over():
                    first = b"" if self._fed or self._messages > 1 else data
                    self._refuse(self._refused or not_http(error, first))
                return
            # Of several requests in one read, nobody knows where the last one began.
            if self._busy and self._messages == message + (not amid):
                self._fed += len(data)
                self._check_fed()
            return

    def _over(self) -> bool:
        return self._deaf or self._outbox.ended

    def _check_fed(self) -> None:
        # httptools hands over a header, a trailer and a chunk's extension only when they are complete; one that never
        # ends shows only in what was fed.
        if self._in_head and self._fed > HEAD_LIMIT:
            self._refuse(head_too_large())
        elif self._fed > _WIRE_LIMIT:
            self._refuse(body_too_large())

    # -- httptools' side

    def on_message_begin(self) -> None:
        """Start a request."""
        self._messages += 1
        self._busy = True
        self._in_head = True
        self._fed = 0
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._head_size = 0
        self._host: bytes | None = None
        self._hosts = 0
        self._expect = b""
        self._announced = 0
        self._body: list[bytes] = []
        self._body_size = 0

    def on_url(self, url: bytes) -> None:
        """Take the request's target, or a part of it."""
        self._url += url
        if len(self._url) > HEAD_LIMIT:
            self._raise(Refused(414, f"The target of the request is longer than {HEAD_LIMIT} bytes."))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header; a trailer is left out."""
        if not self._in_head:
            return
        self._head_size += len(name) + len(value) + 4
        if self._head_size + len(self._url) > HEAD_LIMIT:
            self._raise(head_too_large())
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        size = len(name)
        if size == 4:
            if name.lower() == b"host":
                self._host = value
                self._hosts += 1
        elif size == 6:
            if name.lower() == b"expect":
                self._expect = value.strip().lower()
        elif size == 14:
            if name.lower() == b"content-length":
                self._announced = int(value)
        elif size == 17 and name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
            self._raise(Refused(501, "No transfer coding but chunked is understood here."))

    def on_headers_complete(self) -> None:
        """Decide whether the body is wanted."""
        self._in_head = False
        self._fed = 0
        version = self._version = self._parser.get_http_version()
        if self._hosts != 1 and (self._hosts or version == "1.1"):
            self._raise(Refused(400, "A request names its host in exactly one Host header."))
        if version not in ("1.1", "1.0"):
            self._raise(Refused(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."))
        if self._announced > BODY_LIMIT:
            self._raise(body_too_large())
        if self._expect and version == "1.1":
            if self._expect != b"100-continue":
                self._raise(Refused(417, "No expectation but 100-continue is understood here."))
            if not self._outbox.waiting:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body_size += len(body)
        if self._body_size > BODY_LIMIT:
            self._raise(body_too_large())
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer the request."""
        parser = self._parser
        if self._over() or parser.should_upgrade():
            return
        self._busy = False
        server = self._server
        try:
            target = server.target(self._url, self._host)
        except BadRequestTarget as bad:
            self._raise(Refused(400, str(bad)))
        method = parser.get_method().decode()
        request = Request(method, target.path, target.query, tuple(self._headers), b"".join(self._body))
        self._outbox.take(request, target.origin, parser.should_keep_alive(), self._version)

    def _without_upgrade(self, rest: bytes) -> bytes:
        # Java's client and curl --http2 offer, with an ordinary request, to change over to HTTP/2. Having seen such an
        # offer, llhttp takes the body for the other protocol, so the request is read again as if nothing was offered.
        method = self._parser.get_method()
        if method == b"CONNECT":
            self._refuse(Refused(501, "This server is no proxy."))
            return b""
        lines = [b"%s %s HTTP/%s" % (method, self._url, self._version.encode())]
        for name, value in self._headers:
            # A client that was told to continue is not told twice.
            if name.lower() not in ("upgrade", "expect"):
                lines.append(f"{name}: {_unoffered(name, value)}".encode("latin-1"))
        self._parser = httptools.HttpRequestParser(self)
        return b"\r\n".join([*lines, b"", rest])

    # -- refusing

    def _raise(self, refused: Refused) -> None:
        self._refused = refused
        raise refused

    def _refuse(self, refused: Refused) -> None:
        self._busy = False
        self._deaf = True
        # Bytes that are no request have neither a method nor a target.
        method = self._parser.get_method().decode("latin-1") if self._url else ""
        url = self._url.decode("latin-1")
        if self._outbox.waiting:
            self._outbox.later(lambda: self._send_refusal(refused, method, url))
        else:
            self._send_refusal(refused, method, url)

    def _send_refusal(self, refused: Refused, method: str, url: str) -> None:
        transport = self._transport
        reply = self._server.refused(refused.reply, refused.sentence, method, url)
        transport.write(head(reply, self._server.date_line(), b"Connection: close\r\n") + reply.body)
        if self._server.stopping or not transport.can_write_eof():
            transport.close()
            return
        # To close with bytes still coming in would reset the connection and lose the reply.
        transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER, transport.close)


def _unoffered(name: str, value: str) -> str:
    if name.lower() != "connection":
        return value
    return ", ".join(word for word in map(str.strip, value.split(",")) if word.lower() != "upgrade")
