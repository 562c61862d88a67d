"""A ledger of failed logins: what servers that lock accounts would have counted, and the line that no run crosses.

The plan of a run keeps within the budget of bad logins as far as its clauses tell beforehand. The ledger looks at what is
really sent: whatever happens, no account sees more failed logins than the budget allows.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping

from watchword.specs.values.draft import Draft
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Blocked, Call, NotObservable

__all__ = ["Accounts"]

_LOGINS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "username": (("username", "password"), ("other_username", "other_password")),
    "operator_username": (("operator_username", "operator_password"),),
}
"""The role that names an account in a request, and the credentials that hold such a name and its secret."""
_SECRETS = {"username": "password", "operator_username": "operator_password"}
_REFUSALS = (400, 401, 403)


class Accounts:
    """Counts failed logins by account. `limit` is how many of them an account may see; None: it cannot be locked out."""

    def __init__(self, credentials: Mapping[str, str], limit: int | None) -> None:
        self._credentials = credentials
        self._limit = limit
        self._failed: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._spared: Counter[str] = Counter()
        self._turn = threading.Condition()
        self._sent: Counter[str] = Counter()
        """Logins whose answer is still to come: each may be a failed one."""

    def before(self, draft: Draft) -> None:
        """Look at a request that is about to be sent; `after` or `give_back` has to follow.

        Where it hangs on the answers to others whether it may be sent, these are waited for.

        Raises:
            NotObservable: it would be a failed login beyond the limit.
            Blocked: it carries credentials that are right and were refused so often that one more would be too many.
        """
        if self._limit is None:
            return
        charged = list(self._charged(draft))
        with self._turn:
            self._turn.wait_for(lambda: not any(self._hangs(account) for account, _ in charged))
            self._look(charged)
            self._sent.update(account for account, _ in charged)

    def _hangs(self, account: str) -> bool:
        return bool(self._sent[account]) and self._failed[account] + self._sent[account] >= max(self._limit or 0, 1)

    def give_back(self, draft: Draft) -> None:
        """Take down that a request was not sent, or that nothing can be told of it."""
        if self._limit is None:
            return
        with self._turn:
            self._sent.subtract(account for account, _ in self._charged(draft))
            self._turn.notify_all()

    def _look(self, charged: list[tuple[str, bool]]) -> None:
        for account, right in charged:
            if self._limit is not None and not right and self._failed[account] >= self._limit:
                self._spared[account] += 1
                raise NotObservable(
                    f"the budget of {self._limit} bad logins for the account of {account} is used up; it, not the target, "
                    "left this open (limits.bad_logins raises it)",
                    {"limits.bad_logins": self._limit + self._spared[account]},
                )
            if right and self._refused[account] and self._failed[account] >= max(self._limit or 0, 1):
                raise Blocked(
                    f"the target refuses the {account} and its secret, which were right before, and one more failed login "
                    f"would be more than the {self._limit} that limits.bad_logins allows"
                )

    def after(self, call: Call, reply: Reply | None) -> None:
        """Take down what came of a request. A login without a reply counts as a failed one."""
        if self._limit is None:
            return
        charged = list(self._charged(call.draft))
        with self._turn:
            self._note(call, reply, charged)
            self._sent.subtract(account for account, _ in charged)
            self._turn.notify_all()

    def _note(self, call: Call, reply: Reply | None, charged: list[tuple[str, bool]]) -> None:
        for account, right in charged:
            if right and (call.conditions or call.generated or self._of_another_brand(call.draft)):
                # With something else in the request that may be refused, a refusal says nothing of the account.
                continue
            if right:
                refused = reply is not None and reply.status in _REFUSALS
                # Credentials that are taken again are right again.
                self._refused[account] = self._refused[account] + 1 if refused else 0
                self._failed[account] += refused
            elif reply is None or not 200 <= reply.status < 300:
                self._failed[account] += 1

    def _of_another_brand(self, draft: Draft) -> bool:
        return any(f.value != self._credentials.get("brand_key") for f in draft.of("brand_key"))

    def _charged(self, draft: Draft) -> Iterator[tuple[str, bool]]:
        """Give the accounts that a request logs in to, and whether it does so with the right secret alone."""
        if draft.authorization is not None or draft.body is not None:
            # What the fields say is not what is sent.
            return
        for role, pairs in _LOGINS.items():
            names = {str(f.value) for f in draft.of(role)}
            secrets = {str(f.value) for f in draft.of(_SECRETS[role])}
            for name, secret in pairs:
                if self._credentials.get(name) in names:
                    yield name, secrets == {self._credentials.get(secret)}
