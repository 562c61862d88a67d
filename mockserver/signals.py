"""What the system tells a mock: to end, or to read its world again.

A handler in Python has to wait until the main thread runs again, which it does not while it waits for a lock and the signal
went to another thread; and one that interrupts itself can wait for a lock that it holds. So the handlers here do nothing, and
the signals are read from a socket, into which the interpreter writes their numbers whatever thread they met.
"""

from __future__ import annotations

import select
import signal
import socket
import time
from typing import Self

__all__ = ["Signals"]

_ENDINGS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGBREAK")
"""Signals that end a mock as it should end; SIGHUP may be about its world instead."""


class Signals:
    """The signals of this process. Those after the first that ends it change nothing, to the very end.

    With `rereads`, SIGHUP asks for the world to be read again. Without it SIGHUP ends the mock, unless whoever started the
    process had it ignored, as `nohup` does.
    """

    def __init__(self, *, rereads: bool = False) -> None:
        self._told, tell = socket.socketpair()
        # The interpreter writes into it, and it must never wait to do so.
        tell.setblocking(False)
        self._tell = tell
        self._told.setblocking(False)
        self._rereads = rereads
        self._ended = False
        self._asked = False
        signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
        self._before = {}
        # Not every system has all of them.
        for number in (signal.Signals[name] for name in _ENDINGS if name in signal.Signals.__members__):
            before = signal.getsignal(number)
            if number.name != "SIGHUP" or rereads or before is not signal.SIG_IGN:
                signal.signal(number, lambda *_: None)
                self._before[number] = before

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        # The interpreter gives up its handlers before the process is over, but leaves alone what is ignored.
        for number, before in self._before.items():
            signal.signal(number, signal.SIG_IGN if self._ended else before)
        signal.set_wakeup_fd(-1)
        self._told.close()
        self._tell.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, for so many seconds at most; tells whether it has come. A wish cuts the waiting short."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._ended and not self._asked:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._told], [], [], left)[0]:
                break
            self._read()
        return self._ended

    def asked(self) -> bool:
        """Tell whether the world is to be read again, once for all wishes so far."""
        asked, self._asked = self._asked, False
        return asked

    def _read(self) -> None:
        for number in self._told.recv(4096):
            if self._rereads and number == signal.SIGHUP:
                self._asked = True
            elif signal.Signals(number).name in _ENDINGS:
                self._ended = True
