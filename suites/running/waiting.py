"""Waiting once: what has to grow old is begun first, everything else is done meanwhile, and then it is looked at.

Where a clock can be set ahead nobody waits, and each check is made when it is asked for. Elsewhere, for each target:

1. Checks that wait are begun before all others, by weight: those of renewals, then, when none of these has a renewal still
   to make, the others. On servers that give a user the tokens he has already, they share one session.
2. While anything waits, nothing is begun that renews or revokes: that could end what is growing old.
3. What only looks at tokens goes on before what renews with them.
4. A check whose tokens somebody has ended all the same is made once more, alone. Where a login ends the user's other
   sessions, every login of the run may have been that somebody; where nobody knows whether it does, two logins tell.
5. What the budget of refusals has put off comes last, by weight: as far as the others have left room for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from watchword.specs.values.clause import Clause
from watchword.suites.running.ahead import Ahead
from watchword.suites.running.check import Judged
from watchword.suites.running.entry import Entry, issuers_of
from watchword.suites.running.session import TargetSession
from watchword.suites.running.witness import Witness
from watchword.suites.sending.costs import weight

__all__ = ["Waiting"]

_LEEWAY = 2.0
"""Seconds that a check may take; none is begun when something that must not come late is due before."""
_REQUESTS = 4
"""Requests that a check takes, at least by most."""


class _Line:
    """The checks of one target."""

    def __init__(self, session: TargetSession) -> None:
        self._session = session
        self._entries: dict[str, Entry] = {}
        self._ahead = Ahead(session, session.concurrency) if session.overlaps else None
        self._independent: bool | None = None
        """Whether sessions have been seen to be independent, whatever the rules say of it; None as long as nothing has told."""

    def add(self, clause: Clause) -> Entry:
        return self._entries.setdefault(clause.full_id, Entry(self._session, clause))

    def check(self, clause: Clause) -> tuple[Judged, float]:
        wanted = self.add(clause)
        # Where a clock can be set ahead, no check has to make way for one that waits.
        undelayed = self._session.target.control is not None and not self._session.budget.is_put_off(clause)
        while wanted.check.judged is None:
            if undelayed:
                self._go(wanted)
            else:
                self._step(wanted)
        del self._entries[clause.full_id]
        return wanted.check.judged, wanted.check.seconds

    def _parked(self) -> list[Entry]:
        """Give the checks that wait; where a clock can be set ahead, none ever does."""
        if self._session.target.control is not None:
            return []
        # Of hundreds, a few have been begun at all.
        return [entry for entry in self._entries.values() if entry.check.drives and entry.check.waiting is not None]

    def _step(self, wanted: Entry) -> None:
        now = self._session.probe.now()
        parked = self._parked()
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

    def _next(self, wanted: Entry, parked: list[Entry], now: float) -> Entry | None:
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

    def _undelayed(self, wanted: Entry, fresh: list[Entry]) -> Entry:
        """Give what is wanted, and what comes before it where it has been put off."""
        budget = self._session.budget
        if not budget.is_put_off(wanted.clause):
            return wanted
        if fresh:
            return fresh[0]
        chosen = next(self._entries[name] for name in budget.put_off if name in self._entries)
        budget.reconsider(chosen.clause)
        return chosen

    def _go(self, chosen: Entry) -> None:
        if self._ahead is not None and not chosen.tried and not chosen.alone:
            self._send_ahead(chosen, self._ahead)
        if chosen.check.judged is not None:
            return
        ended, logged_in = chosen.go()
        self._learn(chosen)
        for entry in self._parked():
            met = (
                [d for d in entry.check.drives if d.due is not None and ended & d.texts] if entry is not chosen else []
            )
            entry.touched = entry.touched or bool(met)
            # What passes by before the token that is looked at has been issued spoils nothing, if it still is.
            entry.spoiled = entry.spoiled or any(not drive.short for drive in met)
            entry.crowded |= logged_in and entry is not chosen
        if self._independent is None and chosen.is_worth_a_question:
            self._find_out(chosen)
        if chosen.has_to_be_repeated(self._independent):
            chosen.prepare()
            chosen.alone = True

    def _find_out(self, chosen: Entry) -> None:
        """Ask whether a login ends the user's other sessions, rather than wait a second time for what may come to the same."""
        found = [Witness(self._session, one).outlives_a_login() for one in issuers_of(self._session, chosen.clause)]
        told = [one for one in found if one is not None]
        self._independent = all(told) if told else None
        for entry in self._parked():
            entry.crowded = True

    def _send_ahead(self, chosen: Entry, ahead: Ahead) -> None:
        """Send a check beside those that come after it."""
        parked = self._parked()
        entries = list(self._entries.values())
        company: list[Entry] = []
        room = min(ahead.room, self._room(parked))
        for entry in entries[entries.index(chosen) :]:
            # A server that locks an account for a wrong login does so for all who come later, and for nobody before.
            if entry.charges or len(company) >= room:
                break
            if entry.is_fresh and ahead.may(entry) and not (parked and entry.ends):
                company.append(entry)
        if chosen in company:
            ahead.send(company)
            for entry in company:
                self._learn(entry)
            for entry in parked:
                entry.crowded = True

    def _learn(self, chosen: Entry) -> None:
        judged = chosen.check.judged
        if judged is not None and chosen.clause.guarantee == "sessions.independent" and judged.verdict.verified:
            self._independent = self._independent is not False and not judged.differences

    def _room(self, parked: list[Entry]) -> float:
        """Give how many checks there is time for, before one comes too late that must not."""
        left = min((e.due - self._session.probe.now() for e in parked if _must_not_be_late(e)), default=math.inf)
        return (left - _LEEWAY) / (_REQUESTS * self._session.pace)


def _weight(entry: Entry) -> tuple[int, int, int]:
    return weight(entry.clause)


def _in_passing(entry: Entry) -> bool:
    drive = entry.check.waiting
    return drive is not None and drive.short


def _must_not_be_late(entry: Entry) -> bool:
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

    def _line(self, session: TargetSession) -> _Line:
        return self._lines.setdefault(session.target.name, _Line(session))
