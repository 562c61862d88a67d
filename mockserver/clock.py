"""Time and chance as arguments: what the mock's world reads instead of the system's clock and random source."""

from __future__ import annotations

import random
import secrets
import time
from typing import Protocol

__all__ = ["Clock", "Ids", "RandomIds", "SeededIds", "StillClock"]


class Clock:
    """A clock that runs with the system's and can be set ahead. Seconds since 1970-01-01 UTC."""

    def __init__(self, start: float | None = None) -> None:
        self._offset = 0.0 if start is None else start - time.time()

    def now(self) -> float:
        """Give the time in the mock's world."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> float:
        """Set the clock ahead and give the new time.

        Raises:
            ValueError: `seconds` is negative; tokens that expired do not come back to life.
        """
        if seconds < 0:
            raise ValueError(f"the clock only goes forward; {seconds} seconds were asked for")
        self._offset += seconds
        return self.now()


class StillClock(Clock):
    """A clock that stands still until it is set ahead: what is told twice is told the same."""

    def __init__(self, start: float = 1_900_000_000.25) -> None:
        self._at = start

    def now(self) -> float:
        """Give the time at which the clock stands."""
        return self._at

    def advance(self, seconds: float) -> float:
        """Set the clock ahead and give the new time.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"the clock only goes forward; {seconds} seconds were asked for")
        self._at += seconds
        return self._at


class Ids(Protocol):
    """Where the mock takes its unguessable values from."""

    def hex(self, length: int) -> str:
        """Give `length` hexadecimal digits."""
        ...


class RandomIds:
    """Ids from the system's random source."""

    def hex(self, length: int) -> str:
        """Give `length` hexadecimal digits."""
        return secrets.token_hex((length + 1) // 2)[:length]


class SeededIds:
    """The same ids in every run with the same seed: for tests only, never for a server that others can reach."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def hex(self, length: int) -> str:
        """Give `length` hexadecimal digits."""
        return f"{self._random.getrandbits(length * 4):0{length}x}"
