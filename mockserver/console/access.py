"""Who may use the control side: anybody on this machine, and elsewhere whoever has the token."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from watchword.mockserver.console.problem import problem
from watchword.mockserver.http.address import is_loopback_name
from watchword.specs.values.http import Reply, Request

__all__ = ["Access"]


@dataclass(frozen=True, slots=True)
class Access:
    """What a control request needs: a token, or a Host that is this machine's own, or nothing."""

    token: str | None = field(default=None, repr=False)
    loopback_names: bool = False

    @classmethod
    def of_socket(cls, *, loopback: bool) -> Access:
        """Give the rule for a listening socket: a fresh token where other machines can reach it."""
        return cls(loopback_names=True) if loopback else cls(token=secrets.token_urlsafe(24))

    def refuse(self, request: Request, origin: str) -> Reply | None:
        """Give the refusal that a control request gets; None when it may pass."""
        if self.token is not None and not self._has_token(request):
            detail = "expected Authorization: Bearer with the control token that the mock printed when it started"
            return problem(401, detail, ("WWW-Authenticate", 'Bearer realm="watchword control"'))
        if self.loopback_names:
            # A page on the web can send its visitor's browser here, by a name that resolves to 127.0.0.1 or by a plain
            # form. The one shows in Host, the other in Origin.
            host = urlsplit(origin).hostname or ""
            if not is_loopback_name(host):
                return problem(403, "expected a Host header that names a loopback address or localhost")
            sender = request.header("origin")
            if sender is not None and not _is_loopback_origin(sender):
                return problem(403, "expected no Origin, or one on this machine")
        return None

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = (request.header("authorization") or "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), (self.token or "").encode())


def _is_loopback_origin(sender: str) -> bool:
    try:
        return is_loopback_name(urlsplit(sender).hostname or "")
    except ValueError:
        return False
