"""One clause that was selected: its check, and what is known of it before anything is sent."""

from __future__ import annotations

import functools
from typing import Literal

from watchword.reports.verdict import Verdict
from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES
from watchword.specs.vocabulary.guarantees import Uses
from watchword.suites.acting.alone import is_alone
from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for
from watchword.suites.acting.steps import NotApplicable
from watchword.suites.judging.workshop import GENERATED
from watchword.suites.running.check import Check, Judged
from watchword.suites.running.session import TargetSession

__all__ = ["Entry", "Kind", "ends", "issuers_of", "kind_of", "waits"]

Kind = Literal["", "free", "tokens", "renewal", "revocation"]
"""What the check of a clause does with sessions: nothing, present their tokens, renew them, end them. Empty: it goes alone."""

_USING_UP = frozenset({"superseded", "revoked", "reused", "retired"})


def _uses(clause: Clause) -> Uses | None:
    """Give how far the check of a guarantee goes with a session; None where a clause is about conditions."""
    name = clause.guarantee or clause.observe
    return GUARANTEES[name].uses if name else None


def waits(session: TargetSession, clause: Clause) -> bool:
    """Tell whether the check of a clause waits for seconds or more."""
    name = clause.guarantee or clause.observe
    if name in ("expiry.matches_token", "expiry.in_future"):
        # Only a renewal can repeat an older expiry.
        return session.operation(clause).purpose == "renew"
    return _uses(clause) == "expiry" or any(CONDITIONS[c].presumes == "expiry" for c in clause.when + clause.conditions)


def ends(session: TargetSession, clause: Clause) -> bool:
    """Tell whether the check of a clause renews or revokes, so that tokens of its session may end."""
    if session.operation(clause).purpose in ("renew", "revoke") or _uses(clause) == "renewal":
        return True
    return any(CONDITIONS[c].defect in _USING_UP for c in clause.when + clause.conditions)


def kind_of(session: TargetSession, clause: Clause) -> Kind:
    """Tell what the check of a clause does with sessions; empty where it has to be alone.

    That is so where it charges an account with a wrong login, uses what a server may take for stolen, waits for an expiry,
    sends generated requests, or tries what metadata name.
    """
    if clause.guarantee == GENERATED or waits(session, clause) or session.budget.cost(clause).logins:
        return ""
    if any(map(is_alone, clause.when)):
        return ""
    operation = session.operation(clause)
    if operation.purpose == "metadata" and not (clause.when or _uses(clause) == "reply"):
        # It is held against whatever else the server has, its logins, renewals and revocations among them.
        return ""
    defects = {CONDITIONS[name].defect for name in clause.when + clause.conditions}
    if operation.purpose == "revoke" or "revoked" in defects:
        return "revocation"
    if operation.purpose == "renew" or "superseded" in defects or _uses(clause) == "renewal":
        return "renewal"
    asks_further = clause.basis == "silent" and any(CONDITIONS[c].contradicts for c in clause.when)
    presents = any(role in operation.roles for role in TOKEN_ROLES) or asks_further
    return "tokens" if presents or not (clause.when or _uses(clause) == "reply") else "free"


def issuers_of(session: TargetSession, clause: Clause) -> list[Operation]:
    """Give the operations that open the sessions which the check of a clause works with."""
    api, held = session.target.dialect.api, session.target.credentials
    asked = [session.operation(clause)]
    if _uses(clause) == "renewal":
        asked += api.with_purpose("renew")[:1]
    beside = {role for name in clause.when + clause.conditions for role in CONDITIONS[name].beside}
    found = []
    for operation in asked:
        try:
            found.append(issuer_for(api, operation, held, beside))
        except NotApplicable:
            # Its check will say so, and opens none.
            continue
    return found


class Entry:
    """A clause that was selected, on its way.

    `tried` tells that it was sent beside others once, which is enough; `shared` that something of it still stands; `alone` that
    it is made once more, with nobody beside it.
    """

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
        self.alone = self.tried = False
        self.prepare()

    @functools.cached_property
    def kind(self) -> Kind:
        """What it does with sessions; empty where it is never made beside others."""
        return kind_of(self._session, self.clause)

    @functools.cached_property
    def charges(self) -> bool:
        """Whether it logs in wrongly to an account, which the server may lock: for all who come after it, and not before."""
        return bool(self._session.budget.cost(self.clause).logins) and self._session.halt(self.clause) is None

    @property
    def is_fresh(self) -> bool:
        """Whether it has still to be begun, in its turn."""
        settled = self.begun or self.alone or self.check.judged is not None
        return not settled and not self._session.budget.is_put_off(self.clause)

    def prepare(self) -> None:
        """Go back to the beginning."""
        self.check = Check(self._session, self.clause)
        self.begun = self.touched = self.spoiled = self.crowded = self.shared = False

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
        return (ended and self.only_looks) or (touched and self._is_lost) or (self.shared and self.is_doubtful(judged))

    @property
    def is_worth_a_question(self) -> bool:
        """Whether it came to something that the logins of others would explain, if a login ends other sessions."""
        return self.crowded and not self.alone and not self.touched and self._is_lost

    @property
    def _is_lost(self) -> bool:
        verdict = self.check.judged.verdict if self.check.judged else None
        return verdict is not None and (verdict.broken or verdict is Verdict.BLOCKED)

    @staticmethod
    def is_doubtful(judged: Judged) -> bool:
        """Whether a right server could have come to it only through what others sent meanwhile."""
        return bool(judged.attempt.transcript.exchanges) and judged.verdict not in (Verdict.PASS, Verdict.OBSERVED)
