"""Replies that somebody asked for, whatever the request deserves: by the header Prefer, its twin in the query, or an order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_plus

from watchword.mockserver.http.message import reason
from watchword.mockserver.rules.render import render
from watchword.mockserver.service import Service
from watchword.specs.errors import nearest
from watchword.specs.values.api import JSON, Operation
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Rule

__all__ = ["CANNOT", "Wish", "refusal_like", "reply_to", "wish_of", "wishes"]

CANNOT = 400
"""The status with which a wish that cannot be granted is answered."""

_TWIN = "__"
_TWINS = "__co"
"""How the names of both twins begin."""
_LENGTH = len("prefer")
_SHOWN = 40
_LIKELY = (
    "access_token.expired",
    "access_token.unknown",
    "refresh_token.expired",
    "refresh_token.unknown",
    "password.wrong",
    "client_secret.wrong",
    "username.unknown",
    "client_id.unknown",
)
"""What a client meets most, of several conditions that have one status."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A reply that is wished for: by status, by the condition that is refused with it, or as it stands.

    Without `json`, which is written down already, and `text` the body is the one that the profile has for such a reply.
    `amiss` says why a wish cannot be meant as it stands.
    """

    status: int | None = None
    condition: str | None = None
    json: bytes | None = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    amiss: str | None = None

    @property
    def spoken(self) -> str:
        """The wish in the words of the header Prefer (RFC 7240)."""
        parts = (("code", self.status), ("condition", self.condition))
        return ", ".join(f"{name}={value}" for name, value in parts if value is not None)


def wishes(request: Request) -> bool:
    """Tell whether a request may wish something for its reply."""
    if _TWINS in request.query:
        return True
    for name, _ in request.headers:  # noqa: SIM110 - every request comes by here, and this is the fastest way
        if len(name) == _LENGTH and name.lower() == "prefer":
            return True
    return False


def wish_of(request: Request) -> tuple[Wish, Request] | None:
    """Give what a request itself wishes for its reply, and the request without that; None when it wishes nothing."""
    told: dict[str, str] = {}
    query, amiss = request.query, None
    if _TWINS in query:
        rest = []
        for part in query.split("&"):
            name, _, value = part.partition("=")
            if not name.startswith(_TWINS):
                rest.append(part)
            elif name not in (f"{_TWIN}code", f"{_TWIN}condition"):
                amiss = f"there is no {name} to be asked for; {nearest(name, (f'{_TWIN}code', f'{_TWIN}condition'))}"
            else:
                told[name.removeprefix(_TWIN)] = unquote_plus(value)
        query = "&".join(rest)
    if "code" in told and _status(told["code"]) is None:
        amiss = f"{_TWIN}code: expected a status from 200 to 599, seen {told['code'][:_SHOWN]!r}"
    for name, value in request.headers:
        if len(name) == _LENGTH and name.lower() == "prefer":
            for part in value.replace(";", ",").split(","):
                key, _, given = part.partition("=")
                told.setdefault(key.strip().lower(), given.strip().strip('"'))
    # In the header, what is no status is a preference of somebody else's (RFC 7240 section 2: unknown ones are passed by).
    status, condition = _status(told.get("code", "")), told.get("condition") or None
    if status is None and condition is None and amiss is None:
        return None
    return Wish(status, condition, amiss=amiss), replace(request, query=query)


def _status(code: str) -> int | None:
    """Give the status that is written there, if one is that a reply may end with."""
    is_one = len(code) == 3 and code.isascii() and code.isdigit() and code[0] in "2345"
    return int(code) if is_one else None


def _rules(service: Service, operation: Operation | None) -> tuple[Rule, ...]:
    return () if operation is None else service.profile.operations[operation.name].rules


def refusal_like(service: Service, operation: Operation, origin: str, status: int) -> Reply | None:
    """Give the reply by which an operation refuses with that status; None when it has none."""
    rules = [rule for rule in _rules(service, operation) if rule.reply.status == status]
    rules.sort(key=lambda rule: _LIKELY.index(rule.condition) if rule.condition in _LIKELY else len(_LIKELY))
    return render(rules[0].reply, {"$origin": origin}) if rules else None


def reply_to(service: Service, operation: Operation | None, origin: str, wish: Wish) -> Reply | None:
    """Give the reply that is wished for; None when that is the one to a right request."""
    reply = _reply(service, operation, origin, wish)
    if reply is None or not wish.headers:
        return reply
    own = {name.lower() for name in wish.headers}
    return replace(reply, headers=(*(p for p in reply.headers if p[0].lower() not in own), *wish.headers.items()))


def _reply(service: Service, operation: Operation | None, origin: str, wish: Wish) -> Reply | None:
    if wish.amiss is not None:
        return _cannot(wish.amiss)
    if wish.condition is not None:
        rules = {rule.condition: rule.reply for rule in _rules(service, operation)}
        if wish.condition not in rules:
            return _cannot(f"nothing is refused here for {wish.condition}; {nearest(wish.condition, rules)}")
        template = rules[wish.condition]
        if wish.status not in (None, template.status):
            return _cannot(f"{wish.condition} is refused with {template.status} here, and {wish.status} was asked for")
        return render(template, {"$origin": origin})
    status = wish.status or 200
    if wish.json is not None:
        return Reply(status, (("Content-Type", JSON),), wish.json)
    if wish.text is not None:
        return Reply(status, (("Content-Type", "text/plain; charset=utf-8"),), wish.text.encode(errors="replace"))
    if operation is not None:
        if service.profile.operations[operation.name].reply.status == status:
            return None
        like = refusal_like(service, operation, origin, status)
        if like is not None:
            return like
    for template in (service.profile.unknown_path, service.profile.unknown_method):
        if template.status == status:
            return render(template, {"$origin": origin, "$allow": "" if operation is None else operation.method})
    body = b"" if status in (204, 304) else f"{reason(status)}\n".encode()
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"),) if body else (), body)


def _cannot(detail: str) -> Reply:
    body = {"title": reason(CANNOT), "status": CANNOT, "detail": detail}
    return Reply(CANNOT, (("Content-Type", "application/problem+json"),), json.dumps(body).encode())
