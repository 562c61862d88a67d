"""Going ahead: checks that nobody else's requests can disturb are sent beside each other, before their turn to be judged.

1. Who goes ahead sends what its scenario asks for and nothing else: a pause, or a target that does not answer or asks to be
   left alone, is left to its turn, in which nothing is sent beside it.
2. While something is sent that others could disturb, nobody goes ahead.
3. A target that did not take to several requests at a time gets them one by one from then on.
4. Some servers end a user's sessions with his next login. What presents tokens goes ahead only where this very run has seen
   that sessions are independent, and what renews only where, besides, no login gave a token that another one had given.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Literal

from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS
from watchword.suites.acting.choosing import TOKEN_ROLES
from watchword.suites.running.check import Check
from watchword.suites.running.session import TargetSession

__all__ = ["Ahead", "Kind", "kind_of"]

_HARMLESS = frozenset(
    {
        "method.allow_header",
        "refusals.no_server_error",
        "reply.matches_schema",
        "reply.no_credentials",
        "request.accepted",
    }
)
"""Guarantees that single requests show, whatever others do meanwhile."""


_USING_UP = frozenset({"superseded", "revoked", "reused", "retired"})

Kind = Literal["", "free", "tokens", "renewal"]
"""What has to be known of a server before a check goes ahead: nothing, that its sessions are independent, that its tokens
differ, too; empty for one that never does."""


def kind_of(session: TargetSession, clause: Clause) -> Kind:
    """Tell whether the check of a clause may go beside others.

    It charges no account with a wrong login, takes nothing of the server's time or habits, ends nothing but what is its own,
    and is no matter of several sessions.
    """
    conditions = [CONDITIONS[name] for name in clause.when + clause.conditions]
    looks_at = clause.guarantee or clause.observe
    if not (clause.when or looks_at in _HARMLESS) or session.budget.cost(clause).logins:
        return ""
    if any(one.presumes or one.defect in _USING_UP for one in conditions):
        return ""
    operation = session.operation(clause)
    if operation.purpose == "renew":
        return "renewal"
    if operation.purpose == "revoke":
        return ""
    return "tokens" if any(role in operation.roles for role in TOKEN_ROLES) else "free"


class Ahead:
    """Sends what checks ask for, so many at a time. `count` is how many; only the thread that judges may ask."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.off = False
        """The target has not taken to it."""
        self._turn = threading.Condition()
        self._queue: deque[Check] = deque()
        self._begun: set[Check] = set()
        self._flying: set[Check] = set()
        self._still = True
        self._over = False
        self._threads: list[threading.Thread] = []

    @property
    def room(self) -> int:
        """How many checks may be begun before their turn: what they are answered is kept until then."""
        return 2 * self.count

    def go(self, wanted: Check, upcoming: Iterable[Check]) -> None:
        """Let checks go ahead, until the one that is wanted has come as far as it can; the others go on meanwhile."""
        with self._turn:
            self._queue = deque(check for check in upcoming if check not in self._begun)
            self._still = False
            while len(self._threads) < self.count:
                name = f"watchword-ahead-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
                self._threads[-1].start()
            self._turn.notify_all()
            try:
                self._turn.wait_for(lambda: self.off or (wanted not in self._queue and wanted not in self._flying))
            except BaseException:
                self._end()
                raise

    def forget(self, check: Check) -> None:
        """Let go of a check that has been judged."""
        with self._turn:
            self._begun.discard(check)
            if check in self._queue:
                self._queue.remove(check)

    def rest(self) -> None:
        """Wait until nothing is sent any more; nobody goes ahead until `go` is called again."""
        with self._turn:
            self._still = True
            self._turn.wait_for(lambda: not self._flying)

    def close(self) -> None:
        """Let nobody go ahead any more; what has been sent already is not waited for."""
        with self._turn:
            self._end()

    def _end(self) -> None:
        self._over = self._still = True
        self._queue.clear()
        self._turn.notify_all()

    def _work(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._over or (self._queue and not self._still))
                if self._over:
                    return
                check = self._queue.popleft()
                self._begun.add(check)
                self._flying.add(check)
            check.go_ahead(self._is_over)
            with self._turn:
                self._flying.discard(check)
                if check.troubled:
                    self.off = True
                    self._queue.clear()
                self._turn.notify_all()

    def _is_over(self) -> bool:
        return self._over
