"""The window of a server that bans: the refusals that it has counted, and how long a request has to wait for room."""

from __future__ import annotations

from collections import deque

from watchword.specs.values.api import Ban
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Call

__all__ = ["Window"]

_RESERVE = 2
"""Counted refusals that are kept back for right requests that are refused unexpectedly."""


class Window:
    """Counts refusals as a banning server does. Moments are seconds on the clock of the run."""

    def __init__(self, ban: Ban) -> None:
        self._ban = ban
        self._refused: deque[float] = deque()

    @property
    def size(self) -> int:
        """How many refusals there is room for at a time."""
        return self._ban.count - _RESERVE

    @property
    def seconds(self) -> float:
        """How long a refusal takes up room."""
        return self._ban.window + 1.0

    @property
    def sentence(self) -> str:
        """What such servers do, to begin a sentence with."""
        return f"servers of this API ban a client after {self._ban.count} refusals in {self._ban.window} s"

    def note(self, call: Call, reply: Reply, now: float) -> None:
        """Take down a reply."""
        if 400 <= reply.status < 500 and reply.status not in self._ban.uncounted_statuses and not self._is_free(call):
            self._refused.append(now)

    def wait_for(self, call: Call, now: float) -> float:
        """Give how many seconds a request has to wait.

        A control waits for nothing, and what is right in itself only where its refusal could be the one that bans.
        """
        if call.step != "probe" or self._is_free(call):
            return 0.0
        provokes = bool(call.conditions) or call.generated
        return self._until_fewer(self.size if provokes else self._ban.count, now)

    def wait_for_all(self, refusals: int, now: float) -> float:
        """Give how many seconds it takes until there is room for so many refusals, or for as many as there ever is."""
        return self._until_fewer(max(1, self.size - refusals + 1), now)

    def _until_fewer(self, count: int, now: float) -> float:
        while self._refused and self._refused[0] + self._ban.window < now:
            self._refused.popleft()
        if len(self._refused) < count:
            return 0.0
        return self._refused[len(self._refused) - count] + self.seconds - now

    def _is_free(self, call: Call) -> bool:
        free = self._ban.uncounted.get(call.draft.operation.name, ())
        return any(name in free for name in call.conditions)
