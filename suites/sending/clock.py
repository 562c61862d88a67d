"""The clock of a Watchword mock in another process, over its control URL."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from watchword.suites.sending.coding import decoded
from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.link import Received, connect
from watchword.suites.sending.origin import read_origin
from watchword.suites.sending.trust import trust
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.targettext import TargetError, Tls

__all__ = ["RemoteClock"]

_LONGEST = 64 * 1024
"""Bytes of a reply that are looked at."""

_END_OF_TIME = 253402300800
"""The year 10000: no clock of ours reaches it, and what says so poisons every reckoning."""


_FRESH = 0.05
"""Seconds for which what a clock has told is reckoned on from: a check of many requests need not ask before each of them."""

_PROMPT = 0.05
"""Seconds that a clock may take to answer, so that its time is known well enough to be reckoned on from."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A time that the mock has told, how many of its seconds pass in one, and when it was asked and had answered."""

    time: float
    pace: float | None
    asked: float
    answered: float

    def is_good_at(self, moment: float) -> bool:
        """Tell whether the time at a moment follows from this."""
        prompt = self.answered - self.asked <= _PROMPT
        return self.pace is not None and prompt and 0 <= moment - self.answered <= _FRESH

    def at(self, moment: float) -> float:
        """Reckon the time at a moment: the true one is never earlier, and later by no more than what the answer took."""
        return self.time + (moment - self.answered) * (self.pace or 0.0)


class RemoteClock:
    """Reads and sets the clock of a mock that announced where that is done. What the mock answers leads nowhere else.

    `tick` gives the seconds of this machine's own clock, from any beginning.
    """

    slack = _PROMPT
    """By how many seconds the true time may be later than `now` gives it."""

    def __init__(
        self,
        url: str,
        timeout: float = 10.0,
        tls: Tls | None = None,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/") + "/clock"
        self._timeout = timeout
        self._tls = tls or Tls()
        self._tick = tick
        self._last: _Told | None = None

    def now(self) -> float:
        """Give the mock's time, or the earliest that it can be by what it told a moment ago.

        Where it has told it before and does so no more, it is what it should be by now: a mock that went away in the middle of
        a run is then told by its replies that are missing, as any server is.

        Raises:
            TargetError: nothing there gives a time, nor ever did.
        """
        last, moment = self._last, self._tick()
        if last is not None and last.is_good_at(moment):
            return last.at(moment)
        try:
            return self._ask("GET")
        except TargetError:
            if last is None:
                raise
            return last.time + self._tick() - last.asked

    def advance(self, seconds: float) -> float:
        """Set the mock's clock ahead.

        Raises:
            TargetError: nothing there takes it.
        """
        return self._ask("POST", json.dumps({"advance": seconds}).encode())

    def _ask(self, method: str, body: bytes = b"") -> float:
        deadline = Deadline(self._timeout)
        asked = self._tick()
        try:
            origin = read_origin(self._url)
            length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
            head = (
                f"{method} {origin.request_target('', '')} HTTP/1.1\r\nHost: {origin.authority}\r\n"
                f"Connection: close\r\n{length}\r\n"
            )
            tls = trust(self._tls) if origin.scheme == "https" else None
            link = connect(origin.host, origin.port, deadline, tls)
            try:
                now, pace = self._read(link.ask(method, head.encode("latin-1") + body, deadline))
            finally:
                link.close()
        except Unreachable as trouble:
            raise TargetError(self._url, f"the clock does not answer: {trouble}") from None
        self._last = _Told(now, pace, asked, self._tick())
        return now

    def _read(self, received: Received) -> tuple[float, float | None]:
        """Give the time that was told, and the clock's pace, None where it is not told."""
        # What stands before a mock may compress what it sends, the clock's replies among it.
        body, _ = decoded(received.headers, received.body, _LONGEST, cut=received.cut)
        try:
            told = json.loads(body)
            now = float(told["now"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            now = math.nan
        if received.status != 200 or not 0 <= now < _END_OF_TIME:
            raise TargetError(self._url, f"answered {received.status} without the time")
        pace = told.get("pace")
        # How far a faster one goes while it answers is more than `slack` allows for.
        return now, float(pace) if isinstance(pace, int | float) and 0 <= pace <= 1 else None
