"""A mock that runs in a thread of this process, on a real socket."""

from __future__ import annotations

import asyncio
import ssl
import threading
from pathlib import Path
from typing import Unpack

from watchword.mockserver.console.access import Access
from watchword.mockserver.http.address import bind, is_loopback, origin_of
from watchword.mockserver.http.server import Server, new_loop
from watchword.mockserver.near import Near, Options, assemble
from watchword.mockserver.service import Service
from watchword.specs.loader import Dialect

__all__ = ["Options", "Running", "start"]


def start(
    dialect: str | Path | Dialect | Service,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tls: ssl.SSLContext | None = None,
    **options: Unpack[Options],
) -> Running:
    """Serve a dialect, by name or folder, or a service, until `stop` or the end of the `with` block that uses the result.

    Port 0 takes a free one. `options` are those of `Options`: `start("dialect", profile="…", world="world.yaml")`.

    Raises:
        AddressError: the address cannot be listened on.
        SpecError: there is no such dialect, profile, fault or world, or its data is wrong.
    """
    return Running(dialect, host, port, tls=tls, **options)


class Running(Near):
    """A running mock and its addresses."""

    def __init__(
        self,
        dialect: str | Path | Dialect | Service,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        **options: Unpack[Options],
    ) -> None:
        listening = bind(host, port)
        try:
            access = Access.of_socket(
                loopback=is_loopback(listening),
                token=options.get("control_token"),
                origins=options.get("control_cors", ()),
            )
            router = assemble(dialect, access, **options)
        except BaseException:
            listening.close()
            raise
        super().__init__(router, origin_of(listening, host, "https" if tls else "http"))
        self.port: int = listening.getsockname()[1]
        self._server = Server(router, listening, now=self.service.clock.now, tls=tls, on_refusal=router.refused)
        self._loop = new_loop()
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"watchword-mock-{self.port}", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop serving. Requests that are half-way in have half a second; calling it again does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that started this one
            # Before the mock is ready its starter hears of it; afterwards nobody is left who could.
            self._failure = error
        finally:
            self._loop.close()
            self._ready.set()

    async def _serve(self) -> None:
        await self._server.start()
        self._ready.set()
        await self._end.wait()
        await self._server.stop()
