"""The mock as an application for other test clients: nothing listens anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

import requests

from watchword.mockserver.console.access import Access
from watchword.mockserver.inprocess import MockAdapter
from watchword.mockserver.near import Near, Options, assemble
from watchword.mockserver.service import Service
from watchword.mockserver.ways.ask import checked_origin
from watchword.specs.loader import Dialect

__all__ = ["Mounted", "mount", "origin_for"]


def mount(
    dialect: str | Path | Dialect | Service,
    *,
    origin: str | None = None,
    port: int = 0,
    tls: Any = None,
    **options: Unpack[Options],
) -> Mounted:
    """Make a mock that answers as `asgi`, as `wsgi`, or in a session of `requests`, and believes to be at an origin.

    Where no origin is given, it is that of the invented host `mock.test`, with `port` if there is one, and https with `tls`.

    Raises:
        SpecError: there is no such dialect, profile, fault or world, or its data is wrong.
        ValueError: `origin` is not an origin.
    """
    access = Access.of_gateway(options.get("control_token"), options.get("control_cors", ()))
    return Mounted(assemble(dialect, access, **options), origin_for(origin, port, tls))


def origin_for(origin: str | None, port: int, tls: Any) -> str:
    """Give the origin that is asked for; without one, that of a host which there is not.

    Raises:
        ValueError: it is not an origin.
    """
    if origin is not None:
        return checked_origin(origin)
    return f"{'https' if tls else 'http'}://mock.test{f':{port}' if port else ''}"


class Mounted(Near):
    """A mock that nothing listens for."""

    def into(self, session: requests.Session) -> requests.Session:
        """Let it answer all that a session asks of its origin; gives the session.

        Raises:
            TypeError: it is no session of `requests`.
        """
        if not isinstance(session, requests.Session):
            raise TypeError(
                f"expected a session of requests, seen {type(session).__name__}; other clients take the mock as asgi or wsgi"
            )
        session.mount(self.origin + "/", MockAdapter(self))
        return session
