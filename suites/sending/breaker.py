"""The breaker of a run: whoever has stopped answering is not waited for again and again, and is noticed when he is back."""

from __future__ import annotations

import threading

from watchword.suites.sending.unreachable import Unreachable

__all__ = ["Breaker"]

Route = tuple[str, str, str]
"""A base, a method and a path: one operation may hang while the others answer."""

_STALLS = 3
"""Requests in a row without an answer after which nobody is waited for any more."""
_LOST = 30.0
"""Seconds of waiting in a row that come to the same."""
_TRIAL = 1.0
"""Seconds that a knock may take, as long as there is grace left."""
_GRACE = 8.0
"""Seconds that all knocks may take together until an answer comes."""
_LAST = 0.1
"""Seconds of a knock when the grace is used up."""


class _Silence:
    """How often and how long in a row nothing came."""

    def __init__(self) -> None:
        self.stalls = 0
        self.lost = 0.0

    @property
    def broken(self) -> bool:
        return self.stalls >= _STALLS or self.lost >= _LOST

    def add(self, seconds: float) -> None:
        self.stalls += 1
        self.lost += seconds


class Breaker:
    """Keeps count of requests without an answer, for the whole target and for each of its operations. May be used by several threads."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._all = _Silence()
        self._routes: dict[Route, _Silence] = {}
        self._grace = _GRACE
        self._turn = threading.Lock()

    @property
    def away(self) -> bool:
        """Whether the target as a whole has stopped answering."""
        return self._all.broken

    def patience(self, route: Route) -> float:
        """Give the seconds that the next exchange may take: the usual time, or that of a knock."""
        own = self._routes.get(route)
        if self._all.broken or (own is not None and own.broken):
            return min(self._timeout, max(_LAST, min(_TRIAL, self._grace)))
        return self._timeout

    def answered(self, route: Route) -> None:
        """Note that a whole reply came."""
        with self._turn:
            self._answered(route)

    def _answered(self, route: Route) -> None:
        if self._all.stalls:
            self._all = _Silence()
            self._grace = _GRACE
        self._routes.pop(route, None)

    def stalled(self, route: Route, trouble: Unreachable, seconds: float) -> Unreachable:
        """Note that none came; gives the trouble, or in its place that the target went away.

        A reply that breaks off is trouble, too, but somebody is there.
        """
        if trouble.kind != "timeout" and (trouble.kind != "connection" or trouble.partial):
            return trouble
        with self._turn:
            return self._stalled(route, trouble, seconds)

    def _stalled(self, route: Route, trouble: Unreachable, seconds: float) -> Unreachable:
        own = self._routes.setdefault(route, _Silence())
        if self._all.broken or own.broken:
            self._grace -= seconds
        self._all.add(seconds)
        own.add(seconds)
        if self._all.broken:
            return Unreachable("away", f"the server went away, {self._all.stalls} requests in a row had no reply")
        if own.broken:
            _, method, path = route
            return Unreachable(
                "away", f"{method} {path} no longer answers, {own.stalls} requests in a row had no reply"
            )
        return trouble
