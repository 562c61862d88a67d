"""Replies for clients of `httpx`, and of `httpx2`, which is that under another name; whichever it is, is handed in.

Neither is a requirement of ours.
"""

from __future__ import annotations

from concurrent.futures import Future
from types import ModuleType
from typing import Any

from watchword.mockserver.http.delivery import Delivery
from watchword.mockserver.ways.ask import Answering, Silent, ask, begin, delay, end, pairs, whole
from watchword.specs.values.http import Request

__all__ = ["answer", "answer_async"]


def answer(library: ModuleType, mock: Answering, request: Any) -> Any:
    """Let a mock answer a request of the library.

    Raises:
        TransportError: the library's own; the mock breaks the connection, or sends no reply in time.
    """
    asked, origin = _asked(request, request.read())
    try:
        return _response(library, ask(mock, asked, origin, _patience(request)))
    except OSError as error:
        raise _translated(library, error, request) from None


async def answer_async(library: ModuleType, mock: Answering, request: Any) -> Any:
    """Let a mock answer a request of an asynchronous client of the library.

    Raises:
        TransportError: the library's own; the mock breaks the connection, or sends no reply in time.
    """
    # The library runs on more than one kind of loop, and so does this, which it requires.
    import anyio
    import anyio.to_thread

    asked, origin = _asked(request, await request.aread())
    patience = _patience(request)
    given = begin(mock, asked, origin)
    if isinstance(given, Future):
        given = await anyio.to_thread.run_sync(given.result)
    delivery = end(mock, asked, given)
    await anyio.sleep(delay(delivery, patience))
    try:
        return _response(library, whole(delivery, patience))
    except OSError as error:
        raise _translated(library, error, request) from None


def _asked(request: Any, body: bytes) -> tuple[Request, str]:
    url = request.url
    path, _, query = url.raw_path.decode("latin-1").partition("?")
    headers = pairs(request.headers.raw)
    host = next((value for name, value in headers if name.lower() == "host"), url.netloc.decode("latin-1"))
    return Request(request.method, path, query, headers, body), f"{url.scheme}://{host}"


def _patience(request: Any) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


def _translated(library: ModuleType, error: OSError, request: Any) -> Exception:
    kind = library.ReadTimeout if isinstance(error, Silent) else library.RemoteProtocolError
    found: Exception = kind(str(error), request=request)
    return found


def _response(library: ModuleType, delivery: Delivery) -> Any:
    reply = delivery.reply
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    return library.Response(
        reply.status, headers=raw, stream=library.ByteStream(reply.body), extensions={"http_version": b"HTTP/1.1"}
    )
