"""Where a request is going: path, query and origin, from the request's target and its Host header."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["BadRequestTarget", "RequestTarget", "read_request_target"]

_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::[0-9]{0,5})?")
_ABSOLUTE = re.compile(r"(https?)://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)


class BadRequestTarget(ValueError):
    """The target or the Host header cannot be understood; the text is one sentence for the client."""


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """A request's path and query, as they were sent, and the origin they were sent to."""

    path: str
    query: str
    origin: str


def read_request_target(url: bytes, host: bytes | None, scheme: str, fallback: str) -> RequestTarget:
    """Read a request's target, in any of the forms of RFC 9112 section 3.2 that a server is sent.

    `fallback` is the authority of a request of HTTP/1.0 that names none.

    Raises:
        BadRequestTarget: the target or the host cannot be understood.
    """
    text = url.decode("latin-1").partition("#")[0]
    authority = fallback if host is None else host.decode("latin-1").strip()
    if not text.startswith("/") and text != "*":
        match = _ABSOLUTE.fullmatch(text)
        if match is None:
            raise BadRequestTarget("The target of the request is neither a path nor an http URL.")
        # RFC 9112 section 3.2.2: an absolute target overrules the Host header.
        scheme, authority, text = match[1].lower(), match[2], match[3]
        if not text.startswith("/"):
            text = "/" + text
    if not _AUTHORITY.fullmatch(authority):
        raise BadRequestTarget("The host of the request is not a host with an optional port.")
    path, _, query = text.partition("?")
    return RequestTarget(path, query, f"{scheme}://{authority}")
