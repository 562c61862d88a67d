"""What a handler hands to the HTTP layer: a reply, and perhaps what becomes of the connection with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from watchword.specs.wire import Reply, Request

__all__ = ["Answer", "Delivery", "Handler"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A reply and what happens to the connection: `keep` leaves that to HTTP, `close` ends it after the reply.

    A transport that has no connection (the in-process ones) delivers the reply alone.
    """

    reply: Reply
    then: Literal["keep", "close"] = "keep"


Answer = Reply | Delivery

Handler = Callable[[Request, str], Answer]
"""Answers a request, given the origin it was sent to, such as `http://127.0.0.1:8080`."""
