"""Other ways than the documented one in which a right login may be served: where one is, a rule is broken, and no credential.

No account pays for the question. Each way is first tried with a name that nobody has, and with the right one only where
that was answered otherwise than in the documented way: the server has then read what it did not find before.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from watchword.specs.applies import why_not
from watchword.specs.values.api import Operation
from watchword.specs.values.draft import Draft
from watchword.specs.vocabulary import CONDITIONS
from watchword.suites.acting.context import Context, succeeded
from watchword.suites.acting.provoke.table import Work, settle
from watchword.suites.acting.steps import Call, Exchange, Halt
from watchword.suites.running.session import TargetSession

__all__ = ["OtherWay", "other_way"]

_SECRETS = {"username": "password", "operator_username": "operator_password"}
_INVALID = "invalid_grant"
"""The code that says of a login that it was read, and that the user's name or secret is wrong (RFC 6749 section 5.2)."""


@dataclass(frozen=True, slots=True, repr=False)
class OtherWay:
    """A way in which a refused login is served: what differs from the documented one, and the exchange that shows it."""

    says: str
    exchange: Exchange


def other_way(session: TargetSession, refused: Exchange) -> OtherWay | None:
    """Look for a way in which a login is served that was refused in the documented one; None where none shows."""
    search = _Search(session, refused)
    try:
        return search.found() if search.ways and search.says_nothing_of_the_user() else None
    except Halt:
        # What the limits do not allow is not found out.
        return None


class _Search:
    """The search for the other way of one login. `ways` are conditions that leave out nothing of the request."""

    def __init__(self, session: TargetSession, refused: Exchange) -> None:
        self._session = session
        self._refused = refused
        operation = refused.call.draft.operation
        self._context = Context(session.target, operation, session.tag)
        self._values = self._context.values()
        users = [role for role in _SECRETS if role in operation.required_roles]
        nobody = f"watchword-nobody-{session.tag}"
        self._nobody = self._values | dict.fromkeys((*users, *(_SECRETS[role] for role in users)), nobody)
        self._users = bool(users)
        limit = session.budget.bad_logins
        # The first of those that the account may see was the one that was refused.
        self._left = limit - 1 if users and limit is not None else None
        api = session.target.dialect.api
        self.ways = [row.name for row in CONDITIONS.values() if row.whole and not why_not(row, operation, api)]

    def says_nothing_of_the_user(self) -> bool:
        """Whether the refusal is one that anybody would meet."""
        if _error(self._refused) == _INVALID:
            return False
        if not self._users:
            return True
        lost = self._send(self._context.write(self._context.operation, self._nobody), "the login of nobody")
        return _answer(lost) == _answer(self._refused)

    def found(self) -> OtherWay | None:
        """Try the ways one by one, and then by two those of which one was answered otherwise."""
        heard = set()
        for way in self.ways:
            found, differs = self._try((way,))
            if found is not None:
                return found
            heard |= {way} if differs else set()
        for way, other in itertools.combinations(self.ways, 2):
            # Of one subject only one thing can be changed.
            if heard & {way, other} and CONDITIONS[way].subject != CONDITIONS[other].subject:
                found, _ = self._try((way, other))
                if found is not None:
                    return found
        return None

    def _try(self, way: tuple[str, ...]) -> tuple[OtherWay | None, bool]:
        """Try one way. Gives what was found, and whether it was answered otherwise than the documented one."""
        says = " and ".join(CONDITIONS[name].says for name in way)
        operation = self._context.operation
        if self._users:
            lost = self._send(self._changed(self._nobody, way), f"the login of nobody, and {says}")
            if succeeded(lost.reply, operation) or _answer(lost) == _answer(self._refused):
                return None, False
            if self._left is not None:
                if self._left == 0:
                    return None, True
                self._left -= 1
        right = self._send(self._changed(self._values, way), f"the right login, and {says}")
        found = OtherWay(says, right) if succeeded(right.reply, operation) else None
        return found, _answer(right) != _answer(self._refused)

    def _changed(self, values: dict[str, object], way: tuple[str, ...]) -> Draft:
        changes = settle(self._context.write(self._context.operation, values), Work(self._context, None), way)
        try:
            next(changes)
        except StopIteration as stop:
            changed: Draft = stop.value
            return changed
        raise RuntimeError(f"{' and '.join(way)} asks the target something, and cannot be tried before any check")

    def _send(self, draft: Draft, purpose: str) -> Exchange:
        return self._session.probe.send(Call(draft, "prepare", purpose))


def _error(exchange: Exchange) -> object:
    operation: Operation = exchange.call.draft.operation
    return operation.read_reply(exchange.reply.members).get("error") if exchange.reply else None


def _answer(exchange: Exchange) -> object:
    """What a refusal says: its status and code, or its whole body where it has no code."""
    reply = exchange.reply
    return None if reply is None else (reply.status, _error(exchange) or reply.body)
