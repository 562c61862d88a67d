"""The mock in place of an origin: whatever client of `requests` asks it, the mock answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import responses
from urllib3 import HTTPResponse

from watchword.mockserver.clock import Clock, Ids
from watchword.mockserver.control import Application
from watchword.mockserver.inprocess import answer, checked_origin
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.values.profile import WorldData

__all__ = ["intercept"]

_PORTS = {"http": 80, "https": 443}


@contextmanager
def intercept(
    dialect: str | Path,
    *,
    origin: str,
    profile: str = "documented",
    world: WorldData | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> Iterator[Service]:
    """Answer every request to an origin while the block, or the decorated function, runs; give the service.

    A request to any other origin raises `requests.ConnectionError`, so that no test talks to the world by mistake.

    Raises:
        SpecError: there is no such dialect or profile, or its data is wrong.
        ValueError: `origin` is not an origin.
    """
    where = _address(checked_origin(origin))
    service = Service(load_dialect(dialect), profile, world, clock, ids)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add(_Everything(where, Application(service)))
        yield service


class _Everything(responses.BaseResponse):
    """One rule of `responses`: all that is asked of an origin, by whatever method."""

    def __init__(self, where: tuple[str, str, int | None], application: Application) -> None:
        super().__init__("*", f"{where[0]}://{where[1]}")
        self._where = where
        self._application = application

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        """Tell whether a request goes to the origin."""
        fits = _address(request.url or "") == self._where
        return fits, "" if fits else "another origin"

    def get_response(self, request: requests.PreparedRequest) -> HTTPResponse:
        """Answer a request."""
        return answer(self._application, request)


def _address(url: str) -> tuple[str, Any, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
