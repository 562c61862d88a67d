"""Waiting once: what has to grow old is begun first, everything else is done meanwhile, and then it is looked at.

Where a clock can be set ahead nobody waits, and each check is made when it is asked for. Elsewhere, for each target:

1. Checks that wait are begun before all others, by weight: those of renewals, then, when none of these has a renewal still
   to make, the others. On servers that give a user the tokens he has already, they share one session.
2. While anything waits, nothing is begun that renews or revokes: that could end what is growing old.
3. What only looks at tokens goes on before what renews with them.
4. A check whose tokens somebody has ended all the same is made once more, alone. Where a login ends the user's other
   sessions, every login of the run may have been that somebody.
5. What the budget of refusals has put off comes last, by weight: as far as the others have left room for it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from itertools import islice

from watchword.reports.verdict import Verdict
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS
from watchword.suites.running.ahead import Ahead, Kind, kind_of
from watchword.suites.running.check import Check, Judged
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.costs import weight

__all__ = ["Waiting", "ends", "waits"]

_GROWING_OLD = frozenset({"expiry.holds", "expiry.matches_token", "renew.works_after_expiry", "refusals.after_expiry"})
_RENEWING = frozenset(
    {
        "refresh_token.works",
        "refusals.after_renewal",
        "metadata.names_grants",
        "metadata.revocation_endpoint_works",
    }
)
"""Guarantees for which a renewal is made, or a token ended, whatever their operation is for."""
_USING_UP = frozenset({"superseded", "revoked", "reused", "retired"})
_LEEWAY = 2.0
"""Seconds that a check may take; none is begun when something that must not come late is due before."""


def waits(session: TargetSession, clause: Clause) -> bool:
    """Tell whether the check of a clause waits for seconds or more."""
    name = clause.guarantee or clause.observe
    if name in ("expiry.matches_token", "expiry.in_future"):
        # Only a renewal can repeat an older expiry.
        return session.operation(clause).purpose == "renew"
    return name in _GROWING_OLD or any(CONDITIONS[c].presumes == "expiry" for c in clause.when + clause.conditions)


def ends(session: TargetSession, clause: Clause) -> bool:
    """Tell whether the check of a clause renews or revokes, so that tokens of its session may end."""
    if session.operation(clause).purpose in ("renew", "revoke") or clause.guarantee in _RENEWING:
        return True
    return any(CONDITIONS[c].defect in _USING_UP for c in clause.when + clause.conditions)


class _Entry:
    """A clause that was selected: its check, and what is known of it beforehand."""

    def __init__(self, session: TargetSession, clause: Clause) -> None:
        self._session = session
        self.clause = clause
        live = session.target.control is None
        purpose = session.operation(clause).purpose
        self.waits = live and waits(session, clause)
        self.ends = live and ends(session, clause)
        self.renews = purpose == "renew"
        self.only_looks = clause.guarantee == "expiry.holds" or (
            purpose not in ("renew", "revoke") and any(CONDITIONS[c].presumes == "expiry" for c in clause.when)
        )
        self.alone = False
        self.prepare()

    @functools.cached_property
    def kind(self) -> Kind:
        """What has to be known before it is made beside others; empty where it never is."""
        return "" if self.waits else kind_of(self._session, self.clause)

    @property
    def is_fresh(self) -> bool:
        """Whether it has still to be begun, in its turn."""
        return not (self.begun or self.alone or self._session.budget.is_put_off(self.clause))

    def prepare(self) -> None:
        """Go back to the beginning."""
        self.check = Check(self._session, self.clause)
        self.begun = self.touched = self.spoiled = self.crowded = False

    def go(self) -> tuple[frozenset[str], bool]:
        """Begin, or go on; gives the tokens that have been presented where they may end, and whether somebody has logged in."""
        self.begun = True
        before = self._logins
        self.check.go()
        return frozenset().union(*(drive.take_ended() for drive in self.check.drives)), self._logins > before

    @property
    def _logins(self) -> int:
        return sum(drive.logins for drive in self.check.drives)

    @property
    def due(self) -> float:
        """When the check goes on; for ever, where it does not wait."""
        drive = self.check.waiting
        return float("inf") if drive is None or drive.due is None else drive.due

    def has_to_be_repeated(self, independent: bool | None) -> bool:
        """Tell whether what it came to may be the work of another check.

        `independent` tells whether a login leaves the user's other sessions alone; None as long as that is not known.
        """
        judged = self.check.judged
        if judged is None or self.alone:
            return False
        ended = self.spoiled or (self.crowded and independent is False)
        touched = self.touched or (self.crowded and not independent)
        return (ended and self.only_looks) or (touched and (judged.verdict.broken or judged.verdict is Verdict.BLOCKED))


class _Line:
    """The checks of one target."""

    def __init__(self, session: TargetSession) -> None:
        self._session = session
        self._entries: dict[str, _Entry] = {}
        count = session.concurrency
        self._ahead = Ahead(count) if count > 1 else None
        self._separate: bool | None = None
        """Whether the rule holds that the sessions of the target are independent; None as long as nothing has told."""
        self._independent: bool | None = None
        """Whether they have been seen to be, whatever the rules say of it."""

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.close()

    def add(self, clause: Clause) -> _Entry:
        return self._entries.setdefault(clause.full_id, _Entry(self._session, clause))

    def check(self, clause: Clause) -> tuple[Judged, float]:
        wanted = self.add(clause)
        # Where a clock can be set ahead, no check has to make way for one that waits.
        undelayed = self._session.target.control is not None and not self._session.budget.is_put_off(clause)
        while wanted.check.judged is None:
            if undelayed:
                wanted.go()
            else:
                self._step(wanted)
        del self._entries[clause.full_id]
        return wanted.check.judged, wanted.check.seconds

    def _step(self, wanted: _Entry) -> None:
        now = self._session.probe.now()
        parked = [entry for entry in self._entries.values() if entry.check.waiting is not None]
        looking = any(entry.only_looks for entry in parked)
        ready = [
            entry for entry in parked if entry.due <= now and (entry.only_looks or _in_passing(entry) or not looking)
        ]
        later = [entry for entry in parked if entry.due > now]
        chosen = min(ready, key=_weight, default=None) or self._next(wanted, parked, now)
        if chosen is not None:
            self._go(chosen)
        elif later:
            min(later, key=lambda entry: entry.due).check.rest(free=any(map(_in_passing, later)))
        else:
            self._go(wanted)

    def _next(self, wanted: _Entry, parked: list[_Entry], now: float) -> _Entry | None:
        """Choose what to begin; None when it is better to wait."""
        if any(entry.alone for entry in parked):
            return None
        fresh = [entry for entry in self._entries.values() if entry.is_fresh]
        growing = sorted((entry for entry in fresh if entry.waits), key=_weight)
        renewing = [entry for entry in growing if entry.renews]
        if renewing:
            return renewing[0]
        if growing and not any(_in_passing(entry) for entry in parked):
            return growing[0]
        if not parked:
            return self._undelayed(wanted, fresh)
        if any(_must_not_be_late(entry) and entry.due - now < _LEEWAY for entry in parked):
            return None
        harmless = [entry for entry in fresh if not entry.waits and not entry.ends]
        return wanted if wanted in harmless else next(iter(harmless), None)

    def _undelayed(self, wanted: _Entry, fresh: list[_Entry]) -> _Entry:
        """Give what is wanted, and what comes before it where it has been put off."""
        budget = self._session.budget
        if not budget.is_put_off(wanted.clause):
            return wanted
        if fresh:
            return fresh[0]
        chosen = next(self._entries[name] for name in budget.put_off if name in self._entries)
        budget.reconsider(chosen.clause)
        return chosen

    def _go_ahead(self, chosen: _Entry, ahead: Ahead) -> None:
        """Let the check go ahead, with those that come after it; see that it is alone for what it cannot do beside others."""
        if self._may_go_ahead(chosen) and not ahead.off and not chosen.alone:
            self._session.probe.leave_second()
            coming = (entry for entry in self._entries.values() if entry.is_fresh and self._may_go_ahead(entry))
            upcoming = [entry.check for entry in islice(coming, ahead.room)]
            ahead.go(chosen.check, upcoming if chosen.check in upcoming else [chosen.check, *upcoming])
        if not chosen.check.is_sent:
            ahead.rest()

    def _may_go_ahead(self, entry: _Entry) -> bool:
        if entry.kind == "free":
            return True
        if not self._separate or not entry.kind:
            return False
        if entry.kind == "tokens":
            return True
        return self._session.probe.seconds.fresh and all(e.check.waiting is None for e in self._entries.values())

    def _learn(self, chosen: _Entry) -> None:
        """Take notice of what a check tells of the target's sessions."""
        judged = chosen.check.judged
        if judged is not None and chosen.clause.guarantee == "sessions.independent":
            self._separate = self._separate is not False and judged.verdict is Verdict.PASS
            if judged.verdict.verified:
                self._independent = self._independent is not False and not judged.differences

    def _go(self, chosen: _Entry) -> None:
        if self._ahead is not None:
            self._go_ahead(chosen, self._ahead)
        ended, logged_in = chosen.go()
        if self._ahead is not None:
            self._ahead.forget(chosen.check)
        self._learn(chosen)
        for entry in self._entries.values():
            met = (
                [d for d in entry.check.drives if d.due is not None and ended & d.texts] if entry is not chosen else []
            )
            entry.touched = entry.touched or bool(met)
            # What passes by before the token that is looked at has been issued spoils nothing, if it still is.
            entry.spoiled = entry.spoiled or any(not drive.short for drive in met)
            entry.crowded |= logged_in and entry is not chosen and entry.check.waiting is not None
        if chosen.has_to_be_repeated(self._independent):
            chosen.prepare()
            chosen.alone = True


def _weight(entry: _Entry) -> tuple[int, int, int]:
    return weight(entry.clause)


def _in_passing(entry: _Entry) -> bool:
    drive = entry.check.waiting
    return drive is not None and drive.short


def _must_not_be_late(entry: _Entry) -> bool:
    drive = entry.check.waiting
    return drive is not None and drive.by is not None


class Waiting:
    """The checks of a run that are still to be made, and those that wait."""

    def __init__(self, selected: Iterable[tuple[TargetSession, Clause]]) -> None:
        self._lines: dict[str, _Line] = {}
        for session, clause in selected:
            self._line(session).add(clause)

    def check(self, session: TargetSession, clause: Clause) -> tuple[Judged, float]:
        """Give what the check of a clause came to, and the seconds it took; what others wait for is done meanwhile."""
        return self._line(session).check(clause)

    def close(self) -> None:
        """Send nothing more before its turn."""
        for line in self._lines.values():
            line.close()

    def _line(self, session: TargetSession) -> _Line:
        return self._lines.setdefault(session.target.name, _Line(session))
