"""A mock that runs in a thread of this process, on a real socket."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack
from urllib.parse import urlsplit

from watchword.mockserver.console.access import Access
from watchword.mockserver.doors import Doors
from watchword.mockserver.http.address import bind, is_loopback, is_loopback_name, origin_of
from watchword.mockserver.http.server import Server, new_loop
from watchword.mockserver.near import Near, Options, assemble
from watchword.mockserver.service import Service
from watchword.mockserver.spaces import Spaces
from watchword.mockserver.tls import Certificates, make_certificates
from watchword.specs.loader import Dialect

if TYPE_CHECKING:
    from watchword.mockserver.sharing.shared import Shared
    from watchword.mockserver.sharing.store import Store

__all__ = ["Options", "Place", "Running", "start"]

Tls = bool | Literal["mutual"] | Certificates | ssl.SSLContext | None
"""How https is served: with certificates made on the spot (True, or "mutual" if clients have to show one, too), with some that
were made before, or with a context of one's own; else it is http."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a process among those that serve one mock.

    They have its world by a `store`. `listening` is the socket of this one, where there are several of a port, and `token` the
    control token of all of them, unless one was chosen.
    """

    store: Store
    listening: socket.socket | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


def start(
    dialect: str | Path | Dialect | Service,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tls: Tls = None,
    place: Place | None = None,
    **options: Unpack[Options],
) -> Running:
    """Serve a dialect, by name or folder, or a service, until `stop` or the end of the `with` block that uses the result.

    Port 0 takes a free one. With `tls`, https is served, see `Tls`; what its clients have to trust is in `certificates`.
    `options` are those of `Options`: `start("dialect", profile="…", world="world.yaml")`.
    With a `place`, other processes may serve the same mock.

    Raises:
        AddressError: the address cannot be listened on.
        NoTrustme: certificates are to be made, and the library that makes them is not installed.
        SpecError: there is no such dialect, profile, fault or world, or its data is wrong.
        StoreError: the store cannot be used.
        TypeError: there is no such option.
        ValueError: an option has a value that it cannot have.
    """
    return Running(dialect, host, port, tls=tls, place=place, **options)


class Running(Near):
    """A running mock and its addresses. `certificates` are those that its clients have to trust; None where it has none."""

    def __init__(
        self,
        dialect: str | Path | Dialect | Service,
        host: str,
        port: int,
        *,
        tls: Tls = None,
        place: Place | None = None,
        **options: Unpack[Options],
    ) -> None:
        if isinstance(tls, str) and tls != "mutual":
            raise ValueError(f"tls: expected True or 'mutual', seen {tls!r}")
        listening = bind(host, port) if place is None or place.listening is None else place.listening
        self._own = False
        self.certificates: Certificates | None = None
        try:
            if isinstance(tls, Certificates):
                self.certificates = tls
            elif tls and not isinstance(tls, ssl.SSLContext):
                self.certificates = make_certificates(names=[host], mutual=tls == "mutual")
                self._own = True
            access = Access.of_socket(
                loopback=is_loopback(listening) and _is_near(options.get("public_url")),
                token=options.get("control_token"),
                origins=options.get("control_cors", ()),
                made=None if place is None else place.token,
            )
            router = assemble(dialect, access, **options)
            shared = None if place is None else _shared(router, place.store)
        except BaseException:
            listening.close()
            self._clean()
            raise
        made = None if self.certificates is None else self.certificates.context
        context = tls if isinstance(tls, ssl.SSLContext) else made
        origin = origin_of(listening, host, "https" if context else "http")
        super().__init__(router, origin, inside=None if shared is None else shared.from_inside)
        self._files = {} if self.certificates is None else self.certificates.files
        self.port: int = listening.getsockname()[1]
        self.settle = (shared or router).settle
        """Lets others live in the mock from now on; their sessions stay."""
        handler = shared or router
        self._server = Server(handler, listening, now=self.service.clock.now, tls=context, on_refusal=handler.refused)
        self._loop = new_loop()
        self._doors = Doors(router, self._loop, host, context)
        if shared is None:
            router.doors = self._doors
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
        self._clean()

    def _clean(self) -> None:
        if self._own and self.certificates is not None:
            self.certificates.close()

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
        self.router.release()
        await asyncio.gather(self._server.stop(), self._doors.stop())


def _shared(router: Spaces, store: Store) -> Shared:
    # A mock that one process serves does without.
    from watchword.mockserver.sharing.shared import Shared

    return Shared(router, store)


def _is_near(public_url: str | None) -> bool:
    # A proxy brings others in, and many name this machine in Host when they do.
    return public_url is None or is_loopback_name(urlsplit(public_url).hostname or "")
