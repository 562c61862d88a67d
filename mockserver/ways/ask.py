"""What all ways into a mock have in common: a request within the limits of the HTTP server, a reply as its client sees it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from watchword.mockserver.http.delivery import Answer, Delivery, arrived
from watchword.mockserver.http.message import BODY_LIMIT, HEAD_LIMIT, finished
from watchword.mockserver.http.refusal import Refused, body_too_large, head_too_large
from watchword.mockserver.service import Service
from watchword.specs.values.http import Pairs, Reply, Request

__all__ = [
    "Answering",
    "Broken",
    "Silent",
    "address",
    "ask",
    "begin",
    "checked_origin",
    "delay",
    "end",
    "pairs",
    "whole",
]

_PORTS = {"http": 80, "https": 443}


class Silent(TimeoutError):
    """The mock sends no reply, or not in time, as it was told to."""

    def __init__(self) -> None:
        super().__init__("the mock sends no reply in time")


class Broken(ConnectionError):
    """The mock ends the connection before its reply is whole, as it was told to."""

    def __init__(self) -> None:
        super().__init__("the mock ends the connection before the reply is whole")


class Answering(Protocol):
    """A mock as the ways into it need it."""

    @property
    def service(self) -> Service:
        """The service whose clock dates the replies."""

    def from_inside(self, request: Request, origin: str) -> Answer:
        """Answer a request of this very process."""

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Note what was refused before anybody could look at it as a request."""


def begin(mock: Answering, request: Request, origin: str) -> Answer:
    """Let a mock answer a request that was sent to an origin; the answer may be still to come."""
    head = len(request.path) + len(request.query) + sum(len(n) + len(v) + 4 for n, v in request.headers)
    if head > HEAD_LIMIT:
        return _noted(mock, head_too_large(), request)
    if len(request.body) > BODY_LIMIT:
        return _noted(mock, body_too_large(), request)
    return mock.from_inside(request, origin)


def end(mock: Answering, request: Request, given: Reply | Delivery) -> Delivery:
    """Give an answer that has come as its client sees it, with Date and Content-Length.

    Whether and when it arrives is for the way in to play: see `Delivery`.
    """
    delivery = given if isinstance(given, Delivery) else Delivery(given)
    return replace(delivery, reply=finished(delivery.reply, request.method, mock.service.clock.now()))


def ask(mock: Answering, request: Request, origin: str, patience: float | None = None) -> Delivery:
    """Let a mock answer, wait as long as its reply takes, and give the reply.

    `patience` is how many seconds the client waits for the first byte (None: for ever).

    Raises:
        Silent: the mock sends no reply, or not in time.
        Broken: the mock breaks the connection.
    """
    delivery = end(mock, request, arrived(begin(mock, request, origin)))
    time.sleep(delay(delivery, patience))
    return whole(delivery, patience)


def delay(delivery: Delivery, patience: float | None = None) -> float:
    """Give for how many seconds a client waits."""
    if delivery.then == "stall":
        return 0.0
    late = patience is not None and delivery.after > patience
    return patience if late and patience is not None else delivery.after + delivery.over


def whole(delivery: Delivery, patience: float | None = None) -> Delivery:
    """Give a delivery whose reply arrives.

    Raises:
        Silent: the mock sends no reply, or not in time.
        Broken: the mock breaks the connection.
    """
    if delivery.then == "stall" or (patience is not None and delivery.after > patience):
        raise Silent
    if delivery.then not in ("keep", "close"):
        raise Broken
    return delivery


def _noted(mock: Answering, refused: Refused, request: Request) -> Reply:
    return mock.refused(refused.reply, refused.sentence, request.method, request.path)


def pairs(headers: Iterable[tuple[str | bytes, str | bytes]]) -> Pairs:
    """Give headers as text, as HTTP has them: Latin-1."""
    return tuple((_text(name), _text(value)) for name, value in headers)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def checked_origin(origin: str) -> str:
    """Give an origin in the spelling of a URL.

    Raises:
        ValueError: the text has a path or a query, or lacks a scheme or host.
    """
    parts = urlsplit(origin)
    beyond = parts.path.removeprefix("/") or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.netloc or beyond:
        raise ValueError(f"expected an origin such as https://api.example.test, seen {origin!r}")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def address(url: str) -> tuple[str, str, int | None]:
    """Give what makes an origin of a URL: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
