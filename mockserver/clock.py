"""Time and chance as arguments: what the mock's world reads instead of the system's clock and random source."""

from __future__ import annotations

import os
import random
import time
from typing import Protocol

__all__ = ["END_OF_TIME", "Clock", "Ids", "RandomIds", "SeededIds", "StillClock"]

END_OF_TIME = 253402300799
"""The last second of the year 9999, beyond which dates cannot be written."""


class Clock:
    """A clock that runs with the system's until it is told otherwise. Seconds since 1970-01-01 UTC.

    It can be set ahead, set, stopped, made to run faster or slower, and set back to real time.
    """

    def __init__(self, start: float | None = None) -> None:
        self._since = time.time()
        self._at = self._since if start is None else start
        self._pace = 1.0

    @property
    def pace(self) -> float:
        """How many of its seconds pass in one: 1 unless it was changed, 0 when it stands."""
        return self._pace

    def now(self) -> float:
        """Give the time in the mock's world."""
        # A clock that stands gives the very number that it was stopped at.
        return self._at + (time.time() - self._since) * self._pace if self._pace else self._at

    def advance(self, seconds: float) -> float:
        """Set the clock ahead and give the new time.

        Raises:
            ValueError: `seconds` is negative, or leads beyond the year 9999; `set` goes backwards, too.
        """
        if seconds < 0:
            raise ValueError(f"the clock only advances forward; {seconds} seconds were asked for")
        return self.set(self.now() + seconds)

    def set(self, at: float) -> float:
        """Set the clock to a time, and give it. What had expired by then may be good again.

        Raises:
            ValueError: the time is before 1970 or after 9999.
        """
        if not 0 <= at <= END_OF_TIME:
            raise ValueError(f"the clock goes from 1970 to the end of 9999; {at} was asked for")
        self._at, self._since = at, time.time()
        return self.now()

    def scale(self, pace: float) -> float:
        """Let so many seconds pass in one from now on, 0 to stop the clock; give the time.

        Raises:
            ValueError: `pace` is negative, or more than a year a second.
        """
        if not 0 <= pace <= 366 * 86400:
            raise ValueError(f"the clock's pace is from 0 to a year a second; {pace} was asked for")
        self._at, self._since = self.now(), time.time()
        self._pace = pace
        return self.now()

    def freeze(self, at: float | None = None) -> float:
        """Stop the clock, where it is or at a time, and give the time.

        Raises:
            ValueError: the time is before 1970 or after 9999.
        """
        now = self.scale(0) if at is None else self.set(at)
        self._pace, self._at = 0.0, now if at is None else at
        return self._at

    def kept(self) -> tuple[float, float, float]:
        """Give what it goes by, for another process to go by the same."""
        return self._at, self._since, self._pace

    def keep(self, kept: tuple[float, float, float]) -> None:
        """Go by what another one goes by."""
        self._at, self._since, self._pace = kept

    def real(self) -> float:
        """Go with the system's clock again, and give the time."""
        self._pace = 1.0
        return self.set(time.time())


class StillClock(Clock):
    """A clock that stands still until it is set ahead: what is told twice is told the same."""

    def __init__(self, start: float = 1_900_000_000.25) -> None:
        super().__init__(start)
        self._pace = 0.0
        self._at = start


class Ids(Protocol):
    """Where the mock takes its unguessable values from."""

    def hex(self, length: int) -> str:
        """Give `length` hexadecimal digits."""
        ...


class RandomIds:
    """Ids from the system's random source."""

    def hex(self, length: int) -> str:
        """Give `length` hexadecimal digits."""
        # As `secrets.token_hex` does it, which would ask three functions more.
        return os.urandom((length + 1) // 2).hex()[:length]


class SeededIds:
    """The same ids in every run with the same seed: for tests only, never for a server that others can reach."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def hex(self, length: int) -> str:
        """Give `length` hexadecimal digits."""
        return f"{self._random.getrandbits(length * 4):0{length}x}"
