"""The probe: drives a scenario against a target and returns the frozen transcript of what happened."""

from __future__ import annotations

from collections.abc import Callable

from watchword.specs.codec import encode
from watchword.specs.values.http import Reply
from watchword.suites.acting.figures import moment
from watchword.suites.acting.steps import Call, Exchange, Halt, Inconclusive, Pause, Scenario, Transcript
from watchword.suites.sending.budget import Budget
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.started import Wire
from watchword.suites.target import Target

__all__ = ["Probe"]

_TRIES = 3
_AWAY = "away: "


class Probe:
    """One target's probe. `sent` and `heard` let the masker learn secrets before anything is written down."""

    def __init__(self, target: Target, budget: Budget, transport: Wire) -> None:
        self.target = target
        self.budget = budget
        self._transport = transport
        self._offset = 0.0
        self.listeners: list[Callable[[Exchange], None]] = []

    def run(self, make: Callable[[], Scenario]) -> tuple[Transcript, Halt | None]:
        """Drive a scenario to its end, or to what halted it.

        A call without a reply is not sent again on its own, since the target may have acted on it: the whole scenario is
        begun anew from a fresh login, three times at most.
        """
        exchanges: list[Exchange] = []
        for attempt in range(_TRIES):
            exchanges = []
            try:
                return self._drive(make(), exchanges), None
            except Inconclusive as halt:
                if attempt == _TRIES - 1 or not self._may_retry(exchanges):
                    return Transcript(tuple(exchanges)), halt
            except Halt as halt:
                return Transcript(tuple(exchanges)), halt
        raise AssertionError("unreachable")

    def _may_retry(self, exchanges: list[Exchange]) -> bool:
        last = exchanges[-1].reply if exchanges else None
        if last is None:
            return not (exchanges and exchanges[-1].trouble.startswith(_AWAY))
        if last.status not in (429, 503):
            return False
        try:
            self.budget.retry_after(last.header("retry-after"))
        except Inconclusive:
            return False
        return True

    def _drive(self, scenario: Scenario, exchanges: list[Exchange]) -> Transcript:
        try:
            step = next(scenario)
            while True:
                if isinstance(step, Pause):
                    self._pause(step)
                    step = next(scenario)
                    continue
                exchange = self.send(step)
                exchanges.append(exchange)
                self._insist(exchange)
                step = scenario.send(exchange)
        except StopIteration as stop:
            return Transcript(tuple(exchanges), stop.value or {})
        finally:
            scenario.close()

    def _pause(self, pause: Pause) -> None:
        seconds = pause.seconds if pause.until is None else pause.until - self.now()
        self.budget.pause(seconds, pause.reason, short=pause.short, certain=pause.short or pause.until is not None)

    def now(self) -> float:
        """Give the target's time as far as it can be known."""
        return self.budget.now(self._offset)

    def send(self, call: Call) -> Exchange:
        """Send one call and give what came of it."""
        request = encode(call.draft)
        self.budget.before(call)
        sent = self.now()
        try:
            reply, seconds = self._transport.send(request)
        except (Unreachable, ConnectionError, TimeoutError) as trouble:
            exchange = Exchange(call, request, None, str(trouble), sent, 0.0)
        else:
            self._learn_time(reply)
            exchange = Exchange(call, request, reply, "", sent, seconds)
        self.budget.after(call, exchange.reply)
        for listener in self.listeners:
            listener(exchange)
        return exchange

    def _learn_time(self, reply: Reply) -> None:
        """Servers' clocks differ; expiry is reckoned on theirs. `Date` counts whole seconds, so less than two are noise."""
        stamp = moment(reply.header("date"))
        if stamp is None or self.target.control is not None:
            return
        offset = stamp - self.budget.now()
        self._offset = offset if abs(offset) >= 2 else 0.0

    def _insist(self, exchange: Exchange) -> None:
        reply = exchange.reply
        if reply is None:
            away = exchange.trouble.startswith(_AWAY)
            raise Inconclusive(exchange.trouble.removeprefix(_AWAY) if away else f"no reply ({exchange.trouble})")
        if reply.cut and 200 <= reply.status < 300 and "access_token" in exchange.call.draft.operation.gives:
            raise Inconclusive("the reply is too long to be read to its end")
        if reply.status in (429, 503):
            raise Inconclusive(f"the target answered {reply.status}")
        ban = self.target.dialect.api.ban
        if ban is not None and reply.status in ban.statuses and ban.text.encode() in reply.body:
            raise Inconclusive("the target has banned this client after too many refusals")
