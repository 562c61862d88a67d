"""Where requests go: the parts of a base URL, read once. Nothing that follows can lead to another place."""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from watchword.suites.endpoints import is_this_machine
from watchword.suites.sending.unreachable import Unreachable

__all__ = ["Origin", "is_loopback", "read_origin"]

_PORTS = {"http": 80, "https": 443}
_LONGEST_LABEL = 63
# What may stand in a path or query as it is; anything else is written in percent, and what is so already stays.
_KEPT = "%/:=&?~!$,;'@()*+[]"


@dataclass(frozen=True, slots=True)
class Origin:
    """The place that a base URL names. `host` is a name or address as the network takes it; `prefix` begins each path."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them: brackets around IPv6, no zone, no port that goes without saying."""
        host = f"[{self.host.partition('%')[0]}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def place(self) -> tuple[str, str, int]:
        """What tells one origin from another."""
        return self.scheme, self.host, self.port

    def request_target(self, path: str, query: str) -> str:
        """Write path and query the way they stand in a request line."""
        whole = f"{self.prefix}{path}" or "/"
        return quote(whole + (f"?{query}" if query else ""), safe=_KEPT)


# A run asks for the same few with each request; what is wrong is not kept, and so no password that stands in it.
@functools.lru_cache(maxsize=64)
def read_origin(base: str) -> Origin:
    """Read a base URL.

    Raises:
        Unreachable: it names no place that HTTP requests can be sent to.
    """
    try:
        parts = urlsplit(base.strip())
        port = parts.port
    except ValueError:
        raise Unreachable("address", "it is no URL, or its port is none") from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname:
        raise Unreachable("address", "it is no http or https URL with a host")
    if parts.username is not None or parts.password is not None:
        raise Unreachable("address", "a user or password stands in it")
    if parts.query or parts.fragment:
        raise Unreachable("address", "it has a query or a fragment, and paths cannot follow one")
    return Origin(
        scheme, _host(unquote(parts.hostname)), _PORTS[scheme] if port is None else port, parts.path.rstrip("/")
    )


def _host(name: str) -> str:
    if ":" in name:
        try:
            ipaddress.IPv6Address(name)
        except ValueError:
            raise Unreachable("address", "what stands in brackets is no IPv6 address") from None
        return name
    try:
        plain = name.encode("ascii").decode() if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        raise Unreachable("address", "its host is no name that can be looked up") from None
    labels = plain.rstrip(".").split(".")
    if not all(0 < len(label) <= _LONGEST_LABEL and label.isprintable() and " " not in label for label in labels):
        raise Unreachable("address", "its host is no name that can be looked up")
    return plain


@functools.lru_cache(maxsize=64)
def is_loopback(base: str) -> bool:
    """Tell whether a base URL leads to this very machine."""
    try:
        host = read_origin(base).host
    except Unreachable:
        return False
    return is_this_machine(host)
