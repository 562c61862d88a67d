"""The seconds in which a target has given tokens: which of them may be the same text.

A JWT without an id holds nothing but its user, its client and seconds: two that are issued in one second are one text, and
whoever ends one ends the other, or leaves it alive.
"""

from __future__ import annotations

import threading
from hashlib import sha256

from watchword.suites.acting.context import claims_of
from watchword.suites.acting.steps import Exchange

__all__ = ["Seconds"]

_WHOLE = 1.05
"""Seconds after a reply at which a server's second is surely another than the one in which it was made."""


class Seconds:
    """Remembers when a target last gave a token and to whom, and whether its tokens differ whenever they are issued."""

    def __init__(self) -> None:
        self._over = 0.0
        self._owner: object = None
        self._seen: dict[bytes, float] = {}
        self._anonymous = self._at_once = self._again = False
        self._turn = threading.Lock()

    def note(self, exchange: Exchange, owner: object = None) -> None:
        """Take notice of what an exchange gave; `owner` is whoever must not share its second with anybody."""
        operation = exchange.call.draft.operation
        reply = exchange.reply
        if reply is None or operation.purpose not in ("issue", "renew") or not 200 <= reply.status < 300:
            return
        text = operation.read_reply(reply.members).get("access_token")
        if text is None:
            # Without a token there is nothing that another one could be the same as.
            return
        with self._turn:
            self._note(exchange, text, owner)

    def _note(self, exchange: Exchange, text: object, owner: object) -> None:
        self._over = max(self._over, exchange.replied + _WHOLE)
        self._owner = owner
        if isinstance(text, str):
            claims = claims_of(text)
            self._anonymous = self._anonymous or bool(claims and "jti" not in claims)
            # A token may be of any length, and there are many.
            mark = sha256(text.encode(errors="surrogatepass")).digest()
            first = self._seen.setdefault(mark, exchange.replied)
            self._at_once = self._at_once or (first < exchange.replied and exchange.sent <= first + _WHOLE)
            self._again = self._again or exchange.sent > first + _WHOLE

    @property
    def unique(self) -> bool:
        """Whether tokens are known to differ whenever they are issued: random ones, and such with an id.

        A server that gives a token again seconds later does so on purpose, and another second would change nothing.
        """
        return len(self._seen) > 1 and not self._anonymous and (self._again or not self._at_once)

    @property
    def fresh(self) -> bool:
        """Whether every token so far was one that nobody had been given before, and the next will be, too."""
        with self._turn:
            return len(self._seen) > 1 and not (self._anonymous or self._again or self._at_once)

    @property
    def over(self) -> float:
        """The moment from which no token shares its second with one before."""
        return self._over

    def taken(self, asking: object) -> bool:
        """Tell whether the last second belongs to somebody else alone."""
        return self._owner is not None and self._owner is not asking
