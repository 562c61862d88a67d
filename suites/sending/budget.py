"""Politeness: how fast, how often wrong and how long. One `Budget` a target and run, asked before every request."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from watchword.specs.values.api import Ban, Operation
from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import CONDITIONS, CREDENTIALS
from watchword.suites.acting.choosing import TOKEN_ROLES
from watchword.suites.acting.context import Context
from watchword.suites.acting.figures import moment
from watchword.suites.acting.provoke.table import Work, settle
from watchword.suites.acting.steps import Call, Inconclusive, NotApplicable, NotObservable
from watchword.suites.sending.accounts import Accounts
from watchword.suites.sending.costs import Cost, cost_of, grows_old, varied
from watchword.suites.sending.window import Window
from watchword.suites.target import Control, Target, TargetError

__all__ = ["Budget"]

_RATE = 20.0
_BAD_LOGINS = 4
_MARGIN = 5.0
"""Seconds more than a wait that was refused would take: for its requests, and for the short wait that may follow it."""
_DIGITS = 9
_LONGEST_REST = 7 * 86400.0
"""The longest `Retry-After` in seconds that a clock is set ahead for; whoever asks for more wants nobody back."""
_END_OF_TIME = 253402300799
"""The last second of the year 9999, beyond which no date can be written."""
_PATIENCE = 5.0
"""The longest `Retry-After` in seconds that is waited for even when `max_wait` is 0."""


class Budget:
    """Keeps a run within a target's limits."""

    def __init__(self, target: Target) -> None:
        self._target = target
        limits = target.limits
        # Nobody can be locked out of a mock, and it minds no load: unless told otherwise it is not spared.
        rate = limits.requests_per_second or (None if target.mock else _RATE)
        self.gap = 1.0 / rate if rate else 0.0
        """Seconds between two requests."""
        self.bad_logins = limits.bad_logins if limits.bad_logins is not None else (None if target.mock else _BAD_LOGINS)
        self._accounts = Accounts(target.credentials, self.bad_logins)
        self._ban = target.dialect.api.ban if limits.firewall else None
        self._next = 0.0
        self._turn = threading.Lock()
        self._closed_until = 0.0
        self._window = Window(self._ban) if self._ban is not None else None
        self._waited = 0.0
        self._refused_wait = 0.0
        self._unplanned_waits = 0.0
        self._over_full = 0
        self._left_open: dict[str, NotObservable] = {}
        self._put_off: dict[str, int] = {}

    def plan(self, clauses: Iterable[Clause], repeat: int = 1) -> None:
        """Share the budgets out over the clauses of a run, the weightiest first."""
        logins: dict[str, int] = {}
        refusals = 0
        # What all clauses would cost, those that are left open among them: so high a limit would have to be.
        wanted: Counter[str] = Counter()
        wanted_refusals = 0
        window = self._window
        room = self._room(self._ban)
        for clause in varied(clauses):
            cost = self.cost(clause)
            wanted.update({account: count * repeat for account, count in cost.logins.items()})
            wanted_refusals += cost.refusals * repeat
            if not self._target.mock and self._target.limits.max_wait <= 0 and grows_old(clause):
                # Its check will say how long it would have to wait, and is refused nothing.
                continue
            over = [
                account
                for account, count in cost.logins.items()
                if self.bad_logins is not None and logins.get(account, 0) + count * repeat > self.bad_logins
            ]
            if over:
                self._left_open[clause.full_id] = NotObservable(
                    f"the budget of {self.bad_logins} bad logins for the account of {over[0]} is used up; it, not the target, "
                    "left this open (limits.bad_logins raises it)",
                    {"limits.bad_logins": max(wanted[account] for account in over)},
                )
                continue
            if window is not None and cost.refusals and refusals + cost.refusals * repeat > room:
                self._unplanned_waits = (math.ceil(wanted_refusals / window.size) - 1) * window.seconds
                self._left_open[clause.full_id] = NotObservable(
                    f"{window.sentence}; that budget, not the target, left this open (every {window.seconds:.0f} s more of "
                    f"limits.max_wait are another {window.size} refusals; limits.firewall = false says that this server bans "
                    "nobody)",
                    {"limits.max_wait": self._unplanned_waits},
                )
                self._put_off[clause.full_id] = cost.refusals * repeat
                continue
            refusals += cost.refusals * repeat
            for account, count in cost.logins.items():
                logins[account] = logins.get(account, 0) + count * repeat

    def cost(self, clause: Clause) -> Cost:
        """Give what the check of a clause costs at this target."""
        given = self._target.credentials.keys()
        operation = self._target.dialect.api.operations.get(clause.operation or "")
        needs = {need for name in clause.when for need in CONDITIONS[name].needs}
        needs |= {role for role in CREDENTIALS if operation is not None and role in operation.required_roles}
        if not needs <= given or (operation is not None and self._cannot_be_provoked(clause, operation)):
            # It will say what the target does not give, and sends nothing wrong.
            return Cost({}, 0)
        possible = tuple(name for name in clause.conditions if set(CONDITIONS[name].needs) <= given)
        return cost_of(replace(clause, conditions=possible), self._ban)

    def _cannot_be_provoked(self, clause: Clause, operation: Operation) -> bool:
        """Whether the credentials alone show that a condition is not to be had: two users with one password, say."""
        if any(role in operation.roles for role in TOKEN_ROLES):
            return False
        context = Context(self._target, operation)
        try:
            next(settle(context.write(operation, context.values()), Work(context, None), clause.when))
        except StopIteration:
            return False
        except NotApplicable:
            return True
        return False

    def _room(self, ban: Ban | None) -> float:
        """Give how many counted refusals there is time for: one window's, and one more for each that can be waited for."""
        if ban is None or self._window is None or self._target.mock:
            return math.inf
        windows = 1 + int(self._target.limits.max_wait // self._window.seconds)
        return windows * self._window.size

    @property
    def put_off(self) -> tuple[str, ...]:
        """The full ids of the clauses that are put off, the weightiest first."""
        return tuple(self._put_off)

    def is_put_off(self, clause: Clause) -> bool:
        """Tell whether a clause is left open for its refusals, and may be afforded when all others have been checked."""
        return clause.full_id in self._put_off

    def reconsider(self, clause: Clause) -> None:
        """Decide about a clause that was put off, now that all others are done.

        Some of them were refused less often than they might have been, and what was refused long ago is forgotten.
        """
        refusals = self._put_off.pop(clause.full_id, None)
        if refusals is None or self._window is None:
            return
        wait = self._window.wait_for_all(refusals, self._now())
        if not wait or self._waited + wait <= self._target.limits.max_wait:
            del self._left_open[clause.full_id]

    def left_open(self, clause: Clause) -> str:
        """Say why the budget leaves a clause open; empty when it does not."""
        halt = self.halt(clause)
        return halt.reason if halt else ""

    def halt(self, clause: Clause) -> NotObservable | None:
        """Give what ends the check of a clause that the budget leaves open, with the limits that would cover it."""
        return self._left_open.get(clause.full_id)

    # -- at run time

    @property
    def counts_refusals(self) -> bool:
        """Whether each refusal has to be counted before the next request, because a server bans whoever has too many."""
        return self._window is not None

    def before(self, call: Call) -> None:
        """Wait until a request may be sent.

        Raises:
            NotObservable: the window of counted refusals is full, or the request would be one bad login too many, and the
                limits allow no more.
            Inconclusive: the target asked to be left alone for longer than the limits allow.
            Blocked: right credentials were refused before, and trying them again could lock somebody out.
        """
        self._accounts.before(call.draft)
        try:
            self._wait_before(call)
        except BaseException:
            self._accounts.give_back(call.draft)
            raise

    def give_back(self, call: Call) -> None:
        """Take notice that a request has not been sent after all."""
        self._accounts.give_back(call.draft)

    def _wait_before(self, call: Call) -> None:
        closed = self._closed_until - time.monotonic()
        if closed > 0:
            self._leave_alone(closed)
        if self.gap:
            # Of those that wait at the same time, each has a moment of its own.
            with self._turn:
                now = time.monotonic()
                mine = max(now, self._next)
                self._next = mine + self.gap
            if now < mine:
                time.sleep(mine - now)
        full = self._window.wait_for(call, self._now()) if self._window is not None else 0.0
        if full > 0:
            self._let_window_pass(full)

    def after(self, call: Call, reply: Reply | None) -> None:
        """Take down what came of a request: a failed login, a refusal that a banning server counts, a wish to be left alone."""
        ban = self._target.dialect.api.ban
        banned = ban is not None and reply is not None and ban.is_told_by(reply)
        if not banned or call.conditions or call.generated:
            # Whoever is banned is refused whatever he sends: that says nothing of right credentials.
            self._accounts.after(call, reply)
        else:
            self._accounts.give_back(call.draft)
        if reply is None:
            return
        if reply.status in (429, 503) and self._target.control is None:
            self._closed_until = time.monotonic() + self._asked_for(reply.header("retry-after"))
        if self._window is not None:
            self._window.note(call, reply, self._now())

    def _now(self) -> float:
        return self._target.control.now() if self._target.control else time.time()

    def now(self) -> float:
        """Give the time on the clock of the run: the target's where it offers one, else this machine's."""
        return self._now()

    def pause(self, seconds: float, reason: str, *, short: bool = False) -> None:
        """Let time pass at the target.

        Raises:
            NotObservable: that takes longer than the limits allow.
        """
        if seconds <= 0:
            return
        if short and self._target.control is None:
            time.sleep(seconds)
            return
        self._let_pass(seconds, reason)

    def _let_window_pass(self, seconds: float) -> None:
        """Wait until a full window of refusals has room again. One such wait makes room for many.

        Raises:
            NotObservable: that takes longer than the limits allow.
        """
        window = self._window
        if window is None or self._target.control is not None or self._waited + seconds <= self._target.limits.max_wait:
            self._let_pass(seconds, "the window of counted refusals")
            return
        self._over_full += 1
        more = math.ceil(self._over_full / window.size) * window.seconds
        raise NotObservable(
            f"{window.sentence}, and the next would be one too many for another {seconds:.0f} s; that budget, not the target, "
            "left this open (limits.max_wait allows a longer wait; limits.firewall = false says that this server bans nobody)",
            {"limits.max_wait": self._waited + self._unplanned_waits + more},
        )

    def _let_pass(self, seconds: float, reason: str) -> None:
        if self._target.control is not None:
            if self._now() + seconds > _END_OF_TIME:
                raise NotObservable(f"{reason}: no clock goes that far")
            self._set_ahead(self._target.control, seconds, reason)
            return
        self.afford(seconds, reason)
        self.rest(seconds)

    def afford(self, seconds: float, reason: str) -> None:
        """See that the limits allow to wait; whatever is done meanwhile leaves more of them.

        Raises:
            NotObservable: they do not.
        """
        if self._waited + seconds > self._target.limits.max_wait:
            left = max(0.0, self._target.limits.max_wait - self._waited)
            # What grows old does so side by side: the longest of these waits is the one that counts.
            self._refused_wait = max(self._refused_wait, seconds + _MARGIN)
            raise NotObservable(
                f"{reason}: that takes {seconds:.0f} s, and {left:.0f} s of limits.max_wait are left",
                {"limits.max_wait": self._waited + self._refused_wait},
            )

    def rest(self, seconds: float, *, free: bool = False) -> None:
        """Do nothing for so long. It counts towards the limits unless it is `free`."""
        if seconds > 0:
            self._waited += 0.0 if free else seconds
            time.sleep(seconds)

    @staticmethod
    def _set_ahead(control: Control, seconds: float, reason: str) -> None:
        try:
            control.advance(seconds)
        except (ValueError, TargetError) as trouble:
            # An expiry in some thousand years is the target's word, and no clock goes there.
            raise NotObservable(f"{reason}: the target's clock cannot be set {seconds:.0f} s ahead") from trouble

    def retry_after(self, text: str | None) -> None:
        """Wait as a reply asks.

        Raises:
            Inconclusive: it asks for more than the limits allow.
        """
        seconds = self._asked_for(text)
        if self._target.control is not None:
            if seconds > _LONGEST_REST:
                raise Inconclusive(f"the target asks to be left alone for {seconds:.0f} s")
            self._target.control.advance(seconds)
        else:
            self._leave_alone(seconds)
            self._closed_until = 0.0

    def _leave_alone(self, seconds: float) -> None:
        left = self._target.limits.max_wait - self._waited
        if seconds > max(_PATIENCE, left):
            raise Inconclusive(f"the target asks to be left alone for {seconds:.0f} s, longer than the limits allow")
        if seconds > _PATIENCE:
            self._waited += seconds
        time.sleep(seconds)

    def _asked_for(self, text: str | None) -> float:
        """Read `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3); one second where it is neither."""
        asked = (text or "").strip()
        if asked.isascii() and asked.isdigit():
            # More than a few digits are longer than anybody waits, however many they are.
            return float(asked[-_DIGITS:] if len(asked.lstrip("0")) <= _DIGITS else "9" * _DIGITS)
        until = moment(asked)
        return 1.0 if until is None else max(0.0, until - self._now())
