"""Going ahead: checks are sent beside each other before their turn to be judged, some of them at a time, in bouts.

Laws:
1. Nothing is reported broken, and nothing left undecided, by a check that was sent beside others: it is made once more, alone.
2. Where that comes to something else, or the target did not answer or asked to be left alone, it does not take to several
   requests at a time. The whole bout counts for nothing, and from then on the target is asked one by one.
3. Where a bout works with sessions, one that is older than all of them has to outlive it. Where that is not served any more, a
   refusal in the bout may be the work of another check: what worked with sessions counts for nothing and is made alone.
4. What renews or ends sessions takes part only where every login so far gave tokens of its own.
5. Who comes to a pause in the middle of something begins anew in his turn: meanwhile, others may have changed what he holds.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection

from watchword.reports.verdict import Verdict
from watchword.suites.acting.steps import Halt
from watchword.suites.running.check import Check, Judged
from watchword.suites.running.entry import Entry, Kind, issuers_of
from watchword.suites.running.session import TargetSession
from watchword.suites.running.witness import Witness

__all__ = ["Ahead"]

_ROOM = 8
"""Checks of a bout, for each request that may be on its way at a time: what they are answered is kept until they are judged."""
_KEPT = 32 * 1024 * 1024
"""Bytes of replies that a bout keeps: beyond that nobody begins any more."""
_FEW = 4
"""Checks with sessions for which no witness is called."""
_KINDS: tuple[Kind, ...] = ("free", "tokens", "renewal", "revocation")
_ENDING = ("renewal", "revocation")


class Ahead:
    """Sends checks of one target beside each other. `count` is how many requests may be on their way at a time."""

    def __init__(self, session: TargetSession, count: int) -> None:
        self._session = session
        self._count = count
        self._allowed: set[Kind] = set(_KINDS)
        self._witnesses: dict[str, Witness] = {}
        self._confirmed: set[tuple[str | None, str]] = set()

    @property
    def room(self) -> int:
        """How many checks a bout may have."""
        return _ROOM * self._count

    def may(self, entry: Entry) -> bool:
        """Tell whether a check may be sent beside others, as far as is known."""
        return entry.kind in self._allowed and not entry.tried and self._session.halt(entry.clause) is None

    def send(self, entries: Collection[Entry]) -> None:
        """Send what these checks ask for, beside each other; whatever others may have disturbed is as if it had not been begun.

        What has been sent to its end is judged.
        """
        try:
            self._session.probe.leave_second()
        except Halt:
            # A clock that is not there any more: each check comes to that in its turn, and says so.
            return
        bout = self._attended(entries)
        if len(bout) < 2:
            return
        _send([entry.check for entry in bout], self._count)
        for entry in bout:
            entry.tried = entry.shared = bool(entry.check.drives) or entry.check.is_torn
            entry.check.tell()
        self._sift([entry for entry in bout if entry.tried])

    def _attended(self, entries: Collection[Entry]) -> list[Entry]:
        """Choose those that need no witness, and those that have one."""
        ending = any(entry.kind in _ENDING for entry in entries)
        if sum(entry.kind != "free" for entry in entries) < _FEW:
            return [entry for entry in entries if entry.kind == "free"]
        found = [
            entry
            for entry in entries
            if entry.kind == "free" or all(one.stands(renews=ending) for one in self._witnesses_of(entry))
        ]
        fresh = self._session.probe.seconds.fresh
        return [entry for entry in found if entry.kind not in _ENDING or fresh]

    def _witnesses_of(self, entry: Entry) -> list[Witness]:
        issuers = issuers_of(self._session, entry.clause)
        return [self._witnesses.setdefault(one.name, Witness(self._session, one)) for one in issuers]

    def _sift(self, bout: list[Entry]) -> None:
        """Judge what stands, and have the rest begun anew."""
        if any(entry.check.troubled for entry in bout):
            self._allowed.clear()
            anew = bout
        else:
            anew = [*self._disturbed(bout), *(entry for entry in bout if entry.check.is_torn)]
            standing = [entry for entry in bout if entry not in anew]
            doubted = [entry for entry in standing if self._is_doubted(entry)]
            agreed = [self._is_confirmed(entry) for entry in doubted]
            if not all(agreed):
                self._allowed.clear()
                anew += [entry for entry in standing if entry not in doubted]
        for entry in anew:
            entry.prepare()

    def _disturbed(self, bout: list[Entry]) -> list[Entry]:
        """Give the checks whose sessions others may have ended, and let none of their kind go ahead any more."""
        wary = [entry for entry in bout if entry.kind != "free"]
        ending = any(entry.kind in _ENDING for entry in wary)
        witnesses = {id(one): one for entry in wary for one in self._witnesses_of(entry)}
        if not all(one.lives(renews=ending) for one in witnesses.values()):
            worst = max(_KINDS.index(entry.kind) for entry in wary)
            self._allowed -= set(_KINDS[worst:])
            return wary
        if ending and not self._session.probe.seconds.fresh:
            return [entry for entry in wary if entry.kind in _ENDING]
        return []

    def _is_doubted(self, entry: Entry) -> bool:
        """Judge a check that has been sent to its end, and tell whether it has to be made once more, alone."""
        if not entry.check.is_sent:
            return False
        entry.check.go()
        judged = entry.check.judged
        return judged is not None and entry.is_doubtful(judged) and _name_of(entry, judged) not in self._confirmed

    def _is_confirmed(self, entry: Entry) -> bool:
        """Make a check once more, with nobody beside it, and tell whether it comes to the same."""
        before = entry.check.judged
        if before is not None and _name_of(entry, before) in self._confirmed:
            return True
        entry.prepare()
        entry.check.go()
        judged = entry.check.judged
        if judged is None or before is None:
            # It waits, which it is to do in its turn.
            entry.prepare()
            return True
        if judged.verdict is Verdict.NOT_SUPPORTED:
            # What an operation declines, it declines whoever asks.
            self._confirmed.add(_name_of(entry, judged))
        return judged.verdict is before.verdict


def _name_of(entry: Entry, judged: Judged) -> tuple[str | None, str]:
    return entry.clause.operation, judged.reason if judged.verdict is Verdict.NOT_SUPPORTED else entry.clause.full_id


def _send(checks: list[Check], count: int) -> None:
    """Let checks go as far as they can, `count` of them at a time; whoever is interrupted sends nothing new."""
    # Those that send most begin first, so that nobody is waited for alone at the end.
    queue = deque(sorted(checks, key=lambda check: -len(check.clause.conditions)))
    over = threading.Event()

    def work() -> None:
        while not over.is_set() and sum(check.kept for check in checks) < _KEPT:
            try:
                check = queue.popleft()
            except IndexError:
                return
            check.go_ahead(over.is_set)
            if check.troubled:
                over.set()

    threads = [threading.Thread(target=work, name=f"watchword-ahead-{n}", daemon=True) for n in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        over.set()
        raise
