"""A mock that runs in a thread of this process, on a real socket."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from watchword.mockserver.clock import Clock
from watchword.mockserver.console.access import Access
from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.http.address import bind, is_loopback, origin_of
from watchword.mockserver.http.server import Server, new_loop
from watchword.mockserver.orders.book import Book
from watchword.mockserver.orders.race import Race
from watchword.mockserver.service import Service
from watchword.specs.values.profile import WorldData

__all__ = ["Options", "Running", "start"]


def start(
    service: Service,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tls: ssl.SSLContext | None = None,
    **options: Unpack[Options],
) -> Running:
    """Serve a service until `stop`, or until the `with` block that uses the result ends. Port 0 takes a free one.

    Raises:
        AddressError: the address cannot be listened on.
    """
    return Running(service, host, port, tls=tls, **options)


class Options(TypedDict, total=False):
    """What a running mock may be told besides where to listen.

    `cors` are the origins whose pages may read the API's replies (`*`: all), `control_cors` those that may use the control
    side. `control_token` is what control requests carry. `reload` gives the world to go back to, and `tell` hears of each
    entry of the journal, from the server's thread.
    """

    cors: tuple[str, ...]
    control_cors: tuple[str, ...]
    control_token: str | None
    reload: Callable[[], WorldData] | None
    tell: Callable[[Mapping[str, Any]], None] | None


class Running:
    """A running mock and its addresses. `control_token` is None where the control side wants none."""

    def __init__(
        self,
        service: Service,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        **options: Unpack[Options],
    ) -> None:
        listening = bind(host, port)
        self.service = service
        self.origin = origin_of(listening, host, "https" if tls else "http")
        self.port: int = listening.getsockname()[1]
        access = Access.of_socket(
            loopback=is_loopback(listening),
            token=options.get("control_token"),
            origins=options.get("control_cors", ()),
        )
        self.application = Application(
            service, access, cors=options.get("cors", ()), reload=options.get("reload"), tell=options.get("tell")
        )
        self._server = Server(
            self.application, listening, now=service.clock.now, tls=tls, on_refusal=self.application.refused
        )
        self._loop = new_loop()
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"watchword-mock-{self.port}", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def url(self) -> str:
        """The base URL of the mocked API."""
        return self.origin + self.service.dialect.api.bases["url"]

    @property
    def resource_url(self) -> str:
        """The base URL of the protected operations; that of the API when it has only one."""
        bases = self.service.dialect.api.bases
        return self.origin + bases.get("resource_url", bases["url"])

    @property
    def control_url(self) -> str:
        """The URL below which the mock's own side is."""
        return self.origin + ROOT

    @property
    def control_token(self) -> str | None:
        """The token that control requests carry, where other machines can reach the mock."""
        return self.application.access.token

    @property
    def clock(self) -> Clock:
        """The clock that tokens obey."""
        return self.service.clock

    @property
    def faults(self) -> Book:
        """What the next calls get: faults at run time, and replies that are forced. For one thread at a time."""
        return self.application.desk.book

    @property
    def race(self) -> Race:
        """The lab in which renewals race."""
        return self.application.desk.race

    @property
    def credentials(self) -> dict[str, str]:
        """The announced credentials by role."""
        return self.service.credentials

    def stop(self) -> None:
        """Stop serving. Requests that are half-way in have half a second; calling it again does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

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
