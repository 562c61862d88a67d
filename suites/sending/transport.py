"""Sending a request value over the network, to the letter, and giving its reply as a value.

Nothing is merged, followed, kept or looked up on the way: no repeated header becomes one, no redirect is followed, no
cookie is sent, and neither `.netrc` nor anything else but a proxy is read from the surroundings. Nothing is logged.
"""

from __future__ import annotations

import functools
import json
import re
import ssl
import time

from watchword.specs.values.http import Reply, Request
from watchword.suites.acting.steps import Blocked
from watchword.suites.sending.breaker import Breaker
from watchword.suites.sending.coding import decoded
from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.link import BODY, Link, Received, connect
from watchword.suites.sending.origin import Origin, read_origin
from watchword.suites.sending.proxy import Proxy, proxy_for
from watchword.suites.sending.trust import trust
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.target import Target

__all__ = ["Transport", "Unreachable"]

_HEADER = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LONGEST = 64 * 1024
"""Characters of a header that are sent. Servers refuse far shorter ones, each in its way."""
_USER_AGENT = "watchword (conformance suite)"
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods of which a second request does no more than the first; what gives or uses up a token is sent once."""
_KNOCK = 0.1
"""Seconds between two attempts to reach a server that went away."""
_WITH_BODY = ("POST", "PUT", "PATCH")


class Transport:
    """Connections to one target, kept open between requests and closed with `close`. May be used by several threads."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._breaker = Breaker(target.limits.timeout)
        self._idle: dict[tuple[str, str, int], list[Link]] = {}
        self._keeps = True

    def send(self, request: Request) -> tuple[Reply, float]:
        """Send a request; gives the reply and the seconds it took.

        Raises:
            Unreachable: no whole reply came within the time limit, or the target no longer answers.
            Blocked: a credential, or a token that the target gave, cannot stand in a header.
        """
        for name, value in request.headers:
            if len(value) > _LONGEST:
                raise Blocked(
                    f"what stands for {name} has {len(value)} characters, more than any server takes in a header"
                )
            if not _HEADER.fullmatch(value):
                raise Blocked(f"what stands for {name} has characters that no header can carry")
        began = time.monotonic()
        route = (request.base, request.method, request.path)
        deadline = Deadline(self._breaker.patience(route))
        try:
            reply = self._exchange(request, deadline)
        except Unreachable as trouble:
            raise self._breaker.stalled(route, trouble, time.monotonic() - began) from None
        self._breaker.answered(route)
        return reply, time.monotonic() - began

    def _exchange(self, request: Request, deadline: Deadline) -> Reply:
        origin = read_origin(self._target.base(request.base))
        proxy = proxy_for(origin)
        written = _written(request, origin, proxy)
        link = self._link(origin, proxy, deadline)
        try:
            received = link.ask(request.method, written, deadline)
        except Unreachable as trouble:
            # Whoever closes without a word does it again: from now on each request gets a connection of its own.
            self._keeps = self._keeps and not trouble.stale
            if not trouble.stale or request.method not in _REPEATABLE:
                raise
            link = self._link(origin, proxy, deadline)
            received = link.ask(request.method, written, deadline)
        if link.reusable and self._keeps:
            self._idle.setdefault(origin.place, []).append(link)
        else:
            link.close()
        return _reply(received)

    def _link(self, origin: Origin, proxy: Proxy | None, deadline: Deadline) -> Link:
        idle = self._kept(origin)
        if idle is not None:
            if self._keeps and idle.is_quiet():
                return idle
            idle.close()
        tls = self._tls if origin.scheme == "https" else None
        while True:
            try:
                return connect(origin.host, origin.port, deadline, tls, proxy)
            except Unreachable as trouble:
                # A server that starts again refuses for a moment; nothing was sent, so this may be done as often as one likes.
                if not self._breaker.away or trouble.kind != "connection" or not deadline.allows(_KNOCK):
                    raise
                time.sleep(_KNOCK)

    def _kept(self, origin: Origin) -> Link | None:
        try:
            return self._idle[origin.place].pop()
        except LookupError:
            return None

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        return trust(self._target.tls)

    def close(self) -> None:
        """Close every connection."""
        for links in self._idle.values():
            for link in links:
                link.close()
        self._idle.clear()


def _written(request: Request, origin: Origin, proxy: Proxy | None) -> bytes:
    """Write a request out as it goes over the wire."""
    where = origin.request_target(request.path, request.query)
    headers = [("Host", origin.authority), ("User-Agent", _USER_AGENT), ("Accept-Encoding", "identity")]
    if proxy is not None and origin.scheme == "http":
        where = f"http://{origin.authority}{where}"
        headers += proxy.headers
    headers += request.headers
    if request.body or request.method in _WITH_BODY:
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {where} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + request.body


def _reply(received: Received) -> Reply:
    body, cut = decoded(received.headers, received.body, BODY, cut=received.cut)
    reply = Reply(received.status, received.headers, body, cut)
    if not received.framed and not cut and reply.media_type.endswith("json") and _breaks_off(body):
        # Without a length the end of the connection is the end of the body; it may have come too early.
        raise Unreachable("connection", "the reply breaks off in its body")
    return reply


def _breaks_off(body: bytes) -> bool:
    """Tell whether a body is the beginning of a JSON value whose rest is missing."""
    try:
        text = body.decode(json.detect_encoding(body)).strip()
        json.loads(text)
    except json.JSONDecodeError as trouble:
        rest = text[trouble.pos :]
        unfinished = trouble.msg.startswith("Unterminated string")
        return bool(text) and (unfinished or any(word.startswith(rest) for word in ("true", "false", "null")))
    except (ValueError, RecursionError):
        return False
    return False
