"""Ports of single spaces, beside that of the mock: for clients that can be told a host and a port and nothing more."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from watchword.mockserver.console.asked import BadRequest
from watchword.mockserver.http.address import AddressError, bind, origin_of
from watchword.mockserver.http.server import Server
from watchword.mockserver.spaces import Spaces

__all__ = ["Doors"]


class Doors:
    """The doors of a mock: each is a server of its own on the mock's loop. May be opened and closed from any thread."""

    def __init__(self, router: Spaces, loop: asyncio.AbstractEventLoop, host: str, tls: ssl.SSLContext | None) -> None:
        self._router = router
        self._loop = loop
        self._host = host
        self._tls = tls
        self._open: dict[str, Server] = {}
        self._ends: set[asyncio.Task[None]] = set()

    def open(self, name: str, port: int) -> str:
        """Let a space be reached by a port, 0 for a free one; gives its origin.

        Raises:
            BadRequest: the port cannot be listened on.
        """
        try:
            listening = bind(self._host, port)
        except AddressError as error:
            raise BadRequest(str(error), 409) from None

        # A space that is made anew has another clock, so that it is looked for each time.
        def now() -> float:
            return self._router.application(name).service.clock.now()

        server = Server(
            partial(self._router.through, name),
            listening,
            now=now,
            tls=self._tls,
            on_refusal=lambda *refused: self._router.application(name).refused(*refused),
        )
        self._open[name] = server
        self._soon(server.start)
        return origin_of(listening, self._host, "https" if self._tls else "http")

    def close(self, name: str) -> None:
        """Let nobody in any more; who is half-way in has half a second."""
        server = self._open.pop(name, None)
        if server is not None:
            self._soon(server.stop)

    def _soon(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        # The socket listens already: who comes before the server runs waits in its queue.
        def begin() -> None:
            task = self._loop.create_task(work())
            self._ends.add(task)
            task.add_done_callback(self._ends.discard)

        self._loop.call_soon_threadsafe(begin)

    async def stop(self) -> None:
        """Close them all, and wait until they are."""
        for name in list(self._open):
            self.close(name)
        await asyncio.sleep(0)
        while self._ends:
            await asyncio.gather(*self._ends)
