"""Replies for clients of `httpx`, which is imported with this module and needed for nothing else."""

from __future__ import annotations

from concurrent.futures import Future

import anyio
import anyio.to_thread
import httpx

from watchword.mockserver.http.delivery import Delivery
from watchword.mockserver.ways.ask import Answering, Silent, ask, begin, delay, end, pairs, whole
from watchword.specs.values.http import Request

__all__ = ["answer", "answer_async"]


def answer(mock: Answering, request: httpx.Request) -> httpx.Response:
    """Let a mock answer a request.

    Raises:
        httpx.TransportError: the mock breaks the connection, or sends no reply in time.
    """
    asked, origin = _asked(request, request.read())
    try:
        return _response(ask(mock, asked, origin, _patience(request)))
    except OSError as error:
        raise _as_httpx(error, request) from None


async def answer_async(mock: Answering, request: httpx.Request) -> httpx.Response:
    """Let a mock answer a request of an asynchronous client.

    Raises:
        httpx.TransportError: the mock breaks the connection, or sends no reply in time.
    """
    asked, origin = _asked(request, await request.aread())
    patience = _patience(request)
    given = begin(mock, asked, origin)
    if isinstance(given, Future):
        # httpx runs on more than one kind of loop, and so does anyio, which it requires.
        given = await anyio.to_thread.run_sync(given.result)
    delivery = end(mock, asked, given)
    await anyio.sleep(delay(delivery, patience))
    try:
        return _response(whole(delivery, patience))
    except OSError as error:
        raise _as_httpx(error, request) from None


def _asked(request: httpx.Request, body: bytes) -> tuple[Request, str]:
    url = request.url
    path, _, query = url.raw_path.decode("latin-1").partition("?")
    headers = pairs(request.headers.raw)
    host = next((value for name, value in headers if name.lower() == "host"), url.netloc.decode("latin-1"))
    return Request(request.method, path, query, headers, body), f"{url.scheme}://{host}"


def _patience(request: httpx.Request) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


def _as_httpx(error: OSError, request: httpx.Request) -> httpx.TransportError:
    kind = httpx.ReadTimeout if isinstance(error, Silent) else httpx.RemoteProtocolError
    return kind(str(error), request=request)


def _response(delivery: Delivery) -> httpx.Response:
    reply = delivery.reply
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    return httpx.Response(
        reply.status, headers=raw, stream=httpx.ByteStream(reply.body), extensions={"http_version": b"HTTP/1.1"}
    )
