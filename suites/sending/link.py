"""One connection: a request goes out to the letter, and its reply is read by h11 within bounds of size and time.

Laws:
1. What breaks off is no reply, whatever of it is there.
2. Informational replies (1xx) are no answer; what comes after them is.
3. Nothing of what was sent or received is repeated in what is raised.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
from dataclasses import dataclass

import h11

from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.proxy import Proxy
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.sending.way import reach, shake, tls_detail

__all__ = ["BODY", "Link", "Received", "connect"]

BODY = 2 * 1024 * 1024
"""Bytes of a body that are read; the rest of it is cut."""
_HEAD = 64 * 1024
_FIELDS = 256
_INFORMATIONAL = 64
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """What came back. `cut` tells that the body goes on; `framed`, that the reply itself says where it ends."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool
    framed: bool


class Link:
    """A connection that is open. `served` tells whether a reply has come over it before."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.served = False
        self.reusable = True

    def is_quiet(self) -> bool:
        """Tell whether nothing has happened since the last reply: neither its end nor bytes that nobody asked for."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the connection."""
        self.reusable = False
        with contextlib.suppress(OSError):
            self._socket.close()

    def ask(self, method: str, request: bytes, deadline: Deadline) -> Received:
        """Send a request that is written out already, and read its reply.

        Raises:
            Unreachable: no whole reply came.
        """
        peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        # h11 learns what it needs to tell where the reply ends; what goes out is the request to the letter.
        peer.send(_begun(method))
        peer.send(h11.EndOfMessage())
        self.reusable = False
        try:
            unsent = self._send(request, deadline)
            return self._receive(peer, deadline, reusable=not unsent)
        except Unreachable as trouble:
            # What had served before and ends without a word was closed by its other side, between two requests.
            trouble.partial = deadline.began
            trouble.stale = self.served and not deadline.began and trouble.kind == "connection"
            raise
        finally:
            if not self.reusable:
                self.close()

    def _send(self, request: bytes, deadline: Deadline) -> bool:
        try:
            self._socket.settimeout(deadline.left())
            self._socket.sendall(request)
        except TimeoutError:
            deadline.left()
            raise Unreachable("timeout", "the request was not taken within the time limit") from None
        except OSError:
            # Who refuses early may have answered before he closed.
            return True
        return False

    def _receive(self, peer: h11.Connection, deadline: Deadline, *, reusable: bool) -> Received:
        head: h11.Response | None = None
        body = bytearray()
        early = 0
        ended = False
        while True:
            deadline.left()
            try:
                event = peer.next_event()
            except h11.RemoteProtocolError as trouble:
                raise _broken(trouble, head, deadline, ended=ended) from None
            if event is h11.NEED_DATA:
                data = self._read(deadline)
                ended = not data
                peer.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                early += 1
                if early > _INFORMATIONAL:
                    raise Unreachable("protocol", f"more than {_INFORMATIONAL} informational replies and no other")
            elif isinstance(event, h11.Response):
                head = event
                if len(event.headers) > _FIELDS:
                    raise Unreachable("protocol", f"the reply has more than {_FIELDS} header fields")
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > BODY:
                    break
            elif isinstance(event, h11.EndOfMessage):
                self.reusable = reusable and peer.their_state is h11.DONE and not any(peer.trailing_data)
                self.served = True
                break
            else:
                raise Unreachable("protocol", "the connection was switched to something that nobody asked for")
        if head is None:
            raise Unreachable("protocol", "a body without a head")
        return _received(head, bytes(body[:BODY]), cut=len(body) > BODY)

    def _read(self, deadline: Deadline) -> bytes:
        try:
            self._socket.settimeout(deadline.left())
            data = self._socket.recv(_BLOCK)
        except TimeoutError:
            deadline.left()
            raise Unreachable("timeout", "no reply within the time limit") from None
        except ssl.SSLError as trouble:
            raise Unreachable("tls", tls_detail(trouble)) from None
        except OSError as trouble:
            raise Unreachable("connection", trouble.strerror or type(trouble).__name__) from None
        deadline.began = deadline.began or bool(data)
        return data


@functools.lru_cache(maxsize=64)
def _begun(method: str) -> h11.Request:
    return h11.Request(method=method, target="/", headers=[("Host", "target")])


def _received(head: h11.Response, body: bytes, *, cut: bool) -> Received:
    # The names as they came: h11 compares them in lower case, a reader of records wants to see them.
    pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items())
    names = {name.lower() for name, _ in pairs}
    return Received(head.status_code, pairs, body, cut, bool(names & {"content-length", "transfer-encoding"}))


def _broken(trouble: h11.RemoteProtocolError, head: object, deadline: Deadline, *, ended: bool) -> Unreachable:
    if ended:
        where = "in its body" if head is not None else "in its head"
        return Unreachable(
            "connection", f"the reply breaks off {where}" if deadline.began else "it was closed without a reply"
        )
    if trouble.error_status_hint == 431:
        what = "what follows its body" if head is not None else "its head"
        return Unreachable("protocol", f"the reply is cut, {what} is longer than {_HEAD // 1024} KiB")
    return Unreachable("protocol", "what came is not HTTP")


def connect(
    host: str, port: int, deadline: Deadline, tls: ssl.SSLContext | None = None, proxy: Proxy | None = None
) -> Link:
    """Open a connection; with `tls`, to somebody who proves to be `host`, and by way of a tunnel where a proxy stands between.

    Raises:
        Unreachable: nobody is there, or it is somebody else.
    """
    bare = reach(host, port, deadline, proxy, tunnel=tls is not None).connection
    return Link(bare if tls is None else shake(bare, tls, host, deadline))
