"""A witness: a session that is older than all that checks open beside each other, and has to outlive them.

A server may end a user's sessions with his next login, his next renewal or his tenth session. Then a token of one check is
refused because of another, and the refusal shows nothing. As long as the oldest session of the same user is still served, it
has done nothing of that.
"""

from __future__ import annotations

from typing import Any

from watchword.specs.values.api import Operation
from watchword.suites.acting.choosing import renewal_for
from watchword.suites.acting.context import NEXT_SECOND, Context, Steps, Tokens, succeeded
from watchword.suites.acting.expiry import end_of
from watchword.suites.acting.steps import Exchange, Halt, NotObservable, Pause
from watchword.suites.running.session import TargetSession

__all__ = ["Witness"]

_LEFT = 60.0
"""Seconds that its token has to live at least, so that its end comes of no expiry."""


class Witness:
    """A session of one way to log in."""

    def __init__(self, session: TargetSession, issuer: Operation) -> None:
        self._session = session
        self._issuer = issuer
        self._context = Context(session.target, issuer, session.tag)
        self._tokens: Tokens | None = None
        self._opens: bool | None = None
        self._renews: bool | None = None
        self._lost = False

    def stands(self, *, renews: bool) -> bool:
        """Tell whether it is there, and there is something by which it can show that it lives; it logs in where it has to.

        With `renews` it is renewed, too.
        """
        if self._lost:
            return False
        if self._tokens is None or self._is_old(self._tokens):
            self._tokens = self._logged_in()
            if self._tokens is None or self._is_old(self._tokens):
                self._lost = True
                return False
        if self._opens is None:
            self._opens = self._is_open()
        if renews and self._renews is None:
            self._renews = self._is_renewed()
        return self._opens or bool(renews and self._renews)

    def lives(self, *, renews: bool) -> bool:
        """Tell whether it is served as it was before. Another one takes its place where it is not."""
        alive = (not self._opens or self._is_open()) and (not (renews and self._renews) or self._is_renewed())
        if not alive:
            self._tokens = None
        return alive

    def outlives_a_login(self) -> bool | None:
        """Tell whether a new session of the user is still served after his next login; None where that does not show."""
        self._tokens = self._logged_in()
        if not self._is_open():
            return None
        try:
            # Two logins of one second may give the same token, which tells nothing of the first.
            self._session.probe.wait(NEXT_SECOND)
        except Halt:
            return None
        if self._logged_in() is None:
            return None
        return self._is_open()

    def _is_old(self, tokens: Tokens) -> bool:
        try:
            return end_of(self._context, tokens).earliest < self._session.probe.now() + _LEFT
        except NotObservable:
            return False

    def _logged_in(self) -> Tokens | None:
        try:
            found: Tokens = self._sent(self._context.login(self._issuer, step="verify"))
        except Halt:
            return None
        return found

    def _is_open(self) -> bool:
        if self._tokens is None or self._session.target.resource_operation is None:
            return False
        try:
            exchange: Exchange = self._sent(self._context.open(self._tokens["access_token"], "verify"))
        except Halt:
            return False
        return succeeded(exchange.reply, exchange.call.draft.operation)

    def _is_renewed(self) -> bool:
        if self._tokens is None:
            return False
        try:
            renewal = renewal_for(self._context.api, self._issuer, self._session.target.credentials)
            self._tokens = self._sent(self._context.renew(renewal, self._tokens, step="verify"))
        except Halt:
            return False
        return True

    def _sent(self, steps: Steps) -> Any:
        """Send what is asked for; gives what it comes to."""
        probe = self._session.probe
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    raise NotObservable(step.reason)
                exchange = probe.send(step)
                probe.insist(exchange)
                step = steps.send(exchange)
        except StopIteration as stop:
            return stop.value
