"""The mock inside a `requests` session: an adapter that answers without a socket."""

from __future__ import annotations

from collections.abc import Mapping

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from watchword.mockserver.near import Near
from watchword.mockserver.ways.ask import Answering, checked_origin
from watchword.mockserver.ways.by_requests import answer, patience

__all__ = ["MockAdapter", "answer", "mount"]


def mount(session: requests.Session, mock: Answering | Near, origin: str = "http://mock.test") -> None:
    """Let a mock answer every request of a session to an origin: scheme, host and, if need be, port.

    Raises:
        ValueError: `origin` is not an origin.
    """
    session.mount(checked_origin(origin) + "/", MockAdapter(mock))


class MockAdapter(BaseAdapter):
    """Hands the requests of a session to a mock, and its replies back as full responses."""

    def __init__(self, mock: Answering | Near) -> None:
        super().__init__()
        self._mock: Answering = mock.router if isinstance(mock, Near) else mock
        self._http = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer one request. Certificates and proxies have no meaning here."""
        response = self._http.build_response(request, answer(self._mock, request, patience(timeout)))
        if not stream:
            response.content  # noqa: B018 - reads the body, as a session does
        return response

    def close(self) -> None:
        """Do nothing: there is no connection."""
