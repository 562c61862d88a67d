"""A drive: one scenario on its way, as far as it goes without a wait, and on again when its time has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from watchword.suites.acting.choosing import TOKEN_ROLES
from watchword.suites.acting.context import succeeded
from watchword.suites.acting.steps import (
    Call,
    Exchange,
    Halt,
    Inconclusive,
    NotObservable,
    Outlived,
    Pause,
    Scenario,
    Transcript,
)
from watchword.suites.sending.probe import Probe

__all__ = ["Drive"]

_TRIES = 3
_ENDING = ("renew", "revoke")
"""What an operation is for that may end tokens."""


class Drive:
    """Drives a scenario to its end, or to what halted it.

    A call without a reply is not sent again on its own, since the target may have acted on it: the whole scenario is
    begun anew from a fresh login, three times at most. Where a token may have expired on the way, it is begun once more
    when that token is over: some servers give the rest of an old one to whoever logs in.

    `due` is the moment on the run's clock at which the scenario goes on, None when it does not wait; `by` the moment from
    which that would be too late to say anything; `short` tells that the wait is made whatever the limits. `outcome` is the
    transcript, and what halted the scenario before there was something to judge; None while it is on its way. `logins` counts
    those that were served.

    It may go beside others, as far as it only sends: `held` tells that it has come to something else, and `troubled` that the
    target did not answer it, or not willingly. `complete` tells that it is over, or that it can go on alone at any time later:
    nothing was sent so far, or nothing of that is needed any more.
    """

    def __init__(self, probe: Probe, make: Callable[[], Scenario]) -> None:
        self._probe = probe
        self._make = make
        self._tries = 0
        self._outlived = False
        self._ended: frozenset[str] = frozenset()
        self.logins = 0
        self._begin()
        self.outcome: tuple[Transcript, Halt | None] | None = None
        self.due: float | None = None
        self.by: float | None = None
        self.short = False
        self.waited = False
        self.held = False
        self.troubled = False

    def _begin(self) -> None:
        self._tries += 1
        self._exchanges: list[Exchange] = []
        self._told = 0
        self._apart = self._parted = False
        self._says = ""
        self._after: tuple[Pause, ...] = ()
        scenario = self._make()
        self._scenario = scenario
        self._next: Callable[[], Call | Pause] = lambda: next(scenario)

    @property
    def complete(self) -> bool:
        """Whether nothing that was sent so far is needed by what is still to be sent."""
        return self.outcome is not None or self._parted or not self._exchanges

    @property
    def kept(self) -> int:
        """How many bytes the bodies of the replies so far have, in all."""
        return sum(len(e.reply.body) for e in self._exchanges if e.reply is not None)

    def tell(self) -> None:
        """Tell whoever listens of what was sent beside others, each once."""
        for exchange in self._exchanges[self._told :]:
            self._probe.tell(exchange)
        self._told = len(self._exchanges)

    def go_beside(self, is_over: Callable[[], bool]) -> None:
        """Go on beside others, as far as only calls are sent, until nothing more is wanted. Nobody is told of it before `tell`."""
        while self.outcome is None and not self.held and not is_over():
            try:
                self._step(beside=True)
            except StopIteration as stop:
                self._finish(stop.value or {}, None)
            except (Inconclusive, Outlived) as halt:
                self.held = True
                self.troubled = isinstance(halt, Inconclusive)
                self._next = _raising(halt)
            except Halt as halt:
                self._finish({}, halt)

    def go(self) -> None:
        """Go on to the end, or to the next wait."""
        self.held = False
        if self.due is not None and self.due > self._probe.now():
            return
        self.due = self.by = None
        while self.outcome is None and self.due is None:
            try:
                self._step()
            except StopIteration as stop:
                self._finish(stop.value or {}, None)
            except Inconclusive as halt:
                last = self._exchanges[-1] if self._exchanges else None
                if self._tries == _TRIES or not self._probe.may_retry(last):
                    self._finish({}, halt)
                else:
                    self._scenario.close()
                    self._begin()
            except Outlived as halt:
                if self._outlived:
                    self._finish({}, halt)
                else:
                    self._outlived = True
                    self._anew_at(halt.until)
            except Halt as halt:
                self._finish({}, halt)

    def _anew_at(self, moment: float) -> None:
        self._scenario.close()
        self._begin()
        pause = Pause(0, "the token is over", until=moment, short=True)
        self.due = self._probe.wait(pause)
        self.short = True

    def close(self) -> None:
        """Give the scenario up."""
        self._scenario.close()

    @property
    def texts(self) -> frozenset[str]:
        """Every token that the scenario was given or has presented so far."""
        found: set[str] = set()
        for exchange in self._exchanges:
            found |= _presented(exchange)
            if exchange.reply is not None:
                given = exchange.call.draft.operation.read_reply(exchange.reply.members)
                found |= {value for role in TOKEN_ROLES if isinstance(value := given.get(role), str)}
        return frozenset(found)

    def take_ended(self) -> frozenset[str]:
        """Give the tokens that were presented, since this was last asked, to operations that may end them."""
        ended, self._ended = self._ended, frozenset()
        return ended

    def _finish(self, facts: dict[str, object], halt: Halt | None) -> None:
        self._scenario.close()
        if halt is not None:
            # Its frames hold replies and lead back to here: a circle, which is freed late, while a server sends megabytes.
            halt.__traceback__ = halt.__context__ = None
        self.outcome = Transcript(tuple(self._exchanges), facts), halt

    def _step(self, *, beside: bool = False) -> None:
        step = self._next()
        scenario = self._scenario
        if isinstance(step, Pause):
            if step.alone:
                self.held = self._parted = beside
                self._next = lambda: next(scenario)
                return
            if beside and not (step.new_second and self._probe.distinct):
                self.held = True
                pause = step
                self._next = lambda: pause
                return
            self._pause(step)
            return
        if self._says:
            step = replace(step, purpose=f"{step.purpose}, {self._says}")
            self._says = ""
        if self._after:
            step = replace(step, after=self._after)
            self._after = ()
        self._parted = False
        exchange = self._probe.send(step, self if self._apart else None, quiet=beside)
        self._exchanges.append(exchange)
        if not beside:
            self._told = len(self._exchanges)
        if step.draft.operation.purpose in _ENDING:
            self._ended |= _presented(exchange)
        self.logins += step.draft.operation.purpose == "issue" and succeeded(exchange.reply, step.draft.operation)
        self._probe.insist(exchange)
        self._next = lambda: scenario.send(exchange)

    def _pause(self, pause: Pause) -> None:
        scenario = self._scenario
        self._next = lambda: next(scenario)
        if not (pause.new_second and self._probe.distinct):
            self._after += (pause,)
        if pause.new_second and not self._probe.distinct:
            self._apart = True
            self._says = pause.says
        try:
            self.due = self._probe.wait(pause)
        except NotObservable as halt:
            thrown = halt
            self._after = self._after[:-1]
            self._next = lambda: scenario.throw(thrown)
            return
        if self.due is not None:
            self.waited, self.by, self.short = True, pause.by, pause.short


def _raising(halt: Halt) -> Callable[[], Call | Pause]:
    def again() -> Call | Pause:
        raise halt

    return again


def _presented(exchange: Exchange) -> set[str]:
    fields = exchange.call.draft.fields
    return {f.value for f in fields if f.role in TOKEN_ROLES and isinstance(f.value, str)}
