"""Politeness: how fast, how often wrong and how long. One `Budget` a target and run, asked before every request."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from watchword.specs.values.api import Ban
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES
from watchword.suites.acting.steps import Inconclusive, NotObservable
from watchword.suites.target import Target

__all__ = ["Budget", "Cost", "cost_of", "weight"]

_RATE = 20.0
_BAD_LOGINS = 4
_RESERVE = 2
"""Counted refusals that are kept back for controls that fail unexpectedly."""
_GRAVE = (
    "wrong",
    "unknown",
    "tampered",
    "expired",
    "foreign",
    "is_refresh_token",
    "unsigned",
    "missing",
    "truncated",
    "other_case",
    "is_access_token",
    "garbage",
    "empty",
    "extended",
)
"""Defects by what it would mean to let them pass; all others come after them."""
_PATIENCE = 5.0
"""The longest `Retry-After` in seconds that is waited for even when `max_wait` is 0."""


class Cost:
    """What a clause's check costs: bad logins by the credential whose account is charged, and counted refusals."""

    __slots__ = ("logins", "refusals")

    def __init__(self, logins: dict[str, int], refusals: int) -> None:
        self.logins = logins
        self.refusals = refusals


def cost_of(clause: Clause, ban: Ban | None = None) -> Cost:
    """Reckon what a clause's check costs, as far as its conditions tell."""
    logins: dict[str, int] = {}
    sets = [clause.when] if clause.when else [(name,) for name in clause.conditions]
    if "refusals.alike" in (clause.guarantee, clause.observe):
        sets = [("password.wrong",), ("username.unknown",)]
    for names in sets:
        # Whoever sends an unknown name charges nobody's account, whatever else is wrong.
        nameless = any(name.endswith(("username.unknown", "client_id.unknown")) for name in names)
        for name in names:
            account = CONDITIONS[name].spends
            if account and not nameless:
                logins[account] = logins.get(account, 0) + 1
    generated = sum(GUARANTEES[clause.guarantee].generated) if clause.guarantee else 0
    if generated:
        return Cost(logins, generated)
    free = ban.uncounted.get(clause.operation or "", ()) if ban is not None else ()
    return Cost(logins, sum(not any(name in free for name in names) for names in sets))


def weight(clause: Clause) -> tuple[int, int, int]:
    """Order clauses by how much their verdict weighs: the smaller, the weightier."""
    levels = {"must": 0, "should": 1, "may": 2}
    bases = {"documented": 0, "inferred": 1, "rfc": 2, "silent": 3}
    graves = [_GRAVE.index(d) if (d := CONDITIONS[name].defect) in _GRAVE else len(_GRAVE) for name in clause.when]
    return levels[clause.level], bases[clause.basis], min(graves, default=0)


def _varied(clauses: Iterable[Clause]) -> list[Clause]:
    """Order clauses by weight, of equal ones those first whose conditions have had no turn yet at another operation."""
    turns: Counter[tuple[object, ...]] = Counter()
    ranked = []
    for clause in sorted(clauses, key=weight):
        kind = (clause.level, clause.basis, *clause.when)
        ranked.append((weight(clause)[:2], turns[kind] if clause.when else 0, weight(clause), clause))
        turns[kind] += 1
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])]


class Budget:
    """Keeps a run within a target's limits."""

    def __init__(self, target: Target) -> None:
        self._target = target
        limits = target.limits
        # Nobody can be locked out of a mock, and it minds no load: unless told otherwise it is not spared.
        rate = limits.requests_per_second or (None if target.mock else _RATE)
        self._gap = 1.0 / rate if rate else 0.0
        self.bad_logins = limits.bad_logins if limits.bad_logins is not None else (None if target.mock else _BAD_LOGINS)
        self._next = 0.0
        self._refused: deque[float] = deque()
        self._waited = 0.0
        self._left_open: dict[str, str] = {}

    def plan(self, clauses: Iterable[Clause], repeat: int = 1) -> None:
        """Share the budgets out over the clauses of a run, the weightiest first."""
        logins: dict[str, int] = {}
        refusals = 0
        ban = self._target.dialect.api.ban
        can_wait = self._can_wait(ban)
        for clause in _varied(clauses):
            cost = cost_of(clause, ban)
            over = [
                account
                for account, count in cost.logins.items()
                if self.bad_logins is not None and logins.get(account, 0) + count * repeat > self.bad_logins
            ]
            if over:
                self._left_open[clause.full_id] = (
                    f"the budget of {self.bad_logins} bad logins for the account of {over[0]} is used up; it, not the target, "
                    "left this open (limits.bad_logins raises it)"
                )
                continue
            if (
                ban is not None
                and not can_wait
                and cost.refusals
                and refusals + cost.refusals * repeat > ban.count - _RESERVE
            ):
                self._left_open[clause.full_id] = (
                    f"servers of this API ban a client after {ban.count} refusals in {ban.window} s; that budget, not the "
                    f"target, left this open (limits.max_wait of {ban.window} or more lets the run wait)"
                )
                continue
            refusals += cost.refusals * repeat
            for account, count in cost.logins.items():
                logins[account] = logins.get(account, 0) + count * repeat

    def _can_wait(self, ban: Ban | None) -> bool:
        return self._target.mock or (ban is not None and self._target.limits.max_wait >= ban.window)

    def left_open(self, clause: Clause) -> str:
        """Say why the budget leaves a clause open; empty when it does not."""
        return self._left_open.get(clause.full_id, "")

    # -- at run time

    def before(self) -> None:
        """Wait until the next request may be sent.

        Raises:
            NotObservable: the window of counted refusals is full and the limits allow no waiting.
        """
        if self._gap:
            now = time.monotonic()
            if now < self._next:
                time.sleep(self._next - now)
            self._next = max(now, self._next) + self._gap
        ban = self._target.dialect.api.ban
        if ban is None or not self._can_wait(ban):
            # Where nothing can be waited for, the plan has kept the run within one window.
            return
        self._forget(ban.window)
        if len(self._refused) >= ban.count - _RESERVE:
            self._let_pass(self._refused[0] + ban.window + 1 - self._now(), "the window of counted refusals")
            self._forget(ban.window)

    def refused(self, status: int) -> None:
        """Count a reply that a banning server would count."""
        if self._target.dialect.api.ban is not None and 400 <= status < 500:
            self._refused.append(self._now())

    def _forget(self, window: float) -> None:
        while self._refused and self._refused[0] + window < self._now():
            self._refused.popleft()

    def _now(self) -> float:
        return self._target.control.now() if self._target.control else time.time()

    def now(self) -> float:
        """Give the time on the clock of the run: the target's where it offers one, else this machine's."""
        return self._now()

    def pause(self, seconds: float, reason: str, *, short: bool = False, certain: bool = True) -> None:
        """Let time pass at the target.

        Raises:
            NotObservable: that takes longer than the limits allow. `certain` is False when nothing tells that the wait
                will do, and then only a clock that can be set ahead is used.
        """
        if seconds <= 0:
            return
        if self._target.control is None and not certain:
            raise NotObservable(f"nothing tells when {reason}")
        if short and self._target.control is None:
            time.sleep(seconds)
            return
        self._let_pass(seconds, reason)

    def _let_pass(self, seconds: float, reason: str) -> None:
        if self._target.control is not None:
            self._target.control.advance(seconds)
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
            raise NotObservable(f"{reason}: that takes {seconds:.0f} s, and {left:.0f} s of limits.max_wait are left")

    def rest(self, seconds: float, *, free: bool = False) -> None:
        """Do nothing for so long. It counts towards the limits unless it is `free`."""
        if seconds > 0:
            self._waited += 0.0 if free else seconds
            time.sleep(seconds)

    def retry_after(self, text: str | None) -> None:
        """Wait as a reply asks.

        Raises:
            Inconclusive: it asks for more than the limits allow.
        """
        seconds = self._asked_for(text)
        if self._target.control is not None:
            self._target.control.advance(seconds)
        elif seconds <= max(_PATIENCE, self._target.limits.max_wait - self._waited):
            time.sleep(seconds)
        else:
            raise Inconclusive(f"the target asks to be left alone for {seconds:.0f} s, longer than the limits allow")

    def _asked_for(self, text: str | None) -> float:
        """Read `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3); one second where it is neither."""
        if text and text.strip().isdigit():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text or "").timestamp() - self._now())
        except ValueError:
            return 1.0
