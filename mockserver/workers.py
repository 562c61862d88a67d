"""The processes that serve one mock: the first, which was started, and those that it starts beside itself."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Sequence

import click

from watchword.specs.cli import ConfigurationError

__all__ = ["Workers", "divide"]

_PATIENCE = 2.0
"""Seconds that the others have to end."""


class Workers:
    """The place of one process among those of a mock. `listening` is its socket, `is_first` tells whether it started the others."""

    def __init__(self, listening: socket.socket, others: Sequence[int] = (), tie: int | None = None) -> None:
        self.listening = listening
        self.is_first = tie is not None
        self._others = list(others)
        self._tie = tie
        self._ending = False

        for pid in others:
            threading.Thread(target=self._await, args=(pid,), name=f"watchword-worker-{pid}", daemon=True).start()

    def _await(self, pid: int) -> None:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        self._others.remove(pid)
        if not self._ending:
            click.echo(f"One of the processes that serve the mock, {pid}, has ended; the others serve on", err=True)

    def end(self) -> None:
        """End the others, and wait until they have."""
        self._ending = True
        if self._tie is not None:
            os.close(self._tie)
        deadline = time.monotonic() + _PATIENCE
        while self._others and time.monotonic() < deadline:
            time.sleep(0.005)
        for pid in list(self._others):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def divide(sockets: Sequence[socket.socket]) -> Workers:
    """Become as many processes as there are sockets, each of which has one; the others are told to end when the first is gone.

    To be called before there are threads.

    Raises:
        ConfigurationError: the system has no such processes.
    """
    if not hasattr(os, "fork"):
        raise ConfigurationError("--workers is for POSIX systems")
    sys.stdout.flush()
    sys.stderr.flush()
    tied, tie = os.pipe()
    others = []
    for own in sockets[1:]:
        pid = os.fork()
        if not pid:
            os.close(tie)
            # A socket that nobody listens on any more would still be given its part of the connections.
            _close(one for one in sockets if one is not own)
            threading.Thread(target=_until_alone, args=(tied,), name="watchword-tie", daemon=True).start()
            return Workers(own)
        others.append(pid)
    os.close(tied)
    _close(sockets[1:])
    return Workers(sockets[0], others, tie)


def _close(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _until_alone(tied: int) -> None:
    # Nobody writes: reading ends when the first process has, however it did.
    os.read(tied, 1)
    os.kill(os.getpid(), signal.SIGTERM)
