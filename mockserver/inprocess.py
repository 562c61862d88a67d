"""The mock inside a `requests` session: an adapter that answers without a socket."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from watchword.mockserver.control import Application
from watchword.mockserver.http.delivery import Delivery, arrived
from watchword.mockserver.http.message import BODY_LIMIT, HEAD_LIMIT, finished, reason
from watchword.mockserver.http.refusal import Refused, body_too_large, head_too_large
from watchword.mockserver.launch import Running
from watchword.specs.values.http import Reply, Request

__all__ = ["MockAdapter", "answer", "mount"]


def mount(session: requests.Session, mock: Application | Running, origin: str = "http://mock.test") -> None:
    """Let a mock answer every request of a session to an origin: scheme, host and, if need be, port.

    Raises:
        ValueError: `origin` is not an origin.
    """
    session.mount(checked_origin(origin) + "/", MockAdapter(mock))


def checked_origin(origin: str) -> str:
    """Give an origin in the spelling of a URL.

    Raises:
        ValueError: the text has a path or a query, or lacks a scheme or host.
    """
    parts = urlsplit(origin)
    beyond = parts.path.removeprefix("/") or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.netloc or beyond:
        raise ValueError(f"expected an origin such as https://api.example.test, seen {origin!r}")
    return f"{parts.scheme}://{parts.netloc.lower()}"


class MockAdapter(BaseAdapter):
    """Hands the requests of a session to a mock, and its replies back as full responses."""

    def __init__(self, mock: Application | Running) -> None:
        super().__init__()
        self._application = mock.application if isinstance(mock, Running) else mock
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
        """Answer one request. Time-outs, certificates and proxies have no meaning here."""
        response = self._http.build_response(request, answer(self._application, request))
        if not stream:
            response.content  # noqa: B018 - reads the body, as a session does
        return response

    def close(self) -> None:
        """Do nothing: there is no connection."""


def answer(application: Application, prepared: requests.PreparedRequest) -> HTTPResponse:
    """Let an application answer a prepared request, within the limits of the HTTP server."""
    parts = urlsplit(prepared.url or "")
    host = parts.netloc.rpartition("@")[2]
    headers = tuple((_text(name), _text(value)) for name, value in (prepared.headers or {}).items())
    if not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", host), *headers)
    host = next(value for name, value in headers if name.lower() == "host")
    method = _text(prepared.method or "GET")
    body = _body(prepared.body)
    path, _, query = prepared.path_url.partition("?")
    if len(path) + len(query) + sum(len(name) + len(value) + 4 for name, value in headers) > HEAD_LIMIT:
        reply = _noted(application, head_too_large(), method, path)
    elif len(body) > BODY_LIMIT:
        reply = _noted(application, body_too_large(), method, path)
    else:
        given = arrived(
            application.from_inside(Request(method, path, query, headers, body), f"{parts.scheme}://{host}")
        )
        reply = _delivered(given) if isinstance(given, Delivery) else given
    return _response(finished(reply, method, application.service.clock.now()), method)


def _noted(application: Application, refused: Refused, method: str, path: str) -> Reply:
    return application.refused(refused.reply, refused.sentence, method, path)


def _delivered(delivery: Delivery) -> Reply:
    time.sleep(delivery.after + delivery.over)
    if delivery.then == "stall":
        raise requests.ReadTimeout("the mock sends no reply")
    if delivery.then not in ("keep", "close"):
        raise requests.ConnectionError("the mock ends the connection before the reply is whole")
    return delivery.reply


def _response(reply: Reply, method: str) -> HTTPResponse:
    return HTTPResponse(
        body=io.BytesIO(reply.body),
        headers=HTTPHeaderDict(reply.headers),
        status=reply.status,
        version=11,
        reason=reason(reply.status),
        preload_content=False,
        request_method=method,
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    read: Callable[[], bytes | str] | None = getattr(body, "read", None)
    parts: Iterable[bytes | str] = [read()] if read else body
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)
