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
    """What a control request needs: a token, or a Host that is this machine's own, or nothing.

    `chosen` says that the token was given by whoever started the mock. Pages of the `origins` may use the control side.
    """

    token: str | None = field(default=None, repr=False)
    loopback_names: bool = False
    chosen: bool = False
    origins: tuple[str, ...] = ()
    checks_origin: bool = False

    @classmethod
    def of_socket(
        cls, *, loopback: bool, token: str | None = None, origins: tuple[str, ...] = (), made: str | None = None
    ) -> Access:
        """Give the rule for a listening socket: a token where other machines can reach it, or where one was chosen.

        `made` is a token for the first case, where several processes have to have the same.
        """
        if token is None and not loopback:
            return cls(made or secrets.token_urlsafe(24), origins=origins, checks_origin=True)
        return cls(token, loopback, token is not None, origins, checks_origin=True)

    @classmethod
    def of_gateway(cls, token: str | None = None, origins: tuple[str, ...] = ()) -> Access:
        """Give the rule for a mock that nothing listens for: its test clients call it as they like, and pages may not."""
        return cls(token, chosen=token is not None, origins=origins, checks_origin=True)

    def allows(self, request: Request) -> str | None:
        """Give the origin of a page elsewhere that may use the control side; None when there is none, or it may not."""
        sender = request.header("origin")
        return sender if sender in self.origins else None

    def refuse(self, request: Request, origin: str) -> Reply | None:
        """Give the refusal that a control request gets; None when it may pass."""
        # A page on the web can send its visitor's browser here, by a name that resolves to 127.0.0.1 or by a plain
        # form. The one shows in Host, the other in Origin.
        if self.loopback_names and not is_loopback_name(urlsplit(origin).hostname or ""):
            return problem(403, "expected a Host header that names a loopback address or localhost")
        sender = request.header("origin")
        if self.checks_origin and sender not in (None, origin, *self.origins):
            detail = "expected no Origin, or that of the mock itself; --control-cors lets pages of another one in"
            return problem(403, detail)
        if self.token is not None and not self._has_token(request):
            detail = (
                "expected Authorization: Bearer with the control token: the one that the mock printed when it started, "
                "or was given by --control-token"
            )
            return problem(401, detail, ("WWW-Authenticate", 'Bearer realm="watchword control"'))
        return None

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = (request.header("authorization") or "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), (self.token or "").encode())
