"""Cross-origin resource sharing: what a browser is told, so that pages of other origins can read the replies.

It follows the Fetch standard: a preflight is OPTIONS with Origin and Access-Control-Request-Method.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from watchword.specs.values.http import Pairs, Reply, Request

__all__ = ["is_preflight", "preflight", "shared"]

_EXPOSED = (
    "Access-Control-Expose-Headers",
    "Allow, Content-Length, Date, Location, Retry-After, WWW-Authenticate, Watchword-Control, Watchword-Request",
)
_HOUR = "3600"


def _allowed(request: Request, origins: Iterable[str]) -> Pairs:
    sender = request.header("origin")
    if sender is None:
        return (("Vary", "Origin"),)
    if sender in origins:
        # Named origins may send credentials; `*` may not, says the standard.
        return (
            ("Access-Control-Allow-Origin", sender),
            ("Access-Control-Allow-Credentials", "true"),
            ("Vary", "Origin"),
        )
    return (("Access-Control-Allow-Origin", "*"),) if "*" in origins else (("Vary", "Origin"),)


def is_preflight(request: Request) -> bool:
    """Tell whether a browser asks what it may send."""
    asked = request.header("access-control-request-method")
    return request.method == "OPTIONS" and request.header("origin") is not None and asked is not None


def preflight(request: Request, origins: Iterable[str]) -> Reply:
    """Answer what a page may send: whatever it asks for, when its origin is among those that may."""
    headers = _allowed(request, origins)
    if headers[0][0] != "Vary":
        headers += (
            ("Access-Control-Allow-Methods", request.header("access-control-request-method") or ""),
            ("Access-Control-Allow-Headers", request.header("access-control-request-headers") or ""),
            ("Access-Control-Max-Age", _HOUR),
        )
    return Reply(204, tuple((name, value) for name, value in headers if value))


def shared(request: Request, reply: Reply, origins: Iterable[str]) -> Reply:
    """Give a reply with what lets a page of one of these origins read it."""
    headers = _allowed(request, origins)
    if headers[0][0] != "Vary":
        headers += (_EXPOSED,)
    own = tuple(pair for pair in reply.headers if pair[0].lower() != "access-control-allow-origin")
    return replace(reply, headers=own + headers)
