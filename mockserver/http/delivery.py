"""What a handler hands to the HTTP layer: a reply, and perhaps what becomes of the connection with it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Literal

from watchword.specs.values.fleeting import fleeting
from watchword.specs.values.http import Reply, Request

__all__ = ["Answer", "Delivery", "Ending", "Handler", "Stream", "arrived"]

Ending = Literal["keep", "close", "drop", "reset", "half", "stall"]
"""What becomes of the connection with a reply: `keep` leaves that to HTTP, `close` ends it after the reply, `drop` and
`reset` end it without a byte of the reply (in order, or with a TCP reset), `half` ends it in the middle of the body (or,
without one, of the first line), and `stall` sends nothing and leaves the client to wait."""


@fleeting(frozen=True, slots=True)
class Delivery:
    """A reply and what happens to the connection.

    The first byte leaves `after` so many seconds, and the body takes `over` so many to leave.
    """

    reply: Reply
    then: Ending = "keep"
    after: float = 0.0
    over: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether the reply leaves as any other does."""
        return self.then == "keep" and not self.after and not self.over


@fleeting(frozen=True, repr=False)
class Stream(Reply):
    """A reply that goes on after its body, as long as the connection lasts.

    `follow` is given what takes each further part, from any thread, and gives what ends that. A way in that hands over whole
    replies hands over the body alone.
    """

    follow: Callable[[Callable[[bytes], None]], Callable[[], None]] = lambda take: lambda: None


Answer = Reply | Delivery | Future[Reply | Delivery]
"""What a handler gives: a reply, a reply and how it is delivered, or the promise of one, which any thread may keep."""


def arrived(answer: Answer) -> Reply | Delivery:
    """Give an answer, when it has come."""
    return answer.result() if isinstance(answer, Future) else answer


Handler = Callable[[Request, str], Answer]
"""Answers a request, given the origin it was sent to, such as `http://127.0.0.1:8080`."""
