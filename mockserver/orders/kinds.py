"""Faults by what a client meets: the connection that fails, the server that is busy, the right request that is refused.

They are the same for every dialect, and each says whether the server has done what it was asked when they show.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from watchword.mockserver.http.delivery import Delivery, Ending
from watchword.mockserver.http.message import date
from watchword.mockserver.orders.forced import refusal_like
from watchword.mockserver.service import Service
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply, Request

__all__ = ["DEFAULTS", "KINDS", "Call", "Kind"]

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"wait": 2.0, "retry_after": None, "as_date": False, "to": None, "status": 307}
)
"""The settings that kinds take: `wait` in seconds, `retry_after` in seconds and whether it is told `as_date`, the origin
that a redirection leads `to`, and its `status`."""

_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that an order strikes. `right` is the reply that it would have got; None where nobody has acted."""

    request: Request
    origin: str
    operation: Operation | None
    service: Service
    right: Reply | None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that a client may meet. `acts` says whether the server has acted by then; None: whoever asks decides, and
    it has not if nobody does. `takes` names the settings that it has.
    """

    name: str
    says: str
    deliver: Callable[[Call], Delivery]
    acts: bool | None = None
    takes: tuple[str, ...] = ()


def _page(status: int, says: str, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    html = f"<html><head><title>{status}</title></head><body><h1>{says}</h1></body></html>\n"
    return Reply(status, (("Content-Type", _HTML), *headers), html.encode())


def _busy(status: int, says: str, retry_after: int | None = None) -> Callable[[Call], Delivery]:
    def deliver(call: Call) -> Delivery:
        seconds = call.settings["retry_after"] if call.settings["retry_after"] is not None else retry_after
        headers: tuple[tuple[str, str], ...] = ()
        if seconds is not None:
            told = date(call.service.clock.now() + seconds) if call.settings["as_date"] else str(seconds)
            headers = (("Retry-After", told),)
        body = (("Content-Type", "text/plain; charset=utf-8"), *headers)
        return Delivery(Reply(status, body, f"{says}\n".encode()))

    return deliver


def _proxy(status: int, says: str) -> Callable[[Call], Delivery]:
    return lambda call: Delivery(_page(status, says))


def _failing(then: Ending) -> Callable[[Call], Delivery]:
    return lambda call: Delivery(call.right or _page(503, "Service Unavailable"), then)


def _unauthorized(call: Call) -> Delivery:
    reply = None if call.operation is None else refusal_like(call.service, call.operation, call.origin, 401)
    return Delivery(reply or Reply(401, (("WWW-Authenticate", "Bearer"),), b""))


def _right(call: Call) -> Reply:
    assert call.right is not None  # noqa: S101 - these kinds always act
    return call.right


def _elsewhere(origin: str) -> str:
    """Give another origin that is this very mock, with the path below which it is there: loopback has two names."""
    parts = urlsplit(origin)
    other = "127.0.0.1" if parts.hostname == "localhost" else "localhost"
    return f"{parts.scheme}://{other}" + (f":{parts.port}" if parts.port is not None else "") + parts.path


def _redirect(call: Call) -> Delivery:
    to = call.settings["to"] or _elsewhere(call.origin)
    query = f"?{call.request.query}" if call.request.query else ""
    return Delivery(Reply(call.settings["status"], (("Location", f"{to}{call.request.path}{query}"),), b""))


def _with(reply: Reply, more: Mapping[str, Any], without: frozenset[str] = frozenset()) -> Reply:
    """Give a reply with other members; one that is no JSON object stays as it is."""
    if not reply.members:
        return reply
    members = {name: value for name, value in reply.members.items() if name not in without} | dict(more)
    return Reply(reply.status, reply.headers, json.dumps(members).encode())


def _names(call: Call, role: str) -> frozenset[str]:
    """Give the names of the members that carry a role in replies to a call."""
    shapes = () if call.operation is None else call.operation.replies.values()
    return frozenset(m.name for shape in shapes for m in shape.members if m.role == role)


def _lowered(reply: Reply, call: Call) -> dict[str, str]:
    return {name: str(reply.members[name]).lower() for name in _names(call, "token_type") if name in reply.members}


_RETRY = ("retry_after", "as_date")

_ROWS = (
    Kind("timeout", "sends no reply, and leaves the client to wait", _failing("stall")),
    Kind("reset", "resets the connection without a reply", _failing("reset")),
    Kind("drop", "closes the connection without a reply", _failing("drop")),
    Kind("lost-reply", "does what it is asked, and closes the connection without a reply", _failing("drop"), acts=True),
    Kind("half-body", "breaks off in the middle of its reply", _failing("half"), acts=True),
    Kind(
        "slow",
        "keeps the client waiting for its reply",
        lambda call: Delivery(_right(call), after=call.settings["wait"]),
        acts=True,
        takes=("wait",),
    ),
    Kind(
        "dribble",
        "sends the body of its reply piece by piece",
        lambda call: Delivery(_right(call), over=call.settings["wait"]),
        acts=True,
        takes=("wait",),
    ),
    Kind("unavailable", "answers 503, as a server that is down", _busy(503, "Service Unavailable"), takes=_RETRY),
    Kind(
        "too-many-requests",
        "answers 429 and says in Retry-After when to come again",
        _busy(429, "Too Many Requests", retry_after=1),
        takes=_RETRY,
    ),
    Kind("server-error", "answers 500, as a server that is broken", _busy(500, "Internal Server Error")),
    Kind("bad-gateway", "answers 502 with the page of a proxy", _proxy(502, "Bad Gateway")),
    Kind("gateway-timeout", "answers 504 with the page of a proxy", _proxy(504, "Gateway Time-out")),
    Kind("unauthorized", "answers 401 as it does to a token that is over, though nothing is wrong", _unauthorized),
    Kind("redirect", "redirects to another origin", _redirect, takes=("to", "status")),
    Kind(
        "unknown-members",
        "adds members to its JSON reply that no document describes",
        lambda call: Delivery(_with(_right(call), {"hint_of_the_day": "lanterns", "nested": {"depth": [1, 2]}})),
        acts=True,
    ),
    Kind(
        "no-refresh-token",
        "leaves the refresh token out of its reply",
        lambda call: Delivery(_with(_right(call), {}, _names(call, "refresh_token"))),
        acts=True,
    ),
    Kind(
        "lower-case-bearer",
        "writes the token type bearer of its reply in lower case",
        lambda call: Delivery(_with(_right(call), _lowered(_right(call), call))),
        acts=True,
    ),
    Kind("captive-portal", "answers 200 with somebody else's page", _proxy(200, "Welcome to the guest network")),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ROWS})
"""Every kind by its name."""
