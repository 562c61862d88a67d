"""Replies for clients of `requests`: responses, and the exceptions of a connection that breaks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError, ReadTimeoutError

from watchword.mockserver.http.message import reason
from watchword.mockserver.ways.ask import Answering, Broken, Silent, ask, pairs
from watchword.specs.values.http import Reply, Request

__all__ = ["answer", "patience", "retried"]


def answer(mock: Answering, prepared: requests.PreparedRequest, patience: float | None = None) -> HTTPResponse:
    """Let a mock answer a prepared request. `patience` is the time-out for the first byte, in seconds (None: there is none).

    Raises:
        requests.ReadTimeout: the mock sends no reply, or not in time.
        requests.ConnectionError: the mock breaks the connection.
    """
    parts = urlsplit(prepared.url or "")
    headers = pairs((prepared.headers or {}).items())
    if not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", parts.netloc.rpartition("@")[2]), *headers)
    host = next(value for name, value in headers if name.lower() == "host")
    path, _, query = prepared.path_url.partition("?")
    [(method, _)] = pairs([(prepared.method or "GET", "")])
    request = Request(method, path, query, headers, _body(prepared.body))
    try:
        delivery = ask(mock, request, f"{parts.scheme}://{host}", patience)
    except Silent as silent:
        raise requests.ReadTimeout(str(silent), request=prepared) from None
    except Broken as broken:
        raise requests.ConnectionError(str(broken), request=prepared) from None
    return _response(delivery.reply, method)


def retried(
    mock: Answering, adapter: HTTPAdapter, prepared: requests.PreparedRequest, patience: float | None = None
) -> requests.Response:
    """Let a mock answer a prepared request as often as the adapter of its session has it tried.

    Raises:
        requests.RequestException: as the adapter would raise it.
    """
    retries = adapter.max_retries
    method, url = prepared.method or "GET", prepared.url or ""
    while True:
        try:
            raw = answer(mock, prepared, patience)
        except requests.RequestException as broken:
            silent = isinstance(broken, requests.ReadTimeout)
            error = ReadTimeoutError(None, url, str(broken)) if silent else ProtocolError(str(broken))  # type: ignore[arg-type]
            try:
                retries = retries.increment(method, url, error=error)
            except HTTPError:
                raise broken from None
            retries.sleep()
            continue
        if not retries.is_retry(method, raw.status, bool(raw.headers.get("Retry-After"))):
            return adapter.build_response(prepared, raw)
        try:
            retries = retries.increment(method, url, response=raw)
        except MaxRetryError as error:
            if retries.raise_on_status:
                raise requests.exceptions.RetryError(error, request=prepared) from error
            return adapter.build_response(prepared, raw)
        retries.sleep(raw)


def patience(timeout: Any) -> float | None:
    """Give how long a time-out of `requests` has a client wait for the first byte: a number, or that of a pair."""
    seconds = timeout[1] if isinstance(timeout, tuple) else timeout
    return float(seconds) if isinstance(seconds, int | float) else None


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
