"""The clock of a Watchword mock in another process, over its control URL."""

from __future__ import annotations

import json
import math
import time

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


class RemoteClock:
    """Reads and sets the clock of a mock that announced where that is done. What the mock answers leads nowhere else."""

    def __init__(self, url: str, timeout: float = 10.0, tls: Tls | None = None) -> None:
        self._url = url.rstrip("/") + "/clock"
        self._timeout = timeout
        self._tls = tls or Tls()
        self._last: tuple[float, float] | None = None

    def now(self) -> float:
        """Give the mock's time; where it has told it before and does so no more, what it should be by now.

        A mock that went away in the middle of a run is then told by its replies that are missing, as any server is.

        Raises:
            TargetError: nothing there gives a time, nor ever did.
        """
        asked = time.monotonic()
        try:
            return self._told(self._ask("GET"), asked)
        except TargetError:
            if self._last is None:
                raise
            told, at = self._last
            return told + time.monotonic() - at

    def _told(self, now: float, asked: float) -> float:
        # The time is that of some moment since it was asked for: what is reckoned from it is never too early.
        self._last = (now, asked)
        return now

    def advance(self, seconds: float) -> float:
        """Set the mock's clock ahead.

        Raises:
            TargetError: nothing there takes it.
        """
        asked = time.monotonic()
        return self._told(self._ask("POST", json.dumps({"advance": seconds}).encode()), asked)

    def _ask(self, method: str, body: bytes = b"") -> float:
        deadline = Deadline(self._timeout)
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
                return self._read(link.ask(method, head.encode("latin-1") + body, deadline))
            finally:
                link.close()
        except Unreachable as trouble:
            raise TargetError(self._url, f"the clock does not answer: {trouble}") from None

    def _read(self, received: Received) -> float:
        # What stands before a mock may compress what it sends, the clock's replies among it.
        body, _ = decoded(received.headers, received.body, _LONGEST, cut=received.cut)
        try:
            now = float(json.loads(body)["now"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            now = math.nan
        if received.status != 200 or not 0 <= now < _END_OF_TIME:
            raise TargetError(self._url, f"answered {received.status} without the time")
        return now
