"""Banning a client that was refused too often, as some servers do. Counts refusals; knows no dialect."""

from __future__ import annotations

from collections import deque

from watchword.specs.values.profile import BanRule, ReplyTemplate

__all__ = ["Firewall"]


class Firewall:
    """One server's counter. All clients of a mock are one client to it, as they share an address."""

    def __init__(self, rule: BanRule) -> None:
        self._rule = rule
        self._refused: deque[float] = deque()
        self._until = 0.0

    def reset(self) -> None:
        """Forget every refusal, and the ban."""
        self._refused.clear()
        self._until = 0.0

    def kept(self) -> tuple[tuple[float, ...], float]:
        """Give what is counted, for another process to go on with."""
        return tuple(self._refused), self._until

    def keep(self, kept: tuple[tuple[float, ...], float]) -> None:
        """Go on with what another one has counted."""
        self._refused, self._until = deque(kept[0]), kept[1]

    def bars(self, operation: str, now: float) -> ReplyTemplate | None:
        """Give the reply to a banned client; None when there is no ban."""
        if now >= self._until:
            return None
        return self._rule.reply_at.get(operation, self._rule.reply)

    def left(self, now: float) -> float:
        """Give how many seconds of a ban are left."""
        return max(0.0, self._until - now)

    def count(self, condition: str, status: int, now: float) -> None:
        """Count a refusal. The one that reaches the limit is still answered as it would have been."""
        if not 400 <= status < 500 or condition in self._rule.uncounted:
            return
        self._refused.append(now)
        while self._refused[0] + self._rule.window < now:
            self._refused.popleft()
        if len(self._refused) > self._rule.count:
            self._until = now + self._rule.seconds
            self._refused.clear()
