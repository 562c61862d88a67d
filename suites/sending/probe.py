"""The probe: sends single calls to a target, and lets its time pass where that can be had at once."""

from __future__ import annotations

import time
from collections.abc import Callable

from watchword.specs.codec import encode
from watchword.specs.values.http import Request
from watchword.suites.acting.choosing import TOKEN_ROLES
from watchword.suites.acting.steps import Blocked, Call, Exchange, Inconclusive, NotObservable, Pause
from watchword.suites.sending.budget import Budget
from watchword.suites.sending.seconds import Seconds
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.started import Wire
from watchword.suites.target import Target

__all__ = ["Probe"]

_AWAY = "away: "
_LONGEST_TOKEN = 48 * 1024
_MOMENT = 2.0
"""Seconds that are slept through; during a longer wait something else can be done."""


class Probe:
    """One target's probe. `listeners` let the masker learn secrets before anything is written down."""

    def __init__(self, target: Target, budget: Budget, transport: Wire) -> None:
        self.target = target
        self.budget = budget
        self.seconds = Seconds()
        self._transport = transport
        # A clock of this process is read to the point.
        self._slack = float(getattr(target.control, "slack", 0.0))
        self.listeners: list[Callable[[Exchange], None]] = []

    def now(self) -> float:
        """Give the time on the clock of the run: the target's where it offers one, else this machine's."""
        return self.budget.now()

    def send(self, call: Call, owner: object = None, *, quiet: bool = False) -> Exchange:
        """Send one call and give what came of it. `owner` shares the second of its tokens with nobody.

        Of one that is `quiet` the listeners hear when somebody tells them. That is for calls of several threads.
        """
        request = encode(call.draft)
        if call.draft.operation.purpose in ("issue", "renew") and self.seconds.taken(owner):
            self._next_second()
        self.budget.before(call)
        try:
            exchange = self._sent(call, request)
        except BaseException:
            self.budget.give_back(call)
            raise
        self.budget.after(call, exchange.reply)
        self.seconds.note(exchange, owner)
        if not quiet:
            self.tell(exchange)
        return exchange

    def tell(self, exchange: Exchange) -> None:
        """Tell the listeners of an exchange."""
        for listener in self.listeners:
            listener(exchange)

    def _sent(self, call: Call, request: Request) -> Exchange:
        # A busy machine may come to the request seconds after the clock was read: they belong to the time of the exchange.
        began = time.monotonic()
        sent = self.now()
        try:
            reply, seconds = self._transport.send(request)
        except (Unreachable, ConnectionError, TimeoutError) as trouble:
            return Exchange(call, request, None, str(trouble), sent, 0.0, self._slack)
        return Exchange(call, request, reply, "", sent, max(seconds, time.monotonic() - began), self._slack)

    def insist(self, exchange: Exchange) -> None:
        """Insist that the target answered and is willing to go on.

        Raises:
            Inconclusive: it is not.
            Blocked: it gave a token that cannot be presented anywhere.
        """
        reply = exchange.reply
        if reply is None:
            away = exchange.trouble.startswith(_AWAY)
            raise Inconclusive(exchange.trouble.removeprefix(_AWAY) if away else f"no reply ({exchange.trouble})")
        if reply.cut and 200 <= reply.status < 300 and "access_token" in exchange.call.draft.operation.gives:
            raise Inconclusive("the reply is too long to be read to its end")
        given = exchange.call.draft.operation.read_reply(reply.members if reply.size > _LONGEST_TOKEN else {})
        for role in TOKEN_ROLES:
            value = given.get(role)
            if isinstance(value, str) and len(value) > _LONGEST_TOKEN:
                raise Blocked(f"the {role} has {len(value)} characters, more than any server takes in a header")
        if reply.status in (429, 503):
            raise Inconclusive(f"the target answered {reply.status}")
        ban = self.target.dialect.api.ban
        if ban is not None and ban.is_told_by(reply):
            raise Inconclusive("the target has banned this client after too many refusals")

    def may_retry(self, exchange: Exchange | None) -> bool:
        """Tell whether a check whose last call failed may be made once more, and wait as the target asks before it is."""
        reply = exchange.reply if exchange is not None else None
        if exchange is not None and reply is None:
            return not exchange.trouble.startswith(_AWAY)
        if reply is None:
            return True
        if reply.status not in (429, 503):
            return False
        try:
            self.budget.retry_after(reply.header("retry-after"))
        except Inconclusive:
            return False
        return True

    @property
    def distinct(self) -> bool:
        """Whether tokens differ here without a second of their own. A clock is set ahead all the same: it costs nothing."""
        return self.target.control is None and self.seconds.unique

    def wait(self, pause: Pause) -> float | None:
        """Make a pause where that takes a moment, or a clock can be set ahead; else give when it will be over.

        Raises:
            NotObservable: the limits do not allow it, or nothing tells when it would be over.
        """
        if pause.new_second:
            self._next_second()
            return None
        now = self.now()
        seconds = pause.seconds if pause.until is None else pause.until - now
        if seconds <= 0:
            return None
        if self.target.control is not None or (pause.short and seconds <= _MOMENT):
            self.budget.pause(seconds, pause.reason, short=pause.short)
            return None
        if pause.until is None and not pause.short:
            raise NotObservable(f"nothing tells when {pause.reason}")
        if not pause.short:
            self.budget.afford(seconds if pause.last is None else pause.last - now, pause.reason)
        return now + seconds

    def leave_second(self) -> None:
        """Let the last second be over where it belongs to somebody alone, so that nobody has to wait for that later."""
        if self.seconds.taken(None):
            self._next_second()

    def _next_second(self) -> None:
        if self.distinct:
            return
        left = self.seconds.over - self.now()
        if left > 0:
            self.budget.pause(left, "the second is over", short=True)
