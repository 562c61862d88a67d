"""How long one exchange may take, from the look-up of the name to the last byte of the reply."""

from __future__ import annotations

import time

from watchword.suites.sending.unreachable import Unreachable

__all__ = ["Deadline"]


class Deadline:
    """A moment by which an exchange is over. A limit on each read would let a reply drip for ever."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self.began = False
        """Whether something of the reply is there."""

    def left(self) -> float:
        """Give the seconds that are left.

        Raises:
            Unreachable: none are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            what = "the reply was not over" if self.began else "no reply"
            raise Unreachable("timeout", f"{what} within the time limit")
        return left

    def allows(self, seconds: float) -> bool:
        """Tell whether more than so many seconds are left."""
        return self._until - time.monotonic() > seconds
