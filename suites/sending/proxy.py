"""The proxy that the environment names for a place: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, and `NO_PROXY` for exceptions."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # unknown to typeshed

from watchword.suites.sending.origin import Origin, is_loopback
from watchword.suites.sending.unreachable import Unreachable

__all__ = ["Proxy", "named_proxy", "proxy_for"]

_HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `authorization` is what it wants to be shown, if anything."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What is said to the proxy alone."""
        return (("Proxy-Authorization", self.authorization),) if self.authorization else ()


def named_proxy(origin: Origin) -> str:
    """Give the URL of the proxy that the environment names for places of that scheme; empty where there is none."""
    named = getproxies_environment()
    return named.get(origin.scheme) or named.get("all") or ""


def proxy_for(origin: Origin) -> Proxy | None:
    """Give the proxy on the way to a place; None where the way is direct, as it always is to this machine.

    Raises:
        Unreachable: the environment names one that cannot be used.
    """
    # To read the environment takes as long as a mock takes to answer.
    if is_loopback(f"{origin.scheme}://{origin.authority}"):
        return None
    url = named_proxy(origin)
    if not url or proxy_bypass_environment(origin.authority, getproxies_environment()):
        return None
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or _HTTP_PORT
    except ValueError:
        raise Unreachable("proxy", "the proxy that the environment names has no address") from None
    if parts.scheme.lower() != "http" or not parts.hostname:
        raise Unreachable("proxy", "the environment names a proxy that does not speak plain HTTP")
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    basic = "Basic " + base64.b64encode(pair.encode()).decode() if parts.username else ""
    return Proxy(parts.hostname, port, basic)
